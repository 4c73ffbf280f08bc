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

#include "pkce.h"

static bool
s256_matches(struct span challenge, struct span verifier)
{
	uint8_t	 hash[crypto_hash_sha256_BYTES];
	char	 text[44];	/* 43 characters and NUL */

	crypto_hash_sha256(hash, span_ptr(verifier), verifier.len);
	sodium_bin2base64(text, sizeof(text), hash, sizeof(hash),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return (span_eq_secret(challenge, span_str(text)));
}

enum pkce_result
pkce_check(struct span challenge, struct span method, struct span verifier)
{
	bool	 matches;

	if (challenge.len == 0)
		return (verifier.len == 0 ? PKCE_OK : PKCE_UNEXPECTED);
	if (verifier.len == 0)
		return (PKCE_MISMATCH);
	if (method.len == 0 || span_is(method, "plain"))
		matches = span_eq_secret(challenge, verifier);
	else if (span_is(method, "S256"))
		matches = s256_matches(challenge, verifier);
	else
		return (PKCE_METHOD);
	return (matches ? PKCE_OK : PKCE_MISMATCH);
}
