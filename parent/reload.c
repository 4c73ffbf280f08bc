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
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "count.h"
#include "log.h"
#include "parent.h"

/*
 * What serves: the one place that knows which configuration is in force, which
 * generation has its doors, and what follows when one of them fails.  Nothing
 * is given up before something better is ready.
 */

#define PATIENCE	10	/* tenths of a second, at the first start */

/* Answers whoever waits for a reload; nobody, when it was a signal. */
static void
reload_answer(struct parent *p, enum result status, const char *text)
{
	struct child	*asker = p->asker;

	p->asker = NULL;
	if (asker != NULL)
		command_answer(asker, p->asker_rid, status, text, "{}");
}

void
serve_asker_died(struct parent *p, const struct child *c)
{
	if (p->asker == c)
		p->asker = NULL;
}

/* What had to wait begins in a turn of the loop of its own. */
static void
take_turn(struct parent *p)
{
	event_active(&p->turn, EV_TIMEOUT, 1);
}

static void
keep_in_force(struct parent *p, const struct generation *g)
{
	struct settings	*s = settings_ref(g->settings);
	struct keypair	*pair = keypair_ref(g->pair);

	settings_unref(p->inforce);
	keypair_unref(p->pair);
	p->inforce = s;
	p->pair = pair;
}

/* ---- recovery ---- */

static void
on_recovery(evutil_socket_t fd, short what, void *arg)
{
	struct parent	*p = arg;

	(void)fd;
	(void)what;
	if (p->serving == NULL && p->starting == NULL && !p->stopping)
		generation_start(p, p->inforce, p->pair, GEN_RECOVERY);
}

/* Nobody serves: what served last shall do so again. */
static void
recover(struct parent *p)
{
	struct timeval	 tv = { 0, 0 };

	if (p->serving != NULL || p->starting != NULL || p->stopping ||
	    p->inforce == NULL || event_pending(&p->recovery, EV_TIMEOUT,
	    NULL))
		return;
	tv.tv_sec = backoff_next(&p->crashes, seconds_now());
	if (tv.tv_sec != 0)
		logf_warn("too many crashes: the next start is in %lld s",
		    (long long)tv.tv_sec);
	event_add(&p->recovery, &tv);
}

/* The engine is gone, and with it every request: a whole new set. */
void
serve_engine_died(struct generation *g)
{
	struct parent	*p = g->parent;

	if (p->serving == g)
		p->serving = NULL;
	count_one(COUNT_RESTARTS, "engine");
	generation_drain(g);
	recover(p);
}

/* ---- starting ---- */

static bool
has_open_doors(const struct parent *p)
{
	const struct generation	*g;
	const struct child	*c;

	TAILQ_FOREACH(g, &p->generations, entry)
		TAILQ_FOREACH(c, &g->children, entry)
			if (c->closing)
				return (true);
	return (false);
}

/* Whoever is told "reloaded" must not meet the old configuration again. */
void
serve_door_closed(struct parent *p)
{
	if (!p->reloaded || has_open_doors(p))
		return;
	p->reloaded = false;
	reload_answer(p, RESULT_OK, "reloaded");
	take_turn(p);
}

void
serve_first(struct parent *p, struct settings *s)
{
	char	 err[700];

	if (listeners_open(p, s, PATIENCE, err, sizeof(err)) == -1) {
		fprintf(stderr, "dexd: %s\n", err);
		parent_exit(p, 1);
		return;
	}
	generation_start(p, s, s->pair, GEN_FIRST);
}

void
serve_ready(struct generation *g)
{
	struct parent		*p = g->parent;
	struct generation	*old = p->serving;

	p->starting = NULL;
	p->serving = g;
	event_del(&p->recovery);
	keep_in_force(p, g);
	settings_set_log(g->settings, p->options.verbose);
	generation_serve(g);
	if (g->why == GEN_RENEW)
		log_info("serving with a new certificate");
	else
		logf_info("serving with configuration %s", p->options.config);
	background_ready();
	if (g->why == GEN_RELOAD || g->why == GEN_RENEW)
		count_one(COUNT_RELOADS, "ok");
	if (old != NULL)
		generation_drain(old);
	generations_relieve(p);
	listeners_prune(p);
	watch_reset(p);
	/* A recovery meanwhile ends no reload that waits for old doors. */
	if (g->why == GEN_RELOAD)
		p->reloaded = true;
	serve_door_closed(p);
	take_turn(p);
}

