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

/* link: engine/pending.c engine/client_auth.c */

#include "regress/fuzz/fuzz.h"

#include <sodium.h>

#include "attest.h"
#include "engine/client_auth.h"
#include "engine/pending.h"
#include "sealbox.h"

#define NONCE_LEN	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN		crypto_aead_xchacha20poly1305_ietf_ABYTES
#define B64		sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define ID		"aaaaaaaaaaaaaaaaaaaaaaaaa"

static const uint8_t	 key[32] = { 1 };
static uint8_t		 box_public[SEALBOX_KEY_LEN];
static uint8_t		 box_secret[SEALBOX_KEY_LEN];

static int
open_pending(struct pending_request *r, struct span value)
{
	struct buf	 plain;
	int		 error;

	buf_init(&plain, 4096);
	error = pending_open(r, &plain, value, span_str(ID),
	    span_str("http://x"), key, 1000, 3600);
	if (error != PENDING_BAD) {
		fuzz_touch(r->connector);
		fuzz_touch(r->redirect_uri);
		fuzz_touch(r->private_data);
		RULE(r->created <= 1060);
		RULE((error == PENDING_OLD) == (r->created + 3600 <= 1000));
	}
	buf_clear(&plain);
	return (error);
}

/* Any plaintext behind a seal that verifies, as after a bug of our own. */
static void
seal_pending(struct span plain)
{
	struct pending_request	 r;
	uint8_t			 raw[4 + NONCE_LEN + 1024 + TAG_LEN] = { 0 };
	char			 text[2048];
	unsigned long long	 n;
	struct buf		 context;

	if (plain.len > 1024)
		plain.len = 1024;
	buf_init(&context, 256);
	buf_put(&context, "dexd pending 1", sizeof("dexd pending 1"));
	buf_put_u32(&context, 0);
	buf_put_lspan(&context, span_str("http://x"));
	buf_put_lspan(&context, span_str(ID));
	crypto_aead_xchacha20poly1305_ietf_encrypt(raw + 4 + NONCE_LEN, &n,
	    span_ptr(plain), plain.len, context.p, context.len, NULL, raw + 4,
	    key);
	buf_clear(&context);
	sodium_bin2base64(text, sizeof(text), raw, 4 + NONCE_LEN + n, B64);
	open_pending(&r, span_str(text));
}

/* What is sealed opens to the same fields. */
static void
round_trip(struct fuzz_input in)
{
	struct pending_request	 r = { .id = ID, .created = fuzz_u64(&in) },
				 back;
	struct buf		 value;

	r.connector = fuzz_span(&in);
	r.client_id = fuzz_span(&in);
	r.redirect_uri = fuzz_span(&in);
	r.scope = fuzz_span(&in);
	r.state = fuzz_span(&in);
	r.force_approval = (fuzz_u8(&in) & 1) != 0;
	r.nonce = fuzz_span(&in);
	r.private_data = fuzz_span(&in);
	buf_init(&value, 4096);
	if (pending_seal(&value, &r, span_str("http://x"), 3, key) == 0) {
		RULE(value.len <= PENDING_WIRE_MAX);
		if (r.created <= 1000)
			RULE(open_pending(&back, buf_span(&value)) ==
			    PENDING_OPEN);
	}
	buf_clear(&value);
}

static void
boxes(struct span s)
{
	struct sealbox	 box;
	uint8_t		 sealed[SEALBOX_MAX];

	RULE(sealbox_open(&box, s, box_public, box_secret) == -1);
	sealbox_clear(&box);
	if (s.len > sizeof(sealed) - crypto_box_SEALBYTES)
		return;
	crypto_box_seal(sealed, span_ptr(s), s.len, box_public);
	if (sealbox_open(&box, span_mem(sealed, s.len + crypto_box_SEALBYTES),
	    box_public, box_secret) == 0) {
		fuzz_touch(box.login);
		fuzz_touch(box.password);
		RULE(box.password.len <= SEALBOX_PASSWORD_MAX);
	}
	sealbox_clear(&box);
}

/* Cookies, boxes, attestations and credentials of anybody. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input	 in = { p, len };
	struct span		 s = span_mem(p, len), id, secret;
	struct pending_request	 r;
	struct attestation	 a;
	struct list_buf		 form;
	struct buf		 b;

	if (sodium_init() == -1)
		return (0);
	crypto_box_seed_keypair(box_public, box_secret, key);
	RULE(open_pending(&r, s) == PENDING_BAD);
	seal_pending(s);
	round_trip(in);
	boxes(s);
	if (attest_read(&a, s) == 0)
		fuzz_touch_list(a.groups);
	s = fuzz_span(&in);
	buf_init(&b, 4096);
	if (client_credentials(s, fuzz_list(&in, &form), &b, &id, &secret) ==
	    CREDENTIALS_OK) {
		fuzz_touch(id);
		fuzz_touch(secret);
	}
	buf_clear(&b);
	list_buf_clear(&form);
	return (0);
}
