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

#include <sodium.h>

#include "tmpl_int.h"

/*
 * Follows HTML far enough to know where a value would stand.  It is stricter
 * than a browser: what two parsers might read in two ways is refused, or ends
 * in a state where no value may stand.
 */

/* One text on its way through the machine. */
struct walk {
	struct html		*h;
	struct html_code	*code;
	struct span		 rest;	/* begins with the current byte */
	const char		*why;	/* it is refused */
};

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

static uint8_t
lower(uint8_t c)
{
	return (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Names longer than their array are cut; none that matters is. */
static void
name_add(char *name, size_t size, uint8_t c)
{
	size_t	 n = strlen(name);

	if (n < size - 1)
		name[n] = (char)lower(c);
}

static bool
is_one_of(const char *s, const char * const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(s, *list) == 0)
			return (true);
	return (false);
}

static bool
starts_with(struct span s, const char *text)
{
	size_t	 n = strlen(text);

	return (s.len >= n && strncasecmp((const char *)span_ptr(s), text,
	    n) == 0);
}

/* ---- attributes ---- */

/* As in html/template: namespaces and data- do not change what a name means. */
static enum attr_kind
attr_kind_of(const char *tag, const char *name)
{
	static const char * const	 urls[] = { "href", "action",
		"formaction", "poster", "cite", "background", "data",
		"longdesc", "manifest", "icon", "ping", "profile", "usemap",
		"archive", "codebase", "classid", NULL };
	static const char * const	 codes[] = { "style", "srcset",
		"imagesrcset", "srcdoc", "http-equiv", "nonce", NULL };
	static const char * const	 animations[] = { "to", "from", "by",
		"values", "attributename", NULL };
	const char			*colon = strrchr(name, ':');

	if (strncmp(name, "xmlns", 5) == 0)
		return (ATTR_URL);
	if (colon != NULL)
		name = colon + 1;
	if (strncmp(name, "data-", 5) == 0)
		name += 5;
	if (strncmp(name, "on", 2) == 0 || is_one_of(name, codes) ||
	    (is_one_of(name, animations) && (strcmp(tag, "set") == 0 ||
	    strncmp(tag, "animate", 7) == 0)))
		return (ATTR_CODE);
	if (is_one_of(name, urls) || strstr(name, "src") != NULL ||
	    strstr(name, "uri") != NULL || strstr(name, "url") != NULL)
		return (ATTR_URL);
	return (ATTR_PLAIN);
}

/* ---- literal code, which the policy has to allow ---- */

static void
code_add(struct walk *w, uint8_t c)
{
	struct buf	*b = &w->code->text;

	/* A browser hashes what it sees: every line end is one LF. */
	if (c == '\r') {
		if (w->rest.len < 2 || w->rest.p[1] != '\n')
			buf_put_c(b, '\n');
	} else
		buf_put_c(b, c);
}

static void
code_hash(struct walk *w, enum tmpl_code which, bool attribute)
{
	uint8_t		 hash[crypto_hash_sha256_BYTES];
	char		 text[64], word[80];
	struct buf	*b = &w->code->hashes[which];
	struct buf	*code = &w->code->text;

	if (!buf_ok(code) || code->len == 0)
		return;
	crypto_hash_sha256(hash, code->p, code->len);
	sodium_bin2base64(text, sizeof(text), hash, sizeof(hash),
	    sodium_base64_VARIANT_ORIGINAL);
	snprintf(word, sizeof(word), " 'sha256-%s'", text);
	if (b->len != 0 && memmem(b->p, b->len, word, strlen(word)) != NULL)
		return;
	if (attribute && !w->code->attributes[which])
		buf_put_str(b, " 'unsafe-hashes'");
	w->code->attributes[which] |= attribute;
	buf_put_str(b, word);
	if (!buf_ok(b))
		w->why = "too many inline scripts and styles";
}

/* A style or event handler in an attribute; entities would have to be read. */
static void
attr_hash(struct walk *w)
{
	const struct buf	*b = &w->code->text;

	if (w->h->attr != ATTR_CODE || b->len == 0 ||
	    memchr(b->p, '&', b->len) != NULL)
		return;
	if (strcmp(w->h->name, "style") == 0)
		code_hash(w, TMPL_STYLE, true);
	else if (strncmp(w->h->name, "on", 2) == 0)
		code_hash(w, TMPL_SCRIPT, true);
}

/* ---- tags ---- */

/* Counts the elements within which a browser reads others differently. */
static void
count_open(struct html *h)
{
	static const char * const	 names[HTML_OPENS] = {
		[HTML_SVG] = "svg", [HTML_MATH] = "math",
		[HTML_SELECT] = "select", [HTML_NOSCRIPT] = "noscript" };
	int				 i;

	for (i = 0; i < HTML_OPENS; i++) {
		if (strcmp(h->tag, names[i]) != 0)
			continue;
		if (h->closing && h->open[i] != 0)
			h->open[i]--;
		else if (!h->closing && h->open[i] != UINT8_MAX &&
		    (!h->slash || i > HTML_MATH))
			h->open[i]++;
	}
}

static bool
is_foreign(const struct html *h)
{
	return (h->open[HTML_SVG] != 0 || h->open[HTML_MATH] != 0);
}

static void
tag_end(struct walk *w)
{
	static const char * const	 raw[] = { "script", "style",
		"iframe", "noembed", "noframes", "xmp", NULL };
	struct html			*h = w->h;

	h->state = HTML_TEXT;
	h->opener = false;
	count_open(h);
	if (h->closing)
		return;
	if (is_one_of(h->tag, raw)) {
		h->state = HTML_RAW;
		buf_reset(&w->code->text);
	} else if (strcmp(h->tag, "title") == 0 ||
	    strcmp(h->tag, "textarea") == 0)
		h->state = HTML_RCDATA;
	else if (strcmp(h->tag, "plaintext") == 0 ||
	    strcmp(h->tag, "frameset") == 0)
		w->why = "plaintext and frameset are not supported";
	if (h->state != HTML_TEXT && h->open[HTML_SELECT] != 0)
		w->why = "a script, a style or their like in a select";
	/* It is whole there, unless an element of HTML has ended the SVG. */
	if (h->state != HTML_TEXT && h->slash && is_foreign(h))
		w->why = "a script, a style or their like without an end tag "
		    "in SVG or MathML";
}

static void
name_end(struct walk *w)
{
	struct html	*h = w->h;

	if (strcmp(h->name, "http-equiv") == 0)
		h->equiv = true;
	if (h->equiv && h->content && strcmp(h->tag, "meta") == 0)
		w->why = "a value in the content of an http-equiv";
}

/* Inside a tag, between its attributes. */
static void
in_tag(struct walk *w, uint8_t c)
{
	struct html	*h = w->h;

	if (c == '>')
		tag_end(w);
	h->slash = c == '/';
	if (c == '>')
		return;
	/* Behind an action it might belong to the name in front of that. */
	if (c == '=' || (h->state == HTML_NAME_SPLIT && !is_space(c) &&
	    c != '/'))
		w->why = HTML_CUT;
	else if (is_space(c) || c == '/')
		h->state = HTML_TAG;
	else {
		h->state = HTML_ATTR_NAME;
		memset(h->name, 0, sizeof(h->name));
		name_add(h->name, sizeof(h->name), c);
	}
}

static void
begin_value(struct walk *w, uint8_t c)
{
	struct html	*h = w->h;

	h->attr = attr_kind_of(h->tag, h->name);
	h->part = URL_START;
	memset(h->scheme, 0, sizeof(h->scheme));
	buf_reset(&w->code->text);
	if (c == '"')
		h->state = HTML_VALUE_DQ;
	else if (c == '\'')
		h->state = HTML_VALUE_SQ;
	else if (c == '>')
		tag_end(w);
	else if (!is_space(c))
		h->state = HTML_VALUE_BARE;
}

static bool
is_scheme_char(uint8_t c)
{
	return (is_letter(c) || (c >= '0' && c <= '9') || c == '+' ||
	    c == '-' || c == '.');
}

static bool
is_good_scheme(const char *s)
{
	static const char * const	 good[] = { "http", "https", "mailto",
		"tel", NULL };

	return (is_one_of(s, good));
}

/*
 * Browsers drop tabs and line ends from URLs and read entities before the
 * scheme, so neither may be near a place where a scheme could be.
 */
static void
in_url(struct walk *w, uint8_t c)
{
	struct html	*h = w->h;
	bool		 amp = starts_with(w->rest, "&amp;");

	if (c == '?' || c == '#') {
		if (h->part != URL_BAD)
			h->part = URL_QUERY;
		return;
	}
	if (h->part == URL_PATH || h->part == URL_QUERY || h->part == URL_BAD)
		return;
	if (h->part == URL_VALUE || h->part == URL_UNKNOWN) {
		if (c == ':' || (c == '&' && !amp))
			w->why = "a value would be the scheme of a URL";
		else if (h->part == URL_VALUE && amp)
			h->part = URL_QUERY;
		else if (h->part == URL_VALUE && c > ' ' && !is_scheme_char(c))
			h->part = URL_PATH;
		return;
	}
	if (c <= ' ' && h->part == URL_START)
		return;		/* browsers drop it */
	if (c == ':')
		h->part = is_good_scheme(h->scheme) ? URL_PATH : URL_BAD;
	else if (c <= ' ' || (c == '&' && !amp))
		h->part = URL_BAD;
	else if (!is_scheme_char(c))
		h->part = URL_PATH;
	else {
		h->part = URL_SCHEME;
		/* One that does not fit is none that we know. */
		if (strlen(h->scheme) == sizeof(h->scheme) - 1)
			h->scheme[0] = '?';
		name_add(h->scheme, sizeof(h->scheme), c);
	}
}

static void
in_value(struct walk *w, uint8_t c)
{
	struct html	*h = w->h;

	if ((h->state == HTML_VALUE_DQ && c == '"') ||
	    (h->state == HTML_VALUE_SQ && c == '\'') ||
	    (h->state == HTML_VALUE_BARE && is_space(c))) {
		attr_hash(w);
		h->state = HTML_TAG;
		h->slash = false;
		h->attr = ATTR_PLAIN;
		h->part = URL_START;
		memset(h->scheme, 0, sizeof(h->scheme));
	} else if (h->state == HTML_VALUE_BARE && c == '>')
		tag_end(w);
	else if (h->attr == ATTR_URL)
		in_url(w, c);
	else if (h->attr == ATTR_CODE)
		code_add(w, c);
}

/* ---- text, comments, raw text ---- */

/* Is the tag at rest the end of the element that we are in? */
static bool
is_end_tag(const struct html *h, struct span rest)
{
	size_t	 n = strlen(h->tag);

	return (rest.len >= n + 3 && rest.p[0] == '<' && rest.p[1] == '/' &&
	    strncasecmp((const char *)rest.p + 2, h->tag, n) == 0 &&
	    (is_space(rest.p[n + 2]) || rest.p[n + 2] == '/' ||
	    rest.p[n + 2] == '>'));
}

static void
in_raw(struct walk *w, uint8_t c)
{
	struct html	*h = w->h;

	if (is_end_tag(h, w->rest)) {
		if (strcmp(h->tag, "script") == 0)
			code_hash(w, TMPL_SCRIPT, false);
		else if (strcmp(h->tag, "style") == 0)
			code_hash(w, TMPL_STYLE, false);
		h->state = HTML_TAG_NAME;
		h->closing = h->slash = false;
		memset(h->tag, 0, sizeof(h->tag));
		return;
	}
	/* In SVG a tag would be one. */
	if (c == '<' && is_foreign(h))
		w->why = "a < in a script or a style in SVG or MathML";
	/* Such a script would not end where it seems to. */
	h->opener = h->opener || starts_with(w->rest, "<!--");
	if (h->opener && starts_with(w->rest, "<script"))
		w->why = "a script in a comment in a script";
	code_add(w, c);
}

static void
in_rcdata(struct walk *w)
{
	struct html	*h = w->h;

	if (is_end_tag(h, w->rest)) {
		h->state = HTML_TAG_NAME;
		h->slash = false;
		memset(h->tag, 0, sizeof(h->tag));
	} else if (w->rest.len > 1 && w->rest.p[0] == '<' &&
	    (is_foreign(h) || is_letter(w->rest.p[1]) ||
	    w->rest.p[1] == '/'))
		w->why = "a tag in a title or a textarea";
}

static void
in_text(struct walk *w)
{
	struct html	*h = w->h;
	struct span	 rest = w->rest;
	uint8_t		 next = rest.len > 1 ? rest.p[1] : 0;

	if (rest.p[0] != '<')
		return;
	if (starts_with(rest, "<!--")) {
		h->state = HTML_COMMENT;
		h->comment = COMMENT_LESS;
	} else if (starts_with(rest, "<![CDATA["))
		w->why = "CDATA is not supported";
	else if (is_letter(next) || (next == '/' && rest.len > 2 &&
	    is_letter(rest.p[2]))) {
		h->state = HTML_TAG_NAME;
		h->closing = h->equiv = h->content = h->slash = false;
		memset(h->tag, 0, sizeof(h->tag));
		memset(h->name, 0, sizeof(h->name));
	} else if (next == '!' || next == '?' || next == '/')
		h->state = HTML_DECLARATION;
}

/* HTML 13.2.5.41 and on: the four bytes of <!-- come through here as well. */
static void
in_comment(struct html *h, uint8_t c)
{
	static const enum comment	 dashed[] = {
		[COMMENT_OTHER] = COMMENT_DASH,
		[COMMENT_LESS] = COMMENT_OTHER,
		[COMMENT_BANG] = COMMENT_OPEN1,
		[COMMENT_OPEN1] = COMMENT_START,
		[COMMENT_START] = COMMENT_START_DASH,
		[COMMENT_START_DASH] = COMMENT_END,
		[COMMENT_DASH] = COMMENT_END,
		[COMMENT_END] = COMMENT_END,
		[COMMENT_END_BANG] = COMMENT_DASH,
	};

	if (c == '-')
		h->comment = dashed[h->comment];
	else if (c == '>' && (h->comment == COMMENT_START ||
	    h->comment == COMMENT_START_DASH || h->comment == COMMENT_END ||
	    h->comment == COMMENT_END_BANG))
		h->state = HTML_TEXT;
	else if (c == '!' && h->comment == COMMENT_LESS)
		h->comment = COMMENT_BANG;
	else
		h->comment = c == '!' && h->comment == COMMENT_END ?
		    COMMENT_END_BANG : COMMENT_OTHER;
}

static void
in_tag_name(struct html *h, struct walk *w, uint8_t c)
{
	if (c == '>')
		tag_end(w);
	else if (c == '/' && h->tag[0] == '\0')
		h->closing = true;
	else if (is_space(c) || c == '/') {
		h->state = HTML_TAG;
		h->slash = c == '/';
	} else
		name_add(h->tag, sizeof(h->tag), c);
}

static void
in_attr_name(struct walk *w, uint8_t c)
{
	struct html	*h = w->h;

	if (c == '=' || c == '>' || is_space(c) || c == '/')
		name_end(w);
	if (c == '=')
		h->state = HTML_BEFORE_VALUE;
	else if (c == '>')
		tag_end(w);
	else if (c == '/') {
		h->state = HTML_TAG;
		h->slash = true;
	} else if (is_space(c))
		h->state = HTML_AFTER_NAME;
	else if (h->state == HTML_AFTER_NAME) {
		h->state = HTML_TAG;
		in_tag(w, c);
	} else
		name_add(h->name, sizeof(h->name), c);
}

static void
step(struct walk *w, uint8_t c)
{
	switch (w->h->state) {
	case HTML_TEXT:
		in_text(w);
		break;
	case HTML_RCDATA:
		in_rcdata(w);
		break;
	case HTML_RAW:
		in_raw(w, c);
		break;
	case HTML_COMMENT:
		in_comment(w->h, c);
		break;
	case HTML_DECLARATION:
		if (c == '>')
			w->h->state = HTML_TEXT;
		break;
	case HTML_TAG_NAME:
		in_tag_name(w->h, w, c);
		break;
	case HTML_TAG:
	case HTML_NAME_SPLIT:
		in_tag(w, c);
		break;
	case HTML_ATTR_NAME:
	case HTML_AFTER_NAME:
		in_attr_name(w, c);
		break;
	case HTML_BEFORE_VALUE:
		begin_value(w, c);
		break;
	case HTML_VALUE_DQ:
	case HTML_VALUE_SQ:
	case HTML_VALUE_BARE:
		in_value(w, c);
		break;
	}
}

const char *
html_advance(struct html *h, struct span text, struct html_code *code,
    unsigned *line)
{
	struct walk	 w = { .h = h, .code = code };
	size_t		 i;

	for (i = 0; i < text.len && w.why == NULL; i++) {
		w.rest = span_mem(text.p + i, text.len - i);
		/* A browser with scripts ends it here, whatever is open. */
		if (h->open[HTML_NOSCRIPT] != 0 && h->state != HTML_TEXT &&
		    starts_with(w.rest, "</noscript"))
			w.why = "a noscript ends inside something";
		else
			step(&w, text.p[i]);
		*line += text.p[i] == '\n' && w.why == NULL;
	}
	if (w.why == NULL && html_is_cut(h, text))
		w.why = HTML_CUT;
	return (w.why);
}
