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

/* link: signer/jose.c signer/key.c signer/keyset.c */
/* libs: libcrypto jansson */

#include <sodium.h>

#include "signer/jose.h"
#include "signer/keyset.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Tokens of anybody, and a key set record of a hostile store. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t	 key[32] = { 1 };
	struct jose_parts	 parts;
	struct keyset		 set;
	uint32_t		 number;

	if (sodium_init() == -1)
		return (0);
	jose_parse(&parts, span_mem(p, len));
	jose_clear(&parts);
	keyset_init(&set);
	keyset_seal_number(span_mem(p, len), &number);
	keyset_open(&set, span_mem(p, len), 1, key);
	keyset_clear(&set);
	return (0);
}
