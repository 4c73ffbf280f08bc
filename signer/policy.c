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

#include <sodium.h>

#include "claims.h"
#include "jose.h"
#include "json.h"
#include "policy.h"
#include "randid.h"

#define CLOCK_SKEW	5	/* seconds between two processes of a host */
#define HASH_TEXT	64

const struct seal_key *
policy_key(const struct policy *p, uint32_t number)
{
	unsigned	 i;

	for (i = 0; i < p->nkeys; i++)
		if (p->keys[i].number == number)
			return (&p->keys[i]);
	return (NULL);
}

static bool
knows_connector(const struct policy *p, struct span id)
{
	unsigned	 i;

	for (i = 0; i < p->nconnectors; i++)
		if (span_eq(p->connectors[i], id))
			return (true);
	return (false);
}

static bool
is_subset(struct msg_list wanted, struct msg_list scopes)
{
	struct span	 scope;

	while (msg_list_next(&wanted, &scope))
		if (!msg_list_has(scopes, scope))
			return (false);
	return (true);
}

/*
 * A grant without offline_access ends with its login.  One with it ends, when
 * there is an absolute lifetime, that long after the login could at the latest
 * have been redeemed, however often it is refreshed: the worker copies
 * auth_time.  The times fit: attested_at is not far ahead of the clock.
 */
static const char *
check_age(const struct policy *p, const struct attestation *who,
    struct msg_list scopes, uint64_t now)
{
	uint64_t	 login = p->auth_requests + CODE_SECS;

	if (who->attested_at < p->not_before)
		return ("attestation is too old");
	if (who->auth_time > who->attested_at + CLOCK_SKEW)
		return ("attestation is older than its login");
	if (who->kind == ATTEST_LOGIN)
		return (now > who->attested_at + login + p->refresh_reuse ?
		    "the login is too long ago" : NULL);
	if (!msg_list_has(scopes, span_str("offline_access")))
		return ("a refresh of a grant without offline_access");
	if (now > who->attested_at + REFRESH_SECS + p->refresh_reuse)
		return ("the refresh is too long ago");
	if (p->refresh_absolute != 0 &&
	    now > who->auth_time + login + p->refresh_absolute)
		return ("the grant is beyond its absolute lifetime");
	return (NULL);
}

const char *
policy_check(const struct policy *p, const struct msg_en_sg_sign *m,
    uint64_t now, struct attestation *who)
{
	const struct seal_key	*seal;
	uint8_t			 key[KEY_LEN], grant[GRANT_LEN];
	const char		*why;
	bool			 genuine;

	if (attest_read(who, m->attestation) == -1)
		return ("attestation is malformed");
	if ((seal = policy_key(p, who->key_number)) == NULL)
		return ("attestation is under an unknown seal key");
	if (!knows_connector(p, who->connector))
		return ("attestation is of an unknown connector");
	attest_key(key, seal->attest_root, who->connector);
	genuine = attest_verify(m->attestation, key);
	sodium_memzero(key, sizeof(key));
	if (!genuine)
		return ("attestation does not verify");
	if (!span_eq(who->issuer, p->issuer))
		return ("attestation is for another issuer");
	if (who->kind != ATTEST_LOGIN && who->kind != ATTEST_REFRESH)
		return ("attestation is of another kind");
	if (who->attested_at > now + CLOCK_SKEW)
		return ("attestation is of the future");
	if ((why = check_age(p, who, m->scopes, now)) != NULL)
		return (why);
	if (who->user_id.len == 0)
		return ("attestation names nobody");
	if (!attest_grant(grant, m->client_id, m->scopes, m->nonce,
	    m->grant_id) || sodium_memcmp(grant, who->grant, GRANT_LEN) != 0)
		return ("attestation is for another grant");
	if (!is_subset(m->wanted, m->scopes))
		return ("more scopes than were attested");
	return (NULL);
}

/* dex gives the access token the hash of something random. */
static void
random_hash(struct buf *b, enum jwa alg)
{
	uint8_t	 random[16];

	randombytes_buf(random, sizeof(random));
	claims_put_half_hash(b, alg, span_mem(random, sizeof(random)));
}

static int
issue(const struct claims_input *in, const struct signing_key *k,
    struct buf *token)
{
	struct buf	 payload;
	int		 error = -1;

	buf_init(&payload, TOKEN_MAX);
	if (claims_put(&payload, in) == 0)
		error = jose_sign(token, k->alg, k->key, k->kid,
		    buf_span(&payload));
	buf_clear(&payload);
	return (error);
}

int
policy_issue(const struct policy *p, const struct msg_en_sg_sign *m,
    const struct attestation *who, const struct signing_key *k, uint64_t now,
    struct buf *access_token, struct buf *id_token)
{
	char			 jti[RANDID_UUID_LEN + 1];
	struct buf		 at_hash, c_hash;
	struct claims_input	 in = { .issuer = p->issuer, .who = who,
				    .client_id = m->client_id,
				    .scopes = m->wanted, .nonce = m->nonce,
				    .iat = now, .exp = now + p->token_life,
				    .with_auth_time = m->with_auth_time,
				    .jti = jti };
	int			 error;

	buf_init(&at_hash, HASH_TEXT);
	buf_init(&c_hash, HASH_TEXT);
	randid_uuid(jti);
	random_hash(&at_hash, k->alg);
	in.at_hash = buf_span(&at_hash);
	if ((error = issue(&in, k, access_token)) == 0) {
		randid_uuid(jti);
		buf_reset(&at_hash);
		claims_put_half_hash(&at_hash, k->alg,
		    buf_span(access_token));
		in.at_hash = buf_span(&at_hash);
		if (m->code.len != 0)
			claims_put_half_hash(&c_hash, k->alg, m->code);
		in.c_hash = buf_span(&c_hash);
		error = issue(&in, k, id_token);
	}
	if (error == -1) {
		buf_clear(access_token);
		buf_clear(id_token);
	}
	buf_clear(&at_hash);
	buf_clear(&c_hash);
	return (error);
}

static bool
claims_hold(const struct policy *p, struct span payload, bool ignore_expiry,
    uint64_t now)
{
	json_t		*claims, *iss, *exp;
	bool		 ok;

	if ((claims = json_read(payload, TOKEN_MAX)) == NULL)
		return (false);
	iss = json_object_get(claims, "iss");
	exp = json_object_get(claims, "exp");
	ok = json_is_string(iss) && span_eq(span_mem(json_string_value(iss),
	    json_string_length(iss)), p->issuer) && json_is_integer(exp) &&
	    json_integer_value(exp) > 0 && (ignore_expiry ||
	    (uint64_t)json_integer_value(exp) > now);
	json_decref(claims);
	return (ok);
}

bool
policy_verify(const struct policy *p, struct keyset *keys, struct span token,
    bool ignore_expiry, uint64_t now, struct buf *payload)
{
	struct signing_key	*k;
	struct jose_parts	 t;
	bool			 ok = false;

	if (jose_parse(&t, token) == 0 &&
	    (k = keyset_by_kid(keys, t.kid)) != NULL &&
	    strcmp(t.alg, jwa_name(k->alg)) == 0 &&
	    key_verify(k->alg, k->key, t.input, buf_span(&t.signature)) &&
	    claims_hold(p, buf_span(&t.payload), ignore_expiry, now)) {
		buf_put_span(payload, buf_span(&t.payload));
		ok = buf_ok(payload);
	}
	jose_clear(&t);
	return (ok);
}
