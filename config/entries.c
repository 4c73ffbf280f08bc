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
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "config.h"
#include "json.h"
#include "log.h"

/* The lists of the file: clients, users, connectors. */

#define LIST_MAX_BYTES	32768

static const char *
from_environment(struct config *c, const struct ynode *entry, const char *key,
    const char *name)
{
	const char	*value = getenv(name);

	/* dex takes an unset name for an empty secret; that is a hole. */
	if (value == NULL || *value == '\0') {
		problem(c, line_of_key(entry, key), "%s names \"%s\", which "
		    "is not set", key, name);
		return (NULL);
	}
	return (value);
}

/* One of two keys, the second an environment variable's name. */
static const char *
one_of(struct config *c, const struct ynode *entry, const char *value,
    const char *key, const char *env_name, const char *env_key)
{
	if (value != NULL && env_name != NULL) {
		problem(c, line_of_key(entry, env_key),
		    "%s and %s exclude each other", key, env_key);
		return (value);
	}
	return (env_name == NULL ? value :
	    from_environment(c, entry, env_key, env_name));
}

/* ---- clients ---- */

struct client_entry {
	char			*id;
	char			*id_env;
	char			*secret;
	char			*secret_env;
	char			*name;
	char			*logo_url;
	bool			 is_public;
	struct list_buf		 redirect_uris;
	struct list_buf		 trusted_peers;
	struct list_buf		 allowed_connectors;
};

static void
emit_client(struct config *c, const struct ynode *n, struct client_entry *e)
{
	const char		*id, *secret;
	struct msg_pa_en_client	 m = { .name = span_str(e->name),
		.logo_url = span_str(e->logo_url),
		.is_public = e->is_public,
		.redirect_uris = msg_list_of(&e->redirect_uris),
		.trusted_peers = msg_list_of(&e->trusted_peers),
		.allowed_connectors = msg_list_of(&e->allowed_connectors) };
	struct msg_pa_ct_client	 ct = { .name = span_str(e->name),
		.is_public = e->is_public,
		.redirects = e->redirect_uris.count };

	id = one_of(c, n, e->id, "id", e->id_env, "idEnv");
	secret = one_of(c, n, e->secret, "secret", e->secret_env, "secretEnv");
	if (id == NULL || *id == '\0')
		problem(c, n->line, "a client has no id");
	if (e->name == NULL || *e->name == '\0')
		problem(c, n->line, "a client has no name");
	if (!e->is_public && (secret == NULL || *secret == '\0'))
		problem(c, n->line, "a client that is not public needs a "
		    "secret");
	if (!e->is_public && e->redirect_uris.count == 0)
		warning(c, n->line, "a client without redirectURIs cannot "
		    "send anybody here");
	m.id = span_str(id);
	m.secret = span_str(secret);
	ct.id = m.id;
	if (c->failed)
		return;
	emit_slice(c, ROOM_ENGINE, "", PA_EN_CLIENT, &m);
	emit_slice(c, ROOM_CONTROL, "", PA_CT_CLIENT, &ct);
}

static void
client_clear(struct client_entry *e)
{
	free(e->id);
	free(e->id_env);
	free(e->secret);
	free(e->secret_env);
	free(e->name);
	free(e->logo_url);
	list_buf_clear(&e->redirect_uris);
	list_buf_clear(&e->trusted_peers);
	list_buf_clear(&e->allowed_connectors);
}

/* Two clients of one id: the engine would only ever see the first. */
static void
check_twice(struct config *c, const struct ynode *list,
    const struct ynode *entry, const char *key)
{
	const struct ynode	*mine = ynode_get(entry, key), *n, *other;

	if (mine == NULL || mine->kind != YNODE_SCALAR)
		return;
	for (n = list->child; n != entry; n = n->next) {
		other = ynode_get(n, key);
		if (other != NULL && other->kind == YNODE_SCALAR &&
		    strcmp(other->text, mine->text) == 0)
			problem(c, mine->line, "%s \"%s\" is there twice", key,
			    mine->text);
	}
}

