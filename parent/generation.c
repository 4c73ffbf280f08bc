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

/* Seconds until every child must be ready, and one that replaces another. */
#ifdef DEXD_SANITIZE
#define START_TIME	180	/* instrumented programs start slowly */
#define RESTART_TIME	60
#else
#define START_TIME	30
#define RESTART_TIME	10
#endif
#define DRAIN_TIME	40	/* a little more than a frontend's own limit */
#define LAST_BYTES_TIME	5	/* without an engine nothing more is answered */

struct child *
generation_find(struct generation *g, enum room room)
{
	struct child	*c;

	TAILQ_FOREACH(c, &g->children, entry)
		if (c->room == room)
			return (c);
	return (NULL);
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
			    programs[k->program], k->id);
	}
}

static void
make_frontends(struct generation *g)
{
	const struct listen_conf	*l;
	uint32_t			 i;
	bool				 kinds[LISTEN_MAX] = { false };

	TAILQ_FOREACH(l, &g->settings->listens, entry)
		kinds[l->kind] = true;
	for (i = 0; kinds[LISTEN_HTTP] && i < g->settings->frontends; i++)
		child_new(g->parent, g, ROOM_FRONTEND, "frontend", "");
	for (i = 0; kinds[LISTEN_HTTPS] && i < g->settings->frontends; i++)
		child_new(g->parent, g, ROOM_FRONTEND, "frontend-tls", "");
	if (kinds[LISTEN_TELEMETRY])
		child_new(g->parent, g, ROOM_TELEMETRY, "telemetry", "");
}

static void
give_up(struct child *c)
{
	log_error("a room does not get ready", "program", c->program);
	child_kill(c);
}

static void
on_start_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct generation	*g = arg;
	struct child		*c;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(c, &g->children, entry)
		if (!c->ready)
			give_up(c);
}

static struct generation *
generation_new(struct parent *p, struct settings *s, struct keypair *pair,
    enum gen_why why)
{
	struct generation	*g = xcalloc(1, sizeof(*g));
	uint32_t		 i;

	g->parent = p;
	g->settings = settings_ref(s);
	g->pair = keypair_ref(pair);
	g->state = GEN_STARTING;
	g->why = why;
	g->number = ++p->next_generation;
	TAILQ_INIT(&g->children);
	TAILQ_INSERT_TAIL(&p->generations, g, entry);
	child_new(p, g, ROOM_ENGINE, "engine", "");
	for (i = 0; i < s->signers; i++)
		child_new(p, g, ROOM_SIGNER, "signer", "");
	make_workers(g);
	make_frontends(g);
	child_new(p, g, ROOM_CONTROL, "control", "");
	return (g);
}

void
generation_start(struct parent *p, struct settings *s, struct keypair *pair,
    enum gen_why why)
{
	const struct timeval	 tv = { START_TIME, 0 };
	struct generation	*g = generation_new(p, s, pair, why);
	struct child		*c;

	p->starting = g;
	event_assign(&g->deadline, p->base, -1, 0, on_start_deadline, g);
	event_add(&g->deadline, &tv);
	TAILQ_FOREACH(c, &g->children, entry)
		if (child_spawn(c) == -1 || child_furnish(c) == -1) {
			serve_start_failed(g, c->program);
			return;
		}
	child_go(generation_find(g, ROOM_ENGINE));
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
	settings_unref(g->settings);
	keypair_unref(g->pair);
	serve_gone(g);
	free(g);
}

/* ---- serving ---- */

static bool
listens(const struct child *c)
{
	return (c->room == ROOM_FRONTEND || c->room == ROOM_TELEMETRY);
}

static enum listen_kind
kind_of(const struct child *c)
{
	if (c->room == ROOM_TELEMETRY)
		return (LISTEN_TELEMETRY);
	return (strcmp(c->program, "frontend-tls") == 0 ? LISTEN_HTTPS :
	    LISTEN_HTTP);
}

/* The doors: only what serves has them. */
static void
give_listeners(struct child *c)
{
	enum listen_kind		 kind = kind_of(c);
	struct msg_pa_fe_listen		 fe = { 0 };
	struct msg_pa_tm_listen		 tm = { 0 };
	const struct listen_conf	*conf;
	struct listener			*l;

	TAILQ_FOREACH(conf, &c->gen->settings->listens, entry) {
		l = listener_find(c->parent, conf);
		if (l == NULL || conf->kind != kind)
			continue;
		fe.address = tm.address = span_str(l->address);
		if (kind == LISTEN_TELEMETRY)
			child_tell(c, PA_TM_LISTEN, &tm, l->fd);
		else
			child_tell(c, PA_FE_LISTEN, &fe, l->fd);
	}
}

static void
give_doors(struct child *c)
{
	struct msg_pa_ct_socket	 m = { .owner = (uint32_t)geteuid() };

	if (listens(c))
		give_listeners(c);
	else if (c->room == ROOM_CONTROL)
		child_tell(c, PA_CT_SOCKET, &m, c->parent->control_fd);
}

