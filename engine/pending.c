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

#include "b64.h"
#include "pending.h"

#define NONCE_LEN	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN		crypto_aead_xchacha20poly1305_ietf_ABYTES
#define VERSION		1
#define RAW_MAX		2048

/*
 * What is authenticated besides the request itself.  XChaCha20 derives a key
 * of its own for each cookie from the first 16 bytes of the random nonce.
 */
static void
put_context(struct buf *b, struct span issuer, struct span id, uint32_t number)
{
	buf_put(b, "dexd pending 1", sizeof("dexd pending 1"));
	buf_put_u32(b, number);
	buf_put_lspan(b, issuer);
	buf_put_lspan(b, id);
}

static void
put_plain(struct buf *b, const struct pending_request *r)
{
	buf_put_u8(b, VERSION);
	buf_put_u64(b, r->created);
	buf_put_lspan(b, r->connector);
	buf_put_lspan(b, r->client_id);
	buf_put_lspan(b, r->redirect_uri);
	buf_put_lspan(b, r->scope);
	buf_put_lspan(b, r->state);
	buf_put_lspan(b, r->nonce);
	buf_put_lspan(b, r->challenge);
	buf_put_lspan(b, r->challenge_method);
	buf_put_u8(b, r->force_approval);
	buf_put_lspan(b, r->private_data);
}

static int
get_plain(struct pending_request *r, struct span plain)
{
	struct cur	 c;
	uint8_t		 version;

	cur_init(&c, plain);
	version = cur_u8(&c);
	r->created = cur_u64(&c);
	r->connector = cur_lspan(&c, RAW_MAX);
	r->client_id = cur_lspan(&c, RAW_MAX);
	r->redirect_uri = cur_lspan(&c, RAW_MAX);
	r->scope = cur_lspan(&c, RAW_MAX);
	r->state = cur_lspan(&c, RAW_MAX);
	r->nonce = cur_lspan(&c, RAW_MAX);
	r->challenge = cur_lspan(&c, RAW_MAX);
	r->challenge_method = cur_lspan(&c, RAW_MAX);
	r->force_approval = cur_u8(&c) != 0;
	r->private_data = cur_lspan(&c, RAW_MAX);
	return (cur_done(&c) && version == VERSION ? 0 : -1);
}

int
pending_seal(struct buf *out, const struct pending_request *r,
    struct span issuer, uint32_t number, const uint8_t key[32])
{
	uint8_t			 sealed[RAW_MAX];
	struct buf		 plain, context, raw, text;
	unsigned long long	 len;
	uint8_t			 nonce[NONCE_LEN];
	int			 error = -1;

	buf_init(&plain, RAW_MAX - TAG_LEN);
	buf_init(&context, RAW_MAX);
	buf_init(&raw, RAW_MAX);
	buf_init(&text, PENDING_WIRE_MAX);
	put_plain(&plain, r);
	put_context(&context, issuer, span_str(r->id), number);
	if (!buf_ok(&plain) || !buf_ok(&context))
		goto done;
	randombytes_buf(nonce, sizeof(nonce));
	if (crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, &len, plain.p,
	    plain.len, context.p, context.len, NULL, nonce, key) != 0)
		goto done;
	buf_put_u32(&raw, number);
	buf_put(&raw, nonce, sizeof(nonce));
	buf_put(&raw, sealed, len);
	b64url_put(&text, buf_span(&raw));
	if (!buf_ok(&raw) || !buf_ok(&text))
		goto done;
	buf_put_span(out, buf_span(&text));
	error = buf_ok(out) ? 0 : -1;
 done:
	buf_clear(&plain);
	buf_clear(&context);
	buf_clear(&raw);
	buf_clear(&text);
	return (error);
}

/* The bytes behind a cookie value; 0 if there are none. */
static size_t
decode(struct span value, uint8_t raw[RAW_MAX])
{
	struct buf	 b;
	size_t		 len = 0;

	buf_init(&b, RAW_MAX);
	if (value.len <= PENDING_WIRE_MAX && b64url_get(&b, value) == 0 &&
	    b.len >= 4 + NONCE_LEN + TAG_LEN) {
		len = b.len;
		memcpy(raw, b.p, len);
	}
	buf_clear(&b);
	return (len);
}

bool
pending_key_number(struct span value, uint32_t *number)
{
	uint8_t		 raw[RAW_MAX];
	struct cur	 c;
	size_t		 len;

	if ((len = decode(value, raw)) == 0)
		return (false);
	cur_init(&c, span_mem(raw, len));
	*number = cur_u32(&c);
	return (true);
}

enum pending_status
pending_open(struct pending_request *r, struct buf *plain, struct span value,
    struct span id, struct span issuer, const uint8_t key[32], uint64_t now,
    uint64_t lifetime)
{
	uint8_t			 raw[RAW_MAX], opened[RAW_MAX];
	struct buf		 context;
	struct cur		 c;
	struct span		 nonce;
	unsigned long long	 len = 0;
	size_t			 n;
	uint32_t		 number;
	int			 bad;

	memset(r, 0, sizeof(*r));
	if (id.len != PENDING_ID_LEN || (n = decode(value, raw)) == 0)
		return (PENDING_BAD);
	cur_init(&c, span_mem(raw, n));
	number = cur_u32(&c);
	nonce = cur_bytes(&c, NONCE_LEN);
	buf_init(&context, RAW_MAX);
	put_context(&context, issuer, id, number);
	bad = !buf_ok(&context) || crypto_aead_xchacha20poly1305_ietf_decrypt(
	    opened, &len, NULL, c.p, c.len, context.p, context.len, nonce.p,
	    key) != 0;
	buf_clear(&context);
	if (bad)
		return (PENDING_BAD);
	buf_put(plain, opened, len);
	sodium_memzero(opened, sizeof(opened));
	if (!buf_ok(plain) || get_plain(r, buf_span(plain)) == -1)
		return (PENDING_BAD);
	memcpy(r->id, id.p, PENDING_ID_LEN);
	if (r->created > now + 60)
		return (PENDING_BAD);
	return (now < r->created + lifetime ? PENDING_OPEN : PENDING_OLD);
}
