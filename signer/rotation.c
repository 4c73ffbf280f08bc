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

	if (keyset_find(s, KEY_NEXT) != NULL)
		return (false);
	if ((current = keyset_find(s, KEY_CURRENT)) == NULL)
		return (true);
	if (current->alg != p->alg)
		return (true);
	return (p->period != 0 &&
	    now + PROMOTE_AFTER >= current->current_at + p->period);
}

int
rotation_add(struct keyset *s, enum jwa alg, struct span pkcs8, uint64_t now)
{
	enum key_state	 state = keyset_find(s, KEY_CURRENT) == NULL ?
			    KEY_CURRENT : KEY_NEXT;

	if (keyset_find(s, KEY_NEXT) != NULL ||
	    keyset_add(s, alg, pkcs8, state, now) == NULL)
		return (-1);
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

bool
rotation_turn(struct keyset *s, const struct rotation_policy *p, uint64_t now)
{
	struct signing_key	*next = keyset_find(s, KEY_NEXT);
	struct signing_key	*current = keyset_find(s, KEY_CURRENT);
	bool			 changed = drop_expired(s, now);

	if (changed) {		/* removal moves the others */
		next = keyset_find(s, KEY_NEXT);
		current = keyset_find(s, KEY_CURRENT);
	}
	if (next != NULL && now >= next->published_at + PROMOTE_AFTER) {
		if (current != NULL) {
			current->state = KEY_RETIRED;
			current->expires_at = now + p->token_life +
			    RETIRE_MARGIN;
		}
		next->state = KEY_CURRENT;
		next->current_at = now;
		changed = true;
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
