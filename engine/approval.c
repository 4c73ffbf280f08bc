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

#include "flow.h"
#include "verifier.h"

/* /approval: consent, and the single-use gate that makes the code. */

/* What a scope means to a person; NULL: not shown. */
static const char *
scope_text(struct span scope)
{
	if (span_is(scope, "offline_access"))
		return ("Have offline access");
	if (span_is(scope, "profile"))
		return ("View basic profile information");
	if (span_is(scope, "email"))
		return ("View your email address");
	if (span_is(scope, "groups"))
		return ("View your groups");
	return (NULL);
}

static void
show_page(struct request *r, const struct auth_request *a)
{
	/* Sorted by what people read, as dex does. */
	static const char * const	 order[] = { "offline_access",
		"profile", "email", "groups" };
	const struct client		*client = client_find(r->e,
					    a->client_id);
	struct page_data		 d;
	struct list_buf			 scopes;
	size_t				 i;

	list_buf_init(&scopes, 1024);
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (msg_list_has(a->scopes, span_str(order[i])))
			list_buf_add(&scopes, span_str(scope_text(
			    span_str(order[i]))));
	page_data_init(&d);
	page_data_str(&d, "User", a->claims.username);
	page_data_str(&d, "Client", client_title(client));
	page_data_str(&d, "AuthReqID", a->id);
	page_data_list(&d, "Scopes", msg_list_of(&scopes));
	list_buf_clear(&scopes);
	answer_page(r, 200, PAGE_APPROVAL, &d);
}

/* What the answer needs when the commit is done. */
struct consent {
	char		 code[RANDID_LEN + 1];
	char		*redirect_uri;
	char		*state;
};

static void
consent_free(void *arg)
{
	struct consent	*c = arg;

	free(c->redirect_uri);
	free(c->state);
	freezero(c, sizeof(*c));
}

static void
on_code_made(void *arg, enum store_status status)
{
	struct request	*r = arg;
	struct consent	*c = r->flow;

	if (status == STORE_CONFLICT)
		flow_unknown(r);
	else if (status != STORE_OK)
		answer_error_page(r, 500, "The login could not be stored.");
	else
		flow_finish(r, span_str(c->redirect_uri), span_str(c->code),
		    span_str(c->state));
}

/* One write set: the request goes, the code comes. */
static void
make_code(struct request *r, const struct auth_request *a, struct consent *c,
    uint64_t now)
{
	struct write_set	*ws = write_set_new();
	struct auth_code	 code = {
		.id = span_str(c->code), .client_id = a->client_id,
		.scopes = a->scopes, .nonce = a->nonce,
		.redirect_uri = a->redirect_uri, .claims = a->claims,
		.connector_id = a->connector_id,
		.connector_data = a->connector_data,
		.expiry = now + CODE_LIFETIME, .challenge = a->challenge,
		.challenge_method = a->challenge_method,
		.auth_time = a->auth_time, .attestation = a->attestation,
		.grant_id = a->id };

	if (ws == NULL) {
		answer_busy(r);
		return;
	}
	request_set_cookie(r, "login", a->id, span_mem(NULL, 0), 0);
	write_set_delete_auth_request(ws, a->id);
	write_set_insert_auth_code(ws, &code);
	store_commit(r->e->store, ws, on_code_made, r);
}

static void
approve(struct request *r, const struct auth_request *a)
{
	uint64_t	 now = (uint64_t)time(NULL);
	struct consent	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		answer_busy(r);
		return;
	}
	r->flow = c;
	r->flow_free = consent_free;
	c->redirect_uri = span_dup(a->redirect_uri);
	c->state = span_dup(a->state);
	randid_make(c->code);
	if (c->redirect_uri == NULL || c->state == NULL)
		answer_busy(r);
	else
		make_code(r, a, c, now);
}

/* Is this the browser in which the person logged in? */
static bool
is_bound(struct request *r, const struct auth_request *a)
{
	uint8_t		 hash[BINDER_LEN];
	struct span	 binder = request_cookie(r, "login", a->id);

	binder_hash(hash, binder);
	return (binder.len != 0 && a->binder.len == BINDER_LEN &&
	    span_eq_secret(a->binder, span_mem(hash, sizeof(hash))));
}

static void
expire(struct request *r, const struct auth_request *a)
{
	struct flow	*f = flow_new(r);

	if (f == NULL)
		answer_busy(r);
	else if (flow_take_row(f, a))
		flow_expired(r, &f->pending);
	else
		flow_unknown(r);
}

/* dex: a page, not a redirect; the request stays for a second thought. */
static void
refuse(struct request *r)
{
	struct sorry	 s = { .status = 500,
			    .heading = "You did not grant access",
			    .text = "Nobody was logged in. You can close this "
			    "page, or go back and decide again.",
			    .again_text = "Decide again" };
	struct buf	 url;

	buf_init(&url, 4096);
	buf_put_span(&url, r->http->path);
	buf_put_c(&url, '?');
	buf_put_span(&url, r->http->query_raw);
	if (buf_ok(&url))
		s.again = buf_span(&url);
	answer_sorry(r, &s);
	buf_clear(&url);
}

static void
on_request(void *arg, enum store_status status, const struct auth_request *a)
{
	struct request	*r = arg;
	struct span	 approval;

	if (status == STORE_NOT_FOUND)
		flow_unknown(r);
	else if (status != STORE_OK)
		answer_error_page(r, 500, "The login could not be read.");
	else if (!a->logged_in)
		answer_error_page(r, 500, "This login is not complete.");
	else if (!verifier_check(request_param(r, "hmac"), a->hmac_key, a->id,
	    STEP_APPROVAL))
		answer_error_page(r, 401, "This link is not valid.");
	else if (!is_bound(r, a))
		flow_unknown(r);
	else if ((uint64_t)time(NULL) > a->expiry)
		expire(r, a);
	else if (!flow_is_possible(r->e, a->client_id, a->connector_id,
	    a->redirect_uri))
		answer_error_page(r, 400, FLOW_NOT_POSSIBLE);
	else if (r->http->method == HTTP_GET)
		show_page(r, a);
	else {
		msg_list_find(r->http->form, "approval", &approval);
		if (span_is(approval, "approve"))
			approve(r, a);
		else
			refuse(r);
	}
}

void
approval_endpoint(struct request *r)
{
	if (r->http->query_bad || r->http->form_bad)
		answer_error_page(r, 400, "The request is malformed.");
	else if (r->http->method != HTTP_GET && r->http->method != HTTP_POST)
		answer_text(r, 200, "");
	else if (request_param(r, "hmac").len == 0)
		answer_error_page(r, 401, "This link is not valid.");
	else
		store_auth_request_get(r->e->store, request_param(r, "req"),
		    on_request, r);
}
