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

#ifndef DEXD_ROTATION_H
#define DEXD_ROTATION_H

#include "keyset.h"

/*
 * When keys are made, promoted, retired and dropped.  Pure: the clock is an
 * argument, so a year of rotations is tested in a second.
 *
 * A next key is promoted only after it has been public for twice the max-age
 * of the JWKS, so that no client meets a signature whose key it could not
 * have fetched.  The very first key is current at once.
 */

#define JWKS_MAX_AGE	600	/* seconds, as sent with /keys */
#define PROMOTE_AFTER	(2 * JWKS_MAX_AGE)
#define RETIRE_MARGIN	600	/* beyond the last token it signed */
#define CLOCK_MARGIN	600	/* seconds two clocks may differ */
/* 2026-01-01: no clock that is right says less, and none changes a key. */
#define CLOCK_EARLIEST	UINT64_C(1767225600)

struct rotation_policy {
	enum jwa	 alg;
	uint64_t	 period;	/* seconds as current; 0: by hand only */
	uint64_t	 token_life;	/* seconds */
};

/* Is a new key wanted now (none yet, current old or of another algorithm)? */
bool	 rotation_wants_key(struct keyset *, const struct rotation_policy *,
	    uint64_t now);

/* Adds a made key as current (the first) or next; -1 if it does not load. */
int	 rotation_add(struct keyset *, const struct rotation_policy *,
	    enum jwa, struct span pkcs8, uint64_t now);

/*
 * Promotes the next key when its time has come, and drops what expired.  A
 * next key of another algorithm than the policy's is dropped instead: the
 * configuration was changed back before it signed anything.  True when the set
 * changed and must be stored.
 */
bool	 rotation_turn(struct keyset *, const struct rotation_policy *,
	    uint64_t now);

/*
 * Brings times that lie ahead of the clock back to now, so that keys dated by
 * a clock that was wrong do not stay for years.  Only for a clock that has been
 * believed for a while: it may be this one that is wrong.  True when the set
 * changed and must be stored.
 */
bool	 rotation_mend(struct keyset *, const struct rotation_policy *,
	    uint64_t now);

/* When the next key takes over; 0 if there is none. */
uint64_t rotation_takes_over_at(struct keyset *);

#endif /* DEXD_ROTATION_H */
