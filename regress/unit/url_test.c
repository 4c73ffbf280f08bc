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

#include "test.h"
#include "url.h"

/* Percent-encoding and forms as Go's net/url has them (dex-wire behaviour). */

static void
encoding(void **state)
{
	struct buf	 b;

	(void)state;
	buf_init(&b, 1024);
	url_put_query(&b, span_str("a b+c/~é&="));
	assert_buf(&b, "a+b%2Bc%2F~%C3%A9%26%3D");
	url_put_segment(&b, span_str("foo/bar baz@x:$&+="));
	assert_buf(&b, "foo%2Fbar%20baz@x:$&+=");
	url_put_segment(&b, span_mem("\0", 1));
	assert_buf(&b, "%00");
	buf_clear(&b);
}

static void
decoding(void **state)
{
	static const char * const	 bad[] = { "%", "%4", "%zz", "a%2", "%2g",
					    "%%41" };
	struct buf			 b;
	size_t				 i;

	(void)state;
	buf_init(&b, 1024);
	assert_int_equal(url_decode(&b, span_str("a+b%2Bc%2f"), true), 0);
	assert_buf(&b, "a b+c/");
	assert_int_equal(url_decode(&b, span_str("a+b"), false), 0);
	assert_buf(&b, "a+b");
	for (i = 0; i < NITEMS(bad); i++) {
		assert_int_equal(url_decode(&b, span_str(bad[i]), true), -1);
		buf_reset(&b);
	}
	buf_clear(&b);
}

/* dex-server 1.2: a bad escape or a literal ';' spoils the parse; the first
 * of repeated names is the one that counts. */
static void
forms(void **state)
{
	struct list_buf	 l;
	struct span	 v;

	(void)state;
	list_buf_init(&l, 4096);
	assert_int_equal(url_parse_form(&l, span_str("a=1&b=x+y&&a=2&c&=e")),
	    0);
	assert_int_equal(l.count, 10);
	assert_true(msg_list_find(msg_list_of(&l), "a", &v));
	assert_true(span_is(v, "1"));
	assert_true(msg_list_find(msg_list_of(&l), "b", &v));
	assert_true(span_is(v, "x y"));
	assert_true(msg_list_find(msg_list_of(&l), "c", &v));
	assert_int_equal(v.len, 0);
	list_buf_clear(&l);
	assert_int_equal(url_parse_form(&l, span_str("a=1;b=2&c=3")), -1);
	assert_true(msg_list_find(msg_list_of(&l), "c", &v));
	list_buf_clear(&l);
	assert_int_equal(url_parse_form(&l, span_str("a=%zz&c=3")), -1);
	list_buf_clear(&l);
	assert_int_equal(url_parse_form(&l, span_str("a=%00")), -1);
	list_buf_clear(&l);
	assert_int_equal(url_parse_form(&l, span_str("a=%ff")), -1);
	list_buf_clear(&l);
}

/* dex-server 1.4: parameters are merged into the query, keys sorted. */
static void
redirects(void **state)
{
	static const struct {
		const char	*uri, *want;
	} cases[] = {
		{ "http://x/cb", "http://x/cb?code=a+b&state=" },
		{ "http://x/cb?z=1&a=2", "http://x/cb?a=2&code=a+b&state=&z=1" },
		{ "http://x/cb?state=old", "http://x/cb?code=a+b&state=" },
		{ "http://x/cb?c%6fde=old&b=1&code=", "http://x/cb?b=1&code=a+b"
		    "&state=" },
		{ "com.app:/cb", "com.app:/cb?code=a+b&state=" },
		{ "urn:ietf:wg:oauth:2.0:oob",
		    "urn:ietf:wg:oauth:2.0:oob?code=a+b&state=" },
		{ "http://x/cb#frag", "http://x/cb?code=a+b&state=" },
	};
	struct list_buf	 l;
	struct buf	 b;
	size_t		 i;

	(void)state;
	buf_init(&b, 1024);
	LIST_OF(&l, "state", "", "code", "a b");
	for (i = 0; i < NITEMS(cases); i++) {
		assert_int_equal(url_put_with_params(&b,
		    span_str(cases[i].uri), msg_list_of(&l)), 0);
		assert_buf(&b, cases[i].want);
	}
	assert_int_equal(url_put_with_params(&b, span_str("http://x/?a=%zz"),
	    msg_list_of(&l)), -1);
	list_buf_clear(&l);
	buf_clear(&b);
}

static void
sorted_form(void **state)
{
	struct list_buf	 l;
	struct buf	 b;

	(void)state;
	buf_init(&b, 1024);
	url_put_form(&b, LIST_OF(&l, "b", "2", "a", "x", "ab", "", "a", "y",
	    "connector_id", "ldap"), "connector_id");
	assert_buf(&b, "a=x&a=y&ab=&b=2");
	list_buf_clear(&l);
	buf_clear(&b);
}

/* What our own paths begin with, whatever the issuer ends with. */
static void
paths(void **state)
{
	static const struct {
		const char	*url, *path;
	} cases[] = { { "https://x", "" }, { "https://x/", "" },
		{ "https://x//", "" }, { "https://x/dex", "/dex" },
		{ "http://x:5556/a/b/", "/a/b" }, { "x/dex", "" } };
	char	*path;
	size_t	 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		path = url_path(cases[i].url);
		assert_string_equal(path, cases[i].path);
		free(path);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(encoding), cmocka_unit_test(decoding),
		cmocka_unit_test(forms), cmocka_unit_test(redirects),
		cmocka_unit_test(sorted_form), cmocka_unit_test(paths),
	};

	return (RUN(tests));
}
