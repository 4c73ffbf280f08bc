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

/* link: control/rows.c */
/* libs: jansson */

#include "command.h"
#include "control/control.h"
#include "test.h"

/* dexctl's words (dexctl(8)) and the pages of its lists. */

static const char	*entries[COMMAND_MAX];

static int
match(const char *a, const char *b, char why[256])
{
	const char	*words[2] = { a, b };

	why[0] = '\0';
	return (command_match(entries, COMMAND_MAX, words,
	    a == NULL ? 0 : b == NULL ? 1 : 2, why, 256));
}

static void
is(const char *a, const char *b, const char *want)
{
	char	 why[256];
	int	 i = match(a, b, why);

	assert_int_not_equal(i, -1);
	assert_string_equal(entries[i], want);
}

static void
is_not(const char *a, const char *b, const char *want)
{
	char	 why[256];

	assert_int_equal(match(a, b, why), -1);
	assert_string_equal(why, want);
}

static void
whole_words_and_prefixes(void **state)
{
	(void)state;
	is("status", NULL, "status");
	is("sta", NULL, "status");
	is("show", "keys", "show keys");
	is("sh", "k", "show keys");
	is("sh", "cl", "show clients");
	is("l", "v", "log verbose");
	is("rel", NULL, "reload");
	is("ro", "k", "rotate keys");
}

static void
ambiguous_and_unknown(void **state)
{
	(void)state;
	is_not("s", NULL, "s is ambiguous: show status stop");
	is_not("st", NULL, "st is ambiguous: status stop");
	is_not("r", NULL, "r is ambiguous: reload rotate");
	is_not("sh", "c", "c is ambiguous: clients connectors");
	is_not("show", NULL, "show what? clients connectors keys stats users");
	is_not("show", "", " is not a command");
	is_not("", NULL, " is not a command");
	is_not("statusx", NULL, "statusx is not a command");
	is_not("stop", "now", "now is not a command");
	is_not("Stop", NULL, "Stop is not a command");
	is_not(NULL, NULL, "a command is missing");
}

/* A whole word is meant even when it begins another. */
static void
whole_word_wins(void **state)
{
	const char	*list[] = { "show key", "show keys" };
	const char	*words[] = { "show", "key" };
	char		 why[64] = "";

	(void)state;
	assert_int_equal(command_match(list, 2, words, 2, why, sizeof(why)),
	    0);
	words[1] = "ke";
	assert_int_equal(command_match(list, 2, words, 2, why, sizeof(why)),
	    -1);
}

/* What only an administrator may do is marked so. */
static void
who_may(void **state)
{
	static const enum command	 reads[] = { COMMAND_STATUS,
		COMMAND_SHOW_CLIENTS, COMMAND_SHOW_CONNECTORS,
		COMMAND_SHOW_KEYS, COMMAND_SHOW_USERS, COMMAND_SHOW_STATS };
	unsigned			 i, n = 0;

	(void)state;
	for (i = 0; i < NITEMS(reads); i++)
		assert_false(command_info(reads[i])->changes);
	for (i = 0; i < COMMAND_MAX; i++) {
		assert_non_null(command_info((enum command)i));
		n += command_info((enum command)i)->changes;
	}
	assert_int_equal(n + NITEMS(reads), COMMAND_MAX);
	assert_null(command_info(COMMAND_MAX));
}

static bool
add(struct rows *r, const char *name, size_t pad)
{
	struct buf	 text, json;

	buf_init(&text, 65536);
	buf_init(&json, 65536);
	row_put(&text, span_str(name), pad);
	buf_printf(&json, "{\"name\":\"%s\"}", name);
	return (rows_add(r, &text, &json));
}

/* Pages are bounded, complete and in order, whatever the size of a row. */
static void
pages(void **state)
{
	struct rows	*r = rows_new("things", "NAME", 0);
	struct buf	 text, json;
	uint32_t	 from = 0, next, n = 0;
	char		 name[32];
	int		 i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "row-%d", i);
		assert_true(add(r, name, i % 7 == 0 ? 3000 : 20));
	}
	buf_init(&text, 16384);
	buf_init(&json, 61440);
	do {
		next = rows_page(r, from, &text, &json);
		assert_true(buf_ok(&text) && buf_ok(&json));
		assert_int_equal(strncmp(buf_cstr(&text), "NAME\n", 5) == 0,
		    from == 0);
		snprintf(name, sizeof(name), "{\"name\":\"row-%u\"}", from);
		assert_int_equal(strncmp(buf_cstr(&json), name,
		    strlen(name)), 0);
		buf_reset(&text);
		buf_reset(&json);
		assert_true(next == 0 || next > from);
		from = next;
		n++;
	} while (next != 0);
	assert_in_range(n, 50, 3000);
	assert_int_equal(rows_page(r, 3000, &text, &json), 0);
	assert_int_equal(rows_page(r, UINT32_MAX, &text, &json), 0);
	assert_int_equal(text.len, 0);
	buf_clear(&text);
	buf_clear(&json);
	rows_unref(r);
}

/* A name may neither fake a line nor drive a terminal; lists have a limit. */
static void
rows_are_bounded(void **state)
{
	struct rows	*r = rows_new("things", "NAME", 100);
	struct buf	 b;

	(void)state;
	buf_init(&b, 256);
	row_put(&b, span_str("a\nb\033[2J\x7f"), 0);
	assert_buf(&b, "a?b?[2J?");
	row_put(&b, span_str(""), 4);
	assert_buf(&b, "-    ");
	assert_true(add(r, "one", 20));
	assert_false(add(r, "two", 80));	/* over the hundred */
	assert_true(add(r, "three", 20));
	assert_int_equal(r->n, 2);
	rows_unref(r);
	r = rows_new("things", "NAME", 0);
	assert_false(add(r, "wide", 9000));	/* no page could hold two */
	rows_unref(r);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(whole_words_and_prefixes),
		cmocka_unit_test(ambiguous_and_unknown),
		cmocka_unit_test(whole_word_wins),
		cmocka_unit_test(who_may),
		cmocka_unit_test(pages),
		cmocka_unit_test(rows_are_bounded),
	};
	int			 i;

	for (i = 0; i < COMMAND_MAX; i++)
		entries[i] = command_table[i].words;
	return (RUN(tests));
}
