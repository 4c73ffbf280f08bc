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
#include <sodium.h>

#include "count.h"
#include "flow.h"
#include "log.h"
#include "redirect_uri.h"
#include "url.h"
#include "verifier.h"

#define URL_MAX		16384
#define SCOPES_MAX	16384

static uint64_t
now(void)
{
	return ((uint64_t)time(NULL));
}

void
scope_list(struct list_buf *l, struct span scope)
{
	struct span	 word;

	while (span_word(&scope, &word))
		if (!msg_list_has(msg_list_of(l), word))
			list_buf_add(l, word);
}

void
binder_hash(uint8_t out[BINDER_LEN], struct span binder)
{
	crypto_hash_sha256(out, span_ptr(binder), binder.len);
}

static void
flow_free(void *arg)
{
	struct flow	*f = arg;

	buf_clear(&f->plain);
	buf_clear(&f->url);
	list_buf_clear(&f->scopes);
	freezero(f, sizeof(*f));
}

struct flow *
flow_new(struct request *r)
{
	struct flow	*f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return (NULL);
	buf_init(&f->plain, PENDING_ROW_MAX);
	buf_init(&f->url, URL_MAX);
	list_buf_init(&f->scopes, SCOPES_MAX);
	r->flow = f;
	r->flow_free = flow_free;
	return (f);
}

/* Merges the pairs into the redirect URI and sends the browser there. */
static void
redirect_to_client(struct request *r, struct span uri,
    const struct list_buf *pairs)
{
	struct buf	 b;

	buf_init(&b, URL_MAX);
	if (!buf_ok(&pairs->b))
		answer_error_page(r, 400, "This request is too large.");
	else if (url_put_with_params(&b, uri, msg_list_of(pairs)) == -1)
		answer_error_page(r, 400,
		    "The address to return to is malformed.");
	else
		answer_redirect(r, 303, buf_span(&b));
	buf_clear(&b);
}

void
flow_error(struct request *r, struct span uri, struct span state,
    const char *error, const char *text)
{
	struct list_buf	 l;

	request_log_refusal(r, 303, error, text);
	list_buf_init(&l, URL_MAX);
	list_buf_add(&l, span_str("error"));
	list_buf_add(&l, span_str(error));
	list_buf_add(&l, span_str("error_description"));
	list_buf_add(&l, span_str(text));
	list_buf_add(&l, span_str("state"));
	list_buf_add(&l, state);
	redirect_to_client(r, uri, &l);
	list_buf_clear(&l);
}

void
flow_finish(struct request *r, struct span uri, struct span code,
    struct span state)
{
	struct page_data	 d;
	struct list_buf		 l;

	if (span_is(uri, OOB_URI)) {
		page_data_init(&d);
		page_data_str(&d, "Code", code);
		answer_page(r, 200, PAGE_OOB, &d);
		return;
	}
	list_buf_init(&l, URL_MAX);
	list_buf_add(&l, span_str("code"));
	list_buf_add(&l, code);
	list_buf_add(&l, span_str("state"));
	list_buf_add(&l, state);
	redirect_to_client(r, uri, &l);
	list_buf_clear(&l);
}

static struct store_claims
claims_of(const struct msg_au_en_identity *i)
{
	return ((struct store_claims){
		.user_id = i->user_id, .username = i->username,
		.preferred_username = i->preferred_username,
		.email = i->email, .email_verified = i->email_verified,
		.groups = i->groups });
}

/* As dex writes them: [a b c]. */
static void
put_groups(struct buf *b, struct msg_list groups)
{
	struct span	 group;
	const char	*sep = "";

	buf_put_c(b, '[');
	while (b->len < 1000 && msg_list_next(&groups, &group)) {
		buf_put_str(b, sep);
		buf_put_span(b, group);
		sep = " ";
	}
	buf_put_c(b, ']');
}

static void
log_login(struct request *r, const struct msg_au_en_identity *i)
{
	struct flow		*f = r->flow;
	struct request_log	 l = request_log(r);
	char			*connector = span_dup(f->connector->conf->id);
	char			*client = span_dup(f->client->conf->id);
	char			*user = span_dup(i->user_id);
	char			*name = span_dup(i->username);
	char			*preferred = span_dup(i->preferred_username);
	struct buf		 email, groups;

	buf_init(&email, 1024);
	buf_init(&groups, 2048);
	buf_put_span(&email, i->email);
	if (!i->email_verified)
		buf_put_str(&email, " (unverified)");
	put_groups(&groups, i->groups);
	log_info("login successful", "connector_id", connector, "user_id",
	    user, "username", name, "preferred_username", preferred,
	    "email", buf_cstr(&email), "groups", buf_cstr(&groups),
	    "client_id", client, "client_remote_addr", l.address,
	    "request_id", l.request_id);
	free(connector);
	free(client);
	free(user);
	free(name);
	free(preferred);
	buf_clear(&email);
	buf_clear(&groups);
	request_log_free(&l);
}

