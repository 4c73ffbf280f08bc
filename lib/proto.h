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

#ifndef DEXD_PROTO_H
#define DEXD_PROTO_H

#include "buf.h"

/*
 * Strings of a protobuf message, the wire format of proto3: dex packs what sub
 * and opaque tokens are made of so.
 */

/* Appends a string field; number is below 16.  proto3 leaves empty ones out. */
void	 proto_put_string(struct buf *, unsigned number, struct span);

/*
 * Takes the next length-delimited field and passes over fields of other types.
 * False at the end, and when the bytes are malformed: then c->failed.
 */
bool	 proto_next(struct cur *, unsigned *number, struct span *value);

#endif /* DEXD_PROTO_H */
