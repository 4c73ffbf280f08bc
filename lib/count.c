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

#include "count.h"

struct count {
	enum count_id	 id;
	unsigned	 nvalues;
	char		*labels[COUNT_LABELS];
	uint64_t	 values[COUNT_VALUES];
};

const struct count_info	 count_table[COUNT_MAX] = {
#define COUNT(ID, kind, room, name, labels, help)			\
	[COUNT_##ID] = { COUNT_##kind, room, name, labels, help },
#include "count.def"
#undef COUNT
};

/* What this process has counted; lost stands in for what has no room. */
static struct count	*series[COUNT_SERIES];
static unsigned		 nseries;
static struct count	 lost = { .id = COUNT_LOST,
			    .nvalues = COUNT_VALUES };
static uint64_t		 nlost;

const uint64_t *
count_bounds(enum count_kind kind, unsigned *n)
{
	static const uint64_t	 durations[] = { 250000, 500000, 1000000,
				    2500000, 5000000, 10000000 };
	static const uint64_t	 sizes[] = { 200, 500, 900, 1500 };

	if (kind == COUNT_DURATIONS) {
		*n = sizeof(durations) / sizeof(durations[0]);
		return (durations);
	}
	*n = kind == COUNT_SIZES ? sizeof(sizes) / sizeof(sizes[0]) : 0;
	return (kind == COUNT_SIZES ? sizes : NULL);
}

unsigned
count_nvalues(enum count_kind kind)
{
	unsigned	 n;

	return (count_bounds(kind, &n) == NULL ? 1 : n + 2);
}

unsigned
count_nlabels(const char *labels)
{
	unsigned	 n = *labels != '\0';

	while ((labels = strchr(labels, ',')) != NULL) {
		labels++;
		n++;
	}
	return (n);
}

struct span
count_label(const char *labels, unsigned i)
{
	while (i-- > 0)
		labels = strchr(labels, ',') + 1;
	return (span_mem(labels, strcspn(labels, ",")));
}

/* A copy that ends on a whole character; NULL without memory. */
static char *
copy_label(const char *value)
{
	struct span	 s = span_cut(span_str(value), COUNT_LABEL_MAX);

	while (s.len != 0 && !span_is_utf8(s))
		s.len--;
	return (span_dup(s));
}

static bool
has_labels(const struct count *c, const char * const *values, unsigned n)
{
	unsigned	 i;

	for (i = 0; i < n; i++)
		if (strncmp(c->labels[i], values[i] == NULL ? "" : values[i],
		    COUNT_LABEL_MAX) != 0)
			return (false);
	return (true);
}

static struct count *
count_new(enum count_id id, const char * const *values, unsigned n)
{
	struct count	*c;
	unsigned	 i;

	if (nseries == COUNT_SERIES || (c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->id = id;
	c->nvalues = count_nvalues(count_table[id].kind);
	for (i = 0; i < n; i++)
		if ((c->labels[i] = copy_label(values[i])) == NULL) {
			while (i > 0)
				free(c->labels[--i]);
			free(c);
			return (NULL);
		}
	series[nseries++] = c;
	return (c);
}

struct count *
count_get(enum count_id id, const char *one, const char *two,
    const char *three)
{
	const char	*values[COUNT_LABELS] = { one, two, three };
	unsigned	 n = count_nlabels(count_table[id].labels), i;
	struct count	*c;

	if (n > COUNT_LABELS)
		n = COUNT_LABELS;
	for (i = 0; i < nseries; i++)
		if (series[i]->id == id && has_labels(series[i], values, n))
			return (series[i]);
	c = count_new(id, values, n);
	return (c == NULL ? &lost : c);
}

void
count_add(struct count *c, uint64_t n)
{
	if (c == &lost)
		nlost++;
	else
		c->values[0] += n;
}

void
count_set(struct count *c, uint64_t value)
{
	if (c == &lost)
		nlost++;
	else
		c->values[0] = value;
}

void
count_observe(struct count *c, uint64_t value)
{
	const uint64_t	*bounds;
	unsigned	 n, i;

	bounds = count_bounds(count_table[c->id].kind, &n);
	if (bounds == NULL) {
		nlost++;
		return;
	}
	for (i = 0; i < n && value > bounds[i]; i++)
		;
	c->values[i]++;
	c->values[n + 1] += value;
}

void
count_lose(void)
{
	nlost++;
}

void
count_one(enum count_id id, const char *one)
{
	count_add(count_get(id, one, NULL, NULL), 1);
}

void
count_two(enum count_id id, const char *one, const char *two)
{
	count_add(count_get(id, one, two, NULL), 1);
}

static uint64_t
clock_us(clockid_t id)
{
	struct timespec	 ts;

	clock_gettime(id, &ts);
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

void
count_init(void)
{
	count_set(count_get(COUNT_STARTED, NULL, NULL, NULL),
	    clock_us(CLOCK_REALTIME));
}

static void
put_series(struct buf *b, const struct count *c)
{
	unsigned	 i;

	buf_put_u16(b, (uint16_t)c->id);
	for (i = 0; i < COUNT_LABELS && c->labels[i] != NULL; i++)
		buf_put_lspan(b, span_str(c->labels[i]));
	for (i = 0; i < c->nvalues; i++)
		buf_put_u64(b, c->values[i]);
}

void
count_encode(struct buf *b)
{
	struct buf	 one;
	struct count	 told = { .id = COUNT_LOST, .nvalues = 1 };
	unsigned	 i;

	count_set(count_get(COUNT_CPU, NULL, NULL, NULL),
	    clock_us(CLOCK_PROCESS_CPUTIME_ID));
	/* First and beside the table: there may be no room for it, either. */
	told.values[0] = nlost;
	if (nlost != 0)
		put_series(b, &told);
	buf_init(&one, COUNT_BYTES_MAX);
	for (i = 0; i < nseries; i++) {
		buf_reset(&one);
		put_series(&one, series[i]);
		if (b->len + one.len > COUNT_BYTES_MAX)
			nlost++;
		else
			buf_put_span(b, buf_span(&one));
	}
	buf_clear(&one);
}

static bool
may_count(enum room room, enum count_id id)
{
	return (count_table[id].room == ROOM_MAX ||
	    count_table[id].room == room);
}

int
count_decode(struct cur *c, enum room room, struct count_sample *s)
{
	const struct count_info	*info;
	unsigned		 i, n;

	if (c->len == 0)
		return (c->failed ? -1 : 0);
	memset(s, 0, sizeof(*s));
	s->id = (enum count_id)cur_u16(c);
	if (c->failed || s->id >= COUNT_MAX || !may_count(room, s->id))
		return (-1);
	info = &count_table[s->id];
	n = count_nlabels(info->labels);
	for (i = 0; i < n; i++) {
		s->labels[i] = cur_lspan(c, COUNT_LABEL_MAX);
		if (!span_is_utf8(s->labels[i]) || (s->labels[i].len != 0 &&
		    memchr(s->labels[i].p, '\0', s->labels[i].len) != NULL))
			return (-1);
	}
	n = count_nvalues(info->kind);
	for (i = 0; i < n; i++)
		if ((s->values[i] = cur_u64(c)) > COUNT_VALUE_MAX)
			return (-1);
	return (c->failed ? -1 : 1);
}
