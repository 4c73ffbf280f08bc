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


#include <stdio.h>

#include "test.h"
#include "count.h"

/* Counting: what is counted comes out, and nothing from a request is kept. */

static struct buf	 encoded;

/* Takes a series off, in the name of the room whose it is. */
static int
take(struct cur *c, struct count_sample *s)
{
	unsigned	 id = c->len < 2 ? 0 : (unsigned)(c->p[0] << 8 | c->p[1]);

	return (count_decode(c, id >= COUNT_MAX || count_table[id].room ==
	    ROOM_MAX ? ROOM_ENGINE : count_table[id].room, s));
}

/* The values of that series in what this process would send; NULL: none. */
static const uint64_t *
find(enum count_id id, const char *one, const char *two)
{
	static struct count_sample	 s;
	struct cur			 c;
	int				 more;

	buf_reset(&encoded);
	count_encode(&encoded);
	cur_init(&c, buf_span(&encoded));
	while ((more = take(&c, &s)) == 1)
		if (s.id == id && span_is(s.labels[0], one) &&
		    span_is(s.labels[1], two))
			return (s.values);
	assert_int_equal(more, 0);
	return (NULL);
}

static int
group_setup(void **state)
{
	(void)state;
	buf_init(&encoded, COUNT_BYTES_MAX);
	return (0);
}

static int
group_teardown(void **state)
{
	(void)state;
	buf_clear(&encoded);
	return (0);
}

/* A table that the exposition can rely on. */
static void
table(void **state)
{
	unsigned	 i, j, n;

	(void)state;
	for (i = 0; i < COUNT_MAX; i++) {
		assert_true(count_table[i].name[0] != '\0');
		assert_true(count_table[i].help[0] != '\0');
		assert_true(count_nlabels(count_table[i].labels) <=
		    COUNT_LABELS);
		assert_true(count_nvalues(count_table[i].kind) <=
		    COUNT_VALUES);
		n = count_nlabels(count_table[i].labels);
		for (j = 0; j < n; j++)
			assert_true(count_label(count_table[i].labels, j).len
			    != 0);
		for (j = 0; j < i; j++)
			assert_string_not_equal(count_table[i].name,
			    count_table[j].name);
	}
	assert_int_equal(count_nlabels(""), 0);
	assert_int_equal(count_nlabels("a,bc,d"), 3);
	assert_true(span_is(count_label("a,bc,d", 1), "bc"));
	assert_true(span_is(count_label("a,bc,d", 2), "d"));
}

static void
adds_and_sets(void **state)
{
	(void)state;
	count_two(COUNT_LOGINS, "mock", "ok");
	count_two(COUNT_LOGINS, "mock", "ok");
	count_two(COUNT_LOGINS, "mock", "failed");
	count_two(COUNT_LOGINS, "mocks", "ok");
	count_set(count_get(COUNT_QUEUE, "engine", NULL, NULL), 7);
	count_set(count_get(COUNT_QUEUE, "engine", NULL, NULL), 3);
	assert_ptr_equal(count_get(COUNT_LOGINS, "mock", "ok", NULL),
	    count_get(COUNT_LOGINS, "mock", "ok", NULL));
	assert_int_equal(find(COUNT_LOGINS, "mock", "ok")[0], 2);
	assert_int_equal(find(COUNT_LOGINS, "mock", "failed")[0], 1);
	assert_int_equal(find(COUNT_LOGINS, "mocks", "ok")[0], 1);
	assert_int_equal(find(COUNT_QUEUE, "engine", "")[0], 3);
	assert_null(find(COUNT_LOGINS, "moc", "ok"));
}

/* dex's buckets: an observation on the bound belongs to its bucket. */
static void
histograms(void **state)
{
	const uint64_t	*v;

	(void)state;
	count_observe(count_get(COUNT_HTTP_SIZE, "200", "get", "/keys"), 200);
	count_observe(count_get(COUNT_HTTP_SIZE, "200", "get", "/keys"), 201);
	count_observe(count_get(COUNT_HTTP_SIZE, "200", "get", "/keys"),
	    100000);
	v = find(COUNT_HTTP_SIZE, "200", "get");
	assert_non_null(v);
	assert_int_equal(v[0], 1);
	assert_int_equal(v[1], 1);
	assert_int_equal(v[4], 1);
	assert_int_equal(v[5], 100401);
}

