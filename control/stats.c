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

#include <inttypes.h>

#include "control.h"
#include "count.h"
#include "json.h"
#include "room.h"

/*
 * What every program has counted.  The parent gathers for one asker at a time;
 * whoever asks meanwhile is answered from the same gathering.
 */

#define GATHER_TIME_MS	60000	/* longer than the parent takes */
#define STATS_MAX	(8 * 1024 * 1024)	/* bytes of one gathering */

static void
put_labels(const struct count_sample *s, struct buf *text, struct buf *json)
{
	const char	*labels = count_table[s->id].labels;
	unsigned	 i, n = count_nlabels(labels);
	struct span	 label;

	buf_put_str(json, ",\"labels\":{");
	for (i = 0; i < n; i++) {
		label = count_label(labels, i);
		buf_put_c(text, i == 0 ? '{' : ' ');
		buf_put_span(text, label);
		buf_put_c(text, '=');
		row_put(text, s->labels[i], 0);
		buf_printf(json, "%s\"%.*s\":", i == 0 ? "" : ",",
		    (int)label.len, (const char *)label.p);
		json_put_string(json, s->labels[i]);
	}
	if (n != 0)
		buf_put_c(text, '}');
	buf_put_c(json, '}');
}

/* Clocks count microseconds and are shown in seconds. */
static void
put_number(struct buf *b, enum count_kind kind, uint64_t v)
{
	if (kind == COUNT_CLOCK || kind == COUNT_INSTANT ||
	    kind == COUNT_DURATIONS)
		buf_printf(b, "%" PRIu64 ".%06" PRIu64, v / 1000000,
		    v % 1000000);
	else
		buf_printf(b, "%" PRIu64, v);
}

/* Of a histogram, how many there were and their sum. */
static void
put_values(const struct count_sample *s, struct buf *text, struct buf *json)
{
	enum count_kind	 kind = count_table[s->id].kind;
	unsigned	 i, n = count_nvalues(kind);
	uint64_t	 total = 0;

	if (n == 1) {
		buf_put_c(text, ' ');
		put_number(text, kind, s->values[0]);
		buf_put_str(json, ",\"value\":");
		put_number(json, kind, s->values[0]);
		return;
	}
	for (i = 0; i < n - 1; i++)
		total += s->values[i];
	buf_printf(text, " %" PRIu64 " sum ", total);
	put_number(text, kind, s->values[n - 1]);
	buf_printf(json, ",\"count\":%" PRIu64 ",\"sum\":", total);
	put_number(json, kind, s->values[n - 1]);
}

static bool
add_sample(struct rows *r, const struct msg_pa_room_counted *m,
    const struct count_sample *s)
{
	struct buf	 text, json;

	buf_init(&text, 4096);
	buf_init(&json, 16384);
	row_put(&text, m->program, 12);
	row_put(&text, m->name, 10);
	buf_printf(&text, "%4u %s", m->instance, count_table[s->id].name);
	buf_put_str(&json, "{\"program\":");
	json_put_string(&json, m->program);
	buf_put_str(&json, ",\"name\":");
	json_put_string(&json, m->name);
	buf_printf(&json, ",\"instance\":%u,\"metric\":\"%s\"", m->instance,
	    count_table[s->id].name);
	put_labels(s, &text, &json);
	put_values(s, &text, &json);
	buf_put_c(&json, '}');
	return (rows_add(r, &text, &json));
}

/* A room that sends nonsense is shown up to there. */
static void
on_pa_room_counted(void *room, struct peer *p, struct msg *m)
{
	const struct msg_pa_room_counted	*got = &m->pa_room_counted;
	struct control				*ctl = room;
	struct count_sample			 s;
	struct cur				 c;

	(void)p;
	if (ctl->gathered == NULL)
		return;
	cur_init(&c, got->counts);
	while (count_decode(&c, (enum room)got->room, &s) == 1 &&
	    add_sample(ctl->gathered, got, &s))
		;
}

/* m is NULL when the parent did not answer. */
static void
on_gathered(void *arg, struct msg *m)
{
	struct control	*ctl = arg;
	struct rows	*r = ctl->gathered;
	struct client	*c, *next;

	ctl->gathered = NULL;
	TAILQ_FOREACH_SAFE(c, &ctl->clients, entry, next) {
		if (!c->wants_stats)
			continue;
		c->wants_stats = false;
		if (m == NULL)
			client_answer(c, RESULT_FAILED,
			    span_str("no answer"), span_str("{}"));
		else {
			rows_unref(c->stats);
			c->stats = rows_ref(r);
			client_show(c, r, 0);
		}
	}
	rows_unref(r);
}

void
stats_ask(struct client *c)
{
	struct msg_room_pa_gather	 m = { 0 };
	struct control			*ctl = c->control;

	c->wants_stats = true;
	if (ctl->gathered != NULL)
		return;
	ctl->gathered = rows_new("stats", "PROGRAM      NAME       "
	    "PROC COUNTER", STATS_MAX);
	if (peer_ask(room_parent(), ROOM_PA_GATHER, &m, GATHER_TIME_MS,
	    on_gathered, ctl) == -1)
		on_gathered(ctl, NULL);
}

void
stats_handlers(peer_handler **h)
{
	h[PA_ROOM_COUNTED] = on_pa_room_counted;
}
