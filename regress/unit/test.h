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

#ifndef DEXD_TEST_H
#define DEXD_TEST_H

/* What every cmocka program needs before and around cmocka.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "msg.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define RUN(tests)	cmocka_run_group_tests(tests, NULL, NULL)

/* The content of a buffer as a C string, cleared for the next use. */
#define assert_buf(b, want) do {					\
	assert_true(buf_ok(b));						\
	assert_string_equal(buf_cstr(b), want);				\
	buf_reset(b);							\
} while (0)

/* A list of C strings, closed by NULL; the list_buf is the caller's. */
static inline struct msg_list
list_of(struct list_buf *l, const char * const *items)
{
	list_buf_init(l, 1 << 20);
	while (*items != NULL)
		list_buf_add(l, span_str(*items++));
	return (msg_list_of(l));
}
#define LIST_OF(l, ...)	list_of(l, (const char * const[]){ __VA_ARGS__, NULL })

#endif /* DEXD_TEST_H */
