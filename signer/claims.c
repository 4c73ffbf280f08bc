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

#include <inttypes.h>

#include <sodium.h>

#include "b64.h"
#include "claims.h"
#include "json.h"
#include "proto.h"

#define AUDIENCE	"audience:server:client_id:"

void
claims_put_sub(struct buf *out, struct span user_id, struct span connector)
{
	struct buf	 proto;

	buf_init(&proto, user_id.len + connector.len + 32);
	proto_put_string(&proto, 1, user_id);
	proto_put_string(&proto, 2, connector);
	b64url_put(out, buf_span(&proto));
	if (!buf_ok(&proto))
		out->failed = true;
	buf_clear(&proto);
}

void
claims_put_half_hash(struct buf *out, enum jwa alg, struct span s)
{
	uint8_t	 hash[crypto_hash_sha512_BYTES];
	size_t	 len = crypto_hash_sha256_BYTES;

	if (alg == JWA_EDDSA) {
		len = crypto_hash_sha512_BYTES;
		crypto_hash_sha512(hash, span_ptr(s), s.len);
	} else
		crypto_hash_sha256(hash, span_ptr(s), s.len);
	b64url_put(out, span_mem(hash, len / 2));
}

static void
put_name(struct buf *b, const char *name)
{
	buf_printf(b, "%s\"%s\":", b->len == 1 ? "" : ",", name);
}

static void
put_str(struct buf *b, const char *name, struct span value)
{
	if (value.len == 0)
		return;
	put_name(b, name);
	json_put_string(b, value);
}

static void
put_num(struct buf *b, const char *name, uint64_t value)
{
	put_name(b, name);
	buf_printf(b, "%" PRIu64, value);
}

/* Peers in scope order, then the client unless it is among them. */
static uint32_t
collect_audience(struct list_buf *aud, const struct claims_input *in)
{
	struct msg_list	 scopes = in->scopes;
	struct span	 scope, peer;

	while (msg_list_next(&scopes, &scope))
		if (span_after(scope, AUDIENCE, &peer))
			list_buf_add(aud, peer);
	if (!msg_list_has(msg_list_of(aud), in->client_id))
		list_buf_add(aud, in->client_id);
	return (aud->count);
}

static void
put_list(struct buf *b, const char *name, struct msg_list l)
{
	struct span	 item;
	bool		 first = true;

	put_name(b, name);
	while (msg_list_next(&l, &item)) {
		buf_put_c(b, first ? '[' : ',');
		json_put_string(b, item);
		first = false;
	}
	buf_put_c(b, ']');
}

/* aud is a string when there is one; azp names the client when not. */
static void
put_audience(struct buf *b, const struct claims_input *in)
{
	struct list_buf	 aud;

	list_buf_init(&aud, 64 * 1024);
	if (collect_audience(&aud, in) == 1)
		put_str(b, "aud", in->client_id);
	else
		put_list(b, "aud", msg_list_of(&aud));
	put_num(b, "exp", in->exp);
	put_num(b, "iat", in->iat);
	put_str(b, "jti", span_str(in->jti));
	if (aud.count > 1)
		put_str(b, "azp", in->client_id);
	if (!buf_ok(&aud.b))
		b->failed = true;
	list_buf_clear(&aud);
}

static void
put_federated(struct buf *b, const struct attestation *who)
{
	put_name(b, "federated_claims");
	buf_put_str(b, "{\"connector_id\":");
	json_put_string(b, who->connector);
	if (who->user_id.len != 0) {
		buf_put_str(b, ",\"user_id\":");
		json_put_string(b, who->user_id);
	}
	buf_put_c(b, '}');
}

/* What a scope opens, and nothing that no worker attested. */
static void
put_person(struct buf *b, const struct claims_input *in)
{
	const struct attestation	*who = in->who;

#define HAS(scope)	msg_list_has(in->scopes, span_str(scope))
	if (HAS("email")) {
		put_str(b, "email", who->email);
		put_name(b, "email_verified");
		buf_put_str(b, who->email_verified ? "true" : "false");
	}
	if (HAS("groups") && who->groups.count != 0)
		put_list(b, "groups", who->groups);
	if (HAS("profile")) {
		put_str(b, "name", who->username);
		put_str(b, "preferred_username", who->preferred_username);
	}
	if (HAS("federated:id"))
		put_federated(b, who);
#undef HAS
}

int
claims_put(struct buf *out, const struct claims_input *in)
{
	struct buf	 b, sub;

	buf_init(&b, 64 * 1024);
	buf_init(&sub, 8192);
	claims_put_sub(&sub, in->who->user_id, in->who->connector);
	buf_put_c(&b, '{');
	put_str(&b, "iss", in->issuer);
	put_str(&b, "sub", buf_span(&sub));
	put_audience(&b, in);
	put_str(&b, "nonce", in->nonce);
	if (in->with_auth_time)
		put_num(&b, "auth_time", in->who->auth_time);
	put_str(&b, "at_hash", in->at_hash);
	put_str(&b, "c_hash", in->c_hash);
	put_person(&b, in);
	buf_put_c(&b, '}');
	if (!buf_ok(&b) || !buf_ok(&sub))
		out->failed = true;
	buf_put_span(out, buf_span(&b));
	buf_clear(&b);
	buf_clear(&sub);
	return (buf_ok(out) ? 0 : -1);
}
