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
#include <time.h>

#include <bsd/stdlib.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "count.h"
#include "log.h"
#include "randid.h"
#include "refresh.h"
#include "room.h"
#include "token.h"

/*
 * /token, refresh_token: read the row, decide (refresh.c), ask the connector
 * who this is now, have it signed, rotate the row in one commit, and only then
 * answer.
 *
 * Requests for one token take turns, and each reads the row when its turn
 * comes: they could only lose the race, and a flood of them would keep the
 * connector and the signer busy.  Only who has shown a secret that is good may
 * wait, so that nobody else can fill the queue.
 */

#define WAITING_MAX	32	/* for one token */
/*
 * Whoever waited longer could be answered after the frontend has given up, and
 * that would be a token rotated for nobody.
 */
#define WAITING_SECS	15
#define WANTED_MAX	(64 * 1024)

enum turn { TURN_NONE, TURN_WAITING, TURN_MINE };

/* Values of the row that are needed when it is gone; items of `kept`. */
enum { KEPT_USER, KEPT_CONNECTOR, KEPT_SECRET, KEPT_OBSOLETE };

/* One refresh under way; it is r->flow. */
struct refresh {
	TAILQ_ENTRY(refresh)	 entry;
	struct request		*r;
	struct client		*client;
	struct buf		 mem;		/* text borrows from it */
	struct refresh_text	 text;		/* what was presented */
	enum turn		 turn;
	time_t			 since;		/* of the arrival */
	struct event		 again;		/* read the row, not nested */
	struct list_buf		 wanted;	/* scopes */
	struct list_buf		 kept;
	char			 secret[RANDID_LEN + 1];	/* the new one */
	bool			 rotate;
	struct msg		 sign;		/* what to ask of the signer */
	struct buf		 raw;		/* sign borrows from it */
	struct write_set	*ws;		/* to commit when it is signed */
	struct buf		 token;		/* the refresh token to answer */
	struct buf		 tokens;	/* the answer, kept back */
};

/* ---- turns ---- */

static bool
same_token(const struct refresh *a, const struct refresh *b)
{
	return (a != b && span_eq(a->text.id, b->text.id));
}

static bool
turn_take(struct refresh *f)
{
	struct refresh	*other;

	TAILQ_FOREACH(other, &f->r->e->refreshes, entry)
		if (other->turn == TURN_MINE && same_token(other, f))
			return (false);
	f->turn = TURN_MINE;
	return (true);
}

static bool
turn_wait(struct refresh *f)
{
	struct refresh	*other;
	unsigned	 waiting = 0;

	TAILQ_FOREACH(other, &f->r->e->refreshes, entry)
		if (other->turn == TURN_WAITING && same_token(other, f))
			waiting++;
	if (waiting == WAITING_MAX)
		return (false);
	f->turn = TURN_WAITING;
	return (true);
}

/* First come, first served: the list is in order of arrival. */
static void
turn_pass(struct refresh *f)
{
	const struct timeval	 now = { 0, 0 };
	struct refresh		*next;

	if (f->turn != TURN_MINE)
		return;
	TAILQ_FOREACH(next, &f->r->e->refreshes, entry)
		if (next->turn == TURN_WAITING && same_token(next, f)) {
			next->turn = TURN_MINE;
			event_add(&next->again, &now);
			return;
		}
}

/* ---- life ---- */

static void
refresh_free(void *arg)
{
	struct refresh	*f = arg;

	event_del(&f->again);
	turn_pass(f);
	TAILQ_REMOVE(&f->r->e->refreshes, f, entry);
	write_set_free(f->ws);
	buf_clear(&f->mem);
	list_buf_clear(&f->wanted);
	list_buf_clear(&f->kept);
	buf_clear(&f->raw);
	buf_clear(&f->token);
	buf_clear(&f->tokens);
	freezero(f, sizeof(*f));
}

/* ---- the answer ---- */

static void
busy(struct request *r)
{
	answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
}

/* dex: a dead token is an invalid_request, another client's invalid_grant. */
static void
answer_dead(struct request *r)
{
	answer_oauth_error(r, 400, "invalid_request",
	    "the refresh token is not valid or was used already");
}

static void
answer_invalid_grant(struct request *r)
{
	answer_oauth_error(r, 400, "invalid_grant",
	    "the refresh token is not valid");
}

static void
on_committed(void *arg, enum store_status status)
{
	struct request	*r = arg;
	struct refresh	*f = r->flow;

	count_one(COUNT_REFRESHES, status == STORE_OK ? "ok" :
	    status == STORE_CONFLICT ? "lost" : "error");
	if (status == STORE_OK)
		answer_json(r, 200, buf_span(&f->tokens), true);
	else if (status == STORE_CONFLICT)
		answer_invalid_grant(r);
	else
		answer_oauth_error(r, 500, "server_error", NULL);
}

