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

#include "msg.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * A message of a hostile room: what decodes must encode to the same bytes,
 * for every type.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct msg	 m;
	struct buf	 b;

	if (len == 0)
		return (0);
	memset(&m, 0, sizeof(m));
	m.type = (enum msg_type)(1 + p[0] % (MSG_MAX - 1));
	if (msg_decode(&m, span_mem(p + 1, len - 1)) == -1)
		return (0);
	buf_init(&b, 1 << 22);
	if (msg_encode(m.type, &m.rid, &b) == -1 || b.len != len - 1 ||
	    memcmp(b.p, p + 1, b.len) != 0)
		__builtin_trap();
	buf_clear(&b);
	return (0);
}
