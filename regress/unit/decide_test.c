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

/* link: parent/decide.c */

#include "parent/decide.h"
#include "test.h"

/* DESIGN section 6: five crashes a minute bring backoff. */
static void
five_deaths_are_free(void **state)
{
	struct backoff	 b = { .n = 0 };
	uint64_t	 now = 1000;
	int		 i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(backoff_next(&b, now++), 0);
	assert_int_equal(backoff_next(&b, now), 1);
}

static void
deaths_far_apart_never_wait(void **state)
{
	struct backoff	 b = { .n = 0 };
	uint64_t	 now = 5;
	int		 i;

	(void)state;
	/* Five within a minute are allowed: one every 12 seconds is that. */
	for (i = 0; i < 1000; i++, now += 12)
		assert_int_equal(backoff_next(&b, now), 0);
}

static void
waits_grow_to_a_ceiling(void **state)
{
	static const unsigned	 waits[] = { 1, 2, 4, 8, 16, 30, 30, 30, 30,
		30, 30, 30, 30 };
	struct backoff		 b = { .n = 0 };
	uint64_t		 now = 77;
	unsigned		 got;
	size_t			 i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(backoff_next(&b, now), 0);
	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		got = backoff_next(&b, now);
		assert_int_equal(got, waits[i]);
		now += got;	/* it dies as soon as it is started */
	}
	/* For ever: what never lives is not started more often again. */
	for (i = 0; i < 1000; i++) {
		got = backoff_next(&b, now);
		assert_int_equal(got, 30);
		now += got + 2;
	}
}

static void
a_minute_of_life_forgives(void **state)
{
	struct backoff	 b = { .n = 0 };
	uint64_t	 now = 1;
	unsigned	 wait = 0;
	int		 i;

	(void)state;
	for (i = 0; i < 9; i++) {
		wait = backoff_next(&b, now);
		now += wait;
	}
	assert_int_equal(wait, 8);
	assert_int_equal(backoff_next(&b, now + 59), 16);
	now += 59 + 16;
	assert_int_equal(backoff_next(&b, now + 60), 0);
	assert_int_equal(backoff_next(&b, now + 60), 0);
}

/* The table of threats: a broken signer cannot keep the machine busy. */
static void
ten_keys_a_minute(void **state)
{
	struct keygen_quota	 q = { .n = 0 };
	uint64_t		 now = 0;
	unsigned		 made, i;

	(void)state;
	for (i = 0; i < 10; i++, now += 2)
		assert_int_equal(keygen_wait(&q, now), 0);
	assert_int_equal(keygen_wait(&q, now), 40);
	assert_int_equal(keygen_wait(&q, 59), 1);	/* asking costs nothing */
	assert_int_equal(keygen_wait(&q, 60), 0);
	assert_int_equal(keygen_wait(&q, 60), 2);
	/* Somebody who asks every second for an hour. */
	for (now = 1000, made = 0; now < 1000 + 3600; now++)
		made += keygen_wait(&q, now) == 0;
	assert_int_equal(made, 600);
}

/* DESIGN section 6: only a crashed engine makes a new generation. */
static void
deaths(void **state)
{
	static const struct {
		enum gen_state	 state;
		bool		 engine, stopping;
		enum death	 death;
	} cases[] = {
		{ GEN_SERVING, true, false, DEATH_RESTART },
		{ GEN_SERVING, false, false, DEATH_REPLACE },
		{ GEN_SERVING, false, true, DEATH_EXPECTED },
		{ GEN_STARTING, true, false, DEATH_OF_START },
		{ GEN_STARTING, false, false, DEATH_OF_START },
		{ GEN_STARTING, false, true, DEATH_EXPECTED },
		{ GEN_DRAINING, true, false, DEATH_EXPECTED },
		{ GEN_DRAINING, false, false, DEATH_EXPECTED },
		{ GEN_DRAINING, false, true, DEATH_EXPECTED },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(death_decide(cases[i].state, cases[i].engine,
		    cases[i].stopping), cases[i].death);
}

static void
failed_starts(void **state)
{
	(void)state;
	assert_int_equal(start_failed_decide(false, false), START_GIVE_UP);
	assert_int_equal(start_failed_decide(true, true), START_KEEP_OLD);
	/* The engine died and a reload failed: what was in force comes back. */
	assert_int_equal(start_failed_decide(false, true), START_AGAIN);
}

/* Busy for dexctl, remembered for a signal; never two starts at once. */
static void
reloads(void **state)
{
	struct reload_state	 s;
	unsigned		 i;
	bool			 idle;

	(void)state;
	for (i = 0; i < 16; i++) {
		s = (struct reload_state){ .stopping = (i & 1) != 0,
		    .parsing = (i & 2) != 0, .starting = (i & 4) != 0,
		    .draining = (i & 8) != 0 };
		idle = !s.parsing && !s.starting && !s.draining;
		assert_int_equal(reload_decide(&s, true), s.stopping ?
		    RELOAD_NEVER : idle ? RELOAD_NOW : RELOAD_BUSY);
		assert_int_equal(reload_decide(&s, false), s.stopping ?
		    RELOAD_NEVER : idle ? RELOAD_NOW : RELOAD_LATER);
	}
}

/* A certificate that is being written is left alone. */
static void
stamps(void **state)
{
	const struct stamp	 old = { 1, 2, 100, 50, 0 };
	const struct stamp	 half = { 1, 2, 40, 60, 0 };
	const struct stamp	 whole = { 1, 2, 100, 60, 7 };
	const struct stamp	 moved = { 1, 3, 100, 50, 0 };
	const struct stamp	 none = { 0 };

	(void)state;
	assert_false(stamp_settled(&old, &old, &old));
	assert_false(stamp_settled(&old, &half, &old));
	assert_false(stamp_settled(&half, &whole, &old));
	assert_true(stamp_settled(&whole, &whole, &old));
	assert_false(stamp_settled(&whole, &whole, &whole));
	assert_true(stamp_settled(&moved, &moved, &old));
	assert_false(stamp_settled(&none, &moved, &old));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(five_deaths_are_free),
		cmocka_unit_test(deaths_far_apart_never_wait),
		cmocka_unit_test(waits_grow_to_a_ceiling),
		cmocka_unit_test(a_minute_of_life_forgives),
		cmocka_unit_test(ten_keys_a_minute),
		cmocka_unit_test(deaths),
		cmocka_unit_test(failed_starts),
		cmocka_unit_test(reloads),
		cmocka_unit_test(stamps),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
