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

#ifndef DEXD_KEY_H
#define DEXD_KEY_H

#include <openssl/evp.h>

#include "msg.h"

/*
 * A signing key: RSA-2048 (RS256, RFC 7518 section 3.3), P-256 (ES256,
 * section 3.4) or Ed25519 (EdDSA, RFC 8037).  EVP only, so that OpenSSL 3 and LibreSSL both serve.
 */

#define KID_LEN		40	/* 20 random bytes in hex, as dex */
#define SIGNATURE_MAX	256

/*
 * The private key in PKCS#8 (DER); NULL unless it is exactly what the
 * algorithm asks for and a trial signature verifies.
 */
EVP_PKEY	*key_load(enum jwa, struct span pkcs8);

/* Makes one; appends its PKCS#8 (DER).  -1 on failure. */
int		 key_make(enum jwa, struct buf *pkcs8);

/* Appends the JWS signature over the input; -1 on failure. */
int		 key_sign(enum jwa, EVP_PKEY *, struct span input,
		    struct buf *signature);
bool		 key_verify(enum jwa, EVP_PKEY *, struct span input,
		    struct span signature);

/* Appends the public JWK in dex's member order (dex-server 3.2). */
int		 key_put_jwk(enum jwa, EVP_PKEY *, const char *kid,
		    struct buf *);

#endif /* DEXD_KEY_H */
