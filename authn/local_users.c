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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "local_users.h"

static bool
same_email(struct span a, struct span b)
{
	return (a.len == b.len && strncasecmp((const char *)span_ptr(a),
	    (const char *)span_ptr(b), a.len) == 0);
}

static void
user_free(struct local_user *u)
{
	buf_clear(&u->raw);
	free(u);
}

bool
local_users_add(struct local_users *l, const struct msg *m)
{
	struct local_user	*u, *old;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return (false);
	u->msg.type = PA_AU_USER;
	buf_init(&u->raw, msg_edge_max(ROOM_PARENT, ROOM_AUTHN));
	if (msg_encode(PA_AU_USER, &m->pa_au_user, &u->raw) == -1 ||
	    msg_decode(&u->msg, buf_span(&u->raw)) == -1) {
		user_free(u);
		return (false);
	}
	u->conf = &u->msg.pa_au_user;
	TAILQ_FOREACH(old, l, entry)
		if (same_email(old->conf->email, u->conf->email)) {
			TAILQ_REMOVE(l, old, entry);
			user_free(old);
			break;
		}
	TAILQ_INSERT_TAIL(l, u, entry);
	return (true);
}

void
local_users_clear(struct local_users *l)
{
	struct local_user	*u;

	while ((u = TAILQ_FIRST(l)) != NULL) {
		TAILQ_REMOVE(l, u, entry);
		user_free(u);
	}
}

const struct local_user *
local_users_find(const struct local_users *l, struct span login)
{
	const struct local_user	*u;

	TAILQ_FOREACH(u, l, entry)
		if (same_email(u->conf->email, login))
			return (u);
	return (NULL);
}

int
bcrypt_cost(struct span h)
{
	const uint8_t	*p = h.p;

	if (h.len != 60 || p[0] != '$' || p[1] != '2' ||
	    (p[2] != 'a' && p[2] != 'b' && p[2] != 'y') || p[3] != '$' ||
	    p[4] < '0' || p[4] > '9' || p[5] < '0' || p[5] > '9' ||
	    p[6] != '$')
		return (-1);
	return ((p[4] - '0') * 10 + p[5] - '0');
}

void
local_users_dummy(const struct local_users *l, struct span login,
    const uint8_t key[16], char setting[DUMMY_LEN])
{
	const struct local_user	*u;
	uint8_t			 hash[crypto_shorthash_BYTES];
	uint64_t		 n = 0, pick;
	int			 cost = BCRYPT_COST_MIN;

	TAILQ_FOREACH(u, l, entry)
		n++;
	crypto_shorthash(hash, span_ptr(login), login.len, key);
	memcpy(&pick, hash, sizeof(pick));
	if (n != 0)
		pick %= n;
	TAILQ_FOREACH(u, l, entry)
		if (pick-- == 0)
			cost = bcrypt_cost(u->conf->hash);
	if (cost < BCRYPT_COST_MIN || cost > BCRYPT_COST_MAX)
		cost = BCRYPT_COST_MIN;
	snprintf(setting, DUMMY_LEN, "$2b$%02d$%s", cost,
	    ".....................................................");
}
