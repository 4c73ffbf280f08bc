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

/* link: engine/authz.c engine/redirect_uri.c engine/pkce.c engine/pending.c engine/verifier.c */

#include <sodium.h>

#include "test.h"
#include "engine/authz.h"
#include "engine/pending.h"
#include "engine/pkce.h"
#include "engine/redirect_uri.h"
#include "engine/verifier.h"

/* The pure rules of the authorization endpoint. */

/* dex-server 4.5, both directions; RFC 8252 7.3, RFC 9700 2.1. */
static void
redirect_uris(void **state)
{
	static const char * const	 loopback[] = { "http://localhost",
		"http://localhost:8080/x", "http://127.0.0.1:5/x",
		"http://127.9.9.9:1/", "http://[::1]:80/x",
		"http://u@localhost:80/cb", "urn:ietf:wg:oauth:2.0:oob",
		"/device/callback", "http://localhost?x=1" };
	static const char * const	 bad[] = { "", "http://[::1]/x",
		"https://localhost/", "http://LOCALHOST/",
		"http://0.0.0.0:80", "http://localhost.evil",
		"http://localhost:80@evil", "http://localhost\\@evil/",
		"http://evil/?http://localhost", "http://localhost:x/",
		"http://localhost:80:80/", "http://127.0.0.1.evil/",
		"http://[::1", "http://[::1]80/", "javascript:alert(1)",
		"http://localhost /", "http://loc\nalhost/", "HTTP://localhost/" };
	struct list_buf			 none, some;
	struct msg_list			 registered;
	size_t				 i;

	(void)state;
	list_buf_init(&none, 64);
	registered = LIST_OF(&some, "https://app/cb", "http://127.0.0.1/cb");
	for (i = 0; i < NITEMS(loopback); i++) {
		assert_true(redirect_uri_allowed(span_str(loopback[i]),
		    msg_list_of(&none), true));
		assert_false(redirect_uri_allowed(span_str(loopback[i]),
		    msg_list_of(&none), false));
		/* With any registered URI only those match. */
		assert_false(redirect_uri_allowed(span_str(loopback[i]),
		    registered, true));
	}
	for (i = 0; i < NITEMS(bad); i++)
		assert_false(redirect_uri_allowed(span_str(bad[i]),
		    msg_list_of(&none), true));
	assert_true(redirect_uri_allowed(span_str("https://app/cb"),
	    registered, false));
	assert_false(redirect_uri_allowed(span_str("https://app/cb/"),
	    registered, false));
	assert_false(redirect_uri_allowed(span_str("https://app/cb?x=1"),
	    registered, false));
	list_buf_clear(&some);
}

