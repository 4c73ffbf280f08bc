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

#include "flow.h"
#include "log.h"

/*
 * /auth/{connector}/login: the password form.  What was typed is in a sealed
 * box that only the worker can open; the engine sees the login name alone, to
 * show it again.
 */

static void
show_form(struct request *r, unsigned status, bool invalid)
{
	struct flow		*f = r->flow;
	struct page_data	 d;
	struct buf		 post;
	struct span		 login;

	buf_init(&post, 20000);
	buf_put_span(&post, r->http->path);
	buf_put_c(&post, '?');
	buf_put_span(&post, r->http->query_raw);
	msg_list_find(r->http->form, "login", &login);
	page_data_init(&d);
	page_data_str(&d, "PostURL", buf_span(&post));
	page_data_str(&d, "BackLink", request_back(r));
	page_data_str(&d, "Client", client_title(f->client));
	page_data_str(&d, "Username", login);
	page_data_str(&d, "UsernamePrompt",
	    f->connector->conf->username_prompt);
	page_data_bool(&d, "Invalid", invalid);
	page_data_bool(&d, "ShowRememberMe", false);
	page_data_bool(&d, "RememberMeChecked", false);
	answer_page(r, status, PAGE_PASSWORD, &d);
	buf_clear(&post);
}

/* Without the name: people type passwords into that field, too. */
static void
log_failure(struct request *r)
{
	struct flow		*f = r->flow;
	struct request_log	 l = request_log(r);
	char			*connector = span_dup(f->connector->conf->id);
	char			*client = span_dup(f->client->conf->id);

	log_warn("failed login attempt: Invalid credentials.",
	    "connector_id", connector, "client_id", client,
	    "client_remote_addr", l.address, "request_id", l.request_id);
	free(connector);
	free(client);
	request_log_free(&l);
}

static void
on_identity(void *arg, struct msg *m)
{
	struct request	*r = arg;

	if (m != NULL && m->au_en_identity.status == IDENTITY_OK)
		flow_identity(r, &m->au_en_identity);
	else if (m != NULL &&
	    m->au_en_identity.status == IDENTITY_BAD_CREDENTIALS) {
		log_failure(r);
		flow_count(r, IDENTITY_BAD_CREDENTIALS);
		show_form(r, 401, true);
	} else
		flow_no_identity(r, m);
}

static void
check_password(struct request *r)
{
	struct flow			*f = r->flow;
	struct peer			*worker;
	struct msg_en_au_password	 ask = {
		.state = span_str(f->pending.id), .sealed = r->http->sealed,
		.client_id = f->pending.client_id,
		.scopes = msg_list_of(&f->scopes), .nonce = f->pending.nonce,
		.grant_id = span_str(f->pending.id) };

	/* Another process of this connector could not open the box. */
	worker = connector_worker_at(f->connector, r->http->sealed_instance);
	if (worker == NULL || r->http->sealed.len == 0 ||
	    peer_ask(worker, EN_AU_PASSWORD, &ask, LOGIN_TIMEOUT_MS,
	    on_identity, r) == -1)
		answer_busy(r);
}

static void
on_open(struct request *r)
{
	struct flow	*f = r->flow;

	if (f->connector->conf->kind != CONNECTOR_PASSWORD)
		answer_error_page(r, 500,
		    "This connector does not check passwords.");
	else if (r->http->method == HTTP_GET)
		show_form(r, 200, false);
	else if (r->http->method == HTTP_POST)
		check_password(r);
	else
		answer_error_page(r, 400, "This method is not for this page.");
}

void
login_endpoint(struct request *r)
{
	struct span	 state;

	msg_list_find(r->http->query, "state", &state);
	if (r->http->query_bad || r->http->form_bad || state.len == 0)
		answer_error_page(r, 400, "The request is malformed.");
	else
		flow_open(r, state, r->http->connector, on_open);
}
