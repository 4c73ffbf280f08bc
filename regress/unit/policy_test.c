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

/* link: signer/key.c signer/claims.c signer/jose.c signer/keyset.c signer/policy.c signer/documents.c */
/* libs: libcrypto jansson */

#include <sodium.h>

#include "test.h"
#include "json.h"
#include "signer/documents.h"
#include "signer/policy.h"

/*
 * The signer's side of the promise (DESIGN.md): a broken engine can have
 * nothing signed that no worker attested for this very grant.
 */

#define NOW	1000000

static struct policy	 policy;
static struct keyset	 keys;
static struct list_buf	 scopes, wanted, groups;

/* A login at a worker of `connector`, under its own key. */
static struct attestation
a_login(const char *connector)
{
	struct attestation	 a = { .key_number = 1, .kind = ATTEST_LOGIN,
		.issuer = span_str("https://d"),
		.connector = span_str(connector), .user_id = span_str("u1"),
		.username = span_str("Jane"), .email = span_str("j@x"),
		.attested_at = NOW - 10, .auth_time = NOW - 10 };

	list_buf_clear(&scopes);
	attest_grant(a.grant, span_str("app"), LIST_OF(&scopes, "openid",
	    "email"), span_str("n"), span_str("gid"));
	return (a);
}

static struct msg_en_sg_sign
a_request(const struct attestation *a, const char *key_of, struct buf *mem)
{
	struct msg_en_sg_sign	 m = { .client_id = span_str("app"),
		.nonce = span_str("n"), .grant_id = span_str("gid"),
		.with_auth_time = true, .code = span_str("abc") };
	uint8_t			 key[KEY_LEN];

	list_buf_clear(&scopes);
	list_buf_clear(&wanted);
	m.scopes = LIST_OF(&scopes, "openid", "email");
	m.wanted = LIST_OF(&wanted, "openid", "email");
	attest_key(key, policy.keys[0].attest_root, span_str(key_of));
	buf_reset(mem);
	assert_int_equal(attest_write(mem, a, key), 0);
	m.attestation = buf_span(mem);
	return (m);
}

static const char *
verdict(const struct msg_en_sg_sign *m)
{
	struct attestation	 who;

	return (policy_check(&policy, m, NOW, &who));
}

static void
refusals(void **state)
{
	struct attestation	 a = a_login("ldap");
	struct msg_en_sg_sign	 m;
	struct buf		 mem;

	(void)state;
	buf_init(&mem, ATTEST_MAX);
#define REFUSED(change) do {						\
	a = a_login("ldap");						\
	m = a_request(&a, "ldap", &mem);				\
	assert_null(verdict(&m));					\
	change;								\
	assert_non_null(verdict(&m));					\
} while (0)
#define FORGED(change) do {						\
	a = a_login("ldap");						\
	change;								\
	m = a_request(&a, "ldap", &mem);				\
	assert_non_null(verdict(&m));					\
} while (0)
	/* The engine lies about the grant. */
	REFUSED(m.client_id = span_str("other"));
	REFUSED(m.nonce = span_str("replayed"));
	REFUSED(m.grant_id = span_str("other"));
	REFUSED(list_buf_clear(&scopes);
	    m.scopes = LIST_OF(&scopes, "openid", "email", "groups"));
	REFUSED(list_buf_clear(&wanted);
	    m.wanted = LIST_OF(&wanted, "openid", "groups"));
	REFUSED(m.attestation = span_mem(NULL, 0));
	REFUSED(m.attestation.len--);
	REFUSED(mem.p[60] ^= 1);
	/* A worker lies about what is not its own. */
	a = a_login("ldap");
	m = a_request(&a, "github", &mem);
	assert_non_null(verdict(&m));
	FORGED(a.connector = span_str("unknown"));
	FORGED(a.issuer = span_str("https://other"));
	FORGED(a.key_number = 2);
	FORGED(a.kind = ATTEST_ADOPTED);
	FORGED(a.user_id = span_mem(NULL, 0));
	FORGED(a.attested_at = NOW + 60);
	FORGED(a.attested_at = 4);	/* before notBefore */
	FORGED(a.grant[0] ^= 1);
	/* Fewer scopes than attested may be granted. */
	a = a_login("ldap");
	m = a_request(&a, "ldap", &mem);
	list_buf_clear(&wanted);
	m.wanted = LIST_OF(&wanted, "openid");
	assert_null(verdict(&m));
	buf_clear(&mem);
}

