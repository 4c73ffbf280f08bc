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

#ifndef DEXD_LOCAL_USERS_H
#define DEXD_LOCAL_USERS_H

#include <bsd/sys/queue.h>

#include "msg.h"

/* The password database: static users, and the rules of checking one. */

#define BCRYPT_COST_MIN	10	/* as dex */
#define BCRYPT_COST_MAX	16

struct local_user {
	TAILQ_ENTRY(local_user)	 entry;
	struct msg		 msg;
	struct buf		 raw;
	const struct msg_pa_au_user	*conf;
};
TAILQ_HEAD(local_users, local_user);

/* Adds a copy; one of the same e-mail takes its place.  False: no memory. */
bool	 local_users_add(struct local_users *, const struct msg *);
void	 local_users_clear(struct local_users *);

/* By e-mail, ASCII letters in either case. */
const struct local_user	*local_users_find(const struct local_users *,
			    struct span login);

/* The cost of a bcrypt hash ($2a$, $2b$, $2y$), or -1 if it is none. */
int	 bcrypt_cost(struct span hash);

/*
 * A setting of the cost that a user of this name would plausibly have, so that
 * hashing for nobody takes as long as for somebody: names are spread over the
 * costs in use by a keyed hash.
 */
#define DUMMY_LEN	61
void	 local_users_dummy(const struct local_users *, struct span login,
	    const uint8_t key[16], char setting[DUMMY_LEN]);

#endif /* DEXD_LOCAL_USERS_H */
