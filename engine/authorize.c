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
#include <strings.h>
#include <time.h>

#include "authz.h"
#include "flow.h"
#include "log.h"
#include "url.h"

/* /auth and /auth/{connector}: from an application's request to a connector. */

#define URL_MAX		16384
#define PARAMS_MAX	(64 * 1024)
#define BACK_MAX	4096	/* a way back that is longer is left out */
#define NONCE_MAX	2048	/* what is attested and signed */
#define CONNECTORS_MAX	128	/* on the page of choices */

/* ---- who is on offer ---- */

/* OpenID Connect calls code-less requests implicit; dex goes by these words. */
static const char *
grant_of(const struct request *r)
{
	struct span	 types = request_param(r, "response_type"), word;

	while (span_word(&types, &word))
		if (span_is(word, "token") || span_is(word, "id_token"))
			return ("implicit");
	return ("authorization_code");
}

static bool
is_offered(const struct request *r, const struct client *client,
    const struct connector *c)
{
	return (connector_grants(c, grant_of(r)) && client_allows(client, c));
}

static int
by_name(const void *a, const void *b)
{
	const struct connector	*x = *(struct connector * const *)a;
	const struct connector	*y = *(struct connector * const *)b;
	struct span		 s = x->conf->name, t = y->conf->name;
	size_t			 n = s.len < t.len ? s.len : t.len;
	int			 order;

	order = strncasecmp((const char *)span_ptr(s),
	    (const char *)span_ptr(t), n);
	return (order != 0 ? order : (s.len > t.len) - (s.len < t.len));
}

static unsigned
offered(const struct request *r, const struct client *client,
    struct connector *list[CONNECTORS_MAX])
{
	struct connector	*c;
	unsigned		 n = 0;

	TAILQ_FOREACH(c, &r->e->connectors, entry)
		if (n < CONNECTORS_MAX && is_offered(r, client, c))
			list[n++] = c;
	qsort(list, n, sizeof(*list), by_name);
	return (n);
}

/* ---- URLs ---- */

/*
 * All parameters, the body's before the query's of the same name, sorted;
 * without connector_id, as dex sends them on.
 */
static void
put_params(struct request *r, struct buf *b)
{
	struct list_buf	 all;
	struct msg_list	 l;
	struct span	 name, value;

	list_buf_init(&all, PARAMS_MAX);
	for (l = r->http->form; msg_list_next(&l, &name) &&
	    msg_list_next(&l, &value);) {
		list_buf_add(&all, name);
		list_buf_add(&all, value);
	}
	for (l = r->http->query; msg_list_next(&l, &name) &&
	    msg_list_next(&l, &value);) {
		list_buf_add(&all, name);
		list_buf_add(&all, value);
	}
	if (buf_ok(&all.b))
		url_put_form(b, msg_list_of(&all), "connector_id");
	else
		b->failed = true;
	list_buf_clear(&all);
}

static void
put_connector_url(struct request *r, struct buf *b, const struct connector *c)
{
	request_put_path(r, b, "/auth/");
	url_put_segment(b, c->conf->id);
	buf_put_c(b, '?');
	put_params(r, b);
}

static void
redirect_or_refuse(struct request *r, struct buf *b)
{
	if (buf_ok(b))
		answer_redirect(r, 302, buf_span(b));
	else
		answer_error_page(r, 400, "This request is too large.");
}

/* ---- the choice ---- */

static void
choose(struct request *r, const struct connector *c)
{
	struct buf	 b;

	buf_init(&b, URL_MAX);
	put_connector_url(r, &b, c);
	redirect_or_refuse(r, &b);
	buf_clear(&b);
}

static void
show_choice(struct request *r, const struct client *client,
    struct connector *list[], unsigned n)
{
	struct page_data	 d;
	struct list_buf		 rows;
	struct buf		 row, url;
	unsigned		 i;

	page_data_init(&d);
	list_buf_init(&rows, 16384);
	buf_init(&row, 16384);
	buf_init(&url, URL_MAX);
	/* Each row repeats the request, which may be too large for the first. */
	for (i = 0; i < n && buf_ok(&rows.b); i++) {
		buf_reset(&row);
		buf_reset(&url);
		put_connector_url(r, &url, list[i]);
		page_row_put(&row, "ID", list[i]->conf->id);
		page_row_put(&row, "Name", list[i]->conf->name);
		page_row_put(&row, "Type", list[i]->conf->type);
		page_row_put(&row, "URL", buf_span(&url));
		if (!buf_ok(&row) || !buf_ok(&url))
			rows.b.failed = true;
		list_buf_add(&rows, buf_span(&row));
	}
	if (buf_ok(&rows.b)) {
		page_data_str(&d, "Client", client_title(client));
		page_data_rows(&d, "Connectors", msg_list_of(&rows));
		answer_page(r, 200, PAGE_LOGIN, &d);
	} else {
		page_data_clear(&d);
		answer_error_page(r, 400, "This request is too large.");
	}
	list_buf_clear(&rows);
	buf_clear(&row);
	buf_clear(&url);
}

