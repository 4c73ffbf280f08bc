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

#ifndef DEXD_SIGNER_H
#define DEXD_SIGNER_H

#include <event2/event_struct.h>

#include "peer.h"
#include "policy.h"
#include "rotation.h"

/* The signer: the only room with private keys, and no way out but its wires. */

#define ROTATION_CHECK	30	/* seconds between looks at the clock */
#define ROTATE_PAUSE	60	/* seconds between rotations by hand */
#define KEYGEN_TIME	20	/* seconds after which a key is asked for again */
#define CLOCK_TRUSTED	3600	/* seconds we ran before dates are mended */

struct signer {
	struct msg		 msg;		/* PA_SG_CONFIG */
	struct buf		 raw;
	const struct msg_pa_sg_config	*conf;
	struct buf		 connector_ids[POLICY_CONNECTORS];
	struct policy		 policy;
	struct rotation_policy	 rotation;
	struct keyset		 keys;		/* in use: what the store has */
	struct keyset		 coming;	/* being stored */
	bool			 storing;
	bool			 generating;
	bool			 by_hand;	/* the key being made */
	bool			 synced;	/* the store's set was seen */
	bool			 clock_bad;	/* that was said */
	/* Seconds of a clock that nobody sets; 0: never. */
	uint64_t		 started_at;
	uint64_t		 generating_at;
	uint64_t		 rotated_at;	/* by hand */
	struct peer		*engine;
	struct peer		*keygen;
	struct event		 tick;
};

/* ---- the key set's way to and from the store (keys.c) ---- */

/* The engine told what the store has; serial 0: nothing. */
void	 keys_synced(struct signer *, uint64_t serial, struct span sealed);
/* keygen made one. */
void	 keys_made(struct signer *, enum jwa, struct span pkcs8);
/* Looks at the clock: makes, promotes, drops. */
void	 keys_turn(struct signer *);
/* A new next key by hand; when it takes over. */
enum rotate_status	 keys_rotate(struct signer *, uint64_t *takes_over_at);
/* Six strings for each key, as SG_EN_KEYS has them. */
void	 keys_list(struct signer *, struct list_buf *);
/* Sends both documents to the engine. */
void	 keys_publish(struct signer *);

#endif /* DEXD_SIGNER_H */