static void
on_signed(void *arg, struct msg *m)
{
	struct request		*r = arg;
	struct refresh		*f = r->flow;
	struct write_set	*ws = f->ws;

	if (!token_signed(r, m))
		return;
	token_put_answer(&f->tokens, &m->sg_en_signed, buf_span(&f->token));
	if (!buf_ok(&f->tokens)) {
		answer_oauth_error(r, 500, "server_error", NULL);
		return;
	}
	f->ws = NULL;
	store_commit(r->e->store, ws, on_committed, r);
}

/* ---- the connector ---- */

static struct span
kept(const struct refresh *f, uint32_t item)
{
	return (msg_list_get(msg_list_of(&f->kept), item));
}

/* What the row is to be, from what the worker says of the person now. */
static struct refresh_token
row_of(const struct refresh *f, const struct msg_au_en_identity *i)
{
	struct span	 secret = kept(f, KEPT_SECRET);

	return ((struct refresh_token){ .id = f->text.id,
	    .client_id = f->client->conf->id,
	    .claims = { .user_id = i->user_id, .username = i->username,
	    .preferred_username = i->preferred_username, .email = i->email,
	    .email_verified = i->email_verified, .groups = i->groups },
	    .connector_id = kept(f, KEPT_CONNECTOR),
	    .connector_data = i->connector_data,
	    .secret = f->rotate ? span_str(f->secret) : secret,
	    .obsolete = f->rotate ? secret : kept(f, KEPT_OBSOLETE),
	    .last_used = (uint64_t)time(NULL),
	    .attestation = i->attestation });
}

static void
log_refused(struct request *r)
{
	struct refresh		*f = r->flow;
	struct request_log	 l = request_log(r);
	char			*connector = span_dup(kept(f, KEPT_CONNECTOR));
	char			*client = span_dup(f->client->conf->id);
	char			*user = span_dup(kept(f, KEPT_USER));

	log_warn("refresh refused by the connector", "connector_id", connector,
	    "client_id", client, "user_id", user, "client_remote_addr",
	    l.address, "request_id", l.request_id);
	free(connector);
	free(client);
	free(user);
	request_log_free(&l);
}

static void
on_identity(void *arg, struct msg *m)
{
	struct request			*r = arg;
	struct refresh			*f = r->flow;
	const struct msg_au_en_identity	*i;
	struct refresh_token		 t;

	if (m == NULL || m->au_en_identity.status == IDENTITY_BUSY) {
		busy(r);
		return;
	}
	i = &m->au_en_identity;
	if (i->status != IDENTITY_OK ||
	    !span_eq(i->user_id, kept(f, KEPT_USER))) {
		log_refused(r);
		count_one(COUNT_REFRESHES, "refused");
		/* dex: what the upstream refuses is a 500. */
		answer_oauth_error(r, 500, "invalid_request",
		    "the connector did not refresh");
		return;
	}
	if ((f->ws = write_set_new()) == NULL) {
		busy(r);
		return;
	}
	t = row_of(f, i);
	write_set_rotate_refresh_token(f->ws, kept(f, KEPT_SECRET), &t);
	refresh_text_put(&f->token, t.id, t.secret);
	f->sign.en_sg_sign.attestation = i->attestation;
	token_sign(r, &f->sign.en_sg_sign, on_signed);
}

static void
ask_connector(struct request *r, struct connector *conn,
    const struct refresh_token *t)
{
	struct refresh			*f = r->flow;
	struct peer			*worker = connector_worker(conn);
	struct msg_en_au_refresh	 ask = {
		.client_id = t->client_id, .scopes = t->scopes,
		.nonce = t->nonce, .grant_id = t->grant_id,
		.connector_data = t->connector_data,
		.attestation = t->attestation };

	list_buf_add(&f->kept, t->claims.user_id);
	list_buf_add(&f->kept, t->connector_id);
	list_buf_add(&f->kept, t->secret);
	list_buf_add(&f->kept, t->obsolete);
	if (f->rotate)
		randid_make(f->secret);
	if (!buf_ok(&f->kept.b) || worker == NULL || peer_ask(worker,
	    EN_AU_REFRESH, &ask, LOGIN_TIMEOUT_MS, on_identity, r) == -1)
		busy(r);
}

/* What was said last is said again, without asking the connector. */
static void
say_again(struct request *r, const struct refresh_token *t)
{
	struct refresh		*f = r->flow;
	struct refresh_token	 used = { .id = t->id,
		.client_id = t->client_id, .connector_id = t->connector_id,
		.claims = t->claims, .secret = t->secret,
		.last_used = (uint64_t)time(NULL) };

	if ((f->ws = write_set_new()) == NULL) {
		busy(r);
		return;
	}
	write_set_touch_refresh_token(f->ws, &used);
	refresh_text_put(&f->token, t->id, t->secret);
	token_sign(r, &f->sign.en_sg_sign, on_signed);
}

/* ---- the row ---- */

/* Keeps the question to the signer beyond the row. */
static bool
keep_question(struct refresh *f, const struct refresh_token *t)
{
	struct msg_en_sg_sign	 ask = { .client_id = t->client_id,
		.request_id = f->r->http->request_id,
		.scopes = t->scopes, .wanted = msg_list_of(&f->wanted),
		.nonce = t->nonce, .grant_id = t->grant_id,
		.with_auth_time = true, .attestation = t->attestation };

	f->sign.type = EN_SG_SIGN;
	f->sign.fd = -1;
	return (msg_encode(EN_SG_SIGN, &ask, &f->raw) == 0 &&
	    msg_decode(&f->sign, buf_span(&f->raw)) == 0);
}

