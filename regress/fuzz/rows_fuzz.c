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

/* link: store/schema.c store/timetext.c store/write_set.c store/offline.c store/sqlite.c store/sqlite_offline.c store/sqlite_migrate.c store/sqlite_commit.c store/sqlite_read.c */
/* libs: sqlite3 libevent_core jansson */

#include "regress/fuzz/fuzz.h"

#include <stdio.h>

#include "log.h"
#include "store/sqlite.h"
#include "store/timetext.h"

/*
 * Rows of a database that somebody else wrote: any value of any type in any
 * column, read by each reader (DESIGN.md: the database may be hostile).
 */

#define COLUMNS_MAX	64

static struct store		*store;
static struct event_base	*base;

/* One column as the input says. */
static void
bind_value(sqlite3_stmt *st, int i, struct fuzz_input *in)
{
	uint8_t		 kind = fuzz_u8(in);
	struct span	 s;

	switch (kind % 6) {
	case 0:
		sqlite3_bind_int64(st, i, (int64_t)fuzz_u64(in));
		break;
	case 1:
		sqlite3_bind_double(st, i, (double)fuzz_u64(in) / 3);
		break;
	case 2:
		s = fuzz_span(in);
		sqlite3_bind_blob(st, i, span_ptr(s), (int)s.len,
		    SQLITE_TRANSIENT);
		break;
	case 3:
		sqlite3_bind_null(st, i);
		break;
	default:
		s = fuzz_span(in);
		sqlite3_bind_text(st, i, (const char *)span_ptr(s),
		    (int)s.len, SQLITE_TRANSIENT);
		break;
	}
}

/* A row of the input in a table; its columns come from the schema. */
static void
insert(const char *table, struct fuzz_input *in)
{
	char		 sql[1024];
	sqlite3_stmt	*st;
	int		 i, n, at;

	snprintf(sql, sizeof(sql), "select * from %s", table);
	if (sqlite3_prepare_v2(store->db, sql, -1, &st, NULL) != SQLITE_OK)
		return;
	n = sqlite3_column_count(st);
	sqlite3_finalize(st);
	at = snprintf(sql, sizeof(sql), "insert into %s values (", table);
	for (i = 0; i < n; i++)
		at += snprintf(sql + at, sizeof(sql) - (size_t)at, "%s?",
		    i == 0 ? "" : ",");
	snprintf(sql + at, sizeof(sql) - (size_t)at, ")");
	if (sqlite3_prepare_v2(store->db, sql, -1, &st, NULL) != SQLITE_OK)
		return;
	for (i = 1; i <= n; i++)
		bind_value(st, i, in);
	sqlite3_bind_text(st, 1, "id", 2, SQLITE_STATIC);
	sqlite3_step(st);
	sqlite3_finalize(st);
}

static void
touch_claims(const struct store_claims *c)
{
	fuzz_touch(c->user_id);
	fuzz_touch(c->username);
	fuzz_touch(c->email);
	fuzz_touch(c->preferred_username);
	fuzz_touch_list(c->groups);
}

static void
on_request(void *arg, enum store_status status, const struct auth_request *a)
{
	(void)arg;
	RULE((status == STORE_OK) == (a != NULL));
	if (a == NULL)
		return;
	RULE(a->expiry <= INT64_MAX && a->auth_time <= INT64_MAX);
	touch_claims(&a->claims);
	fuzz_touch_list(a->scopes);
	fuzz_touch_list(a->response_types);
	fuzz_touch(a->redirect_uri);
	fuzz_touch(a->connector_data);
	fuzz_touch(a->attestation);
	fuzz_touch(a->binder);
}

static void
on_code(void *arg, enum store_status status, const struct auth_code *c)
{
	(void)arg;
	RULE((status == STORE_OK) == (c != NULL));
	if (c == NULL)
		return;
	RULE(c->expiry <= INT64_MAX && c->auth_time <= INT64_MAX);
	touch_claims(&c->claims);
	fuzz_touch_list(c->scopes);
	fuzz_touch(c->redirect_uri);
	fuzz_touch(c->attestation);
	fuzz_touch(c->grant_id);
}

static void
on_refresh_token(void *arg, enum store_status status,
    const struct refresh_token *t)
{
	(void)arg;
	RULE((status == STORE_OK) == (t != NULL));
	if (t == NULL)
		return;
	RULE(t->created_at <= INT64_MAX && t->last_used <= INT64_MAX);
	touch_claims(&t->claims);
	fuzz_touch_list(t->scopes);
	fuzz_touch(t->nonce);
	fuzz_touch(t->connector_data);
	fuzz_touch(t->secret);
	fuzz_touch(t->obsolete);
	fuzz_touch(t->attestation);
	fuzz_touch(t->grant_id);
}

static void
on_keyset(void *arg, enum store_status status, uint64_t serial,
    struct span sealed)
{
	(void)arg;
	(void)status;
	(void)serial;
	fuzz_touch(sealed);
}

static void
on_gc(void *arg, enum store_status status, const struct store_gc *gc)
{
	(void)arg;
	(void)status;
	(void)gc;
}

static bool
start(void)
{
	char	 err[256];

	if (store != NULL)
		return (true);
	log_setup(LOG_LVL_ERROR + 1, LOG_FMT_TEXT);
	base = event_base_new();
	store = store_open(base, STORAGE_MEMORY, ":memory:", err, sizeof(err));
	/* A hostile file need not keep to its own schema. */
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	sqlite_run(store->db, "pragma ignore_check_constraints = on");
	return (store != NULL);
}

static void
check_time(struct span s)
{
	uint64_t	 t = timetext_get(s);
	char		 text[TIMETEXT_LEN + 1];

	RULE(t <= INT64_MAX);
	if (t > 0 && t < UINT64_C(253402300800)) {
		timetext_put(text, t);
		RULE(timetext_get(span_str(text)) == t);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const char * const	 tables[] = { "auth_request",
		"auth_code", "dexd_keyset", "refresh_token",
		"offline_session" };
	struct fuzz_input		 in = { p, len };
	size_t				 i;

	if (!start())
		return (0);
	check_time(span_mem(p, len));
	sqlite_run(store->db, "savepoint clean");
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		insert(tables[i], &in);
	store_auth_request_get(store, span_str("id"), on_request, NULL);
	store_auth_code_get(store, span_str("id"), on_code, NULL);
	sqlite_run(store->db, "update offline_session set (user_id, conn_id) ="
	    " (select claims_user_id, connector_id from refresh_token)");
	store_refresh_token_get(store, span_str("id"), on_refresh_token, NULL);
	sqlite_run(store->db, "update dexd_keyset set id = 1");
	store_keyset_get(store, on_keyset, NULL);
	store_gc(store, fuzz_u64(&in), on_gc, NULL);
	sqlite_run(store->db, "rollback to clean");
	sqlite_run(store->db, "release clean");
	return (0);
}
