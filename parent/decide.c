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

#include <string.h>

#include "decide.h"

#define MINUTE	60

unsigned
backoff_next(struct backoff *b, uint64_t now)
{
	unsigned	 delay;
	bool		 often;

	if (b->excess != 0 && now >= b->begun + MINUTE)
		memset(b, 0, sizeof(*b));
	often = b->n == BACKOFF_FREE && now - b->deaths[b->next] < MINUTE;
	b->deaths[b->next] = now;
	b->next = (b->next + 1) % BACKOFF_FREE;
	if (b->n < BACKOFF_FREE)
		b->n++;
	if (b->excess != 0 || often)
		b->excess++;
	delay = b->excess == 0 ? 0 : b->excess > 5 ? BACKOFF_MAX :
	    1u << (b->excess - 1);
	b->begun = now + delay;
	return (delay);
}

unsigned
keygen_wait(struct keygen_quota *q, uint64_t now)
{
	uint64_t	 oldest = q->begun[q->next];

	if (q->n == KEYGENS_A_MINUTE && now < oldest + MINUTE)
		return ((unsigned)(oldest + MINUTE - now));
	q->begun[q->next] = now;
	q->next = (q->next + 1) % KEYGENS_A_MINUTE;
	if (q->n < KEYGENS_A_MINUTE)
		q->n++;
	return (0);
}

enum death
death_decide(enum gen_state state, bool is_engine, bool stopping)
{
	if (stopping || state == GEN_DRAINING)
		return (DEATH_EXPECTED);
	if (state == GEN_STARTING)
		return (DEATH_OF_START);
	return (is_engine ? DEATH_RESTART : DEATH_REPLACE);
}

enum start_failure
start_failed_decide(bool somebody_serves, bool recoverable)
{
	if (somebody_serves)
		return (START_KEEP_OLD);
	return (recoverable ? START_AGAIN : START_GIVE_UP);
}

enum reload
reload_decide(const struct reload_state *s, bool asked_by_dexctl)
{
	if (s->stopping)
		return (RELOAD_NEVER);
	if (!s->parsing && !s->starting && !s->draining)
		return (RELOAD_NOW);
	return (asked_by_dexctl ? RELOAD_BUSY : RELOAD_LATER);
}

bool
stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return (a->device == b->device && a->inode == b->inode &&
	    a->size == b->size && a->seconds == b->seconds &&
	    a->nanoseconds == b->nanoseconds);
}

bool
stamp_settled(const struct stamp *before, const struct stamp *now,
    const struct stamp *tried)
{
	return (stamp_equal(before, now) && !stamp_equal(now, tried));
}
