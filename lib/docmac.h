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

#ifndef DEXD_DOCMAC_H
#define DEXD_DOCMAC_H

#include "msg.h"

/*
 * The signer's MAC over a document that frontends publish, so that no room
 * between them can plant a key or move jwks_uri: HMAC-SHA256 over
 * "dexd document 1" NUL, kind u8, key number u32, serial u64, body.
 */
void	 docmac(uint8_t mac[32], const uint8_t key[32], enum document,
	    uint32_t key_number, uint64_t serial, struct span body);

#endif /* DEXD_DOCMAC_H */
