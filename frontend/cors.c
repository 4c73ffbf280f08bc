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

#include "cors.h"

static bool
is_token(struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr(
		    "\"(),/:;<=>?@[\\]{}", s.p[i]) != NULL)
			return (false);
	return (s.len != 0);
}

/* Go leaves alone what is no token. */
void
cors_put_canonical(struct buf *b, struct span name)
{
	bool	 upper = true;
	uint8_t	 c;
	size_t	 i;

	if (!is_token(name)) {
		buf_put_span(b, name);
		return;
	}
	for (i = 0; i < name.len; i++) {
		c = name.p[i];
		if (upper && c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		else if (!upper && c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		buf_put_c(b, c);
		upper = c == '-';
	}
}

/* Is the canonical name one of the list's, made canonical? */
static bool
list_has_name(struct msg_list l, struct span name)
{
	struct buf	 b;
	struct span	 item;
	bool		 same = false;

	buf_init(&b, 4096);
	while (!same && msg_list_next(&l, &item)) {
		buf_reset(&b);
		cors_put_canonical(&b, span_trim(item));
		same = buf_ok(&b) && span_eq(buf_span(&b), name);
	}
	buf_clear(&b);
	return (same);
}

/* What a browser may send without asking. */
static bool
is_default(struct span name)
{
	return (span_is(name, "Accept") || span_is(name, "Accept-Language") ||
	    span_is(name, "Content-Language") || span_is(name, "Origin"));
}

static bool
is_allowed_method(struct span method)
{
	return (span_is(method, "GET") || span_is(method, "HEAD") ||
	    span_is(method, "POST"));
}

/*
 * The names that Access-Control-Request-Headers asks for go into `accepted`,
 * but for the default ones.  False if one is not allowed.
 */
static bool
take_names(const struct cors_policy *p, struct span rest, struct buf *accepted)
{
	const uint8_t	*comma;
	struct span	 item;
	struct buf	 name;
	bool		 ok = true;

	buf_init(&name, HTTP_HEAD_MAX);
	while (ok && rest.len != 0) {
		comma = memchr(rest.p, ',', rest.len);
		item = comma == NULL ? rest :
		    span_mem(rest.p, (size_t)(comma - rest.p));
		rest = comma == NULL ? span_mem(NULL, 0) :
		    span_mem(comma + 1, rest.len - item.len - 1);
		buf_reset(&name);
		cors_put_canonical(&name, span_trim(item));
		if (name.len == 0 || is_default(buf_span(&name)))
			continue;
		ok = is_token(buf_span(&name)) &&
		    list_has_name(p->headers, buf_span(&name));
		if (accepted->len != 0)
			buf_put_c(accepted, ',');
		buf_put_span(accepted, buf_span(&name));
	}
	buf_clear(&name);
	return (ok);
}

static void
put_origin(const struct cors_policy *p, struct span origin, bool any,
    struct buf *fields)
{
	/* With "*" the answer is the same for everybody. */
	if (!any && p->origins.count > 1)
		buf_put_str(fields, "Vary: Origin\r\n");
	buf_put_str(fields, "Access-Control-Allow-Origin: ");
	buf_put_span(fields, any ? span_str("*") : origin);
	buf_put_str(fields, "\r\n");
}

static unsigned
decide_preflight(const struct cors_policy *p, const struct http_req *r,
    struct span origin, bool any, struct buf *fields)
{
	struct span	 method = http_field(r,
			    "Access-Control-Request-Method");
	struct buf	 accepted;
	unsigned	 status = 403;

	if (method.len == 0)
		return (400);
	if (!is_allowed_method(method))
		return (405);
	buf_init(&accepted, HTTP_HEAD_MAX);
	if (take_names(p, http_field(r, "Access-Control-Request-Headers"),
	    &accepted) && buf_ok(&accepted)) {
		status = 200;
		if (accepted.len != 0) {
			buf_put_str(fields, "Access-Control-Allow-Headers: ");
			buf_put_span(fields, buf_span(&accepted));
			buf_put_str(fields, "\r\n");
		}
		put_origin(p, origin, any, fields);
	}
	buf_clear(&accepted);
	return (status);
}

unsigned
cors_decide(const struct cors_policy *p, const struct http_req *r,
    struct buf *fields)
{
	struct span	 origin = http_field(r, "Origin");
	bool		 any = msg_list_has(p->origins, span_str("*"));

	if (p->origins.count == 0)
		return (0);
	if (origin.len == 0 || (!any && !msg_list_has(p->origins, origin)))
		return (r->method == HTTP_OPTIONS ? 200 : 0);
	if (r->method == HTTP_OPTIONS)
		return (decide_preflight(p, r, origin, any, fields));
	put_origin(p, origin, any, fields);
	return (0);
}