void
clients_read(struct config *c, const struct ynode *list)
{
#define AT(member)	offsetof(struct client_entry, member)
	static const struct field	 fields[] = {
		{ "id", take_string, AT(id) },
		{ "idEnv", take_string, AT(id_env) },
		{ "secret", take_string, AT(secret) },
		{ "secretEnv", take_string, AT(secret_env) },
		{ "name", take_string, AT(name) },
		{ "logoURL", take_string, AT(logo_url) },
		{ "public", take_bool, AT(is_public) },
		{ "redirectURIs", take_strings, AT(redirect_uris) },
		{ "trustedPeers", take_strings, AT(trusted_peers) },
		{ "allowedConnectors", take_strings, AT(allowed_connectors) },
		{ "postLogoutRedirectURIs", take_unsupported, 0 },
		{ "backchannelLogoutURI", take_unsupported, 0 },
		{ "refreshTokenLifetime", take_unsupported, 0 },
		{ "mfaChain", take_unsupported, 0 },
		{ "ssoSharedWith", take_unsupported, 0 },
		{ "clientCredentialsClaims", take_unsupported, 0 },
		FIELDS_END
	};
#undef AT
	struct client_entry		 e;
	const struct ynode		*n;

	for (n = list->child; n != NULL; n = n->next) {
		memset(&e, 0, sizeof(e));
		list_buf_init(&e.redirect_uris, LIST_MAX_BYTES);
		list_buf_init(&e.trusted_peers, LIST_MAX_BYTES);
		list_buf_init(&e.allowed_connectors, LIST_MAX_BYTES);
		fields_read(c, n, fields, &e, "a client");
		check_twice(c, list, n, "id");
		emit_client(c, n, &e);
		client_clear(&e);
	}
}

/* ---- users ---- */

struct user_entry {
	char		*email;
	char		*hash;
	char		*hash_env;
	char		*user_id;
	char		*username;
	char		*name;
	char		*preferred_username;
	bool		 email_verified;
	struct list_buf	 groups;
};

static bool
is_bcrypt(struct span h)
{
	return (h.len == 60 && memcmp(h.p, "$2", 2) == 0 &&
	    (h.p[2] == 'a' || h.p[2] == 'b' || h.p[2] == 'y') &&
	    h.p[3] == '$' && h.p[6] == '$');
}

/* bcrypt as text, or base64 of it, as dex takes both. */
static bool
hash_decode(const char *text, struct buf *out)
{
	if (is_bcrypt(span_str(text))) {
		buf_put_str(out, text);
		return (true);
	}
	return (b64std_get(out, span_str(text)) == 0 &&
	    is_bcrypt(buf_span(out)));
}

/* 10 to 16 as with dex: the worker refuses what is weaker or takes longer. */
static bool
has_good_cost(struct span h)
{
	return (h.p[4] == '1' && h.p[5] >= '0' && h.p[5] <= '6');
}

static void
emit_user(struct config *c, const struct ynode *n, const struct user_entry *e)
{
	const char		*text = e->hash;
	struct buf		 hash;
	struct msg_pa_ct_user	 ct = { 0 };
	struct msg_pa_au_user	 m = { .email = span_str(e->email),
		.user_id = span_str(e->user_id),
		.username = span_str(e->name != NULL && *e->name != '\0' ?
		    e->name : e->username),
		.preferred_username = span_str(e->preferred_username),
		.email_verified = e->email_verified,
		.groups = msg_list_of(&e->groups) };

	if (text == NULL && e->hash_env != NULL)
		text = from_environment(c, n, "hashFromEnv", e->hash_env);
	buf_init(&hash, 256);
	if (e->email == NULL || *e->email == '\0')
		problem(c, n->line, "a user has no email");
	else if (e->user_id == NULL || *e->user_id == '\0')
		problem(c, n->line, "a user has no userID");
	else if (text == NULL)
		problem(c, n->line, "a user has no hash");
	else if (!hash_decode(text, &hash))
		problem(c, line_of_key(n, "hash"), "the hash is not bcrypt: "
		    "dexctl hash-password makes one");
	else if (!has_good_cost(buf_span(&hash)))
		warning(c, line_of_key(n, "hash"), "nobody can log in with "
		    "this hash: its cost is not from 10 to 16");
	m.hash = buf_span(&hash);
	ct.email = m.email;
	ct.username = m.username;
	ct.user_id = m.user_id;
	if (!c->failed) {
		emit_slice(c, ROOM_AUTHN, "local", PA_AU_USER, &m);
		emit_slice(c, ROOM_CONTROL, "", PA_CT_USER, &ct);
	}
	buf_clear(&hash);
}

