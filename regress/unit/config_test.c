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

/* link: config/values.c config/yaml_tree.c */
/* libs: yaml-0.1 */

#include <stdlib.h>
#include <string.h>

#include "config/values.h"
#include "config/yaml_tree.h"
#include "test.h"

/* Go's time.ParseDuration, as dex reads durations. */
static void
durations(void **state)
{
	static const struct {
		const char	*text;
		bool		 good;
		uint64_t	 want;
	} cases[] = {
		{ "24h", true, 86400 }, { "1h30m", true, 5400 },
		{ "1.5h", true, 5400 }, { "0", true, 0 }, { "0s", true, 0 },
		{ "90s", true, 90 }, { "1500ms", true, 1 },
		{ "1\xc2\xb5s", true, 0 }, { "+5m", true, 300 },
		{ "", false, 0 }, { "5", false, 0 }, { "5d", false, 0 },
		{ "-5m", false, 0 }, { "5 m", false, 0 }, { "h", false, 0 },
		{ "1e3s", false, 0 }, { "99999999999999999999s", false, 0 },
		{ "2000000h", false, 0 }, { ".s", false, 0 },
	};
	uint64_t	 got;
	size_t		 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		got = 0;
		if (value_duration(cases[i].text, &got) != cases[i].good)
			fail_msg("%s", cases[i].text);
		if (cases[i].good)
			assert_int_equal(got, cases[i].want);
	}
}

static const char *
lookup(const char *name)
{
	if (strcmp(name, "HOME") == 0)
		return ("/home");
	return (strcmp(name, "A_1") == 0 ? "one" : NULL);
}

/* os.Expand, as dex expands: no escape, unset is empty. */
static void
expansion(void **state)
{
	static const char * const	 cases[][2] = {
		{ "$HOME/x", "/home/x" }, { "${HOME}x", "/homex" },
		{ "a$A_1-b", "aone-b" }, { "$UNSET.", "." }, { "$$HOME", "HOME" },
		{ "cost$", "cost$" }, { "$1x", "x" }, { "plain", "plain" },
		{ "$-", "" }, { "a$ b", "a$ b" },
	};
	struct buf	 b;
	size_t		 i;

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		buf_init(&b, 256);
		value_expand(&b, cases[i][0], lookup);
		assert_buf(&b, cases[i][1]);
		buf_clear(&b);
	}
}

static void
listen_addresses(void **state)
{
	static const struct {
		const char	*text, *host;
		uint32_t	 port;
	} good[] = {
		{ "127.0.0.1:5556", "127.0.0.1", 5556 }, { ":80", "", 80 },
		{ "[::1]:1", "::1", 1 }, { "localhost:2", "localhost", 2 },
		{ "0.0.0.0:65535", "0.0.0.0", 65535 },
	};
	static const char * const	 bad[] = { "", "80", "x:80",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
		"127.0.0.1:http", "[::1:80" };
	char		 host[64];
	uint32_t	 port;
	size_t		 i;

	(void)state;
	for (i = 0; i < NITEMS(good); i++) {
		assert_null(value_listen(good[i].text, host, sizeof(host),
		    &port));
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
	}
	for (i = 0; i < NITEMS(bad); i++)
		if (value_listen(bad[i], host, sizeof(host), &port) == NULL)
			fail_msg("%s", bad[i]);
}

/* OpenID Connect Discovery 1.0 section 3: no query, no fragment. */
static void
issuers(void **state)
{
	static const char * const	 bad[] = { "", "x", "ftp://x",
		"https://", "https:///p", "http://x?y", "http://x#y",
		"http://u@x", "http://x y", "http://x/\n", "http://x/%41",
		"http://:80" };
	size_t				 i;

	(void)state;
	assert_null(value_issuer("https://x"));
	assert_null(value_issuer("http://127.0.0.1:5556/dex"));
	assert_null(value_issuer("https://x/a/b/"));
	for (i = 0; i < NITEMS(bad); i++)
		if (value_issuer(bad[i]) == NULL)
			fail_msg("%s", bad[i]);
}

static struct ynode *
parse(const char *text, unsigned *line, char err[256])
{
	return (ytree_parse(span_str(text), line, err, 256));
}

static void
trees(void **state)
{
	const struct ynode	*n;
	struct ynode		*t;
	unsigned		 line;
	char			 err[256];

	(void)state;
	t = parse("a: 1\nB:\n  - x\n  - \"null\"\n  - null\nc: {d: e}\n", &line,
	    err);
	assert_non_null(t);
	n = ynode_get(t, "b");			/* any case of letters */
	assert_int_equal(n->kind, YNODE_LIST);
	assert_int_equal(n->key_line, 2);
	assert_string_equal(n->child->text, "x");
	assert_int_equal(n->child->next->kind, YNODE_SCALAR);
	assert_int_equal(n->child->next->next->kind, YNODE_NULL);
	assert_int_equal(n->child->next->next->line, 5);
	assert_null(ynode_get(t, "d"));
	assert_string_equal(ynode_get(ynode_get(t, "c"), "d")->text, "e");
	ytree_free(t);
	/* YAML 1.1 merges: what the map says itself wins. */
	t = parse("x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\n", &line, err);
	assert_non_null(t);
	n = ynode_get(t, "y");
	assert_string_equal(ynode_get(n, "a")->text, "3");
	assert_string_equal(ynode_get(n, "b")->text, "2");
	ytree_free(t);
	t = parse("", &line, err);
	assert_int_equal(t->kind, YNODE_NULL);
	ytree_free(t);
}

static void
broken_trees(void **state)
{
	static const struct {
		const char	*text;
		unsigned	 line;
	} cases[] = {
		{ "a: 1\na: 2\n", 2 }, { "a: 1\nA: 2\n", 2 },
		{ "a: [\n", 2 }, { "a: *x\n", 1 }, { "? [a]\n: b\n", 1 },
		{ "a: 1\n---\nb: 2\n", 2 }, { "a: \"\\0\"\n", 1 },
		{ "a: {<<: b}\n", 1 },
	};
	struct ynode	*t;
	unsigned	 line;
	size_t		 i;
	char		 err[256];

	(void)state;
	for (i = 0; i < NITEMS(cases); i++) {
		t = parse(cases[i].text, &line, err);
		if (t != NULL)
			fail_msg("parsed: %s", cases[i].text);
		if (line != cases[i].line)
			fail_msg("%s: line %u: %s", cases[i].text, line, err);
	}
}

/* A few words may say a long text or key very often. */
static void
long_copies(void **state)
{
	static const char * const	 starts[] = { "a: &x ", "a: &x {? " };
	const size_t			 len = 500000;
	struct ynode			*t;
	struct buf			 b;
	unsigned			 line, i;
	size_t				 n;
	char				 err[256];

	(void)state;
	for (i = 0; i < NITEMS(starts); i++) {
		buf_init(&b, 1024 * 1024);
		buf_put_str(&b, starts[i]);
		for (n = 0; n < len; n++)
			buf_put_c(&b, 'l');
		buf_put_str(&b, i == 0 ? "\nb: [" : "\n : c}\nb: [");
		for (n = 0; n < 20; n++)
			buf_put_str(&b, "*x, ");
		buf_put_str(&b, "]\n");
		t = parse(buf_cstr(&b), &line, err);
		if (t != NULL || strstr(err, "too large") == NULL)
			fail_msg("%s: %s", starts[i], err);
		buf_clear(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(expansion),
		cmocka_unit_test(listen_addresses),
		cmocka_unit_test(issuers),
		cmocka_unit_test(trees),
		cmocka_unit_test(broken_trees),
		cmocka_unit_test(long_copies),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
