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

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/unistd.h>
#include <event2/event.h>
#include <sodium.h>

#include "count.h"
#include "log.h"
#include "privdrop.h"
#include "room.h"
#include "sandbox.h"

#define PARENT_FD	3

/*
 * The one room of this process.  It is file-scope state because a process is
 * one room for its whole life, and because libevent and the parent's wire
 * are needed by code that has no other business with the room's context.
 */
static struct {
	const struct room_ops	*ops;
	struct event_base	*base;
	struct peer		*parent;
	peer_handler		*handlers[MSG_MAX];
	char			*title;
	char			*writable;
	enum sandbox_mode	 sandbox;
	bool			 started;
	bool			 ready;
} self;

struct event_base *
room_base(void)
{
	return (self.base);
}

struct peer *
room_parent(void)
{
	return (self.parent);
}

#ifdef DEXD_SANITIZE
/*
 * A room has neither an environment that could say this nor the /proc that the
 * search for leaks wants at its end; without it the room would end with 1.
 */
const char	*__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return ("detect_leaks=0");
}
#endif

void
room_exit(void)
{
	event_base_loopbreak(self.base);
}

static char *
dup_or_die(struct span s)
{
	char	*copy;

	if ((copy = span_dup(s)) == NULL)
		fatalx("cannot keep a string");
	return (copy);
}

static void
on_pa_room_start(void *room, struct peer *p, struct msg *m)
{
	const struct msg_pa_room_start	*s = &m->pa_room_start;
	struct msg_list			 names;
	struct span			 name;
	char				*jail;

	(void)room;
	(void)p;
	if (self.started)
		fatalx("started twice");
	self.started = true;
	self.title = dup_or_die(s->title);
	self.writable = dup_or_die(s->writable);
	self.sandbox = (enum sandbox_mode)s->sandbox;
	log_init(self.title);
	log_setup((enum log_level)s->log_level, (enum log_format)s->log_format);
	for (names = s->log_exclude; msg_list_next(&names, &name);)
		log_exclude(name);
	setproctitle("%s", self.title);
	if (self.ops->warm_up != NULL)
		self.ops->warm_up(self.ops->ctx);
	if (s->drop) {
		jail = dup_or_die(s->jail);
		privdrop(jail, s->uid, s->gid);
		free(jail);
	}
	sandbox_prepare();
}

static void
on_pa_room_peer(void *room, struct peer *p, struct msg *m)
{
	char	*name = dup_or_die(m->pa_room_peer.name);

	(void)p;
	if (self.ops->peer == NULL)
		fatalx("a wire was offered to a room without wires");
	self.ops->peer(room, (enum room)m->pa_room_peer.room, name,
	    m->pa_room_peer.instance, m->fd);
	free(name);
}

static void
on_pa_room_peer_gone(void *room, struct peer *p, struct msg *m)
{
	char	*name = dup_or_die(m->pa_room_peer_gone.name);

	(void)p;
	if (self.ops->peer_gone != NULL)
		self.ops->peer_gone(room, (enum room)m->pa_room_peer_gone.room,
		    name, m->pa_room_peer_gone.instance);
	free(name);
}

static void
on_pa_room_go(void *room, struct peer *p, struct msg *m)
{
	struct msg_room_pa_ready	 ready = { 0 };

	(void)m;
	if (!self.started || self.ready)
		fatalx("GO without START, or twice");
	self.ready = true;
	if (self.ops->prepare != NULL && self.ops->prepare(room) == -1)
		exit(1);
	sandbox_enter(self.ops->program, self.writable, self.sandbox);
	if (self.ops->inside != NULL && self.ops->inside(room) == -1) {
		peer_flush(p, 1000);	/* its reason, to the parent */
		exit(1);
	}
	if (peer_tell(p, ROOM_PA_READY, &ready, -1) == -1)
		fatalx("cannot tell the parent that we are ready");
	if (self.ops->ready != NULL)
		self.ops->ready(room);
}

static void
on_pa_room_log(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	log_setup((enum log_level)m->pa_room_log.log_level, log_format());
}

static void
on_pa_room_count(void *room, struct peer *p, struct msg *m)
{
	struct msg_room_pa_counts	 answer = { 0 };
	struct buf			 b;

	if (self.ops->count != NULL)
		self.ops->count(room);
	peers_count();
	buf_init(&b, COUNT_BYTES_MAX);
	count_encode(&b);
	answer.counts = buf_span(&b);
	peer_answer(p, m->rid, ROOM_PA_COUNTS, &answer);
	buf_clear(&b);
}

static void
on_pa_room_stop(void *room, struct peer *p, struct msg *m)
{
	struct msg_room_pa_stopping	 stopping = { 0 };

	if (self.ops->stop == NULL)
		room_exit();
	else
		self.ops->stop(room);
	peer_answer(p, m->rid, ROOM_PA_STOPPING, &stopping);
}

/* Without its parent a room has no orders and nobody to be watched by. */
static void
on_parent_gone(void *room, struct peer *p)
{
	(void)room;
	(void)p;
	_exit(0);
}

static void
set_handlers(const struct room_ops *ops)
{
	if (ops->handlers != NULL)
		/* cppcheck-suppress pointerSize; it is an array */
		memcpy(self.handlers, ops->handlers, sizeof(self.handlers));
	self.handlers[PA_ROOM_START] = on_pa_room_start;
	self.handlers[PA_ROOM_PEER] = on_pa_room_peer;
	self.handlers[PA_ROOM_PEER_GONE] = on_pa_room_peer_gone;
	self.handlers[PA_ROOM_GO] = on_pa_room_go;
	self.handlers[PA_ROOM_LOG] = on_pa_room_log;
	self.handlers[PA_ROOM_STOP] = on_pa_room_stop;
	self.handlers[PA_ROOM_COUNT] = on_pa_room_count;
}

/*
 * epoll needs no file system and is there on every kernel we run on; select
 * has a ceiling on descriptors.  Whatever is chosen is chosen before the
 * sandbox.
 */
static void
make_base(void)
{
	struct event_config	*config;

	if ((config = event_config_new()) == NULL ||
	    event_config_avoid_method(config, "select") == -1 ||
	    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == -1 ||
	    (self.base = event_base_new_with_config(config)) == NULL)
		fatalx("no event loop");
	event_config_free(config);
}

int
room_run(const struct room_ops *ops)
{
	struct peer_config	 config = {
		.self = ops->room, .other = ROOM_PARENT, .room = ops->ctx,
		.handlers = self.handlers, .gone = on_parent_gone,
		.high_water = 4 * 1024 * 1024,
	};

	log_init(ops->program);
	count_init();
	if (fcntl(PARENT_FD, F_GETFD) == -1)
		fatalx("%s is started by dexd, not by hand", ops->program);
	closefrom(PARENT_FD + 1);
	/* A terminal's ^C goes to the whole group; the parent decides. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() == -1)
		fatalx("libsodium does not start");
	self.ops = ops;
	set_handlers(ops);
	make_base();
	if ((self.parent = peer_new(self.base, PARENT_FD, &config)) == NULL)
		fatal("cannot listen to the parent");
	event_base_dispatch(self.base);
	peer_flush(self.parent, 1000);
	return (0);
}
