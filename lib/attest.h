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

#ifndef DEXD_ATTEST_H
#define DEXD_ATTEST_H

#include "derive.h"
#include "msg.h"

/*
 * Attestations: what a connector's worker says about a login, under a key that
 * only it and the signer have.  Layout in DESIGN.md, Keys.
 */

enum attest_kind { ATTEST_LOGIN, ATTEST_PASSWORD, ATTEST_EXCHANGE,
	ATTEST_REFRESH, ATTEST_SESSION, ATTEST_ADOPTED, ATTEST_KIND_MAX };

#define GRANT_LEN	32
#define ATTEST_MAX	65536

struct attestation {
	uint32_t		 key_number;
	enum attest_kind	 kind;
	struct span		 issuer;
	struct span		 connector;
	struct span		 user_id;
	struct span		 username;
	struct span		 preferred_username;
	struct span		 email;
	bool			 email_verified;
	struct msg_list		 groups;
	struct msg_list		 amr;
	uint64_t		 attested_at;	/* unix seconds */
	uint64_t		 auth_time;
	uint8_t			 grant[GRANT_LEN];
};

/*
 * What a login was for: SHA-256 over client, nonce, grant id and the scopes,
 * sorted bytewise without repeats.  False when memory ran out.
 */
bool	 attest_grant(uint8_t out[GRANT_LEN], struct span client_id,
	    struct msg_list scopes, struct span nonce, struct span grant_id);

/* The key of one connector, from the attestation root. */
void	 attest_key(uint8_t out[KEY_LEN], const uint8_t root[KEY_LEN],
	    struct span connector);

/* Appends the attestation with its MAC; -1 if the buffer is full. */
int	 attest_write(struct buf *, const struct attestation *,
	    const uint8_t key[KEY_LEN]);

/*
 * Parses without believing: the spans borrow from the bytes.  Needed to learn
 * which connector's key to verify with.  -1 if it is malformed.
 */
int	 attest_read(struct attestation *, struct span bytes);

bool	 attest_verify(struct span bytes, const uint8_t key[KEY_LEN]);

#endif /* DEXD_ATTEST_H */
