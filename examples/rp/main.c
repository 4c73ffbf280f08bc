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
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <sodium.h>

#include "oidc.h"
#include "page.h"

/*
 * A small relying party: a page with a button to log in, and then who you are.
 * It keeps a handful of logins and sessions in memory, which is enough for a
 * demo; the oldest gives way.
 */

#define LOGINS		64
#define SESSIONS	64

/* Somebody who is logged in. */
struct session {
	char		 id[TOKEN_LEN + 1];
	struct identity	 identity;
};

struct rp {
	struct provider	 provider;
	struct login	 logins[LOGINS];
	struct session	 sessions[SESSIONS];
	unsigned	 next_login;
	unsigned	 next_session;
};

/* ---- the browser ---- */

/*
 * Two cookies.  LOGIN stays the same over several logins, so that two tabs do
 * not disturb each other; SESSION is new with each, so that one that somebody
 * planted is worth nothing.
 */
#define LOGIN	"rp_login="
#define SESSION	"rp_session="

/* The value of a cookie; false if there is none of the right shape. */
static bool
get_cookie(struct evhttp_request *r, const char *name,
    char id[TOKEN_LEN + 1])
{
	const char	*p = evhttp_find_header(
			    evhttp_request_get_input_headers(r), "Cookie");

	while (p != NULL && strncmp(p, name, strlen(name)) != 0)
		p = (p = strchr(p, ';')) == NULL ? NULL :
		    p + 1 + strspn(p + 1, " ");
	if (p == NULL)
		return (false);
	p += strlen(name);
	if (strcspn(p, ";") != TOKEN_LEN)
		return (false);
	memcpy(id, p, TOKEN_LEN);
	id[TOKEN_LEN] = '\0';
	return (true);
}

static void
set_cookie(struct evhttp_request *r, const char *name, const char *id)
{
	char	 line[160];

	snprintf(line, sizeof(line), "%s%s; Path=/; HttpOnly; SameSite=Lax%s",
	    name, id, *id == '\0' ? "; Max-Age=0" : "");
	evhttp_add_header(evhttp_request_get_output_headers(r), "Set-Cookie",
	    line);
}

static bool
is_same(const char *a, const char *b)
{
	return (*a != '\0' && strlen(a) == TOKEN_LEN &&
	    strlen(b) == TOKEN_LEN && sodium_memcmp(a, b, TOKEN_LEN) == 0);
}

static struct session *
find_session(struct rp *rp, struct evhttp_request *r)
{
	char		 id[TOKEN_LEN + 1];
	unsigned	 i;

	if (!get_cookie(r, SESSION, id))
		return (NULL);
	for (i = 0; i < SESSIONS; i++)
		if (is_same(rp->sessions[i].id, id))
			return (&rp->sessions[i]);
	return (NULL);
}

static void
session_end(struct session *s)
{
	json_decref(s->identity.claims);
	sodium_memzero(s, sizeof(*s));
}

/* The login that this browser began and this state belongs to. */
static struct login *
find_login(struct rp *rp, struct evhttp_request *r, const char *state)
{
	char		 id[TOKEN_LEN + 1];
	unsigned	 i;

	if (state == NULL || !get_cookie(r, LOGIN, id))
		return (NULL);
	for (i = 0; i < LOGINS; i++)
		if (is_same(rp->logins[i].browser, id) &&
		    is_same(rp->logins[i].state, state))
			return (&rp->logins[i]);
	return (NULL);
}

/* ---- what it can be asked for ---- */

static void
on_home(struct evhttp_request *r, void *arg)
{
	struct session	*s = find_session(arg, r);

	if (s == NULL)
		page_home(r);
	else
		page_claims(r, s->identity.claims, s->identity.alg,
		    s->identity.kid);
}

static void
on_login(struct evhttp_request *r, void *arg)
{
	struct rp	*rp = arg;
	struct login	*l = &rp->logins[rp->next_login++ % LOGINS];
	char		 browser[TOKEN_LEN + 1], *url;

	if (!get_cookie(r, LOGIN, browser))
		token_make(browser);
	if ((rp->provider.meta == NULL &&
	    provider_discover(&rp->provider) == -1) ||
	    (url = provider_begin(&rp->provider, l, browser)) == NULL) {
		page_sorry(r, 503, "Not now", "The provider does not answer.",
		    NULL);
		return;
	}
	set_cookie(r, LOGIN, browser);
	page_redirect(r, url);
	free(url);
}

static void
welcome(struct rp *rp, struct evhttp_request *r, struct identity *identity)
{
	struct session	*s = &rp->sessions[rp->next_session++ % SESSIONS];

	session_end(s);
	token_make(s->id);
	s->identity = *identity;
	set_cookie(r, SESSION, s->id);
	page_redirect(r, "/");
}

static void
on_answer(struct rp *rp, struct evhttp_request *r, struct evkeyvalq *q)
{
	struct login	*l = find_login(rp, r, evhttp_find_header(q, "state"));
	const char	*code = evhttp_find_header(q, "code");
	const char	*error = evhttp_find_header(q, "error"), *why;
	struct identity	 identity;

	if (l == NULL) {
		page_sorry(r, 400, "Not logged in",
		    "This login was not begun in this browser, or it is over.",
		    NULL);
		return;
	}
	if (error != NULL || code == NULL)
		page_sorry(r, 403, "Not logged in", error != NULL ? error :
		    "There is no code in the answer.",
		    evhttp_find_header(q, "error_description"));
	else if (provider_finish(&rp->provider, l, code, &identity,
	    &why) == -1)
		page_sorry(r, 403, "Not logged in", why, NULL);
	else
		welcome(rp, r, &identity);
	sodium_memzero(l, sizeof(*l));
}

static void
on_callback(struct evhttp_request *r, void *arg)
{
	const char	*query = evhttp_uri_get_query(
			    evhttp_request_get_evhttp_uri(r));
	struct evkeyvalq q;

	if (evhttp_parse_query_str(query == NULL ? "" : query, &q) != 0) {
		page_sorry(r, 400, "Not logged in", "The answer is malformed.",
		    NULL);
		return;
	}
	on_answer(arg, r, &q);
	evhttp_clear_headers(&q);
}

static void
on_logout(struct evhttp_request *r, void *arg)
{
	struct session	*s = find_session(arg, r);

	if (s != NULL && evhttp_request_get_command(r) == EVHTTP_REQ_POST) {
		session_end(s);
		set_cookie(r, SESSION, "");
	}
	page_redirect(r, "/");
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
	if (optind != argc || port < 1 || port > 65535)
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
	evhttp_set_cb(http, "/logout", on_logout, &rp);
	evhttp_set_cb(http, "/style.css", page_style, NULL);
	evhttp_set_cb(http, "/icon.svg", page_icon, NULL);
	return (event_base_dispatch(base) == -1);
}
