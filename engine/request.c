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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "log.h"
#include "request.h"

#define COOKIES_MAX	(16 * 1024)
#define REQUESTS_MAX	8192	/* under way at once */
#define COOKIE_ID_LEN	8
#define REFUSALS_A_SECOND	100	/* in the log */

struct request *
request_new(struct engine *e, struct peer *frontend, const struct msg *m)
{
	struct request	*r;

	if (e->nrequests == REQUESTS_MAX ||
	    (r = calloc(1, sizeof(*r))) == NULL)
		return (NULL);
	buf_init(&r->raw, msg_edge_max(ROOM_FRONTEND, ROOM_ENGINE));
	r->msg.type = FE_EN_HTTP;
	if (msg_encode(FE_EN_HTTP, &m->fe_en_http, &r->raw) == -1 ||
	    msg_decode(&r->msg, buf_span(&r->raw)) == -1) {
		buf_clear(&r->raw);
		free(r);
		return (NULL);
	}
	r->e = e;
	r->frontend = frontend;
	r->rid = m->rid;
	r->http = &r->msg.fe_en_http;
	list_buf_init(&r->cookies, COOKIES_MAX);
	TAILQ_INSERT_TAIL(&e->requests, r, entry);
	e->nrequests++;
	return (r);
}

static void
request_free(struct request *r)
{
	if (r->flow_free != NULL)
		r->flow_free(r->flow);
	TAILQ_REMOVE(&r->e->requests, r, entry);
	r->e->nrequests--;
	list_buf_clear(&r->cookies);
	buf_clear(&r->raw);
	free(r);
}

struct span
request_param(const struct request *r, const char *name)
{
	struct span	 value;

	if (!msg_list_find(r->http->form, name, &value))
		msg_list_find(r->http->query, name, &value);
	return (value);
}

/* RFC 6265bis section 4.1.3: the prefix makes the browser keep our terms. */
static void
put_cookie_name(struct buf *b, const struct engine *e, const char *kind,
    struct span id)
{
	if (e->https)
		buf_put_str(b, *e->issuer_path == '\0' ? "__Host-" :
		    "__Secure-");
	buf_printf(b, "dexd_%s_", kind);
	buf_put(b, id.p, id.len < COOKIE_ID_LEN ? id.len : COOKIE_ID_LEN);
}

/* The letters and digits of randid_make(). */
static bool
is_cookie_id(struct span id)
{
	size_t	 i;

	for (i = 0; i < id.len; i++)
		if (!(id.p[i] >= 'a' && id.p[i] <= 'z') &&
		    !(id.p[i] >= '2' && id.p[i] <= '7'))
			return (false);
	return (id.len == COOKIE_ID_LEN);
}

bool
request_cookie_is(const struct request *r, const char *kind, struct span name,
    struct span *id)
{
	struct buf	 b;
	bool		 is;

	buf_init(&b, 128);
	put_cookie_name(&b, r->e, kind, span_mem(NULL, 0));
	is = buf_ok(&b) && name.len > b.len && memcmp(name.p, b.p, b.len) == 0;
	if (is)
		*id = span_mem(name.p + b.len, name.len - b.len);
	buf_clear(&b);
	return (is && is_cookie_id(*id));
}

struct span
request_cookie(const struct request *r, const char *kind, struct span id)
{
	struct buf	 name;
	struct span	 value = { NULL, 0 };

	buf_init(&name, 128);
	put_cookie_name(&name, r->e, kind, id);
	if (buf_cstr(&name) != NULL)
		msg_list_find(r->http->cookies, buf_cstr(&name), &value);
	buf_clear(&name);
	return (value);
}

void
request_set_cookie(struct request *r, const char *kind, struct span id,
    struct span value, uint32_t max_age)
{
	struct engine	*e = r->e;
	struct buf	 b;

