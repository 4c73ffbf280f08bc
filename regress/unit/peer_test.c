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

/* libs: libevent_core */

#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "log.h"
#include "peer_int.h"

/*
 * A wire between an engine and a connector worker.  Each test is a rule of
 * DESIGN.md, Wires: what a hostile or slow room does is answered by closing
 * that peer, never by believing it.
 */

#define MAX_PENDING	40

static struct event_base	*base;
static struct peer		*engine;	/* NULL once it is gone */
static int			 raw;		/* the worker's end */
static int			 gone, answers, nulls;
static enum msg_type		 last;

static void
on_gone(void *room, struct peer *p)
{
	(void)room;
	gone++;
	peer_free(p);
	engine = NULL;
}

static void
on_answer(void *arg, struct msg *m)
{
	(void)arg;
	if (m == NULL)
		nulls++;
	else {
		answers++;
		last = m->type;
	}
}

static peer_handler	*no_handlers[MSG_MAX];

static int
setup(void **state)
{
	struct peer_config	 c = {
		.self = ROOM_ENGINE, .other = ROOM_AUTHN,
		.handlers = no_handlers, .gone = on_gone, .max_pending = MAX_PENDING,
		.high_water = 100000, .limit = 200000,
	};
	int			 sv[2];

	(void)state;
	gone = answers = nulls = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		return (-1);
	raw = sv[1];
	engine = peer_new(base, sv[0], &c);
	return (engine == NULL ? -1 : 0);
}

static int
teardown(void **state)
{
	(void)state;
	peer_free(engine);
	engine = NULL;
	close(raw);
	return (0);
}

