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
/* link: regress/compromise/visit.c */
/* libs: jansson */

#include <sys/wait.h>

#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "count.h"
#include "regress/compromise/hostile.h"
#include "regress/compromise/visit.h"
#include "test.h"

/*
 * The telemetry room is real; broken are the engine, of which it asks its
 * health, and the rooms whose counts the parent passes on.  Each can lie about
 * itself alone, and none of them ends what is served of the others.
 */

#define SOURCES		300	/* more than it keeps */

static struct played		 telemetry = { .program = "telemetry",
				    .room = ROOM_TELEMETRY, .name = "" };
static const struct hostile	 engine = { &telemetry, ROOM_ENGINE, "",
				    NULL };
static bool			 honest, was_asked;
static uint32_t			 asked;		/* of the engine, unanswered */

/* What a broken room has counted; whoever is asked says it that often. */
static struct msg_pa_room_counted	 broken;
static struct buf			 broken_counts;
static unsigned				 nbroken;

/* ---- the rooms beside it ---- */

static void
say(uint32_t rid, bool healthy)
{
	struct msg_en_tm_health	 m = { .healthy = healthy, .at = 1000000,
		.took = 5, .failures = healthy ? 0 : 3 };

	assert_int_equal(peer_answer(telemetry.wire, rid, EN_TM_HEALTH, &m),
	    0);
}

static void
on_health(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	if (honest)
		say(m->rid, true);
	else
		asked = m->rid;
	was_asked = true;
}

static void
on_gather(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	hostile_pass_on(p, m->rid, &broken, nbroken);
}

static peer_handler * const	 handlers[MSG_MAX] = {
	[TM_EN_HEALTH] = on_health, [ROOM_PA_GATHER] = on_gather,
};

static int
setup(void **state)
{
	struct msg_pa_tm_listen	 l = { .address = span_str("x") };
	int			 fd = visit_listen();

	(void)state;
	honest = true;
	nbroken = 0;
	buf_init(&broken_counts, COUNT_BYTES_MAX);
	memset(&broken, 0, sizeof(broken));
	broken.room = ROOM_SIGNER;
	broken.program = span_str("signer");
	broken.instance = 3;
	room_begin(&telemetry, ROOM_ENGINE, handlers);
	assert_int_equal(peer_tell(telemetry.parent, PA_TM_LISTEN, &l, fd), 0);
	close(fd);
	room_go(&telemetry);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	room_end(&telemetry);
	buf_clear(&broken_counts);
	return (0);
}

/* ---- honest visitors ---- */

#define HEALTHZ	"GET /healthz HTTP/1.0\r\n\r\n"

/* What is shown, as JSON: the caller releases it. */
static json_t *
shown_health(void)
{
	const char	*body = strstr(visit_reply, "\r\n\r\n");
	json_t		*json;

	assert_non_null(body);
	json = json_loads(body, 0, NULL);
	assert_non_null(json);
	return (json);
}

static void
is_shown(unsigned status, const char *why)
{
	char	 line[32];
	json_t	*json;

	snprintf(line, sizeof(line), "HTTP/1.1 %u ", status);
	assert_int_equal(strncmp(visit_reply, line, strlen(line)), 0);
	json = shown_health();
	json_decref(json);
	if (why != NULL)
		assert_non_null(strstr(visit_reply, why));
}

static void
shows_counts(void)
{
	visit_get("/metrics");
	assert_int_equal(strncmp(visit_reply, "HTTP/1.1 200 ", 13), 0);
	assert_non_null(strstr(visit_reply, "\ndexd_store_flushes_total{"
	    "room=\"engine\",process=\"2\"} 41\n"));
}

/* What the engine's wire has no part in. */
static void
serves(void)
{
	assert_int_equal(waitpid(telemetry.pid, NULL, WNOHANG), 0);
	visit_get("/healthz/live");
	assert_int_equal(strncmp(visit_reply, "HTTP/1.1 200 ", 13), 0);
	shows_counts();
}

/* The engine's wire has ended: that is not well, whatever it said before. */
static void
serves_without_engine(void)
{
	serves();
	visit_get("/healthz");
	is_shown(503, "the engine does not answer");
}

/* The parent gives it an engine that keeps the rules. */
static void
serves_with_engine(void)
{
	honest = true;
	telemetry.wire = room_wire(&telemetry, ROOM_ENGINE, handlers);
	rooms_settle();
	visit_get("/healthz");
	is_shown(200, NULL);
	serves();
}

