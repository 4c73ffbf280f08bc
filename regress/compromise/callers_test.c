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

/* link: regress/compromise/rooms.c regress/compromise/hostile.c */
/* link: regress/compromise/control_played.c */

#include <errno.h>
#include <unistd.h>

#include "regress/compromise/control_played.h"
#include "regress/compromise/hostile.h"
#include "test.h"

/*
 * The control room is real and who calls at the admin socket is not dexctl:
 * that connection is lost at most, and others are served.
 */

static const struct hostile	 caller = { &control, ROOM_DEXCTL, "",
				    control_dial };

/* "Allowed by the credentials": no form of it, from anybody. */
static void
caller_breaches_close_its_connection(void **state)
{
	(void)state;
	hostile_breaches(&caller);
	control_serves_with_engine();
}

static void
caller_cannot_crash_it(void **state)
{
	(void)state;
	hostile_pelt(&caller);
	control_serves_with_engine();
}

static void
put_command(struct buf *b, uint32_t version, unsigned what, uint32_t from,
    uint32_t rid)
{
	struct msg_cl_ct_command	 m = { .version = version,
		.command = (uint8_t)what, .from = from };
	struct buf			 fields;

	buf_init(&fields, 64);
	assert_int_equal(msg_encode(CL_CT_COMMAND, &m, &fields), 0);
	hostile_frame(b, CL_CT_COMMAND, 0, rid, buf_span(&fields));
	buf_clear(&fields);
}

/* Who does not wait for the answer is broken off: one thing at a time. */
static void
caller_cannot_ask_twice_at_once(void **state)
{
	struct buf	 b;

	(void)state;
	engine_is_honest = false;
	buf_init(&b, 1024);
	put_command(&b, CONTROL_VERSION, COMMAND_SHOW_KEYS, 0, 1);
	put_command(&b, CONTROL_VERSION, COMMAND_SHOW_KEYS, 0, 2);
	hostile_refused(&caller, &b, "two commands at once");
	buf_clear(&b);
	/* The engine's answer is then for nobody. */
	engine_wait_asked(1);
	engine_says(engine_asked[0], "late");
	rooms_settle();
	assert_false(control.wire_gone);
	control_serves_with_engine();
}

/* Asks for page after page and takes none of them. */
static void
caller_cannot_fill_it(void **state)
{
	unsigned long	 before;
	struct buf	 b;
	unsigned	 full = 0;
	uint32_t	 rid;
	int		 fd;

	(void)state;
	buf_init(&b, 1 << 20);
	for (rid = 1; rid <= 64; rid++)
		put_command(&b, CONTROL_VERSION, COMMAND_SHOW_CLIENTS, 0, rid);
	control_serves();
	before = hostile_memory(&control);
	fd = hostile_wire(&caller);
	/* Until the kernel takes no more: it has stopped reading. */
	for (rid = 0; rid < 5000 && full < 20; rid++)
		if (write(fd, b.p, b.len) == -1) {
			assert_int_equal(errno, EAGAIN);
			full++;
			rooms_settle();
		}
	assert_true(full > 0);
	control_serves();
#ifndef DEXD_SANITIZE
	assert_in_range(hostile_memory(&control), 1, before + 4096);
#endif
	(void)before;
	close(fd);
	control_serves_with_engine();
	buf_clear(&b);
}

/* Rows there are not, and words of another version. */
static void
caller_gets_no_row_there_is_not(void **state)
{
	static const uint32_t	 rows[] = { CONTROL_CLIENTS - 1,
		CONTROL_CLIENTS, CONTROL_CLIENTS + 1, 0x7fffffff, 0xffffffff };
	struct msg_cl_ct_command m = { .version = CONTROL_VERSION,
				    .command = COMMAND_SHOW_CLIENTS };
	size_t			 i;

	(void)state;
	control_serves();
	assert_int_equal(caller_asks(&one, COMMAND_SHOW_CLIENTS), RESULT_OK);
	assert_true(one.next != 0);
	for (i = 0; i < NITEMS(rows); i++) {
		m.from = rows[i];
		assert_int_equal(caller_asks_for(&one, &m), RESULT_OK);
		assert_int_equal(one.next, 0);
		assert_true((one.json.len != 0) == (rows[i] <
		    CONTROL_CLIENTS));
	}
	m.version++;
	assert_int_equal(caller_asks_for(&one, &m), RESULT_FAILED);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, control_setup,		\
		    control_teardown)
	const struct CMUnitTest	 tests[] = {
		T(caller_breaches_close_its_connection),
		T(caller_cannot_crash_it),
		T(caller_cannot_ask_twice_at_once),
		T(caller_cannot_fill_it),
		T(caller_gets_no_row_there_is_not),
	};

	rooms_init();
	return (RUN(tests));
}
