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
#include <event2/event_struct.h>

#include "log.h"
#include "request.h"
#include "room.h"

/*
 * Is the store well?  As dex we look every 15 s.  Who asks gets an answer that
 * is at most a second old, from a commit that reached the disk, and a flood of
 * questions costs one flush a second.
 */

#define HEALTH_PERIOD	15		/* seconds, as dex */
#define HEALTH_FRESH	1000000		/* microseconds */

static struct event	 health_timer;

static uint64_t
now_us(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

static void
answer_request(struct request *r)
{
	if (r->e->health.healthy)
		answer_text(r, 200, "Health check passed");
	else
		answer_error_page(r, 500, "Health check failed.");
}

static void
answer_telemetry(struct engine *e)
{
	const struct health	*h = &e->health;
	struct msg_en_tm_health	 m = { .healthy = h->healthy, .at = h->at,
		.took = h->took, .failures = h->failures,
		.failing_since = h->failing_since };

	if (e->telemetry != NULL && e->health.asked)
		peer_answer(e->telemetry, h->rid, EN_TM_HEALTH, &m);
	e->health.asked = false;
}

static void
note(struct health *h, bool well, uint64_t now)
{
	if (h->healthy && !well)
		log_error("the health check of the store failed");
	else if (!h->healthy && well)
		log_info("the health check of the store passes again");
	if (well)
		h->failures = 0;
	else if (h->failures++ == 0)
		h->failing_since = now;
	if (well)
		h->failing_since = 0;
	h->healthy = well;
}

static void
on_probed(void *arg, enum store_status status)
{
	struct engine	*e = arg;
	struct health	*h = &e->health;
	struct request	*r;
	uint64_t	 now = now_us();

	h->probing = false;
	h->took = now > h->at ? now - h->at : 0;
	note(h, status == STORE_OK, now);
	while ((r = TAILQ_FIRST(&h->waiting)) != NULL) {
		TAILQ_REMOVE(&h->waiting, r, waiting);
		answer_request(r);
	}
	answer_telemetry(e);
}

static void
probe(struct engine *e)
{
	if (e->health.probing)
		return;
	e->health.probing = true;
	e->health.at = now_us();
	store_health(e->store, on_probed, e);
}

/* A clock that was set back does not make an old answer a fresh one. */
static bool
is_fresh(const struct health *h)
{
	uint64_t	 now = now_us();

	return (!h->probing && now >= h->at && now - h->at < HEALTH_FRESH);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	probe(arg);
}

void
health_begin(struct engine *e)
{
	const struct timeval	 period = { HEALTH_PERIOD, 0 };

	e->health.healthy = true;
	event_assign(&health_timer, room_base(), -1, EV_PERSIST, on_timer, e);
	event_add(&health_timer, &period);
	probe(e);
}

void
health_endpoint(struct request *r)
{
	struct health	*h = &r->e->health;

	if (is_fresh(h)) {
		answer_request(r);
		return;
	}
	TAILQ_INSERT_TAIL(&h->waiting, r, waiting);
	probe(r->e);
}

void
on_tm_en_health(void *room, struct peer *p, struct msg *m)
{
	struct engine	*e = room;

	(void)p;
	if (e->health.asked)
		answer_telemetry(e);	/* it gave the first question up */
	e->health.asked = true;
	e->health.rid = m->rid;
	if (is_fresh(&e->health))
		answer_telemetry(e);
	else
		probe(e);
}
