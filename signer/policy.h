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

#ifndef DEXD_POLICY_H
#define DEXD_POLICY_H

#include "attest.h"
#include "keyset.h"

/*
 * What may be signed: tokens of a person whom a worker attested, for the very
 * grant that was attested, and nothing the engine says besides.  Pure but for
 * randomness; the clock is an argument.
 */

#define POLICY_KEYS		8
#define POLICY_CONNECTORS	128

/*
 * How old an attestation may be.  A login is followed by consent within
 * expiry.authRequests and by the redemption of its code within dex's half an
 * hour; a refresh by its signature at once.  What is signed again within
 * reuseInterval is that much older.
 */
#define CODE_SECS	(30 * 60)
#define REFRESH_SECS	60

struct seal_key {
	uint32_t	 number;
	uint8_t		 attest_root[KEY_LEN];
	uint8_t		 keyset_key[KEY_LEN];
	uint8_t		 document_key[KEY_LEN];
};

struct policy {
	struct span	 issuer;
	uint64_t	 token_life;	/* seconds, of both tokens */
	uint64_t	 not_before;	/* unix seconds */
	uint64_t	 auth_requests;	/* seconds, as all below */
	uint64_t	 refresh_reuse;
	uint64_t	 refresh_absolute;	/* 0: no limit */
	struct seal_key	 keys[POLICY_KEYS];	/* newest first */
	unsigned	 nkeys;
	struct span	 connectors[POLICY_CONNECTORS];
	unsigned	 nconnectors;
};

const struct seal_key	*policy_key(const struct policy *, uint32_t number);

/*
 * NULL when this may be signed, with *who filled in from the attestation; else
 * why not, for the log.
 */
const char	*policy_check(const struct policy *,
		    const struct msg_en_sg_sign *, uint64_t now,
		    struct attestation *who);

/* Makes both tokens; -1 on failure, then nothing of them remains. */
int	 policy_issue(const struct policy *, const struct msg_en_sg_sign *,
	    const struct attestation *, const struct signing_key *,
	    uint64_t now, struct buf *access_token, struct buf *id_token);

/*
 * Is this a token of ours, by a published key, for this issuer and not
 * expired?  Appends its payload.
 */
bool	 policy_verify(const struct policy *, struct keyset *,
	    struct span token, bool ignore_expiry, uint64_t now,
	    struct buf *payload);

#endif /* DEXD_POLICY_H */
