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

#include "json.h"

void
json_warm_up(void)
{
	json_object_seed(0);
}

/*
 * jansson's own limit on nesting is 2048; ours is tighter.  Brackets are
 * counted before it parses, so that it never recurses further.
 */
static bool
is_shallow(struct span s)
{
	size_t	 i;
	int	 depth = 0;
	bool	 quoted = false;

	for (i = 0; i < s.len; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && (s.p[i] == '[' || s.p[i] == '{') &&
		    ++depth > JSON_DEPTH_MAX)
			return (false);
		else if (!quoted && (s.p[i] == ']' || s.p[i] == '}'))
			depth--;
	}
	return (true);
}

json_t *
json_read(struct span s, size_t max_len)
{
	json_error_t	 error;

	if (s.len == 0 || s.len > max_len || !is_shallow(s))
		return (NULL);
	return (json_loadb((const char *)s.p, s.len,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error));
}

static size_t
sequence_length(uint8_t c)
{
	return (c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4);
}

void
json_put_string(struct buf *b, struct span s)
{
	struct span	 seq;
	size_t		 n;

	buf_put_c(b, '"');
	for (; s.len != 0; s.p += n, s.len -= n) {
		n = sequence_length(*s.p);
		seq = span_mem(s.p, n < s.len ? n : s.len);
		if (!span_is_utf8(seq)) {
			buf_put_str(b, "\\ufffd");
			n = 1;
		} else if (*s.p == '"' || *s.p == '\\')
			buf_printf(b, "\\%c", *s.p);
		else if (*s.p == '\n')
			buf_put_str(b, "\\n");
		else if (*s.p == '\r')
			buf_put_str(b, "\\r");
		else if (*s.p == '\t')
			buf_put_str(b, "\\t");
		else if (*s.p == '\b')
			buf_put_str(b, "\\b");
		else if (*s.p == '\f')
			buf_put_str(b, "\\f");
		else if (*s.p < ' ' || *s.p == '<' || *s.p == '>' ||
		    *s.p == '&')
			buf_printf(b, "\\u%04x", *s.p);
		else if (seq.len == 3 && memcmp(seq.p, "\xe2\x80", 2) == 0 &&
		    (seq.p[2] == 0xa8 || seq.p[2] == 0xa9))
			buf_printf(b, "\\u20%02x", seq.p[2] - 0x80);
		else
			buf_put_span(b, seq);
	}
	buf_put_c(b, '"');
}

/*
 * The bytes that Go escapes and jansson does not are met inside strings only.
 */
void
json_put(struct buf *b, const json_t *value)
{
	char	*text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	char	*p;

	if (text == NULL)
		b->failed = true;
	for (p = text; p != NULL && *p != '\0'; p++) {
		if (*p == '<' || *p == '>' || *p == '&')
			buf_printf(b, "\\u%04x", *p);
		else if (strncmp(p, "\xe2\x80\xa8", 3) == 0 ||
		    strncmp(p, "\xe2\x80\xa9", 3) == 0) {
			buf_printf(b, "\\u20%02x", (uint8_t)p[2] - 0x80);
			p += 2;
		} else
			buf_put_c(b, *p);
	}
	free(text);
}
