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
/* link: regress/compromise/real_engine.c */

#include <sys/wait.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "regress/compromise/hostile.h"
#include "regress/compromise/real_engine.h"
#include "test.h"

/*
 * The engine is real, its neighbours are broken one after the other: the test
 * is the frontend, the signer, the worker, control and telemetry.  Whatever a
 * neighbour says, it loses its wire at most, and an honest frontend beside it is
 * served (the table of threats in dexd(8)).
 */

static unsigned		 nlost;

/* The engine tells its parent whose wire it broke off. */
static void
on_lost(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	(void)m;
	nlost++;
}

static peer_handler * const	 handlers[MSG_MAX] = {
	[EN_PA_LOST] = on_lost,
};

static int
setup(void **state)
{
	(void)state;
	nlost = 0;
	engine_begin(handlers);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	engine_end();
	return (0);
}

/* An honest request. */
static void
serves(void)
{
	assert_int_equal(waitpid(engine.pid, NULL, WNOHANG), 0);
	assert_int_equal(REQUEST(ENDPOINT_AUTH_CONNECTOR, "pw",
	    "client_id", "app", "redirect_uri", "http://app/cb",
	    "response_type", "code", "scope", "openid", "state", "s"), 302);
	assert_int_equal(strncmp(buf_cstr(&location), "/dex/auth/pw/login",
	    18), 0);
}

/* ---- a wire of bytes, not of messages ---- */

/* What comes first; -1 if nothing does. */
static ssize_t
read_answer(int fd, char *bytes, size_t size)
{
	struct pollfd	 p = { .fd = fd, .events = POLLIN };

	return (poll(&p, 1, 20000) == 1 ? read(fd, bytes, size) : -1);
}

enum { FRONTEND, SIGNER, WORKER, CONTROL, TELEMETRY, NEIGHBOURS };
static const struct hostile	 neighbours[NEIGHBOURS] = {
	[FRONTEND] = { &engine, ROOM_FRONTEND, "", NULL },
	[SIGNER] = { &engine, ROOM_SIGNER, "", NULL },
	[WORKER] = { &engine, ROOM_AUTHN, "pw", NULL },
	[CONTROL] = { &engine, ROOM_CONTROL, "", NULL },
	[TELEMETRY] = { &engine, ROOM_TELEMETRY, "", NULL },
};

/* ---- the tests ---- */

/* Whatever it is that may not travel, one wire pays for it. */
static void
breaches_close_one_wire(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < NEIGHBOURS; i++) {
		hostile_breaches(&neighbours[i]);
		serves();
	}
}

/* An answer nobody asked for, and one of the wrong kind. */
static void
answers_to_nothing(void **state)
{
	struct msg_sg_en_signed		 signed_answer = { 0 };
	struct msg_au_en_identity	 identity = { .status = IDENTITY_OK,
		.user_id = span_str("root"), .auth_time = 1 };
	struct buf			 b, fields;

	(void)state;
	buf_init(&b, 65536);
	buf_init(&fields, 65536);
	assert_int_equal(msg_encode(SG_EN_SIGNED, &signed_answer, &fields), 0);
	hostile_frame(&b, SG_EN_SIGNED, 0, 1, buf_span(&fields));
	hostile_refused(&neighbours[SIGNER], &b, "a signature");
	buf_reset(&fields);
	assert_int_equal(msg_encode(AU_EN_IDENTITY, &identity, &fields), 0);
	hostile_frame(&b, AU_EN_IDENTITY, 0, 1, buf_span(&fields));
	hostile_refused(&neighbours[WORKER], &b, "an identity");
	serves();
	rooms_settle();
	assert_int_equal(nlost, 2);
	buf_clear(&b);
	buf_clear(&fields);
}

/* Random fields under every type that the room may send: no crash, ever. */
static void
malformed_fields(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < NEIGHBOURS; i++) {
		hostile_pelt(&neighbours[i]);
		serves();
	}
}

