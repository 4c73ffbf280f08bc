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

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjose/cjose.h>
#include <curl/curl.h>
#include <sodium.h>

#include "oidc.h"

#define BODY_MAX	(256 * 1024)
#define B64URL		sodium_base64_VARIANT_URLSAFE_NO_PADDING

struct body {
	char	*bytes;
	size_t	 len;
};

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct body	*b = arg;
	char		*more;

	n *= size;
	if (b->len + n > BODY_MAX ||
	    (more = realloc(b->bytes, b->len + n + 1)) == NULL)
		return (0);
	b->bytes = more;
	memcpy(b->bytes + b->len, p, n);
	b->len += n;
	b->bytes[b->len] = '\0';
	return (n);
}

/* GET, or POST when there is a form; the answer as JSON, or NULL. */
static json_t *
fetch(const char *url, const char *form, const char *user)
{
	struct body	 b = { NULL, 0 };
	json_t		*answer = NULL;
	CURL		*c = curl_easy_init();
	long		 status = 0;

	if (c == NULL)
		return (NULL);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 10L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &b);
	if (form != NULL)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, form);
	if (user != NULL)
		curl_easy_setopt(c, CURLOPT_USERPWD, user);
	if (curl_easy_perform(c) == CURLE_OK && b.bytes != NULL) {
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
		answer = json_loadb(b.bytes, b.len, JSON_REJECT_DUPLICATES,
		    NULL);
	}
	curl_easy_cleanup(c);
	free(b.bytes);
	if (status != 200) {
		json_decref(answer);
		return (NULL);
	}
	return (answer);
}

static const char *
text(const json_t *object, const char *name)
{
	const char	*s = json_string_value(json_object_get(object, name));

	return (s == NULL ? "" : s);
}

int
provider_discover(struct provider *p)
{
	char	 url[2048];

	snprintf(url, sizeof(url), "%s/.well-known/openid-configuration",
	    p->issuer);
	p->meta = fetch(url, NULL, NULL);
	/* OpenID Connect Discovery 4.3: it must be the issuer we meant. */
	if (p->meta != NULL && strcmp(text(p->meta, "issuer"), p->issuer) == 0)
		return (0);
	fprintf(stderr, "example-rp: no provider at %s\n", p->issuer);
	json_decref(p->meta);
	p->meta = NULL;
	return (-1);
}

void
token_make(char out[TOKEN_LEN + 1])
{
	uint8_t	 bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(out, TOKEN_LEN + 1, bytes, sizeof(bytes), B64URL);
}

/* RFC 7636 section 4.2. */
static void
challenge_of(const char *verifier, char out[TOKEN_LEN + 1])
{
	uint8_t	 hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const uint8_t *)verifier, strlen(verifier));
	sodium_bin2base64(out, TOKEN_LEN + 1, hash, sizeof(hash), B64URL);
}

char *
provider_begin(const struct provider *p, struct login *l,
    const char browser[TOKEN_LEN + 1])
{
	char	 challenge[TOKEN_LEN + 1], *url = NULL;
	char	*redirect = curl_easy_escape(NULL, p->redirect_uri, 0);
	char	*client = curl_easy_escape(NULL, p->client_id, 0);

	memcpy(l->browser, browser, TOKEN_LEN + 1);
	token_make(l->state);
	token_make(l->nonce);
	token_make(l->verifier);
	challenge_of(l->verifier, challenge);
	if (redirect == NULL || client == NULL || asprintf(&url,
	    "%s?response_type=code&client_id=%s&redirect_uri=%s"
	    "&scope=openid+email+profile+groups&state=%s&nonce=%s"
	    "&code_challenge=%s&code_challenge_method=S256",
	    text(p->meta, "authorization_endpoint"), client, redirect,
	    l->state, l->nonce, challenge) == -1)
		url = NULL;
	curl_free(redirect);
	curl_free(client);
	return (url);
}

/* RFC 6749 section 2.3.1: both halves are form-encoded. */
static char *
basic_of(const struct provider *p)
{
	char	*id = curl_easy_escape(NULL, p->client_id, 0);
	char	*secret = curl_easy_escape(NULL, p->client_secret, 0);
	char	*pair = NULL;

	if (id == NULL || secret == NULL ||
	    asprintf(&pair, "%s:%s", id, secret) == -1)
		pair = NULL;
	curl_free(id);
	curl_free(secret);
	return (pair);
}

static json_t *
redeem(const struct provider *p, const struct login *l, const char *code)
{
	char	*redirect = curl_easy_escape(NULL, p->redirect_uri, 0);
	char	*code_text = curl_easy_escape(NULL, code, 0);
	char	*pair = basic_of(p), *form = NULL;
	json_t	*answer = NULL;

	if (redirect != NULL && code_text != NULL && pair != NULL &&
	    asprintf(&form, "grant_type=authorization_code&code=%s"
	    "&redirect_uri=%s&code_verifier=%s", code_text, redirect,
	    l->verifier) != -1) {
		answer = fetch(text(p->meta, "token_endpoint"), form, pair);
		sodium_memzero(form, strlen(form));
		free(form);
	}
	if (pair != NULL)
		sodium_memzero(pair, strlen(pair));
	free(pair);
	curl_free(redirect);
	curl_free(code_text);
	return (answer);
}

