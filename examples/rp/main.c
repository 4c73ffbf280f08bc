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
#include <unistd.h>

#include <curl/curl.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <sodium.h>

#include "oidc.h"

/*
 * A small relying party: a page with a link to log in, and then who you are.
 * It keeps a handful of logins in memory, which is enough for a demo.
 */

#define LOGINS	64

struct rp {
	struct provider	 provider;
	struct login	 logins[LOGINS];
	unsigned	 next;
};

static void
put_escaped(struct evbuffer *b, const char *s)
{
	char	*html = evhttp_htmlescape(s);

	evbuffer_add_printf(b, "%s", html == NULL ? "" : html);
	free(html);
}

static void
send_page(struct evhttp_request *r, int status, const char *title,
    struct evbuffer *body)
{
	struct evbuffer	*page = evbuffer_new();

	evbuffer_add_printf(page, "<!DOCTYPE html><html lang=\"en\"><meta "
	    "charset=\"utf-8\"><title>Example App</title><body style=\""
	    "font-family: system-ui; max-width: 40rem; margin: 2rem auto; "
	    "padding: 0 1rem\"><h1>%s</h1>", title);
	evbuffer_add_buffer(page, body);
	evhttp_add_header(evhttp_request_get_output_headers(r),
	    "Content-Type", "text/html; charset=utf-8");
	evhttp_add_header(evhttp_request_get_output_headers(r),
	    "Cache-Control", "no-store");
	evhttp_send_reply(r, status, NULL, page);
	evbuffer_free(page);
	evbuffer_free(body);
}

static void
send_text(struct evhttp_request *r, int status, const char *title,
    const char *text)
{
	struct evbuffer	*b = evbuffer_new();

	evbuffer_add_printf(b, "<p>");
	put_escaped(b, text);
	evbuffer_add_printf(b, "</p><p><a href=\"/\">Back</a></p>");
	send_page(r, status, title, b);
}

static void
on_home(struct evhttp_request *r, void *arg)
{
	struct evbuffer	*b = evbuffer_new();

	(void)arg;
	evbuffer_add_printf(b, "<p>You are not logged in.</p>"
	    "<p><a href=\"/login\">Log in</a></p>");
	send_page(r, 200, "Example App", b);
}

static void
on_login(struct evhttp_request *r, void *arg)
{
	struct rp		*rp = arg;
	struct login		*l = &rp->logins[rp->next++ % LOGINS];
	struct evkeyvalq	*out = evhttp_request_get_output_headers(r);
	char			 cookie[160], *url;

	if ((rp->provider.meta == NULL &&
	    provider_discover(&rp->provider) == -1) ||
	    (url = provider_begin(&rp->provider, l)) == NULL) {
		send_text(r, 503, "Not now", "The provider does not answer.");
		return;
	}
	snprintf(cookie, sizeof(cookie), "rp_login=%s; Path=/; HttpOnly; "
	    "SameSite=Lax", l->session);
	evhttp_add_header(out, "Set-Cookie", cookie);
	evhttp_add_header(out, "Location", url);
	evhttp_send_reply(r, 303, NULL, NULL);
	free(url);
}

/* The login that this browser began and this state belongs to. */
static struct login *
find_login(struct rp *rp, struct evhttp_request *r, const char *state)
{
	const char	*cookies = evhttp_find_header(
			    evhttp_request_get_input_headers(r), "Cookie");
	const char	*mine = cookies == NULL ? NULL :
			    strstr(cookies, "rp_login=");
	unsigned	 i;

	if (mine == NULL || state == NULL || strlen(mine) < 9 + 43)
		return (NULL);
	for (i = 0; i < LOGINS; i++)
		if (rp->logins[i].session[0] != '\0' &&
		    strncmp(mine + 9, rp->logins[i].session, 43) == 0 &&
		    strcmp(state, rp->logins[i].state) == 0)
			return (&rp->logins[i]);
	return (NULL);
}

