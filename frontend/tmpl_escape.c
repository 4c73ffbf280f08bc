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

#include "tmpl_int.h"

/* Escaping, in the bytes that html/template writes. */

static void
put_html(struct buf *b, struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		switch (s.p[i]) {
		case '\0':
			buf_put_str(b, "\xef\xbf\xbd");
			break;
		case '"':
			buf_put_str(b, "&#34;");
			break;
		case '\'':
			buf_put_str(b, "&#39;");
			break;
		case '&':
			buf_put_str(b, "&amp;");
			break;
		case '+':
			buf_put_str(b, "&#43;");
			break;
		case '<':
			buf_put_str(b, "&lt;");
			break;
		case '>':
			buf_put_str(b, "&gt;");
			break;
		default:
			buf_put_c(b, s.p[i]);
		}
}

/* http, https, mailto, or no scheme at all. */
static bool
is_safe_url(struct span s)
{
	static const char * const	 safe[] = { "http:", "https:",
		"mailto:" };
	const uint8_t			*colon = memchr(span_ptr(s), ':', s.len);
	size_t				 i, n;

	if (colon == NULL ||
	    memchr(s.p, '/', (size_t)(colon - s.p)) != NULL)
		return (true);
	n = (size_t)(colon - s.p) + 1;
	for (i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
		if (n == strlen(safe[i]) && strncasecmp((const char *)s.p,
		    safe[i], n) == 0)
			return (true);
	return (false);
}

static bool
is_hex(uint8_t c)
{
	return ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F'));
}

static bool
is_letter(uint8_t c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

/* all: also what has a meaning in URLs, for a value within a query. */
static void
put_url(struct buf *b, struct span s, bool all)
{
	struct buf	 url;
	size_t		 i;
	uint8_t		 c;
	bool		 keep;

	buf_init(&url, s.len * 3 + 1);
	for (i = 0; i < s.len; i++) {
		c = s.p[i];
		keep = is_letter(c) || (c >= '0' && c <= '9') ||
		    (c != '\0' && strchr("-._~", c) != NULL);
		if (!all && !keep && c != '\0')
			keep = strchr("!#$&*+,/:;=?@[]", c) != NULL ||
			    (c == '%' && i + 2 < s.len && is_hex(s.p[i + 1]) &&
			    is_hex(s.p[i + 2]));
		if (keep)
			buf_put_c(&url, c);
		else
			buf_printf(&url, "%%%02x", c);
	}
	if (buf_ok(&url))
		put_html(b, buf_span(&url));
	else
		b->failed = true;
	buf_clear(&url);
}

void
escape_put(struct buf *b, enum escape e, struct span s)
{
	switch (e) {
	case ESCAPE_HTML:
		put_html(b, s);
		break;
	case ESCAPE_URL_START:
		put_url(b, is_safe_url(s) ? s : span_str("#ZgotmplZ"), false);
		break;
	case ESCAPE_URL_PATH:
		put_url(b, s, false);
		break;
	case ESCAPE_URL_QUERY:
		put_url(b, s, true);
		break;
	}
}

/* As Go's url.QueryEscape(). */
void
escape_query(struct buf *b, struct span s)
{
	size_t	 i;
	uint8_t	 c;

	for (i = 0; i < s.len; i++) {
		c = s.p[i];
		if (is_letter(c) || (c >= '0' && c <= '9') ||
		    (c != '\0' && strchr("-._~", c) != NULL))
			buf_put_c(b, c);
		else if (c == ' ')
			buf_put_c(b, '+');
		else
			buf_printf(b, "%%%02X", c);
	}
}
