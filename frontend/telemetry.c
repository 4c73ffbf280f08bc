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

#include <sys/utsname.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "conn.h"
#include "version.h"
#include "exposition.h"
#include "log.h"
#include "room.h"

/*
 * The telemetry listener: metrics and health, for machines.  It is a frontend
 * without what makes one: no key, no pages, no way to send a request to the
 * engine.  What it may ask is how the store is, and how much has been counted.
 */

#define CONNS_TELEMETRY	64
#define OUT_TELEMETRY	(16 * 1024 * 1024)
#define SOURCES_MAX	256
#define GATHER_PAUSE_MS	100	/* the parent is asked this often at most */
#define GATHER_TIME	10	/* seconds a connection waits for counts */
#define GATHER_ASK_MS	60000
#define HEALTH_TIME	3	/* seconds a probe may take */
#define HEALTH_ASK_MS	60000

/* What connections wait for. */
enum wait { WAIT_COUNTS_NEXT, WAIT_COUNTS, WAIT_HEALTH, WAIT_HEALTH_SHORT };

struct source {
	struct exposition_source	 s;
	char				*program;
	char				*connector;
	struct buf			 counts;
};

struct telemetry {
	struct frontend		 edge;		/* first: conn->fe, and conn.h */
	struct source		 sources[SOURCES_MAX];
	size_t			 nsources;
	bool			 gathering;
	bool			 planned;
	struct event		 gather_timer;
	struct timespec		 gathered;	/* when the last one began */
	char			 platform[160];
	bool			 asking;	/* the engine, for its health */
	struct health_check	 health;
};

/* ---- metrics ---- */

static void
sources_clear(struct telemetry *t)
{
	struct source	*s;

	while (t->nsources > 0) {
		s = &t->sources[--t->nsources];
		free(s->program);
		free(s->connector);
		buf_clear(&s->counts);
	}
}

/* Is all of it well-formed, and that room's to say? */
static bool
is_sound(enum room room, struct span counts)
{
	struct count_sample	 s;
	struct cur		 c;
	int			 more;

	cur_init(&c, counts);
	while ((more = count_decode(&c, room, &s)) == 1)
		;
	return (more == 0);
}

static void
on_pa_room_counted(void *room, struct peer *p, struct msg *m)
{
	const struct msg_pa_room_counted	*in = &m->pa_room_counted;
	struct telemetry			*t = room;
	struct source				*s;

	(void)p;
	if (t->nsources == SOURCES_MAX)
		return;
	s = &t->sources[t->nsources];
	memset(s, 0, sizeof(*s));
	s->program = span_dup(in->program);
	s->connector = span_dup(in->name);
	buf_init(&s->counts, COUNT_BYTES_MAX);
	buf_put_span(&s->counts, in->counts);
	t->nsources++;
	if (s->program == NULL || s->connector == NULL ||
	    !buf_ok(&s->counts) || !is_sound((enum room)in->room,
	    in->counts)) {
		log_warn("counts that cannot be shown were left out", "room",
		    s->program);
		buf_reset(&s->counts);
	}
	s->s = (struct exposition_source){ .room = (enum room)in->room,
		.program = s->program == NULL ? "" : s->program,
		.connector = s->connector == NULL ? "" : s->connector,
		.instance = in->instance, .counts = buf_span(&s->counts) };
}

static void
serve_counts(struct conn *c, unsigned what)
{
	const struct telemetry		*t = (struct telemetry *)c->fe;
	struct response			 r = { .status = 200, .type =
		"text/plain; version=0.0.4; charset=utf-8",
		.fields = buf_span(&c->fe->other_fields) };
	static struct exposition_source	 list[SOURCES_MAX];
	struct buf			 b;
	size_t				 i;

	(void)what;
	for (i = 0; i < t->nsources; i++)
		list[i] = t->sources[i].s;
	buf_init(&b, OUT_TELEMETRY / 2);
	exposition_put_build(&b, DEXD_VERSION, t->platform);
	exposition_put(&b, list, t->nsources);
	r.body = buf_span(&b);
	if (buf_ok(&b))
		conn_respond(c, &r);
	else
		conn_respond_busy(c);
	buf_clear(&b);
}

