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

#include <sodium.h>

#include "flow.h"
#include "redirect_uri.h"

/*
 * Keeping a pending request between two visits of a browser: sealed into a
 * cookie, or, when it is too large for one, as a row of auth_request that only
 * this browser can name.  The store caps such rows.
 */

#define PENDING_COOKIES	3	/* live in one browser */
#define DROPPED_MAX	4	/* forgotten with one answer */

static uint64_t
now(void)
{
	return ((uint64_t)time(NULL));
}

static uint32_t
pending_lifetime(const struct engine *e)
{
	return (e->conf->auth_requests_secs < PENDING_LIFETIME_MAX ?
	    e->conf->auth_requests_secs : PENDING_LIFETIME_MAX);
}

/* The kind of a cookie that holds or names a pending request, and its id. */
static const char *
pending_cookie(const struct request *r, struct span name, struct span *id)
{
	if (request_cookie_is(r, "req", name, id))
		return ("req");
	return (request_cookie_is(r, "row", name, id) ? "row" : NULL);
}

/*
 * A browser keeps at most three logins under way: room is made by forgetting
 * the first it sent, which RFC 6265 section 5.4 makes the oldest.  Whoever has
 * more (a neighbour under the same domain may have set them) is rid of a few
 * with each answer, which has room for eight cookies.
 */
static void
drop_old_cookies(struct request *r)
{
	struct msg_list	 cookies = r->http->cookies;
	struct span	 name, value, id;
	const char	*kind;
	unsigned	 live = 0, dropped = 0;

	while (msg_list_next(&cookies, &name) &&
	    msg_list_next(&cookies, &value))
		live += pending_cookie(r, name, &id) != NULL;
	cookies = r->http->cookies;
	while (live >= PENDING_COOKIES && dropped < DROPPED_MAX &&
	    msg_list_next(&cookies, &name) &&
	    msg_list_next(&cookies, &value)) {
		if ((kind = pending_cookie(r, name, &id)) == NULL)
			continue;
		request_set_cookie(r, kind, id, span_mem(NULL, 0), 0);
		dropped++;
		live--;
	}
}

/* Puts the pending request into its cookie; -1 if it is too large. */
static int
keep_in_cookie(struct request *r, const struct pending_request *p)
{
	struct engine	*e = r->e;
	struct buf	 b;
	int		 error;

	buf_init(&b, PENDING_WIRE_MAX);
	error = pending_seal(&b, p, e->conf->issuer, e->keys[0].number,
	    e->keys[0].key);
	if (error == 0) {
		drop_old_cookies(r);
		request_set_cookie(r, "req", span_str(p->id), buf_span(&b),
		    pending_lifetime(e) + AGAIN_SECS);
	}
	buf_clear(&b);
	return (error);
}

static void
on_row_kept(void *arg, enum store_status status)
{
	struct request	*r = arg;
	struct flow	*f = r->flow;

	if (status == STORE_OK)
		f->then(r);
	else
		answer_busy(r);		/* too many of them, or no disk */
}

void
flow_make_row(struct request *r, struct auth_request *a, uint32_t lifetime,
    const char *cookie, uint8_t hash[BINDER_LEN])
{
	struct flow			*f = r->flow;
	const struct pending_request	*p = &f->pending;
	char				 binder[RANDID_KEY_LEN + 1];

	*a = (struct auth_request){
		.id = span_str(p->id), .client_id = p->client_id,
		.scopes = msg_list_of(&f->scopes),
		.redirect_uri = p->redirect_uri, .nonce = p->nonce,
		.state = p->state, .force_approval = p->force_approval,
		.connector_id = p->connector, .expiry = now() + lifetime,
		.challenge = p->challenge,
		.challenge_method = p->challenge_method,
		.binder = span_mem(hash, BINDER_LEN) };
	randid_make_key(binder);
	binder_hash(hash, span_str(binder));
	request_set_cookie(r, cookie, a->id, span_str(binder),
	    lifetime + AGAIN_SECS);
	sodium_memzero(binder, sizeof(binder));
}

static void
keep_in_row(struct request *r)
{
	struct flow		*f = r->flow;
	struct write_set	*ws = write_set_new();
	uint8_t			 hash[BINDER_LEN];
	struct auth_request	 a;

	if (ws == NULL) {
		answer_busy(r);
		return;
	}
	drop_old_cookies(r);
	flow_make_row(r, &a, pending_lifetime(r->e), "row", hash);
	a.connector_data = f->pending.private_data;
	a.hmac_key = a.id;		/* never used: not logged in */
	write_set_insert_auth_request(ws, &a);
	store_commit(r->e->store, ws, on_row_kept, r);
}

void
flow_keep(struct request *r, void (*then)(struct request *))
{
	struct flow	*f = r->flow;

	if (keep_in_cookie(r, &f->pending) == 0) {
		then(r);
		return;
	}
	list_buf_clear(&f->scopes);
	scope_list(&f->scopes, f->pending.scope);
	f->then = then;
	keep_in_row(r);
}

static const struct cookie_key *
key_of(const struct engine *e, struct span value)
{
	uint32_t	 number;
	unsigned	 i;

	if (!pending_key_number(value, &number))
		return (NULL);
	for (i = 0; i < e->nkeys; i++)
		if (e->keys[i].number == number)
			return (&e->keys[i]);
	return (NULL);
}

