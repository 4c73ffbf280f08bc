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

#include "verifier.h"

/* Ids and steps are shorter than 128 bytes, so a length is one byte. */
static void
mac_field(crypto_auth_hmacsha256_state *state, struct span s)
{
	uint8_t	 head[2] = { 0x0a, (uint8_t)s.len };

	crypto_auth_hmacsha256_update(state, head, sizeof(head));
	crypto_auth_hmacsha256_update(state, span_ptr(s), s.len);
}

void
verifier_make(char out[44], struct span key, struct span id, const char *step)
{
	crypto_auth_hmacsha256_state	 state;
	uint8_t				 mac[crypto_auth_hmacsha256_BYTES];

	memset(out, 0, 44);
	if (id.len > 127 || strlen(step) > 127)
		return;		/* "" matches nothing */
	crypto_auth_hmacsha256_init(&state, span_ptr(key), key.len);
	mac_field(&state, id);
	mac_field(&state, span_str(step));
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_bin2base64(out, 44, mac, sizeof(mac),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(&state, sizeof(state));
}

bool
verifier_check(struct span given, struct span key, struct span id,
    const char *step)
{
	char	 want[44];

	verifier_make(want, key, id, step);
	return (given.len != 0 && key.len != 0 &&
	    span_eq_secret(given, span_str(want)));
}
