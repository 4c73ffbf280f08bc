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
#include <string.h>

#include "count.h"
#include "json.h"
#include "log.h"
#include "sqlite.h"
#include "timetext.h"

/*
 * Commits.  The write sets of one turn of the event loop share a transaction:
 * each is a savepoint, so that one set's conflict does not touch another, and
 * one flush makes all of them durable.
 */

#define BUSY_TURNS_MAX	2000	/* of about 1 ms each */

static const char * const	 op_sql[OP_MAX] = {
	[OP_INSERT_AUTH_REQUEST] = "insert into auth_request (id, client_id,"
	    " response_types, scopes, redirect_uri, nonce, state,"
	    " force_approval_prompt, logged_in, claims_user_id,"
	    " claims_username, claims_email, claims_email_verified,"
	    " claims_groups, claims_preferred_username, connector_id,"
	    " connector_data, expiry, code_challenge, code_challenge_method,"
	    " hmac_key, auth_time, dexd_attestation, dexd_binder)"
	    /* Of people who have not logged in there is a limited number. */
	    " select ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,"
	    "?17,?18,?19,?20,?21,?22,?23,?24 where ?9 or (select count(*)"
	    " from auth_request where not logged_in and dexd_binder is not"
	    " null) < 1000",
	[OP_DELETE_AUTH_REQUEST] = "delete from auth_request where id = ?",
	[OP_INSERT_AUTH_CODE] = "insert into auth_code (id, client_id, scopes,"
	    " nonce, redirect_uri, claims_user_id, claims_username,"
	    " claims_email, claims_email_verified, claims_groups,"
	    " claims_preferred_username, connector_id, connector_data, expiry,"
	    " code_challenge, code_challenge_method, auth_time,"
	    " dexd_attestation, dexd_grant_id) values"
	    " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[OP_DELETE_AUTH_CODE] = "delete from auth_code where id = ?",
	/* dex: one token for each user, connector and client. */
	[OP_DELETE_REPLACED] = "delete from refresh_token where id ="
	    " (select dexd_ref_id(refresh, ?3) from offline_session where"
	    " user_id = ?1 and conn_id = ?2) and client_id = ?3",
	[OP_INSERT_REFRESH_TOKEN] = "insert into refresh_token (id, client_id,"
	    " scopes, nonce, claims_user_id, claims_username, claims_email,"
	    " claims_email_verified, claims_groups, claims_preferred_username,"
	    " connector_id, token, obsolete_token, created_at, last_used,"
	    " dexd_attestation, dexd_grant_id) values"
	    " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	/* The data of old rows moves to the session with the first new. */
	[OP_ROTATE_REFRESH_TOKEN] = "update refresh_token set token = ?1,"
	    " obsolete_token = ?2, claims_username = ?3, claims_email = ?4,"
	    " claims_email_verified = ?5, claims_groups = ?6,"
	    " claims_preferred_username = ?7, last_used = ?8,"
	    " dexd_attestation = ?9, connector_data = case when"
	    " length(?10) > 0 then null else connector_data end"
	    " where id = ?11 and token = ?12",
	[OP_TOUCH_REFRESH_TOKEN] = "update refresh_token set token = token"
	    " where id = ? and token = ?",
	[OP_PUT_OFFLINE] = "insert into offline_session (user_id, conn_id,"
	    " refresh, connector_data) values (?1, ?2,"
	    " dexd_ref_put(null, ?3, ?4, ?5), ?6)"
	    " on conflict (user_id, conn_id) do update set refresh ="
	    " dexd_ref_put(refresh, ?3, ?4, ?5), connector_data = case when"
	    " length(?6) > 0 then ?6 else connector_data end",
	[OP_TOUCH_OFFLINE] = "update offline_session set refresh ="
	    " dexd_ref_used(refresh, ?3, ?5), connector_data = case when"
	    " length(?6) > 0 then ?6 else connector_data end"
	    " where user_id = ?1 and conn_id = ?2 and"
	    " dexd_ref_id(refresh, ?3) = ?4",
	[OP_INSERT_KEYSET] = "insert into dexd_keyset (id, serial, sealed)"
	    " values (1, ?, ?)",
	[OP_UPDATE_KEYSET] = "update dexd_keyset set serial = ?, sealed = ?"
	    " where serial = ?",
	[OP_PROBE] = "insert or replace into dexd_probe (id, at)"
	    " values (1, strftime('%s', 'now'))",
};

