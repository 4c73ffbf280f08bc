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
#include <strings.h>

#include "cookie.h"

bool
cookie_is_ours(struct span name)
{
	static const char * const	 prefixes[] = { "dexd_",
		"__Host-dexd_", "__Secure-dexd_" };
	size_t				 i, n;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		n = strlen(prefixes[i]);
		if (name.len > n && memcmp(name.p, prefixes[i], n) == 0)
			return (true);
	}
	return (false);
}

static void
take_cookie(struct list_buf *l, struct span pair)
{
	const uint8_t	*eq = memchr(span_ptr(pair), '=', pair.len);
	struct span	 name, value;

	if (eq == NULL || l->count >= COOKIES_MAX)
		return;
	name = span_mem(pair.p, (size_t)(eq - pair.p));
	value = span_mem(eq + 1, pair.len - name.len - 1);
	if (!cookie_is_ours(name) || name.len > COOKIE_NAME_MAX ||
	    value.len > COOKIE_VALUE_MAX ||
	    !span_is_utf8(name) || !span_is_utf8(value))
		return;
	list_buf_add(l, name);
	list_buf_add(l, value);
}

void
cookies_take(struct list_buf *l, const struct http_req *r)
{
	struct span	 rest, pair;
	const uint8_t	*semi;
	unsigned	 i;

	for (i = 0; i < r->nfields; i++) {
		if (r->fields[i].name.len != 6 || strncasecmp(
		    (const char *)r->fields[i].name.p, "Cookie", 6) != 0)
			continue;
		rest = r->fields[i].value;
		while (rest.len != 0) {
			semi = memchr(rest.p, ';', rest.len);
			pair = semi == NULL ? rest :
			    span_mem(rest.p, (size_t)(semi - rest.p));
			take_cookie(l, pair);
			rest = span_mem(rest.p + pair.len,
			    rest.len - pair.len);
			while (rest.len != 0 && (*rest.p == ';' ||
			    *rest.p == ' ')) {
				rest.p++;
				rest.len--;
			}
		}
	}
}
