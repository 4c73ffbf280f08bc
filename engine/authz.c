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

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "authz.h"
#include "redirect_uri.h"

static struct authz_verdict
good(void)
{
	return ((struct authz_verdict){ .outcome = AUTHZ_OK });
}

static struct authz_verdict
page(unsigned status, const char *text)
{
	struct authz_verdict	 v = { .outcome = AUTHZ_PAGE,
				    .status = status };

	snprintf(v.text, sizeof(v.text), "%s", text);
	return (v);
}

static struct authz_verdict
redirect(const char *error, const char *text)
{
	struct authz_verdict	 v = { .outcome = AUTHZ_REDIRECT,
				    .error = error };

	snprintf(v.text, sizeof(v.text), "%s", text);
	return (v);
}

struct span
authz_param(struct msg_list form, struct msg_list query, const char *name)
{
	struct span	 value;

	if (!msg_list_find(form, name, &value))
		msg_list_find(query, name, &value);
	return (value);
}

static bool
is_known_scope(struct span s)
{
	static const char * const	 known[] = { "openid", "offline_access",
		"email", "profile", "groups", "federated:id" };
	size_t				 i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_is(s, known[i]))
			return (true);
	return (false);
}

/* Adds a quoted, printable copy of a scope to a list for people. */
static void
list_scope(char *text, size_t size, struct span scope)
{
	size_t	 i, n = strlen(text);

	if (n + scope.len + 4 >= size)
		return;
	if (n != 0)
		text[n++] = ' ';
	text[n++] = '"';
	for (i = 0; i < scope.len; i++)
		text[n++] = scope.p[i] > ' ' && scope.p[i] < 0x7f &&
		    scope.p[i] != '"' && scope.p[i] != '\\' ?
		    (char)scope.p[i] : '?';
	text[n++] = '"';
	text[n] = '\0';
}

static struct authz_verdict
scope_verdict(const char *what, const char *names)
{
	char	 text[512];

	snprintf(text, sizeof(text), "%s: [%s]", what, names);
	return (redirect("invalid_scope", text));
}

/* Missing openid wins over unknown scopes, unknown ones over untrusted. */
static struct authz_verdict
check_scopes(const struct authz_world *w, const struct authz *a)
{
	struct span	 rest = a->scope, scope, peer;
	bool		 openid = false;
	char		 unknown[400] = "", untrusted[400] = "";
	unsigned	 count = 0;

	while (span_word(&rest, &scope)) {
		count++;
		if (span_is(scope, "openid"))
			openid = true;
		if (span_after(scope, SCOPE_AUDIENCE, &peer)) {
			if (!span_eq(peer, a->client_id) &&
			    !w->peer_trusts(w->arg, peer, a->client_id))
				list_scope(untrusted, sizeof(untrusted), peer);
		} else if (!is_known_scope(scope))
			list_scope(unknown, sizeof(unknown), scope);
	}
	if (!openid)
		return (redirect("invalid_scope",
		    "the scope \"openid\" is missing"));
	if (count > 64)
		return (redirect("invalid_scope", "too many scopes"));
	if (*unknown != '\0')
		return (scope_verdict("scopes not known here", unknown));
	if (*untrusted != '\0')
		return (scope_verdict("clients that do not trust this one",
		    untrusted));
	return (good());
}

/* Only the code flow exists; the other response types are known by name. */
static struct authz_verdict
check_response_type(struct span types)
{
	struct span	 type;
	bool		 code = false, other = false;

	while (span_word(&types, &type)) {
		if (span_is(type, "code"))
			code = true;
		else if (span_is(type, "token") || span_is(type, "id_token"))
			other = true;
		else
			return (redirect("invalid_request",
			    "invalid response_type"));
	}
	if (other)
		return (redirect("unsupported_response_type",
		    "this response type is not enabled"));
	if (!code)
		return (redirect("invalid_request",
		    "the parameter response_type is missing"));
	return (good());
}

/* OpenID Connect Core 3.1.2.1: none stands alone. */
static struct authz_verdict
check_prompt(struct span prompts, bool *consent, bool *silent)
{
	struct span	 prompt;
	unsigned	 count = 0;

	while (span_word(&prompts, &prompt)) {
		count++;
		if (span_is(prompt, "none"))
			*silent = true;
		else if (span_is(prompt, "consent"))
			*consent = true;
		else if (!span_is(prompt, "login") &&
		    !span_is(prompt, "select_account"))
			return (redirect("invalid_request", "invalid prompt"));
	}
	if (*silent && count > 1)
		return (redirect("invalid_request", "prompt=none stands alone"));
	return (good());
}

static bool
is_number(struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return (false);
	return (s.len <= 18);
}

static struct authz_verdict
check_pkce(const struct authz_policy *p, const struct authz *a)
{
	bool	 known = (p->pkce_s256 && span_is(a->challenge_method, "S256")) ||
		    (p->pkce_plain && span_is(a->challenge_method, "plain"));

	if (a->challenge.len != 0 && !known)
		return (redirect("invalid_request",
		    "this code_challenge_method is not supported"));
	if (p->pkce_enforce && a->challenge.len == 0)
		return (redirect("invalid_request",
		    "a code_challenge is required"));
	return (good());
}

static struct authz_verdict
check_connector(const struct authz_world *w, struct span id)
{
	if (id.len == 0)
		return (good());
	if (!w->connector_exists(w->arg, id))
		return (redirect("invalid_request",
		    "connector_id names no connector"));
	if (!w->connector_allowed(w->arg, id))
		return (redirect("invalid_request",
		    "this connector is not for this client"));
	return (good());
}

struct authz_verdict
authz_check(const struct authz_policy *policy,
    const struct msg_pa_en_client *client, const struct authz_world *world,
    struct msg_list form, struct msg_list query, struct authz *a)
{
	struct authz_verdict	 v;
	struct span		 max_age;
	bool			 consent = false;

#define PARAM(name)	authz_param(form, query, name)
	memset(a, 0, sizeof(*a));
	a->redirect_uri = PARAM("redirect_uri");
	a->client_id = PARAM("client_id");
	a->state = PARAM("state");
	a->nonce = PARAM("nonce");
	a->id_token_hint = PARAM("id_token_hint");
	a->scope = PARAM("scope");
	a->challenge = PARAM("code_challenge");
	a->challenge_method = PARAM("code_challenge_method");
	if (a->challenge_method.len == 0)
		a->challenge_method = span_str("plain");
	if (client == NULL)
		return (page(404, "This application is not known here."));
	if (!redirect_uri_allowed(a->redirect_uri, client->redirect_uris,
	    client->is_public))
		return (page(400,
		    "The address to return to is not registered."));
	if ((v = check_connector(world, PARAM("connector_id"))).outcome !=
	    AUTHZ_OK)
		return (v);
	if (PARAM("request").len != 0)
		return (redirect("request_not_supported",
		    "request objects are not supported"));
	if ((v = check_pkce(policy, a)).outcome != AUTHZ_OK ||
	    (v = check_scopes(world, a)).outcome != AUTHZ_OK ||
	    (v = check_response_type(PARAM("response_type"))).outcome !=
	    AUTHZ_OK ||
	    (v = check_prompt(PARAM("prompt"), &consent,
	    &a->silent)).outcome != AUTHZ_OK)
		return (v);
	max_age = PARAM("max_age");
	if (max_age.len != 0 && !is_number(max_age))
		return (redirect("invalid_request", "invalid max_age"));
	a->force_approval = consent || span_is(PARAM("approval_prompt"),
	    "force");
	return (good());
#undef PARAM
}
