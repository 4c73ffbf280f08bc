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

#include <string.h>

#include "page_data.h"

#define PAGE_DATA_MAX	(60 * 1024)
#define VALUE_MAX	16384
#define ITEMS_MAX	1024

void
page_data_init(struct page_data *d)
{
	list_buf_init(&d->list, PAGE_DATA_MAX);
}

void
page_data_clear(struct page_data *d)
{
	list_buf_clear(&d->list);
}

static void
put(struct page_data *d, const char *name, enum page_value_type type,
    struct span content)
{
	struct buf	 b;

	buf_init(&b, VALUE_MAX);
	buf_put_c(&b, type);
	buf_put_span(&b, content);
	list_buf_add(&d->list, span_str(name));
	if (buf_ok(&b))
		list_buf_add(&d->list, buf_span(&b));
	else
		d->list.b.failed = true;
	buf_clear(&b);
}

void
page_data_str(struct page_data *d, const char *name, struct span value)
{
	put(d, name, PAGE_VALUE_STR, value);
}

void
page_data_bool(struct page_data *d, const char *name, bool value)
{
	put(d, name, PAGE_VALUE_BOOL, span_str(value ? "1" : "0"));
}

static void
put_items(struct page_data *d, const char *name, enum page_value_type type,
    struct msg_list items)
{
	struct buf	 b;
	struct span	 item;

	buf_init(&b, VALUE_MAX);
	while (msg_list_next(&items, &item))
		buf_put_lspan(&b, item);
	if (buf_ok(&b))
		put(d, name, type, buf_span(&b));
	else
		d->list.b.failed = true;
	buf_clear(&b);
}

void
page_data_list(struct page_data *d, const char *name, struct msg_list items)
{
	put_items(d, name, PAGE_VALUE_LIST, items);
}

void
page_data_rows(struct page_data *d, const char *name, struct msg_list rows)
{
	put_items(d, name, PAGE_VALUE_ROWS, rows);
}

void
page_row_put(struct buf *row, const char *name, struct span value)
{
	buf_put_lspan(row, span_str(name));
	buf_put_lspan(row, value);
}

/* Items behind their lengths; the list borrows from the bytes. */
static bool
read_items(struct span content, struct msg_list *items)
{
	struct cur	 c;
	uint32_t	 count = 0;

	cur_init(&c, content);
	while (c.len != 0 && !c.failed && count <= ITEMS_MAX) {
		cur_lspan(&c, VALUE_MAX);
		count++;
	}
	*items = (struct msg_list){ content.p, content.len, count };
	return (cur_done(&c) && count <= ITEMS_MAX);
}

bool
page_data_get(struct msg_list data, const char *name, struct page_value *v)
{
	struct span	 raw, content;

	memset(v, 0, sizeof(*v));
	if (!msg_list_find(data, name, &raw) || raw.len == 0)
		return (false);
	content = span_mem(raw.p + 1, raw.len - 1);
	v->type = (enum page_value_type)raw.p[0];
	switch (v->type) {
	case PAGE_VALUE_STR:
		v->str = content;
		return (true);
	case PAGE_VALUE_BOOL:
		v->yes = span_is(content, "1");
		return (true);
	case PAGE_VALUE_LIST:
	case PAGE_VALUE_ROWS:
		return (read_items(content, &v->items));
	default:
		v->type = PAGE_VALUE_NONE;
		return (false);
	}
}
