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

#include "count.h"
#include "log.h"
#include "parent.h"

/*
 * The counts of every room of a generation, for the room that asks: telemetry
 * or control.  The parent reads none of them, it only says whose they are.
 */

#define COUNT_TIMEOUT_MS	2000

/* One answer to one asker; freed when nobody owes it anything. */
struct gather {
	LIST_ENTRY(gather)	 entry;
	struct child		*asker;
	uint32_t		 rid;
	unsigned		 left;
};

/* One room asked for one gather. */
struct gather_part {
	struct gather	*gather;
	struct child	*child;
};

static void
pass_on(const struct gather *g, enum room room, const char *program,
    const char *name, uint32_t instance, struct span counts)
{
	struct msg_pa_room_counted	 m = { .room = (uint8_t)room,
		.program = span_str(program), .name = span_str(name),
		.instance = instance, .counts = counts };

	child_tell(g->asker, PA_ROOM_COUNTED, &m, -1);
}

static void
release(struct gather *g)
{
	struct msg_pa_room_gathered	 m = { 0 };

	if (--g->left != 0)
		return;
	if (g->asker != NULL && g->asker->peer != NULL)
		peer_answer(g->asker->peer, g->rid, PA_ROOM_GATHERED, &m);
	LIST_REMOVE(g, entry);
	free(g);
}

/* m is NULL when the room died or took too long; the child is still there. */
static void
on_counts(void *arg, struct msg *m)
{
	struct gather_part	*part = arg;
	struct child		*c = part->child;

	if (m != NULL && part->gather->asker != NULL)
		pass_on(part->gather, c->room, c->program, c->name,
		    c->instance, m->room_pa_counts.counts);
	release(part->gather);
	free(part);
}

static void
ask(struct gather *g, struct child *c)
{
	struct msg_pa_room_count	 m = { 0 };
	struct gather_part		*part;

	if (!c->ready || c->peer == NULL ||
	    (part = calloc(1, sizeof(*part))) == NULL)
		return;
	part->gather = g;
	part->child = c;
	g->left++;
	if (peer_ask(c->peer, PA_ROOM_COUNT, &m, COUNT_TIMEOUT_MS, on_counts,
	    part) == -1) {
		g->left--;
		free(part);
	}
}

static void
tell_own(const struct gather *g)
{
	struct buf	 b;

	buf_init(&b, COUNT_BYTES_MAX);
	peers_count();
	count_encode(&b);
	pass_on(g, ROOM_PARENT, "parent", "", 0, buf_span(&b));
	buf_clear(&b);
}

static bool
is_gathering(const struct child *asker)
{
	const struct gather	*g;

	LIST_FOREACH(g, &asker->parent->gathers, entry)
		if (g->asker == asker)
			return (true);
	return (false);
}

static void
on_room_pa_gather(void *room, struct peer *peer, struct msg *m)
{
	struct msg_pa_room_gathered	 none = { 0 };
	struct child			*asker = room, *c;
	struct gather			*g;

	if (asker->room != ROOM_CONTROL && asker->room != ROOM_TELEMETRY) {
		peer_bad(peer, "counts are not for this room");
		return;
	}
	if (is_gathering(asker)) {	/* it gave the first question up */
		peer_answer(peer, m->rid, PA_ROOM_GATHERED, &none);
		return;
	}
	g = xcalloc(1, sizeof(*g));
	g->asker = asker;
	g->rid = m->rid;
	g->left = 1;	/* our own hold */
	LIST_INSERT_HEAD(&asker->parent->gathers, g, entry);
	tell_own(g);
	TAILQ_FOREACH(c, &asker->gen->children, entry)
		ask(g, c);
	release(g);
}

void
gather_forget(const struct child *c)
{
	struct gather	*g;

	LIST_FOREACH(g, &c->parent->gathers, entry)
		if (g->asker == c)
			g->asker = NULL;
}

void
gather_handlers(peer_handler **h)
{
	h[ROOM_PA_GATHER] = on_room_pa_gather;
}
