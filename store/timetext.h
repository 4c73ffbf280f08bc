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

#ifndef DEXD_TIMETEXT_H
#define DEXD_TIMETEXT_H

#include "span.h"

#define TIMETEXT_LEN	25	/* "2026-08-06 15:14:24+00:00" */

/* Unix seconds as dex's SQLite driver writes times; compared as text by GC. */
void	 timetext_put(char out[TIMETEXT_LEN + 1], uint64_t);

/* The same as dex's JSON has it: "2026-08-06T15:14:24Z" (RFC 3339). */
#define TIMETEXT_JSON_LEN	20
void	 timetext_put_json(char out[TIMETEXT_JSON_LEN + 1], uint64_t);

/*
 * Reads every shape that driver accepts (T or space, fraction, offset, Z, date
 * alone); 0 for year 1 and for what does not parse.
 */
uint64_t timetext_get(struct span);

#endif /* DEXD_TIMETEXT_H */
