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

/* link: signer/key.c signer/claims.c signer/jose.c */
/* libs: libcrypto jansson */

#include <sodium.h>

#include "test.h"
#include "b64.h"
#include "json.h"
#include "signer/claims.h"
#include "signer/jose.h"

/* Tokens as dex issues them, and what is no token of ours. */

/* RFC 4648 section 10 and 3.5. */
static void
base64url(void **state)
{
	static const char * const	 bad[] = { "Zg==", "Zg=", "Z", "Zh",
		"Zm9v\n", "Zm 9", "Zm+v", "Zm/v" };
	struct buf			 b;
	size_t				 i;

	(void)state;
	buf_init(&b, 256);
	b64url_put(&b, span_str("foobar"));
	assert_buf(&b, "Zm9vYmFy");
	b64url_put(&b, span_mem("\xff\xfe\xff", 2));
	assert_buf(&b, "__4");
	assert_int_equal(b64url_get(&b, span_str("Zm8")), 0);
	assert_buf(&b, "fo");
	for (i = 0; i < NITEMS(bad); i++) {
		assert_int_equal(b64url_get(&b, span_str(bad[i])), -1);
		buf_reset(&b);
	}
	assert_int_equal(b64std_get(&b, span_str("Zg==")), 0);
	assert_buf(&b, "f");
	assert_int_equal(b64std_get(&b, span_str("Zg")), -1);
	buf_clear(&b);
}

/* dex-server 6.3, the worked vectors. */
static void
subjects(void **state)
{
	static const struct {
		const char	*user, *connector, *sub;
	} cases[] = {
		{ "1", "test", "CgExEgR0ZXN0" },
		{ "2342749", "github", "CgcyMzQyNzQ5EgZnaXRodWI" },
		{ "08a8684b-db88-4b73-90a9-3cd1661f5466", "local",
		    "CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxv"
		    "Y2Fs" },
		{ "test", "", "CgR0ZXN0" },
	};
	char		 text[201];
	struct buf	 b, raw;
	size_t		 i;

	(void)state;
	buf_init(&b, 1024);
	buf_init(&raw, 1024);
	for (i = 0; i < NITEMS(cases); i++) {
		claims_put_sub(&b, span_str(cases[i].user),
		    span_str(cases[i].connector));
		assert_buf(&b, cases[i].sub);
	}
	memset(text, 'u', 200);		/* a length of two bytes */
	text[200] = '\0';
	claims_put_sub(&b, span_str(text), span_str("c"));
	assert_int_equal(b64url_get(&raw, buf_span(&b)), 0);
	assert_memory_equal(raw.p, "\x0a\xc8\x01u", 4);
	buf_clear(&b);
	buf_clear(&raw);
}

/* dex-server 6.2: half of SHA-256("abc"). */
static void
half_hash(void **state)
{
	struct buf	 b;

	(void)state;
	buf_init(&b, 64);
	claims_put_half_hash(&b, JWA_RS256, span_str("abc"));
	assert_buf(&b, "ungWv48Bz-pBQUDeXa4iIw");
	claims_put_half_hash(&b, JWA_ES256, span_str("abc"));
	assert_buf(&b, "ungWv48Bz-pBQUDeXa4iIw");
	claims_put_half_hash(&b, JWA_EDDSA, span_str("abc"));
	assert_buf(&b, "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o");
	buf_clear(&b);
}

static struct attestation	 who;
static struct list_buf		 groups, scopes;

static void
check_claims(struct claims_input *in, const char * const *wanted,
    const char *want)
{
	struct buf	 b;

	buf_init(&b, 4096);
	in->scopes = list_of(&scopes, wanted);
	assert_int_equal(claims_put(&b, in), 0);
	assert_buf(&b, want);
	buf_clear(&b);
	list_buf_clear(&scopes);
}
#define SCOPES(...)	(const char * const[]){ __VA_ARGS__, NULL }
#define HEAD(aud)	"{\"iss\":\"https://d\",\"sub\":\"CgExEgR0ZXN0\","	\
	"\"aud\":" aud ",\"exp\":20,\"iat\":10,\"jti\":\"j\""

