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

#ifndef DEXD_GRANTED_H
#define DEXD_GRANTED_H

#include "regress/compromise/broken_engine.h"

/*
 * Reads what the signer granted.  The test fails unless both tokens say of whom
 * the attestation is, for the client and nonce of the grant, when that person
 * logged in, for the time that the signer is told, what the wanted scopes open
 * and not one member more.
 */
void	 granted_check(struct span access, struct span id,
	    const struct grant *, struct span attestation);

/* A number that a token says, which has to be there. */
uint64_t	 granted_number(struct span token, const char *name);

#endif /* DEXD_GRANTED_H */
