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

/* link: regress/unit/store_played.c */
/* link: store/schema.c store/timetext.c store/write_set.c store/offline.c store/sqlite.c store/sqlite_offline.c store/sqlite_migrate.c store/sqlite_commit.c store/sqlite_read.c */
/* libs: sqlite3 libevent_core jansson */

#include <unistd.h>

#include <event2/event.h>
#include <sqlite3.h>

#include "regress/unit/store_played.h"
#include "store/offline.h"
#include "test.h"

/* Refresh tokens and offline sessions in the store, as dex has them. */

#define T0	2000000000	/* 2033-05-18 03:33:20 */

static int
setup(void **state)
{
	store_setup(state);
	store_reopen(STORAGE_SQLITE);
	return (0);
}

static struct refresh_token
a_token(const char *id, const char *client)
{
	struct refresh_token	 t = { .id = span_str(id),
		.client_id = span_str(client), .nonce = span_str("n"),
		.claims = { .user_id = span_str("u"),
		    .username = span_str("Jane"), .email = span_str("j@x"),
		    .preferred_username = span_str("p"),
		    .email_verified = true },
		.connector_id = span_str("ldap"),
		.connector_data = span_mem("\0\1", 2), .secret = span_str("s1"),
		.created_at = T0, .last_used = T0,
		.attestation = span_mem("att\0", 4), .grant_id =
		span_str("gid") };

	list_buf_clear(&store_scopes);
	list_buf_clear(&store_groups);
	t.scopes = LIST_OF(&store_scopes, "openid", "offline_access");
	t.claims.groups = LIST_OF(&store_groups, "g1");
	return (t);
}

static enum store_status
put(const struct refresh_token *t)
{
	struct write_set	*ws = write_set_new();

	write_set_put_refresh_token(ws, t);
	return (store_wait(ws));
}

static enum store_status
rotate(const char *was, const struct refresh_token *t)
{
	struct write_set	*ws = write_set_new();

	write_set_rotate_refresh_token(ws, span_str(was), t);
	return (store_wait(ws));
}

static enum store_status
touch(const struct refresh_token *t)
{
	struct write_set	*ws = write_set_new();

	write_set_touch_refresh_token(ws, t);
	return (store_wait(ws));
}

/* What the last reading found, copied out. */
static struct {
	enum store_status	 status;
	char			 secret[32], obsolete[32], name[32], data[32];
	uint64_t		 created_at, last_used;
	bool			 referenced;
} got;

static void
text_of(char out[32], struct span s)
{
	snprintf(out, 32, "%.*s", (int)s.len, (const char *)span_ptr(s));
}

static void
on_token(void *arg, enum store_status status, const struct refresh_token *t)
{
	const struct refresh_token	*want = arg;

	memset(&got, 0, sizeof(got));
	got.status = status;
	if (t == NULL)
		return;
	text_of(got.secret, t->secret);
	text_of(got.obsolete, t->obsolete);
	text_of(got.name, t->claims.username);
	text_of(got.data, t->connector_data);
	got.created_at = t->created_at;
	got.last_used = t->last_used;
	got.referenced = t->referenced;
	if (want == NULL)
		return;
#define SAME(f)	assert_true(span_eq(t->f, want->f))
	SAME(id); SAME(client_id); SAME(nonce); SAME(claims.user_id);
	SAME(claims.email); SAME(claims.preferred_username);
	SAME(connector_id); SAME(connector_data); SAME(attestation);
	SAME(grant_id);
#undef SAME
	assert_true(t->claims.email_verified);
	assert_true(msg_list_has(t->scopes, span_str("offline_access")));
	assert_true(msg_list_has(t->claims.groups, span_str("g1")));
}

static void
read_token(const char *id, const struct refresh_token *want)
{
	store_refresh_token_get(store, span_str(id), on_token,
	    (void *)(uintptr_t)want);
}

