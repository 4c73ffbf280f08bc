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

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <bsd/unistd.h>
#include <event2/event.h>

#include "control.h"
#include "log.h"
#include "room.h"

/*
 * One connection of dexctl.  The socket's mode says who may read; what changes
 * anything is for root and the owner, asked of the kernel and not of dexctl.
 */

#define VERSION		2
#define ANSWER_TIME_MS	60000	/* a reload may take its time */

static void
client_free(struct client *c)
{
	struct control	*ctl = c->control;

	TAILQ_REMOVE(&ctl->clients, c, entry);
	ctl->nclients--;
	if (!c->admin)
		ctl->nreaders--;
	event_del(&c->idle);
	peer_forget(room_parent(), c);
	if (ctl->engine != NULL)
		peer_forget(ctl->engine, c);
	peer_free(c->peer);
	rows_unref(c->stats);
	free(c);
	clients_finish(ctl);
}

static void
on_client_gone(void *room, struct peer *p)
{
	(void)p;
	client_free(room);
}

static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	client_free(arg);
}

static void
wait_for_command(struct client *c)
{
	const struct timeval	 tv = { IDLE_TIME, 0 };

	c->busy = false;
	event_add(&c->idle, &tv);
	clients_finish(c->control);
}

void
client_answer(struct client *c, enum result status, struct span text,
    struct span json)
{
	struct msg_ct_cl_result	 m = { .status = (uint8_t)status,
				    .text = text, .json = json };

	peer_answer(c->peer, c->rid, CT_CL_RESULT, &m);
	wait_for_command(c);
}

void
client_show(struct client *c, const struct rows *r, uint32_t from)
{
	struct msg_ct_cl_result	 m = { .status = RESULT_OK,
				    .list = span_str(r->name) };
	struct buf		 text, json;

	buf_init(&text, 16384);
	buf_init(&json, 61440);
	m.next = rows_page(r, from, &text, &json);
	m.text = buf_span(&text);
	m.json = buf_span(&json);
	peer_answer(c->peer, c->rid, CT_CL_RESULT, &m);
	wait_for_command(c);
	buf_clear(&text);
	buf_clear(&json);
}

static void
refuse(struct client *c, enum result status, const char *why)
{
	client_answer(c, status, span_str(why), span_str("{}"));
}

static void
on_parent_result(void *arg, struct msg *m)
{
	if (m == NULL)
		refuse(arg, RESULT_FAILED, "no answer");
	else
		client_answer(arg, (enum result)m->pa_ct_result.status,
		    m->pa_ct_result.text, m->pa_ct_result.json);
}

static void
on_engine_result(void *arg, struct msg *m)
{
	if (m == NULL)
		refuse(arg, RESULT_FAILED, "no answer");
	else
		client_answer(arg, (enum result)m->en_ct_result.status,
		    m->en_ct_result.text, m->en_ct_result.json);
}

static void
ask_parent(struct client *c, enum command command)
{
	struct msg_ct_pa_command	 m = { .command = (uint8_t)command };

	if (peer_ask(room_parent(), CT_PA_COMMAND, &m, ANSWER_TIME_MS,
	    on_parent_result, c) == -1)
		refuse(c, RESULT_BUSY, "try again shortly");
}

static void
ask_engine(struct client *c, enum command command)
{
	struct msg_ct_en_command	 m = { .command = (uint8_t)command };
	struct peer			*engine = c->control->engine;

	if (engine == NULL || peer_ask(engine, CT_EN_COMMAND, &m,
	    ANSWER_TIME_MS, on_engine_result, c) == -1)
		refuse(c, RESULT_BUSY, "try again shortly");
}

/* Readers must not keep the other rooms busy. */
static bool
may_pass_on(struct client *c)
{
	struct control	*ctl = c->control;
	struct timespec	 ts;

	if (c->admin)
		return (true);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (ts.tv_sec != ctl->reads_at) {
		ctl->reads_at = ts.tv_sec;
		ctl->reads = 0;
	}
	return (ctl->reads++ < READS_A_SECOND);
}

