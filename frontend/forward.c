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

#include <sodium.h>

#include "assets.h"
#include "conn.h"
#include "cors.h"
#include "cookie.h"
#include "log.h"
#include "randid.h"
#include "router.h"
#include "sealbox.h"
#include "url.h"

/* One HTTP request becomes one FE_EN_HTTP. */

#define FORM_MAX	(4 * HTTP_BODY_MAX)
#define PAIRS_MAX	256
#define ITEM_MAX	16384	/* bytes of a name or value */
#define AUTHORIZATION_MAX 8192
#define DOCUMENT_TIME	10	/* seconds to wait for the first key */

/* What a forwarded request is composed from; freed when it has been sent. */
struct forward {
	struct msg_fe_en_http	 m;
	struct buf		 connector;
	struct list_buf		 query;
	struct list_buf		 form;
	struct list_buf		 cookies;
	struct buf		 sealed;
	char			 request_id[RANDID_UUID_LEN + 1];
	char			 address[INET6_ADDRSTRLEN];
};

static void
forward_init(struct forward *f)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->connector, 256);
	list_buf_init(&f->query, FORM_MAX);
	list_buf_init(&f->form, FORM_MAX);
	list_buf_init(&f->cookies, HTTP_HEAD_MAX);
	buf_init(&f->sealed, SEALBOX_MAX);
}

static void
forward_clear(struct forward *f)
{
	buf_clear(&f->connector);
	list_buf_clear(&f->query);
	list_buf_clear(&f->form);
	list_buf_clear(&f->cookies);
	buf_clear(&f->sealed);
}

/* Go: only POST with this very type has a form (parameters allowed). */
static bool
has_form(const struct http_req *r)
{
	static const char	 want[] = "application/x-www-form-urlencoded";
	struct span		 type = http_field(r, "Content-Type");
	size_t			 n = sizeof(want) - 1;

	return (r->method == HTTP_POST && type.len >= n &&
	    strncasecmp((const char *)type.p, want, n) == 0 &&
	    (type.len == n || type.p[n] == ';' || type.p[n] == ' '));
}

static struct in6_addr
client_of(struct conn *c, const struct http_req *r)
{
	struct frontend	*fe = c->fe;
	struct span	 fields[HTTP_FIELDS_MAX];
	size_t		 n = 0;

	if (fe->client_ip_header != NULL)
		n = http_fields(r, fe->client_ip_header, fields);
	else if (fe->nproxies == 0 && !fe->proxy_warned &&
	    http_field(r, "X-Forwarded-For").len != 0) {
		log_warn("a proxy may stand in front but web.clientRemoteIP "
		    "is not set: its visitors have one address in the log "
		    "and share one allowance of connections");
		fe->proxy_warned = true;
	}
	return (client_ip(&c->peer, fields, n, fe->proxies, fe->nproxies));
}

/* ---- typed passwords ---- */

/* The processes of a connector take turns. */
static struct sealkey *
next_sealkey(struct frontend *fe, struct span connector)
{
	struct sealkey	*k;

	TAILQ_FOREACH(k, &fe->sealkeys, entry)
		if (span_is(connector, k->connector))
			break;
	if (k != NULL) {
		TAILQ_REMOVE(&fe->sealkeys, k, entry);
		TAILQ_INSERT_TAIL(&fe->sealkeys, k, entry);
	}
	return (k);
}

/* Copies the form without the field that holds the password. */
static void
drop_field(struct list_buf *form, const char *secret)
{
	struct msg_list	 l = msg_list_of(form);
	struct list_buf	 kept;
	struct span	 name, value;

	list_buf_init(&kept, FORM_MAX);
	while (msg_list_next(&l, &name) && msg_list_next(&l, &value))
		if (!span_is(name, secret)) {
			list_buf_add(&kept, name);
			list_buf_add(&kept, value);
		}
	list_buf_clear(form);
	*form = kept;
}

