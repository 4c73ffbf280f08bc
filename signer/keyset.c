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

#include "keyset.h"

#define VERSION		2
#define VERSION_OLD	1	/* without token_life */
#define NONCE_LEN	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN		crypto_aead_xchacha20poly1305_ietf_ABYTES
#define PKCS8_MAX	4096
#define HEAD_LEN	(4 + NONCE_LEN)

void
keyset_init(struct keyset *s)
{
	memset(s, 0, sizeof(*s));
}

static void
signing_key_clear(struct signing_key *k)
{
	EVP_PKEY_free(k->key);
	buf_clear(&k->pkcs8);
	memset(k, 0, sizeof(*k));
}

void
keyset_clear(struct keyset *s)
{
	unsigned	 i;

	for (i = 0; i < s->count; i++)
		signing_key_clear(&s->keys[i]);
	keyset_init(s);
}

int
keyset_copy(struct keyset *to, const struct keyset *from)
{
	struct signing_key	*k;
	unsigned		 i;

	keyset_init(to);
	to->serial = from->serial;
	for (i = 0; i < from->count; i++) {
		k = &to->keys[to->count++];
		*k = from->keys[i];
		buf_init(&k->pkcs8, PKCS8_MAX);
		buf_put_span(&k->pkcs8, buf_span(&from->keys[i].pkcs8));
		if (EVP_PKEY_up_ref(k->key) != 1)
			k->key = NULL;
		if (!buf_ok(&k->pkcs8) || k->key == NULL) {
			keyset_clear(to);
			return (-1);
		}
	}
	return (0);
}

struct signing_key *
keyset_find(struct keyset *s, enum key_state state)
{
	unsigned	 i;

	for (i = 0; i < s->count; i++)
		if (s->keys[i].state == state)
			return (&s->keys[i]);
	return (NULL);
}

struct signing_key *
keyset_by_kid(struct keyset *s, const char *kid)
{
	unsigned	 i;

	for (i = 0; i < s->count; i++)
		if (strcmp(s->keys[i].kid, kid) == 0)
			return (&s->keys[i]);
	return (NULL);
}

static struct signing_key *
add(struct keyset *s, enum jwa alg, struct span pkcs8)
{
	struct signing_key	*k;

	if (s->count == KEYSET_KEYS || pkcs8.len > PKCS8_MAX)
		return (NULL);
	k = &s->keys[s->count];
	memset(k, 0, sizeof(*k));
	k->alg = alg;
	buf_init(&k->pkcs8, PKCS8_MAX);
	buf_put_span(&k->pkcs8, pkcs8);
	k->key = key_load(alg, pkcs8);
	if (!buf_ok(&k->pkcs8) || k->key == NULL) {
		signing_key_clear(k);
		return (NULL);
	}
	s->count++;
	return (k);
}

struct signing_key *
keyset_add(struct keyset *s, enum jwa alg, struct span pkcs8,
    enum key_state state, uint64_t now)
{
	uint8_t			 id[KID_LEN / 2];
	struct signing_key	*k;

	if ((k = add(s, alg, pkcs8)) == NULL)
		return (NULL);
	randombytes_buf(id, sizeof(id));
	sodium_bin2hex(k->kid, sizeof(k->kid), id, sizeof(id));
	k->state = state;
	k->published_at = now;
	k->current_at = state == KEY_CURRENT ? now : 0;
	return (k);
}

void
keyset_remove(struct keyset *s, struct signing_key *k)
{
	size_t	 at = (size_t)(k - s->keys);

	signing_key_clear(k);
	memmove(k, k + 1, (s->count - at - 1) * sizeof(*k));
	s->count--;
	memset(&s->keys[s->count], 0, sizeof(*k));
}

static void
put_plain(struct buf *b, const struct keyset *s)
{
	const struct signing_key	*k;
	unsigned			 i;

	buf_put_u8(b, VERSION);
	buf_put_u64(b, s->serial);
	buf_put_u32(b, s->count);
	for (i = 0; i < s->count; i++) {
		k = &s->keys[i];
		buf_put_u8(b, (uint8_t)k->state);
		buf_put_u8(b, (uint8_t)k->alg);
		buf_put_lspan(b, span_str(k->kid));
		buf_put_u64(b, k->published_at);
		buf_put_u64(b, k->current_at);
		buf_put_u64(b, k->expires_at);
		buf_put_u64(b, k->token_life);
		buf_put_lspan(b, buf_span(&k->pkcs8));
	}
}

/* As keyset_add() makes them: they go into headers and documents as they are. */
static bool
is_kid(struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return (false);
	return (s.len == KID_LEN);
}

