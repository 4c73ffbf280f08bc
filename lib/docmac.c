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

#include <sodium.h>

#include "docmac.h"

void
docmac(uint8_t mac[32], const uint8_t key[32], enum document kind,
    uint32_t key_number, uint64_t serial, struct span body)
{
	crypto_auth_hmacsha256_state	 state;
	struct buf			 head;

	buf_init(&head, 64);
	buf_put(&head, "dexd document 1", sizeof("dexd document 1"));
	buf_put_u8(&head, (uint8_t)kind);
	buf_put_u32(&head, key_number);
	buf_put_u64(&head, serial);
	crypto_auth_hmacsha256_init(&state, key, 32);
	crypto_auth_hmacsha256_update(&state, head.p, head.len);
	crypto_auth_hmacsha256_update(&state, span_ptr(body), body.len);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof(state));
	buf_clear(&head);
}
