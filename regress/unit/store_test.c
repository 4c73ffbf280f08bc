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

#include <sys/stat.h>

#include <event2/event.h>
#include <sqlite3.h>
#include <unistd.h>

#include "regress/unit/store_played.h"
#include "store/schema.h"
#include "store/timetext.h"
#include "test.h"

/* The store on SQLite, with dex's schema. */

static struct auth_code
a_code(const char *id)
{
	struct auth_code	 c = { .id = span_str(id),
		.client_id = span_str("app"), .nonce = span_str("n"),
		.redirect_uri = span_str("https://app/cb"),
		.claims = { .user_id = span_str("u"),
		    .username = span_str("Ünï"), .email = span_str("e@x"),
		    .preferred_username = span_str("p"),
		    .email_verified = true },
		.connector_id = span_str("ldap"),
		.connector_data = span_mem("\0\1\2", 3), .expiry = 2000000000,
		.challenge = span_str("ch"), .challenge_method =
		    span_str("S256"), .auth_time = 1900000000,
		.attestation = span_mem("att\0", 4),
		.grant_id = span_str("gid") };

	list_buf_clear(&store_scopes);
	list_buf_clear(&store_groups);
	c.scopes = LIST_OF(&store_scopes, "openid", "a<b>&\"c\"");
	c.claims.groups = LIST_OF(&store_groups, "g1", "g 2");
	return (c);
}

static enum store_status
insert_code(const char *id)
{
	struct write_set	*ws = write_set_new();
	struct auth_code	 c = a_code(id);

	write_set_insert_auth_code(ws, &c);
	return (store_wait(ws));
}

static enum store_status
delete_code(const char *id)
{
	struct write_set	*ws = write_set_new();

	write_set_delete_auth_code(ws, span_str(id));
	return (store_wait(ws));
}

static void
check_code(void *arg, enum store_status status, const struct auth_code *c)
{
	struct auth_code	 want;

	(void)arg;
	store_said = status;
	if (c == NULL)
		return;
	want = a_code("c1");
#define SAME(f)	assert_true(span_eq(c->f, want.f))
	SAME(id); SAME(client_id); SAME(nonce); SAME(redirect_uri);
	SAME(claims.user_id); SAME(claims.username); SAME(claims.email);
	SAME(claims.preferred_username); SAME(connector_id);
	SAME(connector_data); SAME(challenge); SAME(challenge_method);
	SAME(attestation); SAME(grant_id);
#undef SAME
	assert_true(c->claims.email_verified);
	assert_true(c->expiry == want.expiry);
	assert_true(c->auth_time == want.auth_time);
	assert_int_equal(c->scopes.count, 2);
	assert_true(span_is(msg_list_get(c->scopes, 1), "a<b>&\"c\""));
	assert_true(span_is(msg_list_get(c->claims.groups, 1), "g 2"));
}

/* dex storage 1.5: create if absent, delete once; across a restart. */
static void
code_life(void **state)
{
	(void)state;
	store_reopen(STORAGE_SQLITE);
	assert_int_equal(insert_code("c1"), STORE_OK);
	assert_int_equal(insert_code("c1"), STORE_CONFLICT);
	store_reopen(STORAGE_SQLITE);
	store_auth_code_get(store, span_str("c1"), check_code, NULL);
	assert_int_equal(store_said, STORE_OK);
	assert_int_equal(delete_code("c1"), STORE_OK);
	assert_int_equal(delete_code("c1"), STORE_CONFLICT);
	store_auth_code_get(store, span_str("c1"), check_code, NULL);
	assert_int_equal(store_said, STORE_NOT_FOUND);
}

static struct auth_request
a_request(void)
{
	return ((struct auth_request){ .id = span_str("r1"),
	    .client_id = span_str("app"), .state = span_str("st"),
	    .redirect_uri = span_str("u"), .expiry = 2000000000,
	    .logged_in = true, .force_approval = true,
	    .hmac_key = span_str("key"), .binder = span_mem("b\0", 2),
	    .attestation = span_str("att") });
}

static void
check_request(void *arg, enum store_status status,
    const struct auth_request *a)
{
	(void)arg;
	store_said = status;
	if (a == NULL)
		return;
	assert_true(span_is(a->state, "st"));
	assert_true(a->logged_in && a->force_approval);
	assert_true(span_is(a->hmac_key, "key"));
	assert_true(span_is(a->attestation, "att"));
	assert_int_equal(a->binder.len, 2);
	assert_int_equal(a->scopes.count, 0);
}