/* An attestation of this kind and these times, for a grant of two scopes. */
static const char *
aged(enum attest_kind kind, uint64_t attested, uint64_t auth,
    const char *second)
{
	struct attestation	 a = a_login("ldap"), who;
	struct msg_en_sg_sign	 m;
	const char		*why;
	struct buf		 mem;

	a.kind = kind;
	a.attested_at = attested;
	a.auth_time = auth;
	list_buf_clear(&scopes);
	attest_grant(a.grant, span_str("app"), LIST_OF(&scopes, "openid",
	    second), span_str("n"), span_str("gid"));
	buf_init(&mem, ATTEST_MAX);
	m = a_request(&a, "ldap", &mem);
	list_buf_clear(&scopes);
	list_buf_clear(&wanted);
	m.scopes = LIST_OF(&scopes, "openid", second);
	m.wanted = LIST_OF(&wanted, "openid");
	why = policy_check(&policy, &m, NOW, &who);
	buf_clear(&mem);
	return (why);
}

/*
 * DESIGN, Keys: a login is signed for until its code is spent at the latest, a
 * refresh at once, a grant no longer than its absolute lifetime, and one
 * without offline_access never again.
 */
static void
ages(void **state)
{
	const uint64_t	 login = 1000 + CODE_SECS, again = REFRESH_SECS + 30;
	const uint64_t	 last = NOW - 50000 - login;

	(void)state;
#define OFF	"offline_access"
	assert_null(aged(ATTEST_LOGIN, NOW - login - 30, 10, "email"));
	assert_non_null(aged(ATTEST_LOGIN, NOW - login - 31, 10, "email"));
	assert_null(aged(ATTEST_LOGIN, NOW - login - 30, 10, OFF));
	assert_non_null(aged(ATTEST_LOGIN, NOW - login - 31, 10, OFF));
	assert_null(aged(ATTEST_REFRESH, NOW - again, NOW - 9000, OFF));
	assert_non_null(aged(ATTEST_REFRESH, NOW - again - 1, NOW - 9000,
	    OFF));
	assert_non_null(aged(ATTEST_REFRESH, NOW, NOW - 9000, "email"));
	assert_null(aged(ATTEST_REFRESH, NOW, last, OFF));
	assert_non_null(aged(ATTEST_REFRESH, NOW, last - 1, OFF));
	assert_non_null(aged(ATTEST_REFRESH, NOW, 0, OFF));
	policy.refresh_absolute = 0;
	assert_null(aged(ATTEST_REFRESH, NOW, 0, OFF));
	policy.refresh_absolute = 50000;
	/* Nobody logs in after it was said that he did. */
	assert_null(aged(ATTEST_REFRESH, NOW, NOW + 5, OFF));
	assert_non_null(aged(ATTEST_REFRESH, NOW, NOW + 6, OFF));
	assert_non_null(aged(ATTEST_REFRESH, NOW, UINT64_MAX, OFF));
	assert_non_null(aged(ATTEST_LOGIN, NOW, NOW + 6, OFF));
	assert_non_null(aged(ATTEST_REFRESH, UINT64_MAX, NOW, OFF));
	assert_non_null(aged(ATTEST_EXCHANGE, NOW, NOW, OFF));
	assert_non_null(aged(ATTEST_SESSION, NOW, NOW, OFF));
	/* Within the skew of two clocks. */
	assert_null(aged(ATTEST_REFRESH, NOW + 5, NOW - 9000, OFF));
	assert_non_null(aged(ATTEST_REFRESH, NOW + 6, NOW - 9000, OFF));
#undef OFF
}

static void
tokens(void **state)
{
	struct attestation	 a = a_login("ldap"), who;
	struct msg_en_sg_sign	 m;
	struct buf		 mem, access, id, payload;
	json_t			*j;

	(void)state;
	buf_init(&mem, ATTEST_MAX);
	buf_init(&access, 90000);
	buf_init(&id, 90000);
	buf_init(&payload, 90000);
	m = a_request(&a, "ldap", &mem);
	assert_null(policy_check(&policy, &m, NOW, &who));
	assert_int_equal(policy_issue(&policy, &m, &who, &keys.keys[0], NOW,
	    &access, &id), 0);
	assert_true(policy_verify(&policy, &keys, buf_span(&id), false,
	    NOW + 99, &payload));
	j = json_read(buf_span(&payload), 90000);
	assert_string_equal(json_string_value(json_object_get(j, "aud")),
	    "app");
	assert_int_equal(json_integer_value(json_object_get(j, "exp")),
	    NOW + 100);
	assert_int_equal(json_integer_value(json_object_get(j, "auth_time")),
	    NOW - 10);
	/* OpenID Connect Core 3.1.3.6 and 3.3.2.11. */
	buf_reset(&mem);
	{
		uint8_t	 hash[32];
		char	 text[64];

		crypto_hash_sha256(hash, access.p, access.len);
		sodium_bin2base64(text, sizeof(text), hash, 16,
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		assert_string_equal(json_string_value(json_object_get(j,
		    "at_hash")), text);
	}
	assert_string_equal(json_string_value(json_object_get(j, "c_hash")),
	    "ungWv48Bz-pBQUDeXa4iIw");
	json_decref(j);
#define UNVERIFIED(now_, ignore) do {					\
	buf_reset(&payload);						\
	assert_false(policy_verify(&policy, &keys, buf_span(&id), ignore, \
	    now_, &payload));						\
	assert_int_equal(payload.len, 0);				\
} while (0)
	UNVERIFIED(NOW + 100, false);			/* expired */
	assert_true(policy_verify(&policy, &keys, buf_span(&id), true,
	    NOW + 100, &payload));
	id.p[id.len - 5] ^= 1;
	UNVERIFIED(NOW, false);				/* forged */
	id.p[id.len - 5] ^= 1;
	policy.issuer = span_str("https://other");
	UNVERIFIED(NOW, false);
	policy.issuer = span_str("https://d");
	keys.keys[0].kid[0] ^= 1;			/* unknown key */
	UNVERIFIED(NOW, false);
	keys.keys[0].kid[0] ^= 1;
	keys.keys[0].alg = JWA_RS256;			/* another algorithm */
	UNVERIFIED(NOW, false);
	keys.keys[0].alg = JWA_ES256;
	buf_clear(&mem);
	buf_clear(&access);
	buf_clear(&id);
	buf_clear(&payload);
}