/*
 * The route and the field that hold a password: what is typed there leaves
 * this process only in a box for the worker.  False if it is too long.
 */
static bool
seal_password(struct frontend *fe, struct forward *f)
{
	struct span	 login, password, state;
	struct sealkey	*k;
	bool		 sealed = true;

	if (f->m.endpoint != ENDPOINT_AUTH_LOGIN || f->m.method != HTTP_POST)
		return (true);
	msg_list_find(msg_list_of(&f->form), "login", &login);
	msg_list_find(msg_list_of(&f->form), "password", &password);
	msg_list_find(msg_list_of(&f->query), "state", &state);
	k = next_sealkey(fe, buf_span(&f->connector));
	if (k != NULL) {
		sealed = sealbox_seal(&f->sealed, k->public_key,
		    (uint64_t)time(NULL), buf_span(&f->connector), state,
		    login, password) == 0;
		f->m.sealed_instance = k->instance;
	}
	drop_field(&f->form, "password");
	return (sealed);
}

/* ---- composing ---- */

/* msg.def has no room for more: a stranger's doing, not a fault to log. */
static bool
fits(const struct msg_fe_en_http *m)
{
	struct msg_list	 l = m->form;
	struct span	 item;

	while (msg_list_next(&l, &item))
		if (item.len > ITEM_MAX)
			return (false);
	return (m->query.count <= PAIRS_MAX && m->form.count <= PAIRS_MAX &&
	    m->authorization.len <= AUTHORIZATION_MAX &&
	    span_is_utf8(m->authorization));
}

/* False when the message cannot hold it. */
static bool
compose(struct conn *c, struct forward *f, const struct route *route,
    struct span body)
{
	const struct http_req	*r = &c->fe->req;
	struct in6_addr		 client = client_of(c, r);

	randid_uuid(f->request_id);
	ip_text(&client, f->address);
	c->seals = route->endpoint == ENDPOINT_AUTH_LOGIN;
	f->m.endpoint = (uint8_t)route->endpoint;
	f->m.method = (uint8_t)r->method;
	f->m.request_id = span_str(f->request_id);
	f->m.address = span_str(f->address);
	f->m.path = r->path;
	f->m.connector = buf_span(&f->connector);
	f->m.query_raw = r->query;
	f->m.query_bad = url_parse_form(&f->query, r->query) == -1;
	if (has_form(r))
		f->m.form_bad = url_parse_form(&f->form, body) == -1;
	cookies_take(&f->cookies, r);
	f->m.authorization = http_field(r, "Authorization");
	if (!buf_ok(&f->query.b) || !buf_ok(&f->form.b) ||
	    !seal_password(c->fe, f))
		return (false);
	f->m.query = msg_list_of(&f->query);
	f->m.form = msg_list_of(&f->form);
	if (!fits(&f->m))
		return (false);
	f->m.cookies = msg_list_of(&f->cookies);
	f->m.sealed = buf_span(&f->sealed);
	return (true);
}

static void
ask_engine(struct conn *c, const struct route *route, struct buf *connector,
    struct span body)
{
	struct peer	*engine = c->fe->engine;
	struct forward	 f;

	if (engine == NULL || peer_is_full(engine) ||
	    peer_pending(engine) >= ENGINE_PENDING) {
		conn_respond_busy(c);
		return;
	}
	forward_init(&f);
	buf_put_span(&f.connector, buf_span(connector));
	if (!compose(c, &f, route, body))
		conn_respond_text(c, 413, "The request is too large.\n");
	else if (peer_ask(engine, FE_EN_HTTP, &f.m, ENGINE_TIMEOUT_MS,
	    on_engine_answer, c) == 0)
		c->state = CONN_ENGINE;
	else if (peer_is_open(engine))
		conn_respond_text(c, 400, "The request cannot be read.\n");
	else	/* it died just now; that is not the visitor's fault */
		conn_respond_busy(c);
	forward_clear(&f);
}