/* dex-server 5.4; the vector is RFC 7636 appendix B. */
static void
pkce(void **state)
{
	struct span	 verifier = span_str(
			    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
	struct span	 challenge = span_str(
			    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	struct span	 no = { NULL, 0 };

	(void)state;
#define CHECK(c, m, v)	pkce_check(c, span_str(m), v)
	assert_int_equal(CHECK(challenge, "S256", verifier), PKCE_OK);
	assert_int_equal(CHECK(challenge, "S256", challenge), PKCE_MISMATCH);
	assert_int_equal(CHECK(challenge, "S256", no), PKCE_MISMATCH);
	assert_int_equal(CHECK(challenge, "plain", verifier), PKCE_MISMATCH);
	assert_int_equal(CHECK(verifier, "plain", verifier), PKCE_OK);
	assert_int_equal(CHECK(verifier, "", verifier), PKCE_OK);
	assert_int_equal(CHECK(no, "", verifier), PKCE_UNEXPECTED);
	assert_int_equal(CHECK(no, "S256", no), PKCE_OK);
	assert_int_equal(CHECK(verifier, "S512", verifier), PKCE_METHOD);
#undef CHECK
}

static bool
yes(void *arg, struct span id)
{
	(void)arg;
	return (!span_is(id, "unknown"));
}

static bool
trusts(void *arg, struct span peer, struct span id)
{
	(void)arg;
	return (span_is(peer, "friend") && span_is(id, "app"));
}

static const struct authz_world	 world = { NULL, yes, yes, trusts };
static const struct authz_policy policy = { false, true, true };

/* Checks `query`, a form, on top of a good request. */
static struct authz_verdict
verdict(const struct authz_policy *p, const char * const *extra)
{
	struct msg_pa_en_client	 client = { 0 };
	struct authz_verdict	 v;
	struct authz		 a;
	struct list_buf		 uris, form, query;

	client.redirect_uris = LIST_OF(&uris, "https://app/cb");
	LIST_OF(&query, "client_id", "app", "redirect_uri", "https://app/cb",
	    "response_type", "code", "scope", "openid email", "state", "s");
	list_of(&form, extra);	/* the body wins over the query */
	v = authz_check(p, &client, &world, msg_list_of(&form),
	    msg_list_of(&query), &a);
	list_buf_clear(&uris);
	list_buf_clear(&form);
	list_buf_clear(&query);
	return (v);
}
#define VERDICT(...)							\
	verdict(&policy, (const char * const[]){ __VA_ARGS__, NULL })

/* Errors of dex-server 4.4, in its order. */
static void
errors_to_the_client(void **state)
{
	static const struct {
		const char	*name, *value, *error;
	} cases[] = {
		{ "connector_id", "unknown", "invalid_request" },
		{ "request", "x", "request_not_supported" },
		{ "scope", "email", "invalid_scope" },
		{ "scope", "", "invalid_scope" },
		{ "scope", "openid what", "invalid_scope" },
		{ "scope", "openid audience:server:client_id:stranger",
		    "invalid_scope" },
		{ "response_type", "", "invalid_request" },
		{ "response_type", "what", "invalid_request" },
		{ "response_type", "token", "unsupported_response_type" },
		{ "response_type", "code id_token",
		    "unsupported_response_type" },
		{ "prompt", "what", "invalid_request" },
		{ "prompt", "none login", "invalid_request" },
		{ "max_age", "-1", "invalid_request" },
		{ "max_age", "x", "invalid_request" },
	};
	struct authz_verdict	 v;
	size_t			 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		v = VERDICT(cases[i].name, cases[i].value);
		assert_int_equal(v.outcome, AUTHZ_REDIRECT);
		assert_string_equal(v.error, cases[i].error);
	}
	assert_int_equal(VERDICT("scope", "openid offline_access profile "
	    "groups federated:id audience:server:client_id:friend "
	    "audience:server:client_id:app").outcome, AUTHZ_OK);
	assert_int_equal(VERDICT("prompt", "login consent",
	    "max_age", "0").outcome, AUTHZ_OK);
	/* Unknown scopes are named, and named harmlessly. */
	v = VERDICT("scope", "openid wh\"at <b>");
	assert_non_null(strstr(v.text, "\"wh?at\""));
}

static void
pkce_policy(void **state)
{
	const struct authz_policy	 s256 = { true, true, false };

	(void)state;
	assert_int_equal(VERDICT("code_challenge", "c").outcome, AUTHZ_OK);
	assert_string_equal(VERDICT("code_challenge", "c",
	    "code_challenge_method", "S512").error, "invalid_request");
	/* A method without a challenge is not looked at. */
	assert_int_equal(VERDICT("code_challenge_method", "S512").outcome,
	    AUTHZ_OK);
	assert_string_equal(verdict(&s256, (const char * const[]){ NULL
	    }).error, "invalid_request");
	assert_string_equal(verdict(&s256, (const char * const[]){
	    "code_challenge", "c", NULL }).error, "invalid_request");
	assert_int_equal(verdict(&s256, (const char * const[]){
	    "code_challenge", "c", "code_challenge_method", "S256", NULL
	    }).outcome, AUTHZ_OK);
}

/* A redirect URI that is not the client's is never redirected to. */
static void
pages(void **state)
{
	struct authz_verdict	 v = VERDICT("redirect_uri", "https://evil/");
	struct list_buf		 none;
	struct authz		 a;

	(void)state;
	assert_int_equal(v.outcome, AUTHZ_PAGE);
	assert_int_equal(v.status, 400);
	/* ... even when something else is wrong as well. */
	v = VERDICT("redirect_uri", "https://evil/", "scope", "what");
	assert_int_equal(v.outcome, AUTHZ_PAGE);
	list_buf_init(&none, 16);
	v = authz_check(&policy, NULL, &world, msg_list_of(&none),
	    msg_list_of(&none), &a);
	assert_int_equal(v.outcome, AUTHZ_PAGE);
	assert_int_equal(v.status, 404);
}

/* dex's vector, section 4.11. */
static void
verifier(void **state)
{
	struct span	 key = span_str("consent-test-key");
	struct span	 id = span_str("areqid"), no = { NULL, 0 };
	const char	*want = "Ty20sI7lYbDpCHdK59kc2o-3_9BW3jWAF37yy0oqW4U";
	char		 got[44];

	(void)state;
	verifier_make(got, key, id, STEP_APPROVAL);
	assert_string_equal(got, want);
	verifier_make(got, key, id, "step:continue");
	assert_string_equal(got, "ILF8IgbFWFZ_10aljhEr0oM-ddxNeUQDMGn6lkistT0");
	assert_true(verifier_check(span_str(want), key, id, STEP_APPROVAL));
	assert_false(verifier_check(span_str(want), key, id, "step:approved"));
	assert_false(verifier_check(span_str(want), key, span_str("other"),
	    STEP_APPROVAL));
	assert_false(verifier_check(no, key, id, STEP_APPROVAL));
	assert_false(verifier_check(span_str(want), no, id, STEP_APPROVAL));
}

static const char	 id[] = "aabbbccccdddddeeeeeeffffg";
static const uint8_t	 key[32] = { 1, 2, 3 };

static struct pending_request
a_request(void)
{
	struct pending_request	 r = { .created = 1000,
		.connector = span_str("ldap"), .client_id = span_str("app"),
		.redirect_uri = span_str("https://app/cb"),
		.scope = span_str("openid"), .state = span_str("xyz"),
		.private_data = span_mem("\0\1", 2), .force_approval = true };

	memcpy(r.id, id, sizeof(id));
	return (r);
}

/* The sealed request opens for its browser, id, issuer, key and time only. */
static void
pending(void **state)
{
	struct pending_request	 r = a_request(), got;
	struct span		 iss = span_str("https://dexd");
	struct buf		 value, plain;
	uint8_t			 other[32] = { 9 };
	uint32_t		 number;
	size_t			 i;
	uint8_t			 saved;

	(void)state;
	buf_init(&value, 4096);
	buf_init(&plain, 4096);
	assert_int_equal(pending_seal(&value, &r, iss, 7, key), 0);
#define OPEN(i_, iss_, key_, now_)					\
	(buf_reset(&plain), pending_open(&got, &plain, buf_span(&value),	\
	    span_str(i_), iss_, key_, now_, 3600))
	assert_int_equal(OPEN(id, iss, key, 1001), PENDING_OPEN);
	assert_string_equal(got.id, id);
	assert_true(span_is(got.client_id, "app"));
	assert_true(span_eq(got.private_data, r.private_data));
	assert_true(got.force_approval);
	assert_true(pending_key_number(buf_span(&value), &number));
	assert_int_equal(number, 7);
	assert_int_equal(OPEN("baaaaaaaaaaaaaaaaaaaaaaaa", iss, key, 1001), PENDING_BAD);
	assert_int_equal(OPEN("", iss, key, 1001), PENDING_BAD);
	assert_int_equal(OPEN(id, span_str("https://x"), key, 1001), PENDING_BAD);
	assert_int_equal(OPEN(id, iss, other, 1001), PENDING_BAD);
	assert_int_equal(OPEN(id, iss, key, 4599), PENDING_OPEN);
	assert_int_equal(OPEN(id, iss, key, 4600), PENDING_OLD);
	assert_true(span_is(got.client_id, "app"));	/* to begin anew */
	assert_int_equal(OPEN(id, iss, key, 10), PENDING_BAD);	/* not made yet */
	for (i = 0; i < value.len; i++) {
		saved = value.p[i];
		value.p[i] = saved == 'A' ? 'B' : 'A';
		assert_int_equal(OPEN(id, iss, key, 1001), PENDING_BAD);
		value.p[i] = saved;
	}
	buf_clear(&value);
	buf_clear(&plain);
#undef OPEN
}

/* RFC 6265 section 6.1 promises 4096 bytes a cookie; we use 1800 at most. */
static void
pending_is_bounded(void **state)
{
	struct pending_request	 r = a_request();
	static char		 text[2000];
	struct buf		 value;

	(void)state;
	memset(text, 'x', sizeof(text));
	buf_init(&value, 4096);
	r.state = span_mem(text, 1000);
	assert_int_equal(pending_seal(&value, &r, span_str("i"), 1, key), 0);
	assert_true(value.len <= PENDING_WIRE_MAX);
	buf_reset(&value);
	r.state = span_mem(text, 1400);
	assert_int_equal(pending_seal(&value, &r, span_str("i"), 1, key), -1);
	r.state = span_mem(text, 2000);
	assert_int_equal(pending_seal(&value, &r, span_str("i"), 1, key), -1);
	buf_clear(&value);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(redirect_uris), cmocka_unit_test(pkce),
		cmocka_unit_test(errors_to_the_client),
		cmocka_unit_test(pkce_policy), cmocka_unit_test(pages),
		cmocka_unit_test(verifier), cmocka_unit_test(pending),
		cmocka_unit_test(pending_is_bounded),
	};

	return (sodium_init() == -1 ? 1 : RUN(tests));
}