/* ---- validation ---- */

struct world {
	struct engine		*e;
	const struct client	*client;
};

static bool
world_connector_exists(void *arg, struct span id)
{
	return (connector_find(((struct world *)arg)->e, id) != NULL);
}

static bool
world_connector_allowed(void *arg, struct span id)
{
	struct world		*w = arg;
	struct connector	*c = connector_find(w->e, id);

	return (c != NULL && client_allows(w->client, c));
}

static bool
world_peer_trusts(void *arg, struct span peer, struct span id)
{
	return (client_trusts(((struct world *)arg)->e, peer, id));
}

/* NULL after having answered. */
static struct client *
validate(struct request *r, struct authz *a)
{
	struct engine		*e = r->e;
	struct client		*client = client_find(e,
				    request_param(r, "client_id"));
	struct world		 world = { e, client };
	struct authz_policy	 policy = { e->conf->pkce_enforce,
				    e->conf->pkce_s256, e->conf->pkce_plain };
	struct authz_world	 ask = { &world, world_connector_exists,
				    world_connector_allowed,
				    world_peer_trusts };
	struct authz_verdict	 v;

	v = authz_check(&policy, client == NULL ? NULL : client->conf, &ask,
	    r->http->form, r->http->query, a);
	if (v.outcome == AUTHZ_OK)
		return (client);
	if (v.outcome == AUTHZ_PAGE)
		answer_error_page(r, v.status, v.text);
	else
		flow_error(r, a->redirect_uri, a->state, v.error, v.text);
	return (NULL);
}

/*
 * OpenID Connect Core 3.1.2.6: with prompt=none no page may be shown, and
 * without sessions nobody is logged in.
 */
static bool
wants_silence(const struct request *r)
{
	struct span	 prompts = request_param(r, "prompt"), prompt;

	while (span_word(&prompts, &prompt))
		if (span_is(prompt, "none"))
			return (true);
	return (false);
}

static void
refuse_silence(struct request *r)
{
	struct authz	 a;

	if (validate(r, &a) != NULL)
		flow_error(r, a.redirect_uri, a.state, "login_required",
		    "nobody is logged in");
}

/* ---- /auth ---- */

void
authorize_start(struct request *r)
{
	struct connector	*list[CONNECTORS_MAX];
	struct client		*client;
	struct span		 wanted = request_param(r, "connector_id");
	unsigned		 i, n;

	if (r->http->query_bad || r->http->form_bad) {
		answer_error_page(r, 400, "The request is malformed.");
		return;
	}
	client = client_find(r->e, request_param(r, "client_id"));
	if (client == NULL) {
		answer_error_page(r, 400,
		    "This application is not known here.");
		return;
	}
	if (wants_silence(r)) {
		refuse_silence(r);
		return;
	}
	if ((n = offered(r, client, list)) == 0) {
		answer_error_page(r, 400,
		    "There is no way to log in to this application.");
		return;
	}
	for (i = 0; i < n; i++)
		if (wanted.len != 0 && span_eq(list[i]->conf->id, wanted)) {
			choose(r, list[i]);
			return;
		}
	if (wanted.len != 0)
		answer_error_page(r, 400, "The connector that was asked for "
		    "does not exist or is not for this application.");
	else if (n == 1 && !r->e->conf->always_show_login)
		choose(r, list[0]);
	else
		show_choice(r, client, list, n);
}

/* ---- /auth/{connector} ---- */

/* The connector of the path; NULL after having answered. */
static struct connector *
path_connector(struct request *r, const struct client *client)
{
	struct connector	*c = connector_find(r->e, r->http->connector);
	struct span		 wanted = request_param(r, "connector_id");

	if (c != NULL && !client_allows(client, c)) {
		answer_error_page(r, 403,
		    "This connector is not for this application.");
		return (NULL);
	}
	if (c == NULL || !connector_grants(c, grant_of(r)) ||
	    (wanted.len != 0 && !span_eq(wanted, c->conf->id)) ||
	    r->http->method != HTTP_GET) {
		answer_error_page(r, 400,
		    "This connector does not take the request.");
		return (NULL);
	}
	return (c);
}

static void
go(struct request *r)
{
	struct flow	*f = r->flow;

	redirect_or_refuse(r, &f->url);
}

