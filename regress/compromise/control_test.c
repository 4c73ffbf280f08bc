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
/* libs: jansson */

#include <sys/wait.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "count.h"
#include "regress/compromise/control_played.h"
#include "regress/compromise/hostile.h"
#include "test.h"

/*
 * The control room is real, rooms beside it are broken: the engine, and one
 * whose counts the parent passes on.  Whatever they say, the lists are those of
 * the configuration, the parent is asked what was commanded and nothing else,
 * and an answer goes to the one who asked.
 */

static const struct hostile	 engine = { &control, ROOM_ENGINE, "", NULL };

/* ---- the engine ---- */

/* "A breach closes that peer", and nothing said on it counts. */
static void
engine_breaches_close_its_wire(void **state)
{
	(void)state;
	control_serves();
	hostile_breaches(&engine);
	rooms_settle();		/* our own wire was replaced */
	control_serves_alone();
	control_serves_with_engine();
}

static void
engine_cannot_crash_it(void **state)
{
	(void)state;
	hostile_pelt(&engine);
	rooms_settle();
	control_serves_alone();
	control_serves_with_engine();
}

/* The first answer counts, the same again is an answer to nothing. */
static void
engine_cannot_answer_again(void **state)
{
	(void)state;
	engine_is_honest = false;
	caller_begins(&one, COMMAND_SHOW_KEYS);
	engine_wait_asked(1);
	engine_says(engine_asked[0], "the first");
	engine_says(engine_asked[0], "the second");
	assert_true(rooms_wait(&one.answered));
	assert_string_equal(buf_cstr(&one.text), "the first");
	assert_true(rooms_wait(&control.wire_gone));
	control_serves_alone();
	control_serves_with_engine();
}

/* By an id that nobody has; who did ask is told that there is no answer. */
static void
engine_cannot_answer_what_was_not_asked(void **state)
{
	(void)state;
	engine_is_honest = false;
	caller_begins(&one, COMMAND_SHOW_KEYS);
	engine_wait_asked(1);
	engine_says(engine_asked[0] + 1, "a lie");
	assert_true(rooms_wait(&one.answered));
	assert_int_equal(one.status, RESULT_FAILED);
	assert_string_equal(buf_cstr(&one.text), "no answer");
	assert_true(rooms_wait(&control.wire_gone));
	control_serves_alone();
}

/* The question is the one it asked, the answer breaks the bounds of a field. */
static void
engine_cannot_say_what_has_no_form(void **state)
{
	struct msg_en_ct_result	 m = { .status = RESULT_OK,
		.text = span_str("a lie"), .json = span_str("{}") };
	unsigned		 how;
	int			 fd;

	(void)state;
	for (how = FIRST_BYTE_TOO_LARGE; how <= TEXT_NOT_UTF8; how++) {
		fd = hostile_wire(&engine);
		rooms_settle();
		caller_begins(&one, COMMAND_SHOW_KEYS);
		rooms_settle();
		hostile_malformed(fd, EN_CT_RESULT, &m, how);
		assert_true(rooms_wait(&one.answered));
		assert_string_equal(buf_cstr(&one.text), "no answer");
		assert_true(hostile_closed(fd));
		close(fd);
	}
	control_serves_alone();
	control_serves_with_engine();
}

/* In whatever order: each gets what was said to its own question. */
static void
engine_answers_out_of_order(void **state)
{
	(void)state;
	engine_is_honest = false;
	caller_begins(&one, COMMAND_SHOW_KEYS);
	engine_wait_asked(1);
	caller_begins(&two, COMMAND_SHOW_KEYS);
	engine_wait_asked(2);
	engine_says(engine_asked[1], "to the second");
	assert_true(rooms_wait(&two.answered));
	assert_false(one.answered);
	engine_says(engine_asked[0], "to the first");
	assert_true(rooms_wait(&one.answered));
	assert_string_equal(buf_cstr(&one.text), "to the first");
	assert_string_equal(buf_cstr(&two.text), "to the second");
	assert_false(control.wire_gone);
}

/* An answer for somebody who has left goes to nobody who came after. */
static void
engine_answers_too_late(void **state)
{
	(void)state;
	engine_is_honest = false;
	caller_begins(&one, COMMAND_SHOW_KEYS);
	engine_wait_asked(1);
	caller_hang_up(&one);
	rooms_settle();
	caller_begins(&one, COMMAND_SHOW_KEYS);
	engine_wait_asked(2);
	engine_says(engine_asked[0], "of the past");
	rooms_settle();
	assert_false(one.answered);
	engine_says(engine_asked[1], "of now");
	assert_true(rooms_wait(&one.answered));
	assert_string_equal(buf_cstr(&one.text), "of now");
	assert_false(control.wire_gone);
}

/* "A cap on outstanding requests": then it is broken off, the others served. */
static void
engine_answers_nothing(void **state)
{
	unsigned	 i;

	(void)state;
	engine_is_honest = false;
	for (i = 0; i < 64; i++) {
		caller_begins(&one, COMMAND_SHOW_KEYS);
		engine_wait_asked(i + 1);
		caller_hang_up(&one);
	}
	rooms_settle();
	assert_false(control.wire_gone);
	assert_int_equal(caller_asks(&one, COMMAND_SHOW_KEYS), RESULT_BUSY);
	assert_true(rooms_wait(&control.wire_gone));
	control_serves_alone();
	control_serves_with_engine();
}

