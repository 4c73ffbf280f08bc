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

#include <time.h>

#include <event2/event.h>

#include "conn.h"
#include "log.h"
#include "room.h"

static void
on_engine_gone(void *room, struct peer *p)
{
	struct frontend	*fe = room;

	if (p == fe->engine)
		fe->engine = NULL;
	peer_free(p);
}

static void
wire_new(void *room, enum room other, const char *name, uint32_t instance,
    int fd)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[EN_FE_DOCUMENT] = on_en_fe_document,
	};
	struct frontend			*fe = room;
	struct peer_config		 c = { .self = ROOM_FRONTEND,
		.other = other, .name = name, .instance = instance,
		.room = fe, .handlers = handlers, .gone = on_engine_gone,
		.max_pending = ENGINE_PENDING };

	if (other != ROOM_ENGINE)
		fatalx("no wire to %s is expected here", room_name(other));
	if (fe->engine != NULL)
		on_engine_gone(fe, fe->engine);
	if ((fe->engine = peer_new(room_base(), fd, &c)) == NULL)
		fatalx("cannot keep a wire");
	if (!fe->ready)
		peer_pause(fe->engine);
}

static int
prepare(void *room)
{
	return (config_finish(room));
}

/* Templates are an operator's: nothing of them is read before the sandbox. */
static int
inside(void *room)
{
	return (pages_compile(room));
}

/* The time zone file is opened at the first conversion. */
static void
warm_up(void *room)
{
	time_t		 now = time(NULL);
	struct tm	 tm;

	(void)room;
	tzset();
	gmtime_r(&now, &tm);
}

int
main(void)
{
	static peer_handler	*handlers[MSG_MAX];
	static struct frontend	 frontend;
	const struct room_ops	 ops = {
		.room = ROOM_FRONTEND, .program = io_program,
		.ctx = &frontend, .handlers = handlers, .warm_up = warm_up,
		.peer = wire_new, .prepare = prepare, .inside = inside,
		.ready = conns_ready, .stop = conns_stop,
		.count = conns_count,
	};

	TAILQ_INIT(&frontend.listeners);
	TAILQ_INIT(&frontend.sealkeys);
	TAILQ_INIT(&frontend.conns);
	RB_INIT(&frontend.addresses);
	frontend.conns_max = CONNS_MAX;
	frontend.out_max = OUT_MAX;
	frontend.accepted = count_get(COUNT_ACCEPTED, NULL, NULL, NULL);
	config_handlers(handlers);
	return (room_run(&ops));
}