/* Decodes base64url text; its length, or 0. */
static size_t
decode(const char *b64, size_t len, uint8_t *out, size_t size)
{
	size_t	 n;

	if (sodium_base642bin(out, size, b64, len, NULL, &n, NULL, B64URL) ==
	    -1)
		return (0);
	return (n);
}

/* One part of a token as JSON, or NULL. */
static json_t *
decode_json(const char *b64, size_t len)
{
	uint8_t	*bytes = malloc(len + 1);
	json_t	*value = NULL;
	size_t	 n;

	if (bytes != NULL && (n = decode(b64, len, bytes, len + 1)) != 0)
		value = json_loadb((const char *)bytes, n,
		    JSON_REJECT_DUPLICATES, NULL);
	free(bytes);
	return (value);
}

/* EdDSA (RFC 8037), which cjose lacks: the payload if this key signed it. */
static json_t *
verify_eddsa(const char *token, const json_t *key)
{
	const char	*payload = strchr(token, '.');
	const char	*end = strrchr(token, '.'), *x = text(key, "x");
	uint8_t		 pk[crypto_sign_PUBLICKEYBYTES];
	uint8_t		 sig[crypto_sign_BYTES];

	if (payload == end || strcmp(text(key, "kty"), "OKP") != 0 ||
	    strcmp(text(key, "crv"), "Ed25519") != 0 ||
	    decode(x, strlen(x), pk, sizeof(pk)) != sizeof(pk) ||
	    decode(end + 1, strlen(end + 1), sig, sizeof(sig)) !=
	    sizeof(sig) || crypto_sign_verify_detached(sig,
	    (const uint8_t *)token, (size_t)(end - token), pk) == -1)
		return (NULL);
	return (decode_json(payload + 1, (size_t)(end - payload - 1)));
}

/* The payload, if this key made the signature. */
static json_t *
verify(cjose_jws_t *jws, const json_t *key)
{
	char		*dump = json_dumps(key, 0);
	cjose_jwk_t	*jwk;
	json_t		*claims = NULL;
	uint8_t		*bytes;
	size_t		 len;

	if (dump == NULL)
		return (NULL);
	jwk = cjose_jwk_import(dump, strlen(dump), NULL);
	if (jwk != NULL && cjose_jws_verify(jws, jwk, NULL) &&
	    cjose_jws_get_plaintext(jws, &bytes, &len, NULL))
		claims = json_loadb((const char *)bytes, len,
		    JSON_REJECT_DUPLICATES, NULL);
	if (jwk != NULL)
		cjose_jwk_release(jwk);
	free(dump);
	return (claims);
}

/* The payload, if the key signed with an algorithm that a provider may use. */
static json_t *
open_with(const char *token, const char *alg, const json_t *key)
{
	cjose_jws_t	*jws;
	json_t		*claims;

	if (strcmp(alg, "EdDSA") == 0)
		return (verify_eddsa(token, key));
	/* None that needs a shared secret. */
	if ((strcmp(alg, "RS256") != 0 && strcmp(alg, "ES256") != 0) ||
	    (jws = cjose_jws_import(token, strlen(token), NULL)) == NULL)
		return (NULL);
	claims = verify(jws, key);
	cjose_jws_release(jws);
	return (claims);
}

/* Is the token signed by the published key that it names? */
static int
open_token(const char *token, const json_t *keys, struct identity *id)
{
	json_t	*header = decode_json(token, strcspn(token, ".")), *key;
	size_t	 i;

	memset(id, 0, sizeof(*id));
	snprintf(id->alg, sizeof(id->alg), "%s", text(header, "alg"));
	snprintf(id->kid, sizeof(id->kid), "%s", text(header, "kid"));
	json_decref(header);
	json_array_foreach(keys, i, key)
		if (id->claims == NULL && strcmp(text(key, "kid"), id->kid) ==
		    0 && strcmp(text(key, "alg"), id->alg) == 0)
			id->claims = open_with(token, id->alg, key);
	return (id->claims == NULL ? -1 : 0);
}

static const char *
check_claims(const struct provider *p, const struct login *l,
    const json_t *claims)
{
	time_t	 now = time(NULL);

	if (strcmp(text(claims, "iss"), p->issuer) != 0)
		return ("The ID token is of another issuer.");
	if (strcmp(text(claims, "aud"), p->client_id) != 0)
		return ("The ID token is for another client.");
	if (strcmp(text(claims, "nonce"), l->nonce) != 0)
		return ("The ID token is of another login.");
	if (json_integer_value(json_object_get(claims, "exp")) <= now)
		return ("The ID token has expired.");
	return (NULL);
}

int
provider_finish(const struct provider *p, const struct login *l,
    const char *code, struct identity *id, const char **why)
{
	json_t	*answer, *set;
	int	 error;

	*why = "The code was refused.";
	if ((answer = redeem(p, l, code)) == NULL)
		return (-1);
	set = fetch(text(p->meta, "jwks_uri"), NULL, NULL);
	error = open_token(text(answer, "id_token"),
	    json_object_get(set, "keys"), id);
	json_decref(set);
	json_decref(answer);
	*why = "The ID token is not signed by the provider.";
	if (error == 0 && (*why = check_claims(p, l, id->claims)) == NULL)
		return (0);
	json_decref(id->claims);
	return (-1);
}