/* Frames as long as they may be, never ended, never asked for: no memory. */
static void
engine_cannot_fill_it(void **state)
{
	(void)state;
	control_serves();
	hostile_unended(&engine, 300);
	control_serves();
}

/* dexctl, the real program, whose output is then in `one`. */
static int
run_dexctl(bool json)
{
	char	 self[1024], program[1100], out[80], *slash;
	ssize_t	 n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	pid_t	 pid, ended;
	int	 status = -1, fd;

	assert_true(n > 0);
	self[n] = '\0';
	if ((slash = strrchr(self, '/')) != NULL)
		*slash = '\0';
	snprintf(program, sizeof(program), "%s/../sbin/dexctl", self);
	snprintf(out, sizeof(out), "%s/out", control_dir);
	fd = open(out, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd != -1);
	unlink(out);
	if ((pid = fork()) == 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execl(program, "dexctl", json ? "-js" : "-s", control_path,
		    "show", "keys", (char *)NULL);
		_exit(127);
	}
	while ((ended = waitpid(pid, &status, WNOHANG)) == 0)
		rooms_settle();
	assert_int_equal(ended, pid);
	buf_reset(&one.text);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, self, sizeof(self))) > 0)
		buf_put(&one.text, self, (size_t)n);
	close(fd);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void
on_lying_command(void *room, struct peer *p, struct msg *m)
{
	struct msg_en_ct_result	 lie = { .status = RESULT_OK,
		.text = span_str("mine\033[2J\r\x07\x7f\xc2\x9b" "1m\n"),
		.json = span_str("{\"keys\":[\"\xc2\x9b" "1m\"]}") };

	(void)room;
	peer_answer(p, m->rid, EN_CT_RESULT, &lie);
}

/* "printed with escapes": of keys it says what it likes, no terminal obeys. */
static void
engine_lies_about_keys_alone(void **state)
{
	static peer_handler	*lying[MSG_MAX];
	json_t			*json;

	(void)state;
	control_parent_handlers(lying);
	lying[CT_EN_COMMAND] = on_lying_command;
	control.wire = room_wire(&control, ROOM_ENGINE, lying);
	rooms_settle();
	control.wire_gone = false;
	assert_int_equal(run_dexctl(false), 0);
	assert_string_equal(buf_cstr(&one.text), "mine?[2J????1m\n");
	assert_int_equal(run_dexctl(true), 0);
	json = json_loads(buf_cstr(&one.text), 0, NULL);
	assert_non_null(json);
	json_decref(json);
	assert_null(strstr(buf_cstr(&one.text), "\xc2\x9b"));
	control_serves();
}

/* ---- counts of a broken room ---- */

/* What is shown of a room that has counted these bytes, beside the engine's. */
static void
show_stats(const struct buf *counts)
{
	json_t		*json;
	struct buf	 b;

	control_told = (struct msg_pa_room_counted){ .room = ROOM_SIGNER,
		.program = span_str("signer"), .instance = 3,
		.counts = buf_span(counts) };
	assert_int_equal(caller_asks(&one, COMMAND_SHOW_STATS), RESULT_OK);
	assert_non_null(strstr(buf_cstr(&one.text), "\nengine       -       "
	    "      2 dexd_store_flushes_total 41\n"));
	buf_init(&b, 65536);
	buf_printf(&b, "[%s]", buf_cstr(&one.json));
	json = json_loads(buf_cstr(&b), 0, NULL);
	assert_non_null(json);
	json_decref(json);
	buf_clear(&b);
}

/* Under its name, in one line; what is not its to say is not shown. */
static void
counts_lie_about_their_room_alone(void **state)
{
	static const uint64_t	 numbers[] = { 77, UINT64_MAX };
	struct buf		 b;
	size_t			 i, len;

	(void)state;
	buf_init(&b, 1024);
	for (i = 0; i < NITEMS(numbers); i++) {
		buf_reset(&b);
		buf_put_u16(&b, COUNT_SIGNATURES);
		buf_put_lspan(&b, span_str("ok\"}\nengine \033[2J"));
		buf_put_u64(&b, numbers[i]);
		show_stats(&b);
		assert_true((strstr(buf_cstr(&one.text), "\nsigner       -    "
		    "         3 dexd_signatures_total{result=ok\"}?engine ?[2J}"
		    " 77\n") != NULL) == (numbers[i] == 77));
	}
	buf_reset(&b);
	buf_put_u16(&b, COUNT_FLUSHES);		/* the engine's alone */
	buf_put_u64(&b, 0);
	for (len = b.len; len > 0; len = --b.len) {
		show_stats(&b);
		assert_null(strstr(buf_cstr(&one.text), "\nsigner"));
	}
	buf_clear(&b);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, control_setup,		\
		    control_teardown)
	const struct CMUnitTest	 tests[] = {
		T(engine_breaches_close_its_wire),
		T(engine_cannot_crash_it),
		T(engine_cannot_answer_again),
		T(engine_cannot_answer_what_was_not_asked),
		T(engine_cannot_say_what_has_no_form),
		T(engine_answers_out_of_order),
		T(engine_answers_too_late),
		T(engine_answers_nothing),
		T(engine_cannot_fill_it),
		T(engine_lies_about_keys_alone),
		T(counts_lie_about_their_room_alone),
	};

	rooms_init();
	return (RUN(tests));
}