/* So that adding to a time can never wrap. */
static bool
times_fit(const struct signing_key *k)
{
	return (k->published_at <= KEYSET_TIME_MAX &&
	    k->current_at <= KEYSET_TIME_MAX &&
	    k->expires_at <= KEYSET_TIME_MAX &&
	    k->token_life <= UINT32_MAX);
}

static int
get_key(struct keyset *s, struct cur *c, uint8_t version)
{
	struct signing_key	 head = { 0 }, *k;
	struct span		 kid, pkcs8;
	uint8_t			 state, alg;

	state = cur_u8(c);
	alg = cur_u8(c);
	kid = cur_lspan(c, KID_LEN);
	head.published_at = cur_u64(c);
	head.current_at = cur_u64(c);
	head.expires_at = cur_u64(c);
	head.token_life = version == VERSION_OLD ? 0 : cur_u64(c);
	pkcs8 = cur_lspan(c, PKCS8_MAX);
	if (c->failed || state >= KEY_STATE_MAX || alg >= JWA_MAX ||
	    !is_kid(kid) || !times_fit(&head) ||
	    (state != KEY_RETIRED && keyset_find(s, state) != NULL) ||
	    (k = add(s, (enum jwa)alg, pkcs8)) == NULL)
		return (-1);
	memcpy(k->kid, kid.p, KID_LEN);
	k->state = (enum key_state)state;
	k->published_at = head.published_at;
	k->current_at = head.current_at;
	k->expires_at = head.expires_at;
	k->token_life = head.token_life;
	return (0);
}

static int
get_plain(struct keyset *s, struct span plain, uint64_t serial)
{
	struct cur	 c;
	uint32_t	 i, count;
	uint8_t		 version;

	cur_init(&c, plain);
	version = cur_u8(&c);
	if ((version != VERSION && version != VERSION_OLD) ||
	    cur_u64(&c) != serial || serial == 0)
		return (-1);
	count = cur_u32(&c);
	for (i = 0; i < count; i++)
		if (get_key(s, &c, version) == -1)
			return (-1);
	s->serial = serial;
	return (cur_done(&c) ? 0 : -1);
}

/* The seal key's number is part of what is authenticated. */
static void
put_context(struct buf *b, uint32_t number)
{
	buf_put(b, "dexd keyset 1", sizeof("dexd keyset 1"));
	buf_put_u32(b, number);
}

int
keyset_seal(struct buf *out, const struct keyset *s, uint32_t number,
    const uint8_t key[KEY_LEN])
{
	unsigned long long	 len;
	struct buf		 plain, context;
	uint8_t			 nonce[NONCE_LEN];
	size_t			 at;
	int			 error = -1;

	buf_init(&plain, KEYSET_MAX - HEAD_LEN - TAG_LEN);
	buf_init(&context, 64);
	put_plain(&plain, s);
	put_context(&context, number);
	randombytes_buf(nonce, sizeof(nonce));
	buf_put_u32(out, number);
	buf_put(out, nonce, sizeof(nonce));
	at = out->len;
	buf_put_span(out, buf_span(&plain));	/* sealed in place */
	for (len = 0; len < TAG_LEN; len++)
		buf_put_u8(out, 0);
	if (buf_ok(&plain) && buf_ok(&context) && buf_ok(out) &&
	    crypto_aead_xchacha20poly1305_ietf_encrypt(out->p + at, &len,
	    plain.p, plain.len, context.p, context.len, NULL, nonce, key) == 0)
		error = 0;
	buf_clear(&plain);
	buf_clear(&context);
	return (error);
}

bool
keyset_seal_number(struct span sealed, uint32_t *number)
{
	struct cur	 c;

	cur_init(&c, sealed);
	*number = cur_u32(&c);
	return (sealed.len >= HEAD_LEN + TAG_LEN && sealed.len <= KEYSET_MAX);
}

int
keyset_open(struct keyset *s, struct span sealed, uint64_t serial,
    const uint8_t key[KEY_LEN])
{
	unsigned long long	 len;
	struct buf		 plain, context;
	uint32_t		 number;
	int			 error = -1;

	if (!keyset_seal_number(sealed, &number))
		return (-1);
	buf_init(&plain, KEYSET_MAX);
	buf_init(&context, 64);
	put_context(&context, number);
	buf_put_span(&plain, span_mem(sealed.p + HEAD_LEN,
	    sealed.len - HEAD_LEN));
	if (buf_ok(&plain) && buf_ok(&context) &&
	    crypto_aead_xchacha20poly1305_ietf_decrypt(plain.p, &len, NULL,
	    plain.p, plain.len, context.p, context.len, sealed.p + 4, key) ==
	    0)
		error = get_plain(s, span_mem(plain.p, len), serial);
	buf_clear(&plain);
	buf_clear(&context);
	if (error == -1)
		keyset_clear(s);
	return (error);
}
