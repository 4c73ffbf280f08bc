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

/* link: authn/replay.c authn/local_users.c engine/client_auth.c parent/seal.c */

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "authn/local_users.h"
#include "authn/replay.h"
#include "engine/client_auth.h"
#include "parent/parent.h"
#include "test.h"

/* Threat, engine: a typed password cannot be presented twice, nor later. */
static void
replay(void **state)
{
	struct replay	*r = replay_new();
	uint8_t		 n[SEALBOX_NONCE_LEN] = { 1 }, m[SEALBOX_NONCE_LEN] = {
			    2 };
	uint64_t	 t = 1000000;

	(void)state;
	assert_int_equal(replay_check(r, n, t, t), REPLAY_FRESH);
	assert_int_equal(replay_check(r, n, t, t), REPLAY_SEEN);
	assert_int_equal(replay_check(r, m, t - 61, t), REPLAY_OLD);
	assert_int_equal(replay_check(r, m, t + 6, t), REPLAY_OLD);
	assert_int_equal(replay_check(r, m, t + 5, t), REPLAY_FRESH);
	/* For as long as the box is fresh it is remembered. */
	assert_int_equal(replay_check(r, m, t + 5, t + 65), REPLAY_SEEN);
	assert_int_equal(replay_check(r, n, t, t + 60), REPLAY_SEEN);
	assert_int_equal(replay_check(r, n, t, t + 61), REPLAY_OLD);
	replay_free(r);
}

/* Bounded: when it is full nothing is let through (fail closed). */
static void
replay_full(void **state)
{
	struct replay	*r = replay_new();
	uint8_t		 n[SEALBOX_NONCE_LEN] = { 0 };
	uint32_t	 i;

	(void)state;
	for (i = 0; i < REPLAY_MAX; i++) {
		memcpy(n, &i, sizeof(i));
		assert_int_equal(replay_check(r, n, 5000, 5000), REPLAY_FRESH);
	}
	n[15] = 1;
	assert_int_equal(replay_check(r, n, 5000, 5000), REPLAY_FULL);
	/* A window later there is room again, and the old ones are known. */
	assert_int_equal(replay_check(r, n, 5060, 5066), REPLAY_FRESH);
	replay_free(r);
}

static struct local_users	 users = TAILQ_HEAD_INITIALIZER(users);

static void
add(const char *email, const char *hash)
{
	struct msg	 m = { .type = PA_AU_USER };

	memset(&m.pa_au_user, 0, sizeof(m.pa_au_user));
	m.pa_au_user.email = span_str(email);
	m.pa_au_user.hash = span_str(hash);
	assert_true(local_users_add(&users, &m));
}

#define HASH(cost)	"$2a$" cost "$" \
    "2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"

/* dex: by e-mail in any case; the last of two wins. */
static void
user_lookup(void **state)
{
	(void)state;
	add("a@example.com", HASH("10"));
	add("A@EXAMPLE.com", HASH("12"));
	add("b@example.com", HASH("10"));
	assert_int_equal(bcrypt_cost(local_users_find(&users,
	    span_str("a@Example.COM"))->conf->hash), 12);
	assert_null(local_users_find(&users, span_str("a@example.co")));
	assert_null(local_users_find(&users, span_str("")));
	local_users_clear(&users);
}

static void
hash_costs(void **state)
{
	(void)state;
	assert_int_equal(bcrypt_cost(span_str(HASH("10"))), 10);
	assert_int_equal(bcrypt_cost(span_str(HASH("04"))), 4);
	assert_int_equal(bcrypt_cost(span_str("$2a$10$short")), -1);
	assert_int_equal(bcrypt_cost(span_str("")), -1);
	assert_int_equal(bcrypt_cost(span_str("$6$x")), -1);
}

