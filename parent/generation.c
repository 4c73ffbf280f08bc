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
#include <string.h>
#include <time.h>

#include <bsd/unistd.h>
#include <event2/event.h>
#include <unistd.h>

#include "count.h"
#include "log.h"
#include "parent.h"

/*
 * A generation is one complete set of children with one configuration.  It
 * starts, serves when every child is ready, and drains when a newer one does.
 */

#define START_TIME	30	/* seconds until every child must be ready */
#define DRAIN_TIME	40	/* a little more than a frontend's own limit */
#define CRASHES_MAX	5	/* a minute, without waiting */

struct child *
generation_find(struct generation *g, enum room room)
{
	struct child	*c;

	TAILQ_FOREACH(c, &g->children, entry)
		if (c->room == room)
			return (c);
	return (NULL);
}

unsigned
crash_delay(unsigned *crashes, time_t *last, time_t now)
{
	if (now - *last > 60)
		*crashes = 0;
	*last = now;
	if (++*crashes <= CRASHES_MAX)
		return (0);
	return (*crashes > CRASHES_MAX + 5 ? 30 :
	    1u << (*crashes - CRASHES_MAX - 1));
}

static uint32_t
cores(void)
{
	long	 n = sysconf(_SC_NPROCESSORS_ONLN);

	return (n < 1 ? 1 : n > 64 ? 64 : (uint32_t)n);
}

static void
make_workers(struct generation *g)
{
	static const char * const	 programs[AUTHN_PROGRAM_MAX] = {
		[AUTHN_LOCAL] = "authn-local", [AUTHN_MOCK] = "authn-mock" };
	struct connector_conf		*k;
	uint32_t			 i, n;

	TAILQ_FOREACH(k, &g->settings->connectors, entry) {
		n = k->instances == 0 ? cores() : k->instances;
		for (i = 0; i < n; i++)
			child_new(g->parent, g, ROOM_AUTHN,
			    programs[k->program], k->id, i);
	}
}

static void
make_frontends(struct generation *g)
{
	const struct listen_conf	*l;
	uint32_t			 i, instance = 0;
	bool				 plain = false, tls = false;

	TAILQ_FOREACH(l, &g->settings->listens, entry)
		if (l->tls)
			tls = true;
		else
			plain = true;
	for (i = 0; plain && i < g->settings->frontends; i++)
		child_new(g->parent, g, ROOM_FRONTEND, "frontend", "",
		    instance++);
	for (i = 0; tls && i < g->settings->frontends; i++)
		child_new(g->parent, g, ROOM_FRONTEND, "frontend-tls", "",
		    instance++);
}

static void
on_start_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct generation	*g = arg;
	struct child		*c;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(c, &g->children, entry)
		if (!c->ready) {
			log_error("a room does not get ready", "room",
			    c->program);
			child_kill(c);
		}
}

struct generation *
generation_start(struct parent *p, struct settings *s)
{
	const struct timeval	 tv = { START_TIME, 0 };
	struct generation	*g = xcalloc(1, sizeof(*g));
	struct child		*c;

	g->parent = p;
	g->settings = settings_ref(s);
	g->number = ++p->next_generation;
	TAILQ_INIT(&g->children);
	TAILQ_INSERT_TAIL(&p->generations, g, entry);
	p->ngenerations++;
	event_assign(&g->deadline, p->base, -1, 0, on_start_deadline, g);
	event_add(&g->deadline, &tv);
	child_new(p, g, ROOM_ENGINE, "engine", "", 0);
	child_new(p, g, ROOM_SIGNER, "signer", "", 0);
	make_workers(g);
	make_frontends(g);
	child_new(p, g, ROOM_CONTROL, "control", "", 0);
	TAILQ_FOREACH(c, &g->children, entry)
		if (child_spawn(c) == -1)
			fatalx("cannot start the rooms");
		else
			child_furnish(c);
	child_go(generation_find(g, ROOM_ENGINE));
	return (g);
}

static void
generation_free(struct generation *g)
{
	struct parent	*p = g->parent;
	struct child	*c;

	while ((c = TAILQ_FIRST(&g->children)) != NULL)
		child_free(c);
	event_del(&g->deadline);
	TAILQ_REMOVE(&p->generations, g, entry);
	p->ngenerations--;
	settings_unref(g->settings);
	free(g);
	if (p->stopping && p->ngenerations == 0)
		parent_exit(p, p->status);
}

/* ---- serving ---- */

static void
give_listeners(struct child *frontend)
{
	bool			 tls = strcmp(frontend->program,
				    "frontend-tls") == 0;
	struct msg_pa_fe_listen	 m = { .tls = tls };
	struct listener		*l;

	TAILQ_FOREACH(l, &frontend->parent->listeners, entry)
		if (l->wanted && l->tls == tls) {
			m.address = span_str(l->address);
			child_tell(frontend, PA_FE_LISTEN, &m, l->fd);
		}
}

static bool
all_ready(const struct generation *g)
{
	const struct child	*c;

	TAILQ_FOREACH(c, &g->children, entry)
		if (!c->ready)
			return (false);
	return (true);
}

static void
begin_serving(struct generation *g)
{
	struct parent		*p = g->parent;
	struct generation	*old, *next;
	struct child		*c;

	g->state = GEN_SERVING;
	event_del(&g->deadline);
	TAILQ_FOREACH(c, &g->children, entry)
		if (c->room == ROOM_FRONTEND)
			give_listeners(c);
	logf_info("serving with configuration %s", p->options.config);
	background_ready();
	/* Before the old control room, which asked, is told to stop. */
	reload_answer(p, RESULT_OK, "reloaded");
	TAILQ_FOREACH_SAFE(old, &p->generations, entry, next)
		if (old != g && old->state == GEN_SERVING) {
			count_one(COUNT_RELOADS, "ok");
			generation_drain(old);
		}
	listeners_prune(p, g->settings);
}

