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

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "replay.h"

/*
 * Two sets of nonces.  A nonce goes into the newer one; when that has served
 * for a window it becomes the older, and the older one is forgotten.  So each
 * is remembered for at least a window, which is as long as a box is fresh.
 */
#define SLOTS_MIN	64

struct nonces {
	uint8_t		(*slots)[SEALBOX_NONCE_LEN];
	bool		*used;
	uint32_t	 nslots;	/* a power of two, or 0 */
	uint32_t	 count;
};

struct replay {
	struct nonces	 newer;
	struct nonces	 older;
	uint64_t	 begun;		/* of `newer` */
	/* A flood of chosen nonces must not pile up in one place. */
	uint8_t		 key[crypto_shorthash_KEYBYTES];
};

struct replay *
replay_new(void)
{
	struct replay	*r;

	if ((r = calloc(1, sizeof(*r))) != NULL)
		randombytes_buf(r->key, sizeof(r->key));
	return (r);
}

static void
nonces_clear(struct nonces *n)
{
	free(n->slots);
	free(n->used);
	memset(n, 0, sizeof(*n));
}

void
replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	nonces_clear(&r->newer);
	nonces_clear(&r->older);
	free(r);
}

/* Where the nonce is, or the free slot where it belongs. */
static uint32_t
slot_of(const struct replay *r, const struct nonces *n, const uint8_t *nonce)
{
	uint8_t		 hash[crypto_shorthash_BYTES];
	uint32_t	 i;

	crypto_shorthash(hash, nonce, SEALBOX_NONCE_LEN, r->key);
	memcpy(&i, hash, sizeof(i));
	for (i &= n->nslots - 1; n->used[i] &&
	    memcmp(n->slots[i], nonce, SEALBOX_NONCE_LEN) != 0;
	    i = (i + 1) & (n->nslots - 1))
		;
	return (i);
}

static bool
has(const struct replay *r, const struct nonces *n, const uint8_t *nonce)
{
	return (n->nslots != 0 && n->used[slot_of(r, n, nonce)]);
}

/* Keeps at least half of the slots free. */
static bool
grow(const struct replay *r, struct nonces *n)
{
	struct nonces	 wide = { .count = n->count };
	uint32_t	 i, at;

	if (n->nslots != 0 && n->count < n->nslots / 2)
		return (true);
	wide.nslots = n->nslots == 0 ? SLOTS_MIN : n->nslots * 2;
	wide.slots = calloc(wide.nslots, sizeof(*wide.slots));
	wide.used = calloc(wide.nslots, sizeof(*wide.used));
	if (wide.slots == NULL || wide.used == NULL) {
		nonces_clear(&wide);
		return (false);
	}
	for (i = 0; i < n->nslots; i++)
		if (n->used[i]) {
			at = slot_of(r, &wide, n->slots[i]);
			memcpy(wide.slots[at], n->slots[i],
			    SEALBOX_NONCE_LEN);
			wide.used[at] = true;
		}
	nonces_clear(n);
	*n = wide;
	return (true);
}

enum replay_verdict
replay_check(struct replay *r, const uint8_t nonce[SEALBOX_NONCE_LEN],
    uint64_t sealed_at, uint64_t now)
{
	uint32_t	 at;

	if (sealed_at > now + REPLAY_AHEAD ||
	    now > sealed_at + REPLAY_WINDOW)
		return (REPLAY_OLD);
	if (now < r->begun)
		r->begun = now;		/* a clock set back forgets nothing */
	if (now >= r->begun + REPLAY_WINDOW + REPLAY_AHEAD) {
		nonces_clear(&r->older);
		r->older = r->newer;
		memset(&r->newer, 0, sizeof(r->newer));
		r->begun = now;
	}
	if (has(r, &r->newer, nonce) || has(r, &r->older, nonce))
		return (REPLAY_SEEN);
	if (r->newer.count >= REPLAY_MAX || !grow(r, &r->newer))
		return (REPLAY_FULL);
	at = slot_of(r, &r->newer, nonce);
	memcpy(r->newer.slots[at], nonce, SEALBOX_NONCE_LEN);
	r->newer.used[at] = true;
	r->newer.count++;
	return (REPLAY_FRESH);
}
