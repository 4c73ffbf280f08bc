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

/* link: regress/compromise/rooms.c regress/compromise/hostile.c */
/* link: regress/compromise/broken_engine.c signer/key.c */
/* link: regress/compromise/granted.c */
/* libs: libcrypto jansson */

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "regress/compromise/broken_engine.h"
#include "regress/compromise/granted.h"
#include "regress/compromise/hostile.h"
#include "test.h"

/*
 * The engine is broken and has stored grants: the test is the engine, the
 * signer and two workers are the real programs in their sandbox.  It can use a
 * grant for its own client and scopes while it lasts, and nothing else.
 */

#define USER_ID		"08a8684b"

static struct played	 local = { .program = "authn-local", .room = ROOM_AUTHN,
			    .name = "local" };
static struct played	 mock = { .program = "authn-mock", .room = ROOM_AUTHN,
			    .name = "pw" };

static const char * const	 offline[] = { "openid", "offline_access",
				    NULL };
static const char * const	 online[] = { "openid", "email", NULL };
static const char * const	 wide[] = { "openid", "offline_access",
				    "groups", NULL };
static const struct grant	 honest = { "app", "n", "g", offline, NULL };
static const struct grant	 brief = { "app", "n", "g", online, NULL };

static int
setup(void **state)
{
	(void)state;
	engine_begin();
	worker_begin(&mock, "mockPassword", NULL);
	worker_begin(&local, "local", USER_ID);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	engine_end();
	room_end(&mock);
	room_end(&local);
	return (0);
}

/* Jane types her password; the attestation is of this grant. */
static void
log_in(const struct grant *g)
{
	struct buf	 box;

	box_seal(&box, "local", "j@x", "password", 0);
	assert_int_equal(worker_password(&local, buf_span(&box), "state", g),
	    IDENTITY_OK);
	buf_clear(&box);
}

/*
 * What the worker of `connector` said `ago` seconds ago about a login that was
 * `login_ago` seconds ago, as an engine would have stored it.
 */
static void
said(struct buf *out, const char *connector, enum attest_kind kind,
    uint64_t ago, uint64_t login_ago, const struct grant *g)
{
	uint64_t		 now = (uint64_t)time(NULL);
	struct attestation	 a = { .key_number = 1, .kind = kind,
		.issuer = span_str(ISSUER), .connector = span_str(connector),
		.user_id = span_str(USER_ID), .email = span_str("j@x"),
		.attested_at = now - ago, .auth_time = now - login_ago };
	uint8_t			 key[KEY_LEN];
	struct list_buf		 scopes;

	assert_true(attest_grant(a.grant, span_str(g->client),
	    list_of(&scopes, g->scopes), span_str(g->nonce),
	    span_str(g->grant_id)));
	list_buf_clear(&scopes);
	attest_key(key, attest_root, span_str(connector));
	buf_init(out, ATTEST_MAX);
	assert_int_equal(attest_write(out, &a, key), 0);
}

/* A copy of the attestation that came last. */
static void
keep(struct buf *b)
{
	buf_init(b, ATTEST_MAX);
	buf_put_span(b, buf_span(&attestation));
}

/* ---- the table ---- */

/* What it can: use a grant that is stored, again and again. */
static void
uses_a_grant(void **state)
{
	struct buf	 login;
	int		 i;

	(void)state;
	log_in(&honest);
	keep(&login);
	assert_int_equal(signer_sign(&honest, buf_span(&login)), SIGN_OK);
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_OK);
	for (i = 0; i < 3; i++) {
		assert_int_equal(signer_sign(&honest, buf_span(&attestation)),
		    SIGN_OK);
		assert_int_equal(worker_refresh(&local, &honest,
		    buf_span(&attestation)), IDENTITY_OK);
	}
	buf_clear(&login);
}

/* "not have a person or claim signed that no worker attested" */
static void
cannot_use_it_for_another(void **state)
{
	const struct grant	 bad[] = {
		{ "other", "n", "g", offline, NULL },
		{ "app", "m", "g", offline, NULL },
		{ "app", "n", "h", offline, NULL },
		{ "app", "n", "g", wide, NULL },
		{ "app", "n", "g", online, NULL },
	};
	struct buf		 login;
	size_t			 i;

	(void)state;
	log_in(&honest);
	keep(&login);
	for (i = 0; i < NITEMS(bad); i++) {
		if (worker_refresh(&local, &bad[i], buf_span(&login)) !=
		    IDENTITY_ERROR)
			fail_msg("worker, case %zu", i);
		assert_int_equal(worker_refresh(&local, &honest, buf_span(&login)),
		    IDENTITY_OK);
		if (signer_sign(&bad[i], buf_span(&attestation)) !=
		    SIGN_REFUSED)
			fail_msg("signer, case %zu", i);
	}
	buf_clear(&login);
}

