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

/* link: store/write_set.c store/timetext.c */
/* libs: jansson */

#include "regress/fuzz/fuzz.h"

#include <stdlib.h>

#include "json.h"
#include "store/write_set.h"

/* What was read, written again by jansson, reads as the same value. */
static void
check_value(struct span s)
{
	json_t	*one, *two;
	char	*text;

	if ((one = json_read(s, 1 << 20)) == NULL)
		return;
	text = json_dumps(one, JSON_COMPACT | JSON_ENCODE_ANY);
	RULE(text != NULL);
	two = json_read(span_str(text), 1 << 20);
	/* A number such as 1e23 may be written with other digits. */
	RULE(two != NULL && json_typeof(one) == json_typeof(two));
	free(text);
	json_decref(one);
	json_decref(two);
}

/* Any bytes become a string of JSON; those of UTF-8 come back as they were. */
static void
check_string(struct span s)
{
	struct buf	 b;
	json_t		*v;

	buf_init(&b, 1 << 20);
	buf_put_c(&b, '[');
	json_put_string(&b, s);
	buf_put_c(&b, ']');
	v = json_read(buf_span(&b), 1 << 20);
	if (memchr(span_ptr(s), '\0', s.len) == NULL) {
		RULE(v != NULL && json_array_size(v) == 1);
		if (span_is_utf8(s))
			RULE(span_is(s, json_string_value(
			    json_array_get(v, 0))));
	}
	json_decref(v);
	buf_clear(&b);
}

/* A list of a hostile column, and what we write of it. */
static void
check_list(struct span s)
{
	struct list_buf	 one, two;
	struct buf	 b;

	list_buf_init(&one, 1 << 20);
	list_buf_init(&two, 1 << 20);
	buf_init(&b, 1 << 22);
	if (json_list_get(&one, s) == 0) {
		json_list_put(&b, msg_list_of(&one));
		RULE(json_list_get(&two, buf_span(&b)) == 0 &&
		    two.count == one.count &&
		    span_eq(buf_span(&one.b), buf_span(&two.b)));
	}
	buf_clear(&b);
	list_buf_clear(&one);
	list_buf_clear(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span	 s = span_mem(p, len);

	check_value(s);
	check_string(s);
	check_list(s);
	return (0);
}