	buf_init(&b, 4096);
	put_cookie_name(&b, e, kind, id);
	buf_put_c(&b, '=');
	buf_put_span(&b, value);
	buf_printf(&b, "; Path=%s; Max-Age=%u; HttpOnly; SameSite=Lax%s",
	    *e->issuer_path == '\0' ? "/" : e->issuer_path,
	    value.len == 0 ? 0 : max_age, e->https ? "; Secure" : "");
	if (buf_ok(&b))
		list_buf_add(&r->cookies, buf_span(&b));
	buf_clear(&b);
}

void
request_put_path(const struct request *r, struct buf *b, const char *path)
{
	buf_put_str(b, r->e->issuer_path);
	buf_put_str(b, path);
}

void
request_put_absolute(const struct request *r, struct buf *b, const char *path)
{
	size_t	 n = strlen(r->e->issuer);

	while (n != 0 && r->e->issuer[n - 1] == '/')
		n--;
	buf_put(b, r->e->issuer, n);
	buf_put_str(b, path);
}

struct request_log
request_log(const struct request *r)
{
	return ((struct request_log){ .request_id =
	    span_dup(r->http->request_id), .address =
	    span_dup(r->http->address) });
}

void
request_log_free(struct request_log *l)
{
	free(l->request_id);
	free(l->address);
}

/* Strangers can be refused as often as they like; the log has an end. */
bool
request_may_log(const struct request *r)
{
	struct engine	*e = r->e;
	uint64_t	 now = (uint64_t)time(NULL);

	if (now != e->refusals_at && e->refusals > REFUSALS_A_SECOND)
		logf_warn("%u refused requests were not logged",
		    e->refusals - REFUSALS_A_SECOND);
	if (now != e->refusals_at)
		e->refusals = 0;
	e->refusals_at = now;
	return (++e->refusals <= REFUSALS_A_SECOND);
}

/* Who was refused and why; the reasons are texts of ours. */
void
request_log_refusal(struct request *r, unsigned status, const char *error,
    const char *why)
{
	struct request_log	 l;
	char			 code[12];
	char			*path;

	if (!request_may_log(r))
		return;
	l = request_log(r);
	path = span_dup(r->http->path);
	snprintf(code, sizeof(code), "%u", status);
	log_record(status < 500 ? LOG_LVL_INFO : LOG_LVL_ERROR,
	    "request refused", "path", path, "status", code, "error", error,
	    "why", why, "client_remote_addr", l.address, "request_id",
	    l.request_id, (char *)NULL);
	free(path);
	request_log_free(&l);
}

/* Sends what was composed and ends the request. */
static void
answer(struct request *r, struct msg_en_fe_answer *a)
{
	struct msg_en_fe_answer	 sorry = { .kind = ANSWER_TEXT, .status = 500,
				    .body = span_str("internal error\n") };

	a->cookies = msg_list_of(&r->cookies);
	if (r->frontend != NULL && peer_answer(r->frontend, r->rid,
	    EN_FE_ANSWER, a) == -1)
		peer_answer(r->frontend, r->rid, EN_FE_ANSWER, &sorry);
	request_free(r);
}

void
answer_page(struct request *r, unsigned status, enum page page,
    struct page_data *data)
{
	struct msg_en_fe_answer	 a = { .kind = ANSWER_PAGE, .status = status,
				    .page = (uint8_t)page, .no_store = true };

	/* Half of the values would be another page than what was meant. */
	if (data != NULL && !buf_ok(&data->list.b))
		answer_error_page(r, 400, "This request is too large.");
	else {
		if (data != NULL)
			a.data = msg_list_of(&data->list);
		answer(r, &a);
	}
	if (data != NULL)
		page_data_clear(data);
}

static const char *
reason_phrase(unsigned status)
{
	switch (status) {
	case 400:
		return ("Bad Request");
	case 401:
		return ("Unauthorized");
	case 403:
		return ("Forbidden");
	case 404:
		return ("Not Found");
	case 503:
		return ("Service Unavailable");
	default:
		return ("Internal Server Error");
	}
}

