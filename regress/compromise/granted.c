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
#include <time.h>

#include <sodium.h>

#include "b64.h"
#include "json.h"
#include "proto.h"
#include "regress/compromise/granted.h"
#include "test.h"

#define PAYLOAD_MAX	70000

/* What is between the dots (RFC 7515 section 3.1). */
static json_t *
payload_of(struct span token)
{
	const uint8_t	*first = memchr(token.p, '.', token.len), *second;
	struct buf	 b;
	json_t		*j;

	assert_non_null(first++);
	second = memchr(first, '.', token.len - (size_t)(first - token.p));
	assert_non_null(second);
	buf_init(&b, PAYLOAD_MAX);
	assert_int_equal(b64url_get(&b, span_mem(first,
	    (size_t)(second - first))), 0);
	j = json_read(buf_span(&b), PAYLOAD_MAX);
	assert_non_null(j);
	buf_clear(&b);
	return (j);
}

/* That member is there and says so; it is taken out. */
static void
says(json_t *j, const char *name, struct span want)
{
	const char	*have = json_string_value(json_object_get(j, name));

	if (have == NULL || !span_is(want, have))
		fail_msg("%s is %s", name, have != NULL ? have : "not there");
	json_object_del(j, name);
}

/* The same, unless there is nothing to say. */
static void
says_if(json_t *j, const char *name, struct span want)
{
	if (want.len != 0)
		says(j, name, want);
}

/* It is random, so any text will do. */
static void
is_there(json_t *j, const char *name)
{
	if (json_string_length(json_object_get(j, name)) < 20)
		fail_msg("no %s", name);
	json_object_del(j, name);
}

static uint64_t
number(json_t *j, const char *name)
{
	json_t		*have = json_object_get(j, name);
	uint64_t	 n = (uint64_t)json_integer_value(have);

	if (!json_is_integer(have))
		fail_msg("%s is no number", name);
	json_object_del(j, name);
	return (n);
}

/* dex: a message of user and connector, so that nobody is two people. */
static void
says_sub(json_t *j, const struct attestation *who)
{
	struct buf	 proto, sub;

	buf_init(&proto, 2048);
	buf_init(&sub, 4096);
	proto_put_string(&proto, 1, who->user_id);
	proto_put_string(&proto, 2, who->connector);
	b64url_put(&sub, buf_span(&proto));
	says(j, "sub", buf_span(&sub));
	buf_clear(&proto);
	buf_clear(&sub);
}

static void
says_groups(json_t *j, struct msg_list groups)
{
	json_t		*have = json_object_get(j, "groups");
	struct span	 group;
	size_t		 i = 0;

	if (groups.count == 0)
		return;
	assert_int_equal(json_array_size(have), groups.count);
	while (msg_list_next(&groups, &group))
		assert_true(span_is(group, json_string_value(json_array_get(
		    have, i++))));
	json_object_del(j, "groups");
}

/* OpenID Connect Core 3.1.3.6: the left half of its SHA-256, for ES256. */
static void
says_at_hash(json_t *j, struct span access)
{
	uint8_t		 hash[crypto_hash_sha256_BYTES];
	struct buf	 b;

	crypto_hash_sha256(hash, access.p, access.len);
	buf_init(&b, 64);
	b64url_put(&b, span_mem(hash, sizeof(hash) / 2));
	says(j, "at_hash", buf_span(&b));
	buf_clear(&b);
}

static void
says_times(json_t *j, const struct attestation *who)
{
	uint64_t	 now = (uint64_t)time(NULL), iat = number(j, "iat");

	assert_in_range(iat, now - 60, now);
	assert_int_equal(number(j, "exp") - iat, ID_TOKENS_SECS);
	assert_int_equal(number(j, "auth_time"), who->auth_time);
}

static void
check(json_t *j, const struct grant *g, const struct attestation *who)
{
	struct list_buf	 l;
	struct msg_list	 wanted = list_of(&l, g->wanted != NULL ? g->wanted :
			    g->scopes);

	says(j, "iss", span_str(ISSUER));
	says(j, "aud", span_str(g->client));
	says(j, "nonce", span_str(g->nonce));
	says_sub(j, who);
	says_times(j, who);
	is_there(j, "jti");
	if (msg_list_has(wanted, span_str("email"))) {
		says_if(j, "email", who->email);
		assert_true(json_is_true(json_object_get(j,
		    "email_verified")) == who->email_verified);
		json_object_del(j, "email_verified");
	}
	if (msg_list_has(wanted, span_str("groups")))
		says_groups(j, who->groups);
	if (msg_list_has(wanted, span_str("profile"))) {
		says_if(j, "name", who->username);
		says_if(j, "preferred_username", who->preferred_username);
	}
	list_buf_clear(&l);
	if (json_object_size(j) != 0)
		fail_msg("there is %s, too", json_object_iter_key(
		    json_object_iter(j)));
}

void
granted_check(struct span access, struct span id,
    const struct grant *g, struct span attested)
{
	struct attestation	 who;
	json_t			*j;

	assert_int_equal(attest_read(&who, attested), 0);
	j = payload_of(id);
	says_at_hash(j, access);
	check(j, g, &who);
	json_decref(j);
	j = payload_of(access);
	is_there(j, "at_hash");		/* dex: of random bytes */
	check(j, g, &who);
	json_decref(j);
}

uint64_t
granted_number(struct span token, const char *name)
{
	json_t		*j = payload_of(token);
	uint64_t	 n = number(j, name);

	json_decref(j);
	return (n);
}
