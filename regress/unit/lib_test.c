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

/* libs: jansson */

#include <sodium.h>

#include "test.h"
#include "b64.h"
#include "json.h"
#include "randid.h"

/* Small pieces that everything stands on. */

/* RFC 3629: exactly the well-formed sequences. */
static void
utf8(void **state)
{
	static const char * const	 good[] = { "", "a", "\xc2\x80",
		"\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	static const char * const	 bad[] = { "\x80", "\xc0\x80",
		"\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xe2\x82", "\xff" };
	size_t				 i;

	(void)state;
	for (i = 0; i < NITEMS(good); i++)
		assert_true(span_is_utf8(span_str(good[i])));
	for (i = 0; i < NITEMS(bad); i++)
		assert_false(span_is_utf8(span_str(bad[i])));
}

static void
prefixes_and_order(void **state)
{
	struct span	 rest = span_str("x");
	struct span	 a = span_str("a"), ab = span_str("ab"),
			 b = span_str("b"), none = span_str(NULL);

	(void)state;
	assert_true(span_after(span_str("audience:me"), "audience:", &rest) &&
	    span_is(rest, "me"));
	assert_false(span_after(span_str("audience:"), "audience:", &rest));
	assert_false(span_after(span_str("Audience:me"), "audience:", &rest));
	assert_false(span_after(none, "audience:", &rest));
	assert_true(span_is(rest, "me"));
	assert_true(span_cmp(&a, &ab) < 0 && span_cmp(&ab, &a) > 0);
	assert_true(span_cmp(&ab, &b) < 0 && span_cmp(&b, &ab) > 0);
	assert_true(span_cmp(&none, &a) < 0 && span_cmp(&none, &none) == 0);
}

static void
words(void **state)
{
	struct span	 rest = span_str("  openid\t email\nx "), w;

	(void)state;
	assert_true(span_word(&rest, &w) && span_is(w, "openid"));
	assert_true(span_word(&rest, &w) && span_is(w, "email"));
	assert_true(span_word(&rest, &w) && span_is(w, "x"));
	assert_false(span_word(&rest, &w));
}

/* A buffer never passes its ceiling, and its failure sticks. */
static void
ceiling(void **state)
{
	struct buf	 b;
	int		 formatted = -1;

	(void)state;
	buf_init(&b, 8);
	buf_put_str(&b, "12345678");
	assert_true(buf_ok(&b));
	buf_put_c(&b, '9');
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, 8);
	buf_drain(&b, 4);
	buf_put_c(&b, '9');
	assert_false(buf_ok(&b));
	assert_null(buf_cstr(&b));
	buf_reset(&b);
	buf_printf(&b, "%s", "123456789");
	assert_false(buf_ok(&b));
	/* What cannot be added is not formatted: %n would say so. */
	buf_printf(&b, "%s%n", "1", &formatted);
	assert_int_equal(formatted, -1);
	buf_clear(&b);
}

static void
cursor(void **state)
{
	struct buf	 b;
	struct cur	 c;

	(void)state;
	buf_init(&b, 64);
	buf_put_u8(&b, 1);
	buf_put_u16(&b, 0x203);
	buf_put_u64(&b, UINT64_C(0x0405060708090a0b));
	buf_put_lspan(&b, span_str("hi"));
	cur_init(&c, buf_span(&b));
	assert_int_equal(cur_u8(&c), 1);
	assert_int_equal(cur_u16(&c), 0x203);
	assert_true(cur_u64(&c) == UINT64_C(0x0405060708090a0b));
	assert_true(span_is(cur_lspan(&c, 2), "hi"));
	assert_true(cur_done(&c));
	cur_u8(&c);
	assert_false(cur_done(&c));
	cur_init(&c, span_mem("\0\0\0\3hi!", 7));
	assert_int_equal(cur_lspan(&c, 2).len, 0);	/* over its maximum */
	assert_false(cur_done(&c));
	buf_clear(&b);
}