/* A room may not speak of what is another's to count. */
static void
rooms(void **state)
{
	struct count_sample	 s;
	struct cur		 c;
	int			 more;

	(void)state;
	count_two(COUNT_LOGINS, "mock", "ok");
	buf_reset(&encoded);
	count_encode(&encoded);
	cur_init(&c, buf_span(&encoded));
	while ((more = count_decode(&c, ROOM_SIGNER, &s)) == 1)
		;
	assert_int_equal(more, -1);
}

/* Bytes of a broken room: cut anywhere, with a NUL, of no known kind. */
static void
hostile(void **state)
{
	static const uint8_t	 unknown[] = { 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0,
				    1 };
	struct count_sample	 s;
	struct buf		 b;
	struct cur		 c;
	size_t			 n;

	(void)state;
	cur_init(&c, span_mem(unknown, sizeof(unknown)));
	assert_int_equal(count_decode(&c, ROOM_ENGINE, &s), -1);
	buf_init(&b, 1024);
	buf_put_u16(&b, COUNT_LOGINS);
	buf_put_lspan(&b, span_str("a"));
	buf_put_lspan(&b, span_mem("b\0c", 3));
	buf_put_u64(&b, 1);
	cur_init(&c, buf_span(&b));
	assert_int_equal(count_decode(&c, ROOM_ENGINE, &s), -1);
	buf_reset(&b);
	buf_put_u16(&b, COUNT_LOGINS);
	buf_put_lspan(&b, span_str("a"));
	buf_put_lspan(&b, span_str("b"));
	buf_put_u64(&b, 1);
	for (n = 1; n < b.len; n++) {
		cur_init(&c, span_mem(b.p, n));
		assert_int_equal(count_decode(&c, ROOM_ENGINE, &s), -1);
	}
	cur_init(&c, buf_span(&b));
	assert_int_equal(count_decode(&c, ROOM_ENGINE, &s), 1);
	assert_int_equal(count_decode(&c, ROOM_ENGINE, &s), 0);
	buf_clear(&b);
}

/* RFC 7493 section 2.2: one number must not cost a reader all the others. */
static void
numbers(void **state)
{
	static const uint64_t	 bad[] = { COUNT_VALUE_MAX + 1, INT64_MAX,
				    UINT64_MAX };
	struct count_sample	 s;
	struct buf		 b;
	struct cur		 c;
	size_t			 i;

	(void)state;
	buf_init(&b, 1024);
	buf_put_u16(&b, COUNT_CPU);
	buf_put_u64(&b, COUNT_VALUE_MAX);
	cur_init(&c, buf_span(&b));
	assert_int_equal(count_decode(&c, ROOM_ENGINE, &s), 1);
	assert_true(s.values[0] == 9007199254740991);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_reset(&b);
		buf_put_u16(&b, COUNT_CPU);
		buf_put_u64(&b, bad[i]);
		cur_init(&c, buf_span(&b));
		assert_int_equal(count_decode(&c, ROOM_ENGINE, &s), -1);
	}
	buf_clear(&b);
}

/* A value that is too long is cut between characters, and found again. */
static void
long_labels(void **state)
{
	char		 text[COUNT_LABEL_MAX + 10];
	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + COUNT_LABEL_MAX - 1, "\xc3\xa4", 2);
	text[sizeof(text) - 1] = '\0';
	count_one(COUNT_RESTARTS, text);
	text[COUNT_LABEL_MAX - 1] = '\0';
	assert_non_null(find(COUNT_RESTARTS, text, ""));
}

/* However many label values come, memory and message stay bounded. */
static void
bounded(void **state)
{
	char		 label[COUNT_LABEL_MAX];
	unsigned	 i;

	(void)state;
	memset(label, 'l', sizeof(label));
	for (i = 0; i < 3 * COUNT_SERIES; i++) {
		snprintf(label + 200, sizeof(label) - 200, "%u", i);
		count_two(COUNT_LOGINS, label, "ok");
	}
	buf_reset(&encoded);
	count_encode(&encoded);
	assert_true(buf_ok(&encoded));
	assert_true(encoded.len <= COUNT_BYTES_MAX);
	/* And it is told, though there is no room for that, either. */
	assert_non_null(find(COUNT_LOST, "", ""));
	assert_true(find(COUNT_LOST, "", "")[0] >= 2 * COUNT_SERIES);
	count_observe(count_get(COUNT_HTTP_SIZE, "299", "get", "/"), 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(table), cmocka_unit_test(adds_and_sets),
		cmocka_unit_test(histograms), cmocka_unit_test(rooms),
		cmocka_unit_test(hostile), cmocka_unit_test(numbers), cmocka_unit_test(long_labels),
		cmocka_unit_test(bounded),
	};

	return (cmocka_run_group_tests(tests, group_setup, group_teardown));
}
