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

#include <sys/socket.h>

#include <event2/event.h>

#include "control.h"
#include "log.h"
#include "room.h"

/* The control room's orders and its wire to the engine. */

static void
on_connection(evutil_socket_t lfd, short what, void *arg)
{
	int	 fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd != -1)
		client_new(arg, fd);
}

static void
on_pa_ct_socket(void *room, struct peer *p, struct msg *m)
{
	struct control	*ctl = room;

	(void)p;
	if (ctl->fd != -1)
		fatalx("two admin sockets");
	ctl->fd = m->fd;
	ctl->owner = (uid_t)m->pa_ct_socket.owner;
	event_assign(&ctl->readable, room_base(), ctl->fd,
	    EV_READ | EV_PERSIST, on_connection, ctl);
	event_add(&ctl->readable, NULL);
}

static void
on_engine_gone(void *room, struct peer *p)
{
	struct control	*ctl = room;

	if (p == ctl->engine)
		ctl->engine = NULL;
	peer_free(p);
}

static void
wire_new(void *room, enum room other, const char *name, uint32_t instance,
    int fd)
{
	static peer_handler * const	 none[MSG_MAX];
	struct control			*ctl = room;
	struct peer_config		 c = { .self = ROOM_CONTROL,
		.other = other, .name = name, .instance = instance,
		.room = ctl, .handlers = none, .gone = on_engine_gone };

	if (other != ROOM_ENGINE)
		fatalx("no wire to %s is expected here", room_name(other));
	if (ctl->engine != NULL)
		on_engine_gone(ctl, ctl->engine);
	if ((ctl->engine = peer_new(room_base(), fd, &c)) == NULL)
		fatalx("cannot keep a wire");
	if (!ctl->ready)
		peer_pause(ctl->engine);
}

static void
ready(void *room)
{
	struct control	*ctl = room;

	ctl->ready = true;
	if (ctl->engine != NULL)
		peer_resume(ctl->engine);
}

static void
on_leave(evutil_socket_t fd, short what, void *arg)
{
	struct control	*ctl = arg;

	(void)fd;
	(void)what;
	ctl->late = true;
	clients_finish(ctl);
}

/* Who was let in before the door closed has asked, or is about to. */
static void
stop(void *room)
{
	const struct timeval	 tv = { LAST_IDLE_TIME, 0 };
	struct control		*ctl = room;

	ctl->stopping = true;
	if (ctl->fd != -1)
		event_del(&ctl->readable);
	event_assign(&ctl->leave, room_base(), -1, 0, on_leave, ctl);
	event_add(&ctl->leave, &tv);
	clients_finish(ctl);
}

int
main(void)
{
	static peer_handler	*handlers[MSG_MAX];
	static struct control		 control = { .fd = -1 };
	const struct room_ops		 ops = {
		.room = ROOM_CONTROL, .program = "control", .ctx = &control,
		.handlers = handlers, .peer = wire_new, .ready = ready,
		.stop = stop,
	};

	TAILQ_INIT(&control.clients);
	lists_init(&control);
	handlers[PA_CT_SOCKET] = on_pa_ct_socket;
	lists_handlers(handlers);
	stats_handlers(handlers);
	return (room_run(&ops));
}
