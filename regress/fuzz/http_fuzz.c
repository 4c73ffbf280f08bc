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

/* link: frontend/http_req.c */

#include "frontend/http_req.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Bytes of anybody: heads, then whatever follows as a chunked body. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct http_req	 r;
	struct http_chunks	 c = { 0 };
	struct buf		 body;
	size_t			 scanned = 0, used;
	unsigned		 status;
	ssize_t			 n;

	n = http_head_end(span_mem(p, len), &scanned, &status);
	if (n > 0)
		http_head_parse(span_mem(p, (size_t)n), &r);
	buf_init(&body, HTTP_BODY_MAX);
	n = n < 0 ? 0 : n;
	http_chunks_read(&c, span_mem(p + n, len - (size_t)n), &used, &body,
	    &status);
	if (used > len - (size_t)n || body.len > HTTP_BODY_MAX)
		__builtin_trap();
	buf_clear(&body);
	return (0);
}
