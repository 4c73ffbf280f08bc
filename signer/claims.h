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

#ifndef DEXD_CLAIMS_H
#define DEXD_CLAIMS_H

#include "attest.h"

/*
 * The claims of a token, from what a worker attested and the scopes alone
 * (OpenID Connect Core 2 and 5.1; names, order and encodings as dex).  Pure.
 */

struct claims_input {
	struct span			 issuer;
	const struct attestation	*who;
	struct span			 client_id;
	struct msg_list			 scopes;	/* to grant now */
	struct span			 nonce;
	uint64_t			 iat;
	uint64_t			 exp;
	bool				 with_auth_time;
	const char			*jti;
	struct span			 at_hash;	/* empty: none */
	struct span			 c_hash;	/* empty: none */
};

/* Appends the JSON payload; -1 if the buffer is full. */
int	 claims_put(struct buf *, const struct claims_input *);

/* dex's sub: base64url of the protobuf {1: user id, 2: connector id}. */
void	 claims_put_sub(struct buf *, struct span user_id,
	    struct span connector);

/*
 * at_hash and c_hash, base64url: the left half of the hash of the token's
 * algorithm (OpenID Connect Core 3.1.3.6), SHA-256 for RS256 and ES256, SHA-512
 * for EdDSA with Ed25519, as those who verify have settled on.
 */
void	 claims_put_half_hash(struct buf *, enum jwa, struct span);

#endif /* DEXD_CLAIMS_H */
