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

#ifndef DEXD_JOSE_H
#define DEXD_JOSE_H

#include "key.h"

/* JSON Web Signature, compact form (RFC 7515 section 3.1). */

#define TOKEN_MAX	90000

/*
 * Appends header.payload.signature; the header is exactly alg and kid, made
 * here and never taken from a caller.  -1 on failure.
 */
int	 jose_sign(struct buf *, enum jwa, EVP_PKEY *, const char *kid,
	    struct span payload);

/* A token taken apart; nothing in it is believed yet. */
struct jose_parts {
	struct buf	 payload;
	struct buf	 signature;
	struct span	 input;		/* header.payload, borrowed */
	char		 alg[16];
	char		 kid[128];	/* "" if absent */
};

/*
 * Exactly three strict base64url parts and a header whose members we know:
 * alg, kid, typ; any other, crit above all, is refused (RFC 7515 4.1.11).  The
 * caller ends with jose_clear() either way.
 */
int	 jose_parse(struct jose_parts *, struct span token);
void	 jose_clear(struct jose_parts *);

#endif /* DEXD_JOSE_H */
