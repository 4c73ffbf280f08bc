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

/* link: signer/key.c signer/keyset.c signer/rotation.c */
/* libs: libcrypto */

#include <sodium.h>

#include "test.h"
#include "signer/rotation.h"

/* The sealed key set and the rules of rotation (DESIGN.md, Keys). */

static const uint8_t	 seal[32] = { 1 }, wrong[32] = { 2 };
static struct buf	 der;	/* one P-256 key serves all tests */

static const struct rotation_policy	 policy = {
	.alg = JWA_ES256, .period = 6 * 3600, .token_life = 24 * 3600
};

static void
add(struct keyset *s, uint64_t now)
{
	assert_int_equal(rotation_add(s, JWA_ES256, buf_span(&der), now), 0);
}

static void
seal_and_open(void **state)
{
	struct keyset	 s, got;
	struct buf	 b;
	uint32_t	 number;
	size_t		 i;

	(void)state;
	keyset_init(&s);
	keyset_init(&got);
	buf_init(&b, KEYSET_MAX);
	add(&s, 100);
	add(&s, 200);
	assert_int_equal(keyset_seal(&b, &s, 7, seal), 0);
	assert_true(keyset_seal_number(buf_span(&b), &number));
	assert_int_equal(number, 7);
	assert_null(memmem(b.p, b.len, der.p + 40, 20));
	assert_int_equal(keyset_open(&got, buf_span(&b), s.serial, seal), 0);
	assert_int_equal(got.count, 2);
	assert_string_equal(got.keys[1].kid, s.keys[1].kid);
	assert_int_equal(got.keys[0].state, KEY_CURRENT);
	assert_int_equal(got.keys[1].state, KEY_NEXT);
	keyset_clear(&got);
	/* Another key, another serial, any flip, any cut: nothing opens. */
	assert_int_equal(keyset_open(&got, buf_span(&b), s.serial, wrong), -1);
	assert_int_equal(keyset_open(&got, buf_span(&b), s.serial - 1, seal),
	    -1);
	assert_int_equal(keyset_open(&got, buf_span(&b), s.serial + 1, seal),
	    -1);
	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		assert_int_equal(keyset_open(&got, buf_span(&b), s.serial,
		    seal), -1);
		b.p[i] ^= 1;
		assert_int_equal(keyset_open(&got, span_mem(b.p, i), s.serial,
		    seal), -1);
	}
	assert_int_equal(got.count, 0);
	keyset_clear(&s);
	buf_clear(&b);
}

/* A key is never used before it was public for twice the JWKS max-age. */
static void
promotion(void **state)
{
	struct keyset	 s;

	(void)state;
	keyset_init(&s);
	assert_true(rotation_wants_key(&s, &policy, 1000));
	add(&s, 1000);
	assert_int_equal(s.keys[0].state, KEY_CURRENT);	/* the very first */
	assert_false(rotation_wants_key(&s, &policy, 1000));
	assert_false(rotation_wants_key(&s, &policy,
	    1000 + policy.period - PROMOTE_AFTER - 1));
	assert_true(rotation_wants_key(&s, &policy,
	    1000 + policy.period - PROMOTE_AFTER));
	add(&s, 20000);
	assert_true(rotation_takes_over_at(&s) == 20000 + PROMOTE_AFTER);
	assert_false(rotation_wants_key(&s, &policy, 90000));
	assert_false(rotation_turn(&s, &policy, 20000 + PROMOTE_AFTER - 1));
	assert_true(rotation_turn(&s, &policy, 20000 + PROMOTE_AFTER));
	assert_int_equal(s.serial, 3);
	assert_int_equal(s.keys[0].state, KEY_RETIRED);
	assert_int_equal(s.keys[1].state, KEY_CURRENT);
	assert_true(rotation_takes_over_at(&s) == 0);
	/* Only one next at a time. */
	add(&s, 50000);
	assert_int_equal(rotation_add(&s, JWA_ES256, buf_span(&der), 50001),
	    -1);
	keyset_clear(&s);
}

/* Another algorithm in the configuration wants a new key; no period, none. */
static void
algorithm_and_hand(void **state)
{
	struct rotation_policy	 p = policy;
	struct keyset		 s;

	(void)state;
	keyset_init(&s);
	add(&s, 1000);
	p.alg = JWA_RS256;
	assert_true(rotation_wants_key(&s, &p, 1000));
	p.alg = JWA_ES256;
	p.period = 0;
	assert_false(rotation_wants_key(&s, &p, UINT32_MAX));
	keyset_clear(&s);
}

/*
 * A year, looked at every 30 s: always one current key; whatever signed stays
 * published until its last token has expired; the set stays small.
 */
static void
a_year(void **state)
{
	char		 signer[KID_LEN + 1] = "";
	struct keyset	 s;
	uint64_t	 now, since = 0;
	unsigned	 promotions = 0;

	(void)state;
	keyset_init(&s);
	for (now = 1000; now < 1000 + 365 * 86400; now += 30) {
		if (rotation_wants_key(&s, &policy, now))
			add(&s, now);
		rotation_turn(&s, &policy, now);
		assert_non_null(keyset_find(&s, KEY_CURRENT));
		assert_true(s.count <= 8);
		if (strcmp(signer, keyset_find(&s, KEY_CURRENT)->kid) != 0) {
			if (since != 0) {
				struct signing_key *old =
				    keyset_by_kid(&s, signer);

				assert_non_null(old);
				assert_true(old->expires_at >= now +
				    policy.token_life);
				assert_true(now - since >= policy.period - 30);
			}
			memcpy(signer, keyset_find(&s, KEY_CURRENT)->kid,
			    sizeof(signer));
			since = now;
			promotions++;
		}
	}
	assert_true(promotions >= 1440 && promotions <= 1461);
	keyset_clear(&s);
}

static void
copies_are_deep(void **state)
{
	struct keyset	 s, copy;

	(void)state;
	keyset_init(&s);
	add(&s, 1);
	assert_int_equal(keyset_copy(&copy, &s), 0);
	keyset_remove(&s, &s.keys[0]);
	assert_int_equal(s.count, 0);
	assert_non_null(keyset_find(&copy, KEY_CURRENT)->key);
	keyset_clear(&copy);
	keyset_clear(&s);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(seal_and_open), cmocka_unit_test(promotion),
		cmocka_unit_test(algorithm_and_hand),
		cmocka_unit_test(a_year), cmocka_unit_test(copies_are_deep),
	};
	int			 failed;

	if (sodium_init() == -1)
		return (1);
	buf_init(&der, 4096);
	if (key_make(JWA_ES256, &der) == -1)
		return (1);
	failed = RUN(tests);
	buf_clear(&der);
	return (failed);
}