/* Order, omission and scopes of dex-server 6.2. */
static void
payloads(void **state)
{
	struct claims_input	 in = { .issuer = span_str("https://d"),
		.who = &who, .client_id = span_str("app"), .iat = 10,
		.exp = 20, .jti = "j" };

	(void)state;
	who = (struct attestation){ .connector = span_str("test"),
		.user_id = span_str("1"), .username = span_str("J & K"),
		.email = span_str("j@x"), .auth_time = 5 };
	check_claims(&in, SCOPES("openid"), HEAD("\"app\"") "}");
	/* email_verified is there when false, groups are not when empty. */
	check_claims(&in, SCOPES("openid", "email", "profile", "groups"),
	    HEAD("\"app\"") ",\"email\":\"j@x\",\"email_verified\":false,"
	    "\"name\":\"J \\u0026 K\"}");
	who.groups = LIST_OF(&groups, "a", "b");
	in.nonce = span_str("n");
	in.with_auth_time = true;
	in.at_hash = span_str("ah");
	in.c_hash = span_str("ch");
	check_claims(&in, SCOPES("openid", "groups", "federated:id"),
	    HEAD("\"app\"") ",\"nonce\":\"n\",\"auth_time\":5,"
	    "\"at_hash\":\"ah\",\"c_hash\":\"ch\",\"groups\":[\"a\",\"b\"],"
	    "\"federated_claims\":{\"connector_id\":\"test\","
	    "\"user_id\":\"1\"}}");
	list_buf_clear(&groups);
}

/* aud and azp (OpenID Connect Core 2; dex-server 6.2). */
static void
audiences(void **state)
{
	struct claims_input	 in = { .issuer = span_str("https://d"),
		.who = &who, .client_id = span_str("app"), .iat = 10,
		.exp = 20, .jti = "j" };

	(void)state;
	who = (struct attestation){ .connector = span_str("test"),
		.user_id = span_str("1") };
#define AUD	"audience:server:client_id:"
	check_claims(&in, SCOPES("openid", AUD "app"), HEAD("\"app\"") "}");
	check_claims(&in, SCOPES(AUD "p2", "openid", AUD "p1"),
	    HEAD("[\"p2\",\"p1\",\"app\"]") ",\"azp\":\"app\"}");
	check_claims(&in, SCOPES(AUD "app", AUD "p1"),
	    HEAD("[\"app\",\"p1\"]") ",\"azp\":\"app\"}");
}

static EVP_PKEY	*keys[JWA_MAX];

static void
make_keys(void)
{
	struct buf	 der;
	int		 alg;

	for (alg = 0; alg < JWA_MAX; alg++) {
		buf_init(&der, 4096);
		assert_int_equal(key_make((enum jwa)alg, &der), 0);
		keys[alg] = key_load((enum jwa)alg, buf_span(&der));
		assert_non_null(keys[alg]);
		/* A key is loaded as what it is, whole and nothing more. */
		assert_null(key_load((enum jwa)((alg + 1) % JWA_MAX),
		    buf_span(&der)));
		assert_null(key_load((enum jwa)alg, span_mem(der.p,
		    der.len - 1)));
		buf_put_u8(&der, 0);
		assert_null(key_load((enum jwa)alg, buf_span(&der)));
		buf_clear(&der);
	}
}

static void
sign_and_verify(void **state)
{
	struct jose_parts	 t;
	struct buf		 token;
	int			 alg;

	(void)state;
	buf_init(&token, TOKEN_MAX);
	for (alg = 0; alg < JWA_MAX; alg++) {
		buf_reset(&token);
		assert_int_equal(jose_sign(&token, (enum jwa)alg, keys[alg],
		    "k1", span_str("{\"a\":1}")), 0);
		assert_int_equal(jose_parse(&t, buf_span(&token)), 0);
		assert_string_equal(t.alg, jwa_name((enum jwa)alg));
		assert_string_equal(t.kid, "k1");
		assert_true(span_is(buf_span(&t.payload), "{\"a\":1}"));
		assert_int_equal(t.signature.len, alg == JWA_RS256 ? 256 : 64);
#define VERIFY(a, sig)	key_verify(a, keys[a], t.input, sig)
		assert_true(VERIFY((enum jwa)alg, buf_span(&t.signature)));
		assert_false(VERIFY((enum jwa)((alg + 1) % JWA_MAX),
		    buf_span(&t.signature)));
		assert_false(VERIFY((enum jwa)alg, span_mem(t.signature.p,
		    t.signature.len - 1)));
		assert_false(VERIFY((enum jwa)alg, span_mem(NULL, 0)));
		t.signature.p[10] ^= 1;
		assert_false(VERIFY((enum jwa)alg, buf_span(&t.signature)));
#undef VERIFY
		jose_clear(&t);
	}
	buf_clear(&token);
}

