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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tmpl_int.h"

/* Values: what they are worth, how they look, what is in them. */

struct tvalue
tvalue_str(struct span s)
{
	return ((struct tvalue){ .type = TV_STR, .str = s });
}

struct tvalue
tvalue_bool(bool yes)
{
	return ((struct tvalue){ .type = TV_BOOL, .number = yes });
}

struct tvalue
tvalue_int(int64_t n)
{
	return ((struct tvalue){ .type = TV_INT, .number = n });
}

bool
tvalue_true(const struct tvalue *v)
{
	switch (v->type) {
	case TV_STR:
		return (v->str.len != 0);
	case TV_BOOL:
	case TV_INT:
		return (v->number != 0);
	case TV_LIST:
	case TV_DICT:
		return (v->n != 0);
	case TV_TIME:
	case TV_PAGE:
		return (true);
	case TV_NONE:
		break;
	}
	return (false);
}

bool
tvalue_equal(struct tmpl_run *run, const struct tvalue *a,
    const struct tvalue *b, unsigned depth)
{
	size_t	 i, n;

	if (a->type != b->type || depth > VALUE_DEPTH_MAX ||
	    !run_work(run, 1 + (a->type == TV_STR ? a->str.len / 16 : 0)))
		return (false);
	switch (a->type) {
	case TV_STR:
		return (span_eq(a->str, b->str));
	case TV_BOOL:
	case TV_INT:
	case TV_TIME:
		return (a->number == b->number);
	case TV_LIST:
	case TV_DICT:
		n = a->type == TV_DICT ? 2 * a->n : a->n;
		for (i = 0; a->n == b->n && i < n; i++)
			if (!tvalue_equal(run, &a->items[i],
			    &b->items[i], depth + 1))
				return (false);
		return (a->n == b->n);
	case TV_NONE:
	case TV_PAGE:
		break;
	}
	return (true);
}

int64_t
tvalue_number(const struct tvalue *v)
{
	char	 text[24] = "", *end;
	int64_t	 n;

	if (v->type == TV_INT || v->type == TV_BOOL || v->type == TV_TIME)
		return (v->number);
	if (v->type != TV_STR || v->str.len == 0 || v->str.len > 18)
		return (0);
	memcpy(text, v->str.p, v->str.len);
	n = (int64_t)strtoll(text, &end, 10);
	return (end == text + v->str.len ? n : 0);
}

/* ---- as text ---- */

static void	 put_value(struct tmpl_run *, struct buf *,
		    const struct tvalue *, unsigned depth);

static void
put_items(struct tmpl_run *run, struct buf *b, const struct tvalue *v,
    unsigned depth)
{
	bool	 dict = v->type == TV_DICT;
	size_t	 i;

	buf_put_str(b, dict ? "map[" : "[");
	for (i = 0; i < v->n && run_work(run, 1); i++) {
		if (i != 0)
			buf_put_c(b, ' ');
		if (dict) {
			put_value(run, b, &v->items[2 * i], depth + 1);
			buf_put_c(b, ':');
		}
		put_value(run, b, &v->items[dict ? 2 * i + 1 : i], depth + 1);
	}
	buf_put_c(b, ']');
}

static void
put_value(struct tmpl_run *run, struct buf *b, const struct tvalue *v,
    unsigned depth)
{
	time_t		 t;
	struct tm	 tm;
	char		 text[64];

	if (depth > VALUE_DEPTH_MAX) {
		run_fail(run, "lists are nested too deeply");
		return;
	}
	switch (v->type) {
	case TV_STR:
		buf_put_span(b, v->str);
		break;
	case TV_BOOL:
		buf_put_str(b, v->number ? "true" : "false");
		break;
	case TV_INT:
		buf_printf(b, "%" PRId64, v->number);
		break;
	case TV_TIME:
		t = (time_t)v->number;
		if (gmtime_r(&t, &tm) != NULL && strftime(text, sizeof(text),
		    "%Y-%m-%d %H:%M:%S +0000 UTC", &tm) != 0)
			buf_put_str(b, text);
		break;
	case TV_LIST:
	case TV_DICT:
		put_items(run, b, v, depth);
		break;
	case TV_NONE:
	case TV_PAGE:
		break;		/* nothing, as html/template does for nil */
	}
}

struct span
tvalue_text(struct tmpl_run *run, const struct tvalue *v)
{
	struct buf	 b;
	struct tvalue	 text;

	if (v->type == TV_STR)
		return (v->str);
	buf_init(&b, VALUE_TEXT_MAX);
	put_value(run, &b, v, 0);
	text = run_text(run, &b);
	return (text.type == TV_STR ? text.str : span_mem(NULL, 0));
}