static const char *
heading_for(unsigned status)
{
	switch (status) {
	case 400:
		return ("This request cannot be answered");
	case 401:
	case 403:
		return ("This is not allowed");
	case 404:
		return ("This does not exist");
	case 503:
		return ("Too busy just now");
	default:
		return ("Something went wrong");
	}
}

void
answer_sorry(struct request *r, const struct sorry *s)
{
	struct msg_en_fe_answer	 a = { .kind = ANSWER_PAGE,
				    .status = s->status, .page = PAGE_ERROR,
				    .no_store = true,
				    .retry_after = s->status == 503 };
	struct page_data	 d;

	request_log_refusal(r, s->status, "", s->text);
	page_data_init(&d);
	page_data_str(&d, "ErrType", span_str(reason_phrase(s->status)));
	page_data_str(&d, "ErrMsg", span_str(s->text));
	page_data_str(&d, "Heading", span_str(s->heading != NULL ? s->heading :
	    heading_for(s->status)));
	if (s->again.len != 0) {
		page_data_str(&d, "AgainURL", s->again);
		page_data_str(&d, "AgainText", span_str(s->again_text));
	}
	a.data = msg_list_of(&d.list);
	answer(r, &a);
	page_data_clear(&d);
}

void
answer_error_page(struct request *r, unsigned status, const char *text)
{
	const struct sorry	 s = { .status = status, .text = text };

	answer_sorry(r, &s);
}

void
answer_redirect(struct request *r, unsigned status, struct span url)
{
	struct msg_en_fe_answer	 a = { .kind = ANSWER_REDIRECT,
				    .status = status, .location = url,
				    .no_store = true };

	answer(r, &a);
}

void
answer_json(struct request *r, unsigned status, struct span body,
    bool no_store)
{
	struct msg_en_fe_answer	 a = { .kind = ANSWER_JSON, .status = status,
				    .body = body, .no_store = no_store };

	answer(r, &a);
}

static void
oauth_error(struct request *r, unsigned status, const char *code,
    const char *text, bool bearer)
{
	struct msg_en_fe_answer	 a = { .kind = ANSWER_JSON, .status = status,
				    .no_store = true, .bearer = bearer,
				    .retry_after = status == 503 };
	struct buf		 b;

	buf_init(&b, 2048);
	buf_printf(&b, "{\"error\":\"%s\"", code);
	if (text != NULL) {
		buf_put_str(&b, ",\"error_description\":");
		json_put_string(&b, span_str(text));
	}
	buf_put_c(&b, '}');
	a.body = buf_span(&b);
	if (status >= 400)
		request_log_refusal(r, status, code, text);
	answer(r, &a);
	buf_clear(&b);
}

void
answer_oauth_error(struct request *r, unsigned status, const char *code,
    const char *text)
{
	oauth_error(r, status, code, text, false);
}

/* dex: WWW-Authenticate goes with the 401 of /userinfo alone. */
void
answer_bearer_error(struct request *r, unsigned status, const char *code,
    const char *text)
{
	oauth_error(r, status, code, text, status == 401);
}

void
answer_text(struct request *r, unsigned status, const char *text)
{
	struct msg_en_fe_answer	 a = { .kind = ANSWER_TEXT, .status = status,
				    .body = span_str(text) };

	answer(r, &a);
}

static bool
is_for_people(const struct request *r)
{
	switch ((enum endpoint)r->http->endpoint) {
	case ENDPOINT_AUTH:
	case ENDPOINT_AUTH_CONNECTOR:
	case ENDPOINT_AUTH_LOGIN:
	case ENDPOINT_CALLBACK:
	case ENDPOINT_CALLBACK_CONNECTOR:
	case ENDPOINT_APPROVAL:
		return (true);
	default:
		return (false);
	}
}

void
answer_busy(struct request *r)
{
	struct msg_en_fe_answer	 a = { .kind = ANSWER_TEXT, .status = 503,
				    .retry_after = 1, .no_store = true,
				    .body = span_str("try again shortly\n") };

	if (is_for_people(r))
		answer_error_page(r, 503, "Please wait a moment, then reload "
		    "this page.");
	else
		answer(r, &a);
}