void
generation_child_ready(struct generation *g, struct child *c)
{
	if (g->state == GEN_STARTING && all_ready(g))
		begin_serving(g);
	else if (g->state == GEN_SERVING && c->room == ROOM_FRONTEND)
		give_listeners(c);
}

/* ---- draining ---- */

static bool
has_room(const struct generation *g, enum room room)
{
	const struct child	*c;

	TAILQ_FOREACH(c, &g->children, entry)
		if (c->room == room && c->pid != 0)
			return (true);
	return (false);
}

/* Frontends first, then the engine, then who answers to it. */
static void
drain_step(struct generation *g)
{
	struct child	*c, *next;

	TAILQ_FOREACH_SAFE(c, &g->children, entry, next) {
		if (c->pid == 0) {
			child_free(c);	/* it waited to be started again */
			continue;
		}
		if (c->room == ROOM_FRONTEND || c->room == ROOM_CONTROL)
			child_stop(c);
		else if (c->room == ROOM_ENGINE && !has_room(g, ROOM_FRONTEND))
			child_stop(c);
		else if (!has_room(g, ROOM_FRONTEND) &&
		    !has_room(g, ROOM_ENGINE))
			child_stop(c);
	}
	if (TAILQ_EMPTY(&g->children))
		generation_free(g);
}

void
generation_kill(struct generation *g)
{
	struct child	*c, *next;

	g->state = GEN_DRAINING;
	TAILQ_FOREACH_SAFE(c, &g->children, entry, next)
		if (c->pid == 0)
			child_free(c);
		else {
			c->stopping = true;
			child_kill(c);
		}
	if (TAILQ_EMPTY(&g->children))
		generation_free(g);
}

static void
on_drain_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	log_warn("a generation did not finish in time");
	generation_kill(arg);
}

void
generation_drain(struct generation *g)
{
	const struct timeval	 tv = { DRAIN_TIME, 0 };

	if (g->state == GEN_STARTING) {
		generation_kill(g);
		return;
	}
	g->state = GEN_DRAINING;
	event_del(&g->deadline);
	event_assign(&g->deadline, g->parent->base, -1, 0, on_drain_deadline,
	    g);
	event_add(&g->deadline, &tv);
	drain_step(g);
}

/* ---- what dies ---- */

static void
on_respawn(evutil_socket_t fd, short what, void *arg)
{
	struct child	*c = arg;

	(void)fd;
	(void)what;
	if (child_spawn(c) == 0)
		child_furnish(c);
	else {
		const struct timeval	 tv = { 5, 0 };

		event_add(&c->respawn, &tv);
	}
}

static void
replace(struct child *c)
{
	struct timeval	 tv = { 0, 0 };

	tv.tv_sec = crash_delay(&c->crashes, &c->crashed_at, time(NULL));
	count_one(COUNT_RESTARTS, c->program);
	gather_forget(c);
	wire_gone(c);
	if (c->peer != NULL) {
		peer_free(c->peer);
		c->peer = NULL;
	}
	c->pid = 0;
	c->ready = false;
	event_assign(&c->respawn, c->parent->base, -1, 0, on_respawn, c);
	event_add(&c->respawn, &tv);
}

static void
on_restart(evutil_socket_t fd, short what, void *arg)
{
	struct parent		*p = arg;
	struct generation	*g = TAILQ_LAST(&p->generations,
				    generation_list);

	(void)fd;
	(void)what;
	if (g != NULL && !p->stopping)
		generation_start(p, g->settings);
}

/* The engine is gone, and with it every request: a whole new set. */
static void
restart(struct generation *g)
{
	struct parent	*p = g->parent;
	struct timeval	 tv = { 0, 0 };

	tv.tv_sec = crash_delay(&p->restarts, &p->restarted_at, time(NULL));
	count_one(COUNT_RESTARTS, "engine");
	event_assign(&p->restart, p->base, -1, 0, on_restart, p);
	event_add(&p->restart, &tv);
}

/* A generation that never served: the older one goes on, if there is one. */
static void
start_failed(struct generation *g, const struct child *c)
{
	struct parent		*p = g->parent;
	struct generation	*old;

	log_error("a room died while starting", "room", c->program);
	reload_answer(p, RESULT_FAILED, "a room died while starting; see the "
	    "log");
	TAILQ_FOREACH(old, &p->generations, entry)
		if (old != g && old->state == GEN_SERVING)
			break;
	if (old == NULL) {
		p->stopping = true;
		p->status = 1;
	} else
		count_one(COUNT_RELOADS, "failed");
	if (old != NULL && generation_find(old, ROOM_ENGINE) == NULL)
		restart(old);
	generation_kill(g);
}

void
generation_child_died(struct generation *g, struct child *c, bool ok)
{
	(void)ok;
	if (g->state == GEN_DRAINING || c->stopping) {
		child_free(c);
		if (g->state == GEN_DRAINING)
			drain_step(g);
		return;
	}
	if (g->state == GEN_STARTING) {
		c->pid = 0;
		start_failed(g, c);
		return;
	}
	log_error("a room died", "room", c->program, "name", c->name);
	if (c->room == ROOM_ENGINE) {
		child_free(c);
		restart(g);
	} else
		replace(c);
}