/* ---- fields ---- */

static struct tvalue
list_of_page(struct tmpl_run *run, struct msg_list l)
{
	struct tvalue	*items = run_items(run, l.count), v = {
			    .type = TV_NONE };
	struct span	 item;

	if (items == NULL)
		return (v);
	v.type = TV_LIST;
	v.items = items;
	while (msg_list_next(&l, &item))
		items[v.n++] = tvalue_str(item);
	return (v);
}

/* A row is bytes of the engine: names and values until it is malformed. */
static struct tvalue
row_of_page(struct tmpl_run *run, struct span row)
{
	struct tvalue	*items, v = { .type = TV_DICT };
	struct cur	 c;
	struct span	 text;
	size_t		 count = 0, i;

	cur_init(&c, row);
	while (c.len != 0 && !c.failed && count <= VALUE_ITEMS_MAX) {
		cur_lspan(&c, VALUE_TEXT_MAX);
		count++;
	}
	if (c.failed || count % 2 != 0 || count > VALUE_ITEMS_MAX ||
	    (items = run_items(run, count)) == NULL)
		return ((struct tvalue){ .type = TV_NONE });
	cur_init(&c, row);
	for (i = 0; i < count; i++) {
		text = cur_lspan(&c, VALUE_TEXT_MAX);
		items[i] = tvalue_str(text);
	}
	v.items = items;
	v.n = count / 2;
	return (v);
}

static struct tvalue
rows_of_page(struct tmpl_run *run, struct msg_list l)
{
	struct tvalue	*items = run_items(run, l.count), v = {
			    .type = TV_NONE };
	struct span	 item;

	if (items == NULL)
		return (v);
	v.type = TV_LIST;
	v.items = items;
	while (msg_list_next(&l, &item))
		items[v.n++] = row_of_page(run, item);
	return (v);
}

static struct tvalue
read_page(struct tmpl_run *run, struct span name)
{
	struct page_value	 p = { .type = PAGE_VALUE_NONE };
	char			*text;

	if (span_is(name, "ReqPath"))
		return (tvalue_str(run->env->req_path));
	if ((text = span_dup(name)) != NULL)
		page_data_get(run->env->data, text, &p);
	free(text);
	switch (p.type) {
	case PAGE_VALUE_STR:
		return (tvalue_str(p.str));
	case PAGE_VALUE_BOOL:
		return (tvalue_bool(p.yes));
	case PAGE_VALUE_LIST:
		return (list_of_page(run, p.items));
	case PAGE_VALUE_ROWS:
		return (rows_of_page(run, p.items));
	default:
		return ((struct tvalue){ .type = TV_NONE });
	}
}

/* The engine's bytes are read once for each name. */
static struct tvalue
page_field(struct tmpl_run *run, struct span name)
{
	struct tvalue	 v;
	unsigned	 i;

	for (i = 0; i < run->ncache; i++)
		if (span_eq(run->cache[i].name, name))
			return (run->cache[i].value);
	v = read_page(run, name);
	if (run->ncache < sizeof(run->cache) / sizeof(run->cache[0])) {
		run->cache[run->ncache].name = name;
		run->cache[run->ncache++].value = v;
	}
	return (v);
}

static struct tvalue
time_field(struct tmpl_run *run, int64_t seconds, struct span name)
{
	time_t		 t = (time_t)seconds;
	struct tm	 tm = { 0 };

	if (gmtime_r(&t, &tm) == NULL)
		run_fail(run, "a time out of range");
	else if (span_is(name, "Year"))
		return (tvalue_int(tm.tm_year + 1900));
	else if (span_is(name, "Day"))
		return (tvalue_int(tm.tm_mday));
	else if (span_is(name, "Unix"))
		return (tvalue_int(seconds));
	else
		run_fail(run, "a time has Year, Day and Unix only");
	return ((struct tvalue){ .type = TV_NONE });
}

/* Nothing when there is no such field: pages of other versions have others. */
struct tvalue
tvalue_field(struct tmpl_run *run, const struct tvalue *v, struct span name)
{
	struct tvalue	 none = { .type = TV_NONE };
	size_t		 i;

	if (!run_work(run, 1))
		return (none);
	if (v->type == TV_PAGE)
		return (page_field(run, name));
	if (v->type == TV_TIME)
		return (time_field(run, v->number, name));
	if (v->type == TV_DICT && run_work(run, v->n / 4))
		for (i = 0; i < v->n; i++)
			if (span_eq(v->items[2 * i].str, name))
				return (v->items[2 * i + 1]);
	return (none);
}
