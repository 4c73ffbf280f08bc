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

#include <sodium.h>

#include "derive.h"

_Static_assert(KEY_LEN == crypto_auth_hmacsha256_BYTES, "one key, one MAC");

void
derive_key(uint8_t out[KEY_LEN], const uint8_t key[KEY_LEN],
    const char *label, struct span context)
{
	crypto_auth_hmacsha256_state	 state;

	crypto_auth_hmacsha256_init(&state, key, KEY_LEN);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)"dexd/1/", 7);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)label,
	    strlen(label) + 1);
	crypto_auth_hmacsha256_update(&state, span_ptr(context),
	    context.len);
	crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof(state));
}
