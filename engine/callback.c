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

#include "flow.h"

/* /callback and /callback/{connector}: back from the connector's upstream. */

static void
on_identity(void *arg, struct msg *m)
{
	struct request	*r = arg;

	if (m != NULL && m->au_en_identity.status == IDENTITY_OK)
		flow_identity(r, &m->au_en_identity);
	else
		flow_no_identity(r, m);
}

static void
ask_worker(struct request *r)
{
	struct flow			*f = r->flow;
	struct peer			*worker = connector_worker(f->connector);
	struct buf			 url;
	struct msg_en_au_callback	 ask = {
		.state = span_str(f->pending.id),
		.private_data = f->pending.private_data,
		.params = r->http->query, .client_id = f->pending.client_id,
		.scopes = msg_list_of(&f->scopes), .nonce = f->pending.nonce,
		.grant_id = span_str(f->pending.id) };

	buf_init(&url, 2048);
	request_put_absolute(r, &url, "/callback");
	ask.callback_url = buf_span(&url);
	if (worker == NULL || !buf_ok(&url) || peer_ask(worker,
	    EN_AU_CALLBACK, &ask, LOGIN_TIMEOUT_MS, on_identity, r) == -1)
		answer_busy(r);
	buf_clear(&url);
}

static void
on_open(struct request *r)
{
	struct flow	*f = r->flow;

	if (f->connector->conf->kind != CONNECTOR_CALLBACK)
		answer_error_page(r, 400,
		    "This connector takes no answer here.");
	else
		ask_worker(r);
}

void
callback_endpoint(struct request *r)
{
	struct span	 state;

	/* POST is how SAML answers; no such connector exists yet. */
	msg_list_find(r->http->query, "state", &state);
	if (r->http->query_bad || r->http->method != HTTP_GET ||
	    state.len == 0)
		answer_error_page(r, 400, "The request is malformed.");
	else
		flow_open(r, state, r->http->connector, on_open);
}
