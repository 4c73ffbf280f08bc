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

#ifndef DEXD_DOCUMENTS_H
#define DEXD_DOCUMENTS_H

#include "keyset.h"

/*
 * What relying parties are told: OpenID Connect Discovery 1.0 and the JWK set
 * (RFC 7517), in dex's bytes (two spaces of indent, no newline at the end).
 * Discovery lists only what exists.
 */
int	 documents_put_discovery(struct buf *, const struct msg_pa_sg_config *,
	    struct keyset *);

/* The current key first, then next, then the retired, oldest first. */
int	 documents_put_jwks(struct buf *, struct keyset *);

#endif /* DEXD_DOCUMENTS_H */
