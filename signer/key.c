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

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "b64.h"
#include "key.h"

#define RSA_BITS	2048
#define P256_LEN	32
#define ED25519_LEN	32

static bool
is_right_kind(enum jwa alg, EVP_PKEY *key)
{
	char	 group[32];
	size_t	 len;

	if (alg == JWA_RS256)
		return (EVP_PKEY_base_id(key) == EVP_PKEY_RSA &&
		    EVP_PKEY_bits(key) == RSA_BITS);
	if (alg == JWA_EDDSA)
		return (EVP_PKEY_base_id(key) == EVP_PKEY_ED25519);
	return (EVP_PKEY_base_id(key) == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	    (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0));
}

static bool
works(enum jwa alg, EVP_PKEY *key)
{
	struct span	 input = span_str("trial");
	struct buf	 signature;
	bool		 ok;

	buf_init(&signature, SIGNATURE_MAX);
	ok = key_sign(alg, key, input, &signature) == 0 &&
	    key_verify(alg, key, input, buf_span(&signature));
	buf_clear(&signature);
	return (ok);
}

EVP_PKEY *
key_load(enum jwa alg, struct span der)
{
	const unsigned char	*p = der.p;
	PKCS8_PRIV_KEY_INFO	*info;
	EVP_PKEY		*key;

	if ((info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.len)) == NULL)
		return (NULL);
	key = p == der.p + der.len ? EVP_PKCS82PKEY(info) : NULL;
	PKCS8_PRIV_KEY_INFO_free(info);
	if (key != NULL && is_right_kind(alg, key) && works(alg, key))
		return (key);
	EVP_PKEY_free(key);
	return (NULL);
}

static int
set_size(enum jwa alg, EVP_PKEY_CTX *ctx)
{
	switch (alg) {
	case JWA_RS256:
		return (EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, RSA_BITS));
	case JWA_ES256:
		return (EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
		    NID_X9_62_prime256v1));
	default:
		return (1);	/* Ed25519 has one size */
	}
}

static EVP_PKEY *
generate(enum jwa alg)
{
	static const int	 ids[JWA_MAX] = { [JWA_RS256] = EVP_PKEY_RSA,
		[JWA_ES256] = EVP_PKEY_EC, [JWA_EDDSA] = EVP_PKEY_ED25519 };
	EVP_PKEY_CTX		*ctx;
	EVP_PKEY		*key = NULL;

	if ((ctx = EVP_PKEY_CTX_new_id(ids[alg], NULL)) == NULL)
		return (NULL);
	if (EVP_PKEY_keygen_init(ctx) != 1 || set_size(alg, ctx) != 1 ||
	    EVP_PKEY_keygen(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return (key);
}

int
key_make(enum jwa alg, struct buf *out)
{
	PKCS8_PRIV_KEY_INFO	*info = NULL;
	unsigned char		*der = NULL;
	EVP_PKEY		*key;
	int			 len, error = -1;

	if ((key = generate(alg)) == NULL ||
	    (info = EVP_PKEY2PKCS8(key)) == NULL)
		goto done;
	if ((len = i2d_PKCS8_PRIV_KEY_INFO(info, &der)) > 0) {
		buf_put(out, der, (size_t)len);
		OPENSSL_clear_free(der, (size_t)len);
		error = buf_ok(out) ? 0 : -1;
	}
 done:
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
	return (error);
}

/* RFC 7518 section 3.4: r and s, 32 bytes each, not DER. */
static int
ecdsa_to_raw(const uint8_t *der, size_t len, uint8_t raw[2 * P256_LEN])
{
	ECDSA_SIG	*sig;
	int		 error;

	if ((sig = d2i_ECDSA_SIG(NULL, &der, (long)len)) == NULL)
		return (-1);
	error = BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, P256_LEN) ==
	    P256_LEN && BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + P256_LEN,
	    P256_LEN) == P256_LEN ? 0 : -1;
	ECDSA_SIG_free(sig);
	return (error);
}