/* Consent takes the request and makes the code, or neither. */
static void
request_becomes_code(void **state)
{
	struct auth_request	 a = a_request();
	struct auth_code	 c = a_code("c1");
	struct write_set	*ws;

	(void)state;
	store_reopen(STORAGE_SQLITE);
	ws = write_set_new();
	write_set_insert_auth_request(ws, &a);
	assert_int_equal(store_wait(ws), STORE_OK);
	store_auth_request_get(store, span_str("r1"), check_request, NULL);
	assert_int_equal(store_said, STORE_OK);
	ws = write_set_new();
	write_set_insert_auth_code(ws, &c);
	write_set_delete_auth_request(ws, span_str("other"));
	assert_int_equal(store_wait(ws), STORE_CONFLICT);
	store_auth_code_get(store, span_str("c1"), check_code, NULL);
	assert_int_equal(store_said, STORE_NOT_FOUND);	/* nothing half */
	ws = write_set_new();
	write_set_delete_auth_request(ws, span_str("r1"));
	write_set_insert_auth_code(ws, &c);
	assert_int_equal(store_wait(ws), STORE_OK);
	store_auth_request_get(store, span_str("r1"), check_request, NULL);
	assert_int_equal(store_said, STORE_NOT_FOUND);
}

/* Two redeem one code in the same turn: one transaction, one winner. */
static void
one_turn_one_winner(void **state)
{
	struct write_set	*ws[3];
	enum store_status	 got[3];
	struct auth_code	 c;
	int			 i;

	(void)state;
	store_reopen(STORAGE_SQLITE);
	assert_int_equal(insert_code("c1"), STORE_OK);
	c = a_code("c2");
	store_answers = 0;
	for (i = 0; i < 3; i++)
		ws[i] = write_set_new();
	write_set_delete_auth_code(ws[0], span_str("c1"));
	write_set_delete_auth_code(ws[1], span_str("c1"));
	write_set_insert_auth_code(ws[2], &c);
	for (i = 0; i < 3; i++)
		store_commit(store, ws[i], store_done, &got[i]);
	assert_int_equal(store_answers, 0);
	event_base_loop(store_base, EVLOOP_ONCE);
	assert_int_equal(store_answers, 3);	/* grouped */
	assert_int_equal(got[0], STORE_OK);
	assert_int_equal(got[1], STORE_CONFLICT);
	assert_int_equal(got[2], STORE_OK);
}

static void
on_keyset(void *arg, enum store_status status, uint64_t serial,
    struct span sealed)
{
	store_said = status;
	*(uint64_t *)arg = serial;
	if (status == STORE_OK)
		assert_true(sealed.len != 0);
}

static enum store_status
put_keyset(uint64_t expected, uint64_t serial)
{
	struct write_set	*ws = write_set_new();

	write_set_put_keyset(ws, expected, serial, span_str("sealed"));
	return (store_wait(ws));
}

/* The key set moves by compare-and-swap on its serial. */
static void
keyset_swap(void **state)
{
	uint64_t	 serial;

	(void)state;
	store_reopen(STORAGE_SQLITE);
	store_keyset_get(store, on_keyset, &serial);
	assert_int_equal(store_said, STORE_NOT_FOUND);
	assert_int_equal(put_keyset(1, 2), STORE_CONFLICT);
	assert_int_equal(put_keyset(0, 1), STORE_OK);
	assert_int_equal(put_keyset(0, 1), STORE_CONFLICT);
	assert_int_equal(put_keyset(1, 2), STORE_OK);
	assert_int_equal(put_keyset(1, 2), STORE_CONFLICT);
	store_keyset_get(store, on_keyset, &serial);
	assert_int_equal(store_said, STORE_OK);
	assert_true(serial == 2);
}

static struct store_gc	 gc;

static void
on_gc(void *arg, enum store_status status, const struct store_gc *g)
{
	(void)arg;
	store_said = status;
	gc = *g;
}

/* dex storage 1.6: strictly before now, and nothing else goes. */
static void
garbage(void **state)
{
	(void)state;
	store_reopen(STORAGE_SQLITE);
	assert_int_equal(insert_code("c1"), STORE_OK);
	store_gc(store, 2000000000, on_gc, NULL);
	assert_int_equal(store_said, STORE_OK);
	assert_int_equal(gc.auth_codes, 0);
	store_gc(store, 2000000001, on_gc, NULL);
	assert_int_equal(gc.auth_codes, 1);
	assert_int_equal(gc.auth_requests, 0);
	store_health(store, store_done, NULL);
	assert_int_equal(store_said, STORE_OK);
}

/* Who deletes all at once lets nobody log in meanwhile. */
static void
garbage_has_its_share(void **state)
{
	char	 id[16];
	int	 i;

	(void)state;
	store_reopen(STORAGE_MEMORY);
	for (i = 0; i < 2 * STORE_GC_MAX + 1; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		assert_int_equal(insert_code(id), STORE_OK);
	}
	for (i = 0; i < 2; i++) {
		store_gc(store, 2000000001, on_gc, NULL);
		assert_int_equal(gc.auth_codes, STORE_GC_MAX);
		assert_true(gc.more);
	}
	store_gc(store, 2000000001, on_gc, NULL);
	assert_int_equal(gc.auth_codes, 1);
	assert_false(gc.more);
}

