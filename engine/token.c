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
#include <string.h>
#include <time.h>

#include <bsd/stdlib.h>

#include "client_auth.h"
#include "flow.h"
#include "log.h"
#include "pkce.h"

/*
 * /token, authorization_code (RFC 6749 section 4.1.3): read the code, decide,
 * have the signer sign, take the code out of the store, and only then answer.
 */

/* One redemption under way; it is r->flow. */
struct grant {
	TAILQ_ENTRY(grant)	 entry;
	struct engine		*e;
	bool			 listed;
	struct client		*client;
	struct span		 code;		/* borrows from the request */
	struct buf		 mem;		/* decoded credentials */
	struct buf		 tokens;	/* the answer, kept back */
};

static void
grant_free(void *arg)
{
	struct grant	*g = arg;

	if (g->listed)
		TAILQ_REMOVE(&g->e->grants, g, entry);
	buf_clear(&g->mem);
	buf_clear(&g->tokens);
	free(g);
}

static struct grant *
grant_new(struct request *r)
{
	struct grant	*g;

	if ((g = calloc(1, sizeof(*g))) == NULL)
		return (NULL);
	g->e = r->e;
	buf_init(&g->mem, 4096);
	buf_init(&g->tokens, 61440);
	r->flow = g;
	r->flow_free = grant_free;
	return (g);
}

/*
 * While one redemption of a code is being signed any other is refused: it
 * could only lose the race, and a flood of them would keep the signer busy.
 */
static bool
grant_begin(struct grant *g)
{
	struct grant	*other;

	TAILQ_FOREACH(other, &g->e->grants, entry)
		if (span_eq(other->code, g->code))
			return (false);
	TAILQ_INSERT_TAIL(&g->e->grants, g, entry);
	g->listed = true;
	return (true);
}

static void
put_answer(struct buf *b, const struct msg_sg_en_signed *s)
{
	buf_put_str(b, "{\"access_token\":\"");
	buf_put_span(b, s->access_token);
	buf_printf(b, "\",\"token_type\":\"bearer\",\"expires_in\":%u,"
	    "\"id_token\":\"", s->expires_in);
	buf_put_span(b, s->id_token);
	buf_put_str(b, "\"}");
}

static void
on_code_taken(void *arg, enum store_status status)
{
	struct request	*r = arg;
	struct grant	*g = r->flow;

	if (status == STORE_OK)
		answer_json(r, 200, buf_span(&g->tokens), true);
	else if (status == STORE_CONFLICT)
		answer_oauth_error(r, 400, "invalid_grant",
		    "the code is not valid");
	else
		answer_oauth_error(r, 500, "server_error", NULL);
}

static void
on_signed(void *arg, struct msg *m)
{
	struct request		*r = arg;
	struct grant		*g = r->flow;
	struct write_set	*ws;

	if (m == NULL || m->sg_en_signed.status == SIGN_NO_KEY) {
		answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
		return;
	}
	if (m->sg_en_signed.status == SIGN_REFUSED) {
		answer_oauth_error(r, 400, "invalid_grant",
		    "the code is not valid");
		return;
	}
	put_answer(&g->tokens, &m->sg_en_signed);
	if (m->sg_en_signed.status != SIGN_OK || !buf_ok(&g->tokens) ||
	    (ws = write_set_new()) == NULL) {
		answer_oauth_error(r, 500, "server_error", NULL);
		return;
	}
	write_set_delete_auth_code(ws, g->code);
	store_commit(r->e->store, ws, on_code_taken, r);
}

/* True if this code is for this client, redirect URI and verifier now. */
static bool
check_code(struct request *r, const struct auth_code *c, uint64_t now)
{
	struct grant	*g = r->flow;
	struct span	 verifier, uri;

	if (now > c->expiry || !span_eq(c->client_id, g->client->conf->id)) {
		answer_oauth_error(r, 400, "invalid_grant",
		    "the code is not valid");
		return (false);
	}
	msg_list_find(r->http->form, "code_verifier", &verifier);
	switch (pkce_check(c->challenge, c->challenge_method, verifier)) {
	case PKCE_OK:
		break;
	case PKCE_MISMATCH:
		answer_oauth_error(r, 400, "invalid_grant",
		    "the code_verifier does not match");
		return (false);
	case PKCE_UNEXPECTED:
		answer_oauth_error(r, 400, "invalid_request",
		    "no code_challenge was sent with the request");
		return (false);
	default:
		answer_oauth_error(r, 500, "server_error", NULL);
		return (false);
	}
	msg_list_find(r->http->form, "redirect_uri", &uri);
	if (!span_eq(uri, c->redirect_uri)) {
		answer_oauth_error(r, 400, "invalid_request",
		    "redirect_uri is not that of the request");
		return (false);
	}
	return (true);
}