/* ---- the engine ---- */

/* "A breach closes that peer", and nothing said on it counts. */
static void
engine_breaches_close_its_wire(void **state)
{
	(void)state;
	visit_get("/healthz");
	is_shown(200, NULL);
	hostile_breaches(&engine);
	rooms_settle();		/* our own wire was replaced */
	serves_without_engine();
	serves_with_engine();
}

static void
engine_cannot_crash_it(void **state)
{
	(void)state;
	hostile_pelt(&engine);
	rooms_settle();
	serves_without_engine();
	serves_with_engine();
}

/* A health of yesterday is none of today. */
static void
engine_cannot_answer_again(void **state)
{
	(void)state;
	honest = was_asked = false;
	visit_begin(HEALTHZ);
	assert_true(rooms_wait(&was_asked));
	say(asked, true);
	say(asked, true);
	visit_end();
	is_shown(200, NULL);
	assert_true(rooms_wait(&telemetry.wire_gone));
	serves_without_engine();
	serves_with_engine();
}

/* Nor one of tomorrow. */
static void
engine_cannot_answer_what_was_not_asked(void **state)
{
	(void)state;
	honest = was_asked = false;
	visit_begin(HEALTHZ);
	assert_true(rooms_wait(&was_asked));
	say(asked + 1, true);
	visit_end();
	is_shown(503, "the engine does not answer");
	assert_true(rooms_wait(&telemetry.wire_gone));
	serves_without_engine();
	serves_with_engine();
}

/* The question is the one it asked, the answer breaks the bounds of a field. */
static void
engine_cannot_say_what_has_no_form(void **state)
{
	struct msg_en_tm_health	 m = { .healthy = true };
	unsigned		 how;
	int			 fd;

	(void)state;
	for (how = FIRST_BYTE_TOO_LARGE; how <= BYTE_TOO_MANY; how++) {
		fd = hostile_wire(&engine);
		rooms_settle();
		visit_begin(HEALTHZ);
		hostile_malformed(fd, EN_TM_HEALTH, &m, how);
		visit_end();
		is_shown(503, "the engine does not answer");
		assert_true(hostile_closed(fd));
		close(fd);
	}
	serves_without_engine();
	serves_with_engine();
}

/* Nobody waits for it longer than a moment, and counts do not wait at all. */
static void
engine_says_nothing(void **state)
{
	int	 i;

	(void)state;
	honest = was_asked = false;
	visit_begin(HEALTHZ);
	assert_true(rooms_wait(&was_asked));
	visit_end();
	assert_int_equal(strncmp(visit_reply, "HTTP/1.1 503 ", 13), 0);
	/* Who comes next waits for that same question: one at a time. */
	was_asked = false;
	for (i = 0; i < 3; i++)
		serves();
	visit_begin(HEALTHZ);
	rooms_settle();
	say(asked, false);
	visit_end();
	is_shown(503, "the store did not take a write");
	assert_false(was_asked);
	assert_false(telemetry.wire_gone);
	honest = true;
	visit_get("/healthz");
	is_shown(200, NULL);
}

/* It can say that it is well or not, with any numbers, and no more. */
static void
engine_lies_about_its_health_alone(void **state)
{
	static const struct msg_en_tm_health	 lies[] = {
		{ .healthy = true, .at = UINT64_MAX, .took = UINT64_MAX,
		  .failures = UINT32_MAX, .failing_since = UINT64_MAX },
		{ .healthy = true }, { .healthy = false },
		{ .healthy = false, .at = 1, .failures = UINT32_MAX,
		  .failing_since = INT64_MAX },
	};
	size_t					 i;

	(void)state;
	for (i = 0; i < NITEMS(lies); i++) {
		honest = was_asked = false;
		visit_begin(HEALTHZ);
		assert_true(rooms_wait(&was_asked));
		assert_int_equal(peer_answer(telemetry.wire, asked,
		    EN_TM_HEALTH, &lies[i]), 0);
		visit_end();
		is_shown(lies[i].healthy ? 200 : 503, lies[i].healthy ? NULL :
		    "the store did not take a write");
		serves();
	}
}