/* The DER form; its length, or -1. */
static int
ecdsa_to_der(struct span raw, uint8_t der[SIGNATURE_MAX])
{
	ECDSA_SIG	*sig;
	BIGNUM		*r, *s;
	int		 len = -1;

	if (raw.len != 2 * P256_LEN || (sig = ECDSA_SIG_new()) == NULL)
		return (-1);
	r = BN_bin2bn(raw.p, P256_LEN, NULL);
	s = BN_bin2bn(raw.p + P256_LEN, P256_LEN, NULL);
	if (r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else
		len = i2d_ECDSA_SIG(sig, &der);
	ECDSA_SIG_free(sig);
	return (len);
}

/* Ed25519 hashes by itself (RFC 8032). */
static const EVP_MD *
digest(enum jwa alg)
{
	return (alg == JWA_EDDSA ? NULL : EVP_sha256());
}

int
key_sign(enum jwa alg, EVP_PKEY *key, struct span input, struct buf *out)
{
	uint8_t		 sig[SIGNATURE_MAX], raw[2 * P256_LEN];
	size_t		 len = sizeof(sig);
	EVP_MD_CTX	*ctx;
	int		 error = -1;

	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return (-1);
	/* RSA's default padding is that of PKCS #1 v1.5, as RS256 wants. */
	if (EVP_DigestSignInit(ctx, NULL, digest(alg), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, sig, &len, input.p, input.len) != 1)
		goto done;
	if (alg != JWA_ES256)
		buf_put(out, sig, len);
	else if (ecdsa_to_raw(sig, len, raw) == 0)
		buf_put(out, raw, sizeof(raw));
	else
		goto done;
	error = buf_ok(out) ? 0 : -1;
 done:
	EVP_MD_CTX_free(ctx);
	return (error);
}

bool
key_verify(enum jwa alg, EVP_PKEY *key, struct span input, struct span sig)
{
	uint8_t		 der[SIGNATURE_MAX];
	EVP_MD_CTX	*ctx;
	int		 len;
	bool		 ok;

	if (alg == JWA_ES256) {
		if ((len = ecdsa_to_der(sig, der)) <= 0)
			return (false);
		sig = span_mem(der, (size_t)len);
	}
	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return (false);
	ok = EVP_DigestVerifyInit(ctx, NULL, digest(alg), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, sig.p, sig.len, input.p, input.len) == 1;
	EVP_MD_CTX_free(ctx);
	return (ok);
}

/* A big-endian number as RFC 7518 has it: n and e minimal, x and y padded. */
static int
put_number(EVP_PKEY *key, const char *param, int pad, const char *name,
    struct buf *b)
{
	uint8_t	 bytes[RSA_BITS / 8];
	BIGNUM	*n = NULL;
	int	 len = -1;

	if (EVP_PKEY_get_bn_param(key, param, &n) == 1 &&
	    BN_num_bytes(n) <= (int)sizeof(bytes)) {
		if (pad == 0)
			len = BN_bn2bin(n, bytes);
		else
			len = BN_bn2binpad(n, bytes, pad);
	}
	BN_free(n);
	if (len <= 0)
		return (-1);
	buf_printf(b, ",\n      \"%s\": \"", name);
	b64url_put(b, span_mem(bytes, (size_t)len));
	buf_put_c(b, '"');
	return (0);
}

static int
put_ed25519(EVP_PKEY *key, struct buf *b)
{
	uint8_t	 x[ED25519_LEN];
	size_t	 len = sizeof(x);

	if (EVP_PKEY_get_raw_public_key(key, x, &len) != 1 ||
	    len != sizeof(x))
		return (-1);
	buf_put_str(b, ",\n      \"x\": \"");
	b64url_put(b, span_mem(x, len));
	buf_put_c(b, '"');
	return (0);
}

/* RFC 7518 sections 6.2 and 6.3, RFC 8037 section 2. */
static int
put_public(enum jwa alg, EVP_PKEY *key, struct buf *b)
{
	switch (alg) {
	case JWA_RS256:
		if (put_number(key, OSSL_PKEY_PARAM_RSA_N, 0, "n", b) == -1)
			return (-1);
		return (put_number(key, OSSL_PKEY_PARAM_RSA_E, 0, "e", b));
	case JWA_ES256:
		if (put_number(key, OSSL_PKEY_PARAM_EC_PUB_X, P256_LEN, "x",
		    b) == -1)
			return (-1);
		return (put_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, P256_LEN,
		    "y", b));
	default:
		return (put_ed25519(key, b));
	}
}

int
key_put_jwk(enum jwa alg, EVP_PKEY *key, const char *kid, struct buf *b)
{
	static const char * const	 types[JWA_MAX] = {
		[JWA_RS256] = "RSA", [JWA_ES256] = "EC",
		[JWA_EDDSA] = "OKP" };
	static const char * const	 curves[JWA_MAX] = {
		[JWA_ES256] = "P-256", [JWA_EDDSA] = "Ed25519" };

	buf_printf(b, "    {\n      \"use\": \"sig\",\n      \"kty\": \"%s\","
	    "\n      \"kid\": \"%s\"", types[alg], kid);
	if (curves[alg] != NULL)
		buf_printf(b, ",\n      \"crv\": \"%s\"", curves[alg]);
	buf_printf(b, ",\n      \"alg\": \"%s\"", jwa_name(alg));
	if (put_public(alg, key, b) == -1)
		return (-1);
	buf_put_str(b, "\n    }");
	return (buf_ok(b) ? 0 : -1);
}