static void
on_code_stored(void *arg, enum store_status status)
{
	struct request	*r = arg;
	struct flow	*f = r->flow;

	if (status == STORE_CONFLICT)
		flow_unknown(r);
	else if (status != STORE_OK)
		answer_error_page(r, 500, "The login could not be stored.");
	else
		flow_finish(r, f->pending.redirect_uri, span_str(f->code),
		    f->pending.state);
}

/* No consent is needed: straight to the code. */
static void
store_code(struct request *r, const struct msg_au_en_identity *i)
{
	struct flow			*f = r->flow;
	const struct pending_request	*p = &f->pending;
	struct write_set		*ws = write_set_new();
	struct auth_code		 c = {
		.client_id = p->client_id,
		.scopes = msg_list_of(&f->scopes), .nonce = p->nonce,
		.redirect_uri = p->redirect_uri, .claims = claims_of(i),
		.connector_id = p->connector,
		.connector_data = i->connector_data,
		.expiry = now() + CODE_LIFETIME, .challenge = p->challenge,
		.challenge_method = p->challenge_method,
		.auth_time = i->auth_time, .attestation = i->attestation,
		.grant_id = span_str(p->id) };

	if (ws == NULL) {
		answer_busy(r);
		return;
	}
	randid_make(f->code);
	c.id = span_str(f->code);
	if (f->row)
		write_set_delete_auth_request(ws, span_str(p->id));
	write_set_insert_auth_code(ws, &c);
	store_commit(r->e->store, ws, on_code_stored, r);
}

static void
on_request_stored(void *arg, enum store_status status)
{
	struct request	*r = arg;
	struct flow	*f = r->flow;
	struct span	 id = span_str(f->pending.id);
	char		 hmac[44];
	struct buf	 b;

	if (status == STORE_CONFLICT) {
		flow_unknown(r);
		return;
	}
	if (status != STORE_OK) {
		answer_error_page(r, 500, "The login could not be stored.");
		return;
	}
	verifier_make(hmac, span_str(f->hmac_key), id, STEP_APPROVAL);
	buf_init(&b, 1024 + 256);
	request_put_path(r, &b, "/approval");
	buf_printf(&b, "?hmac=%s&req=%s", hmac, f->pending.id);
	answer_redirect(r, 303, buf_span(&b));
	buf_clear(&b);
}

/* Consent is needed: an auth_request row, bound to this browser. */
static void
store_request(struct request *r, const struct msg_au_en_identity *i)
{
	struct flow		*f = r->flow;
	struct write_set	*ws = write_set_new();
	struct list_buf		 types;
	uint8_t			 hash[BINDER_LEN];
	struct auth_request	 a;

	if (ws == NULL) {
		answer_busy(r);
		return;
	}
	flow_make_row(r, &a, r->e->conf->auth_requests_secs, "login", hash);
	a.logged_in = true;
	a.claims = claims_of(i);
	a.connector_data = i->connector_data;
	a.auth_time = i->auth_time;
	a.attestation = i->attestation;
	list_buf_init(&types, 64);
	list_buf_add(&types, span_str("code"));
	a.response_types = msg_list_of(&types);
	randid_make_key(f->hmac_key);
	a.hmac_key = span_str(f->hmac_key);
	if (f->row)
		write_set_delete_auth_request(ws, a.id);
	write_set_insert_auth_request(ws, &a);
	list_buf_clear(&types);
	store_commit(r->e->store, ws, on_request_stored, r);
}

void
flow_count(const struct request *r, enum identity_status status)
{
	const struct flow	*f = r->flow;
	char			*connector = span_dup(f->connector->conf->id);

	count_two(COUNT_LOGINS, connector, identity_status_name(status));
	free(connector);
}

void
flow_identity(struct request *r, const struct msg_au_en_identity *i)
{
	struct flow	*f = r->flow;

	log_login(r, i);
	flow_count(r, IDENTITY_OK);
	request_set_cookie(r, f->row ? "row" : "req",
	    span_str(f->pending.id), span_mem(NULL, 0), 0);
	if (r->e->conf->skip_approval && !f->pending.force_approval)
		store_code(r, i);
	else
		store_request(r, i);
}

void
flow_no_identity(struct request *r, const struct msg *m)
{
	enum identity_status	 status = m == NULL ? IDENTITY_ERROR :
				    (enum identity_status)
				    m->au_en_identity.status;

	flow_count(r, status);
	if (m == NULL) {	/* it died, or has too much to do */
		answer_busy(r);
		return;
	}
	switch (status) {
	case IDENTITY_BUSY:
		answer_busy(r);
		return;
	case IDENTITY_DENIED:
		answer_error_page(r, 403,
		    "You are not allowed to log in here.");
		return;
	case IDENTITY_EXPIRED:
		flow_expired(r, &((struct flow *)r->flow)->pending);
		return;
	default:
		answer_error_page(r, 500, "The login failed.");
		return;
	}
}
