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

/* link: frontend/http_req.c */

#include <string.h>

#include "frontend/http_req.h"
#include "test.h"

static struct http_req	 req;

static unsigned
parse(const char *head)
{
	return (http_head_parse(span_str(head), &req));
}

/* RFC 9112 section 3 and 5: what a well-behaved client sends. */
static void
good_head(void **state)
{
	(void)state;
	assert_int_equal(parse("POST /a%20b?c=d&e HTTP/1.1\r\nHost: x:1\r\n"
	    "content-length:  7 \r\nX-A:\r\n\r\n"), 0);
	assert_int_equal(req.method, HTTP_POST);
	assert_true(span_is(req.path, "/a%20b"));
	assert_true(req.has_query && span_is(req.query, "c=d&e"));
	assert_int_equal(req.body, HTTP_BODY_LENGTH);
	assert_int_equal(req.length, 7);
	assert_true(req.keep_alive);
	assert_int_equal(req.nfields, 3);
	assert_int_equal(http_field(&req, "x-a").len, 0);
	assert_true(span_is(http_field(&req, "HOST"), "x:1"));
}

/* RFC 9112 section 3.2.2: the absolute form, whose authority is dropped. */
static void
absolute_form(void **state)
{
	(void)state;
	assert_int_equal(parse("GET http://h/p?q HTTP/1.1\r\nHost: h\r\n\r\n"),
	    0);
	assert_true(span_is(req.path, "/p") && span_is(req.query, "q"));
	assert_int_equal(parse("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n"),
	    0);
	assert_true(span_is(req.path, "/") && !req.has_query);
	/* RFC 9110 section 4.2.1: an empty host is invalid. */
	assert_int_equal(parse("GET http:///p HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400);
	assert_int_equal(parse("GET http://a@h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400);
	assert_int_equal(parse("GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400);
	assert_int_equal(parse("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	assert_int_equal(parse("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

/* RFC 9110 sections 9.3.6 and 9.3.8: no tunnel, no echo. */
static void
no_tunnel(void **state)
{
	(void)state;
	assert_int_equal(parse("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"),
	    501);
	assert_int_equal(parse("CONNECT /keys HTTP/1.1\r\nHost: h\r\n\r\n"),
	    501);
	assert_int_equal(parse("TRACE /keys HTTP/1.1\r\nHost: h\r\n\r\n"),
	    501);
	assert_int_equal(parse("GET / HTTP/x.y\r\nHost: h\r\n\r\n"), 400);
}

/* RFC 9112 section 9.3: persistence by version and option. */
static void
keep_alive(void **state)
{
	static const struct {
		const char	*head;
		bool		 want;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: a, CLOSE\r\n\r\n",
		    false },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: a\r\n"
		    "Connection: close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n",
		    true },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		assert_int_equal(parse(cases[i].head), 0);
		assert_int_equal(req.keep_alive, cases[i].want);
	}
}

/* Requests that two parsers could read in two ways (request smuggling). */
static void
refused(void **state)
{
	static const struct {
		const char	*head;
		unsigned	 status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nb\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nb: \x01\r\n\r\n", 400 },
		{ "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400 },
		{ "GET / http/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505 },
		{ "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
		    400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
		    400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709"
		    "551617\r\n\r\n", 413 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x, chunked"
		    "\r\n\r\n", 501 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\n"
		    "Authorization: b\r\n\r\n", 400 },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++)
		if (parse(cases[i].head) != cases[i].status)
			fail_msg("case %zu: %u", i, parse(cases[i].head));
}

/* The end of a head, in pieces of every size, and what may not be in it. */
static void
head_end(void **state)
{
	static const char	 head[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\nrest";
	static const char * const bad[] = { "GET / HTTP/1.1\n", "GET\r/",
		"\r\nGET", "GET / HTTP/1.1\r\nA: b\n\r\n" };
	const size_t		 want = sizeof(head) - 1 - 4;
	size_t			 i, scanned;
	unsigned		 status = 0;
	ssize_t			 n;

	(void)state;
	scanned = 0;
	for (i = 1; i < want; i++)
		assert_int_equal(http_head_end(span_mem(head, i), &scanned,
		    &status), 0);
	n = http_head_end(span_mem(head, sizeof(head) - 1), &scanned, &status);
	assert_int_equal(n, want);
	for (i = 0; i < NITEMS(bad); i++) {
		scanned = 0;
		assert_int_equal(http_head_end(span_str(bad[i]), &scanned,
		    &status), -1);
		assert_int_equal(status, 400);
	}
	scanned = 0;
	assert_int_equal(http_head_end(span_mem("G\0T", 3), &scanned, &status),
	    -1);
}

static int
chunks(const char *text, size_t step, struct buf *body, unsigned *status)
{
	struct http_chunks	 c = { 0 };
	size_t			 at = 0, n, used, len = strlen(text);
	int			 done = 0;

	while (done == 0 && at < len) {
		n = len - at < step ? len - at : step;
		done = http_chunks_read(&c, span_mem(text + at, n), &used,
		    body, status);
		at += used;
	}
	return (done);
}

/* RFC 9112 section 7.1, in pieces of every size. */
static void
chunked(void **state)
{
	struct buf	 body;
	unsigned	 status;
	size_t		 step;

	(void)state;
	for (step = 1; step < 30; step++) {
		buf_init(&body, HTTP_BODY_MAX);
		assert_int_equal(chunks("3\r\nabc\r\n0A\r\n0123456789\r\n"
		    "0\r\n\r\n", step, &body, &status), 1);
		assert_buf(&body, "abc0123456789");
		buf_clear(&body);
	}
}

/* Extensions, white space, bare LF, trailers, endless sizes: none of them. */
static void
chunked_refused(void **state)
{
	static const char * const	 bad[] = { "3;a=b\r\nabc\r\n",
		" 3\r\nabc\r\n", "3 \r\nabc\r\n", "3\nabc\r\n", "\r\n",
		"3\r\nabcd\r\n", "3\r\nabc\n", "000000003\r\nabc\r\n",
		"g\r\n", "0\r\nA: b\r\n\r\n", "0x3\r\nabc\r\n", "-1\r\n" };
	struct buf			 body;
	unsigned			 status = 0;
	size_t				 i;

	(void)state;
	for (i = 0; i < NITEMS(bad); i++) {
		buf_init(&body, HTTP_BODY_MAX);
		if (chunks(bad[i], 100, &body, &status) != -1)
			fail_msg("case %zu", i);
		assert_int_equal(status, 400);
		buf_clear(&body);
	}
	buf_init(&body, HTTP_BODY_MAX);
	assert_int_equal(chunks("ffffffff\r\naaaa", 100, &body, &status), 0);
	buf_clear(&body);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(good_head),
		cmocka_unit_test(absolute_form),
		cmocka_unit_test(no_tunnel),
		cmocka_unit_test(keep_alive),
		cmocka_unit_test(refused),
		cmocka_unit_test(head_end),
		cmocka_unit_test(chunked),
		cmocka_unit_test(chunked_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
