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

#include "authz.h"
#include "client_auth.h"
#include "log.h"
#include "token.h"

/* /token: what all grants share, and the way to each (RFC 6749 section 3.2). */

void
token_put_answer(struct buf *b, const struct msg_sg_en_signed *s,
    struct span refresh_token)
{
	buf_put_str(b, "{\"access_token\":\"");
	buf_put_span(b, s->access_token);
	buf_printf(b, "\",\"token_type\":\"bearer\",\"expires_in\":%u",
	    s->expires_in);
	if (refresh_token.len != 0) {
		buf_put_str(b, ",\"refresh_token\":\"");
		buf_put_span(b, refresh_token);
		buf_put_c(b, '"');
	}
	buf_put_str(b, ",\"id_token\":\"");
	buf_put_span(b, s->id_token);
	buf_put_str(b, "\"}");
}

bool
token_connector(struct request *r, const struct client *client,
    const struct connector *conn, const char *grant)
{
	if (!client_allows(client, conn))
		answer_oauth_error(r, 400, "invalid_grant",
		    "this connector is not for this client");
	else if (!connector_grants(conn, grant))
		answer_oauth_error(r, 400, "invalid_request",
		    "this connector does not take this grant");
	else
		return (true);
	return (false);
}

/* As dex: trust may have ended since the login, with every grant of it. */
static bool
is_trusted(const struct request *r, const struct msg_en_sg_sign *ask)
{
	struct msg_list	 scopes = ask->wanted;
	struct span	 scope, peer;

	while (msg_list_next(&scopes, &scope))
		if (span_after(scope, SCOPE_AUDIENCE, &peer) &&
		    !client_trusts(r->e, peer, ask->client_id))
			return (false);
	return (true);
}

void
token_sign(struct request *r, const struct msg_en_sg_sign *ask,
    void (*then)(void *, struct msg *))
{
	if (!is_trusted(r, ask))
		answer_oauth_error(r, 500, "server_error",
		    "a client of the scopes does not trust this one any more");
	else if (signer_ask(r->e, EN_SG_SIGN, ask, SIGN_TIMEOUT_MS, then, r) ==
	    -1)
		answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
}

bool
token_signed(struct request *r, const struct msg *m)
{
	if (r->frontend == NULL || m == NULL ||
	    m->sg_en_signed.status == SIGN_NO_KEY)
		answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
	else if (m->sg_en_signed.status == SIGN_REFUSED)
		answer_oauth_error(r, 400, "invalid_grant",
		    "the grant is not valid");
	else if (m->sg_en_signed.status != SIGN_OK)
		answer_oauth_error(r, 500, "server_error", NULL);
	else
		return (true);
	return (false);
}

static void
log_bad_secret(const struct request *r, const struct client *client,
    bool missing)
{
	struct request_log	 l;
	char			*id;

	if (!request_may_log(r))
		return;
	l = request_log(r);
	id = span_dup(client->conf->id);
	log_info(missing ? "missing client_secret on token request" :
	    "invalid client_secret on token request", "client_id", id,
	    "client_remote_addr", l.address, "request_id", l.request_id);
	free(id);
	request_log_free(&l);
}

/* The client of the request; NULL after having answered. */
static struct client *
authenticate(struct request *r)
{
	struct client		*client;
	struct buf		 mem;
	struct span		 id = { NULL, 0 }, secret = { NULL, 0 };
	enum credentials	 sent;

	buf_init(&mem, 4096);
	sent = client_credentials(r->http->authorization, r->http->form, &mem,
	    &id, &secret);
	client = client_find(r->e, id);
	if (client != NULL && !span_eq_secret(client->conf->secret, secret)) {
		log_bad_secret(r, client, secret.len == 0);
		client = NULL;
	}
	buf_clear(&mem);
	if (sent == CREDENTIALS_BAD_ESCAPE) {
		answer_oauth_error(r, 400, "invalid_request",
		    "the client's credentials are malformed");
		return (NULL);
	}
	if (client == NULL)
		answer_oauth_error(r, 401, "invalid_client",
		    "the client's credentials are not valid");
	return (client);
}

typedef void	 grant_begin_fn(struct request *, struct client *);

/* The grant of that name, if it is enabled. */
static grant_begin_fn *
find_grant(const struct msg_pa_en_config *conf, struct span type)
{
	if (span_is(type, "authorization_code"))
		return (conf->grant_authorization_code ? code_grant : NULL);
	if (span_is(type, "refresh_token"))
		return (conf->grant_refresh_token ? refresh_grant : NULL);
	return (NULL);
}

void
token_endpoint(struct request *r)
{
	struct span	 type;
	struct client	*client;
	grant_begin_fn	*begin;

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
	if ((begin = find_grant(r->e->conf, type)) == NULL)
		answer_oauth_error(r, 400, "unsupported_grant_type", NULL);
	else if ((client = authenticate(r)) != NULL)
		begin(r, client);
}
