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

#include <crypt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sodium.h>

#include "authn.h"
#include "local_users.h"
#include "log.h"
#include "room.h"

/*
 * The connector "local": bcrypt against the password database.  A hash takes
 * tens of milliseconds on purpose, so jobs wait in a short queue, one is done
 * at each turn of the loop, and the rest of the machine goes first (nice).
 */

#define QUEUE_MAX	32
#define NICE		10

struct local {
	struct local_users	 users;
	struct job_list		 queue;
	unsigned		 queued;
	struct event		 work;
	uint8_t			 dummy_key[16];
	struct crypt_data	 crypt;
};

static struct local *
local_of(struct worker *w)
{
	struct local	*l;

	if (w->own == NULL) {
		l = xcalloc(1, sizeof(*l));
		TAILQ_INIT(&l->users);
		TAILQ_INIT(&l->queue);
		randombytes_buf(l->dummy_key, sizeof(l->dummy_key));
		w->own = l;
	}
	return (w->own);
}

static int
local_configure(struct worker *w, struct span config)
{
	(void)config;		/* its users are its configuration */
	local_of(w);
	return (0);
}

static void
on_pa_au_user(void *room, struct peer *p, struct msg *m)
{
	(void)p;
	if (!local_users_add(&local_of(room)->users, m))
		fatalx("cannot keep a user");
}

static void
local_handlers(peer_handler **h)
{
	h[PA_AU_USER] = on_pa_au_user;
}

/*
 * Constant work whether or not the user exists.  A password with a NUL inside
 * is nobody's: crypt(3) would see only what is before it.
 */
static bool
is_password(struct local *l, struct span password, const char *setting)
{
	char	*text = span_dup(password);
	bool	 clean = text != NULL, same;
	char	*hash;

	memset(&l->crypt, 0, sizeof(l->crypt));
	hash = crypt_r(clean ? text : "", setting, &l->crypt);
	same = hash != NULL && span_eq_secret(span_str(hash),
	    span_str(setting)) && clean;
	if (text != NULL)
		sodium_memzero(text, password.len);
	free(text);
	sodium_memzero(&l->crypt, sizeof(l->crypt));
	return (same);
}

static void
answer_user(struct job *j, const struct msg_pa_au_user *u)
{
	struct list_buf	 amr;
	struct identity	 id = {
		.user_id = u->user_id, .username = u->username,
		.preferred_username = u->preferred_username,
		.email = u->email, .email_verified = u->email_verified,
		.groups = u->groups };

	list_buf_init(&amr, 16);
	list_buf_add(&amr, span_str("pwd"));
	id.amr = msg_list_of(&amr);
	job_answer(j, IDENTITY_OK, &id);
	list_buf_clear(&amr);
}

static void
check(struct local *l, struct job *j)
{
	const struct local_user	*u = local_users_find(&l->users,
				    j->box.login);
	char			 setting[DUMMY_LEN];
	int			 cost;

	if (u == NULL) {
		local_users_dummy(&l->users, j->box.login, l->dummy_key,
		    setting);
		is_password(l, j->box.password, setting);
		job_answer(j, IDENTITY_BAD_CREDENTIALS, NULL);
		return;
	}
	cost = bcrypt_cost(u->conf->hash);
	if (cost < BCRYPT_COST_MIN || cost > BCRYPT_COST_MAX) {
		log_error("a stored password hash has a cost outside 10 to 16");
		job_answer(j, IDENTITY_ERROR, NULL);
		return;
	}
	memcpy(setting, u->conf->hash.p, DUMMY_LEN - 1);
	setting[DUMMY_LEN - 1] = '\0';
	if (is_password(l, j->box.password, setting))
		answer_user(j, u->conf);
	else
		job_answer(j, IDENTITY_BAD_CREDENTIALS, NULL);
	sodium_memzero(setting, sizeof(setting));
}

static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval	 at_once = { 0, 0 };
	struct local		*l = arg;
	struct job		*j = TAILQ_FIRST(&l->queue);

	(void)fd;
	(void)what;
	if (j == NULL)
		return;
	TAILQ_REMOVE(&l->queue, j, entry);
	l->queued--;
	check(l, j);
	if (l->queued != 0)
		event_add(&l->work, &at_once);
}

static void
local_password(struct job *j)
{
	const struct timeval	 at_once = { 0, 0 };
	struct local		*l = local_of(j->w);

	if (l->queued == QUEUE_MAX) {
		job_answer(j, IDENTITY_BUSY, NULL);
		return;
	}
	TAILQ_INSERT_TAIL(&l->queue, j, entry);
	if (l->queued++ == 0)
		event_add(&l->work, &at_once);
}

/* dex: by e-mail; somebody else of that name is not the one who logged in. */
static void
local_refresh(struct job *j)
{
	const struct local_user	*u = local_users_find(&local_of(j->w)->users,
				    j->earlier.email);

	if (u == NULL || !span_eq(u->conf->user_id, j->earlier.user_id))
		job_answer(j, IDENTITY_DENIED, NULL);
	else
		answer_user(j, u->conf);
}

static void
local_prepare(struct worker *w)
{
	struct local	*l = local_of(w);

	if (nice(NICE) == -1)
		log_debug("cannot be nicer");
	event_assign(&l->work, room_base(), -1, 0, on_work, l);
}

const struct connector_ops	 connector_ops = {
	.program = "authn-local",
	.handlers = local_handlers,
	.configure = local_configure,
	.prepare = local_prepare,
	.password = local_password,
	.refresh = local_refresh,
};