static int
sql_int(const char *sql)
{
	sqlite3		*db;
	sqlite3_stmt	*st;
	int		 n = -1;

	assert_int_equal(sqlite3_open(store_file, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return (n);
}

/* An empty database of dex at a level in the field opens and ends at 23. */
static void
from_level(int level)
{
	sqlite3	*db;
	char	 sql[128];
	int	 i;

	unlink(store_file);
	assert_int_equal(sqlite3_open(store_file, &db), SQLITE_OK);
	sqlite3_exec(db, "create table migrations (num integer not null,"
	    " at timestamp not null);", NULL, NULL, NULL);
	for (i = 1; i <= level; i++) {
		assert_int_equal(sqlite3_exec(db, schema_steps[i - 1], NULL,
		    NULL, NULL), SQLITE_OK);
		snprintf(sql, sizeof(sql), "insert into migrations values"
		    " (%d, '2024-01-01')", i);
		sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	sqlite3_close(db);
	store_reopen(STORAGE_SQLITE);
	assert_int_equal(insert_code("c1"), STORE_OK);
	store_auth_code_get(store, span_str("c1"), check_code, NULL);
	assert_int_equal(store_said, STORE_OK);
	store_close(store);
	store = NULL;
	assert_int_equal(sql_int("select max(num) from migrations"), 23);
	assert_int_equal(sql_int("select count(*) from migrations"), 23);
	unlink(store_file);
}

static void
migrations(void **state)
{
	(void)state;
	from_level(0);
	from_level(11);		/* v2.35 to v2.44 */
	from_level(13);		/* v2.45 */
	from_level(18);		/* a development version lacking columns */
	from_level(23);
}

/* dex storage 2.2: the columns at HEAD, in their order, then ours. */
static void
columns(void **state)
{
	static const struct {
		const char	*table, *want;
	} cases[] = {
		{ "client", "id,secret,redirect_uris,trusted_peers,public,"
		    "name,logo_url,allowed_connectors,mfa_chain,"
		    "post_logout_redirect_uris,sso_shared_with,"
		    "backchannel_logout_uri,refresh_token_lifetime" },
		{ "auth_request", "id,client_id,response_types,scopes,"
		    "redirect_uri,nonce,state,force_approval_prompt,logged_in,"
		    "claims_user_id,claims_username,claims_email,"
		    "claims_email_verified,claims_groups,connector_id,"
		    "connector_data,expiry,claims_preferred_username,"
		    "code_challenge,code_challenge_method,hmac_key,"
		    "mfa_validated,prompt,max_age,auth_time,"
		    "webauthn_session_data,dexd_attestation,dexd_binder" },
		{ "auth_code", "id,client_id,scopes,nonce,redirect_uri,"
		    "claims_user_id,claims_username,claims_email,"
		    "claims_email_verified,claims_groups,connector_id,"
		    "connector_data,expiry,claims_preferred_username,"
		    "code_challenge,code_challenge_method,auth_time,"
		    "session_id,dexd_attestation,dexd_grant_id" },
		{ "refresh_token", "id,client_id,scopes,nonce,claims_user_id,"
		    "claims_username,claims_email,claims_email_verified,"
		    "claims_groups,connector_id,connector_data,token,"
		    "created_at,last_used,claims_preferred_username,"
		    "obsolete_token,dexd_attestation,dexd_grant_id" },
		{ "password", "email,hash,username,user_id,"
		    "preferred_username,groups,name,email_verified" },
		{ "keys", "id,verification_keys,signing_key,signing_key_pub,"
		    "next_rotation" },
		{ "offline_session", "user_id,conn_id,refresh,connector_data" },
		{ "connector", "id,type,name,resource_version,config,"
		    "grant_types" },
		{ "device_request", "user_code,device_code,client_id,"
		    "client_secret,scopes,expiry" },
		{ "device_token", "device_code,status,token,expiry,"
		    "last_request,poll_interval,code_challenge,"
		    "code_challenge_method" },
		{ "user_identity", "user_id,connector_id,claims_user_id,"
		    "claims_username,claims_preferred_username,claims_email,"
		    "claims_email_verified,claims_groups,consents,created_at,"
		    "last_login,blocked_until,mfa_secrets,"
		    "webauthn_credentials" },
		{ "auth_session", "id,secret,user_id,connector_id,"
		    "client_states,created_at,last_activity,ip_address,"
		    "user_agent,absolute_expiry,idle_expiry,logout_state" },
	};
	char	 sql[1024];
	size_t	 i;

	(void)state;
	store_reopen(STORAGE_SQLITE);
	for (i = 0; i < NITEMS(cases); i++) {
		snprintf(sql, sizeof(sql), "select group_concat(name) = '%s'"
		    " from pragma_table_info('%s')", cases[i].want,
		    cases[i].table);
		if (sql_int(sql) != 1)
			fail_msg("columns of %s", cases[i].table);
	}
	/* dex refuses JSON that is stored as text (2.5). */
	assert_int_equal(insert_code("c1"), STORE_OK);
	assert_int_equal(sql_int("select typeof(scopes) = 'blob' and"
	    " typeof(connector_data) = 'blob' and typeof(expiry) = 'text' and"
	    " expiry = '2033-05-18 03:33:20+00:00' and"
	    " cast(scopes as text) = '[\"openid\",\"a\\u003cb\\u003e\\u0026"
	    "\\\"c\\\"\"]' from auth_code"), 1);
}

/* dex storage 2.5: every shape of time that is met. */
static void
times(void **state)
{
	static const struct {
		const char	*text;
		uint64_t	 want;
	} cases[] = {
		{ "2033-05-18 03:33:20+00:00", 2000000000 },
		{ "2033-05-18 03:33:20.123456+00:00", 2000000000 },
		{ "2033-05-18T03:33:20Z", 2000000000 },
		{ "2033-05-17 23:33:20-04:00", 2000000000 },
		{ "2033-05-18 03:33:20", 2000000000 },
		{ "2033-05-18", 1999987200 },
		{ "2033-05-18 03:33", 1999999980 },
		{ "0001-01-01 00:00:00+00:00", 0 },
		{ "0001-01-01 00:00:00 UTC", 0 },
		{ "0000-00-00", 0 }, { "", 0 }, { "soon", 0 },
		{ "2033-05-18 03:33:20+00", 0 },
	};
	char	 text[TIMETEXT_LEN + 1];
	size_t	 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++)
		assert_true(timetext_get(span_str(cases[i].text)) ==
		    cases[i].want);
	timetext_put(text, 2000000000);
	assert_string_equal(text, cases[0].text);
	timetext_put(text, UINT64_MAX);
	assert_int_equal(strlen(text), TIMETEXT_LEN);
}

/* The memory store outlives an engine: reloads and crashes keep it. */
static void
memory(void **state)
{
	(void)state;
	store_reopen(STORAGE_MEMORY);
	assert_int_equal(insert_code("c1"), STORE_OK);
	store_reopen(STORAGE_MEMORY);
	assert_int_equal(insert_code("c1"), STORE_CONFLICT);
}

/* Another writer holds the lock: the commit waits its turn and is not lost. */
static void
busy_writer(void **state)
{
	enum store_status	 got = STORE_ERROR;
	struct write_set	*ws;
	struct auth_code	 c = a_code("c1");
	sqlite3			*db;
	int			 i;

	(void)state;
	store_reopen(STORAGE_SQLITE);
	assert_int_equal(sqlite3_open(store_file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "begin immediate", NULL, NULL,
	    NULL), SQLITE_OK);
	ws = write_set_new();
	write_set_insert_auth_code(ws, &c);
	store_answers = 0;
	store_commit(store, ws, store_done, &got);
	for (i = 0; i < 20; i++)
		event_base_loop(store_base, EVLOOP_ONCE);
	assert_int_equal(store_answers, 0);
	sqlite3_exec(db, "commit", NULL, NULL, NULL);
	sqlite3_close(db);
	while (store_answers == 0)
		event_base_loop(store_base, EVLOOP_ONCE);
	assert_int_equal(got, STORE_OK);
}

/* What is no database of ours is left alone, with a reason. */
static void
not_ours(void **state)
{
	char	 err[256];
	FILE	*f;

	(void)state;
	f = fopen(store_file, "w");
	fputs("this is not a database, only a long enough line of text\n", f);
	fclose(f);
	assert_null(store_open(store_base, STORAGE_SQLITE, store_file, err,
	    sizeof(err)));
	assert_non_null(strstr(err, "not a database"));
	unlink(store_file);
	assert_null(store_open(store_base, STORAGE_SQLITE, "/nonexistent/x.db", err,
	    sizeof(err)));
	assert_true(strlen(err) > 0);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
	const struct CMUnitTest	 tests[] = {
		T(code_life), T(request_becomes_code), T(one_turn_one_winner),
		T(keyset_swap), T(garbage), T(garbage_has_its_share),
		T(migrations), T(columns),
		T(times), T(memory), T(busy_writer), T(not_ours),
	};

	return (store_run(tests, NITEMS(tests)));
}
