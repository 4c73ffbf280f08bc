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

#include "proto.h"

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

#define NUMBER_MAX	0x1fffffff

static void
put_varint(struct buf *b, size_t n)
{
	for (; n >= 128; n >>= 7)
		buf_put_u8(b, (uint8_t)(n | 128));
	buf_put_u8(b, (uint8_t)n);
}

void
proto_put_string(struct buf *b, unsigned number, struct span value)
{
	if (value.len == 0)
		return;
	buf_put_u8(b, (uint8_t)(number << 3 | WIRE_BYTES));
	put_varint(b, value.len);
	buf_put_span(b, value);
}

/* At most ten bytes; bits beyond the 64th are an error. */
static uint64_t
get_varint(struct cur *c)
{
	uint64_t	 n = 0;
	unsigned	 shift;
	uint8_t		 byte;

	for (shift = 0; shift < 64; shift += 7) {
		byte = cur_u8(c);
		if (shift == 63 && byte > 1)
			break;
		n |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return (n);
	}
	c->failed = true;
	return (0);
}

bool
proto_next(struct cur *c, unsigned *number, struct span *value)
{
	uint64_t	 tag, n;

	while (!c->failed && c->len != 0) {
		tag = get_varint(c);
		if (tag >> 3 == 0 || tag >> 3 > NUMBER_MAX) {
			c->failed = true;
			break;
		}
		switch (tag & 7) {
		case WIRE_VARINT:
			get_varint(c);
			break;
		case WIRE_64:
			cur_bytes(c, 8);
			break;
		case WIRE_32:
			cur_bytes(c, 4);
			break;
		case WIRE_BYTES:
			n = get_varint(c);
			if (c->failed || n > c->len) {
				c->failed = true;
				break;
			}
			*number = (unsigned)(tag >> 3);
			*value = cur_bytes(c, (size_t)n);
			return (!c->failed);
		default:
			c->failed = true;
		}
	}
	return (false);
}