int
sqlite_commit_prepare(struct store *s)
{
	int	 i;

	for (i = 0; i < OP_MAX; i++)
		if (sqlite3_prepare_v3(s->db, op_sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->ops[i], NULL) != SQLITE_OK)
			return (-1);
	return (0);
}

static void
bind_value(sqlite3_stmt *st, int at, const struct op *op,
    const struct value *v)
{
	const char	*p = v->len == 0 ? "" :
			    (const char *)op->mem.p + v->at;

	switch (v->kind) {
	case VALUE_TEXT:
		sqlite3_bind_text(st, at, p, (int)v->len, SQLITE_STATIC);
		break;
	case VALUE_BLOB:
		sqlite3_bind_blob(st, at, p, (int)v->len, SQLITE_STATIC);
		break;
	case VALUE_INT:
		sqlite3_bind_int64(st, at, v->number);
		break;
	}
}

static enum store_status
run_op(struct store *s, const struct op *op)
{
	sqlite3_stmt	*st = s->ops[op->kind];
	unsigned	 i;
	int		 rc;

	for (i = 0; i < op->nvalues; i++)
		bind_value(st, (int)i + 1, op, &op->values[i]);
	rc = sqlite3_step(st);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	if (rc == SQLITE_CONSTRAINT)
		return (STORE_CONFLICT);
	if (rc != SQLITE_DONE) {
		sqlite_complain(s->db, "write");
		return (STORE_ERROR);
	}
	return (sqlite3_changes(s->db) == 1 ||
	    op->kind == OP_DELETE_REPLACED ? STORE_OK : STORE_CONFLICT);
}

/* One set in its savepoint.  A void transaction makes this STORE_ERROR. */
static enum store_status
run_set(struct store *s, struct write_set *ws)
{
	enum store_status	 status = STORE_OK;
	struct op		*op;

	if (ws->failed || sqlite_run(s->db, "savepoint ws") != SQLITE_OK)
		return (STORE_ERROR);
	TAILQ_FOREACH(op, &ws->ops, entry)
		if ((status = run_op(s, op)) != STORE_OK)
			break;
	if (sqlite3_get_autocommit(s->db))
		return (STORE_ERROR);
	if (status != STORE_OK && sqlite_run(s->db, "rollback to ws") !=
	    SQLITE_OK)
		return (STORE_ERROR);
	if (sqlite_run(s->db, "release ws") != SQLITE_OK)
		return (STORE_ERROR);
	return (status);
}

static void
count_flush(void)
{
	count_add(count_get(COUNT_FLUSHES, NULL, NULL, NULL), 1);
}

static void
count_commit(enum store_status status)
{
	count_one(COUNT_COMMITS, status == STORE_OK ? "ok" :
	    status == STORE_CONFLICT ? "conflict" : "error");
}

/*
 * A transaction of its own for one set, after the shared one was lost
 * (SQLITE_FULL and others void it whole).
 */
static void
run_alone(struct store *s, struct write_set *ws)
{
	if (sqlite_run(s->db, "begin immediate") != SQLITE_OK) {
		ws->status = STORE_ERROR;
		return;
	}
	ws->status = run_set(s, ws);
	if (sqlite3_get_autocommit(s->db))
		return;
	if (ws->status != STORE_OK)
		sqlite_run(s->db, "rollback");
	else if (sqlite_run(s->db, "commit") != SQLITE_OK) {
		sqlite_complain(s->db, "commit");
		sqlite_run(s->db, "rollback");
		ws->status = STORE_ERROR;
	} else
		count_flush();
}

TAILQ_HEAD(write_sets, write_set);

/* True when the shared transaction holds: every status is then final. */
static bool
run_together(struct store *s, struct write_sets *sets)
{
	struct write_set	*ws;

	TAILQ_FOREACH(ws, sets, entry) {
		ws->status = run_set(s, ws);
		if (sqlite3_get_autocommit(s->db))
			return (false);
	}
	if (sqlite_run(s->db, "commit") == SQLITE_OK) {
		count_flush();
		return (true);
	}
	sqlite_complain(s->db, "commit");
	if (!sqlite3_get_autocommit(s->db))
		sqlite_run(s->db, "rollback");
	return (false);
}

