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

#include <stdlib.h>
#include <unistd.h>

#include <bsd/unistd.h>
#include <event2/event.h>

#include "control.h"
#include "log.h"
#include "room.h"

#define ANSWER_TIME_MS	60000	/* a reload may take its time */

static void
client_free(struct client *c)
{
	struct control	*ctl = c->control;

	TAILQ_REMOVE(&ctl->clients, c, entry);
	ctl->nclients--;
	peer_forget(room_parent(), c);
	if (ctl->engine != NULL)
		peer_forget(ctl->engine, c);
	peer_free(c->peer);
	free(c);
}

static void
on_client_gone(void *room, struct peer *p)
{
	struct client	*c = room;

	(void)p;
	client_free(c);
}

static void
answer(struct client *c, enum result status, struct span text,
    struct span json)
{
	struct msg_ct_cl_result	 m = { .status = (uint8_t)status,
				    .text = text, .json = json };

	c->busy = false;
	peer_answer(c->peer, c->rid, CT_CL_RESULT, &m);
}

static void
on_parent_result(void *arg, struct msg *m)
{
	if (m == NULL)
		answer(arg, RESULT_FAILED, span_str("no answer"),
		    span_str("{}"));
	else
		answer(arg, (enum result)m->pa_ct_result.status,
		    m->pa_ct_result.text, m->pa_ct_result.json);
}

static void
on_engine_result(void *arg, struct msg *m)
{
	if (m == NULL)
		answer(arg, RESULT_FAILED, span_str("no answer"),
		    span_str("{}"));
	else
		answer(arg, (enum result)m->en_ct_result.status,
		    m->en_ct_result.text, m->en_ct_result.json);
}

static int
pass_on(struct client *c, const struct msg_cl_ct_command *m)
{
	struct msg_ct_pa_command	 pa = { .command = m->command,
					    .argument = m->argument };
	struct msg_ct_en_command	 en = { .command = m->command,
					    .argument = m->argument };

	if (m->command != COMMAND_ROTATE_KEYS)
		return (peer_ask(room_parent(), CT_PA_COMMAND, &pa,
		    ANSWER_TIME_MS, on_parent_result, c));
	if (c->control->engine == NULL)
		return (-1);
	return (peer_ask(c->control->engine, CT_EN_COMMAND, &en,
	    ANSWER_TIME_MS, on_engine_result, c));
}

static void
on_cl_ct_command(void *room, struct peer *p, struct msg *m)
{
	struct client	*c = room;

	(void)p;
	if (c->busy) {
		peer_bad(c->peer, "two commands at once");
		return;
	}
	c->rid = m->rid;
	c->busy = true;
	if (m->cl_ct_command.version != 1)
		answer(c, RESULT_FAILED,
		    span_str("dexctl and dexd are of two versions"),
		    span_str("{}"));
	else if (pass_on(c, &m->cl_ct_command) == -1)
		answer(c, RESULT_BUSY, span_str("try again shortly"),
		    span_str("{}"));
}

/* The socket's mode keeps others out; its peer's credentials do so again. */
static bool
is_admin(const struct control *ctl, int fd)
{
	uid_t	 uid;
	gid_t	 gid;

	return (getpeereid(fd, &uid, &gid) == 0 &&
	    (uid == 0 || uid == ctl->owner));
}

static void
client_new(struct control *ctl, int fd)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[CL_CT_COMMAND] = on_cl_ct_command,
	};
	struct client			*c;
	struct peer_config		 conf = { .self = ROOM_CONTROL,
		.other = ROOM_DEXCTL, .handlers = handlers,
		.gone = on_client_gone };

	if (ctl->nclients == CLIENTS_MAX || !is_admin(ctl, fd) ||
	    (c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return;
	}
	c->control = ctl;
	conf.room = c;
	if ((c->peer = peer_new(room_base(), fd, &conf)) == NULL) {
		free(c);
		return;
	}
	TAILQ_INSERT_TAIL(&ctl->clients, c, entry);
	ctl->nclients++;
}

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

/* A moment for the answer that is on its way ("stopping", "reloaded"). */
static void
stop(void *room)
{
	struct control	*ctl = room;
	struct client	*c;

	if (ctl->fd != -1)
		event_del(&ctl->readable);
	TAILQ_FOREACH(c, &ctl->clients, entry)
		peer_flush(c->peer, 100);
	room_exit();
}

int
main(void)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[PA_CT_SOCKET] = on_pa_ct_socket,
	};
	static struct control		 control = { .fd = -1 };
	const struct room_ops		 ops = {
		.room = ROOM_CONTROL, .program = "control", .ctx = &control,
		.handlers = handlers, .peer = wire_new, .ready = ready,
		.stop = stop,
	};

	TAILQ_INIT(&control.clients);
	return (room_run(&ops));
}
