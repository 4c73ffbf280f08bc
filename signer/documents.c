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

#include <stdlib.h>

#include "documents.h"
#include "json.h"

static void
put_name(struct buf *b, const char *name)
{
	buf_printf(b, "%s\n  \"%s\": ", b->len == 1 ? "" : ",", name);
}

static void
put_str(struct buf *b, const char *name, struct span value)
{
	put_name(b, name);
	json_put_string(b, value);
}

/* An address below the issuer; its own slash at the end is not doubled. */
static void
put_url(struct buf *b, const char *name, struct span issuer, const char *path)
{
	struct buf	 url;

	while (issuer.len != 0 && issuer.p[issuer.len - 1] == '/')
		issuer.len--;
	buf_init(&url, 2048);
	buf_put_span(&url, issuer);
	buf_put_str(&url, path);
	put_str(b, name, buf_span(&url));
	if (!buf_ok(&url))
		b->failed = true;
	buf_clear(&url);
}

static void
put_items(struct buf *b, const char *name, const struct span *items, size_t n)
{
	size_t	 i;

	put_name(b, name);
	if (n == 0) {
		buf_put_str(b, "null");
		return;
	}
	for (i = 0; i < n; i++) {
		buf_put_str(b, i == 0 ? "[\n    " : ",\n    ");
		json_put_string(b, items[i]);
	}
	buf_put_str(b, "\n  ]");
}

static void
put_list(struct buf *b, const char *name, struct msg_list l, bool sorted)
{
	struct span	 items[16];
	size_t		 n = 0;

	while (n < 16 && msg_list_next(&l, &items[n]))
		n++;
	if (sorted)
		qsort(items, n, sizeof(items[0]), span_cmp);
	put_items(b, name, items, n);
}

static void
put_fixed(struct buf *b, const char *name, const char * const *words)
{
	struct span	 items[16];
	size_t		 n;

	for (n = 0; n < 16 && words[n] != NULL; n++)
		items[n] = span_str(words[n]);
	put_items(b, name, items, n);
}
#define FIXED(b, name, ...)						\
	put_fixed(b, name, (const char * const[]){ __VA_ARGS__, NULL })

/*
 * What signs, and what will: an application that looks now is ready when the
 * next key takes over.
 */
static void
put_algs(struct buf *b, struct keyset *s)
{
	const struct signing_key	*k = keyset_find(s, KEY_CURRENT);
	const struct signing_key	*next = keyset_find(s, KEY_NEXT);
	struct span			 names[2];
	size_t				 n = 0;

	if (k != NULL)
		names[n++] = span_str(jwa_name(k->alg));
	if (next != NULL && (k == NULL || next->alg != k->alg))
		names[n++] = span_str(jwa_name(next->alg));
	put_items(b, "id_token_signing_alg_values_supported", names, n);
}

int
documents_put_discovery(struct buf *out, const struct msg_pa_sg_config *c,
    struct keyset *keys)
{
	struct buf	 b;

	buf_init(&b, 32 * 1024);
	buf_put_c(&b, '{');
	put_str(&b, "issuer", c->issuer);
	put_url(&b, "authorization_endpoint", c->issuer, "/auth");
	put_url(&b, "token_endpoint", c->issuer, "/token");
	put_url(&b, "jwks_uri", c->issuer, "/keys");
	put_url(&b, "userinfo_endpoint", c->issuer, "/userinfo");
	put_list(&b, "grant_types_supported", c->grant_types, true);
	put_list(&b, "response_types_supported", c->response_types, true);
	FIXED(&b, "subject_types_supported", "public");
	put_algs(&b, keys);
	put_list(&b, "code_challenge_methods_supported",
	    c->challenge_methods, false);
	FIXED(&b, "scopes_supported", "openid", "email", "groups", "profile",
	    "offline_access");
	FIXED(&b, "token_endpoint_auth_methods_supported",
	    "client_secret_basic", "client_secret_post");
	FIXED(&b, "claims_supported", "iss", "sub", "aud", "iat", "exp",
	    "email", "email_verified", "locale", "name",
	    "preferred_username", "at_hash", "groups", "federated_claims");
	buf_put_str(&b, "\n}");
	if (!buf_ok(&b))
		out->failed = true;
	buf_put_span(out, buf_span(&b));
	buf_clear(&b);
	return (buf_ok(out) ? 0 : -1);
}

static int
put_state(struct buf *b, struct keyset *s, enum key_state state, bool *first)
{
	struct signing_key	*k;
	unsigned		 i;

	for (i = 0; i < s->count; i++) {
		k = &s->keys[i];
		if (k->state != state)
			continue;
		buf_put_str(b, *first ? "\n" : ",\n");
		*first = false;
		if (key_put_jwk(k->alg, k->key, k->kid, b) == -1)
			return (-1);
	}
	return (0);
}

int
documents_put_jwks(struct buf *b, struct keyset *s)
{
	bool	 first = true;

	if (s->count == 0)
		return (-1);	/* an empty set is never published */
	buf_put_str(b, "{\n  \"keys\": [");
	if (put_state(b, s, KEY_CURRENT, &first) == -1 ||
	    put_state(b, s, KEY_NEXT, &first) == -1 ||
	    put_state(b, s, KEY_RETIRED, &first) == -1)
		return (-1);
	buf_put_str(b, "\n  ]\n}");
	return (buf_ok(b) ? 0 : -1);
}
