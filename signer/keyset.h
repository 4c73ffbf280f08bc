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

#ifndef DEXD_KEYSET_H
#define DEXD_KEYSET_H

#include "derive.h"
#include "key.h"

/*
 * The signing keys with their states, and the one sealed record in which they
 * rest in the store (XChaCha20-Poly1305; the seal key's number is
 * authenticated beside it).
 */

#define KEYSET_KEYS	16	/* next, current and the retired */
#define KEYSET_MAX	60000	/* bytes of a sealed record */
#define KEYSET_TIME_MAX	INT64_MAX	/* of each time in it */

enum key_state { KEY_NEXT, KEY_CURRENT, KEY_RETIRED, KEY_STATE_MAX };

struct signing_key {
	enum key_state	 state;
	enum jwa	 alg;
	char		 kid[KID_LEN + 1];
	uint64_t	 published_at;	/* unix seconds: first in the JWKS */
	uint64_t	 current_at;	/* 0: not yet */
	uint64_t	 expires_at;	/* KEY_RETIRED: leaves the JWKS then */
	uint64_t	 token_life;	/* seconds: the longest it ever gave */
	struct buf	 pkcs8;
	EVP_PKEY	*key;
};

struct keyset {
	uint64_t		 serial;	/* 0: empty */
	unsigned		 count;
	struct signing_key	 keys[KEYSET_KEYS];
};

void	 keyset_init(struct keyset *);
void	 keyset_clear(struct keyset *);		/* wipes */
/* A deep copy, to be changed and stored before it is used; -1: memory. */
int	 keyset_copy(struct keyset *, const struct keyset *);

struct signing_key	*keyset_find(struct keyset *, enum key_state);
struct signing_key	*keyset_by_kid(struct keyset *, const char *kid);

/* Adds a key with a fresh kid; NULL if it does not load or there is no room. */
struct signing_key	*keyset_add(struct keyset *, enum jwa,
			    struct span pkcs8, enum key_state, uint64_t now);
void			 keyset_remove(struct keyset *, struct signing_key *);

/* Appends the sealed record; -1 if it would be too large. */
int	 keyset_seal(struct buf *, const struct keyset *, uint32_t number,
	    const uint8_t key[KEY_LEN]);

/* The number of the key that sealed a record; false if it is malformed. */
bool	 keyset_seal_number(struct span, uint32_t *);

/*
 * Opens a record into an initialised set.  -1, with the set empty, unless the
 * seal verifies, the serial inside is the one told, every key loads, no time
 * is out of bounds and at most one key is current and one next.
 */
int	 keyset_open(struct keyset *, struct span, uint64_t serial,
	    const uint8_t key[KEY_LEN]);

#endif /* DEXD_KEYSET_H */