/* RFC 7515: shape, alphabet, crit; RFC 8725 3.1: nothing is guessed. */
static void
no_tokens(void **state)
{
	static const char * const	 bad[] = { "", ".", "..", "...", "a.b",
		"a.b.c.d", "e30.e30.", ".e30.e30", "e30..e30",
		"e30.e30.e30" /* header {} has no alg */,
		"bnVsbA.e30.e30" /* header null */,
		/* {"alg":"RS256","crit":["x"]} */
		"eyJhbGciOiJSUzI1NiIsImNyaXQiOlsieCJdfQ.e30.e30",
		/* {"alg":"RS256","jwk":"x"} */
		"eyJhbGciOiJSUzI1NiIsImp3ayI6IngifQ.e30.e30",
		/* {"alg":"RS256","alg":"none"} */
		"eyJhbGciOiJSUzI1NiIsImFsZyI6Im5vbmUifQ.e30.e30",
		/* {"alg":1} */
		"eyJhbGciOjF9.e30.e30",
		"eyJhbGciOiJSUzI1NiJ9=.e30.e30",
		"eyJhbGciOiJSUzI1NiJ9.e30 .e30" };
	struct jose_parts		 t;
	size_t				 i;

	(void)state;
	for (i = 0; i < NITEMS(bad); i++) {
		if (jose_parse(&t, span_str(bad[i])) != -1)
			fail_msg("taken: %s", bad[i]);
		jose_clear(&t);
	}
	assert_int_equal(jose_parse(&t, span_str(
	    "eyJhbGciOiJSUzI1NiJ9.e30.e30")), 0);
	jose_clear(&t);
}

/* dex-server 3.2: member order; RFC 7518 6.2 and 6.3: lengths. */
static void
public_keys(void **state)
{
	static const char * const	 order[] = { "\"use\": \"sig\"",
		"\"kty\": \"EC\"", "\"kid\": \"k\"", "\"crv\": \"P-256\"",
		"\"alg\": \"ES256\"", "\"x\": ", "\"y\": " };
	const char			*at;
	json_t				*j;
	struct buf			 b;
	size_t				 i;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(key_put_jwk(JWA_RS256, keys[JWA_RS256], "k", &b), 0);
	j = json_read(buf_span(&b), 4096);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "e")),
	    "AQAB");
	assert_int_equal(json_string_length(json_object_get(j, "n")), 342);
	assert_null(json_object_get(j, "d"));
	json_decref(j);
	buf_reset(&b);
	assert_int_equal(key_put_jwk(JWA_ES256, keys[JWA_ES256], "k", &b), 0);
	for (at = buf_cstr(&b), i = 0; i < NITEMS(order); i++) {
		at = strstr(at, order[i]);
		assert_non_null(at);
	}
	j = json_read(buf_span(&b), 4096);
	assert_int_equal(json_string_length(json_object_get(j, "x")), 43);
	assert_int_equal(json_string_length(json_object_get(j, "y")), 43);
	assert_null(json_object_get(j, "d"));
	json_decref(j);
	buf_reset(&b);
	/* RFC 8037 section 2 */
	assert_int_equal(key_put_jwk(JWA_EDDSA, keys[JWA_EDDSA], "k", &b), 0);
	j = json_read(buf_span(&b), 4096);
	assert_string_equal(json_string_value(json_object_get(j, "kty")),
	    "OKP");
	assert_string_equal(json_string_value(json_object_get(j, "crv")),
	    "Ed25519");
	assert_string_equal(json_string_value(json_object_get(j, "alg")),
	    "EdDSA");
	assert_int_equal(json_string_length(json_object_get(j, "x")), 43);
	assert_int_equal(json_object_size(j), 6);
	json_decref(j);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(base64url), cmocka_unit_test(subjects),
		cmocka_unit_test(half_hash), cmocka_unit_test(payloads),
		cmocka_unit_test(audiences),
		cmocka_unit_test(sign_and_verify),
		cmocka_unit_test(no_tokens), cmocka_unit_test(public_keys),
	};
	int			 failed;

	if (sodium_init() == -1)
		return (1);
	make_keys();
	failed = RUN(tests);
	EVP_PKEY_free(keys[0]);
	EVP_PKEY_free(keys[1]);
	return (failed);
}
