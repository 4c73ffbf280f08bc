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


/* link: frontend/cors.c frontend/http_req.c */

#include <stdio.h>

#include "test.h"
#include "frontend/cors.h"

/* dex's table for cross-origin requests, line by line. */

static struct list_buf		 origins, headers;
static struct cors_policy	 policy;
static struct buf		 fields;

static int
setup(void **state)
{
	(void)state;
	list_buf_init(&origins, 4096);
	list_buf_init(&headers, 4096);
	buf_init(&fields, 65536);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	list_buf_clear(&origins);
	list_buf_clear(&headers);
	buf_clear(&fields);
	return (0);
}

static void
allow(const char *origin, const char *name)
{
	if (origin != NULL)
		list_buf_add(&origins, span_str(origin));
	if (name != NULL)
		list_buf_add(&headers, span_str(name));
	policy.origins = msg_list_of(&origins);
	policy.headers = msg_list_of(&headers);
}

/* Decides about a request with these header lines (each with CR LF). */
static unsigned
decide(const char *method, const char *lines)
{
	static struct http_req	 r;
	char			 head[8192];

	snprintf(head, sizeof(head), "%s /dex/token HTTP/1.1\r\nHost: x\r\n"
	    "%s\r\n", method, lines);
	assert_int_equal(http_head_parse(span_str(head), &r), 0);
	buf_reset(&fields);
	return (cors_decide(&policy, &r, &fields));
}

#define ORIGIN		"Origin: https://app.example\r\n"
#define PREFLIGHT	ORIGIN "Access-Control-Request-Method: POST\r\n"

static void
switched_off(void **state)
{
	(void)state;
	allow(NULL, "Authorization");
	assert_int_equal(decide("GET", ORIGIN), 0);
	assert_int_equal(decide("OPTIONS", PREFLIGHT), 0);
	assert_int_equal(fields.len, 0);
}

static void
strangers(void **state)
{
	static const char * const	 not_ours[] = { "",
		"Origin: https://evil.example\r\n",
		"Origin: https://APP.example\r\n",
		"Origin: https://app.example:443\r\n",
		"Origin: https://app.example.evil\r\n",
		"Origin: http://app.example\r\n", "Origin: null\r\n",
		"Origin: https://app.example, https://evil.example\r\n" };
	size_t				 i;

	(void)state;
	allow("https://app.example", "Authorization");
	for (i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++) {
		assert_int_equal(decide("GET", not_ours[i]), 0);
		assert_int_equal(fields.len, 0);
		assert_int_equal(decide("POST", not_ours[i]), 0);
		assert_int_equal(fields.len, 0);
		assert_int_equal(decide("OPTIONS", not_ours[i]), 200);
		assert_int_equal(fields.len, 0);
	}
}

static void
one_origin(void **state)
{
	(void)state;
	allow("https://app.example", NULL);
	assert_int_equal(decide("POST", ORIGIN), 0);
	assert_string_equal(buf_cstr(&fields),
	    "Access-Control-Allow-Origin: https://app.example\r\n");
}

/* With several the answer depends on who asks, and says so to caches. */
static void
several_origins(void **state)
{
	(void)state;
	allow("https://other.example", NULL);
	allow("https://app.example", NULL);
	assert_int_equal(decide("GET", ORIGIN), 0);
	assert_string_equal(buf_cstr(&fields), "Vary: Origin\r\n"
	    "Access-Control-Allow-Origin: https://app.example\r\n");
}

/* "*" never reflects what a stranger wrote. */
static void
any_origin(void **state)
{
	(void)state;
	allow("https://other.example", NULL);
	allow("*", NULL);
	assert_int_equal(decide("GET", "Origin: https://any.where\r\n"), 0);
	assert_string_equal(buf_cstr(&fields),
	    "Access-Control-Allow-Origin: *\r\n");
	assert_int_equal(decide("GET", ""), 0);
	assert_int_equal(fields.len, 0);
}

static void
preflights(void **state)
{
	static const struct {
		const char	*lines;
		unsigned	 status;
		const char	*names;
	} cases[] = {
		{ ORIGIN, 400, NULL },
		{ PREFLIGHT, 200, NULL },
		{ ORIGIN "Access-Control-Request-Method: PUT\r\n", 405,
		    NULL },
		{ ORIGIN "Access-Control-Request-Method: post\r\n", 405,
		    NULL },
		{ PREFLIGHT "Access-Control-Request-Headers: authorization"
		    "\r\n", 200, "Authorization" },
		{ PREFLIGHT "Access-Control-Request-Headers: accept, origin,"
		    "accept-language , content-language,\r\n", 200, NULL },
		{ PREFLIGHT "Access-Control-Request-Headers: x-MY-id,accept,"
		    "AUTHORIZATION\r\n", 200, "X-My-Id,Authorization" },
		/* Not in dex's default list: a JSON preflight fails. */
		{ PREFLIGHT "Access-Control-Request-Headers: content-type"
		    "\r\n", 403, NULL },
		{ PREFLIGHT "Access-Control-Request-Headers: authorization,"
		    "x-other\r\n", 403, NULL },
		{ PREFLIGHT "Access-Control-Request-Headers: authorization"
		    " x-my-id\r\n", 403, NULL },
	};
	char	 want[256];
	size_t	 i;

	(void)state;
	allow("https://app.example", "Authorization");
	allow(NULL, "x-my-ID");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(decide("OPTIONS", cases[i].lines),
		    cases[i].status);
		want[0] = '\0';
		if (cases[i].status == 200)
			snprintf(want, sizeof(want), "%s%s%s"
			    "Access-Control-Allow-Origin: "
			    "https://app.example\r\n", cases[i].names != NULL ?
			    "Access-Control-Allow-Headers: " : "",
			    cases[i].names != NULL ? cases[i].names : "",
			    cases[i].names != NULL ? "\r\n" : "");
		assert_string_equal(buf_cstr(&fields), want);
		assert_null(strstr(buf_cstr(&fields), "Credentials"));
	}
}

/* A configured name that is no token does not let one through. */
static void
no_injection(void **state)
{
	(void)state;
	allow("https://app.example", "X-A\r\nSet-Cookie: a");
	assert_int_equal(decide("OPTIONS", PREFLIGHT
	    "Access-Control-Request-Headers: X-A\r\n"), 403);
	assert_int_equal(fields.len, 0);
}

static void
canonical(void **state)
{
	static const char * const	 cases[][2] = {
		{ "x-my-id", "X-My-Id" }, { "X-MY-ID", "X-My-Id" },
		{ "authorization", "Authorization" }, { "a b", "a b" },
		{ "", "" }, { "x--y", "X--Y" } };
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&fields);
		cors_put_canonical(&fields, span_str(cases[i][0]));
		assert_string_equal(buf_cstr(&fields), cases[i][1]);
	}
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(switched_off), T(strangers), T(one_origin),
		T(several_origins), T(any_origin), T(preflights),
		T(no_injection), T(canonical),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
