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

#include "sealbox.h"

#define MAGIC	"dexd password 1"	/* with its NUL */
#define ID_MAX	256

_Static_assert(SEALBOX_KEY_LEN == crypto_box_PUBLICKEYBYTES &&
    SEALBOX_KEY_LEN == crypto_box_SECRETKEYBYTES, "X25519 keys");

int
sealbox_seal(struct buf *out, const uint8_t pk[SEALBOX_KEY_LEN], uint64_t now,
    struct span connector, struct span state, struct span login,
    struct span password)
{
	uint8_t		 nonce[SEALBOX_NONCE_LEN], box[SEALBOX_MAX];
	struct buf	 plain;
	int		 error = -1;

	if (connector.len > ID_MAX || state.len > ID_MAX ||
	    login.len > SEALBOX_LOGIN_MAX ||
	    password.len > SEALBOX_PASSWORD_MAX)
		return (-1);
	buf_init(&plain, SEALBOX_MAX - crypto_box_SEALBYTES);
	randombytes_buf(nonce, sizeof(nonce));
	buf_put(&plain, MAGIC, sizeof(MAGIC));
	buf_put(&plain, nonce, sizeof(nonce));
	buf_put_u64(&plain, now);
	buf_put_lspan(&plain, connector);
	buf_put_lspan(&plain, state);
	buf_put_lspan(&plain, login);
	buf_put_lspan(&plain, password);
	if (buf_ok(&plain) && crypto_box_seal(box, plain.p, plain.len, pk) ==
	    0) {
		buf_put(out, box, plain.len + crypto_box_SEALBYTES);
		error = buf_ok(out) ? 0 : -1;
	}
	buf_clear(&plain);
	return (error);
}

int
sealbox_open(struct sealbox *s, struct span box,
    const uint8_t pk[SEALBOX_KEY_LEN], const uint8_t sk[SEALBOX_KEY_LEN])
{
	uint8_t		 opened[SEALBOX_MAX];
	struct cur	 c;
	struct span	 magic, nonce;

	memset(s, 0, sizeof(*s));
	buf_init(&s->plain, SEALBOX_MAX);
	if (box.len < crypto_box_SEALBYTES || box.len > SEALBOX_MAX ||
	    crypto_box_seal_open(opened, box.p, box.len, pk, sk) != 0)
		return (-1);
	buf_put(&s->plain, opened, box.len - crypto_box_SEALBYTES);
	sodium_memzero(opened, sizeof(opened));
	if (!buf_ok(&s->plain))
		return (-1);
	cur_init(&c, buf_span(&s->plain));
	magic = cur_bytes(&c, sizeof(MAGIC));
	nonce = cur_bytes(&c, SEALBOX_NONCE_LEN);
	s->time = cur_u64(&c);
	s->connector = cur_lspan(&c, ID_MAX);
	s->state = cur_lspan(&c, ID_MAX);
	s->login = cur_lspan(&c, SEALBOX_LOGIN_MAX);
	s->password = cur_lspan(&c, SEALBOX_PASSWORD_MAX);
	if (!cur_done(&c) ||
	    !span_eq(magic, span_mem(MAGIC, sizeof(MAGIC))))
		return (-1);
	memcpy(s->nonce, nonce.p, SEALBOX_NONCE_LEN);
	return (0);
}

void
sealbox_clear(struct sealbox *s)
{
	buf_clear(&s->plain);
	sodium_memzero(s, sizeof(*s));
}
