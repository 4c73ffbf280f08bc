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

/* link: engine/refresh.c authn/refresh.c */

#include <sodium.h>

#include "authn/job.h"
#include "engine/refresh.h"
#include "proto.h"
#include "test.h"

/* Refresh tokens: the rules of the engine and of the workers. */

static struct list_buf	 scopes, wanted;

/* dex-server 6.4, the worked vector. */
#define ID	"abcdefghijklmnopqrstuvwxy"
#define SECRET	"zyxwvutsrqponmlkjihgfedcb"
#define TEXT	"ChlhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5Ehl6eXh3dnV0c3JxcG9ub" \
    "WxramloZ2ZlZGNi"

static void
texts(void **state)
{
	struct refresh_text	 t;
	struct buf		 b;

	(void)state;
	buf_init(&b, 256);
	refresh_text_put(&b, span_str(ID), span_str(SECRET));
	assert_buf(&b, TEXT);
	t = refresh_text_get(&b, span_str(TEXT));
	assert_true(span_is(t.id, ID) && span_is(t.secret, SECRET));
	buf_clear(&b);
}

/* What is no such message is the bare id of an old token (dex-server 6.4). */
static void
bare_ids(void **state)
{
	static const char * const	 cases[] = { ID, "x", "", TEXT "=",
		TEXT "A", "Chlh", "EA", "CgA", "CwA", "AAA", "_____w",
		"CgH_", "EgH_", "CoCAgIAQ" };
	struct refresh_text		 t;
	struct buf			 b;
	size_t				 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		buf_init(&b, 256);
		t = refresh_text_get(&b, span_str(cases[i]));
		/* "CgA" is a message whose id is empty, "EA" is cut off. */
		if (strcmp(cases[i], "CgA") == 0)
			assert_int_equal(t.id.len, 0);
		else if (!span_is(t.id, cases[i]))
			fail_msg("%s", cases[i]);
		assert_int_equal(t.secret.len, 0);
		buf_clear(&b);
	}
}

static struct cur
cursor(const void *p, size_t n)
{
	struct cur	 c;

	cur_init(&c, span_mem(p, n));
	return (c);
}

