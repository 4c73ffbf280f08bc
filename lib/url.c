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

#include "log.h"
#include "url.h"

static bool
is_unreserved(uint8_t c)
{
	return ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
	    c == '~');
}

static void
put_escape(struct buf *b, uint8_t c)
{
	static const char	 digits[] = "0123456789ABCDEF";
	const char		 escape[3] = { '%', digits[c >> 4],
				    digits[c & 15] };

	buf_put(b, escape, sizeof(escape));
}

void
url_put_query(struct buf *b, struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++) {
		if (is_unreserved(s.p[i]))
			buf_put_c(b, s.p[i]);
		else if (s.p[i] == ' ')
			buf_put_c(b, '+');
		else
			put_escape(b, s.p[i]);
	}
}

void
url_put_segment(struct buf *b, struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++) {
		if (is_unreserved(s.p[i]) || (s.p[i] != '\0' &&
		    strchr("$&+=:@", s.p[i]) != NULL))
			buf_put_c(b, s.p[i]);
		else
			put_escape(b, s.p[i]);
	}
}

int
url_hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (c - 'A' + 10);
	return (-1);
}

int
url_decode(struct buf *b, struct span s, bool plus)
{
	size_t	 i;
	int	 high, low;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '+' && plus)
			buf_put_c(b, ' ');
		else if (s.p[i] != '%')
			buf_put_c(b, s.p[i]);
		else {
			if (s.len - i < 3 ||
			    (high = url_hex(s.p[i + 1])) == -1 ||
			    (low = url_hex(s.p[i + 2])) == -1)
				return (-1);
			buf_put_c(b, high << 4 | low);
			i += 2;
		}
	}
	return (0);
}

/* Takes the bytes before the next `sep` off *rest, and the separator. */
static struct span
take_until(struct span *rest, uint8_t sep)
{
	const uint8_t	*at = NULL;
	struct span	 part = *rest;

	if (rest->len != 0)
		at = memchr(rest->p, sep, rest->len);
	if (at == NULL) {
		*rest = span_mem(NULL, 0);
		return (part);
	}
	part.len = (size_t)(at - rest->p);
	*rest = span_mem(at + 1, rest->len - part.len - 1);
	return (part);
}

static bool
is_clean(struct span s)
{
	return ((s.len == 0 || memchr(s.p, '\0', s.len) == NULL) &&
	    span_is_utf8(s));
}

/* One name=value of a form. */
static int
parse_pair(struct list_buf *out, struct span part)
{
	struct buf	 name, value;
	struct span	 key = take_until(&part, '=');
	int		 error = -1;

	buf_init(&name, key.len);
	buf_init(&value, part.len);
	if (url_decode(&name, key, true) == 0 &&
	    url_decode(&value, part, true) == 0 && is_clean(buf_span(&name)) &&
	    is_clean(buf_span(&value))) {
		list_buf_add(out, buf_span(&name));
		list_buf_add(out, buf_span(&value));
		error = 0;
	}
	buf_clear(&name);
	buf_clear(&value);
	return (error);
}

int
url_parse_form(struct list_buf *out, struct span form)
{
	struct span	 part;
	int		 error = 0;

	while (form.len != 0) {
		part = take_until(&form, '&');
		if (part.len == 0)
			continue;
		if (memchr(part.p, ';', part.len) != NULL ||
		    parse_pair(out, part) == -1)
			error = -1;
	}
	return (buf_ok(&out->b) ? error : -1);
}

struct pair {
	struct span	 name;
	struct span	 value;
	size_t		 order;
};

static int
pair_cmp(const void *va, const void *vb)
{
	const struct pair	*a = va, *b = vb;
	size_t			 n = a->name.len < b->name.len ?
				    a->name.len : b->name.len;
	int			 cmp = n == 0 ? 0 :
				    memcmp(a->name.p, b->name.p, n);

	if (cmp != 0)
		return (cmp);
	if (a->name.len != b->name.len)
		return (a->name.len < b->name.len ? -1 : 1);
	return (a->order < b->order ? -1 : 1);
}

void
url_put_form(struct buf *b, struct msg_list list, const char *skip)
{
	struct pair	*pairs, *p;
	size_t		 i, n = 0;

	if (list.count / 2 > URL_PAIRS_MAX ||
	    (pairs = calloc(list.count / 2 + 1, sizeof(*pairs))) == NULL) {
		b->failed = true;
		return;
	}
	for (p = pairs; msg_list_next(&list, &p->name) &&
	    msg_list_next(&list, &p->value);) {
		if (skip != NULL && span_is(p->name, skip))
			continue;
		p->order = n++;
		p++;
	}
	qsort(pairs, n, sizeof(*pairs), pair_cmp);
	for (i = 0; i < n; i++) {
		if (i != 0)
			buf_put_c(b, '&');
		url_put_query(b, pairs[i].name);
		buf_put_c(b, '=');
		url_put_query(b, pairs[i].value);
	}
	free(pairs);
}

/* Adds the pairs whose names are not among those of `but`. */
static void
add_pairs(struct list_buf *out, struct msg_list pairs, struct msg_list but)
{
	struct msg_list	 l;
	struct span	 name, value, other, ignored;
	bool		 same;

	while (msg_list_next(&pairs, &name) && msg_list_next(&pairs, &value)) {
		same = false;
		for (l = but; !same && msg_list_next(&l, &other) &&
		    msg_list_next(&l, &ignored);)
			same = span_eq(name, other);
		if (same)
			continue;
		list_buf_add(out, name);
		list_buf_add(out, value);
	}
}

int
url_put_with_params(struct buf *b, struct span uri, struct msg_list params)
{
	const struct msg_list	 none = { NULL, 0, 0 };
	struct list_buf		 own, all;
	struct span		 rest, base;
	int			 error = -1;

	rest = take_until(&uri, '#');
	base = take_until(&rest, '?');
	list_buf_init(&own, 64 * 1024);
	list_buf_init(&all, 64 * 1024);
	if (url_parse_form(&own, rest) == -1)
		goto done;
	add_pairs(&all, msg_list_of(&own), params);
	add_pairs(&all, params, none);
	if (!buf_ok(&all.b))
		goto done;
	buf_put_span(b, base);
	if (all.count != 0) {
		buf_put_c(b, '?');
		url_put_form(b, msg_list_of(&all), NULL);
	}
	error = buf_ok(b) ? 0 : -1;
 done:
	list_buf_clear(&own);
	list_buf_clear(&all);
	return (error);
}

char *
url_path(const char *url)
{
	const char	*p = strstr(url, "://");
	char		*path;
	size_t		 n;

	p = p == NULL ? NULL : strchr(p + 3, '/');
	path = xstrdup(p == NULL ? "" : p);
	for (n = strlen(path); n != 0 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return (path);
}
