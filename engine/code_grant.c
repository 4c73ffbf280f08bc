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
#include <time.h>

#include <bsd/stdlib.h>

#include "pkce.h"
#include "randid.h"
#include "refresh.h"
#include "token.h"

/*
 * /token, authorization_code (RFC 6749 section 4.1.3): read the code, decide,
 * have the signer sign, then take the code out of the store and put a refresh
 * token in, in one commit, and only then answer.
 */

/* One redemption under way; it is r->flow. */
struct grant {
	TAILQ_ENTRY(grant)	 entry;
	struct engine		*e;
	bool			 listed;
	struct client		*client;
	struct span		 code;		/* borrows from the request */
	struct write_set	*ws;		/* to commit when it is signed */
	char			 refresh_id[RANDID_LEN + 1];	/* "": none */
	char			 refresh_secret[RANDID_LEN + 1];
	struct buf		 tokens;	/* the answer, kept back */
};

static void
grant_free(void *arg)
{
	struct grant	*g = arg;

	if (g->listed)
		TAILQ_REMOVE(&g->e->grants, g, entry);
	write_set_free(g->ws);
	buf_clear(&g->tokens);
	freezero(g, sizeof(*g));
}

static struct grant *
grant_new(struct request *r)
{
	struct grant	*g;

	if ((g = calloc(1, sizeof(*g))) == NULL)
		return (NULL);
	g->e = r->e;
	buf_init(&g->tokens, TOKEN_ANSWER_MAX);
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
	struct write_set	*ws = g->ws;
	struct buf		 refresh;

	if (!token_signed(r, m))
		return;
	buf_init(&refresh, 256);
	if (*g->refresh_id != '\0')
		refresh_text_put(&refresh, span_str(g->refresh_id),
		    span_str(g->refresh_secret));
	token_put_answer(&g->tokens, &m->sg_en_signed, buf_span(&refresh));
	if (!buf_ok(&refresh) || !buf_ok(&g->tokens)) {
		buf_clear(&refresh);
		answer_oauth_error(r, 500, "server_error", NULL);
		return;
	}
	buf_clear(&refresh);
	g->ws = NULL;
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
static struct connector *
check_connector(struct request *r, const struct auth_code *c)
{
	struct grant		*g = r->flow;
	struct connector	*conn = connector_find(r->e, c->connector_id);

	if (conn == NULL)
		answer_oauth_error(r, 500, "server_error", NULL);
	else if (token_connector(r, g->client, conn, "authorization_code"))
		return (conn);
	return (NULL);
}

/* dex: when it was asked for, and the connector can and may refresh. */
static bool
wants_refresh(const struct request *r, const struct connector *conn,
    const struct auth_code *c)
{
	return (r->e->conf->grant_refresh_token && conn->conf->can_refresh &&
	    connector_grants(conn, "refresh_token") &&
	    msg_list_has(c->scopes, span_str("offline_access")));
}

/* What redeeming the code changes; NULL: no memory. */
static struct write_set *
changes(struct grant *g, const struct auth_code *c, bool refresh, uint64_t now)
{
	struct write_set	*ws = write_set_new();
	struct refresh_token	 t = {
		.client_id = c->client_id, .scopes = c->scopes,
		.nonce = c->nonce, .claims = c->claims,
		.connector_id = c->connector_id,
		.connector_data = c->connector_data, .created_at = now,
		.last_used = now, .attestation = c->attestation,
		.grant_id = c->grant_id };

	if (ws == NULL)
		return (NULL);
	write_set_delete_auth_code(ws, c->id);
	if (refresh) {
		randid_make(g->refresh_id);
		randid_make(g->refresh_secret);
		t.id = span_str(g->refresh_id);
		t.secret = span_str(g->refresh_secret);
		write_set_put_refresh_token(ws, &t);
	}
	return (ws);
}

static void
on_code(void *arg, enum store_status status, const struct auth_code *c)
{
	struct request		*r = arg;
	struct grant		*g = r->flow;
	struct connector	*conn;
	struct msg_en_sg_sign	 ask = { .with_auth_time = true,
				    .request_id = r->http->request_id };
	uint64_t		 now = (uint64_t)time(NULL);

	if (status == STORE_ERROR) {
		answer_oauth_error(r, 500, "server_error", NULL);
		return;
	}
	if (status != STORE_OK) {
		answer_oauth_error(r, 400, "invalid_grant",
		    "the code is not valid");
		return;
	}
	if (!check_code(r, c, now) || (conn = check_connector(r, c)) == NULL)
		return;
	if (!grant_begin(g)) {
		answer_oauth_error(r, 400, "invalid_grant",
		    "the code is not valid");
		return;
	}
	if ((g->ws = changes(g, c, wants_refresh(r, conn, c), now)) == NULL) {
		answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
		return;
	}
	ask.client_id = c->client_id;
	ask.scopes = c->scopes;
	ask.wanted = c->scopes;
	ask.nonce = c->nonce;
	ask.grant_id = c->grant_id;
	ask.code = c->id;
	ask.attestation = c->attestation;
	token_sign(r, &ask, on_signed);
}

void
code_grant(struct request *r, struct client *client)
{
	struct grant	*g;
	struct span	 code;

	msg_list_find(r->http->form, "code", &code);
	if (code.len == 0) {
		answer_oauth_error(r, 400, "invalid_request",
		    "the parameter code is missing");
		return;
	}
	if ((g = grant_new(r)) == NULL) {
		answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
		return;
	}
	g->client = client;
	g->code = code;
	store_auth_code_get(r->e->store, code, on_code, r);
}
