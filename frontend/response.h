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

#ifndef DEXD_RESPONSE_H
#define DEXD_RESPONSE_H

#include "buf.h"

/* HTTP/1.1 responses (RFC 9112 section 4). */
struct response {
	unsigned	 status;
	const char	*type;		/* NULL: no Content-Type */
	struct span	 fields;	/* further header lines, with CR LF */
	struct span	 more;		/* and others */
	struct span	 body;
	bool		 lasting;	/* body outlives every connection */
	bool		 head_only;	/* answer to HEAD */
	bool		 close;
	bool		 keep_alive;	/* say so, to an HTTP/1.0 client */
};

/*
 * Appends head and body; now (unix seconds) goes into Date.  Returns what is
 * still to be sent behind it: the body if it is lasting and large.
 */
struct span	 response_put(struct buf *, const struct response *, uint64_t now);

const char	*response_reason(unsigned status);
/*
 * One that we send.  None of them is without a body: what followed a 1xx, 204
 * or 304 would be read as the answer to the next request (RFC 9112, 6.3).
 */
bool		 response_is_known(unsigned status);

/*
 * Appends one header line.  A value may come from the engine, so control
 * characters make it -1 and nothing is appended.
 */
int	 response_put_field(struct buf *, const char *name, struct span value);

#endif /* DEXD_RESPONSE_H */
