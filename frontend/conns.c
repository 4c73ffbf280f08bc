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

#include <event2/event.h>

#include "conn.h"
#include "count.h"
#include "room.h"

/* What concerns all connections of a frontend together. */

#define DRAIN_TIME	30	/* s, until what is left is cut off */

void
conns_move(struct frontend *fe, unsigned from, unsigned to)
{
	struct conn	*c;

	TAILQ_FOREACH(c, &fe->conns, entry)
		if (c->state == CONN_WAITING && c->waits_for == from)
			c->waits_for = to;
}

static struct conn *
find_waiting(struct frontend *fe, unsigned what)
{
	struct conn	*c;

	TAILQ_FOREACH(c, &fe->conns, entry)
		if (c->state == CONN_WAITING && c->waits_for == what)
			return (c);
	return (NULL);
}

/*
 * Serving one may end any other and moves it in the list, so the list is gone
 * through anew each time; a mark keeps those out that begin to wait meanwhile.
 */
void
conns_serve(struct frontend *fe, unsigned what,
    void (*serve)(struct conn *, unsigned))
{
	const unsigned	 mark = what | 1u << 31;
	struct conn	*c;

	conns_move(fe, what, mark);
	while ((c = find_waiting(fe, mark)) != NULL) {
		serve(c, what);
		conn_continue(c);
	}
}

bool
conns_give_way(struct frontend *fe)
{
	struct conn	*c, *next;
	unsigned	 busy = 0;

	/* Those that do not give way go to the end: the next search is short. */
	TAILQ_FOREACH_SAFE(c, &fe->conns, entry, next) {
		if (busy++ == fe->nconns)
			break;
		if (!conn_has_output(c) && (c->state == CONN_IDLE ||
		    c->state == CONN_HEAD || c->state == CONN_BODY ||
		    c->state == CONN_LINGER)) {
			conn_free(c);
			return (true);
		}
		TAILQ_REMOVE(&fe->conns, c, entry);
		TAILQ_INSERT_TAIL(&fe->conns, c, entry);
	}
	return (false);
}

void
conns_ready(void *room)
{
	struct frontend	*fe = room;

	fe->ready = true;
	if (fe->engine != NULL)
		peer_resume(fe->engine);
	listeners_resume(fe);
}

void
conns_count(void *room)
{
	const struct frontend	*fe = room;

	count_set(count_get(COUNT_CONNECTIONS, NULL, NULL, NULL), fe->nconns);
}

static void
conns_drain(struct frontend *fe)
{
	struct conn	*c, *next;

	TAILQ_FOREACH_SAFE(c, &fe->conns, entry, next)
		if (c->state == CONN_IDLE && !conn_has_output(c))
			conn_set_deadline(c, CONN_LAST_IDLE_TIME);
}

static void
on_stop_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	room_exit();
}

void
conns_stop(void *room)
{
	const struct timeval	 tv = { DRAIN_TIME, 0 };
	struct frontend		*fe = room;

	if (fe->stopping)
		return;
	fe->stopping = true;
	listeners_close(fe);
	if (fe->nconns == 0) {
		room_exit();
		return;
	}
	conns_drain(fe);
	event_assign(&fe->stop_timer, room_base(), -1, 0, on_stop_timer, fe);
	event_add(&fe->stop_timer, &tv);
}