/* ---- what we serve ourselves ---- */

void
document_serve(struct conn *c, unsigned which)
{
	const struct document_copy	*d = &c->fe->documents[which];
	struct response			 r = { .status = 200,
					    .type = "application/json",
					    .body = buf_span(&d->body) };
	struct buf			 fields;

	if (!d->known) {
		conn_await(c, which, DOCUMENT_TIME);
		return;
	}
	buf_init(&fields, 65536);
	buf_put_span(&fields, buf_span(&c->fe->other_fields));
	if (which == DOCUMENT_JWKS)
		buf_put_str(&fields,
		    "Cache-Control: max-age=600, must-revalidate\r\n");
	r.fields = buf_span(&fields);
	conn_respond(c, &r);
	buf_clear(&fields);
}

static void
serve_asset(struct conn *c, const char *prefix, struct span rest)
{
	const struct asset	*a = files_find(c->fe, prefix, rest);
	struct response		 r = { .status = 200,
				    .fields = span_str(
				    "X-Content-Type-Options: nosniff\r\n"
				    "Cache-Control: public, max-age=600\r\n") };

	if (a == NULL || (c->fe->req.method != HTTP_GET &&
	    c->fe->req.method != HTTP_HEAD)) {
		conn_respond_text(c, 404, "404 page not found\n");
		return;
	}
	r.type = asset_type(a->name);
	r.body = span_mem(a->bytes, a->len);
	r.lasting = true;
	conn_respond(c, &r);
}

/* As dex: the theme's robots.txt; ours says the same as dex's. */
static void
serve_robots(struct conn *c)
{
	const struct asset	*a = files_robots(c->fe);
	struct response		 r = { .status = 200, .type =
				    "text/plain; charset=utf-8",
				    .fields = buf_span(&c->fe->other_fields),
				    .body = span_str("User-agent: *\n"
				    "Disallow: /\n") };

	if (a != NULL)
		r.body = span_mem(a->bytes, a->len);
	conn_respond(c, &r);
}

/* False when the request was a preflight, and is answered. */
static bool
cross_origin(struct conn *c)
{
	const struct frontend		*fe = c->fe;
	const struct cors_policy	 policy = {
		.origins = fe->conf->allowed_origins,
		.headers = fe->conf->allowed_headers };
	struct response			 r = {
		.fields = buf_span(&fe->other_fields) };

	r.status = cors_decide(&policy, &fe->req, &c->cors);
	if (!buf_ok(&c->cors)) {
		conn_respond_busy(c);
		return (false);
	}
	if (r.status != 0)
		conn_respond(c, &r);
	return (r.status == 0);
}

void
request_serve(struct conn *c, struct span body)
{
	struct frontend	*fe = c->fe;
	struct buf	 connector;
	struct route	 route;
	char		 theme[80];

	buf_init(&connector, 256);
	route = route_find(fe->req.path, span_str(fe->issuer_path),
	    &connector);
	c->handler = route.handler;
	if (route.cors && !cross_origin(c)) {
		buf_clear(&connector);
		return;
	}
	switch (route.kind) {
	case ROUTE_ENDPOINT:
		ask_engine(c, &route, &connector, body);
		break;
	case ROUTE_DOCUMENT:
		document_serve(c, route.document);
		break;
	case ROUTE_STATIC:
		serve_asset(c, "static", route.rest);
		break;
	case ROUTE_THEME:
		snprintf(theme, sizeof(theme), "themes/%.*s",
		    (int)fe->conf->theme.len,
		    (const char *)span_ptr(fe->conf->theme));
		serve_asset(c, theme, route.rest);
		break;
	case ROUTE_ROBOTS:
		serve_robots(c);
		break;
	default:
		conn_respond_text(c, 404, "404 page not found\n");
		break;
	}
	buf_clear(&connector);
}