static int
sql_int(const char *sql)
{
	sqlite3		*db;
	sqlite3_stmt	*st;
	int		 n = -1;

	assert_int_equal(sqlite3_open(store_file, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK) {
		if (sqlite3_step(st) == SQLITE_ROW)
			n = sqlite3_column_int(st, 0);
		else
			n = sqlite3_changes(db);
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	return (n);
}

/* dex storage 1.3: the row, and the one reference of its session. */
static void
life(void **state)
{
	struct refresh_token	 t = a_token("r1", "app");

	(void)state;
	assert_int_equal(put(&t), STORE_OK);
	read_token("r1", &t);
	assert_int_equal(got.status, STORE_OK);
	assert_true(got.referenced && got.created_at == T0 &&
	    got.last_used == T0);
	assert_string_equal(got.secret, "s1");
	assert_string_equal(got.obsolete, "");
	read_token("r2", NULL);
	assert_int_equal(got.status, STORE_NOT_FOUND);
	/* Bound as dex reads it: JSON as blobs, times as text. */
	assert_int_equal(sql_int("select typeof(scopes) = 'blob' and"
	    " typeof(claims_groups) = 'blob' and typeof(token) = 'text' and"
	    " connector_data is null and created_at ="
	    " '2033-05-18 03:33:20+00:00' and obsolete_token = '' from"
	    " refresh_token"), 1);
	assert_int_equal(sql_int("select typeof(refresh) = 'blob' and"
	    " cast(refresh as text) = '{\"app\":{\"ID\":\"r1\",\"ClientID\":"
	    "\"app\",\"CreatedAt\":\"2033-05-18T03:33:20Z\",\"LastUsed\":"
	    "\"2033-05-18T03:33:20Z\",\"SessionID\":\"\"}}' and"
	    " connector_data = x'0001' from offline_session"), 1);
}

/* dex: a new one for the same user, connector and client deletes the old. */
static void
replacement(void **state)
{
	struct refresh_token	 t = a_token("r1", "app");

	(void)state;
	assert_int_equal(put(&t), STORE_OK);
	t = a_token("r2", "other");
	assert_int_equal(put(&t), STORE_OK);
	t = a_token("r3", "app");
	t.claims.user_id = span_str("v");
	assert_int_equal(put(&t), STORE_OK);
	t = a_token("r4", "app");
	t.connector_data = span_mem(NULL, 0);
	assert_int_equal(put(&t), STORE_OK);
	read_token("r1", NULL);
	assert_int_equal(got.status, STORE_NOT_FOUND);
	read_token("r2", NULL);
	assert_true(got.status == STORE_OK && got.referenced);
	read_token("r3", NULL);
	assert_true(got.status == STORE_OK && got.referenced);
	read_token("r4", NULL);
	assert_true(got.status == STORE_OK && got.referenced);
	/* Data that is empty does not take the place of the session's. */
	assert_int_equal(sql_int("select connector_data = x'0001' from"
	    " offline_session where user_id = 'u'"), 1);
	/* A reference cannot make another client's token go. */
	sql_int("update offline_session set refresh = cast('{\"app\":{\"ID\":"
	    "\"r2\"}}' as blob) where user_id = 'u'");
	t = a_token("r5", "app");
	assert_int_equal(put(&t), STORE_OK);
	read_token("r2", NULL);
	assert_int_equal(got.status, STORE_OK);
	/* An id that another client's has: nothing of the set is kept. */
	t = a_token("r2", "app");
	assert_int_equal(put(&t), STORE_CONFLICT);
	read_token("r5", NULL);
	assert_true(got.status == STORE_OK && got.referenced);
}

static void
rotation(void **state)
{
	struct refresh_token	 t = a_token("r1", "app");

	(void)state;
	assert_int_equal(put(&t), STORE_OK);
	t.secret = span_str("s2");
	t.obsolete = span_str("s1");
	t.last_used = T0 + 60;
	t.claims.username = span_str("Jane Doe");
	t.attestation = span_str("new");
	t.connector_data = span_str("next");
	assert_int_equal(rotate("s1", &t), STORE_OK);
	read_token("r1", &t);
	assert_string_equal(got.secret, "s2");
	assert_string_equal(got.obsolete, "s1");
	assert_string_equal(got.name, "Jane Doe");
	assert_string_equal(got.data, "next");
	assert_true(got.created_at == T0 && got.last_used == T0 + 60);
	assert_int_equal(sql_int("select cast(refresh as text) like"
	    " '%\"CreatedAt\":\"2033-05-18T03:33:20Z\",\"LastUsed\":"
	    "\"2033-05-18T03:34:20Z\"%' from offline_session"), 1);
	/* The loser of a race finds another secret, and changes nothing. */
	t.secret = span_str("s3");
	t.claims.username = span_str("Mallory");
	assert_int_equal(rotate("s1", &t), STORE_CONFLICT);
	read_token("r1", NULL);
	assert_string_equal(got.secret, "s2");
	assert_string_equal(got.name, "Jane Doe");
}

/* Inside the reuse interval only the session notes the use. */
static void
reuse(void **state)
{
	struct refresh_token	 t = a_token("r1", "app");

	(void)state;
	assert_int_equal(put(&t), STORE_OK);
	t.last_used = T0 + 5;
	t.connector_data = span_mem(NULL, 0);
	assert_int_equal(touch(&t), STORE_OK);
	read_token("r1", NULL);
	assert_true(got.last_used == T0);
	assert_int_equal(sql_int("select cast(refresh as text) like"
	    " '%\"LastUsed\":\"2033-05-18T03:33:25Z\"%' from"
	    " offline_session"), 1);
	t.secret = span_str("s0");
	assert_int_equal(touch(&t), STORE_CONFLICT);
	t = a_token("r2", "app");
	assert_int_equal(touch(&t), STORE_CONFLICT);
}

/* A token that its session does not name is nobody's (dex D9). */
static void
unnamed(void **state)
{
	struct refresh_token	 t = a_token("r1", "app");
	const char * const	 refs[] = { "{}", "null", "[]", "{\"app\":1}",
		"{\"app\":{\"ID\":\"r2\"}}", "{\"app\":{}}", "{", "\"\"" };
	char			 sql[160];
	size_t			 i;

	(void)state;
	assert_int_equal(put(&t), STORE_OK);
	for (i = 0; i < NITEMS(refs); i++) {
		snprintf(sql, sizeof(sql), "update offline_session set refresh"
		    " = cast('%s' as blob)", refs[i]);
		assert_int_equal(sql_int(sql), 1);
		read_token("r1", NULL);
		if (got.status != STORE_OK || got.referenced ||
		    rotate("s1", &t) != STORE_CONFLICT ||
		    touch(&t) != STORE_CONFLICT)
			fail_msg("%s", refs[i]);
	}
	/* What is no map is not overwritten either. */
	sql_int("update offline_session set refresh = cast('[]' as blob)");
	t = a_token("r2", "app");
	assert_int_equal(put(&t), STORE_ERROR);
	read_token("r2", NULL);
	assert_int_equal(got.status, STORE_NOT_FOUND);
	sql_int("delete from offline_session");
	read_token("r1", NULL);
	assert_true(got.status == STORE_OK && !got.referenced);
}

/* Data that old versions of dex kept on the row is the worker's until new. */
static void
legacy_data(void **state)
{
	struct refresh_token	 t = a_token("r1", "app");

	(void)state;
	assert_int_equal(put(&t), STORE_OK);
	sql_int("update refresh_token set connector_data = cast('row' as"
	    " blob)");
	read_token("r1", NULL);
	assert_string_equal(got.data, "row");
	t.connector_data = span_mem(NULL, 0);
	assert_int_equal(rotate("s1", &t), STORE_OK);
	read_token("r1", NULL);
	assert_string_equal(got.data, "row");
	t.connector_data = span_str("new");
	assert_int_equal(rotate("s1", &t), STORE_OK);
	read_token("r1", NULL);
	assert_string_equal(got.data, "new");
}

/* Two applications of one person in one turn: both notes are kept. */
static void
one_turn(void **state)
{
	enum store_status	 status[2] = { STORE_ERROR, STORE_ERROR };
	struct write_set	*ws[2] = { write_set_new(), write_set_new() };
	struct refresh_token	 t = a_token("r1", "app");

	(void)state;
	write_set_put_refresh_token(ws[0], &t);
	t = a_token("r2", "other");
	write_set_put_refresh_token(ws[1], &t);
	store_commit(store, ws[0], store_done, &status[0]);
	store_commit(store, ws[1], store_done, &status[1]);
	while (status[1] == STORE_ERROR)
		event_base_loop(store_base, EVLOOP_ONCE);
	assert_int_equal(status[0], STORE_OK);
	assert_int_equal(status[1], STORE_OK);
	read_token("r1", NULL);
	assert_true(got.referenced);
	read_token("r2", NULL);
	assert_true(got.referenced);
}

/* The map of a session, byte for byte, with what dex wrote beside ours. */
static void
session_maps(void **state)
{
	static const char	 dex[] = "{\"b\":{\"ID\":\"x\",\"ClientID\":"
	    "\"b\",\"CreatedAt\":\"2026-08-06T15:14:24.123456789-04:00\","
	    "\"LastUsed\":\"0001-01-01T00:00:00Z\",\"Later\":[1,{\"k\":\"\\u003c"
	    "\"}]}}";
	struct buf		 b;
	struct span		 old = span_str(dex);

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(offline_ref_id(&b, old, span_str("b")), 0);
	assert_buf(&b, "x");
	assert_int_equal(offline_ref_id(&b, old, span_str("c")), -1);
	assert_int_equal(offline_ref_put(&b, old, span_str("a&\"z"),
	    span_str("y"), T0), 0);
	assert_buf(&b, "{\"a\\u0026\\\"z\":{\"ID\":\"y\",\"ClientID\":"
	    "\"a\\u0026\\\"z\",\"CreatedAt\":\"2033-05-18T03:33:20Z\","
	    "\"LastUsed\":\"2033-05-18T03:33:20Z\",\"SessionID\":\"\"},"
	    "\"b\":{\"ID\":\"x\",\"ClientID\":\"b\",\"CreatedAt\":"
	    "\"2026-08-06T15:14:24.123456789-04:00\",\"LastUsed\":"
	    "\"0001-01-01T00:00:00Z\",\"Later\":[1,{\"k\":\"\\u003c\"}]}}");
	assert_int_equal(offline_ref_used(&b, old, span_str("b"), T0), 0);
	assert_buf(&b, "{\"b\":{\"ID\":\"x\",\"ClientID\":\"b\","
	    "\"CreatedAt\":\"2026-08-06T15:14:24.123456789-04:00\","
	    "\"LastUsed\":\"2033-05-18T03:33:20Z\",\"Later\":[1,{\"k\":"
	    "\"\\u003c\"}]}}");
	assert_int_equal(offline_ref_used(&b, old, span_str("c"), T0), -1);
	assert_int_equal(offline_ref_put(&b, span_str("7"), span_str("c"),
	    span_str("y"), T0), -1);
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, store_teardown)
	const struct CMUnitTest	 tests[] = {
		T(life), T(replacement), T(rotation), T(reuse), T(unnamed),
		T(legacy_data), T(one_turn), cmocka_unit_test(session_maps),
	};

	return (store_run(tests, NITEMS(tests)));
}
