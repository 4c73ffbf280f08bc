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

#include <string.h>

#include "flow.h"
#include "url.h"

/*
 * What a person is told when a login cannot go on, with a way to begin the same
 * request anew where one is known.  Beginning anew is asking /auth again: all of
 * it is validated as if the application had just sent the browser.
 */

#define AGAIN_MAX	8192	/* a longer URL is not offered */

/* Only a path of our own host is a way back: no scheme, no "//host". */
static bool
is_local_path(struct span back)
{
	size_t	 i;

	if (back.len < 2 || back.p[0] != '/' || back.p[1] == '/' ||
	    back.p[1] == '\\')
		return (false);
	for (i = 0; i < back.len; i++)
		if (back.p[i] < ' ' || back.p[i] == 0x7f)
			return (false);
	return (true);
}

struct span
request_back(const struct request *r)
{
	struct span	 back;

	msg_list_find(r->http->query, "back", &back);
	return (is_local_path(back) ? back : span_mem(NULL, 0));
}

/* "Begin again" must do what it says, so it leads to /auth alone. */
static void
put_back(const struct request *r, struct buf *url)
{
	struct span	 back = request_back(r);
	struct buf	 auth;

	buf_init(&auth, AGAIN_MAX);
	request_put_path(r, &auth, "/auth?");
	if (buf_ok(&auth) && back.len > auth.len && back.len < AGAIN_MAX &&
	    memcmp(back.p, auth.p, auth.len) == 0)
		buf_put_span(url, back);
	buf_clear(&auth);
}

static void
add(struct list_buf *l, const char *name, struct span value)
{
	if (value.len == 0)
		return;
	list_buf_add(l, span_str(name));
	list_buf_add(l, value);
}

/* The URL that the application sent the browser to. */
static void
put_request(const struct request *r, struct buf *url,
    const struct pending_request *p)
{
	struct list_buf	 l;

	list_buf_init(&l, AGAIN_MAX);
	add(&l, "client_id", p->client_id);
	add(&l, "redirect_uri", p->redirect_uri);
	add(&l, "response_type", span_str("code"));
	add(&l, "scope", p->scope);
	add(&l, "state", p->state);
	add(&l, "nonce", p->nonce);
	add(&l, "code_challenge", p->challenge);
	if (p->challenge.len != 0)
		add(&l, "code_challenge_method", p->challenge_method);
	if (p->force_approval)
		add(&l, "approval_prompt", span_str("force"));
	request_put_path(r, url, "/auth/");
	url_put_segment(url, p->connector);
	buf_put_c(url, '?');
	url_put_form(url, msg_list_of(&l), NULL);
	url->failed = url->failed || !buf_ok(&l.b);
	list_buf_clear(&l);
}

void
flow_sorry(struct request *r, const char *heading, const char *text,
    const struct pending_request *p)
{
	struct sorry	 s = { .status = 400, .heading = heading,
			    .text = text, .again_text = "Start again" };
	struct buf	 url;

	buf_init(&url, AGAIN_MAX);
	if (p != NULL)
		put_request(r, &url, p);
	else
		put_back(r, &url);
	if (buf_ok(&url))
		s.again = buf_span(&url);
	answer_sorry(r, &s);
	buf_clear(&url);
}

void
flow_expired(struct request *r, const struct pending_request *p)
{
	flow_sorry(r, "This login has expired", "It was open for too long, so "
	    "nobody was logged in.", p);
}

void
flow_unknown(struct request *r)
{
	flow_sorry(r, "This login is over", "It was finished already, it took "
	    "too long, or it was begun in another browser. If you are not "
	    "logged in, go back to the application and try again.", NULL);
}
