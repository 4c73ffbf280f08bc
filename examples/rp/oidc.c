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

static void
random_text(char out[65])
{
	uint8_t	 bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(out, 65, bytes, sizeof(bytes), B64URL);
}

/* RFC 7636 section 4.2. */
static void
challenge_of(const char *verifier, char out[65])
{
	uint8_t	 hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const uint8_t *)verifier, strlen(verifier));
	sodium_bin2base64(out, 65, hash, sizeof(hash), B64URL);
}

char *
provider_begin(const struct provider *p, struct login *l)
{
	char	 challenge[65], *url = NULL;
	char	*redirect = curl_easy_escape(NULL, p->redirect_uri, 0);
	size_t	 size = 4096;

	random_text(l->session);
	random_text(l->state);
	random_text(l->nonce);
	random_text(l->verifier);
	challenge_of(l->verifier, challenge);
	if (redirect != NULL && (url = malloc(size)) != NULL)
		snprintf(url, size, "%s?response_type=code&client_id=%s"
		    "&redirect_uri=%s&scope=openid+email+profile+groups"
		    "&state=%s&nonce=%s&code_challenge=%s"
		    "&code_challenge_method=S256",
		    text(p->meta, "authorization_endpoint"), p->client_id,
		    redirect, l->state, l->nonce, challenge);
	curl_free(redirect);
	return (url);
}

static json_t *
redeem(const struct provider *p, const struct login *l, const char *code)
{
	char	 form[4096], user[1024];
	char	*redirect = curl_easy_escape(NULL, p->redirect_uri, 0);
	char	*code_text = curl_easy_escape(NULL, code, 0);
	json_t	*answer;

	snprintf(form, sizeof(form), "grant_type=authorization_code&code=%s"
	    "&redirect_uri=%s&code_verifier=%s", code_text, redirect,
	    l->verifier);
	snprintf(user, sizeof(user), "%s:%s", p->client_id, p->client_secret);
	curl_free(redirect);
	curl_free(code_text);
	answer = fetch(text(p->meta, "token_endpoint"), form, user);
	sodium_memzero(form, sizeof(form));
	sodium_memzero(user, sizeof(user));
	return (answer);
}

/* Is the token signed by one of these keys?  Then its payload. */
static json_t *
open_token(const char *token, const json_t *keys)
{
	cjose_jws_t	*jws = cjose_jws_import(token, strlen(token), NULL);
	cjose_jwk_t	*jwk;
	json_t		*key, *claims = NULL;
	uint8_t		*bytes;
	size_t		 i, len;
	char		*dump;

	if (jws == NULL)
		return (NULL);
	json_array_foreach(keys, i, key) {
		if (claims != NULL || (dump = json_dumps(key, 0)) == NULL)
			continue;
		jwk = cjose_jwk_import(dump, strlen(dump), NULL);
		if (jwk != NULL && cjose_jws_verify(jws, jwk, NULL) &&
		    cjose_jws_get_plaintext(jws, &bytes, &len, NULL))
			claims = json_loadb((const char *)bytes, len,
			    JSON_REJECT_DUPLICATES, NULL);
		if (jwk != NULL)
			cjose_jwk_release(jwk);
		free(dump);
	}
	cjose_jws_release(jws);
	return (claims);
}

static const char *
check_claims(const struct provider *p, const struct login *l,
    const json_t *claims)
{
	time_t	 now = time(NULL);

	if (strcmp(text(claims, "iss"), p->issuer) != 0)
		return ("the ID token is of another issuer");
	if (strcmp(text(claims, "aud"), p->client_id) != 0)
		return ("the ID token is for another client");
	if (strcmp(text(claims, "nonce"), l->nonce) != 0)
		return ("the ID token is of another login");
	if (json_integer_value(json_object_get(claims, "exp")) <= now)
		return ("the ID token has expired");
	return (NULL);
}

json_t *
provider_finish(const struct provider *p, const struct login *l,
    const char *code, const char **why)
{
	json_t	*answer, *set, *claims;

	*why = "the code was refused";
	if ((answer = redeem(p, l, code)) == NULL)
		return (NULL);
	set = fetch(text(p->meta, "jwks_uri"), NULL, NULL);
	claims = open_token(text(answer, "id_token"),
	    json_object_get(set, "keys"));
	json_decref(set);
	json_decref(answer);
	*why = "the ID token is not signed by the provider";
	if (claims != NULL && (*why = check_claims(p, l, claims)) == NULL)
		return (claims);
	json_decref(claims);
	return (NULL);
}
