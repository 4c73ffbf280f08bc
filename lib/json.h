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

#ifndef DEXD_JSON_H
#define DEXD_JSON_H

#include <jansson.h>

#include "buf.h"

/*
 * Strict JSON (RFC 8259): duplicate members refused, the whole input used,
 * nesting and size bounded, NUL in strings refused.  NULL for anything else;
 * the caller owns the value.
 */
#define JSON_DEPTH_MAX	64
json_t	*json_read(struct span, size_t max_len);

/* Picks jansson's hash seed; before the sandbox. */
void	 json_warm_up(void);

/*
 * Appends a string in the bytes Go's encoding/json writes: < > & and the line
 * separators are \u escapes, ill-formed UTF-8 becomes U+FFFD.
 */
void	 json_put_string(struct buf *, struct span);

/* Appends any value, compact, with the same escapes; members keep their order. */
void	 json_put(struct buf *, const json_t *);

#endif /* DEXD_JSON_H */