/* The connector of the login, or NULL after having answered. */
static struct connector *
check_row(struct request *r, const struct refresh_token *t)
{
	struct refresh		*f = r->flow;
	struct connector	*conn = connector_find(r->e, t->connector_id);
	struct span		 scope;

	if (conn == NULL) {
		answer_oauth_error(r, 400, "invalid_request",
		    "the connector of this login is not there any more");
		return (NULL);
	}
	if (!token_connector(r, f->client, conn, "refresh_token"))
		return (NULL);
	msg_list_find(r->http->form, "scope", &scope);
	list_buf_clear(&f->wanted);
	if (refresh_narrow(&f->wanted, scope, t->scopes))
		return (conn);
	answer_oauth_error(r, 400, "invalid_request",
	    "scopes were asked for that were not granted");
	return (NULL);
}

static void
refuse(struct request *r, enum refresh_verdict verdict)
{
	static const char * const	 names[] = {
		[REFRESH_FOREIGN] = "foreign", [REFRESH_DEAD] = "dead",
		[REFRESH_UNNAMED] = "unnamed",
		[REFRESH_UNATTESTED] = "unattested" };

	count_one(COUNT_REFRESHES, names[verdict]);
	if (verdict == REFRESH_DEAD)
		answer_dead(r);
	else
		answer_invalid_grant(r);
}

static void
on_row(void *arg, enum store_status status, const struct refresh_token *t)
{
	const struct timeval	 now = { 0, 0 };
	struct request		*r = arg;
	struct refresh		*f = r->flow;
	struct connector	*conn;
	enum refresh_verdict	 verdict;
	struct refresh_policy	 policy = {
		.rotation = r->e->conf->refresh_rotation,
		.reuse = r->e->conf->refresh_reuse_secs,
		.idle = r->e->conf->refresh_idle_secs,
		.absolute = r->e->conf->refresh_absolute_secs };

	if (status == STORE_NOT_FOUND) {
		refuse(r, REFRESH_DEAD);
		return;
	}
	if (status != STORE_OK) {
		answer_oauth_error(r, 500, "server_error", NULL);
		return;
	}
	verdict = refresh_decide(&policy, t, f->client->conf->id,
	    f->text.secret, (uint64_t)time(NULL));
	if (verdict != REFRESH_ROTATE && verdict != REFRESH_KEEP &&
	    verdict != REFRESH_REUSE) {
		refuse(r, verdict);
		return;
	}
	if ((conn = check_row(r, t)) == NULL)
		return;
	if (f->turn != TURN_MINE) {
		if (turn_take(f))
			event_add(&f->again, &now);	/* as it is by then */
		else if (!turn_wait(f))
			busy(r);
		return;
	}
	f->rotate = verdict == REFRESH_ROTATE;
	if (!keep_question(f, t))
		answer_oauth_error(r, 500, "server_error", NULL);
	else if (verdict == REFRESH_REUSE)
		say_again(r, t);
	else
		ask_connector(r, conn, t);
}

static time_t
uptime(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct refresh	*f = arg;

	(void)fd;
	(void)what;
	if (uptime() - f->since > WAITING_SECS)
		busy(f->r);
	else
		store_refresh_token_get(f->r->e->store, f->text.id, on_row,
		    f->r);
}

static struct refresh *
refresh_new(struct request *r, struct client *client, struct span token)
{
	struct refresh	*f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return (NULL);
	f->r = r;
	f->client = client;
	f->since = uptime();
	buf_init(&f->mem, 4096);
	list_buf_init(&f->wanted, WANTED_MAX);
	list_buf_init(&f->kept, WANTED_MAX);
	buf_init(&f->raw, msg_edge_max(ROOM_ENGINE, ROOM_SIGNER));
	buf_init(&f->token, 1024);
	buf_init(&f->tokens, TOKEN_ANSWER_MAX);
	f->text = refresh_text_get(&f->mem, token);
	event_assign(&f->again, room_base(), -1, 0, on_again, f);
	TAILQ_INSERT_TAIL(&r->e->refreshes, f, entry);
	r->flow = f;
	r->flow_free = refresh_free;
	return (f);
}

void
refresh_grant(struct request *r, struct client *client)
{
	struct refresh	*f;
	struct span	 token;

	msg_list_find(r->http->form, "refresh_token", &token);
	if (token.len == 0) {
		answer_oauth_error(r, 400, "invalid_request",
		    "the parameter refresh_token is missing");
		return;
	}
	if ((f = refresh_new(r, client, token)) == NULL) {
		busy(r);
		return;
	}
	/* Nobody else uses it now: then one reading is enough. */
	turn_take(f);
	store_refresh_token_get(r->e->store, f->text.id, on_row, r);
}
