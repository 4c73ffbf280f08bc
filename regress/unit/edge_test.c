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

/* link: frontend/router.c frontend/client_ip.c frontend/response.c */

#include <string.h>

#include "frontend/client_ip.h"
#include "frontend/response.h"
#include "frontend/router.h"
#include "test.h"

/* dex 1.1: exact matches on the encoded path; one decoded segment. */
static void
routes(void **state)
{
	static const struct {
		const char	*path;
		const char	*prefix;
		enum route_kind	 kind;
		int		 which;
		const char	*connector;
	} cases[] = {
		{ "/", "", ROUTE_ENDPOINT, ENDPOINT_HOME, "" },
		{ "/dex", "/dex", ROUTE_ENDPOINT, ENDPOINT_HOME, "" },
		{ "/dex/", "/dex", ROUTE_NONE, 0, "" },
		{ "/", "/dex", ROUTE_NONE, 0, "" },
		{ "/dexter", "/dex", ROUTE_NONE, 0, "" },
		{ "/auth", "", ROUTE_ENDPOINT, ENDPOINT_AUTH, "" },
		{ "/auth/", "", ROUTE_NONE, 0, "" },
		{ "//auth", "", ROUTE_NONE, 0, "" },
		{ "/auth/x", "", ROUTE_ENDPOINT, ENDPOINT_AUTH_CONNECTOR, "x" },
		{ "/auth/a%2Fb%25", "", ROUTE_ENDPOINT,
		    ENDPOINT_AUTH_CONNECTOR, "a/b%" },
		{ "/auth/a%zz", "", ROUTE_NONE, 0, "" },
		{ "/auth/a%00", "", ROUTE_NONE, 0, "" },
		{ "/auth/a%ff", "", ROUTE_NONE, 0, "" },
		{ "/auth/x/login", "", ROUTE_ENDPOINT, ENDPOINT_AUTH_LOGIN,
		    "x" },
		{ "/auth//login", "", ROUTE_NONE, 0, "" },
		{ "/auth/x/login/", "", ROUTE_NONE, 0, "" },
		{ "/callback/x", "", ROUTE_ENDPOINT,
		    ENDPOINT_CALLBACK_CONNECTOR, "x" },
		{ "/dex/keys", "/dex", ROUTE_DOCUMENT, DOCUMENT_JWKS, "" },
		{ "/staticfoo", "", ROUTE_STATIC, 0, "" },
		{ "/theme/a.css", "", ROUTE_THEME, 0, "" },
		{ "/%6beys", "", ROUTE_NONE, 0, "" },
	};
	struct buf	 connector;
	struct route	 r;
	size_t		 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		buf_init(&connector, 256);
		r = route_find(span_str(cases[i].path),
		    span_str(cases[i].prefix), &connector);
		if (r.kind != cases[i].kind)
			fail_msg("%s: kind %d", cases[i].path, r.kind);
		if (r.kind == ROUTE_ENDPOINT)
			assert_int_equal(r.endpoint, cases[i].which);
		if (r.kind == ROUTE_DOCUMENT)
			assert_int_equal(r.document, cases[i].which);
		if (r.kind != ROUTE_NONE)
			assert_true(span_is(buf_span(&connector),
			    cases[i].connector));
		buf_clear(&connector);
	}
}

/* dex 1.9 (web.clientRemoteIP): walk from the right past trusted hops. */
static void
addresses(void **state)
{
	static const struct {
		const char	*peer;
		const char	*header;
		const char	*want;
	} cases[] = {
		{ "203.0.113.1", "198.51.100.1", "203.0.113.1" },
		{ "10.0.0.1", "198.51.100.1", "198.51.100.1" },
		{ "10.0.0.1", "", "10.0.0.1" },
		{ "10.0.0.1", "6.6.6.6, 198.51.100.1 ,10.9.9.9",
		    "198.51.100.1" },
		{ "10.0.0.1", "6.6.6.6, bogus, 10.9.9.9", "10.0.0.1" },
		{ "10.0.0.1", "10.1.1.1,10.2.2.2", "10.0.0.1" },
		{ "10.0.0.1", "2001:db8::1", "2001:db8::1" },
		{ "fd00::1", "198.51.100.1, fd00::2", "198.51.100.1" },
		{ "10.0.0.1", "198.51.100.1:80", "10.0.0.1" },
		{ "10.0.0.1", "6.6.6.6,", "10.0.0.1" },
	};
	struct ip_prefix	 trusted[2];
	struct in6_addr		 peer, got;
	struct span		 field;
	char			 text[INET6_ADDRSTRLEN];
	size_t			 i;

	(void)state;
	assert_true(ip_prefix_parse(span_str("10.0.0.0/8"), &trusted[0]));
	assert_true(ip_prefix_parse(span_str("fd00::/64"), &trusted[1]));
	for (i = 0; i < NITEMS(cases); i++) {
		assert_true(ip_parse(span_str(cases[i].peer), &peer));
		field = span_str(cases[i].header);
		got = client_ip(&peer, &field, 1, trusted, 2);
		ip_text(&got, text);
		assert_string_equal(text, cases[i].want);
	}
}