/* Frames as long as they may be, never ended, never asked for: no memory. */
static void
engine_cannot_fill_it(void **state)
{
	uint8_t		 bytes[64] = { 0, 0, 0, 64 };
	unsigned long	 before;
	int		 i, fd;

	(void)state;
	serves();
	before = hostile_memory(&telemetry);
	for (i = 0; i < 500; i++) {
		/* The one before is replaced and has to be forgotten. */
		fd = hostile_wire(&engine);
		assert_int_equal(write(fd, bytes, sizeof(bytes)),
		    sizeof(bytes));
		close(fd);
	}
	serves();
#ifndef DEXD_SANITIZE
	assert_in_range(hostile_memory(&telemetry), 1, before + 1024);
#endif
	(void)before;
}

/* ---- counts of a broken room ---- */

static void
put_signatures(const char *result)
{
	buf_put_u16(&broken_counts, COUNT_SIGNATURES);
	buf_put_lspan(&broken_counts, span_str(result));
	buf_put_u64(&broken_counts, 77);
}

/* Its own, under its name; a label ends neither its quotes nor its line. */
static void
counts_lie_about_their_room_alone(void **state)
{
	(void)state;
	put_signatures("ok\"} 1\ndexd_logins_total{room=\"engine\"} 5\n");
	broken.counts = buf_span(&broken_counts);
	nbroken = 1;
	serves();
	assert_non_null(strstr(visit_reply, "\ndexd_signatures_total{result="
	    "\"ok\\\"} 1\\ndexd_logins_total{room=\\\"engine\\\"} 5\\n\","
	    "room=\"signer\",process=\"3\"} 77\n"));
	assert_null(strstr(visit_reply, "\ndexd_logins_total"));
	/* What only the engine may count, and nothing beside it, either. */
	buf_reset(&broken_counts);
	put_signatures("ok");
	buf_put_u16(&broken_counts, COUNT_FLUSHES);
	buf_put_u64(&broken_counts, 0);
	broken.counts = buf_span(&broken_counts);
	serves();
	assert_null(strstr(visit_reply, "room=\"signer\""));
}

/* Bytes that are no counts, and each cut short: left out, the others shown. */
static void
counts_without_form_are_left_out(void **state)
{
	size_t	 len;

	(void)state;
	put_signatures("ok");
	nbroken = 1;
	for (len = 1; len < broken_counts.len; len += 3) {
		broken.counts = span_mem(broken_counts.p, len);
		shows_counts();
		assert_null(strstr(visit_reply, "room=\"signer\""));
	}
	broken_counts.p[0] = 0xff;	/* there is no such count */
	broken.counts = buf_span(&broken_counts);
	shows_counts();
	assert_null(strstr(visit_reply, "room=\"signer\""));
}

/* As many and as long as they may be: answered or not, and then gone. */
static void
counts_take_bounded_memory(void **state)
{
	char		 label[COUNT_LABEL_MAX + 1];
	unsigned long	 before;
	int		 i;

	(void)state;
	memset(label, '\n', COUNT_LABEL_MAX);	/* each is shown as two */
	label[COUNT_LABEL_MAX] = '\0';
	while (broken_counts.len < COUNT_BYTES_MAX - 2 * COUNT_LABEL_MAX)
		put_signatures(label);
	broken.counts = buf_span(&broken_counts);
	serves();
	before = hostile_memory(&telemetry);
	nbroken = SOURCES;
	for (i = 0; i < 2; i++) {
		visit_get("/metrics");
		assert_int_equal(strncmp(visit_reply, "HTTP/1.1 503 ", 13), 0);
	}
	nbroken = 0;
	serves();
#ifndef DEXD_SANITIZE
	/* 256 of them and one answer, once; not once for each visitor. */
	assert_in_range(hostile_memory(&telemetry), 1, before + 40 * 1024);
#endif
	(void)before;
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(engine_breaches_close_its_wire), T(engine_cannot_crash_it),
		T(engine_cannot_answer_again),
		T(engine_cannot_answer_what_was_not_asked),
		T(engine_cannot_say_what_has_no_form),
		T(engine_says_nothing), T(engine_lies_about_its_health_alone),
		T(engine_cannot_fill_it),
		T(counts_lie_about_their_room_alone),
		T(counts_without_form_are_left_out),
		T(counts_take_bounded_memory),
	};

	rooms_init();
	return (RUN(tests));
}
