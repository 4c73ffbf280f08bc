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
	assert_int_equal(rotation_add(s, &policy, JWA_ES256,
	    buf_span(&der), now), 0);
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
	assert_false(rotation_turn(&s, &policy, 1001));
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
	assert_int_equal(rotation_add(&s, &policy, JWA_ES256, buf_span(&der),
	    50001), -1);
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

/*
 * Tokens that were signed under a longer lifetime verify to their end, whatever
 * the configuration says later.
 */
static void
longest_life_counts(void **state)
{
	struct rotation_policy	 p = policy;
	struct keyset		 s;

	(void)state;
	keyset_init(&s);
	add(&s, 1000);
	p.token_life = 3600;		/* now shorter */
	assert_false(rotation_turn(&s, &p, 2000));
	add(&s, 3000);
	assert_true(rotation_turn(&s, &p, 3000 + PROMOTE_AFTER));
	assert_true(s.keys[0].expires_at >= 3000 + PROMOTE_AFTER +
	    policy.token_life);
	assert_true(s.keys[1].token_life == 3600);
	assert_true(rotation_turn(&s, &policy, 5000));	/* longer again */
	assert_true(s.keys[1].token_life == policy.token_life);
	assert_false(rotation_turn(&s, &policy, 5000));
	keyset_clear(&s);
}

/*
 * ES256, then RS256 in the configuration: the next key is of the new kind, the
 * old one leaves with its tokens.  Changed back before it signed: it is dropped
 * and the old one goes on.
 */
static void
change_of_algorithm(void **state)
{
	struct rotation_policy	 p = policy;
	struct buf		 other;
	struct keyset		 s;

	(void)state;
	keyset_init(&s);
	buf_init(&other, 4096);
	assert_int_equal(key_make(JWA_EDDSA, &other), 0);
	add(&s, 1000);
	p.alg = JWA_EDDSA;
	assert_true(rotation_wants_key(&s, &p, 2000));
	assert_int_equal(rotation_add(&s, &p, JWA_EDDSA, buf_span(&other),
	    2000), 0);
	/* changed back */
	assert_true(rotation_turn(&s, &policy, 2000 + PROMOTE_AFTER));
	assert_int_equal(s.count, 1);
	assert_int_equal(s.keys[0].state, KEY_CURRENT);
	assert_false(rotation_wants_key(&s, &policy, 2000 + PROMOTE_AFTER));
	/* and once more to the new one */
	assert_int_equal(rotation_add(&s, &p, JWA_EDDSA, buf_span(&other),
	    9000), 0);
	assert_false(rotation_turn(&s, &p, 9000 + PROMOTE_AFTER - 1));
	assert_true(rotation_turn(&s, &p, 9000 + PROMOTE_AFTER));
	assert_int_equal(keyset_find(&s, KEY_CURRENT)->alg, JWA_EDDSA);
	assert_int_equal(keyset_find(&s, KEY_RETIRED)->alg, JWA_ES256);
	assert_false(rotation_turn(&s, &p, 9000 + PROMOTE_AFTER +
	    p.token_life));
	assert_non_null(keyset_find(&s, KEY_RETIRED));
	assert_false(rotation_wants_key(&s, &p, 9000 + PROMOTE_AFTER));
	buf_clear(&other);
	keyset_clear(&s);
}

/* Keys dated by a clock in 2040 rotate and leave when it is 2026 again. */
static void
a_clock_that_was_wrong(void **state)
{
	const uint64_t	 ahead = UINT64_C(2208988800), right = CLOCK_EARLIEST;
	struct keyset	 s;

	(void)state;
	keyset_init(&s);
	add(&s, ahead);
	add(&s, ahead + 100);
	assert_true(rotation_turn(&s, &policy, ahead + 100 + PROMOTE_AFTER));
	add(&s, ahead + 5000);
	/* Without mending nothing would happen for years. */
	assert_false(rotation_turn(&s, &policy, right));
	assert_false(rotation_wants_key(&s, &policy, right + 86400));
	assert_true(rotation_mend(&s, &policy, right));
	assert_false(rotation_mend(&s, &policy, right));
	assert_int_equal(s.serial, 5);
	assert_true(keyset_find(&s, KEY_RETIRED)->expires_at == right +
	    policy.token_life + RETIRE_MARGIN);
	assert_true(rotation_takes_over_at(&s) == right + PROMOTE_AFTER);
	assert_true(rotation_turn(&s, &policy, right + PROMOTE_AFTER));
	assert_true(keyset_find(&s, KEY_CURRENT)->current_at == right +
	    PROMOTE_AFTER);
	/* Clocks of two nodes differ a little: that is nothing to mend. */
	assert_false(rotation_mend(&s, &policy, right + PROMOTE_AFTER - 500));
	keyset_clear(&s);
}

/* The set is full: no key is wanted until one leaves, and none is lost. */
static void
a_full_set(void **state)
{
	struct keyset	 s;
	uint64_t	 now = 1000;
	unsigned	 i;

	(void)state;
	keyset_init(&s);
	add(&s, now);
	for (i = 1; i < KEYSET_KEYS; i++) {
		add(&s, now);
		now += PROMOTE_AFTER;
		assert_true(rotation_turn(&s, &policy, now));
	}
	assert_int_equal(s.count, KEYSET_KEYS);
	assert_false(rotation_wants_key(&s, &policy, now + policy.period));
	assert_int_equal(rotation_add(&s, &policy, JWA_ES256, buf_span(&der),
	    now), -1);
	assert_int_equal(s.count, KEYSET_KEYS);
	assert_true(rotation_turn(&s, &policy, now + policy.token_life));
	assert_true(rotation_wants_key(&s, &policy, now +
	    policy.token_life));
	keyset_clear(&s);
}

/* No time in a record is so large that adding to it would wrap. */
static void
times_are_bounded(void **state)
{
	struct keyset	 s, got;
	struct buf	 b;
	uint64_t	*times[] = { &s.keys[0].published_at,
			    &s.keys[0].current_at, &s.keys[0].expires_at };
	size_t		 i;

	(void)state;
	keyset_init(&s);
	keyset_init(&got);
	buf_init(&b, KEYSET_MAX);
	add(&s, 1000);
	for (i = 0; i < NITEMS(times); i++) {
		*times[i] = KEYSET_TIME_MAX;
		buf_reset(&b);
		assert_int_equal(keyset_seal(&b, &s, 7, seal), 0);
		assert_int_equal(keyset_open(&got, buf_span(&b), s.serial,
		    seal), 0);
		keyset_clear(&got);
		*times[i] += 1;
		buf_reset(&b);
		assert_int_equal(keyset_seal(&b, &s, 7, seal), 0);
		assert_int_equal(keyset_open(&got, buf_span(&b), s.serial,
		    seal), -1);
		*times[i] = 0;
	}
	buf_clear(&b);
	keyset_clear(&s);
	keyset_clear(&got);
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
		cmocka_unit_test(longest_life_counts),
		cmocka_unit_test(change_of_algorithm),
		cmocka_unit_test(a_clock_that_was_wrong),
		cmocka_unit_test(a_full_set),
		cmocka_unit_test(times_are_bounded),
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
