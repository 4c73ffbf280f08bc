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


/* link: engine/refresh.c store/offline.c store/timetext.c */
/* libs: jansson */

#include "regress/fuzz/fuzz.h"

#include "engine/refresh.h"
#include "store/offline.h"

/*
 * A refresh token of anybody, and the map of a session that a database has.
 * What was written is read again.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span		 s = span_mem(p, len);
	struct refresh_text	 t, u;
	struct buf		 mem, text, again;

	buf_init(&mem, 1 << 20);
	buf_init(&text, 1 << 20);
	buf_init(&again, 1 << 20);
	t = refresh_text_get(&mem, s);
	refresh_text_put(&text, t.id, t.secret);
	if (t.id.len != 0 && t.secret.len != 0) {
		u = refresh_text_get(&again, buf_span(&text));
		RULE(span_eq(t.id, u.id) && span_eq(t.secret, u.secret));
	}
	buf_reset(&text);
	offline_ref_used(&text, s, span_str("app"), 2000000000);
	buf_reset(&text);
	if (offline_ref_put(&text, s, span_str("app"), span_str("id"),
	    2000000000) == 0) {
		buf_reset(&again);
		RULE(offline_ref_id(&again, buf_span(&text),
		    span_str("app")) == 0);
		RULE(span_is(buf_span(&again), "id"));
	}
	buf_clear(&mem);
	buf_clear(&text);
	buf_clear(&again);
	return (0);
}
