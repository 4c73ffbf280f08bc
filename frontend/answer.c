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
#include <string.h>

#include "conn.h"
#include "cookie.h"
#include "log.h"
#include "page_data.h"

/* One EN_FE_ANSWER becomes one HTTP response; its syntax is checked here. */

#define FIELDS_MAX	131072
#define PAGE_MAX_BYTES	(512 * 1024)

/* RFC 3986: what is not a URI character travels percent-encoded. */
static bool
put_location(struct buf *b, struct span url)
{
	size_t	 i;

	if (url.len == 0)
		return (false);
	buf_put_str(b, "Location: ");
	for (i = 0; i < url.len; i++)
		if (url.p[i] < ' ' || url.p[i] == 0x7f)
			return (false);
		else if (url.p[i] > 0x7f || url.p[i] == ' ')
			buf_printf(b, "%%%02X", url.p[i]);
		else
			buf_put_c(b, url.p[i]);
	buf_put_str(b, "\r\n");
	return (true);
}

/* Only cookies of ours, whatever a broken engine would set. */
static bool
put_cookies(struct buf *b, struct msg_list cookies)
{
	struct span	 cookie;
	const uint8_t	*eq;

	while (msg_list_next(&cookies, &cookie)) {
		eq = memchr(span_ptr(cookie), '=', cookie.len);
		if (eq == NULL || !cookie_is_ours(span_mem(cookie.p,
		    (size_t)(eq - cookie.p))) ||
		    response_put_field(b, "Set-Cookie", cookie) == -1)
			return (false);
	}
	return (true);
}

static bool
put_fields(struct buf *b, const struct frontend *fe,
    const struct msg_en_fe_answer *a)
{
	buf_put_span(b, buf_span(a->kind == ANSWER_PAGE ? &fe->page_fields :
	    &fe->other_fields));
	if (a->kind == ANSWER_REDIRECT && !put_location(b, a->location))
		return (false);
	if (!put_cookies(b, a->cookies))
		return (false);
	if (a->no_store)
		buf_put_str(b, "Cache-Control: no-store\r\n"
		    "Pragma: no-cache\r\n");
	if (a->bearer)
		buf_put_str(b, "WWW-Authenticate: Bearer\r\n");
	if (a->retry_after != 0)
		buf_printf(b, "Retry-After: %u\r\n", a->retry_after);
	return (buf_ok(b));
}

/*
 * What is typed into a password form must come back to the route that seals
 * it: an engine that is broken could name any other place, ours or not.
 */
static bool
password_comes_back(const struct conn *c, const struct msg_en_fe_answer *a)
{
	struct page_value	 post;
	size_t			 n = c->path.len;

	if (a->page != PAGE_PASSWORD)
		return (true);
	return (c->seals && page_data_get(a->data, "PostURL", &post) &&
	    post.type == PAGE_VALUE_STR && post.str.len >= n && n != 0 &&
	    memcmp(post.str.p, c->path.p, n) == 0 &&
	    (post.str.len == n || post.str.p[n] == '?'));
}

/* After a 307 or 308 a browser would send what was typed to another place. */
static bool
is_good_status(const struct msg_en_fe_answer *a)
{
	if (a->kind == ANSWER_REDIRECT)
		return (a->status == 302 || a->status == 303);
	return (response_is_known(a->status));
}

/* Sets type and body; the page goes into `page`. */
static bool
put_body(struct conn *c, const struct msg_en_fe_answer *a, struct buf *page,
    struct response *r)
{
	switch ((enum answer)a->kind) {
	case ANSWER_PAGE:
		r->type = "text/html; charset=utf-8";
		if (!password_comes_back(c, a) || page_render(c->fe,
		    (enum page)a->page, a->data, buf_span(&c->path), page) ==
		    -1)
			return (false);
		r->body = buf_span(page);
		return (true);
	case ANSWER_JSON:
		r->type = "application/json";
		r->body = a->body;
		return (true);
	case ANSWER_TEXT:
		r->type = "text/plain; charset=utf-8";
		r->body = a->body;
		return (true);
	default:
		return (true);		/* a redirect has no body */
	}
}

void
on_engine_answer(void *arg, struct msg *m)
{
	struct conn			*c = arg;
	const struct msg_en_fe_answer	*a;
	struct response			 r = { .status = 500 };
	struct buf			 fields, page;

	if (m == NULL) {
		conn_respond_busy(c);
		conn_continue(c);
		return;
	}
	a = &m->en_fe_answer;
	buf_init(&fields, FIELDS_MAX);
	buf_init(&page, PAGE_MAX_BYTES);
	r.status = a->status;
	if (!is_good_status(a) ||
	    !put_fields(&fields, c->fe, a) || !put_body(c, a, &page, &r)) {
		log_error("an answer of the engine is malformed");
		conn_respond_text(c, 500, "internal error\n");
	} else {
		r.fields = buf_span(&fields);
		conn_respond(c, &r);
	}
	buf_clear(&fields);
	buf_clear(&page);
	conn_continue(c);
}