/* A login for once stays one for once. */
static void
cannot_refresh_without_offline_access(void **state)
{
	struct buf	 b;

	(void)state;
	log_in(&brief);
	assert_int_equal(worker_refresh(&local, &brief, buf_span(&attestation)),
	    IDENTITY_ERROR);
	/* Not even if a worker had said so. */
	said(&b, "local", ATTEST_REFRESH, 1, 1, &brief);
	assert_int_equal(signer_sign(&brief, buf_span(&b)), SIGN_REFUSED);
	buf_clear(&b);
}

static void
cannot_edit_an_attestation(void **state)
{
	struct buf	 login;
	size_t		 i;

	(void)state;
	log_in(&honest);
	keep(&login);
	for (i = 0; i < login.len; i += 5) {
		login.p[i] ^= 1;
		if (worker_refresh(&local, &honest, buf_span(&login)) !=
		    IDENTITY_ERROR)
			fail_msg("byte %zu", i);
		login.p[i] ^= 1;
	}
	assert_int_equal(worker_refresh(&local, &honest, span_mem(login.p,
	    login.len - 1)), IDENTITY_ERROR);
	assert_int_equal(worker_refresh(&local, &honest, span_mem(NULL, 0)),
	    IDENTITY_ERROR);
	buf_put_c(&login, 0);
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_ERROR);
	buf_clear(&login);
}

/* A worker refreshes what it said itself, and says it of its connector. */
static void
cannot_cross_connectors(void **state)
{
	static const enum attest_kind	 kinds[] = { ATTEST_EXCHANGE,
		ATTEST_SESSION, ATTEST_ADOPTED };
	struct buf			 b;
	size_t				 i;

	(void)state;
	log_in(&honest);
	keep(&b);
	assert_int_equal(worker_refresh(&mock, &honest, buf_span(&b)),
	    IDENTITY_ERROR);
	buf_clear(&b);
	said(&b, "pw", ATTEST_LOGIN, 1, 1, &honest);
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&b)),
	    IDENTITY_ERROR);
	assert_int_equal(worker_refresh(&mock, &honest, buf_span(&b)),
	    IDENTITY_OK);
	buf_clear(&b);
	said(&b, "ldap", ATTEST_LOGIN, 1, 1, &honest);
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&b)),
	    IDENTITY_ERROR);
	assert_int_equal(signer_sign(&honest, buf_span(&b)), SIGN_REFUSED);
	buf_clear(&b);
	for (i = 0; i < NITEMS(kinds); i++) {
		said(&b, "local", kinds[i], 1, 1, &honest);
		assert_int_equal(worker_refresh(&local, &honest, buf_span(&b)),
		    IDENTITY_ERROR);
		assert_int_equal(signer_sign(&honest, buf_span(&b)),
		    SIGN_REFUSED);
		buf_clear(&b);
	}
}

/* Who is gone, or somebody else now, is not refreshed. */
static void
cannot_bring_a_user_back(void **state)
{
	struct buf	 login;

	(void)state;
	log_in(&honest);
	keep(&login);
	room_end(&local);
	worker_begin(&local, "local", NULL);
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_DENIED);
	room_end(&local);
	worker_begin(&local, "local", "another");
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_DENIED);
	room_end(&local);
	worker_begin(&local, "local", USER_ID);
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_OK);
	buf_clear(&login);
}

/* The time in the ID token that was granted last. */
static uint64_t
told_auth_time(void)
{
	return (granted_number(buf_span(&id_token), "auth_time"));
}

/* When somebody logged in is what the worker said, however often it refreshes. */
static void
cannot_alter_auth_time(void **state)
{
	const uint64_t	 then = (uint64_t)time(NULL) - 1000;
	struct buf	 b;
	int		 i;

	(void)state;
	said(&b, "local", ATTEST_LOGIN, 1000, 1000, &honest);
	assert_int_equal(signer_sign(&honest, buf_span(&b)), SIGN_OK);
	assert_in_range(told_auth_time(), then, then + 5);
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&b)),
	    IDENTITY_OK);
	for (i = 0; i < 3; i++) {
		assert_int_equal(signer_sign(&honest, buf_span(&attestation)),
		    SIGN_OK);
		assert_in_range(told_auth_time(), then, then + 5);
		assert_int_equal(worker_refresh(&local, &honest,
		    buf_span(&attestation)), IDENTITY_OK);
	}
	buf_clear(&b);
}

/* However often it refreshes: the time of the login goes along. */
static void
cannot_prolong_a_grant(void **state)
{
	const uint64_t	 limit = LOGIN_SECS + ABSOLUTE_SECS;
	struct buf	 b;
	int		 i;

	(void)state;
	said(&b, "local", ATTEST_LOGIN, limit - 60, limit - 60, &honest);
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&b)),
	    IDENTITY_OK);
	assert_int_equal(signer_sign(&honest, buf_span(&attestation)), SIGN_OK);
	buf_clear(&b);
	said(&b, "local", ATTEST_LOGIN, limit + 5, limit + 5, &honest);
	assert_int_equal(worker_refresh(&local, &honest, buf_span(&b)),
	    IDENTITY_OK);
	for (i = 0; i < 3; i++) {
		assert_int_equal(signer_sign(&honest, buf_span(&attestation)),
		    SIGN_REFUSED);
		assert_int_equal(worker_refresh(&local, &honest,
		    buf_span(&attestation)), IDENTITY_OK);
	}
	buf_clear(&b);
}