/* The connector of the login must still be there for this client. */
static bool
check_connector(struct request *r, const struct auth_code *c)
{
	struct grant		*g = r->flow;
	struct connector	*conn = connector_find(r->e, c->connector_id);

	if (conn == NULL) {
		answer_oauth_error(r, 500, "server_error", NULL);
		return (false);
	}
	if (!client_allows(g->client, conn)) {
		answer_oauth_error(r, 400, "invalid_grant",
		    "this connector is not for this client");
		return (false);
	}
	if (!connector_grants(conn, "authorization_code")) {
		answer_oauth_error(r, 400, "invalid_request",
		    "this connector does not take this grant");
		return (false);
	}
	return (true);
}

static void
on_code(void *arg, enum store_status status, const struct auth_code *c)
{
	struct request		*r = arg;
	struct grant		*g = r->flow;
	struct msg_en_sg_sign	 ask = { .with_auth_time = true };

	if (status == STORE_ERROR) {
		answer_oauth_error(r, 500, "server_error", NULL);
		return;
	}
	if (status != STORE_OK) {
		answer_oauth_error(r, 400, "invalid_grant",
		    "the code is not valid");
		return;
	}
	if (!check_code(r, c, (uint64_t)time(NULL)) || !check_connector(r, c))
		return;
	if (!grant_begin(g)) {
		answer_oauth_error(r, 400, "invalid_grant",
		    "the code is not valid");
		return;
	}
	ask.client_id = c->client_id;
	ask.scopes = c->scopes;
	ask.wanted = c->scopes;
	ask.nonce = c->nonce;
	ask.grant_id = c->grant_id;
	ask.code = c->id;
	ask.attestation = c->attestation;
	if (r->e->signer == NULL || peer_ask(r->e->signer, EN_SG_SIGN, &ask,
	    SIGN_TIMEOUT_MS, on_signed, r) == -1)
		answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
}

/* The client of the request; NULL after having answered. */
static struct client *
authenticate(struct request *r)
{
	struct grant	*g = r->flow;
	struct client	*client;
	struct span	 id = { NULL, 0 }, secret = { NULL, 0 };

	if (client_credentials(r->http->authorization, r->http->form, &g->mem,
	    &id, &secret) == CREDENTIALS_BAD_ESCAPE) {
		answer_oauth_error(r, 400, "invalid_request",
		    "the client's credentials are malformed");
		return (NULL);
	}
	client = client_find(r->e, id);
	if (client != NULL && span_eq_secret(client->conf->secret, secret))
		return (client);
	answer_oauth_error(r, 401, "invalid_client",
	    "the client's credentials are not valid");
	return (NULL);
}

void
token_endpoint(struct request *r)
{
	struct span	 type;
	struct grant	*g;
	struct client	*client;

	if (r->http->method != HTTP_POST) {
		answer_oauth_error(r, 400, "invalid_request",
		    "the method is not POST");
		return;
	}
	if (r->http->query_bad || r->http->form_bad) {
		answer_oauth_error(r, 400, "invalid_request", NULL);
		return;
	}
	msg_list_find(r->http->form, "grant_type", &type);
	if (!span_is(type, "authorization_code") ||
	    !r->e->conf->grant_authorization_code) {
		answer_oauth_error(r, 400, "unsupported_grant_type", NULL);
		return;
	}
	if ((g = grant_new(r)) == NULL) {
		answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
		return;
	}
	if ((client = authenticate(r)) == NULL)
		return;		/* answered, and g is gone */
	g->client = client;
	msg_list_find(r->http->form, "code", &g->code);
	if (g->code.len == 0)
		answer_oauth_error(r, 400, "invalid_request",
		    "the parameter code is missing");
	else
		store_auth_code_get(r->e->store, g->code, on_code, r);
}
