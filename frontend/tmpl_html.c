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

/*
 * Follows HTML far enough to know where a value would stand.  It is stricter
 * than a browser: what it does not understand ends in a state where no value
 * may stand.
 */

static bool
is_space(uint8_t c)
{
	return (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f');
}

static bool
is_letter(uint8_t c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

static void
name_start(char name[16])
{
	memset(name, 0, 16);
}

static void
name_add(char name[16], uint8_t c)
{
	size_t	 n = strlen(name);

	if (n < 15)
		name[n] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static enum attr_kind
attr_kind_of(const char *name)
{
	static const char * const	 urls[] = { "href", "src", "action",
		"formaction", "poster", "cite", "background", "data" };
	size_t				 i;

	if (strncmp(name, "on", 2) == 0 || strcmp(name, "style") == 0 ||
	    strcmp(name, "srcset") == 0 || strcmp(name, "srcdoc") == 0)
		return (ATTR_CODE);
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		if (strcmp(name, urls[i]) == 0)
			return (ATTR_URL);
	return (ATTR_PLAIN);
}

static void
tag_end(struct html *h)
{
	bool	 raw = strcmp(h->tag, "script") == 0 ||
		    strcmp(h->tag, "style") == 0;

	h->state = raw ? HTML_RAW : HTML_TEXT;
}

/* Inside a tag, between its attributes. */
static void
in_tag(struct html *h, uint8_t c)
{
	if (c == '>')
		tag_end(h);
	else if (!is_space(c) && c != '/') {
		h->state = HTML_ATTR_NAME;
		name_start(h->name);
		name_add(h->name, c);
	}
}

static void
begin_value(struct html *h, uint8_t c)
{
	h->attr = attr_kind_of(h->name);
	h->part = URL_START;
	if (c == '"')
		h->state = HTML_VALUE_DQ;
	else if (c == '\'')
		h->state = HTML_VALUE_SQ;
	else if (c == '>')
		tag_end(h);
	else if (!is_space(c))
		h->state = HTML_VALUE_BARE;
}

static void
in_value(struct html *h, uint8_t c)
{
	if ((h->state == HTML_VALUE_DQ && c == '"') ||
	    (h->state == HTML_VALUE_SQ && c == '\'') ||
	    (h->state == HTML_VALUE_BARE && is_space(c))) {
		h->state = HTML_TAG;
		h->attr = ATTR_PLAIN;
		h->part = URL_START;
	} else if (h->state == HTML_VALUE_BARE && c == '>')
		tag_end(h);
	else if (c == '?' || c == '#')
		h->part = URL_QUERY;
	else if (h->part == URL_START)
		h->part = URL_PATH;
}

/* Is the tag at p the end of the raw element that we are in? */
static bool
is_raw_end(const struct html *h, struct span rest)
{
	size_t	 n = strlen(h->tag);

	return (rest.len >= n + 2 && rest.p[0] == '<' && rest.p[1] == '/' &&
	    strncasecmp((const char *)rest.p + 2, h->tag, n) == 0);
}

static void
in_text(struct html *h, struct span rest)
{
	uint8_t	 next = rest.len > 1 ? rest.p[1] : 0;

	if (rest.p[0] != '<')
		return;
	if (rest.len >= 4 && memcmp(rest.p, "<!--", 4) == 0)
		h->state = HTML_COMMENT;
	else if (next == '!')
		h->state = HTML_DECLARATION;
	else if (is_letter(next) || next == '/' || rest.len == 1) {
		/* At the end of the text a value would be the tag's name. */
		h->state = HTML_TAG_NAME;
		name_start(h->tag);
	}
}

static void
in_tag_name(struct html *h, uint8_t c)
{
	if (c == '>')
		tag_end(h);
	else if (is_space(c))
		h->state = HTML_TAG;
	else
		name_add(h->tag, c);
}

static void
in_attr_name(struct html *h, uint8_t c)
{
	if (c == '=')
		h->state = HTML_BEFORE_VALUE;
	else if (c == '>')
		tag_end(h);
	else if (is_space(c) || c == '/')
		h->state = HTML_AFTER_NAME;
	else if (h->state == HTML_AFTER_NAME) {
		h->state = HTML_ATTR_NAME;
		name_start(h->name);
		name_add(h->name, c);
	} else
		name_add(h->name, c);
}

static void
step(struct html *h, struct span rest, const uint8_t *start)
{
	uint8_t	 c = *rest.p;

	switch (h->state) {
	case HTML_TEXT:
		in_text(h, rest);
		break;
	case HTML_COMMENT:
		if (c == '>' && rest.p - start >= 2 && rest.p[-1] == '-' &&
		    rest.p[-2] == '-')
			h->state = HTML_TEXT;
		break;
	case HTML_DECLARATION:
		if (c == '>')
			h->state = HTML_TEXT;
		break;
	case HTML_TAG_NAME:
		in_tag_name(h, c);
		break;
	case HTML_TAG:
		in_tag(h, c);
		break;
	case HTML_ATTR_NAME:
	case HTML_AFTER_NAME:
		in_attr_name(h, c);
		break;
	case HTML_BEFORE_VALUE:
		begin_value(h, c);
		break;
	case HTML_VALUE_DQ:
	case HTML_VALUE_SQ:
	case HTML_VALUE_BARE:
		in_value(h, c);
		break;
	case HTML_RAW:
		if (is_raw_end(h, rest)) {
			h->state = HTML_TAG_NAME;
			name_start(h->tag);
		}
		break;
	}
}

void
html_advance(struct html *h, struct span text)
{
	size_t	 i;

	for (i = 0; i < text.len; i++)
		step(h, span_mem(text.p + i, text.len - i), text.p);
}

void
html_nudge(struct html *h)
{
	if (h->state == HTML_ATTR_NAME || h->state == HTML_AFTER_NAME)
		h->state = HTML_TAG;
	if (h->state == HTML_TAG)
		name_start(h->name);
	if (h->state == HTML_TEXT)
		name_start(h->tag);
}

bool
html_same(const struct html *a, const struct html *b)
{
	if (a->state != b->state)
		return (false);
	if (a->state == HTML_TEXT)
		return (true);
	return (strcmp(a->tag, b->tag) == 0 && a->attr == b->attr &&
	    a->part == b->part);
}

bool
html_escape_of(const struct html *h, enum escape *e)
{
	*e = ESCAPE_HTML;
	if (h->state == HTML_TEXT)
		return (true);
	if ((h->state != HTML_VALUE_DQ && h->state != HTML_VALUE_SQ) ||
	    h->attr == ATTR_CODE)
		return (false);
	if (h->attr == ATTR_URL)
		*e = h->part == URL_START ? ESCAPE_URL_START :
		    h->part == URL_PATH ? ESCAPE_URL_PATH : ESCAPE_URL_QUERY;
	return (true);
}

/* ---- escaping, in the bytes that html/template writes ---- */

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