/* Another process writes: wait a turn of about a millisecond. */
static bool
try_later(struct store *s)
{
	const struct timeval	 soon = { 0, 1000 };

	count_add(count_get(COUNT_STORE_BUSY, NULL, NULL, NULL), 1);
	if (++s->busy_turns > BUSY_TURNS_MAX)
		return (false);
	return (event_add(s->commit_event, &soon) == 0);
}

void
sqlite_on_commit(evutil_socket_t fd, short what, void *arg)
{
	struct store		*s = arg;
	struct write_sets	 sets;
	struct write_set	*ws;
	int			 rc;

	(void)fd;
	(void)what;
	if (TAILQ_EMPTY(&s->waiting))
		return;
	rc = sqlite_run(s->db, "begin immediate");
	if (rc == SQLITE_BUSY && try_later(s))
		return;
	s->busy_turns = 0;
	TAILQ_INIT(&sets);
	TAILQ_CONCAT(&sets, &s->waiting, entry);
	if (rc != SQLITE_OK) {
		sqlite_complain(s->db, "begin");
		TAILQ_FOREACH(ws, &sets, entry)
			ws->status = STORE_ERROR;
	} else if (!run_together(s, &sets))
		TAILQ_FOREACH(ws, &sets, entry)
			run_alone(s, ws);
	while ((ws = TAILQ_FIRST(&sets)) != NULL) {
		TAILQ_REMOVE(&sets, ws, entry);
		count_commit(ws->status);
		ws->cb(ws->arg, ws->status);
		write_set_free(ws);
	}
}

void
store_commit(struct store *s, struct write_set *ws, store_done_cb *cb,
    void *arg)
{
	const struct timeval	 now = { 0, 0 };

	ws->cb = cb;
	ws->arg = arg;
	TAILQ_INSERT_TAIL(&s->waiting, ws, entry);
	if (!event_pending(s->commit_event, EV_TIMEOUT, NULL))
		event_add(s->commit_event, &now);
}

/* Deletes what expired before that, some of it; -1 on failure, or how many. */
static int
collect(struct store *s, const char *table, const char *expired,
    const char *before)
{
	sqlite3_stmt	*st = NULL;
	char		 sql[256];
	int		 changed = -1;

	snprintf(sql, sizeof(sql), "delete from %s where rowid in (select"
	    " rowid from %s where %s limit %d)", table, table, expired,
	    STORE_GC_MAX);
	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK) {
		sqlite3_bind_text(st, 1, before, -1, SQLITE_STATIC);
		if (sqlite3_step(st) == SQLITE_DONE)
			changed = sqlite3_changes(s->db);
	}
	if (changed == -1)
		sqlite_complain(s->db, "statement");
	sqlite3_finalize(st);
	return (changed);
}

void
store_gc(struct store *s, uint64_t now, store_gc_cb *cb, void *arg)
{
	struct store_gc	 gc = { 0 };
	struct {
		const char	*table;
		int		*n;
	} tables[] = {
		{ "auth_request", &gc.auth_requests },
		{ "auth_code", &gc.auth_codes },
		{ "device_request", &gc.device_requests },
		{ "device_token", &gc.device_tokens },
		{ "auth_session", &gc.auth_sessions },
	};
	enum store_status	 status = STORE_OK;
	char			 text[TIMETEXT_LEN + 1];
	size_t			 i;

	timetext_put(text, now);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		*tables[i].n = collect(s, tables[i].table,
		    tables[i].n == &gc.auth_sessions ? "absolute_expiry < ?1"
		    " or idle_expiry < ?1" : "expiry < ?1", text);
		if (*tables[i].n == -1)
			status = STORE_ERROR;
		else if (*tables[i].n == STORE_GC_MAX)
			gc.more = true;
	}
	if (status != STORE_OK)
		gc.more = false;	/* not again at once */
	cb(arg, status, &gc);
}

/*
 * The probe is a commit like any other, through the same queue and with the
 * same flush: a rollback would find neither a full nor a dead disk.
 */
void
store_health(struct store *s, store_done_cb *cb, void *arg)
{
	struct write_set	*ws = write_set_new();

	if (ws == NULL) {
		cb(arg, STORE_ERROR);
		return;
	}
	write_set_probe(ws);
	store_commit(s, ws, cb, arg);
}
