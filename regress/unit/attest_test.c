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

#include "test.h"
#include "attest.h"
#include "docmac.h"
#include "sealbox.h"

/* DESIGN.md, Keys: what a broken room in between can and cannot do. */

static const uint8_t	 root[32] = { 4, 2 };
static struct list_buf	 groups, amr;

static struct attestation
an_attestation(void)
{
	struct attestation	 a = { .key_number = 3, .kind = ATTEST_LOGIN,
		.issuer = span_str("https://dexd"),
		.connector = span_str("ldap"), .user_id = span_str("u1"),
		.username = span_str("jane"), .email = span_str("j@x"),
		.email_verified = true, .attested_at = 1000, .auth_time = 999 };

	list_buf_clear(&groups);
	list_buf_clear(&amr);
	a.groups = LIST_OF(&groups, "admins", "");
	a.amr = LIST_OF(&amr, "pwd");
	memset(a.grant, 7, sizeof(a.grant));
	return (a);
}

static void
round_trip(void **state)
{
	struct attestation	 a = an_attestation(), got;
	uint8_t			 key[32], other[32];
	struct buf		 b;

	(void)state;
	buf_init(&b, ATTEST_MAX);
	attest_key(key, root, a.connector);
	attest_key(other, root, span_str("github"));
	assert_int_equal(attest_write(&b, &a, key), 0);
	assert_int_equal(attest_read(&got, buf_span(&b)), 0);
	assert_int_equal(got.key_number, 3);
	assert_true(span_is(got.connector, "ldap"));
	assert_true(span_is(got.user_id, "u1"));
	assert_true(got.email_verified && got.auth_time == 999);
	assert_int_equal(got.groups.count, 2);
	assert_true(span_is(msg_list_get(got.groups, 0), "admins"));
	assert_true(span_is(msg_list_get(got.amr, 0), "pwd"));
	assert_memory_equal(got.grant, a.grant, GRANT_LEN);
	assert_true(attest_verify(buf_span(&b), key));
	/* A worker speaks for its own connector only. */
	assert_false(attest_verify(buf_span(&b), other));
	assert_false(attest_verify(buf_span(&b), root));
	buf_clear(&b);
}

static void
every_flip_and_cut(void **state)
{
	struct attestation	 a = an_attestation(), got;
	uint8_t			 key[32];
	struct buf		 b;
	size_t			 i;
	int			 bit;

	(void)state;
	buf_init(&b, ATTEST_MAX);
	attest_key(key, root, a.connector);
	assert_int_equal(attest_write(&b, &a, key), 0);
	for (i = 0; i < b.len; i++)
		for (bit = 0; bit < 8; bit++) {
			b.p[i] ^= (uint8_t)(1 << bit);
			assert_false(attest_verify(buf_span(&b), key));
			attest_read(&got, buf_span(&b));	/* survives */
			b.p[i] ^= (uint8_t)(1 << bit);
		}
	for (i = 0; i < b.len; i++) {
		assert_int_equal(attest_read(&got, span_mem(b.p, i)), -1);
		assert_false(attest_verify(span_mem(b.p, i), key));
	}
	buf_put_u8(&b, 0);
	assert_int_equal(attest_read(&got, buf_span(&b)), -1);
	buf_clear(&b);
}

/* The grant is one client's, for these scopes, this nonce and this id. */
static void
grants(void **state)
{
	struct list_buf	 l;
	uint8_t		 one[32], two[32];
	struct span	 app = span_str("app"), n = span_str("n");
	struct span	 id = span_str("id");

	(void)state;
#define GRANT(out, ...) do {						\
	assert_true(attest_grant(out, __VA_ARGS__));			\
	list_buf_clear(&l);						\
} while (0)
	GRANT(one, app, LIST_OF(&l, "openid", "email"), n, id);
	GRANT(two, app, LIST_OF(&l, "email", "openid", "email"), n, id);
	assert_memory_equal(one, two, 32);
	GRANT(two, app, LIST_OF(&l, "openid"), n, id);
	assert_memory_not_equal(one, two, 32);
	GRANT(two, span_str("b"), LIST_OF(&l, "openid", "email"), n, id);
	assert_memory_not_equal(one, two, 32);
	GRANT(two, app, LIST_OF(&l, "openid", "email"), app, id);
	assert_memory_not_equal(one, two, 32);
	GRANT(two, app, LIST_OF(&l, "openid", "email"), n, n);
	assert_memory_not_equal(one, two, 32);
	/* Fields do not run into each other. */
	GRANT(one, span_str("ab"), LIST_OF(&l, "s"), span_str("c"), id);
	GRANT(two, span_str("a"), LIST_OF(&l, "s"), span_str("bc"), id);
	assert_memory_not_equal(one, two, 32);
