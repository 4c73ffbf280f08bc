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

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "buf.h"

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
buf_clear(struct buf *b)
{
	size_t	 max = b->max;

	freezero(b->p, b->cap);
	buf_init(b, max);
}

void
buf_reset(struct buf *b)
{
	if (b->len != 0)
		explicit_bzero(b->p, b->len);
	b->len = 0;
	b->failed = false;
}

bool
buf_ok(const struct buf *b)
{
	return (!b->failed);
}

struct span
buf_span(const struct buf *b)
{
	return (span_mem(b->p, b->len));
}

/* Makes room for n more bytes and one NUL behind them. */
static bool
buf_reserve(struct buf *b, size_t n)
{
	uint8_t	*p;
	size_t	 cap;

	if (b->failed || n > b->max - b->len) {
		b->failed = true;
		return (false);
	}
	if (b->len + n + 1 <= b->cap)
		return (true);
	cap = b->cap < 64 ? 64 : b->cap;
	while (cap < b->len + n + 1)
		cap *= 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	if ((p = recallocarray(b->p, b->cap, cap, 1)) == NULL) {
		b->failed = true;
		return (false);
	}
	b->p = p;
	b->cap = cap;
	return (true);
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	if (!buf_reserve(b, n) || n == 0)
		return;
	memcpy(b->p + b->len, p, n);
	b->len += n;
}

void
buf_put_span(struct buf *b, struct span s)
{
	buf_put(b, s.p, s.len);
}

void
buf_put_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_put_c(struct buf *b, int c)
{
	buf_put_u8(b, (uint8_t)c);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	if (b->failed)
		return;		/* formatting is not free */
	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if (!buf_reserve(b, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_put_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}

void
buf_put_u16(struct buf *b, uint16_t v)
{
	uint8_t	 be[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	buf_put(b, be, sizeof(be));
}

void
buf_put_u32(struct buf *b, uint32_t v)
{
	buf_put_u16(b, (uint16_t)(v >> 16));
	buf_put_u16(b, (uint16_t)v);
}

void
buf_put_u64(struct buf *b, uint64_t v)
{
	buf_put_u32(b, (uint32_t)(v >> 32));
	buf_put_u32(b, (uint32_t)v);
}

void
buf_put_lspan(struct buf *b, struct span s)
{
	if (s.len > UINT32_MAX) {
		b->failed = true;
		return;
	}
	buf_put_u32(b, (uint32_t)s.len);
	buf_put_span(b, s);
}

void
buf_drain(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->len - n);
	b->len -= n;
	explicit_bzero(b->p + b->len, n);
}

const char *
buf_cstr(struct buf *b)
{
	if (!buf_reserve(b, 0))
		return (NULL);
	b->p[b->len] = '\0';
	return ((const char *)b->p);
}

char *
buf_take(struct buf *b)
{
	char	*s;

	if (buf_cstr(b) == NULL)
		return (NULL);
	s = (char *)b->p;
	buf_init(b, b->max);
	return (s);
}

void
cur_init(struct cur *c, struct span s)
{
	c->p = s.p;
	c->len = s.len;
	c->failed = false;
}

struct span
cur_bytes(struct cur *c, size_t n)
{
	struct span	 s;

	if (c->failed || n > c->len) {
		c->failed = true;
		return (span_mem(NULL, 0));
	}
	s = span_mem(c->p, n);
	if (n != 0)
		c->p += n;
	c->len -= n;
	return (s);
}

static uint64_t
cur_be(struct cur *c, size_t n)
{
	struct span	 s = cur_bytes(c, n);
	uint64_t	 v = 0;
	size_t		 i;

	for (i = 0; i < s.len; i++)
		v = v << 8 | s.p[i];
	return (v);
}

uint8_t
cur_u8(struct cur *c)
{
	return ((uint8_t)cur_be(c, 1));
}

uint16_t
cur_u16(struct cur *c)
{
	return ((uint16_t)cur_be(c, 2));
}

uint32_t
cur_u32(struct cur *c)
{
	return ((uint32_t)cur_be(c, 4));
}

uint64_t
cur_u64(struct cur *c)
{
	return (cur_be(c, 8));
}

struct span
cur_lspan(struct cur *c, size_t max)
{
	uint32_t	 n = cur_u32(c);

	if (n > max)
		c->failed = true;
	return (cur_bytes(c, c->failed ? 0 : n));
}

bool
cur_done(const struct cur *c)
{
	return (!c->failed && c->len == 0);
}
