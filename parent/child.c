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

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "log.h"
#include "parent.h"
#include "sandbox.h"

#define CHILD_FD	3
#define STOP_TIME_MS	5000	/* until the doors of a hung room count as closed */
#define QUEUE_MAX	(64 * 1024 * 1024)	/* a whole configuration */

extern char	**environ;

struct child *
child_new(struct parent *p, struct generation *gen, enum room room,
    const char *program, const char *name)
{
	struct child	*c = xcalloc(1, sizeof(*c));

	c->parent = p;
	c->gen = gen;
	c->room = room;
	c->program = program;
	c->name = xstrdup(name);
	if (gen != NULL)
		TAILQ_INSERT_TAIL(&gen->children, c, entry);
	return (c);
}

void
child_free(struct child *c)
{
	serve_asker_died(c->parent, c);
	gather_forget(c);
	keygen_forget(c);
	if (c->gen != NULL)
		TAILQ_REMOVE(&c->gen->children, c, entry);
	if (event_initialized(&c->restart))
		event_del(&c->restart);
	if (c->peer != NULL)
		peer_free(c->peer);
	free(c->name);
	free(c);
}

/*
 * In the new process: fd 3, the log, and nothing else, for all else that we
 * have closes itself.  posix_spawn(3) copies no page tables.
 */
static int
spawn(const struct child *c, int fd, pid_t *pid)
{
	posix_spawn_file_actions_t	 files;
	posix_spawnattr_t		 attr;
	sigset_t			 defaults;
	char				 path[1200];
	char				*argv[2], *empty[] = { NULL };
	int				 error;

	snprintf(path, sizeof(path), "%s/%s", c->parent->self, c->program);
	argv[0] = path;
	argv[1] = NULL;
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	if (posix_spawn_file_actions_init(&files) != 0)
		return (ENOMEM);
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return (ENOMEM);
	}
	error = posix_spawn_file_actions_adddup2(&files, fd, CHILD_FD);
	if (error == 0)
		error = posix_spawnattr_setsigdefault(&attr, &defaults);
	if (error == 0)
		error = posix_spawnattr_setflags(&attr,
		    POSIX_SPAWN_SETSIGDEF);
	/* Only the config room expands variables; secrets may be in there. */
	if (error == 0)
		error = posix_spawn(pid, path, &files, &attr, argv,
		    c->room == ROOM_CONFIG ? environ : empty);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return (error);
}

static void
on_gone(void *room, struct peer *peer)
{
	struct child	*c = room;

	gather_forget(c);
	if (c->peer == peer)
		c->peer = NULL;
	peer_free(peer);
	if (c->pid == 0)
		child_died(c, c->status);
	else
		child_kill(c);		/* SIGCHLD tells the rest */
}

static void
on_room_pa_ready(void *room, struct peer *peer, struct msg *m)
{
	struct child	*c = room;

	(void)m;
	if (c->ready) {
		peer_bad(peer, "ready twice");
		return;
	}
	c->ready = true;
	/* It has its slices and is about to hear strangers. */
	peer_set_bounds(peer, 0, 0);
	if (c->gen != NULL)
		generation_child_ready(c->gen, c);
	else if (c == c->parent->checker)
		theme_check_ready(c);
}

static void
on_au_pa_sealkey(void *room, struct peer *peer, struct msg *m)
{
	struct child	*c = room;

	/* Each is told to every frontend: not as often as it likes. */
	if (c->ready || c->has_sealkey) {
		peer_bad(peer, "a seal key twice, or late");
		return;
	}
	if (m->au_pa_sealkey.public_key.len != sizeof(c->sealkey)) {
		peer_bad(peer, "a seal key of the wrong length");
		return;
	}
	memcpy(c->sealkey, m->au_pa_sealkey.public_key.p, sizeof(c->sealkey));
	c->has_sealkey = true;
	sealkey_spread(c->gen, c);
}

/*
 * The engine broke off a wire, or found one broken: without that room for it
 * the service is not whole.  A broken engine gains nothing by lying: the room
 * is started again, and ever more slowly.
 */
static void
on_en_pa_lost(void *room, struct peer *peer, struct msg *m)
{
	struct child	*engine = room, *c;

	(void)peer;
	if (engine->gen->state == GEN_DRAINING)
		return;
	TAILQ_FOREACH(c, &engine->gen->children, entry)
		if (c != engine && c->pid != 0 &&
		    c->instance == m->en_pa_lost.instance &&
		    c->room == (enum room)m->en_pa_lost.room) {
			log_warn("the engine has lost a room", "program",
			    c->program, "name", c->name);
			child_kill(c);
		}
}

static void
on_sg_pa_keygen(void *room, struct peer *peer, struct msg *m)
{
	(void)peer;
	keygen_ask(room, (enum jwa)m->sg_pa_keygen.alg);
}