/* The wire format: any order, other types passed over, nothing cut off. */
static void
protobuf(void **state)
{
	static const char	 good[] = "\x12\x01" "b" "\x18\xac\x02"
				    "\x21" "12345678" "\x2d" "1234"
				    "\x0a\x01" "a";
	static const struct {
		const char	*bytes;
		size_t		 len;
	} bad[] = {
		{ "\x0a", 1 }, { "\x0a\x02" "a", 3 }, { "\x0a\x80", 2 },
		{ "\x02\x01" "a", 3 },			/* field 0 */
		{ "\x0b", 1 }, { "\x0c", 1 }, { "\x0e", 1 }, { "\x0f", 1 },
		{ "\x21" "1234567", 8 }, { "\x2d" "123", 4 },
		{ "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11 },
		{ "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 },
		{ "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
		{ "\x82\x80\x80\x80\x80\x01\x01" "a", 8 },	/* number */
	};
	struct cur		 c = cursor(good, sizeof(good) - 1);
	struct span		 s;
	unsigned		 n;
	size_t			 i;

	(void)state;
	assert_true(proto_next(&c, &n, &s) && n == 2 && span_is(s, "b"));
	assert_true(proto_next(&c, &n, &s) && n == 1 && span_is(s, "a"));
	assert_false(proto_next(&c, &n, &s));
	assert_true(cur_done(&c));
	for (i = 0; i < NITEMS(bad); i++) {
		c = cursor(bad[i].bytes, bad[i].len);
		while (proto_next(&c, &n, &s))
			;
		if (cur_done(&c))
			fail_msg("case %zu", i);
	}
}

#define T0	1000000

static struct refresh_token
a_row(uint64_t created, uint64_t used)
{
	return ((struct refresh_token){ .id = span_str(ID),
	    .client_id = span_str("app"), .secret = span_str("now"),
	    .obsolete = span_str("old"), .created_at = created,
	    .last_used = used, .attestation = span_str("att"),
	    .referenced = true });
}

/* The matrix of dex-server 5.5, with a clock. */
static void
decisions(void **state)
{
	static const struct {
		bool			 rotation;
		uint64_t		 reuse, idle, absolute;
		uint64_t		 created, used, now;
		const char		*client, *secret;
		enum refresh_verdict	 want;
	} cases[] = {
#define D	REFRESH_DEAD
		/* rotate × reuse × presented */
		{ true, 0, 0, 0, T0, T0, T0, "app", "now", REFRESH_ROTATE },
		{ true, 9, 0, 0, T0, T0, T0 + 9, "app", "now", REFRESH_REUSE },
		{ true, 9, 0, 0, T0, T0, T0 + 10, "app", "now",
		    REFRESH_ROTATE },
		{ true, 9, 0, 0, T0, T0, T0 + 9, "app", "old", REFRESH_REUSE },
		{ true, 9, 0, 0, T0, T0, T0 + 10, "app", "old", D },
		{ true, 0, 0, 0, T0, T0, T0, "app", "old", D },
		{ false, 0, 0, 0, T0, T0, T0, "app", "now", REFRESH_KEEP },
		{ false, 9, 0, 0, T0, T0, T0 + 9, "app", "now",
		    REFRESH_REUSE },
		{ false, 9, 0, 0, T0, T0, T0 + 10, "app", "now",
		    REFRESH_KEEP },
		{ false, 0, 0, 0, T0, T0, T0, "app", "old", D },
		/* Neither. */
		{ true, 9, 0, 0, T0, T0, T0, "app", "no", D },
		{ true, 9, 0, 0, T0, T0, T0, "app", "", D },
		{ true, 9, 0, 0, T0, T0, T0, "app", "nowx", D },
		/* absoluteLifetime, from the issuance over all rotations. */
		{ true, 0, 0, 60, T0, T0 + 50, T0 + 60, "app", "now",
		    REFRESH_ROTATE },
		{ true, 0, 0, 60, T0, T0 + 50, T0 + 61, "app", "now", D },
		{ true, 99, 0, 60, T0, T0 + 50, T0 + 61, "app", "now", D },
		/* validIfNotUsedFor, from the last use. */
		{ true, 0, 60, 0, T0, T0 + 50, T0 + 110, "app", "now",
		    REFRESH_ROTATE },
		{ true, 0, 60, 0, T0, T0 + 50, T0 + 111, "app", "now", D },
		/* A client that may not, and the order of the checks. */
		{ true, 0, 0, 0, T0, T0, T0, "other", "now", REFRESH_FOREIGN },
		{ true, 0, 9, 9, T0, T0, T0 + 99, "other", "no",
		    REFRESH_FOREIGN },
		/* A clock that was set back. */
		{ true, 9, 60, 60, T0, T0, T0 - 9, "app", "old",
		    REFRESH_REUSE },
		{ true, 9, 60, 60, T0, T0, T0 - 10, "app", "now",
		    REFRESH_ROTATE },
		{ true, 9, 60, 60, T0, T0, T0 - 10, "app", "old", D },
		{ true, 0, 60, 60, T0, T0, T0 - 500, "app", "now",
		    REFRESH_ROTATE },
	};
	struct refresh_policy	 p;
	struct refresh_token	 t;
	size_t			 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		p = (struct refresh_policy){ cases[i].rotation,
		    cases[i].reuse, cases[i].idle, cases[i].absolute };
		t = a_row(cases[i].created, cases[i].used);
		if (refresh_decide(&p, &t, span_str(cases[i].client),
		    span_str(cases[i].secret), cases[i].now) != cases[i].want)
			fail_msg("case %zu", i);
	}
}

/* An empty slot matches nothing; what is not ours or not whole is refused. */
static void
odd_rows(void **state)
{
	struct refresh_policy	 p = { true, 9, 0, 0 };
	struct refresh_token	 t = a_row(T0, T0);

	(void)state;
#define DECIDE(secret)	refresh_decide(&p, &t, span_str("app"),		\
	span_str(secret), T0)
	t.obsolete = span_str("");
	assert_int_equal(DECIDE(""), REFRESH_DEAD);
	t = a_row(T0, T0);
	t.referenced = false;
	assert_int_equal(DECIDE("now"), REFRESH_UNNAMED);
	assert_int_equal(DECIDE("no"), REFRESH_DEAD);
	t = a_row(T0, T0);
	t.attestation = span_str("");
	assert_int_equal(DECIDE("now"), REFRESH_UNATTESTED);
	t.secret = span_str("");	/* of dex, from before secrets */
	assert_int_equal(DECIDE(""), REFRESH_UNATTESTED);
#undef DECIDE
}

/* RFC 6749 section 6: no scope that was not granted. */
static void
narrowing(void **state)
{
	static const struct {
		const char	*scope;
		int		 want;	/* scopes; -1: refused */
	} cases[] = {
		{ "", 3 }, { "  \n", 3 }, { "openid", 1 },
		{ "email openid email", 2 }, { "openid groups", -1 },
		{ "Openid", -1 }, { "openid email offline_access", 3 },
	};
	struct msg_list	 granted = LIST_OF(&scopes, "openid", "email",
			    "offline_access");
	size_t		 i;
	bool		 ok;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		list_buf_init(&wanted, 4096);
		ok = refresh_narrow(&wanted, span_str(cases[i].scope),
		    granted);
		if (ok != (cases[i].want != -1) ||
		    (ok && wanted.count != (uint32_t)cases[i].want))
			fail_msg("case %zu", i);
		list_buf_clear(&wanted);
	}
	list_buf_clear(&scopes);
}