/* Unknown users cost as much as known ones (dex D19): same name, same cost. */
static void
dummies(void **state)
{
	const uint8_t	 key[16] = { 7 };
	char		 one[DUMMY_LEN], two[DUMMY_LEN], name[32];
	unsigned	 i, tens = 0, twelves = 0;

	(void)state;
	add("a@example.com", HASH("10"));
	add("b@example.com", HASH("12"));
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "nobody-%u", i);
		local_users_dummy(&users, span_str(name), key, one);
		local_users_dummy(&users, span_str(name), key, two);
		assert_string_equal(one, two);
		assert_int_equal(strlen(one), 60);
		tens += bcrypt_cost(span_str(one)) == 10;
		twelves += bcrypt_cost(span_str(one)) == 12;
	}
	assert_int_equal(tens + twelves, 200);
	assert_true(tens > 50 && twelves > 50);
	local_users_clear(&users);
	local_users_dummy(&users, span_str("x"), key, one);
	assert_int_equal(bcrypt_cost(span_str(one)), 10);
}

/* RFC 6749 section 2.3.1, RFC 7617; dex 5.2. */
static void
credentials(void **state)
{
	static const struct {
		const char	*header, *id, *secret;
		enum credentials want;
	} cases[] = {
		{ "Basic YTpi", "a", "b", CREDENTIALS_OK },
		{ "basic YTpi", "a", "b", CREDENTIALS_OK },
		{ "Basic YSUzQWI6Yys=", "a:b", "c ", CREDENTIALS_OK },
		{ "Basic YTo=", "a", "", CREDENTIALS_OK },
		{ "Basic JXp6OmI=", "", "", CREDENTIALS_BAD_ESCAPE },
		/* Not well-formed: the body speaks. */
		{ "Basic YWI=", "form", "word", CREDENTIALS_OK },
		{ "Basic !!!", "form", "word", CREDENTIALS_OK },
		{ "Bearer x", "form", "word", CREDENTIALS_OK },
		{ "", "form", "word", CREDENTIALS_OK },
	};
	struct list_buf	 form;
	struct span	 id, secret;
	struct buf	 mem;
	size_t		 i;

	(void)state;
	list_buf_init(&form, 256);
	list_buf_add(&form, span_str("client_id"));
	list_buf_add(&form, span_str("form"));
	list_buf_add(&form, span_str("client_secret"));
	list_buf_add(&form, span_str("word"));
	for (i = 0; i < NITEMS(cases); i++) {
		buf_init(&mem, 256);
		if (client_credentials(span_str(cases[i].header),
		    msg_list_of(&form), &mem, &id, &secret) != cases[i].want)
			fail_msg("case %zu", i);
		if (cases[i].want == CREDENTIALS_OK) {
			assert_true(span_is(id, cases[i].id));
			assert_true(span_is(secret, cases[i].secret));
		}
		buf_clear(&mem);
	}
	list_buf_clear(&form);
}

#define ZZ	"zz112233445566778899001122334455" \
    "66778899001122334455667788990011"

/* DESIGN section 4: made once with mode 0400, read strictly. */
static void
seal_file(void **state)
{
	static const char * const	 bad[] = { "", "1\n", "x 00\n",
		"1 0011\n", "1 " ZZ "\n" };
	struct seal_roots		 one, two;
	struct stat			 st;
	char				 file[] = "/tmp/dexd-seal-XXXXXX";
	char				 err[256];
	size_t				 i;
	int				 fd = mkstemp(file);

	(void)state;
	close(fd);
	unlink(file);
	assert_int_equal(seal_load(&one, file, err, sizeof(err)), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0400);
	assert_int_equal(seal_load(&two, file, err, sizeof(err)), 0);
	assert_memory_equal(&one, &two, sizeof(one));
	assert_int_equal(one.n, 1);
	assert_false(sodium_is_zero(one.list[0].key, KEY_LEN));
	assert_int_equal(chmod(file, 0440), 0);
	assert_int_equal(seal_load(&two, file, err, sizeof(err)), -1);
	for (i = 0; i < NITEMS(bad); i++) {
		unlink(file);
		fd = open(file, O_WRONLY | O_CREAT, 0600);
		assert_int_equal(write(fd, bad[i], strlen(bad[i])),
		    strlen(bad[i]));
		close(fd);
		if (seal_load(&two, file, err, sizeof(err)) != -1)
			fail_msg("read: %s", bad[i]);
	}
	unlink(file);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(replay),
		cmocka_unit_test(replay_full),
		cmocka_unit_test(user_lookup),
		cmocka_unit_test(hash_costs),
		cmocka_unit_test(dummies),
		cmocka_unit_test(credentials),
		cmocka_unit_test(seal_file),
	};

	if (sodium_init() == -1)
		return (1);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
