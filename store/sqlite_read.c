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

#include "log.h"
#include "sqlite.h"
#include "timetext.h"

/* Reads.  SQLite answers at once; so do the callbacks. */

#define LISTS_MAX	(128 * 1024)

static const char * const	 read_sql[READ_MAX] = {
	[READ_AUTH_REQUEST] = "select id, client_id, response_types, scopes,"
	    " redirect_uri, nonce, state, force_approval_prompt, logged_in,"
	    " claims_user_id, claims_username, claims_email,"
	    " claims_email_verified, claims_groups, claims_preferred_username,"
	    " connector_id, connector_data, expiry, code_challenge,"
	    " code_challenge_method, hmac_key, auth_time, dexd_attestation,"
	    " dexd_binder from auth_request where id = ?",
	[READ_AUTH_CODE] = "select id, client_id, scopes, nonce, redirect_uri,"
	    " claims_user_id, claims_username, claims_email,"
	    " claims_email_verified, claims_groups, claims_preferred_username,"
	    " connector_id, connector_data, expiry, code_challenge,"
	    " code_challenge_method, auth_time, dexd_attestation,"
	    " dexd_grant_id from auth_code where id = ?",
	[READ_REFRESH_TOKEN] = "select r.id, r.client_id, r.scopes, r.nonce,"
	    " r.claims_user_id, r.claims_username, r.claims_email,"
	    " r.claims_email_verified, r.claims_groups,"
	    " r.claims_preferred_username, r.connector_id, case when"
	    " length(r.connector_data) > 0 then r.connector_data else"
	    " o.connector_data end, r.token, r.obsolete_token, r.created_at,"
	    " r.last_used, r.dexd_attestation, r.dexd_grant_id,"
	    " coalesce(dexd_ref_id(o.refresh, r.client_id) = r.id, 0)"
	    " from refresh_token r left join offline_session o on"
	    " o.user_id = r.claims_user_id and o.conn_id = r.connector_id"
	    " where r.id = ?",
	[READ_KEYSET] = "select serial, sealed from dexd_keyset where id = 1",
};

int
sqlite_read_prepare(struct store *s)
{
	int	 i;

	for (i = 0; i < READ_MAX; i++)
		if (sqlite3_prepare_v3(s->db, read_sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->reads[i], NULL) !=
		    SQLITE_OK)
			return (-1);
	return (0);
}

/* A row being read from left to right. */
struct row {
	sqlite3_stmt	*st;
	int		 column;
	bool		 bad;	/* a list that is none */
};

/* Text and blobs alike: both are met in columns of either kind. */
static struct span
next_bytes(struct row *r)
{
	const void	*p = sqlite3_column_blob(r->st, r->column);
	int		 n = sqlite3_column_bytes(r->st, r->column++);

	return (span_mem(p, p == NULL ? 0 : (size_t)n));
}

static int64_t
next_int(struct row *r)
{
	return (sqlite3_column_int64(r->st, r->column++));
}

/* Integers are unix seconds, or milliseconds when they are that large. */
static uint64_t
next_time(struct row *r)
{
	int64_t	 n;

	if (sqlite3_column_type(r->st, r->column) != SQLITE_INTEGER)
		return (timetext_get(next_bytes(r)));
	n = next_int(r);
	if (n > INT64_C(1000000000000))
		n /= 1000;
	return (n < 0 ? 0 : (uint64_t)n);
}

static struct msg_list
next_list(struct row *r, struct list_buf *l)
{
	list_buf_init(l, LISTS_MAX);
	if (json_list_get(l, next_bytes(r)) == -1)
		r->bad = true;
	return (msg_list_of(l));
}

static void
next_claims(struct row *r, struct store_claims *c, struct list_buf *groups)
{
	c->user_id = next_bytes(r);
	c->username = next_bytes(r);
	c->email = next_bytes(r);
	c->email_verified = next_int(r) != 0;
	c->groups = next_list(r, groups);
	c->preferred_username = next_bytes(r);
}

static enum store_status
step(struct store *s, sqlite3_stmt *st)
{
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		return (STORE_OK);
	case SQLITE_DONE:
		return (STORE_NOT_FOUND);
	default:
		sqlite_complain(s->db, "read");
		return (STORE_ERROR);
	}
}

static enum store_status
find(struct store *s, enum read_stmt which, struct span id)
{
	sqlite3_bind_text(s->reads[which], 1, id.len == 0 ? "" :
	    (const char *)id.p, (int)id.len, SQLITE_STATIC);
	return (step(s, s->reads[which]));
}