bool
flow_is_possible(struct engine *e, struct span client_id, struct span connector,
    struct span redirect_uri)
{
	const struct client	*cl = client_find(e, client_id);
	const struct connector	*co = connector_find(e, connector);

	return (cl != NULL && co != NULL && client_allows(cl, co) &&
	    redirect_uri_allowed(redirect_uri, cl->conf->redirect_uris,
	    cl->conf->is_public));
}

static const char *
check_again(struct request *r, struct flow *f)
{
	struct engine			*e = r->e;
	const struct pending_request	*p = &f->pending;

	if (f->path_connector.len != 0 &&
	    !span_eq(f->path_connector, p->connector))
		return ("This login was begun with another connector.");
	if (!flow_is_possible(e, p->client_id, p->connector, p->redirect_uri))
		return (FLOW_NOT_POSSIBLE);
	f->client = client_find(e, p->client_id);
	f->connector = connector_find(e, p->connector);
	list_buf_clear(&f->scopes);
	scope_list(&f->scopes, p->scope);
	return (buf_ok(&f->scopes.b) ? NULL : "This request is too large.");
}

static void
opened(struct request *r)
{
	struct flow	*f = r->flow;
	const char	*why = check_again(r, f);

	if (why != NULL)
		answer_error_page(r, 400, why);
	else
		f->then(r);
}

bool
flow_take_row(struct flow *f, const struct auth_request *a)
{
	struct pending_request	*p = &f->pending;
	struct msg_list		 scopes = a->scopes;
	struct span		 scope, words;
	struct buf		 text;
	struct {
		struct span	*to;
		struct span	 from;
	}			 parts[] = {
		{ &p->connector, a->connector_id },
		{ &p->client_id, a->client_id },
		{ &p->redirect_uri, a->redirect_uri },
		{ &p->state, a->state }, { &p->nonce, a->nonce },
		{ &p->challenge, a->challenge },
		{ &p->challenge_method, a->challenge_method },
		{ &p->private_data, a->connector_data },
		{ &p->scope, { NULL, 0 } },
	};
	const size_t		 n = sizeof(parts) / sizeof(parts[0]);
	size_t			 i, at;

	if (a->id.len != PENDING_ID_LEN)
		return (false);		/* no id of ours */
	buf_init(&text, PENDING_ROW_MAX);
	while (msg_list_next(&scopes, &scope)) {
		if (text.len != 0)
			buf_put_c(&text, ' ');
		buf_put_span(&text, scope);
	}
	words = buf_span(&text);
	parts[n - 1].from = words;
	for (i = 0; i < n; i++)
		buf_put_span(&f->plain, parts[i].from);
	/* Only now does the buffer stay where it is. */
	for (i = 0, at = 0; i < n; at += parts[i++].from.len)
		*parts[i].to = span_mem(f->plain.p + at, parts[i].from.len);
	p->force_approval = a->force_approval;
	memcpy(p->id, a->id.p, PENDING_ID_LEN);
	i = buf_ok(&text) && buf_ok(&f->plain);
	buf_clear(&text);
	return (i != 0);
}

static bool
is_mine(struct request *r, const struct auth_request *a)
{
	uint8_t		 hash[BINDER_LEN];

	binder_hash(hash, request_cookie(r, "row", a->id));
	return (!a->logged_in && a->binder.len == BINDER_LEN && span_eq_secret(a->binder,
	    span_mem(hash, sizeof(hash))));
}

static void
on_row(void *arg, enum store_status status, const struct auth_request *a)
{
	struct request	*r = arg;
	struct flow	*f = r->flow;

	if (status == STORE_ERROR)
		answer_error_page(r, 500, "The login could not be read.");
	else if (status != STORE_OK || !is_mine(r, a) ||
	    !flow_take_row(f, a))
		flow_unknown(r);
	else if (now() >= a->expiry)
		flow_expired(r, &f->pending);
	else {
		f->row = true;
		opened(r);
	}
}

static enum pending_status
open_cookie(struct request *r, struct flow *f, struct span state)
{
	struct engine			*e = r->e;
	struct span			 value = request_cookie(r, "req",
					    state);
	const struct cookie_key		*k = key_of(e, value);

	if (k == NULL)
		return (PENDING_BAD);
	return (pending_open(&f->pending, &f->plain, value, state,
	    e->conf->issuer, k->key, now(), pending_lifetime(e)));
}

void
flow_open(struct request *r, struct span state, struct span connector,
    void (*then)(struct request *))
{
	enum pending_status	 status;
	struct flow		*f;

	if ((f = flow_new(r)) == NULL) {
		answer_busy(r);
		return;
	}
	f->then = then;
	f->path_connector = connector;
	status = open_cookie(r, f, state);
	if (status == PENDING_OPEN)
		opened(r);
	else if (status == PENDING_OLD)
		flow_expired(r, &f->pending);
	else if (state.len == PENDING_ID_LEN &&
	    request_cookie(r, "row", state).len != 0)
		store_auth_request_get(r->e->store, state, on_row, r);
	else
		flow_unknown(r);
}