static void	 gather_plan(struct telemetry *);

static void
on_gathered(void *arg, struct msg *m)
{
	struct telemetry	*t = arg;
	struct conn		*c;

	t->gathering = false;
	if (m != NULL)
		conns_serve(&t->edge, WAIT_COUNTS, serve_counts);
	sources_clear(t);
	TAILQ_FOREACH(c, &t->edge.conns, entry)
		if (c->state == CONN_WAITING &&
		    c->waits_for == WAIT_COUNTS_NEXT) {
			gather_plan(t);
			break;
		}
}

static void
on_gather_timer(evutil_socket_t fd, short what, void *arg)
{
	struct msg_room_pa_gather	 m = { 0 };
	struct telemetry		*t = arg;

	(void)fd;
	(void)what;
	t->planned = false;
	if (t->gathering || peer_ask(room_parent(), ROOM_PA_GATHER, &m,
	    GATHER_ASK_MS, on_gathered, t) == -1)
		return;
	t->gathering = true;
	clock_gettime(CLOCK_MONOTONIC, &t->gathered);
	conns_move(&t->edge, WAIT_COUNTS_NEXT, WAIT_COUNTS);
}

/*
 * Whoever asks gets what was counted after it asked; many that ask at once
 * get one answer, so that they cannot keep the parent busy.
 */
static void
gather_plan(struct telemetry *t)
{
	struct timeval	 tv = { 0, 0 };
	struct timespec	 now;
	int64_t		 ms;

	if (t->planned || t->gathering)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - t->gathered.tv_sec) * 1000 +
	    (now.tv_nsec - t->gathered.tv_nsec) / 1000000;
	if (t->gathered.tv_sec != 0 && ms < GATHER_PAUSE_MS)
		tv.tv_usec = (GATHER_PAUSE_MS - ms) * 1000;
	t->planned = event_add(&t->gather_timer, &tv) == 0;
}

/* ---- health ---- */

static void
respond_health(struct conn *c, bool brief)
{
	const struct health_check	*h =
	    &((struct telemetry *)c->fe)->health;
	struct response			 r = { .status = h->known &&
		h->healthy ? 200 : 503, .type = "application/json",
		.fields = buf_span(&c->fe->other_fields) };
	struct buf			 b;

	buf_init(&b, 4096);
	if (brief)
		exposition_put_health_short(&b, h);
	else
		exposition_put_health(&b, h);
	r.body = buf_span(&b);
	conn_respond(c, &r);
	buf_clear(&b);
}

static void
serve_health(struct conn *c, unsigned what)
{
	respond_health(c, what == WAIT_HEALTH_SHORT);
}

static void
note_no_engine(struct telemetry *t)
{
	t->health.known = false;
	t->health.took = 0;
	t->health.at = (uint64_t)time(NULL) * 1000000;
	t->health.failures++;
	if (t->health.failing_since == 0)
		t->health.failing_since = t->health.at;
}

/* m is NULL when the engine has gone. */
static void
on_health(void *arg, struct msg *m)
{
	struct telemetry	*t = arg;

	t->asking = false;
	if (m == NULL)
		note_no_engine(t);
	else
		t->health = (struct health_check){ .known = true,
			.healthy = m->en_tm_health.healthy,
			.at = m->en_tm_health.at, .took =
			m->en_tm_health.took, .failures =
			m->en_tm_health.failures, .failing_since =
			m->en_tm_health.failing_since };
	conns_serve(&t->edge, WAIT_HEALTH, serve_health);
	conns_serve(&t->edge, WAIT_HEALTH_SHORT, serve_health);
}