/*
 * RFC 9110 section 5.3: lines of one name are one list.  A proxy that adds a
 * line of its own below what the visitor forged has the last word.
 */
static void
address_lines(void **state)
{
	const struct span	 forged[] = { span_str("6.6.6.6"),
				    span_str("198.51.100.1, 10.2.2.2"),
				    span_str("10.1.1.1") };
	struct ip_prefix	 trusted;
	struct in6_addr		 peer, got;
	char			 text[INET6_ADDRSTRLEN];

	(void)state;
	assert_true(ip_prefix_parse(span_str("10.0.0.0/8"), &trusted));
	assert_true(ip_parse(span_str("10.0.0.1"), &peer));
	got = client_ip(&peer, forged, 3, &trusted, 1);
	ip_text(&got, text);
	assert_string_equal(text, "198.51.100.1");
	got = client_ip(&peer, forged, 1, &trusted, 1);
	ip_text(&got, text);
	assert_string_equal(text, "6.6.6.6");
	got = client_ip(&peer, NULL, 0, &trusted, 1);
	ip_text(&got, text);
	assert_string_equal(text, "10.0.0.1");
}

static void
prefixes(void **state)
{
	static const char * const	 bad[] = { "", "10.0.0.0/33", "10/8",
		"10.0.0.0/", "10.0.0.0/a", "::/129", "::1/-1", "x",
		"10.0.0.0/0008" };
	struct ip_prefix		 p;
	struct in6_addr			 a;
	size_t				 i;

	(void)state;
	for (i = 0; i < NITEMS(bad); i++)
		assert_false(ip_prefix_parse(span_str(bad[i]), &p));
	assert_true(ip_prefix_parse(span_str("192.0.2.128/25"), &p));
	assert_true(ip_parse(span_str("192.0.2.129"), &a));
	assert_true(ip_in(&a, &p, 1));
	assert_true(ip_parse(span_str("192.0.2.127"), &a));
	assert_false(ip_in(&a, &p, 1));
	assert_true(ip_prefix_parse(span_str("0.0.0.0/0"), &p));
	assert_true(ip_parse(span_str("2001:db8::1"), &a));
	assert_false(ip_in(&a, &p, 1));
}

/* Threat: a value from the engine must not become a second header line. */
static void
header_injection(void **state)
{
	struct buf	 b;

	(void)state;
	buf_init(&b, 256);
	assert_int_equal(response_put_field(&b, "A", span_str("b\r\nC: d")), -1);
	assert_int_equal(response_put_field(&b, "A", span_mem("b\0", 2)), -1);
	assert_int_equal(b.len, 0);
	assert_int_equal(response_put_field(&b, "A", span_str("b")), 0);
	assert_buf(&b, "A: b\r\n");
	buf_clear(&b);
}

/* RFC 9110 sections 6.6.1 and 9.3.2. */
static void
responses(void **state)
{
	struct response	 r = { .status = 404, .type = "text/plain",
			    .body = span_str("gone"), .head_only = true,
			    .close = true };
	struct buf	 b;

	(void)state;
	buf_init(&b, 1024);
	response_put(&b, &r, 784111777);
	assert_buf(&b, "HTTP/1.1 404 Not Found\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 4\r\n"
	    "Connection: close\r\n\r\n");
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(routes),
		cmocka_unit_test(addresses),
		cmocka_unit_test(address_lines),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(header_injection),
		cmocka_unit_test(responses),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
