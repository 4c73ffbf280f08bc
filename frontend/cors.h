/*
 * Copyright (c) 2026 The dexd authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

#ifndef DEXD_CORS_H
#define DEXD_CORS_H

#include "http_req.h"

/*
 * Cross-origin reads by dex's rules (web.allowedOrigins, web.allowedHeaders),
 * for the endpoints that a script of another origin may read.  Credentials are
 * never allowed: none of these endpoints takes cookies.
 */

struct cors_policy {
	struct msg_list	 origins;	/* empty: switched off; "*": all */
	struct msg_list	 headers;	/* that a request may have */
};

/*
 * Decides about one request.  0: serve it, with what was appended to `fields`
 * (whole header lines) in the answer.  Otherwise the status of an empty answer
 * to a preflight, with those fields.
 *
 * Nothing of the request gets into the fields that was not compared, byte for
 * byte, with what is configured, or is a header's name (RFC 9110 token).
 */
unsigned	 cors_decide(const struct cors_policy *,
		    const struct http_req *, struct buf *fields);

/* Appends a header's name as Go writes it: x-my-id gives X-My-Id. */
void		 cors_put_canonical(struct buf *, struct span name);

#endif /* DEXD_CORS_H */
