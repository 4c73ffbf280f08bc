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

/* link: signer/key.c signer/keyset.c */
/* libs: libcrypto */

#include "regress/fuzz/fuzz.h"

#include <sodium.h>

#include "signer/keyset.h"

#define NONCE_LEN	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN		crypto_aead_xchacha20poly1305_ietf_ABYTES

static const uint8_t	 key[KEY_LEN] = { 1 };

/* Seals any plaintext as keyset_seal() would, so that what is inside is met. */
static void
seal(struct buf *out, struct span plain)
{
	static const uint8_t	 nonce[NONCE_LEN];
	unsigned long long	 n;
	struct buf		 context, sealed;

	buf_init(&context, 64);
	buf_put(&context, "dexd keyset 1", sizeof("dexd keyset 1"));
	buf_put_u32(&context, 7);
	buf_init(&sealed, KEYSET_MAX * 2);
	buf_put_span(&sealed, plain);
	for (n = 0; n < TAG_LEN; n++)
		buf_put_u8(&sealed, 0);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.p, &n, span_ptr(plain),
	    plain.len, context.p, context.len, NULL, nonce, key);
	buf_put_u32(out, 7);
	buf_put(out, nonce, sizeof(nonce));
	buf_put(out, sealed.p, n);
	buf_clear(&sealed);
	buf_clear(&context);
}

/* What opened may be sealed and opened again; at most one of each kind. */
static void
check(struct keyset *s)
{
	struct keyset	 again;
	struct buf	 b;
	unsigned	 i, current = 0, next = 0;

	RULE(s->count <= KEYSET_KEYS);
	for (i = 0; i < s->count; i++) {
		RULE(s->keys[i].key != NULL && s->keys[i].kid[KID_LEN] == '\0');
		current += s->keys[i].state == KEY_CURRENT;
		next += s->keys[i].state == KEY_NEXT;
	}
	RULE(current <= 1 && next <= 1);
	buf_init(&b, KEYSET_MAX);
	keyset_init(&again);
	RULE(keyset_seal(&b, s, 3, key) == 0);
	RULE(keyset_open(&again, buf_span(&b), s->serial, key) == 0 &&
	    again.count == s->count);
	keyset_clear(&again);
	buf_clear(&b);
}

/* A key set record: raw, as a hostile store has it, and behind a good seal. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct keyset	 set;
	struct buf	 b;
	uint32_t	 number;

	if (sodium_init() == -1 || len > KEYSET_MAX)
		return (0);
	keyset_init(&set);
	keyset_seal_number(span_mem(p, len), &number);
	RULE(keyset_open(&set, span_mem(p, len), 1, key) == -1);
	buf_init(&b, KEYSET_MAX * 2);
	seal(&b, span_mem(p, len));
	if (keyset_open(&set, buf_span(&b), 1, key) == 0)
		check(&set);
	keyset_clear(&set);
	b.p[b.len - 1] ^= 1;
	RULE(keyset_open(&set, buf_span(&b), 1, key) == -1 && set.count == 0);
	buf_clear(&b);
	return (0);
}
