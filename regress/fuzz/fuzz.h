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

#ifndef DEXD_FUZZ_H
#define DEXD_FUZZ_H

#include <string.h>

#include "buf.h"
#include "msg.h"

/*
 * What the fuzz targets share: an input taken apart from left to right into
 * numbers and strings.  A target that finds a rule broken traps.
 */

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define RULE(holds)	do { if (!(holds)) __builtin_trap(); } while (0)

struct fuzz_input {
	const uint8_t	*p;
	size_t		 len;
};

static inline uint8_t
fuzz_u8(struct fuzz_input *in)
{
	if (in->len == 0)
		return (0);
	in->len--;
	return (*in->p++);
}

static inline uint64_t
fuzz_u64(struct fuzz_input *in)
{
	uint64_t	 v = 0;
	unsigned	 i, n = fuzz_u8(in) % 9;

	for (i = 0; i < n; i++)
		v = v << 8 | fuzz_u8(in);
	return (v);
}

/* Up to the next 0xff, which no UTF-8 has, or the end. */
static inline struct span
fuzz_span(struct fuzz_input *in)
{
	const uint8_t	*end = in->len == 0 ? NULL :
			    memchr(in->p, 0xff, in->len);
	struct span	 s = { in->p, end == NULL ? in->len :
			    (size_t)(end - in->p) };
	size_t		 used = s.len + (end != NULL);

	if (used != 0)
		in->p += used;
	in->len -= used;
	return (s);
}

/* A list of as many spans as a byte says. */
static inline struct msg_list
fuzz_list(struct fuzz_input *in, struct list_buf *l)
{
	unsigned	 i, n = fuzz_u8(in) % 8;

	list_buf_init(l, 1 << 20);
	for (i = 0; i < n && in->len != 0; i++)
		list_buf_add(l, fuzz_span(in));
	return (msg_list_of(l));
}

/* Reads every byte, so that the sanitizers see what a span borrows from. */
static inline unsigned
fuzz_touch(struct span s)
{
	unsigned	 sum = 0;
	size_t		 i;

	for (i = 0; i < s.len; i++)
		sum += s.p[i];
	return (sum);
}

static inline unsigned
fuzz_touch_list(struct msg_list l)
{
	struct span	 s;
	uint32_t	 n = 0;
	unsigned	 sum = 0;

	for (; msg_list_next(&l, &s); n++)
		sum += fuzz_touch(s);
	return (sum + n);
}

#endif /* DEXD_FUZZ_H */
