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

#include <sodium.h>

#include "span.h"

struct span
span_str(const char *s)
{
	if (s == NULL)
		return ((struct span){ NULL, 0 });
	return ((struct span){ (const uint8_t *)s, strlen(s) });
}

struct span
span_mem(const void *p, size_t len)
{
	return ((struct span){ p, len });
}

const uint8_t *
span_ptr(struct span s)
{
	static const uint8_t	 nothing[1];

	return (s.len == 0 ? nothing : s.p);
}

bool
span_eq(struct span a, struct span b)
{
	if (a.len != b.len)
		return (false);
	return (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
span_is(struct span a, const char *s)
{
	return (span_eq(a, span_str(s)));
}

int
span_cmp(const void *va, const void *vb)
{
	const struct span	*a = va, *b = vb;
	size_t			 n = a->len < b->len ? a->len : b->len;
	int			 cmp = n == 0 ? 0 : memcmp(a->p, b->p, n);

	if (cmp != 0)
		return (cmp);
	return (a->len < b->len ? -1 : a->len > b->len);
}

bool
span_after(struct span s, const char *prefix, struct span *rest)
{
	size_t	 n = strlen(prefix);

	if (s.len <= n || memcmp(s.p, prefix, n) != 0)
		return (false);
	*rest = span_mem(s.p + n, s.len - n);
	return (true);
}

bool
span_eq_secret(struct span a, struct span b)
{
	if (a.len != b.len)
		return (false);
	return (a.len == 0 || sodium_memcmp(a.p, b.p, a.len) == 0);
}

char *
span_dup(struct span s)
{
	char	*copy;

	if (s.len != 0 && memchr(s.p, '\0', s.len) != NULL)
		return (NULL);
	if ((copy = malloc(s.len + 1)) == NULL)
		return (NULL);
	if (s.len != 0)
		memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return (copy);
}

/*
 * The length of the well-formed UTF-8 sequence at p, or 0.  The bounds of the
 * second byte are those of RFC 3629 section 4: no overlong form, no surrogate,
 * nothing past U+10FFFF.
 */
static size_t
utf8_sequence(const uint8_t *p, size_t len)
{
	uint8_t	 low = 0x80, high = 0xbf;
	size_t	 i, n;

	if (p[0] < 0x80)
		return (1);
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return (0);
	if (len < n)
		return (0);
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return (0);
	for (i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return (0);
	return (n);
}

bool
span_is_utf8(struct span s)
{
	size_t	 n;

	while (s.len != 0) {
		if ((n = utf8_sequence(s.p, s.len)) == 0)
			return (false);
		s.p += n;
		s.len -= n;
	}
	return (true);
}

static bool
is_space(uint8_t c)
{
	return (c == ' ' || c == '\t' || c == '\n' || c == '\r');
}

struct span
span_cut(struct span s, size_t max)
{
	if (s.len <= max)
		return (s);
	for (s.len = max; s.len != 0 && (s.p[s.len] & 0xc0) == 0x80; s.len--)
		;
	return (s);
}

struct span
span_trim(struct span s)
{
	while (s.len != 0 && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len != 0 && (s.p[s.len - 1] == ' ' ||
	    s.p[s.len - 1] == '\t'))
		s.len--;
	return (s);
}

bool
span_word(struct span *rest, struct span *word)
{
	size_t	 n;

	while (rest->len != 0 && is_space(*rest->p)) {
		rest->p++;
		rest->len--;
	}
	for (n = 0; n < rest->len && !is_space(rest->p[n]); n++)
		;
	*word = span_mem(rest->p, n);
	if (n == 0)
		return (false);
	rest->p += n;
	rest->len -= n;
	return (true);
}
