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

#include "rotation.h"

/*
 * A next key is made early enough that it has been public for its time when
 * the current one's period ends.
 */
bool
rotation_wants_key(struct keyset *s, const struct rotation_policy *p,
    uint64_t now)
{
	const struct signing_key	*current;

	if (keyset_find(s, KEY_NEXT) != NULL || s->count == KEYSET_KEYS)
		return (false);
	if ((current = keyset_find(s, KEY_CURRENT)) == NULL)
		return (true);
	if (current->alg != p->alg)
		return (true);
	return (p->period != 0 &&
	    now + PROMOTE_AFTER >= current->current_at + p->period);
}

int
rotation_add(struct keyset *s, const struct rotation_policy *p, enum jwa alg,
    struct span pkcs8, uint64_t now)
{
	enum key_state		 state = keyset_find(s, KEY_CURRENT) == NULL ?
				    KEY_CURRENT : KEY_NEXT;
	struct signing_key	*k;

	if (keyset_find(s, KEY_NEXT) != NULL ||
	    (k = keyset_add(s, alg, pkcs8, state, now)) == NULL)
		return (-1);
	if (state == KEY_CURRENT)
		k->token_life = p->token_life;
	s->serial++;
	return (0);
}

static bool
drop_expired(struct keyset *s, uint64_t now)
{
	unsigned	 i = 0;
	bool		 dropped = false;

	while (i < s->count) {
		if (s->keys[i].state == KEY_RETIRED &&
		    s->keys[i].expires_at <= now) {
			keyset_remove(s, &s->keys[i]);
			dropped = true;
		} else
			i++;
	}
	return (dropped);
}

/* The next key signs from now on; what it replaces waits for its tokens. */
static void
promote(struct keyset *s, struct signing_key *next,
    const struct rotation_policy *p, uint64_t now)
{
	struct signing_key	*current = keyset_find(s, KEY_CURRENT);

	if (current != NULL) {
		current->state = KEY_RETIRED;
		current->expires_at = now + current->token_life +
		    RETIRE_MARGIN;
	}
	next->state = KEY_CURRENT;
	next->current_at = now;
	next->token_life = p->token_life;
}

bool
rotation_turn(struct keyset *s, const struct rotation_policy *p, uint64_t now)
{
	bool			 changed = drop_expired(s, now);
	struct signing_key	*current = keyset_find(s, KEY_CURRENT);
	struct signing_key	*next = keyset_find(s, KEY_NEXT);

	/* Its tokens live longer now; when they live shorter, old ones do not. */
	if (current != NULL && current->token_life < p->token_life) {
		current->token_life = p->token_life;
		changed = true;
	}
	if (next != NULL && now >= next->published_at + PROMOTE_AFTER) {
		if (next->alg == p->alg)
			promote(s, next, p, now);
		else
			keyset_remove(s, next);
		changed = true;
	}
	if (changed)
		s->serial++;
	return (changed);
}

static bool
bring_back(uint64_t *t, uint64_t limit, uint64_t to)
{
	if (*t <= limit)
		return (false);
	*t = to;
	return (true);
}

bool
rotation_mend(struct keyset *s, const struct rotation_policy *p, uint64_t now)
{
	struct signing_key	*k;
	uint64_t		 life;
	unsigned		 i;
	bool			 changed = false;

	for (i = 0; i < s->count; i++) {
		k = &s->keys[i];
		life = now + RETIRE_MARGIN + (k->token_life > p->token_life ?
		    k->token_life : p->token_life);
		changed |= bring_back(&k->published_at, now + CLOCK_MARGIN,
		    now);
		changed |= bring_back(&k->current_at, now + CLOCK_MARGIN,
		    now);
		changed |= bring_back(&k->expires_at, life + CLOCK_MARGIN,
		    life);
	}
	if (changed)
		s->serial++;
	return (changed);
}

uint64_t
rotation_takes_over_at(struct keyset *s)
{
	const struct signing_key	*next = keyset_find(s, KEY_NEXT);

	return (next == NULL ? 0 : next->published_at + PROMOTE_AFTER);
}