/* What was said is signed soon or never: later the worker is asked again. */
static void
cannot_use_what_was_said_long_ago(void **state)
{
	struct buf	 b;

	(void)state;
	said(&b, "local", ATTEST_LOGIN, LOGIN_SECS + REUSE_SECS + 5,
	    LOGIN_SECS + REUSE_SECS + 5, &honest);
	assert_int_equal(signer_sign(&honest, buf_span(&b)), SIGN_REFUSED);
	buf_clear(&b);
	said(&b, "local", ATTEST_LOGIN, LOGIN_SECS, LOGIN_SECS, &honest);
	assert_int_equal(signer_sign(&honest, buf_span(&b)), SIGN_OK);
	buf_clear(&b);
	said(&b, "local", ATTEST_REFRESH, REFRESH_SECS + REUSE_SECS + 5, 4000,
	    &honest);
	assert_int_equal(signer_sign(&honest, buf_span(&b)), SIGN_REFUSED);
	buf_clear(&b);
	said(&b, "local", ATTEST_REFRESH, REUSE_SECS, 4000, &honest);
	assert_int_equal(signer_sign(&honest, buf_span(&b)), SIGN_OK);
	buf_clear(&b);
}

/* A password that it should check, which takes a while. */
static void
put_password(struct buf *b, uint32_t rid)
{
	struct msg_en_au_password	 m = { .state = span_str("state") };
	struct buf			 box, fields;

	box_seal(&box, "local", "j@x", "wrong", 0);
	m.sealed = buf_span(&box);
	buf_init(&fields, 8192);
	assert_int_equal(msg_encode(EN_AU_PASSWORD, &m, &fields), 0);
	hostile_frame(b, EN_AU_PASSWORD, 0, rid, buf_span(&fields));
	buf_clear(&box);
	buf_clear(&fields);
}

/* How many of the next n answers say BUSY; all are refusals of one length. */
static unsigned
busy_answers(int fd, unsigned n)
{
	struct msg_au_en_identity	 refusal = { .status = IDENTITY_BUSY };
	struct pollfd			 p = { .fd = fd, .events = POLLIN };
	struct buf			 busy, fields, in;
	uint8_t				 bytes[4096];
	size_t				 at = 0;
	ssize_t				 got;
	unsigned			 nbusy = 0;

	buf_init(&fields, 1024);
	buf_init(&busy, 1024);
	buf_init(&in, 1 << 20);
	assert_int_equal(msg_encode(AU_EN_IDENTITY, &refusal, &fields), 0);
	hostile_frame(&busy, AU_EN_IDENTITY, 0, 1, buf_span(&fields));
	while (n > 0 && poll(&p, 1, 20000) == 1 &&
	    (got = read(fd, bytes, sizeof(bytes))) > 0) {
		buf_put(&in, bytes, (size_t)got);
		for (; at + busy.len <= in.len; at += busy.len, n--)
			nbusy += in.p[at + 12] == IDENTITY_BUSY;
	}
	assert_int_equal(n, 0);
	buf_clear(&fields);
	buf_clear(&busy);
	buf_clear(&in);
	return (nbusy);
}

/* Passwords come faster than they are hashed: few wait, the rest is refused. */
static void
cannot_queue_up_passwords(void **state)
{
	const struct hostile	 at_local = { &local, ROOM_ENGINE, "", NULL };
	struct buf		 b;
	uint32_t		 rid;
	int			 fd;

	(void)state;
	buf_init(&b, 1 << 20);
	for (rid = 1; rid <= 200; rid++)
		put_password(&b, rid);
	fd = hostile_wire(&at_local);
	assert_true(write(fd, b.p, b.len) == (ssize_t)b.len);
	/* 32 wait, and some are done while it reads the others. */
	assert_in_range(busy_answers(fd, 200), 100, 200 - 32);
	close(fd);
	rooms_settle();		/* our own wire was replaced */
	local.wire = room_wire(&local, ROOM_ENGINE, engine_handlers);
	log_in(&honest);
	buf_clear(&b);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(uses_a_grant), T(cannot_use_it_for_another),
		T(cannot_refresh_without_offline_access),
		T(cannot_edit_an_attestation), T(cannot_cross_connectors),
		T(cannot_bring_a_user_back), T(cannot_alter_auth_time),
		T(cannot_prolong_a_grant),
		T(cannot_use_what_was_said_long_ago),
		T(cannot_queue_up_passwords),
	};

	rooms_init();
	return (RUN(tests));
}