static void
turn(void)
{
	int	 i;

	for (i = 0; i < 5; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
put_frame(struct buf *b, uint32_t len, uint16_t type, uint16_t flags,
    uint32_t rid)
{
	buf_put_u32(b, len);
	buf_put_u16(b, type);
	buf_put_u16(b, flags);
	buf_put_u32(b, rid);
}

static void
raw_write(struct buf *b)
{
	assert_int_equal(write(raw, b->p, b->len), (ssize_t)b->len);
	buf_clear(b);
}

static void
ask(uint32_t timeout)
{
	struct msg_en_au_begin	 m = { .state = span_str("s"),
				    .callback_url = span_str("http://x/cb") };

	assert_int_equal(peer_ask(engine, EN_AU_BEGIN, &m, timeout, on_answer,
	    &last), 0);
}

static void
put_begun(struct buf *b, uint32_t rid)
{
	struct msg_au_en_begun	 m = { .ok = true, .url = span_str("u") };
	struct buf		 f;

	buf_init(&f, 1024);
	assert_int_equal(msg_encode(AU_EN_BEGUN, &m, &f), 0);
	put_frame(b, (uint32_t)f.len, AU_EN_BEGUN, 0, rid);
	buf_put_span(b, buf_span(&f));
	buf_clear(&f);
}

static void
answer_reaches_its_request(void **state)
{
	struct buf	 b;
	size_t		 i;
	uint8_t		*bytes;
	size_t		 len;

	(void)state;
	ask(1000);
	buf_init(&b, 4096);
	put_begun(&b, 1);
	len = b.len;
	bytes = b.p;
	/* One byte at a time: frames need not come whole. */
	for (i = 0; i < len; i++) {
		assert_int_equal(write(raw, bytes + i, 1), 1);
		turn();
		assert_int_equal(answers, i + 1 == len ? 1 : 0);
	}
	buf_clear(&b);
	assert_int_equal(last, AU_EN_BEGUN);
	assert_int_equal(peer_pending(engine), 0);
}

static void
breach(uint32_t len, uint16_t type, uint16_t flags, uint32_t rid,
    const void *body, size_t n)
{
	struct buf	 b;

	buf_init(&b, 1 << 20);
	put_frame(&b, len, type, flags, rid);
	buf_put(&b, body, n);
	raw_write(&b);
	turn();
	assert_int_equal(gone, 1);
	assert_null(engine);
}

static void
unknown_type(void **state)
{
	(void)state;
	breach(0, 60000, 0, 0, NULL, 0);
}

static void
wrong_direction(void **state)
{
	(void)state;
	breach(0, EN_SG_ROTATE, 0, 1, NULL, 0);
}

static void
too_long(void **state)
{
	(void)state;
	breach(msg_edge_max(ROOM_AUTHN, ROOM_ENGINE) + 1, AU_EN_BEGUN, 0, 1,
	    NULL, 0);
}

static void
malformed(void **state)
{
	(void)state;
	breach(1, AU_EN_BEGUN, 0, 1, "\7", 1);
}

static void
promised_descriptor_missing(void **state)
{
	(void)state;
	breach(0, AU_EN_BEGUN, 1, 1, NULL, 0);
}

static void
answer_to_nothing(void **state)
{
	struct buf	 b;

	(void)state;
	buf_init(&b, 4096);
	put_begun(&b, 77);
	raw_write(&b);
	turn();
	assert_int_equal(gone, 1);
}

static void
wrong_kind_of_answer(void **state)
{
	struct msg_au_en_identity	 m = { 0 };
	struct buf			 b, f;

	(void)state;
	ask(1000);
	buf_init(&b, 4096);
	buf_init(&f, 4096);
	assert_int_equal(msg_encode(AU_EN_IDENTITY, &m, &f), 0);
	put_frame(&b, (uint32_t)f.len, AU_EN_IDENTITY, 0, 1);
	buf_put_span(&b, buf_span(&f));
	raw_write(&b);
	buf_clear(&f);
	turn();
	assert_int_equal(gone, 1);
	assert_int_equal(nulls, 1);
	assert_int_equal(answers, 0);
}

static void
unexpected_descriptor(void **state)
{
	char		 space[CMSG_SPACE(sizeof(int))] = { 0 };
	struct buf	 b;
	struct iovec	 iov;
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = space,
			    .msg_controllen = sizeof(space) };
	struct cmsghdr	*cm = CMSG_FIRSTHDR(&mh);
	int		 fd = STDERR_FILENO;

	(void)state;
	ask(1000);
	buf_init(&b, 4096);
	put_begun(&b, 1);
	iov.iov_base = b.p;
	iov.iov_len = b.len;
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	assert_int_equal(sendmsg(raw, &mh, 0), (ssize_t)b.len);
	buf_clear(&b);
	turn();
	assert_int_equal(gone, 1);
}

static void
deadline_then_late_answer(void **state)
{
	struct buf	 b;

	(void)state;
	ask(10);
	usleep(30000);
	turn();
	assert_int_equal(nulls, 1);
	buf_init(&b, 4096);
	put_begun(&b, 1);
	raw_write(&b);
	turn();
	assert_int_equal(gone, 0);	/* late is not hostile */
	assert_int_equal(answers, 0);	/* and is told to nobody */
	assert_int_equal(peer_pending(engine), 0);
}

static void
cap_on_requests(void **state)
{
	struct msg_en_au_begin	 m = { 0 };
	int			 i;

	(void)state;
	for (i = 0; i < MAX_PENDING; i++)
		ask(1000);
	assert_int_equal(peer_ask(engine, EN_AU_BEGIN, &m, 1000, on_answer,
	    NULL), -1);
	assert_int_equal(nulls, 0);
}

static void
death_fails_what_is_pending(void **state)
{
	(void)state;
	ask(60000);
	close(raw);
	turn();
	assert_int_equal(gone, 1);
	assert_int_equal(nulls, 1);
	raw = open("/dev/null", O_RDONLY);
}

static void
last_words_are_heard(void **state)
{
	struct buf	 b;

	(void)state;
	ask(1000);
	buf_init(&b, 4096);
	put_begun(&b, 1);
	raw_write(&b);
	close(raw);
	turn();
	assert_int_equal(answers, 1);
	assert_int_equal(gone, 1);
	raw = open("/dev/null", O_RDONLY);
}

static void
slow_reader_is_closed(void **state)
{
	struct msg_en_au_callback	 m = { 0 };
	static uint8_t			 blob[60000];
	struct list_buf			 l;
	int				 i;

	(void)state;
	list_buf_init(&l, 70000);
	list_buf_add(&l, span_mem(blob, sizeof(blob)));
	m.params = msg_list_of(&l);
	for (i = 0; i < MAX_PENDING && !peer_is_full(engine); i++)
		assert_int_equal(peer_ask(engine, EN_AU_CALLBACK, &m, 60000,
		    on_answer, NULL), 0);
	assert_true(i < MAX_PENDING);
	while (i++ < MAX_PENDING && peer_ask(engine, EN_AU_CALLBACK, &m,
	    60000, on_answer, NULL) == 0)
		;
	list_buf_clear(&l);
	turn();
	assert_int_equal(gone, 1);
	assert_true(nulls > 0);
}

/* Memory, not bytes: many short answers that nobody reads (12 bytes each). */
static void
short_frames_are_counted_whole(void **state)
{
	struct msg_pa_room_gathered	 m = { 0 };
	struct peer_config		 c = { .self = ROOM_PARENT,
		.other = ROOM_TELEMETRY, .handlers = no_handlers,
		.gone = on_gone };
	int				 sv[2], n = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	peer_free(engine);
	engine = peer_new(base, sv[0], &c);
	assert_non_null(engine);
	peer_set_bounds(engine, 100000, 200000);
	while (!peer_is_full(engine))
		assert_int_equal(peer_answer(engine, 1, PA_ROOM_GATHERED, &m),
		    0);
	while (peer_answer(engine, 1, PA_ROOM_GATHERED, &m) == 0)
		n++;
	assert_in_range(n, 100, 100000 / 32);
	turn();
	assert_int_equal(gone, 1);
	close(sv[1]);
}

static int	 heard;

static void
count_it(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	(void)m;
	heard++;
}

/*
 * A sender that is faster than we handle: what it says waits with it, not in
 * our memory (frames of 12 bytes, 64 of them handled in a turn).
 */
static void
reading_does_not_run_ahead(void **state)
{
	static uint8_t		 frames[FRAME_HEADER * 20000];
	static peer_handler	*handlers[MSG_MAX];
	struct peer_config	 c = { .self = ROOM_PARENT,
		.other = ROOM_TELEMETRY, .handlers = handlers,
		.gone = on_gone };
	int			 sv[2], i;
	size_t			 sent = 0;
	ssize_t			 n;

	(void)state;
	handlers[ROOM_PA_GATHER] = count_it;
	for (i = 0; i < 20000; i++)
		frames[FRAME_HEADER * i + 5] = ROOM_PA_GATHER;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(fcntl(sv[1], F_SETFL, O_NONBLOCK), 0);
	peer_free(engine);
	engine = peer_new(base, sv[0], &c);
	assert_non_null(engine);
	heard = 0;
	for (i = 0; i < 1000; i++) {
		n = write(sv[1], frames + sent, sizeof(frames) - sent);
		if (n > 0)
			sent += (size_t)n;
		event_base_loop(base, EVLOOP_NONBLOCK);
		assert_in_range(engine->in_cap, 1, 8192);
	}
	assert_int_equal(heard, 20000);
	assert_int_equal(gone, 0);
	close(sv[1]);
}

static struct event	*others;
static int		 heard_before;	/* the others had their turn */

static void
on_others(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	heard_before = heard;
}

/* A sender that has the next frame ready as soon as one is handled. */
static void
count_and_send(void *room, struct peer *p, struct msg *m)
{
	static const uint8_t	 frame[FRAME_HEADER] = { [5] = ROOM_PA_GATHER };
	const struct timeval	 now = { 0, 0 };

	(void)room;
	(void)p;
	(void)m;
	if (heard++ == 0)
		assert_int_equal(event_add(others, &now), 0);
	if (heard < 10000)
		assert_int_equal(write(raw, frame, sizeof(frame)),
		    sizeof(frame));
}

/* A peer that always has something to say leaves the others their turns. */
static void
a_flood_lets_others_in(void **state)
{
	static const uint8_t	 frame[FRAME_HEADER] = { [5] = ROOM_PA_GATHER };
	static peer_handler	*handlers[MSG_MAX];
	struct peer_config	 c = { .self = ROOM_PARENT,
		.other = ROOM_TELEMETRY, .handlers = handlers,
		.gone = on_gone };
	int			 sv[2], i;

	(void)state;
	handlers[ROOM_PA_GATHER] = count_and_send;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	peer_free(engine);
	close(raw);
	raw = sv[1];
	engine = peer_new(base, sv[0], &c);
	assert_non_null(engine);
	assert_non_null(others = event_new(base, -1, 0, on_others, NULL));
	heard = heard_before = 0;
	for (i = 0; i < 64; i++)
		assert_int_equal(write(raw, frame, sizeof(frame)),
		    sizeof(frame));
	turn();
	event_free(others);
	assert_int_equal(heard, 10000 + 63);
	assert_in_range(heard_before, 1, 128);
	assert_int_equal(gone, 0);
}

/* ---- two that both have more to say than the other reads ---- */

static void
answer_at_length(void *room, struct peer *p, struct msg *m)
{
	static uint8_t		 body[50000];
	struct msg_en_fe_answer	 a = { .kind = ANSWER_TEXT, .status = 200,
				    .body = span_mem(body, sizeof(body)) };

	(void)room;
	assert_int_equal(peer_answer(p, m->rid, EN_FE_ANSWER, &a), 0);
}

static void
on_other_gone(void *room, struct peer *p)
{
	(void)room;
	(void)p;
	gone++;
}

static struct peer *
one_of_two(enum room self, enum room other, int fd)
{
	static peer_handler	*handlers[MSG_MAX];
	struct peer_config	 c = { .self = self, .other = other,
		.handlers = handlers, .gone = on_other_gone,
		.max_pending = 4096, .high_water = 200000 };
	struct peer		*p;

	handlers[FE_EN_HTTP] = answer_at_length;
	p = peer_new(base, fd, &c);
	assert_non_null(p);
	return (p);
}

/*
 * A frontend fills its wire while the engine is busy; the engine then answers
 * each request with more than was asked.  Neither waits for the other for
 * ever, and nobody is broken off.
 */
static void
full_both_ways(void **state)
{
	static char		 path[2000];
	struct msg_fe_en_http	 m = { .endpoint = 0 };
	struct peer		*fe, *en;
	int			 sv[2], asked, i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	memset(path, '/', sizeof(path));
	m.path = span_mem(path, sizeof(path));
	fe = one_of_two(ROOM_FRONTEND, ROOM_ENGINE, sv[0]);
	en = one_of_two(ROOM_ENGINE, ROOM_FRONTEND, sv[1]);
	peer_pause(en);
	for (asked = 0; asked < 400; asked++)
		assert_int_equal(peer_ask(fe, FE_EN_HTTP, &m, 60000,
		    on_answer, NULL), 0);
	assert_true(peer_is_full(fe));
	peer_resume(en);
	for (i = 0; i < 10000 && answers < asked; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(answers, asked);
	assert_int_equal(gone, 0);
	assert_int_equal(nulls, 0);
	peer_free(fe);
	peer_free(en);
}

/* A long backlog of frames ends with the head of one that is not allowed. */
static void
length_is_checked_before_memory(void **state)
{
	struct buf	 b;
	int		 i;

	(void)state;
	for (i = 0; i < 40; i++)
		ask(60000);
	peer_pause(engine);
	for (i = 1; i <= 40; i++) {
		buf_init(&b, 4096);
		put_begun(&b, (uint32_t)i);
		raw_write(&b);
	}
	buf_init(&b, 4096);
	put_frame(&b, 0xfffffff0u, AU_EN_BEGUN, 0, 41);
	raw_write(&b);
	peer_resume(engine);
	turn();
	assert_int_equal(answers, 40);
	assert_int_equal(gone, 1);
}

static void
paused_peer_is_not_read(void **state)
{
	struct buf	 b;

	(void)state;
	ask(1000);
	peer_pause(engine);
	buf_init(&b, 4096);
	put_begun(&b, 1);
	raw_write(&b);
	turn();
	assert_int_equal(answers, 0);
	peer_resume(engine);
	turn();
	assert_int_equal(answers, 1);
}

static void
not_ours_to_send(void **state)
{
	struct msg_sg_en_rotated	 m = { 0 };
	struct msg_pa_room_log		 l = { 0 };

	(void)state;
	assert_int_equal(peer_answer(engine, 1, SG_EN_ROTATED, &m), -1);
	assert_int_equal(peer_tell(engine, PA_ROOM_LOG, &l, -1), -1);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(answer_reaches_its_request), T(unknown_type),
		T(wrong_direction), T(too_long), T(malformed),
		T(promised_descriptor_missing), T(answer_to_nothing),
		T(wrong_kind_of_answer), T(unexpected_descriptor),
		T(deadline_then_late_answer), T(cap_on_requests),
		T(death_fails_what_is_pending), T(last_words_are_heard),
		T(slow_reader_is_closed),
		T(short_frames_are_counted_whole),
		T(reading_does_not_run_ahead), T(a_flood_lets_others_in),
		T(paused_peer_is_not_read),
		T(full_both_ways), T(length_is_checked_before_memory),
		T(not_ours_to_send),
	};
	int			 failed;

	signal(SIGPIPE, SIG_IGN);
	log_setup(LOG_LVL_ERROR, LOG_FMT_TEXT);
	base = event_base_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	event_base_free(base);
	return (failed);
}