static void
user_clear(struct user_entry *e)
{
	free(e->email);
	free(e->hash);
	free(e->hash_env);
	free(e->user_id);
	free(e->username);
	free(e->name);
	free(e->preferred_username);
	list_buf_clear(&e->groups);
}

void
users_read(struct config *c, const struct ynode *list)
{
#define AT(member)	offsetof(struct user_entry, member)
	static const struct field	 fields[] = {
		{ "email", take_string, AT(email) },
		{ "hash", take_string, AT(hash) },
		{ "hashFromEnv", take_string, AT(hash_env) },
		{ "userID", take_string, AT(user_id) },
		{ "username", take_string, AT(username) },
		{ "name", take_string, AT(name) },
		{ "preferredUsername", take_string, AT(preferred_username) },
		{ "emailVerified", take_bool, AT(email_verified) },
		{ "groups", take_strings, AT(groups) },
		FIELDS_END
	};
#undef AT
	struct user_entry		 e;
	const struct ynode		*n;

	for (n = list->child; n != NULL; n = n->next) {
		memset(&e, 0, sizeof(e));
		e.email_verified = true;
		list_buf_init(&e.groups, LIST_MAX_BYTES);
		fields_read(c, n, fields, &e, "a user");
		check_twice(c, list, n, "email");
		emit_user(c, n, &e);
		user_clear(&e);
	}
}

/* ---- connectors ---- */

struct connector_entry {
	char			*type;
	char			*id;
	char			*name;
	const struct ynode	*config;
	struct list_buf		 grant_types;
};

/* Tells the three rooms that must know of a connector. */
static void
emit_connector(struct config *c, const char *type, const char *id,
    const char *name, enum connector_kind kind, const char *prompt,
    struct msg_list grants, struct span json)
{
	struct msg_pa_en_connector	 en = { .id = span_str(id),
		.type = span_str(type), .name = span_str(name),
		.kind = (uint8_t)kind, .username_prompt = span_str(prompt),
		.can_refresh = true, .grant_types = grants };
	struct msg_pa_sg_connector	 sg = { .id = span_str(id) };
	struct msg_pa_au_config		 au = { .issuer =
		span_str(c->issuer), .connector = span_str(id),
		.type = span_str(type), .config = json };
	struct msg_pa_ct_connector	 ct = { .id = span_str(id),
		.type = span_str(type), .name = span_str(name) };
	struct connector_def		*def;

	if (c->nconnectors == CONNECTORS_MAX) {
		problem(c, 1, "too many connectors");
		return;
	}
	def = &c->connectors[c->nconnectors++];
	def->id = xstrdup(id);
	def->program = strcmp(type, "local") == 0 ? AUTHN_LOCAL : AUTHN_MOCK;
	if (c->failed)
		return;
	emit_slice(c, ROOM_ENGINE, "", PA_EN_CONNECTOR, &en);
	emit_slice(c, ROOM_SIGNER, "", PA_SG_CONNECTOR, &sg);
	emit_slice(c, ROOM_CONTROL, "", PA_CT_CONNECTOR, &ct);
	emit_slice(c, ROOM_AUTHN, id, PA_AU_CONFIG, &au);
}

void
connector_local(struct config *c)
{
	struct msg_list	 all = { NULL, 0, 0 };
	unsigned	 i;

	for (i = 0; i < c->nconnectors; i++)
		if (strcmp(c->connectors[i].id, "local") == 0) {
			problem(c, 1, "the connector id \"local\" belongs to "
			    "the password database");
			return;
		}
	emit_connector(c, "local", "local", "Email", CONNECTOR_PASSWORD,
	    "Email Address", all, span_str("{}"));
}

