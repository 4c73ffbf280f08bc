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

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"
#include "log.h"

/* Records as dex writes them, one line each, whatever is in the values. */

static char	 out[65536];
static int	 saved = -1, file = -1;

static void
capture(void)
{
	char	 name[] = "/tmp/dexd-log-XXXXXX";

	fflush(stderr);
	saved = dup(STDERR_FILENO);
	file = mkstemp(name);
	assert_true(saved != -1 && file != -1);
	unlink(name);
	assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
}

/* What was written since capture(), as one string. */
static const char *
captured(void)
{
	ssize_t	 n;

	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	n = pread(file, out, sizeof(out) - 1, 0);
	close(file);
	assert_true(n >= 0);
	out[n] = '\0';
	return (out);
}

static void
text(void **state)
{
	const char	*line;

	(void)state;
	log_setup(LOG_LVL_INFO, LOG_FMT_TEXT);
	capture();
	log_info("login successful", "plain", "a@b.c", "empty", "", "null",
	    NULL, "odd", "x=\"y\" \\ z\n\x1b\x7f", "c1",
	    "\xc2\x9b" "2J\xc2\xa0", "bad", "\xff\xc3");
	log_debug("not shown");
	line = captured();
	assert_memory_equal(line, "time=20", 7);
	assert_non_null(strstr(line, "Z level=INFO msg=\"login successful\" "
	    "room=test plain=a@b.c empty=\"\" null=\"\" "
	    "odd=\"x=\\\"y\\\" \\\\ z\\u000a\\u001b\\u007f\" "
	    "c1=\"\\u009b2J\xc2\xa0\" bad=\"\\u00ff\\u00c3\"\n"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void
json(void **state)
{
	json_t	*o;

	(void)state;
	log_setup(LOG_LVL_DEBUG, LOG_FMT_JSON);
	capture();
	log_debug("quote\"d", "k", "a\nb\\\"\x01", "u", "\xc3\xa4");
	o = json_loads(captured(), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "level")),
	    "DEBUG");
	assert_string_equal(json_string_value(json_object_get(o, "msg")),
	    "quote\"d");
	assert_string_equal(json_string_value(json_object_get(o, "k")),
	    "a\nb\\\"\x01");
	assert_string_equal(json_string_value(json_object_get(o, "u")),
	    "\xc3\xa4");
	json_decref(o);
}

/* dex: excludeFields drops attributes, never time, level and msg. */
static void
exclusion(void **state)
{
	const char	*line;

	(void)state;
	log_setup(LOG_LVL_INFO, LOG_FMT_TEXT);
	log_exclude(span_str("email"));
	log_exclude(span_str("msg"));
	log_exclude(span_str("room"));
	capture();
	log_info("m", "email", "a@b.c", "emails", "kept", "k", "v");
	line = captured();
	assert_non_null(strstr(line, " level=INFO msg=m emails=kept k=v\n"));
	log_exclude_none();
	capture();
	log_info("m", "email", "a@b.c");
	assert_non_null(strstr(captured(), "room=test email=a@b.c\n"));
}

/* What is too long is left out; the rest is one whole record. */
static void
too_long(void **state)
{
	char		 value[4000];
	const char	*line;
	json_t		*o;

	(void)state;
	memset(value, '\n', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	log_setup(LOG_LVL_INFO, LOG_FMT_TEXT);
	capture();
	log_info("m", "a", value, "b", value, "c", value);
	line = captured();
	assert_true(strlen(line) <= 8192);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	log_setup(LOG_LVL_INFO, LOG_FMT_JSON);
	capture();
	log_info("m", "a", value, "b", value, "client_remote_addr", "::1");
	o = json_loads(captured(), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	assert_non_null(json_object_get(o, "a"));
	assert_string_equal(json_string_value(json_object_get(o,
	    "client_remote_addr")), "::1");
	json_decref(o);
	/* Cut between two characters, so that the others stay readable. */
	value[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof(value); i += 2)
		memcpy(value + i, "\xc3\xa4", 2);
	log_setup(LOG_LVL_INFO, LOG_FMT_TEXT);
	capture();
	log_info("m", "a", value);
	assert_non_null(strstr(captured(), "a=\"x\xc3\xa4\xc3\xa4"));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(text), cmocka_unit_test(json),
		cmocka_unit_test(exclusion), cmocka_unit_test(too_long),
	};

	log_init("test");
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