/* RFC 4648 section 5: these 64 characters and no others, so one spelling. */
static void
base64(void **state)
{
	static const char	 alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t			 text[4] = "AAAA";
	struct buf		 b;
	int			 c, i;

	(void)state;
	buf_init(&b, 64);
	for (i = 0; i < 4; i++)
		for (c = 0; c < 256; c++) {
			memset(text, 'A', sizeof(text));
			text[i] = (uint8_t)c;
			assert_int_equal(b64url_get(&b, span_mem(text, 4)),
			    c != 0 && strchr(alphabet, c) != NULL ? 0 : -1);
			buf_reset(&b);
		}
	assert_int_equal(b64url_get(&b, span_str("AB")), -1);	/* odd bits */
	assert_int_equal(b64url_get(&b, span_str("AA==")), -1);
	buf_clear(&b);
}

/* dex: identifiers of section 6.7, one letter and base32. */
static void
identifiers(void **state)
{
	char	 id[RANDID_LEN + 1], again[RANDID_LEN + 1];
	char	 key[RANDID_KEY_LEN + 1], uuid[RANDID_UUID_LEN + 1];
	int	 i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		randid_make(id);
		assert_int_equal(strlen(id), 25);
		assert_true(id[0] >= 'a' && id[0] <= 'z');
		assert_int_equal(strspn(id,
		    "abcdefghijklmnopqrstuvwxyz234567"), 25);
		randid_make(again);
		assert_string_not_equal(id, again);
		randid_make_key(key);
		assert_int_equal(strlen(key), 51);
		randid_uuid(uuid);
		assert_int_equal(strlen(uuid), 36);
		assert_int_equal(uuid[14], '4');
		assert_non_null(strchr("89ab", uuid[19]));
	}
}

/* The bytes of Go's encoding/json, which clients of dex have seen. */
static void
go_strings(void **state)
{
	struct buf	 b;

	(void)state;
	buf_init(&b, 256);
	json_put_string(&b, span_str("<a&b>\"\\\n\x01é\xe2\x80\xa8"));
	assert_buf(&b, "\"\\u003ca\\u0026b\\u003e\\\"\\\\\\n\\u0001é\\u2028\"");
	json_put_string(&b, span_str("x\xffy\xe2\x82"));
	assert_buf(&b, "\"x\\ufffdy\\ufffd\\ufffd\"");
	buf_clear(&b);
}

/* RFC 8259, strictly: what two parsers could read in two ways is refused. */
static void
strict_json(void **state)
{
	static const char * const	 bad[] = { "", "{", "{\"a\":1,\"a\":2}",
		"[1,]", "{} x", "\"\\u0000\"", "nul", "[01]" };
	char				 deep[2 * JSON_DEPTH_MAX + 3];
	json_t				*j;
	size_t				 i;

	(void)state;
	for (i = 0; i < NITEMS(bad); i++)
		assert_null(json_read(span_str(bad[i]), 1024));
	j = json_read(span_str("{\"a\":[1,\"]\\\"\"]}"), 1024);
	assert_non_null(j);
	json_decref(j);
	memset(deep, '[', JSON_DEPTH_MAX);
	memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	j = json_read(span_mem(deep, 2 * JSON_DEPTH_MAX), 1024);
	assert_non_null(j);
	json_decref(j);
	memset(deep, '[', JSON_DEPTH_MAX + 1);
	memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_null(json_read(span_mem(deep, 2 * JSON_DEPTH_MAX + 2), 1024));
	assert_null(json_read(span_str("[1]"), 2));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(utf8), cmocka_unit_test(prefixes_and_order),
		cmocka_unit_test(words),
		cmocka_unit_test(ceiling), cmocka_unit_test(cursor),
		cmocka_unit_test(base64),
		cmocka_unit_test(identifiers), cmocka_unit_test(go_strings),
		cmocka_unit_test(strict_json),
	};

	return (sodium_init() == -1 ? 1 : RUN(tests));
}