static void
show_claims(struct evhttp_request *r, json_t *claims)
{
	struct evbuffer	*b = evbuffer_new();
	const char	*name;
	json_t		*value;
	char		*text;

	evbuffer_add_printf(b, "<table cellpadding=\"6\">");
	json_object_foreach(claims, name, value) {
		text = json_dumps(value, JSON_ENCODE_ANY);
		evbuffer_add_printf(b, "<tr><th align=\"left\">");
		put_escaped(b, name);
		evbuffer_add_printf(b, "</th><td><code>");
		put_escaped(b, text == NULL ? "" : text);
		evbuffer_add_printf(b, "</code></td></tr>");
		free(text);
	}
	evbuffer_add_printf(b, "</table><p><a href=\"/\">Log out of the "
	    "example</a></p>");
	send_page(r, 200, "You are logged in", b);
	json_decref(claims);
}

static void
on_callback(struct evhttp_request *r, void *arg)
{
	struct rp	*rp = arg;
	struct evkeyvalq q;
	struct login	*l;
	const char	*code, *error, *why;
	json_t		*claims;

	if (evhttp_parse_query_str(evhttp_uri_get_query(
	    evhttp_request_get_evhttp_uri(r)) == NULL ? "" :
	    evhttp_uri_get_query(evhttp_request_get_evhttp_uri(r)), &q) != 0) {
		send_text(r, 400, "Bad request", "The answer is malformed.");
		return;
	}
	code = evhttp_find_header(&q, "code");
	error = evhttp_find_header(&q, "error");
	l = find_login(rp, r, evhttp_find_header(&q, "state"));
	if (l == NULL)
		send_text(r, 400, "Bad request",
		    "This login was not begun in this browser.");
	else if (error != NULL || code == NULL)
		send_text(r, 403, "Not logged in", error == NULL ?
		    "There is no code in the answer." : error);
	else if ((claims = provider_finish(&rp->provider, l, code, &why)) ==
	    NULL)
		send_text(r, 403, "Not logged in", why);
	else
		show_claims(r, claims);
	if (l != NULL)
		sodium_memzero(l, sizeof(*l));
	evhttp_clear_headers(&q);
}

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: example-rp [-c client_id] [-i issuer] "
	    "[-p port] [-s client_secret]\n");
	exit(2);
}

int
main(int argc, char *argv[])
{
	static struct rp	 rp = { .provider = {
		.issuer = "http://127.0.0.1:5556/dexd",
		.client_id = "example-app",
		.client_secret = "ZXhhbXBsZS1hcHAtc2VjcmV0" } };
	struct event_base	*base;
	struct evhttp		*http;
	char			 redirect[128];
	int			 ch, port = 5555;

	while ((ch = getopt(argc, argv, "c:i:p:s:")) != -1)
		if (ch == 'c')
			rp.provider.client_id = optarg;
		else if (ch == 'i')
			rp.provider.issuer = optarg;
		else if (ch == 'p')
			port = (int)strtol(optarg, NULL, 10);
		else if (ch == 's')
			rp.provider.client_secret = optarg;
		else
			usage();
	snprintf(redirect, sizeof(redirect), "http://127.0.0.1:%d/callback",
	    port);
	rp.provider.redirect_uri = redirect;
	if (sodium_init() == -1 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
	    (base = event_base_new()) == NULL ||
	    (http = evhttp_new(base)) == NULL)
		return (1);
	if (evhttp_bind_socket(http, "127.0.0.1", (uint16_t)port) == -1) {
		fprintf(stderr, "example-rp: cannot listen on port %d\n",
		    port);
		return (1);
	}
	evhttp_set_cb(http, "/", on_home, &rp);
	evhttp_set_cb(http, "/login", on_login, &rp);
	evhttp_set_cb(http, "/callback", on_callback, &rp);
	return (event_base_dispatch(base) == -1);
}