void
generation_serve(struct generation *g)
{
	struct child	*c;

	g->state = GEN_SERVING;
	g->served = true;
	event_del(&g->deadline);
	TAILQ_FOREACH(c, &g->children, entry)
		give_doors(c);
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

void
generation_child_ready(struct generation *g, struct child *c)
{
	if (g->state == GEN_STARTING && all_ready(g))
		serve_ready(g);
	else if (g->state == GEN_SERVING) {
		event_del(&c->restart);
		give_doors(c);
	}
}

/* ---- draining ---- */

static bool
has_room(const struct generation *g, enum room room)
{
	const struct child	*c;

	TAILQ_FOREACH(c, &g->children, entry)
		if (c->room == room)
			return (true);
	return (false);
}

/* While nobody serves, the control room of the last who did hears dexctl. */
static bool
is_needed(const struct child *c)
{
	const struct parent	*p = c->parent;

	return (c->room == ROOM_CONTROL && c->pid != 0 && c->gen->served &&
	    !p->stopping && p->serving == NULL && !c->stopping);
}

/* Frontends first, then the engine, then who answers to it. */
static bool
may_leave(const struct child *c)
{
	if (is_needed(c))
		return (false);
	if (listens(c) || c->room == ROOM_CONTROL)
		return (true);
	if (has_room(c->gen, ROOM_FRONTEND))
		return (false);
	return (c->room == ROOM_ENGINE || !has_room(c->gen, ROOM_ENGINE));
}

/* True when the last of them has left, and with it the generation. */
static bool
drain_step(struct generation *g)
{
	const struct timeval	 tv = { LAST_BYTES_TIME, 0 };
	struct child		*c, *next;

	TAILQ_FOREACH_SAFE(c, &g->children, entry, next)
		if (c->pid == 0)
			child_free(c);	/* it waited to be started again */
	TAILQ_FOREACH(c, &g->children, entry)
		if (may_leave(c)) {
			child_stop(c);
			/* The control room may have outstayed the first. */
			if (!event_pending(&g->deadline, EV_TIMEOUT, NULL))
				event_add(&g->deadline, &tv);
		}
	if (!TAILQ_EMPTY(&g->children))
		return (false);
	generation_free(g);
	return (true);
}

static void
forget(struct generation *g)
{
	struct parent	*p = g->parent;

	if (p->serving == g)
		p->serving = NULL;
	if (p->starting == g)
		p->starting = NULL;
}

void
generation_kill(struct generation *g)
{
	struct child	*c, *next;

	forget(g);
	g->state = GEN_DRAINING;
	event_del(&g->deadline);
	TAILQ_FOREACH_SAFE(c, &g->children, entry, next)
		if (c->pid == 0)
			child_free(c);
		else if (!is_needed(c)) {
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
	struct timeval	 tv = { DRAIN_TIME, 0 };
	struct child	*c;

	if (g->state == GEN_STARTING) {
		generation_kill(g);
		return;
	}
	if (g->state == GEN_SERVING) {
		g->state = GEN_DRAINING;
		if (!has_room(g, ROOM_ENGINE))
			tv.tv_sec = LAST_BYTES_TIME;
		event_assign(&g->deadline, g->parent->base, -1, 0,
		    on_drain_deadline, g);
		event_add(&g->deadline, &tv);
		TAILQ_FOREACH(c, &g->children, entry)
			keygen_forget(c);
	}
	drain_step(g);
}

void
generations_relieve(struct parent *p)
{
	struct generation	*g, *next;

	TAILQ_FOREACH_SAFE(g, &p->generations, entry, next)
		if (g->state == GEN_DRAINING)
			drain_step(g);
}

/* ---- what dies ---- */

static void	 replace(struct child *);

static void
on_restart_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	give_up(arg);
}

static void
on_restart(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval	 tv = { RESTART_TIME, 0 };
	struct child		*c = arg;

	(void)fd;
	(void)what;
	if (child_spawn(c) == -1) {
		replace(c);
		return;
	}
	event_assign(&c->restart, c->parent->base, -1, 0, on_restart_deadline,
	    c);
	event_add(&c->restart, &tv);
	if (child_furnish(c) == -1)
		child_kill(c);
}

static void
replace(struct child *c)
{
	struct timeval	 tv = { 0, 0 };

	tv.tv_sec = backoff_next(&c->backoff, seconds_now());
	count_one(COUNT_RESTARTS, c->program);
	gather_forget(c);
	keygen_forget(c);
	wire_gone(c);
	c->pid = 0;
	c->ready = false;
	if (event_initialized(&c->restart))
		event_del(&c->restart);
	event_assign(&c->restart, c->parent->base, -1, 0, on_restart, c);
	event_add(&c->restart, &tv);
}

void
generation_child_died(struct generation *g, struct child *c)
{
	enum death	 death = death_decide(g->state,
			    c->room == ROOM_ENGINE, c->stopping);

	if (death != DEATH_EXPECTED)
		log_error("a room died", "program", c->program, "name", c->name);
	switch (death) {
	case DEATH_EXPECTED:
		child_free(c);
		drain_step(g);
		break;
	case DEATH_OF_START:
		serve_start_failed(g, c->program);
		break;
	case DEATH_REPLACE:
		replace(c);
		break;
	case DEATH_RESTART:
		child_free(c);
		serve_engine_died(g);
		break;
	}
}
