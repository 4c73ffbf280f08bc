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

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tmpl_int.h"

/* Places in the HTML: what may stand there, and which are the same. */

const char *
html_before_action(const struct html *h)
{
	if (h->state == HTML_RAW)
		return ("no action may stand in a script, a style or their "
		    "like");
	if (h->state == HTML_TAG_NAME)
		return (HTML_CUT);
	if ((h->state == HTML_VALUE_DQ || h->state == HTML_VALUE_SQ ||
	    h->state == HTML_VALUE_BARE) && h->attr == ATTR_CODE)
		return ("no action may stand in an attribute that is code");
	return (NULL);
}

/* Does the text end with a beginning of the word? */
static bool
ends_in(struct span text, const char *word)
{
	size_t	 i, n = strlen(word);

	for (i = 1; i < n && i <= text.len; i++)
		if (strncasecmp((const char *)text.p + text.len - i, word,
		    i) == 0)
			return (true);
	return (false);
}

bool
html_is_cut(const struct html *h, struct span text)
{
	char		 tag[24];
	struct span	 tail;
	size_t		 i;

	if (h->open[HTML_NOSCRIPT] != 0 && h->state != HTML_TEXT &&
	    ends_in(text, "</noscript"))
		return (true);
	if (h->state == HTML_RAW && (ends_in(text, "<!--") ||
	    ends_in(text, "<script")))
		return (true);
	if (h->state != HTML_TEXT && h->state != HTML_RCDATA &&
	    h->state != HTML_RAW && h->state != HTML_DECLARATION)
		return (false);
	snprintf(tag, sizeof(tag), "</%s", h->tag);
	for (i = 1; i <= 20 && i <= text.len; i++) {
		if (text.p[text.len - i] != '<')
			continue;
		tail = span_mem(text.p + text.len - i, i);
		if (h->state == HTML_TEXT)
			return (i == 1);
		if (h->state == HTML_DECLARATION)
			return (i == 2 || span_is(tail, "<!-") ||
			    ends_in(text, "<![CDATA["));
		return (i <= strlen(tag) && strncasecmp(tag,
		    (const char *)tail.p, i) == 0);
	}
	return (false);
}

void
html_nudge(struct html *h)
{
	if (h->state == HTML_ATTR_NAME)
		h->state = HTML_NAME_SPLIT;
	else if (h->state == HTML_AFTER_NAME)
		h->state = HTML_TAG;
	if (h->state == HTML_TAG || h->state == HTML_NAME_SPLIT)
		memset(h->name, 0, sizeof(h->name));
	if (h->state == HTML_TEXT) {
		memset(h->tag, 0, sizeof(h->tag));
		memset(h->name, 0, sizeof(h->name));
		h->closing = h->equiv = h->content = h->opener = false;
		h->slash = false;
		h->comment = COMMENT_OTHER;
	}
}

/* All that matters but the flags of the tag and the part of a URL. */
static bool
is_like(const struct html *a, const struct html *b)
{
	return (a->state == b->state && a->attr == b->attr &&
	    strcmp(a->tag, b->tag) == 0 && strcmp(a->name, b->name) == 0 &&
	    a->closing == b->closing && a->opener == b->opener &&
	    (a->state != HTML_COMMENT || a->comment == b->comment));
}

bool
html_same(const struct html *a, const struct html *b)
{
	if (memcmp(a->open, b->open, sizeof(a->open)) != 0)
		return (false);
	if (a->state == HTML_TEXT && b->state == HTML_TEXT)
		return (true);
	return (is_like(a, b) && a->slash == b->slash &&
	    a->equiv == b->equiv && a->content == b->content &&
	    a->part == b->part && strcmp(a->scheme, b->scheme) == 0);
}

bool
html_join(struct html *a, const struct html *b)
{
	struct html	 c = *b;
	int		 i;

	for (i = 0; i < HTML_OPENS; i++)
		if (c.open[i] > a->open[i])
			a->open[i] = c.open[i];
	if (a->state == HTML_TEXT && b->state == HTML_TEXT)
		return (true);
	/* A name may have been cut in one of two branches. */
	if (a->state == HTML_NAME_SPLIT && b->state == HTML_TAG)
		c.state = HTML_NAME_SPLIT;
	else if (a->state == HTML_TAG && b->state == HTML_NAME_SPLIT)
		a->state = HTML_NAME_SPLIT;
	if (!is_like(a, &c) || a->slash != c.slash)
		return (false);
	a->equiv |= c.equiv;
	a->content |= c.content;
	if (a->part != c.part || strcmp(a->scheme, c.scheme) != 0)
		a->part = a->part == URL_BAD || c.part == URL_BAD ? URL_BAD :
		    URL_UNKNOWN;
	return (true);
}

const char *
html_put_value(struct html *h, enum escape *e)
{
	*e = ESCAPE_HTML;
	if (h->state == HTML_TEXT || h->state == HTML_RCDATA)
		return (NULL);
	if ((h->state != HTML_VALUE_DQ && h->state != HTML_VALUE_SQ) ||
	    h->attr == ATTR_CODE)
		return ("no value may stand here: only in text and in quoted "
		    "attributes without code");
	if (strcmp(h->tag, "meta") == 0 && strcmp(h->name, "content") == 0) {
		if (h->equiv)
			return ("a value in the content of an http-equiv");
		h->content = true;
	}
	if (h->attr != ATTR_URL)
		return (NULL);
	switch (h->part) {
	case URL_START:
		*e = ESCAPE_URL_START;
		h->part = URL_VALUE;
		return (NULL);
	case URL_PATH:
		*e = ESCAPE_URL_PATH;
		return (NULL);
	case URL_QUERY:
		*e = ESCAPE_URL_QUERY;
		return (NULL);
	case URL_BAD:
		return ("a value behind a scheme that is not http, https, "
		    "mailto or tel");
	default:
		return ("a value would be part of the scheme of a URL");
	}
}