/* ---- the worker ---- */

static char		 issuer[] = "https://d", connector[] = "ldap";
static struct worker	 worker = { .issuer = issuer, .connector = connector,
			    .nkeys = 2, .keys = { { 2, { 2 } }, { 1, { 1 } } } };

struct earlier {
	enum attest_kind	 kind;
	uint32_t		 number;
	uint8_t			 key;	/* its first byte */
	const char		*issuer, *connector, *client;
};
static const struct earlier	 honest = { ATTEST_LOGIN, 1, 1, "https://d",
				    "ldap", "app" };

/* Presents such an attestation for the client "app"; true if it is taken. */
static bool
taken(const struct earlier *e, const char *nonce, const char *grant,
    const char *third)
{
	struct attestation		 a = { .key_number = e->number,
		.kind = e->kind, .issuer = span_str(e->issuer),
		.connector = span_str(e->connector),
		.user_id = span_str("u1"), .attested_at = 9, .auth_time = 9 };
	uint8_t				 key[KEY_LEN] = { e->key };
	struct msg_en_au_refresh	 m = { .client_id = span_str("app"),
		.nonce = span_str(nonce), .grant_id = span_str(grant) };
	struct attestation		 out;
	struct buf			 b;
	bool				 ok;

	m.scopes = LIST_OF(&scopes, "openid", third);
	attest_grant(a.grant, span_str(e->client), m.scopes, span_str("n"),
	    span_str("g"));
	buf_init(&b, ATTEST_MAX);
	assert_int_equal(attest_write(&b, &a, key), 0);
	m.attestation = buf_span(&b);
	ok = refresh_check(&worker, &m, &out) == NULL;
	if (ok)
		assert_true(span_is(out.user_id, "u1"));
	m.attestation.len--;
	assert_non_null(refresh_check(&worker, &m, &out));
	list_buf_clear(&scopes);
	buf_clear(&b);
	return (ok);
}

/* DESIGN section 4: workers are no oracles. */
static void
worker_checks(void **state)
{
	const struct earlier	 bad[] = {
		{ ATTEST_EXCHANGE, 1, 1, "https://d", "ldap", "app" },
		{ ATTEST_SESSION, 1, 1, "https://d", "ldap", "app" },
		{ ATTEST_ADOPTED, 1, 1, "https://d", "ldap", "app" },
		{ ATTEST_LOGIN, 3, 1, "https://d", "ldap", "app" },
		{ ATTEST_LOGIN, 2, 1, "https://d", "ldap", "app" },
		{ ATTEST_LOGIN, 1, 9, "https://d", "ldap", "app" },
		{ ATTEST_LOGIN, 1, 1, "https://e", "ldap", "app" },
		{ ATTEST_LOGIN, 1, 1, "https://d", "github", "app" },
		{ ATTEST_LOGIN, 1, 1, "https://d", "ldap", "other" },
	}, good[] = {
		{ ATTEST_PASSWORD, 1, 1, "https://d", "ldap", "app" },
		{ ATTEST_REFRESH, 2, 2, "https://d", "ldap", "app" },
	};
	size_t			 i;

	(void)state;
#define OFF	"offline_access"
	assert_true(taken(&honest, "n", "g", OFF));
	assert_false(taken(&honest, "m", "g", OFF));
	assert_false(taken(&honest, "n", "h", OFF));
	assert_false(taken(&honest, "n", "g", "email"));
	for (i = 0; i < NITEMS(bad); i++)
		if (taken(&bad[i], "n", "g", OFF))
			fail_msg("case %zu", i);
	for (i = 0; i < NITEMS(good); i++)
		assert_true(taken(&good[i], "n", "g", OFF));
#undef OFF
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(texts), cmocka_unit_test(bare_ids),
		cmocka_unit_test(protobuf), cmocka_unit_test(decisions),
		cmocka_unit_test(odd_rows), cmocka_unit_test(narrowing),
		cmocka_unit_test(worker_checks),
	};

	if (sodium_init() == -1)
		return (1);
	return (RUN(tests));
}