/* dex-server 3.1: fields, order and indentation; only what exists. */
static void
discovery(void **state)
{
	static const char	 want[] = "{\n  \"issuer\": \"https://d/dex\",\n"
	    "  \"authorization_endpoint\": \"https://d/dex/auth\",\n"
	    "  \"token_endpoint\": \"https://d/dex/token\",\n"
	    "  \"jwks_uri\": \"https://d/dex/keys\",\n"
	    "  \"userinfo_endpoint\": \"https://d/dex/userinfo\",\n"
	    "  \"grant_types_supported\": [\n    \"authorization_code\"\n  ],\n"
	    "  \"response_types_supported\": [\n    \"code\"\n  ],\n"
	    "  \"subject_types_supported\": [\n    \"public\"\n  ],\n"
	    "  \"id_token_signing_alg_values_supported\": [\n    \"ES256\"\n"
	    "  ],\n  \"code_challenge_methods_supported\": [\n    \"S256\",\n"
	    "    \"plain\"\n  ],\n";
	struct msg_pa_sg_config	 c = { .issuer = span_str("https://d/dex") };
	struct list_buf		 g, r, m;
	struct buf		 b;
	json_t			*j;

	(void)state;
	c.grant_types = LIST_OF(&g, "authorization_code");
	c.response_types = LIST_OF(&r, "code");
	c.challenge_methods = LIST_OF(&m, "S256", "plain");
	buf_init(&b, 32768);
	assert_int_equal(documents_put_discovery(&b, &c, &keys), 0);
	assert_memory_equal(b.p, want, sizeof(want) - 1);
	j = json_read(buf_span(&b), 32768);
	assert_non_null(j);
	assert_null(json_object_get(j, "device_authorization_endpoint"));
	assert_null(json_object_get(j, "introspection_endpoint"));
	json_decref(j);
	buf_clear(&b);
	list_buf_clear(&g);
	list_buf_clear(&r);
	list_buf_clear(&m);
}

static void
key_document(void **state)
{
	struct keyset	 empty;
	struct buf	 b;
	json_t		*j;

	(void)state;
	keyset_init(&empty);
	buf_init(&b, 60000);
	assert_int_equal(documents_put_jwks(&b, &empty), -1);
	buf_reset(&b);
	assert_int_equal(documents_put_jwks(&b, &keys), 0);
	j = json_read(buf_span(&b), 60000);
	assert_int_equal(json_array_size(json_object_get(j, "keys")),
	    keys.count);
	json_decref(j);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(refusals), cmocka_unit_test(ages),
		cmocka_unit_test(tokens),
		cmocka_unit_test(discovery), cmocka_unit_test(key_document),
	};
	struct buf		 der;
	int			 failed;

	if (sodium_init() == -1)
		return (1);
	policy.issuer = span_str("https://d");
	policy.token_life = 100;
	policy.not_before = 5;
	policy.auth_requests = 1000;
	policy.refresh_reuse = 30;
	policy.refresh_absolute = 50000;
	policy.keys[0].number = 1;
	memset(policy.keys[0].attest_root, 7, KEY_LEN);
	policy.nkeys = 1;
	policy.connectors[0] = span_str("ldap");
	policy.connectors[1] = span_str("github");
	policy.nconnectors = 2;
	buf_init(&der, 4096);
	keyset_init(&keys);
	if (key_make(JWA_ES256, &der) == -1 || keyset_add(&keys, JWA_ES256,
	    buf_span(&der), KEY_CURRENT, NOW) == NULL)
		return (1);
	failed = RUN(tests);
	buf_clear(&der);
	keyset_clear(&keys);
	list_buf_clear(&scopes);
	list_buf_clear(&wanted);
	list_buf_clear(&groups);
	return (failed);
}
