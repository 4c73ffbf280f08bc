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

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "ip.h"

/* The block web: where we listen, and what headers go in and out. */

#define AT(member)	offsetof(struct config, member)

/* Fit for a header: no control character, so that no other can follow. */
static bool
is_line(const struct ynode *n)
{
	size_t	 i;

	for (i = 0; i < n->len; i++)
		if ((uint8_t)n->text[i] < ' ' || n->text[i] == 0x7f)
			return (false);
	return (true);
}

static void
take_headers(struct config *c, const struct ynode *n, void *target)
{
	static const char * const	 names[] = {
		"Content-Security-Policy", "X-Frame-Options",
		"X-Content-Type-Options", "X-XSS-Protection",
		"Strict-Transport-Security" };
	const struct ynode		*m;
	size_t				 i, count =
					    sizeof(names) / sizeof(names[0]);

	(void)target;
	if (n->kind != YNODE_MAP) {
		problem(c, n->line, "web.headers must be a map");
		return;
	}
	for (m = n->child; m != NULL; m = m->next) {
		for (i = 0; i < count && strcasecmp(names[i], m->key) != 0;
		    i++)
			;
		if (i == count)
			problem(c, m->key_line, "web.headers cannot set "
			    "\"%s\"", m->key);
		else if (m->kind == YNODE_SCALAR && m->len == 0)
			;	/* dex: not set */
		else if (m->kind == YNODE_SCALAR && is_line(m)) {
			list_buf_add(&c->headers, span_str(names[i]));
			list_buf_add(&c->headers, span_str(m->text));
		} else if (m->kind != YNODE_NULL)
			problem(c, m->line, "a header must be one line");
	}
	if (!buf_ok(&c->headers.b))
		problem(c, n->line, "\"%s\" is too large", n->key);
}

/* What a browser sends (RFC 6454 section 6.2): scheme, host, perhaps a port. */
static bool
is_origin(const char *text)
{
	const char	*host = strstr(text, "://");

	return (strcmp(text, "*") == 0 || strcmp(text, "null") == 0 ||
	    (host != NULL && host != text && host[3] != '\0' &&
	    strpbrk(host + 3, "*?#/ ") == NULL));
}

static void
take_origins(struct config *c, const struct ynode *n, void *target)
{
	const struct ynode	*i;

	take_strings(c, n, target);
	if (n->kind != YNODE_LIST)
		return;
	for (i = n->child; i != NULL; i = i->next)
		if (i->kind == YNODE_SCALAR && !is_line(i))
			problem(c, i->line, "an origin must be one line");
		else if (i->kind == YNODE_SCALAR && !is_origin(i->text))
			warning(c, i->line, "\"%s\" is an origin that no "
			    "browser sends; one looks like "
			    "https://app.example.com", i->text);
}

static void
take_request_headers(struct config *c, const struct ynode *n, void *target)
{
	const struct ynode	*i;

	c->request_headers_set = true;
	take_strings(c, n, target);
	if (n->kind != YNODE_LIST)
		return;
	for (i = n->child; i != NULL; i = i->next)
		if (i->kind == YNODE_SCALAR && (!is_line(i) ||
		    strpbrk(i->text, " \"(),/:;<=>?@[\\]{}") != NULL))
			problem(c, i->line, "\"%s\" is no name of a header",
			    i->text);
}

static void
take_client_ip(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "header", take_string, AT(ip_header) },
		{ "trustedProxies", take_strings, AT(proxies) },
		FIELDS_END
	};
	struct ip_prefix		 prefix;
	struct msg_list			 l;
	struct span			 text;

	(void)target;
	fields_read(c, n, fields, c, "web.clientRemoteIP");
	for (l = msg_list_of(&c->proxies); msg_list_next(&l, &text);)
		if (!ip_prefix_parse(text, &prefix))
			problem(c, line_of_key(n, "trustedProxies"),
			    "\"%.*s\" is no address and no prefix",
			    (int)text.len, (const char *)span_ptr(text));
	if (c->ip_header != NULL && c->proxies.count == 0)
		warning(c, n->key_line, "clientRemoteIP.header is ignored "
		    "without trustedProxies");
}

/* target is unsigned: 0 for TLS 1.2, 1 for TLS 1.3. */
static void
take_tls_version(struct config *c, const struct ynode *n, void *target)
{
	unsigned	*version = target;

	if (n->kind == YNODE_SCALAR && strcmp(n->text, "1.2") == 0)
		*version = 0;
	else if (n->kind == YNODE_SCALAR && strcmp(n->text, "1.3") == 0)
		*version = 1;
	else
		problem(c, n->line, "\"%s\" must be 1.2 or 1.3", n->key);
}

void
take_web(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "http", take_string, AT(http) },
		{ "https", take_string, AT(https) },
		{ "tlsCert", take_string, AT(tls_cert) },
		{ "tlsKey", take_string, AT(tls_key) },
		{ "tlsMinVersion", take_tls_version, AT(tls_min) },
		{ "tlsMaxVersion", take_tls_version, AT(tls_max) },
		{ "headers", take_headers, 0 },
		{ "clientRemoteIP", take_client_ip, 0 },
		{ "allowedOrigins", take_origins, AT(origins) },
		{ "allowedHeaders", take_request_headers,
		    AT(request_headers) },
		FIELDS_END
	};

	(void)target;
	fields_read(c, n, fields, c, "web");
	if (!c->request_headers_set)
		list_buf_add(&c->request_headers, span_str("Authorization"));
	c->http_line = line_of_key(n, "http");
	c->https_line = line_of_key(n, "https");
	if (c->http == NULL && c->https == NULL)
		problem(c, n->key_line, "web needs http or https");
	if (c->https != NULL && (c->tls_cert == NULL || c->tls_key == NULL))
		problem(c, c->https_line, "https needs tlsCert and tlsKey");
	if (c->tls_min > c->tls_max)
		problem(c, line_of_key(n, "tlsMinVersion"),
		    "tlsMinVersion is above tlsMaxVersion");
}