/* A link back to the choice is offered when there is one. */
static void
begin_password(struct request *r, const struct connector *c)
{
	struct flow	*f = r->flow;
	struct buf	 back;

	buf_init(&back, BACK_MAX);
	if (r->e->nconnectors > 1) {
		request_put_path(r, &back, "/auth?");
		put_params(r, &back);
	}
	request_put_path(r, &f->url, "/auth/");
	url_put_segment(&f->url, c->conf->id);
	buf_put_str(&f->url, "/login?back=");
	if (buf_ok(&back))
		url_put_query(&f->url, buf_span(&back));
	buf_printf(&f->url, "&state=%s", f->pending.id);
	buf_clear(&back);
	flow_keep(r, go);
}

static void
on_begun(void *arg, struct msg *m)
{
	struct request	*r = arg;
	struct flow	*f = r->flow;

	if (m == NULL) {
		answer_busy(r);
		return;
	}
	if (!m->au_en_begun.ok) {
		answer_error_page(r, 500, "The login could not be begun.");
		return;
	}
	/* The message ends with this call; the plain buffer does not. */
	buf_put_span(&f->plain, m->au_en_begun.private_data);
	f->pending.private_data = buf_span(&f->plain);
	buf_put_span(&f->url, m->au_en_begun.url);
	flow_keep(r, go);
}

static void
begin_callback(struct request *r, struct connector *c)
{
	struct flow		*f = r->flow;
	struct msg_en_au_begin	 ask = { .state = span_str(f->pending.id) };
	struct peer		*worker = connector_worker(c);
	struct span		 scope = f->pending.scope, word;
	struct buf		 url;

	buf_init(&url, 2048);
	request_put_absolute(r, &url, "/callback");
	ask.callback_url = buf_span(&url);
	while (span_word(&scope, &word)) {
		ask.offline = ask.offline || span_is(word, "offline_access");
		ask.groups = ask.groups || span_is(word, "groups");
	}
	if (worker == NULL || !buf_ok(&url) || peer_ask(worker, EN_AU_BEGIN,
	    &ask, LOGIN_TIMEOUT_MS, on_begun, r) == -1)
		answer_busy(r);
	buf_clear(&url);
}

/* The request is valid: on to the connector. */
static void
begin(struct request *r)
{
	struct flow	*f = r->flow;

	if (f->connector->conf->kind == CONNECTOR_PASSWORD)
		begin_password(r, f->connector);
	else
		begin_callback(r, f->connector);
}

/*
 * dex: a hint must be a token of ours, whoever it is for and however old; more
 * is not asked of it as long as there are no sessions to compare it with.
 */
static void
on_hint(void *arg, struct msg *m)
{
	struct request	*r = arg;
	struct flow	*f = r->flow;

	if (m == NULL)
		answer_busy(r);
	else if (!m->sg_en_verified.valid)
		flow_error(r, f->pending.redirect_uri, f->pending.state,
		    "invalid_request", "id_token_hint is not a token of ours");
	else
		begin(r);
}

static void
check_hint(struct request *r, struct span hint)
{
	struct msg_en_sg_verify	 ask = { .ignore_expiry = true,
				    .token = hint };

	if (hint.len == 0)
		begin(r);
	else if (signer_ask(r->e, EN_SG_VERIFY, &ask, SIGN_TIMEOUT_MS,
	    on_hint, r) == -1)
		answer_busy(r);
}

void
authorize_connector(struct request *r)
{
	struct authz		 a;
	struct client		*client;
	struct connector	*c;
	struct flow		*f;

	if (r->http->query_bad || r->http->form_bad) {
		answer_error_page(r, 400, "The request is malformed.");
		return;
	}
	if ((client = validate(r, &a)) == NULL ||
	    (c = path_connector(r, client)) == NULL)
		return;
	if (a.nonce.len > NONCE_MAX) {
		flow_error(r, a.redirect_uri, a.state, "invalid_request",
		    "the nonce is too long");
		return;
	}
	if (a.silent) {
		flow_error(r, a.redirect_uri, a.state, "login_required",
		    "nobody is logged in");
		return;
	}
	if ((f = flow_new(r)) == NULL) {
		answer_busy(r);
		return;
	}
	f->client = client;
	f->connector = c;
	f->pending = (struct pending_request){
		.created = (uint64_t)time(NULL), .connector = c->conf->id,
		.client_id = a.client_id, .redirect_uri = a.redirect_uri,
		.scope = a.scope, .state = a.state, .nonce = a.nonce,
		.challenge = a.challenge,
		.challenge_method = a.challenge_method,
		.force_approval = a.force_approval };
	randid_make(f->pending.id);
	check_hint(r, a.id_token_hint);
}