static void
dispatch(struct client *c, enum command command, uint32_t from)
{
	struct control	*ctl = c->control;

	if (command == COMMAND_SHOW_CLIENTS)
		client_show(c, ctl->shown_clients, from);
	else if (command == COMMAND_SHOW_CONNECTORS)
		client_show(c, ctl->shown_connectors, from);
	else if (command == COMMAND_SHOW_USERS)
		client_show(c, ctl->shown_users, from);
	else if (command == COMMAND_SHOW_STATS && from != 0 &&
	    c->stats != NULL)
		client_show(c, c->stats, from);
	else if (!may_pass_on(c))
		refuse(c, RESULT_BUSY, "too many ask at once");
	else if (command == COMMAND_SHOW_STATS)
		stats_ask(c);
	else if (command == COMMAND_ROTATE_KEYS ||
	    command == COMMAND_SHOW_KEYS)
		ask_engine(c, command);
	else
		ask_parent(c, command);
}

/* What changes something leaves a line, and so does who may not. */
static bool
is_allowed(const struct client *c, const struct command_info *info)
{
	char	 uid[24];

	if (!info->changes)
		return (true);
	snprintf(uid, sizeof(uid), "%lu", (unsigned long)c->uid);
	if (c->admin)
		log_info("command", "command", info->words, "uid", uid);
	else
		log_warn("command denied", "command", info->words, "uid",
		    uid);
	return (c->admin);
}

static void
on_cl_ct_command(void *room, struct peer *p, struct msg *m)
{
	struct client			*c = room;
	const struct command_info	*info;

	(void)p;
	if (c->busy) {
		peer_bad(c->peer, "two commands at once");
		return;
	}
	c->rid = m->rid;
	c->busy = true;
	event_del(&c->idle);
	info = command_info((enum command)m->cl_ct_command.command);
	if (m->cl_ct_command.version != VERSION || info == NULL)
		refuse(c, RESULT_FAILED,
		    "dexctl and dexd are of two versions");
	else if (!is_allowed(c, info))
		refuse(c, RESULT_DENIED, "only root and the user that runs "
		    "dexd may do that");
	else
		dispatch(c, info->command, m->cl_ct_command.from);
}

/* Whoever has asked for nothing gives way to one who may do everything. */
static bool
make_way(struct control *ctl)
{
	struct client	*c;

	TAILQ_FOREACH(c, &ctl->clients, entry)
		if (!c->busy) {
			client_free(c);
			return (true);
		}
	return (false);
}

static bool
has_room_for(struct control *ctl, bool admin)
{
	if (!admin && ctl->nreaders == READERS_MAX)
		return (false);
	return (ctl->nclients < CLIENTS_MAX || (admin && make_way(ctl)));
}

void
client_new(struct control *ctl, int fd)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[CL_CT_COMMAND] = on_cl_ct_command,
	};
	struct peer_config		 conf = { .self = ROOM_CONTROL,
		.other = ROOM_DEXCTL, .handlers = handlers,
		.gone = on_client_gone };
	struct client			*c = NULL;
	uid_t				 uid;
	gid_t				 gid;
	bool				 admin;

	if (getpeereid(fd, &uid, &gid) == -1) {
		close(fd);
		return;
	}
	admin = uid == 0 || uid == ctl->owner;
	if (!has_room_for(ctl, admin) ||
	    (c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return;
	}
	c->control = ctl;
	c->uid = uid;
	c->admin = admin;
	conf.room = c;
	if ((c->peer = peer_new(room_base(), fd, &conf)) == NULL) {
		free(c);
		return;
	}
	event_assign(&c->idle, room_base(), -1, 0, on_idle, c);
	TAILQ_INSERT_TAIL(&ctl->clients, c, entry);
	ctl->nclients++;
	if (!admin)
		ctl->nreaders++;
	wait_for_command(c);
}

void
clients_finish(struct control *ctl)
{
	struct client	*c;

	if (!ctl->stopping)
		return;
	TAILQ_FOREACH(c, &ctl->clients, entry)
		if (c->busy || !ctl->late)
			return;
	/* A moment for the answers that are on their way. */
	TAILQ_FOREACH(c, &ctl->clients, entry)
		peer_flush(c->peer, 100);
	room_exit();
}