/* The configuration of mockPassword as JSON. */
static bool
mock_config(struct config *c, const struct ynode *n,
    const struct connector_entry *e, struct buf *json)
{
	static const struct field	 fields[] = {
		{ "username", take_expanded, 0 },
		{ "password", take_expanded, sizeof(char *) },
		FIELDS_END
	}, none[] = { FIELDS_END };
	char				*s[2] = { NULL, NULL };
	bool				 password = strcmp(e->type,
					    "mockPassword") == 0;

	if (e->config != NULL)
		fields_read(c, e->config, password ? fields : none, s,
		    "the connector's config");
	if (password && (s[0] == NULL || *s[0] == '\0' || s[1] == NULL ||
	    *s[1] == '\0'))
		problem(c, n->line, "mockPassword needs username and "
		    "password");
	buf_put_c(json, '{');
	if (s[0] != NULL && s[1] != NULL) {
		buf_put_str(json, "\"username\":");
		json_put_string(json, span_str(s[0]));
		buf_put_str(json, ",\"password\":");
		json_put_string(json, span_str(s[1]));
	}
	buf_put_c(json, '}');
	free(s[0]);
	free(s[1]);
	return (buf_ok(json));
}

static void
check_grants(struct config *c, const struct ynode *n, struct msg_list grants)
{
	static const char * const	 known[] = { "authorization_code",
		"refresh_token", "implicit", "password",
		"urn:ietf:params:oauth:grant-type:device_code",
		"urn:ietf:params:oauth:grant-type:token-exchange" };
	struct span			 grant;
	size_t				 i, count =
					    sizeof(known) / sizeof(known[0]);

	while (msg_list_next(&grants, &grant)) {
		for (i = 0; i < count && !span_is(grant, known[i]); i++)
			;
		if (i == count)
			problem(c, line_of_key(n, "grantTypes"),
			    "unknown grant type of a connector");
	}
}

/* True if the type is one that a program exists for. */
static bool
check_type(struct config *c, const struct ynode *n, const char *type)
{
	static const char * const	 have[] = { "mockCallback",
		"mockPassword", NULL };
	static const char * const	 later[] = { "keystone", "ldap",
		"gitea", "github", "gitlab", "google", "oidc", "oauth", "saml",
		"samlExperimental", "authproxy", "linkedin", "microsoft",
		"bitbucket-cloud", "openshift", "atlassian-crowd", NULL };

	if (is_one_of(type, have))
		return (true);
	if (is_one_of(type, later))
		problem(c, line_of_key(n, "type"), "connector type \"%s\" is "
		    "not supported yet", type);
	else
		problem(c, line_of_key(n, "type"), "unknown connector type "
		    "\"%s\"", type);
	return (false);
}

static void
read_connector(struct config *c, const struct ynode *n,
    struct connector_entry *e)
{
	bool		 password;
	struct buf	 json;

	if (e->type == NULL || e->id == NULL || *e->id == '\0' ||
	    e->name == NULL || *e->name == '\0') {
		problem(c, n->line, "a connector needs type, id and name");
		return;
	}
	if (strlen(e->id) > 200)
		problem(c, line_of_key(n, "id"), "the id is too long");
	check_grants(c, n, msg_list_of(&e->grant_types));
	if (!check_type(c, n, e->type))
		return;
	password = strcmp(e->type, "mockPassword") == 0;
	buf_init(&json, 32768);
	if (mock_config(c, n, e, &json))
		emit_connector(c, e->type, e->id, e->name, password ?
		    CONNECTOR_PASSWORD : CONNECTOR_CALLBACK,
		    password ? "Username" : "", msg_list_of(&e->grant_types),
		    buf_span(&json));
	buf_clear(&json);
}

void
connectors_read(struct config *c, const struct ynode *list)
{
#define AT(member)	offsetof(struct connector_entry, member)
	static const struct field	 fields[] = {
		{ "type", take_string, AT(type) },
		{ "id", take_string, AT(id) },
		{ "name", take_string, AT(name) },
		{ "config", take_line, AT(config) },
		{ "grantTypes", take_strings, AT(grant_types) },
		FIELDS_END
	};
#undef AT
	struct connector_entry		 e;
	const struct ynode		*n;

	for (n = list->child; n != NULL; n = n->next) {
		memset(&e, 0, sizeof(e));
		list_buf_init(&e.grant_types, LIST_MAX_BYTES);
		fields_read(c, n, fields, &e, "a connector");
		check_twice(c, list, n, "id");
		read_connector(c, n, &e);
		free(e.type);
		free(e.id);
		free(e.name);
		list_buf_clear(&e.grant_types);
	}
}
