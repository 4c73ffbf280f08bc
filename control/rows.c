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

#include "control.h"
#include "log.h"

#define TEXT_MAX	16384	/* of a page: the bounds of CT_CL_RESULT */
#define JSON_MAX	61440

struct rows *
rows_new(const char *name, const char *head, size_t max)
{
	struct rows	*r = xcalloc(1, sizeof(*r));

	r->refs = 1;
	r->name = name;
	r->head = xstrdup(head);
	r->max = max;
	return (r);
}

struct rows *
rows_ref(struct rows *r)
{
	r->refs++;
	return (r);
}

void
rows_unref(struct rows *r)
{
	size_t	 i;

	if (r == NULL || --r->refs != 0)
		return;
	for (i = 0; i < r->n; i++) {
		free(r->list[i].text);
		free(r->list[i].json);
	}
	free(r->list);
	free(r->head);
	free(r);
}

static bool
make_room(struct rows *r)
{
	size_t		 n = r->room == 0 ? 16 : 2 * r->room;
	struct row	*grown;

	if (r->n < r->room)
		return (true);
	if ((grown = reallocarray(r->list, n, sizeof(*grown))) == NULL)
		return (false);
	r->list = grown;
	r->room = n;
	return (true);
}

bool
rows_add(struct rows *r, struct buf *text, struct buf *json)
{
	struct row	 row = { NULL, NULL };
	bool		 ok = buf_ok(text) && buf_ok(json) &&
			    text->len < TEXT_MAX / 2 &&
			    json->len < JSON_MAX / 2 && (r->max == 0 ||
			    r->bytes + text->len + json->len <= r->max);

	if (ok && make_room(r)) {
		row.text = span_dup(buf_span(text));
		row.json = span_dup(buf_span(json));
	}
	if (row.text != NULL && row.json != NULL) {
		r->bytes += text->len + json->len;
		r->list[r->n++] = row;
	} else {
		free(row.text);
		free(row.json);
		ok = false;
	}
	buf_clear(text);
	buf_clear(json);
	return (ok);
}

void
row_put(struct buf *b, struct span s, size_t width)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		buf_put_c(b, s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
	if (s.len == 0) {
		buf_put_c(b, '-');
		i = 1;
	}
	for (; i < width; i++)
		buf_put_c(b, ' ');
	if (width != 0)
		buf_put_c(b, ' ');
}

uint32_t
rows_page(const struct rows *r, uint32_t from, struct buf *text,
    struct buf *json)
{
	const struct row	*row;
	size_t			 i;

	if (from == 0) {
		buf_put_str(text, r->head);
		buf_put_c(text, '\n');
	}
	for (i = from; i < r->n; i++) {
		row = &r->list[i];
		if (text->len + strlen(row->text) + 1 > TEXT_MAX ||
		    json->len + strlen(row->json) + 1 > JSON_MAX)
			return ((uint32_t)i);
		buf_put_str(text, row->text);
		buf_put_c(text, '\n');
		if (i != from)
			buf_put_c(json, ',');
		buf_put_str(json, row->json);
	}
	return (0);
}