static peer_handler * const *
handlers(void)
{
	static peer_handler	*table[MSG_MAX];

	table[ROOM_PA_READY] = on_room_pa_ready;
	table[AU_PA_SEALKEY] = on_au_pa_sealkey;
	table[SG_PA_KEYGEN] = on_sg_pa_keygen;
	table[EN_PA_LOST] = on_en_pa_lost;
	parse_handlers(table);
	theme_handlers(table);
	command_handlers(table);
	gather_handlers(table);
	return (table);
}

int
child_spawn(struct child *c)
{
	struct peer_config	 conf = { .self = ROOM_PARENT,
		.other = c->room, .name = c->name, .room = c,
		.handlers = handlers(), .gone = on_gone,
		.high_water = QUEUE_MAX };
	int			 sv[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1) {
		log_error("no socketpair", "err", strerror(errno));
		return (-1);
	}
	error = spawn(c, sv[1], &c->pid);
	close(sv[1]);
	if (error != 0) {
		c->pid = 0;
		close(sv[0]);
		log_error("cannot start a program", "program", c->program,
		    "err", strerror(error));
		return (-1);
	}
	c->instance = conf.instance = ++c->parent->next_instance;
	c->ready = c->stopping = c->has_sealkey = false;
	c->peer = peer_new(c->parent->base, sv[0], &conf);
	if (c->peer == NULL)
		child_kill(c);		/* and then it is replaced */
	return (0);
}

void
child_tell(struct child *c, enum msg_type type, const void *m, int fd)
{
	if (c->peer == NULL || peer_tell(c->peer, type, m, fd) == 0)
		return;
	log_error("cannot tell a room", "program", c->program, "message",
	    msg_name(type));
	child_kill(c);
}

void
child_tell_slice(struct child *c, const struct slice *s)
{
	if (c->peer == NULL || peer_tell_raw(c->peer, s->type,
	    buf_span(&s->body)) == 0)
		return;
	log_error("cannot tell a room its slice", "program", c->program,
	    "message", msg_name(s->type));
	child_kill(c);
}

void
child_start(struct child *c, const struct settings *s, const char *writable,
    const char *jail)
{
	const struct parent		*p = c->parent;
	struct msg_pa_room_start	 m = { .instance = c->instance,
		.drop = p->root, .log_level = p->options.verbose ?
		LOG_LVL_DEBUG : LOG_LVL_INFO };
	uid_t				 uid = 0;
	gid_t				 gid = 0;
	char				 title[64];

	if (c->name[0] == '\0')
		snprintf(title, sizeof(title), "%s", c->program);
	else
		snprintf(title, sizeof(title), "%s %.40s", c->program,
		    c->name);
	m.title = span_str(title);
	if (!span_is_utf8(m.title))
		m.title = span_str(c->program);
	if (p->root && room_user(p, c->room, &uid, &gid) == -1)
		fatalx("no user for the %s room", room_name(c->room));
	m.uid = (uint32_t)uid;
	m.gid = (uint32_t)gid;
	m.jail = span_str(p->root ? jail : "");
	m.writable = span_str(writable);
	if (s != NULL) {
		m.sandbox = (uint8_t)s->sandbox;
		m.log_format = (uint8_t)s->log_format;
		m.log_exclude = msg_list_of(&s->log_exclude);
		if (!p->options.verbose)
			m.log_level = (uint8_t)s->log_level;
	} else if (sandbox_missing() != NULL)
		/* Only the config room can learn whether that is allowed. */
		m.sandbox = SANDBOX_BEST_EFFORT;
#ifdef DEXD_SANITIZE
	m.sandbox = SANDBOX_OFF;
#endif
	child_tell(c, PA_ROOM_START, &m, -1);
}

void
child_go(struct child *c)
{
	struct msg_pa_room_go	 m = { 0 };

	child_tell(c, PA_ROOM_GO, &m, -1);
}

/* Its doors are closed; with m NULL it hangs or has gone. */
static void
on_stopping(void *arg, struct msg *m)
{
	struct child	*c = arg;

	(void)m;
	c->closing = false;
	serve_door_closed(c->parent);
}

void
child_stop(struct child *c)
{
	struct msg_pa_room_stop	 m = { 0 };

	if (event_initialized(&c->restart))
		event_del(&c->restart);
	if (c->stopping)
		return;
	c->stopping = true;
	if (c->peer == NULL)
		return;
	c->closing = true;
	if (peer_ask(c->peer, PA_ROOM_STOP, &m, STOP_TIME_MS, on_stopping,
	    c) == 0)
		return;
	c->closing = false;
	child_kill(c);
}

void
child_kill(struct child *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
}
