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

#include "router.h"
#include "url.h"

#define CORS	true

static const struct {
	const char	*path;		/* '*' stands for one segment */
	const char	*handler;	/* dex's name for it; NULL: the path */
	bool		 cors;
	enum route_kind	 kind;
	int		 which;
} routes[] = {
	{ "/.well-known/openid-configuration", NULL, CORS, ROUTE_DOCUMENT,
	    DOCUMENT_DISCOVERY },
	{ "/keys", NULL, CORS, ROUTE_DOCUMENT, DOCUMENT_JWKS },
	{ "/token", NULL, CORS, ROUTE_ENDPOINT, ENDPOINT_TOKEN },
	{ "/auth", NULL, !CORS, ROUTE_ENDPOINT, ENDPOINT_AUTH },
	{ "/auth/*", "/auth/{connector}", !CORS, ROUTE_ENDPOINT,
	    ENDPOINT_AUTH_CONNECTOR },
	{ "/auth/*/login", "/auth/{connector}/login", !CORS, ROUTE_ENDPOINT,
	    ENDPOINT_AUTH_LOGIN },
	{ "/callback", NULL, !CORS, ROUTE_ENDPOINT, ENDPOINT_CALLBACK },
	{ "/callback/*", "/callback/{connector}", !CORS, ROUTE_ENDPOINT,
	    ENDPOINT_CALLBACK_CONNECTOR },
	{ "/approval", NULL, !CORS, ROUTE_ENDPOINT, ENDPOINT_APPROVAL },
	{ "/userinfo", NULL, CORS, ROUTE_ENDPOINT, ENDPOINT_USERINFO },
	{ "/healthz", NULL, !CORS, ROUTE_ENDPOINT, ENDPOINT_HEALTHZ },
	{ "/robots.txt", NULL, !CORS, ROUTE_ROBOTS, 0 },
};

static bool
starts_with(struct span s, const char *text)
{
	size_t	 n = strlen(text);

	return (s.len >= n && memcmp(span_ptr(s), text, n) == 0);
}

/* Does the path have this shape?  The segment for '*' must not be empty. */
static bool
match(struct span path, const char *pattern, struct span *segment)
{
	const char	*star = strchr(pattern, '*');
	const uint8_t	*end;
	size_t		 n;

	if (star == NULL)
		return (span_is(path, pattern));
	n = (size_t)(star - pattern);
	if (path.len <= n || memcmp(path.p, pattern, n) != 0)
		return (false);
	path = span_mem(path.p + n, path.len - n);
	end = memchr(path.p, '/', path.len);
	n = end == NULL ? path.len : (size_t)(end - path.p);
	*segment = span_mem(path.p, n);
	return (n != 0 && span_is(span_mem(path.p + n, path.len - n),
	    star + 1));
}

struct route
route_find(struct span path, struct span prefix, struct buf *connector)
{
	struct route	 none = { .kind = ROUTE_NONE }, r = none;
	struct span	 segment = { NULL, 0 };
	size_t		 i;

	if (path.len < prefix.len || (prefix.len != 0 &&
	    memcmp(path.p, prefix.p, prefix.len) != 0))
		return (none);
	path = span_mem(span_ptr(path) + prefix.len, path.len - prefix.len);
	r.kind = ROUTE_ENDPOINT;
	r.endpoint = ENDPOINT_HOME;
	r.handler = "/";
	r.cors = CORS;
	/* The root is exactly the issuer's path, or "/" when it has none. */
	if (span_is(path, prefix.len == 0 ? "/" : ""))
		return (r);
	if (starts_with(path, "/static") || starts_with(path, "/theme")) {
		r.handler = NULL;
		r.cors = !CORS;
		r.kind = starts_with(path, "/static") ? ROUTE_STATIC :
		    ROUTE_THEME;
		i = r.kind == ROUTE_STATIC ? 7 : 6;
		r.rest = span_mem(path.p + i, path.len - i);
		return (r);
	}
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!match(path, routes[i].path, &segment))
			continue;
		if (url_decode(connector, segment, false) == -1 ||
		    !buf_ok(connector) || !span_is_utf8(buf_span(connector)) ||
		    (connector->len != 0 &&
		    memchr(connector->p, '\0', connector->len) != NULL))
			return (none);
		r.kind = routes[i].kind;
		r.handler = routes[i].handler != NULL ? routes[i].handler :
		    routes[i].path;
		r.cors = routes[i].cors;
		r.endpoint = (enum endpoint)routes[i].which;
		r.document = (enum document)routes[i].which;
		return (r);
	}
	return (none);
}