/* Who never reads its answers is read no more, and harms nobody else. */
static void
flood_without_reading(void **state)
{
	struct msg_fe_en_http	 ask = { .endpoint = ENDPOINT_HOME,
		.method = HTTP_GET, .path = span_str("/dex/") };
	struct buf		 fields, b;
	uint32_t		 rid;
	int			 fd;

	(void)state;
	buf_init(&fields, 65536);
	buf_init(&b, 1 << 20);
	assert_int_equal(msg_encode(FE_EN_HTTP, &ask, &fields), 0);
	for (rid = 1; rid <= 64; rid++)
		hostile_frame(&b, FE_EN_HTTP, 0, rid, buf_span(&fields));
	serves();
	fd = hostile_flood(&neighbours[FRONTEND], buf_span(&b));
	serves();
	close(fd);
	serves();
	buf_clear(&fields);
	buf_clear(&b);
}

/* Nor does the engine keep what neighbours begin to say. */
static void
frames_without_an_end(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < NEIGHBOURS; i++) {
		serves();
		hostile_unended(&neighbours[i], 300);
	}
	serves();
}

/* control: what the admin socket allows, which is to show and to rotate. */
static void
control_gets_no_more(void **state)
{
	struct msg_ct_en_command	 m = { 0 };
	struct buf			 fields, b;
	char				 answer[512];
	ssize_t				 n;
	unsigned			 command;
	int				 fd;

	(void)state;
	buf_init(&fields, 64);
	buf_init(&b, 256);
	for (command = 0; command < COMMAND_MAX; command++) {
		if (command == COMMAND_ROTATE_KEYS ||
		    command == COMMAND_SHOW_KEYS)
			continue;
		m.command = (uint8_t)command;
		assert_int_equal(msg_encode(CT_EN_COMMAND, &m, &fields), 0);
		hostile_frame(&b, CT_EN_COMMAND, 0, 5, buf_span(&fields));
		fd = hostile_wire(&neighbours[CONTROL]);
		assert_true(write(fd, b.p, b.len) == (ssize_t)b.len);
		n = read_answer(fd, answer, sizeof(answer));
		assert_true(n > 13);
		assert_int_equal(answer[12], RESULT_FAILED);
		close(fd);
		buf_reset(&b);
		buf_reset(&fields);
	}
	serves();
	buf_clear(&fields);
	buf_clear(&b);
}

/* telemetry: one question, and nothing that a frontend or control may ask. */
static void
telemetry_asks_for_health_only(void **state)
{
	struct msg_tm_en_health	 ask = { 0 };
	struct buf		 b, fields;
	char			 answer[512];
	ssize_t			 n;
	unsigned		 type;
	int			 fd;

	(void)state;
	buf_init(&b, 256);
	buf_init(&fields, 64);
	for (type = 0; type <= MSG_MAX; type++) {
		if (type == TM_EN_HEALTH)
			continue;
		hostile_frame(&b, type, 0, 1, span_mem(NULL, 0));
		hostile_refused(&neighbours[TELEMETRY], &b,
		    "another question");
	}
	assert_int_equal(msg_encode(TM_EN_HEALTH, &ask, &fields), 0);
	hostile_frame(&b, TM_EN_HEALTH, 0, 1, buf_span(&fields));
	fd = hostile_wire(&neighbours[TELEMETRY]);
	assert_true(write(fd, b.p, b.len) == (ssize_t)b.len);
	n = read_answer(fd, answer, sizeof(answer));
	assert_true(n > 12);
	assert_int_equal((uint8_t)answer[4] << 8 | (uint8_t)answer[5],
	    EN_TM_HEALTH);
	close(fd);
	serves();
	buf_clear(&b);
	buf_clear(&fields);
}

int
main(int argc, char *argv[])
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(breaches_close_one_wire), T(answers_to_nothing),
		T(malformed_fields), T(flood_without_reading),
		T(frames_without_an_end),
		T(control_gets_no_more),
		T(telemetry_asks_for_health_only),
	};

	rooms_init();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return (RUN(tests));
}