static void
end_read(sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

static enum store_status
row_status(const struct row *r, enum store_status status)
{
	if (!r->bad)
		return (status);
	log_error("store has a row that cannot be read");
	return (STORE_ERROR);
}

void
store_auth_request_get(struct store *s, struct span id,
    store_auth_request_cb *cb, void *arg)
{
	struct row		 r = { .st = s->reads[READ_AUTH_REQUEST] };
	struct list_buf		 types, scopes, groups;
	struct auth_request	 a = { 0 };
	enum store_status	 status;

	if ((status = find(s, READ_AUTH_REQUEST, id)) != STORE_OK) {
		end_read(r.st);
		cb(arg, status, NULL);
		return;
	}
	a.id = next_bytes(&r);
	a.client_id = next_bytes(&r);
	a.response_types = next_list(&r, &types);
	a.scopes = next_list(&r, &scopes);
	a.redirect_uri = next_bytes(&r);
	a.nonce = next_bytes(&r);
	a.state = next_bytes(&r);
	a.force_approval = next_int(&r) != 0;
	a.logged_in = next_int(&r) != 0;
	next_claims(&r, &a.claims, &groups);
	a.connector_id = next_bytes(&r);
	a.connector_data = next_bytes(&r);
	a.expiry = next_time(&r);
	a.challenge = next_bytes(&r);
	a.challenge_method = next_bytes(&r);
	a.hmac_key = next_bytes(&r);
	a.auth_time = next_time(&r);
	a.attestation = next_bytes(&r);
	a.binder = next_bytes(&r);
	status = row_status(&r, status);
	cb(arg, status, status == STORE_OK ? &a : NULL);
	end_read(r.st);
	list_buf_clear(&types);
	list_buf_clear(&scopes);
	list_buf_clear(&groups);
}

void
store_auth_code_get(struct store *s, struct span id, store_auth_code_cb *cb,
    void *arg)
{
	struct row		 r = { .st = s->reads[READ_AUTH_CODE] };
	struct list_buf		 scopes, groups;
	struct auth_code	 c = { 0 };
	enum store_status	 status;

	if ((status = find(s, READ_AUTH_CODE, id)) != STORE_OK) {
		end_read(r.st);
		cb(arg, status, NULL);
		return;
	}
	c.id = next_bytes(&r);
	c.client_id = next_bytes(&r);
	c.scopes = next_list(&r, &scopes);
	c.nonce = next_bytes(&r);
	c.redirect_uri = next_bytes(&r);
	next_claims(&r, &c.claims, &groups);
	c.connector_id = next_bytes(&r);
	c.connector_data = next_bytes(&r);
	c.expiry = next_time(&r);
	c.challenge = next_bytes(&r);
	c.challenge_method = next_bytes(&r);
	c.auth_time = next_time(&r);
	c.attestation = next_bytes(&r);
	c.grant_id = next_bytes(&r);
	status = row_status(&r, status);
	cb(arg, status, status == STORE_OK ? &c : NULL);
	end_read(r.st);
	list_buf_clear(&scopes);
	list_buf_clear(&groups);
}

void
store_refresh_token_get(struct store *s, struct span id,
    store_refresh_token_cb *cb, void *arg)
{
	struct row		 r = { .st = s->reads[READ_REFRESH_TOKEN] };
	struct list_buf		 scopes, groups;
	struct refresh_token	 t = { 0 };
	enum store_status	 status;

	if ((status = find(s, READ_REFRESH_TOKEN, id)) != STORE_OK) {
		end_read(r.st);
		cb(arg, status, NULL);
		return;
	}
	t.id = next_bytes(&r);
	t.client_id = next_bytes(&r);
	t.scopes = next_list(&r, &scopes);
	t.nonce = next_bytes(&r);
	next_claims(&r, &t.claims, &groups);
	t.connector_id = next_bytes(&r);
	t.connector_data = next_bytes(&r);
	t.secret = next_bytes(&r);
	t.obsolete = next_bytes(&r);
	t.created_at = next_time(&r);
	t.last_used = next_time(&r);
	t.attestation = next_bytes(&r);
	t.grant_id = next_bytes(&r);
	t.referenced = next_int(&r) != 0;
	status = row_status(&r, status);
	cb(arg, status, status == STORE_OK ? &t : NULL);
	end_read(r.st);
	list_buf_clear(&scopes);
	list_buf_clear(&groups);
}

void
store_keyset_get(struct store *s, store_keyset_cb *cb, void *arg)
{
	struct row		 r = { .st = s->reads[READ_KEYSET] };
	enum store_status	 status = step(s, r.st);
	uint64_t		 serial = 0;
	struct span		 sealed = { NULL, 0 };

	if (status == STORE_OK) {
		serial = (uint64_t)next_int(&r);
		sealed = next_bytes(&r);
	}
	cb(arg, status, serial, sealed);
	end_read(r.st);
}