static void
ask_health(struct telemetry *t, struct conn *c, bool brief)
{
	struct msg_tm_en_health	 m = { 0 };

	if (!t->asking && (t->edge.engine == NULL ||
	    peer_ask(t->edge.engine, TM_EN_HEALTH, &m, HEALTH_ASK_MS,
	    on_health, t) == -1)) {
		note_no_engine(t);
		respond_health(c, brief);
		return;
	}
	t->asking = true;
	conn_await(c, brief ? WAIT_HEALTH_SHORT : WAIT_HEALTH, HEALTH_TIME);
}

/* ---- requests ---- */

void
request_serve(struct conn *c, struct span body)
{
	struct telemetry	*t = (struct telemetry *)c->fe;
	const struct http_req	*r = &c->fe->req;

	(void)body;
	if (span_is(r->path, "/metrics")) {
		conn_await(c, WAIT_COUNTS_NEXT, GATHER_TIME);
		gather_plan(t);
	} else if (span_is(r->path, "/healthz/live"))
		conn_respond_text(c, 200, "ok");
	else if (span_is(r->path, "/healthz") ||
	    span_is(r->path, "/healthz/ready"))
		ask_health(t, c, span_is(r->query, "type=short"));
	else
		conn_respond_text(c, 404, "404 page not found\n");
}

/* ---- the room ---- */

static void
on_pa_tm_listen(void *room, struct peer *p, struct msg *m)
{
	(void)p;
	listener_add(room, m->fd);
}

static void
on_engine_gone(void *room, struct peer *p)
{
	struct telemetry	*t = room;

	if (p == t->edge.engine)
		t->edge.engine = NULL;
	peer_free(p);
}

static void
wire_new(void *room, enum room other, const char *name, uint32_t instance,
    int fd)
{
	static peer_handler * const	 none[MSG_MAX];
	struct telemetry		*t = room;
	struct peer_config		 c = { .self = ROOM_TELEMETRY,
		.other = other, .name = name, .instance = instance,
		.room = t, .handlers = none, .gone = on_engine_gone };

	if (other != ROOM_ENGINE)
		fatalx("no wire to %s is expected here", room_name(other));
	if (t->edge.engine != NULL)
		on_engine_gone(t, t->edge.engine);
	if ((t->edge.engine = peer_new(room_base(), fd, &c)) == NULL)
		fatalx("cannot keep a wire");
	if (!t->edge.ready)
		peer_pause(t->edge.engine);
}

static int
prepare(void *room)
{
	struct telemetry	*t = room;

	event_assign(&t->gather_timer, room_base(), -1, 0, on_gather_timer, t);
	return (io_setup(NULL));
}

/* The time zone file and uname(2) are out of reach later. */
static void
warm_up(void *room)
{
	struct telemetry	*t = room;
	time_t			 now = time(NULL);
	struct utsname		 u;
	struct tm		 tm;

	tzset();
	gmtime_r(&now, &tm);
	if (uname(&u) == 0)
		snprintf(t->platform, sizeof(t->platform), "%s/%s",
		    u.sysname, u.machine);
}

int
main(void)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[PA_TM_LISTEN] = on_pa_tm_listen,
		[PA_ROOM_COUNTED] = on_pa_room_counted,
	};
	static struct telemetry		 telemetry;
	const struct room_ops		 ops = {
		.room = ROOM_TELEMETRY, .program = "telemetry",
		.ctx = &telemetry, .handlers = handlers, .warm_up = warm_up,
		.peer = wire_new, .prepare = prepare, .ready = conns_ready,
		.count = conns_count, .stop = conns_stop,
	};

	TAILQ_INIT(&telemetry.edge.listeners);
	TAILQ_INIT(&telemetry.edge.conns);
	RB_INIT(&telemetry.edge.addresses);
	buf_init(&telemetry.edge.other_fields, 1024);
	buf_put_str(&telemetry.edge.other_fields,
	    "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n");
	telemetry.edge.conns_max = CONNS_TELEMETRY;
	telemetry.edge.out_max = OUT_TELEMETRY;
	telemetry.edge.accepted = count_get(COUNT_ACCEPTED, NULL, NULL, NULL);
	return (room_run(&ops));
}