void
serve_start_failed(struct generation *g, const char *program)
{
	struct parent	*p = g->parent;

	p->starting = NULL;
	listeners_prune(p);	/* before anybody is told */
	log_error("a room died while starting", "program", program);
	if (g->why == GEN_RELOAD || g->why == GEN_RENEW)
		count_one(COUNT_RELOADS, "failed");
	if (g->why == GEN_RELOAD)
		reload_answer(p, RESULT_FAILED, "a room died while starting; "
		    "see the log");
	if (g->why == GEN_RENEW)
		log_error("the new certificate cannot be used, the old one "
		    "stays", "file", g->settings->cert_file);
	generation_kill(g);
	switch (start_failed_decide(p->serving != NULL, p->inforce != NULL)) {
	case START_GIVE_UP:
		p->status = 1;
		parent_stop(p);
		return;
	case START_KEEP_OLD:
		break;
	case START_AGAIN:
		recover(p);
		break;
	}
	take_turn(p);
}

void
serve_gone(struct generation *g)
{
	struct parent	*p = g->parent;

	if (p->stopping && TAILQ_EMPTY(&p->generations))
		parent_exit(p, p->status);
	take_turn(p);
}

/* ---- reload ---- */

static bool
is_draining(struct parent *p)
{
	struct generation	*g;

	/* Without its engine it is no second writer, only a few last bytes. */
	TAILQ_FOREACH(g, &p->generations, entry)
		if (g->state == GEN_DRAINING &&
		    generation_find(g, ROOM_ENGINE) != NULL)
			return (true);
	return (false);
}

static enum reload
decide(struct parent *p, bool asked)
{
	const struct reload_state	 s = { .stopping = p->stopping,
		.parsing = parse_running(p), .starting = p->starting != NULL,
		.draining = p->reloaded || is_draining(p) };

	return (reload_decide(&s, asked));
}

static void
reload_failed(struct parent *p, const char *what, const char *why)
{
	count_one(COUNT_RELOADS, "failed");
	log_error("reload: nothing was changed", what, why);
	reload_answer(p, RESULT_FAILED, why);
	take_turn(p);
}

static void
on_reparsed(struct parent *p, struct settings *s, const char *problems)
{
	char	 err[700];

	if (p->stopping) {
		reload_answer(p, RESULT_FAILED, "dexd is stopping");
		return;
	}
	if (s == NULL) {
		reload_failed(p, "problems", problems);
		return;
	}
	if (checks_store(p, s, err, sizeof(err)) == -1 ||
	    listeners_open(p, s, 0, err, sizeof(err)) == -1) {
		reload_failed(p, "why", err);
		return;
	}
	/* A recovery that began meanwhile would start what is out of date. */
	if (p->starting != NULL)
		generation_kill(p->starting);
	generation_start(p, s, s->pair, GEN_RELOAD);
}

static void
reload(struct parent *p)
{
	log_info("reloading");
	p->reload_wanted = p->renew_wanted = false;	/* this is both */
	parse_begin(p, on_reparsed);
}

/* The configuration in force, with the certificate as it is now. */
static void
renew(struct parent *p)
{
	struct keypair	*pair;

	p->renew_wanted = false;
	if (p->serving == NULL || p->pair == NULL)
		return;
	pair = keypair_read(p->inforce->cert_file, p->inforce->key_file);
	if (pair == NULL) {	/* being replaced, perhaps; looked at again */
		if (!p->watch.warned)
			log_warn("tlsCert or tlsKey cannot be read, the old "
			    "certificate stays", "err", strerror(errno));
		p->watch.warned = true;
		return;
	}
	p->watch.cert_tried = pair->cert_stamp;
	p->watch.key_tried = pair->key_stamp;
	if (!keypair_equal(pair, p->pair)) {
		log_info("the certificate has changed", "file",
		    p->inforce->cert_file);
		generation_start(p, p->inforce, pair, GEN_RENEW);
	}
	keypair_unref(pair);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct parent	*p = arg;

	(void)fd;
	(void)what;
	if (p->reload_wanted && decide(p, false) == RELOAD_NOW)
		reload(p);
	else if (p->renew_wanted && decide(p, false) == RELOAD_NOW)
		renew(p);
}

void
reload_signal(struct parent *p)
{
	p->reload_wanted = true;
	take_turn(p);
}

void
reload_renew(struct parent *p)
{
	p->renew_wanted = true;
	take_turn(p);
}

void
reload_ask(struct parent *p, struct child *control, uint32_t rid)
{
	enum reload	 now = p->asker != NULL ? RELOAD_BUSY :
			    decide(p, true);

	if (now != RELOAD_NOW) {
		command_answer(control, rid, RESULT_BUSY,
		    now == RELOAD_NEVER ? "dexd is stopping" :
		    "a reload is under way", "{}");
		return;
	}
	p->asker = control;
	p->asker_rid = rid;
	reload(p);
}

void
serve_parse_ended(struct parent *p)
{
	take_turn(p);
}

void
serve_init(struct parent *p)
{
	event_assign(&p->recovery, p->base, -1, 0, on_recovery, p);
	event_assign(&p->turn, p->base, -1, 0, on_turn, p);
	watch_begin(p);
}
