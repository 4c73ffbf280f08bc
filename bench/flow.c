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

#include "flow.h"

/*
 * dex keeps one refresh token for each user, connector and client, so each
 * worker is a client of its own, bench-0 and so on.
 */

#define CALLBACK	"http://127.0.0.1:9/cb"
#define CALLBACK_ESC	"http%%3A%%2F%%2F127.0.0.1%%3A9%%2Fcb"	/* in a format */
#define SECRET		"bench-secret-of-a-test"

/* RFC 7636, appendix B. */
#define VERIFIER	"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE	"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

#define STEPS_MAX	8

/* A string member of a JSON answer; false if absent or longer than size. */
static bool
member(const char *body, const char *name, char *out, size_t size)
{
	char		 quoted[64];
	const char	*p;
	size_t		 n;

	snprintf(quoted, sizeof(quoted), "\"%s\"", name);
	if ((p = strstr(body, quoted)) == NULL)
		return (false);
	p += strlen(quoted);
	p += strspn(p, ": ");
	if (*p++ != '"' || (n = strcspn(p, "\"")) >= size)
		return (false);
	memcpy(out, p, n);
	out[n] = '\0';
	return (true);
}

/* The code of the redirect to the client. */
static bool
take_code(const char *location, struct grant *g)
{
	const char	*p = strstr(location, "code=");
	size_t		 n;

	if (p == NULL || strstr(location, "state=s1") == NULL)
		return (false);
	p += 5;
	n = strcspn(p, "&");
	if (n == 0 || n >= sizeof(g->code))
		return (false);
	memcpy(g->code, p, n);
	g->code[n] = '\0';
	return (true);
}

/* The path of an absolute or relative URL. */
static const char *
path_of(const char *url)
{
	const char	*p = strstr(url, "://");
	const char	*query = strchr(url, '?');

	if (p == NULL || (query != NULL && p > query))
		return (url);
	p = strchr(p + 3, '/');
	return (p == NULL ? "/" : p);
}

bool
flow_login(struct client *c, const struct account *a, int worker,
    bool offline, struct grant *g)
{
	char	 path[8192], form[512];
	int	 i;

	c->jar_len = 0;
	snprintf(form, sizeof(form), "login=%s&password=%s",
	    a->login == NULL ? "" : a->login,
	    a->password == NULL ? "" : a->password);
	snprintf(path, sizeof(path), "%s/auth/%s?client_id=bench-%d"
	    "&response_type=code&redirect_uri=" CALLBACK_ESC
	    "&scope=openid+email%s&state=s1&nonce=n1&code_challenge=" CHALLENGE
	    "&code_challenge_method=S256", c->target->issuer_path,
	    a->connector, worker, offline ? "+offline_access" : "");
	if (!client_request(c, path, NULL, ""))
		return (false);
	for (i = 0; i < STEPS_MAX; i++) {
		if (c->status == 200 && a->login != NULL) {
			if (!client_request(c, path, form, ""))
				return (false);
			if (c->status == 200)
				return (false);
			continue;
		}
		if (c->status < 300 || c->status > 399)
			return (false);
		if (strncmp(c->location, CALLBACK, strlen(CALLBACK)) == 0)
			return (take_code(c->location, g));
		snprintf(path, sizeof(path), "%s", path_of(c->location));
		if (!client_request(c, path, NULL, ""))
			return (false);
	}
	return (false);
}

static bool
take_tokens(struct client *c, bool offline, struct grant *g)
{
	char	 id_token[8192];

	return (c->status == 200 &&
	    member(c->body, "id_token", id_token, sizeof(id_token)) &&
	    strncmp(id_token, "eyJ", 3) == 0 &&
	    member(c->body, "access_token", g->access_token,
	    sizeof(g->access_token)) && (!offline || member(c->body,
	    "refresh_token", g->refresh_token, sizeof(g->refresh_token))));
}

static bool
ask_token(struct client *c, int worker, const char *what)
{
	char	 path[256], form[4096];

	snprintf(path, sizeof(path), "%s/token", c->target->issuer_path);
	snprintf(form, sizeof(form), "client_id=bench-%d&client_secret=" SECRET
	    "&%s", worker, what);
	return (client_request(c, path, form, ""));
}

bool
flow_redeem(struct client *c, int worker, bool offline, struct grant *g)
{
	char	 what[512];

	snprintf(what, sizeof(what), "grant_type=authorization_code&code=%s"
	    "&redirect_uri=" CALLBACK_ESC "&code_verifier=" VERIFIER, g->code);
	return (ask_token(c, worker, what) && take_tokens(c, offline, g));
}

bool
flow_refresh(struct client *c, int worker, struct grant *g)
{
	char	 what[2048];

	snprintf(what, sizeof(what), "grant_type=refresh_token&refresh_token=%s",
	    g->refresh_token);
	return (ask_token(c, worker, what) && take_tokens(c, true, g));
}

bool
flow_userinfo(struct client *c, struct grant *g)
{
	char	 path[256], bearer[8400];

	snprintf(path, sizeof(path), "%s/userinfo", c->target->issuer_path);
	snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s\r\n",
	    g->access_token);
	return (client_request(c, path, NULL, bearer) && c->status == 200 &&
	    strstr(c->body, "\"email\"") != NULL);
}