#undef GRANT
}

/* One label, one context, one key. */
static void
derivation(void **state)
{
	uint8_t		 want[32], got[32];
	const char	 text[] = "dexd/1/attest\0ldap";

	(void)state;
	crypto_auth_hmacsha256(want, (const uint8_t *)text, sizeof(text) - 1,
	    root);
	attest_key(got, root, span_str("ldap"));
	assert_memory_equal(got, want, 32);
	derive_key(got, root, "attestldap", span_str(""));
	assert_memory_not_equal(got, want, 32);
}

/* A document counts for one kind, key number, serial and body. */
static void
documents(void **state)
{
	uint8_t	 a[32], b[32];

	(void)state;
	docmac(a, root, DOCUMENT_JWKS, 1, 2, span_str("{}"));
	docmac(b, root, DOCUMENT_DISCOVERY, 1, 2, span_str("{}"));
	assert_memory_not_equal(a, b, 32);
	docmac(b, root, DOCUMENT_JWKS, 2, 2, span_str("{}"));
	assert_memory_not_equal(a, b, 32);
	docmac(b, root, DOCUMENT_JWKS, 1, 3, span_str("{}"));
	assert_memory_not_equal(a, b, 32);
	docmac(b, root, DOCUMENT_JWKS, 1, 2, span_str("{ }"));
	assert_memory_not_equal(a, b, 32);
	docmac(b, root, DOCUMENT_JWKS, 1, 2, span_str("{}"));
	assert_memory_equal(a, b, 32);
}

static void
passwords(void **state)
{
	static char	 long_text[1100];
	uint8_t		 pk[32], sk[32], pk2[32], sk2[32];
	struct sealbox	 s;
	struct buf	 b;
	size_t		 i;

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	crypto_box_keypair(pk, sk);
	crypto_box_keypair(pk2, sk2);
	buf_init(&b, SEALBOX_MAX);
	assert_int_equal(sealbox_seal(&b, pk, 42, span_str("local"),
	    span_str("state"), span_str("jane"), span_str("hunter2")), 0);
	assert_null(memmem(b.p, b.len, "hunter2", 7));
	assert_int_equal(sealbox_open(&s, buf_span(&b), pk, sk), 0);
	assert_true(s.time == 42 && span_is(s.login, "jane"));
	assert_true(span_is(s.connector, "local"));
	assert_true(span_is(s.state, "state"));
	assert_true(span_is(s.password, "hunter2"));
	sealbox_clear(&s);
	assert_int_equal(sealbox_open(&s, buf_span(&b), pk2, sk2), -1);
	sealbox_clear(&s);
	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		assert_int_equal(sealbox_open(&s, buf_span(&b), pk, sk), -1);
		sealbox_clear(&s);
		b.p[i] ^= 1;
		assert_int_equal(sealbox_open(&s, span_mem(b.p, i), pk, sk),
		    -1);
		sealbox_clear(&s);
	}
	buf_reset(&b);
	assert_int_equal(sealbox_seal(&b, pk, 1, span_str("c"), span_str("s"),
	    span_str("l"), span_mem(long_text, SEALBOX_PASSWORD_MAX + 1)), -1);
	assert_int_equal(sealbox_seal(&b, pk, 1, span_str("c"), span_str("s"),
	    span_mem(long_text, SEALBOX_LOGIN_MAX),
	    span_mem(long_text, SEALBOX_PASSWORD_MAX)), 0);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(every_flip_and_cut),
		cmocka_unit_test(grants), cmocka_unit_test(derivation),
		cmocka_unit_test(documents), cmocka_unit_test(passwords),
	};
	int			 failed;

	failed = sodium_init() == -1 ? 1 : RUN(tests);
	list_buf_clear(&groups);
	list_buf_clear(&amr);
	return (failed);
}
