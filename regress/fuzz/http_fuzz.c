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

/* link: frontend/http_req.c frontend/cookie.c frontend/client_ip.c frontend/router.c */

#include "regress/fuzz/fuzz.h"

#include "frontend/client_ip.h"
#include "frontend/cookie.h"
#include "frontend/http_req.h"
#include "frontend/router.h"
#include "url.h"

/*
 * Bytes of anybody on a connection: requests with their bodies, one after the
 * other.  However the bytes are cut into pieces, the reading is the same.
 */

static struct http_req	 r;

/* RFC 9112 section 2.2, RFC 9110 section 5.5: what may never come through. */
static void
check_clean(struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		RULE(s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\0');
}

static void
check_head(struct span head)
{
	unsigned	 i, hosts = 0, lengths = 0, codings = 0;
	struct span	 name;

	RULE(r.path.len != 0 && r.path.len <= HTTP_PATH_MAX);
	RULE(r.path.p[0] == '/' || span_is(r.path, "*"));
	/* "http://host" has the path "/", which is not among the bytes. */
	RULE(span_is(r.path, "/") || (r.path.p >= head.p &&
	    r.path.p + r.path.len <= head.p + head.len));
	check_clean(r.path);
	check_clean(r.query);
	for (i = 0; i < r.nfields; i++) {
		name = r.fields[i].name;
		RULE(name.len != 0);
		check_clean(name);
		check_clean(r.fields[i].value);
		hosts += name.len == 4 && !strncasecmp((const char *)name.p,
		    "host", 4);
		lengths += name.len == 14 && !strncasecmp(
		    (const char *)name.p, "content-length", 14);
		codings += name.len == 17 && !strncasecmp(
		    (const char *)name.p, "transfer-encoding", 17);
	}
	RULE(hosts <= 1 && (r.minor == 0 || hosts == 1));
	RULE(lengths + codings <= 1);
	RULE((r.body == HTTP_BODY_CHUNKED) == (codings == 1));
	RULE(r.length <= HTTP_BODY_MAX);
}

/* The cookies, parameters, route and address that come of a request. */
static void
check_meaning(void)
{
	static struct span	 fields[HTTP_FIELDS_MAX];
	struct ip_prefix	 proxies[2];
	struct list_buf		 l;
	struct msg_list		 rest;
	struct span		 name, value;
	struct in6_addr		 peer;
	struct buf		 segment;

	list_buf_init(&l, HTTP_HEAD_MAX);
	cookies_take(&l, &r);
	RULE(buf_ok(&l.b) && l.count % 2 == 0 && l.count <= COOKIES_MAX);
	rest = msg_list_of(&l);
	while (msg_list_next(&rest, &name) && msg_list_next(&rest, &value)) {
		RULE(cookie_is_ours(name) && span_is_utf8(name));
		RULE(span_is_utf8(value) && value.len <= COOKIE_VALUE_MAX);
	}
	list_buf_clear(&l);
	list_buf_init(&l, 4 * HTTP_QUERY_MAX);
	url_parse_form(&l, r.query);
	list_buf_clear(&l);
	buf_init(&segment, 256);
	if (route_find(r.path, span_str("/dex"), &segment).kind != ROUTE_NONE)
		RULE(span_is_utf8(buf_span(&segment)) && (segment.len == 0 ||
		    memchr(segment.p, '\0', segment.len) == NULL));
	buf_clear(&segment);
	ip_prefix_parse(span_str("127.0.0.0/8"), &proxies[0]);
	ip_prefix_parse(span_str("fd00::/8"), &proxies[1]);
	ip_parse(span_str("127.0.0.1"), &peer);
	client_ip(&peer, fields, http_fields(&r, "X-Forwarded-For", fields),
	    proxies, 2);
}

/* The end of a head, found at once and found a byte at a time. */
static ssize_t
find_head(struct span s, unsigned *status)
{
	size_t		 scanned = 0, slowly = 0, i;
	unsigned	 late = 0;
	ssize_t		 n = http_head_end(s, &scanned, status), m = 0;

	for (i = 1; i <= s.len && m == 0; i++)
		m = http_head_end(span_mem(s.p, i), &slowly, &late);
	RULE(n == m && (n != -1 || *status == late));
	return (n);
}

/* The same for a chunked body.  Bytes used, or -1 unless it is whole. */
static ssize_t
read_chunks(struct span s)
{
	struct http_chunks	 c = { 0 }, d = { 0 };
	struct buf		 one, two;
	size_t			 used, at, n;
	unsigned		 status = 0, late = 0;
	int			 done, slowly = 0;

	buf_init(&one, HTTP_BODY_MAX);
	buf_init(&two, HTTP_BODY_MAX);
	done = http_chunks_read(&c, s, &used, &one, &status);
	for (at = 0; at < s.len && slowly == 0; at += n)
		slowly = http_chunks_read(&d, span_mem(s.p + at, 1), &n, &two,
		    &late);
	RULE(done == slowly && used <= s.len && status == late);
	RULE(done == -1 || (at == used &&
	    span_eq(buf_span(&one), buf_span(&two))));
	buf_clear(&one);
	buf_clear(&two);
	return (done == 1 ? (ssize_t)used : -1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span	 rest = span_mem(p, len);
	struct list_buf	 form;
	unsigned	 status = 0;
	ssize_t		 n;

	while (rest.len != 0) {
		if ((n = find_head(rest, &status)) <= 0)
			return (0);
		if ((status = http_head_parse(span_mem(rest.p, (size_t)n),
		    &r)) != 0) {
			RULE(status >= 400 && status <= 599);
			return (0);
		}
		check_head(span_mem(rest.p, (size_t)n));
		check_meaning();
		rest = span_mem(rest.p + n, rest.len - (size_t)n);
		n = (ssize_t)r.length;
		if (r.body == HTTP_BODY_CHUNKED)
			n = read_chunks(rest);
		if (n == -1 || (size_t)n > rest.len)
			return (0);
		list_buf_init(&form, 4 * HTTP_BODY_MAX);
		url_parse_form(&form, span_mem(rest.p, (size_t)n));
		list_buf_clear(&form);
		rest = span_mem(rest.p + n, rest.len - (size_t)n);
	}
	return (0);
}
