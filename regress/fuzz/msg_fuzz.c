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

#include "regress/fuzz/fuzz.h"

size_t	 LLVMFuzzerMutate(uint8_t *, size_t, size_t);
size_t	 LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned);

/*
 * A message of a hostile room: what decodes must encode to the same bytes,
 * for every type, and every span must lie inside them.  The mutator makes
 * messages from msg.def, so that each field of each type is reached, at its
 * bounds and just beyond.
 */

static enum msg_type
type_of(uint8_t byte)
{
	return ((enum msg_type)(1 + byte % (MSG_MAX - 1)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct msg	 m;
	struct buf	 b;

	if (len == 0)
		return (0);
	memset(&m, 0, sizeof(m));
	m.type = type_of(p[0]);
	if (msg_decode(&m, span_mem(p + 1, len - 1)) == -1)
		return (0);
	buf_init(&b, 1 << 22);
	RULE(msg_encode(m.type, &m.rid, &b) == 0 && b.len == len - 1 &&
	    (b.len == 0 || memcmp(b.p, p + 1, b.len) == 0));
	buf_clear(&b);
	return (0);
}

/* ---- messages made from msg.def ---- */

static uint32_t	 state;

static uint32_t
some(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return (below == 0 ? 0 : state % below);
}

/* Mostly short; sometimes the bound itself, or one more. */
static size_t
some_length(size_t max)
{
	switch (some(16)) {
	case 0:
		return (max);
	case 1:
		return (max + 1);
	case 2:
		return (0);
	default:
		return (some((uint32_t)(max < 40 ? max + 1 : 40)));
	}
}

static void
put_bytes(struct buf *b, size_t max, bool text)
{
	size_t	 i, n = some_length(max);
	bool	 odd = some(32) == 0;

	buf_put_u32(b, (uint32_t)n);
	for (i = 0; i < n; i++)
		buf_put_u8(b, (uint8_t)(text && !odd ? ' ' + some(95) :
		    some(256)));
}

static void
put_list(struct buf *b, uint32_t items, size_t max)
{
	uint32_t	 i, n = (uint32_t)some_length(items);

	buf_put_u32(b, n);
	for (i = 0; i < n && b->len < 200000; i++)
		put_bytes(b, max < 40 ? max : 40, false);
}

#define MSG(U, l, from, to, reply, fd, trust)				\
static void								\
put_##l(struct buf *b)							\
{									\
	(void)b;
#define BOOL(f)		buf_put_u8(b, (uint8_t)some(some(16) == 0 ? 4 : 2));
#define ENUM(f, limit)							\
	buf_put_u8(b, (uint8_t)some((uint32_t)(limit) + (some(16) == 0)));
#define U32(f)		buf_put_u32(b, some(UINT32_MAX));
#define U64(f)		buf_put_u64(b, (uint64_t)some(UINT32_MAX) << 32 | some(9));
#define STR(f, max)	put_bytes(b, max, true);
#define BYTES(f, max)	put_bytes(b, max, false);
#define LIST(f, items, max)	put_list(b, items, max);
#define END(l)		}
#include "msg.def"
#include "msg_undef.h"

static void
put_message(struct buf *b, enum msg_type type)
{
	switch (type) {
#define MSG(U, l, from, to, reply, fd, trust)				\
	case U:								\
		put_##l(b);						\
		break;
#include "msg_each.h"
	case MSG_NONE:
	case MSG_MAX:
	default:
		break;
	}
}

/* A third are new messages, a third old ones cut or damaged in one place. */
size_t
LLVMFuzzerCustomMutator(uint8_t *p, size_t len, size_t max, unsigned seed)
{
	struct buf	 b;
	uint8_t		 type;

	state = seed | 1;
	some(2);
	if (some(3) != 0 || max < 2)
		return (LLVMFuzzerMutate(p, len, max));
	type = (uint8_t)some(256);
	buf_init(&b, 1 << 22);
	put_message(&b, type_of(type));
	len = b.len < max - 1 ? b.len : max - 1;
	p[0] = type;
	if (len != 0)
		memcpy(p + 1, b.p, len);
	buf_clear(&b);
	return (len + 1);
}
