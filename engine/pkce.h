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

#ifndef DEXD_PKCE_H
#define DEXD_PKCE_H

#include "span.h"

/* Proof Key for Code Exchange at the token endpoint (RFC 7636 section 4.6). */
enum pkce_result {
	PKCE_OK,
	PKCE_MISMATCH,		/* wrong verifier, or none: invalid_grant */
	PKCE_UNEXPECTED,	/* verifier without challenge: invalid_request */
	PKCE_METHOD,		/* a stored method that is none: server_error */
};

/*
 * An empty challenge means that none was sent, an empty verifier likewise; an
 * empty method is plain (section 4.3).
 */
enum pkce_result	 pkce_check(struct span challenge, struct span method,
			    struct span verifier);

#endif /* DEXD_PKCE_H */
