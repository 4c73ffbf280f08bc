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

#ifndef DEXD_BROKEN_ENGINE_H
#define DEXD_BROKEN_ENGINE_H

#include "attest.h"
#include "regress/compromise/rooms.h"

/*
 * A broken engine and the rooms behind it: the signer and workers are the real
 * programs in their sandbox, the test is the engine and has all that one has,
 * and what it must not have to compare with.
 */

#define ISSUER		"http://127.0.0.1:1/dex"
#define LOGIN_SECS	(300 + 30 * 60)	/* as the signer is told */
#define ID_TOKENS_SECS	3600
#define REFRESH_SECS	60
#define REUSE_SECS	20
#define ABSOLUTE_SECS	5000

extern const uint8_t		 attest_root[KEY_LEN];
extern const uint8_t		 document_key[KEY_LEN];
extern peer_handler * const	 engine_handlers[MSG_MAX];

/* The signer of the connectors "pw" and "local", and what it said last. */
extern struct played		 signer;
extern struct buf		 keyset, jwks;
extern uint64_t			 keyset_serial, jwks_serial;
extern uint8_t			 jwks_mac[32];
extern bool			 documented;

/* The signer, its key made, and what is below; ends that. */
void	 engine_begin(void);
void	 engine_end(void);

/*
 * A worker of the connector that is its name; user_id is that of the static
 * user Jane (j@x, "password"), NULL: there is none.
 */
void	 worker_begin(struct played *, const char *type, const char *user_id);

/* What an engine asks for. */
struct grant {
	const char		*client, *nonce, *grant_id;
	const char * const	*scopes;
	const char * const	*wanted;	/* NULL: all of them */
};

/* What came with the last answer; nothing when it was refused. */
extern struct buf		 attestation, access_token, id_token;

/*
 * A box as the frontend seals it, `ago` seconds ago in the state "state", for
 * the worker that began last; what is in it is checked there.
 */
void	 box_seal(struct buf *, const char *connector, const char *login,
	    const char *password, uint64_t ago);
enum identity_status	 worker_password(struct played *, struct span box,
			    const char *state, const struct grant *);
enum identity_status	 worker_refresh(struct played *, const struct grant *,
			    struct span earlier);
/* What it grants is read, and has to be what was attested (granted.h). */
enum sign_status	 signer_sign(const struct grant *, struct span att);

#endif /* DEXD_BROKEN_ENGINE_H */
