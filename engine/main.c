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

#include <stdlib.h>
#include <time.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sqlite3.h>

#include "count.h"
#include "json.h"
#include "log.h"
#include "request.h"
#include "room.h"

#define GC_PERIOD	(5 * 60)	/* seconds, as dex */
#define GC_PAUSE	100000		/* us, while there is more to collect */

static struct event	 gc_timer;

static void
on_collected(void *arg, enum store_status status, const struct store_gc *n)
{
	const struct timeval	 period = { GC_PERIOD, 0 };
	const struct timeval	 pause = { 0, GC_PAUSE };

	(void)arg;
	event_add(&gc_timer, n->more ? &pause : &period);
	if (status == STORE_OK && n->auth_requests + n->auth_codes +
	    n->device_requests + n->device_tokens + n->auth_sessions != 0)
		logf_info("garbage collection: %d auth requests, %d auth codes, "
		    "%d device requests, %d device tokens, %d sessions",
		    n->auth_requests, n->auth_codes, n->device_requests,
		    n->device_tokens, n->auth_sessions);
}

static void
on_gc(evutil_socket_t fd, short what, void *arg)
{
	struct engine	*e = arg;

	(void)fd;
	(void)what;
	store_gc(e->store, (uint64_t)time(NULL), on_collected, e);
	keys_load(e);		/* another node may have made one */
}

static int
prepare(void *room)
{
	struct engine	*e = room;
	char		 err[512];

	if (config_finish(e) == -1)
		return (-1);
	e->store = store_open(room_base(), e->storage, e->file, err,
	    sizeof(err));
	if (e->store != NULL)
		return (0);
	log_error("cannot open the database", "why", err);
	return (-1);
}

static void
ready(void *room)
{
	const struct timeval	 period = { GC_PERIOD, 0 };
	struct engine		*e = room;

	event_assign(&gc_timer, room_base(), -1, 0, on_gc, e);
	event_add(&gc_timer, &period);
	health_begin(e);
	wires_resume(e);
}

static void
count(void *room)
{
	struct engine	*e = room;

	count_set(count_get(COUNT_REQUESTS_ACTIVE, NULL, NULL, NULL),
	    e->nrequests);
	count_set(count_get(COUNT_STORE_HEALTHY, NULL, NULL, NULL),
	    e->health.healthy);
}

/* The frontends finish what they have; the last of them lets us go. */
static void
stop(void *room)
{
	struct engine	*e = room;

	e->stopping = true;
	if (TAILQ_EMPTY(&e->frontends))
		room_exit();
}

static void
warm_up(void *room)
{
	(void)room;
	json_warm_up();
	if (sqlite3_initialize() != SQLITE_OK)
		fatalx("SQLite does not start");
}

int
main(void)
{
	static peer_handler	*handlers[MSG_MAX];
	static struct engine	 engine;
	const struct room_ops	 ops = {
		.room = ROOM_ENGINE, .program = "engine", .ctx = &engine,
		.handlers = handlers, .warm_up = warm_up, .peer = wire_new,
		.peer_gone = wire_gone, .prepare = prepare, .ready = ready,
		.stop = stop, .count = count,
	};
	int			 status;

	TAILQ_INIT(&engine.clients);
	TAILQ_INIT(&engine.connectors);
	TAILQ_INIT(&engine.frontends);
	TAILQ_INIT(&engine.signers);
	TAILQ_INIT(&engine.requests);
	TAILQ_INIT(&engine.health.waiting);
	TAILQ_INIT(&engine.grants);
	TAILQ_INIT(&engine.refreshes);
	config_handlers(handlers);
	status = room_run(&ops);
	if (engine.store != NULL)
		store_close(engine.store);
	return (status);
}
