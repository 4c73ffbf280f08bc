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
#include <strings.h>
#include <time.h>

#include "assets.h"
#include "frontend.h"
#include "log.h"
#include "response.h"
#include "room.h"

/* The templates dexd renders, and what surrounds a page. */

#define HOME_TEXT "<!DOCTYPE html><html lang=\"en\"><head>"		\
    "<meta charset=\"utf-8\"><title>{{ issuer }}</title></head><body>"	\
    "<h1>{{ issuer }}</h1><p>This is an OpenID Connect provider.</p>"	\
    "<p><a href=\"{{ .DiscoveryURL }}\">Its discovery document</a></p>"	\
    "</body></html>\n"

static const char * const	 page_names[PAGE_MAX] = {
	[PAGE_ERROR] = "error.html",
	[PAGE_LOGIN] = "login.html",
	[PAGE_PASSWORD] = "password.html",
	[PAGE_APPROVAL] = "approval.html",
	[PAGE_OOB] = "oob.html",
	[PAGE_HOME] = "home.html",
};

static int
tell_problem(const char *why)
{
	struct msg_fe_pa_problem	 m;
	struct buf			 b;

	buf_init(&b, 900);
	buf_printf(&b, "templates/%s", why);
	m.text = buf_span(&b);
	if (!buf_ok(&b) || !span_is_utf8(m.text))
		m.text = span_str("a page template is wrong");
	peer_tell(room_parent(), FE_PA_PROBLEM, &m, -1);
	buf_clear(&b);
	return (-1);
}

/* Themes of dex before 2.45 have none; nothing of a login is on it. */
static const struct tmpl_source	 plain_home = { "home.html", { (const uint8_t *)
    HOME_TEXT, sizeof(HOME_TEXT) - 1 } };

int
pages_compile(struct frontend *fe)
{
	struct tmpl_source	*sources;
	const struct asset	*list;
	const char		*prefix = "templates/";
	char			 err[512];
	size_t			 i, n = 0, count = files_list(fe, &list);
	bool			 home = false;

	sources = xcalloc(count + 1, sizeof(*sources));
	for (i = 0; i < count; i++) {
		if (strncmp(list[i].name, prefix, strlen(prefix)) != 0)
			continue;
		sources[n].name = list[i].name + strlen(prefix);
		home = home || strcmp(sources[n].name, "home.html") == 0;
		sources[n++].text = span_mem(list[i].bytes, list[i].len);
	}
	if (!home)
		sources[n++] = plain_home;
	fe->pages = tmpl_compile(sources, n, page_names, PAGE_MAX, err,
	    sizeof(err));
	free(sources);
	if (fe->pages == NULL)
		return (tell_problem(err));
	pages_set_fields(fe);
	return (0);
}

int
page_render(const struct frontend *fe, enum page page, struct msg_list data,
    struct span req_path, struct buf *out)
{
	const struct tmpl_env	 env = {
		.data = data, .req_path = req_path,
		.issuer = fe->conf->title,
		.issuer_path = span_str(fe->issuer_path),
		.logo = fe->conf->logo_url, .theme = fe->conf->theme,
		.extra = fe->conf->extra, .now = (int64_t)time(NULL),
	};
	char			 err[256];

	if (tmpl_render(fe->pages, page_names[page], &env, out, err,
	    sizeof(err)) == 0)
		return (0);
	log_error("a page cannot be shown", "why", err);
	return (-1);
}

/* ---- header lines ---- */

static bool
is_configured(const struct frontend *fe, const char *name)
{
	struct msg_list	 l = fe->conf->headers;
	struct span	 key, value;

	while (msg_list_next(&l, &key) && msg_list_next(&l, &value))
		if (key.len == strlen(name) && strncasecmp(
		    (const char *)key.p, name, key.len) == 0)
			return (true);
	return (false);
}

static void
put_configured(struct buf *b, const struct frontend *fe)
{
	struct msg_list	 l = fe->conf->headers;
	struct span	 key, value;
	char		*name;

	while (msg_list_next(&l, &key) && msg_list_next(&l, &value)) {
		if ((name = span_dup(key)) == NULL ||
		    response_put_field(b, name, value) == -1)
			fatalx("a header of web.headers is malformed");
		free(name);
	}
}

/* scheme://host of an absolute URL; empty for a relative one. */
static struct span
origin_of(struct span url)
{
	const uint8_t	*p = memmem(span_ptr(url), url.len, "://", 3);
	size_t		 n;

	if (p == NULL)
		return (span_mem(NULL, 0));
	for (n = (size_t)(p - url.p) + 3; n < url.len && url.p[n] != '/' &&
	    url.p[n] != ';' && url.p[n] != ',' && url.p[n] != ' '; n++)
		;
	return (span_mem(url.p, n));
}

/*
 * An operator's theme may have scripts: its own files, and what is written in
 * its templates, by hash.  form-action is left out on purpose: browsers apply
 * it to the redirect that takes the person back to the application.
 */
static void
put_policy(struct buf *b, const struct frontend *fe)
{
	struct span	 logo = origin_of(fe->conf->logo_url);

	buf_put_str(b, "Content-Security-Policy: default-src 'none'; "
	    "style-src 'self'");
	buf_put_span(b, tmpl_hashes(fe->pages, TMPL_STYLE));
	if (!files_are_ours(fe)) {
		buf_put_str(b, "; font-src 'self'; script-src 'self'");
		buf_put_span(b, tmpl_hashes(fe->pages, TMPL_SCRIPT));
	}
	buf_put_str(b, "; img-src 'self' data:");
	if (logo.len != 0) {
		buf_put_c(b, ' ');
		buf_put_span(b, logo);
	}
	buf_put_str(b, "; frame-ancestors 'none'; base-uri 'none'\r\n");
}

void
pages_set_fields(struct frontend *fe)
{
	buf_init(&fe->page_fields, 65536);
	buf_init(&fe->other_fields, 65536);
	put_configured(&fe->page_fields, fe);
	put_configured(&fe->other_fields, fe);
	if (!is_configured(fe, "Content-Security-Policy"))
		put_policy(&fe->page_fields, fe);
	if (!is_configured(fe, "X-Content-Type-Options")) {
		buf_put_str(&fe->page_fields,
		    "X-Content-Type-Options: nosniff\r\n");
		buf_put_str(&fe->other_fields,
		    "X-Content-Type-Options: nosniff\r\n");
	}
	if (!is_configured(fe, "X-Frame-Options"))
		buf_put_str(&fe->page_fields, "X-Frame-Options: DENY\r\n");
	buf_put_str(&fe->page_fields, "Referrer-Policy: same-origin\r\n");
	if (!buf_ok(&fe->page_fields) || !buf_ok(&fe->other_fields))
		fatalx("web.headers are too large");
}
