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
#include <strings.h>

#include "config.h"
#include "log.h"

/* The blocks of the file but web and its lists of clients, users, connectors. */

#define AT(member)	offsetof(struct config, member)

/* ---- storage ---- */

static void
take_storage_type(struct config *c, const char *type, unsigned line)
{
	static const char * const	 later[] = { "postgres", "mysql",
		"etcd", "kubernetes", NULL };

	if (strcmp(type, "sqlite3") == 0)
		c->storage = STORAGE_SQLITE;
	else if (strcmp(type, "memory") == 0)
		c->storage = STORAGE_MEMORY;
	else if (is_one_of(type, later))
		problem(c, line, "storage \"%s\" is not supported yet", type);
	else
		problem(c, line, "unknown storage \"%s\"", type);
}

void
take_storage(struct config *c, const struct ynode *n, void *target)
{
	struct {
		char			*type;
		const struct ynode	*config;
	} s = { NULL, NULL };
	static const struct field	 fields[] = {
		{ "type", take_string, 0 },
		{ "config", take_line, sizeof(char *) },
		FIELDS_END
	}, sqlite[] = {
		{ "file", take_expanded, AT(storage_file) },
		FIELDS_END
	}, none[] = { FIELDS_END };

	(void)target;
	fields_read(c, n, fields, &s, "storage");
	if (s.type == NULL) {
		problem(c, n->key_line, "storage has no type");
		return;
	}
	take_storage_type(c, s.type, line_of_key(n, "type"));
	if (s.config != NULL && (strcmp(s.type, "sqlite3") == 0 ||
	    strcmp(s.type, "memory") == 0))
		fields_read(c, s.config, c->storage == STORAGE_SQLITE ?
		    sqlite : none, c, "storage.config");
	if (strcmp(s.type, "sqlite3") == 0 && c->storage_file == NULL)
		problem(c, n->key_line, "storage.config.file is missing");
	else if (c->storage == STORAGE_SQLITE && c->storage_file != NULL &&
	    strcmp(c->storage_file, ":memory:") == 0)
		c->storage = STORAGE_MEMORY;
	free(s.type);
}

/* ---- oauth2 ---- */

static void
take_grant_types(struct config *c, const struct ynode *n, void *target)
{
	static const char * const	 later[] = { "implicit", "password",
		"client_credentials",
		"urn:ietf:params:oauth:grant-type:device_code",
		"urn:ietf:params:oauth:grant-type:token-exchange", NULL };
	const struct ynode		*i;

	(void)target;
	if (n->kind != YNODE_LIST) {
		problem(c, n->line, "\"%s\" must be a list", n->key);
		return;
	}
	c->grant_code = c->grant_refresh = n->child == NULL;
	for (i = n->child; i != NULL; i = i->next)
		if (i->kind == YNODE_SCALAR &&
		    strcmp(i->text, "authorization_code") == 0)
			c->grant_code = true;
		else if (i->kind == YNODE_SCALAR &&
		    strcmp(i->text, "refresh_token") == 0)
			c->grant_refresh = true;
		else if (i->kind == YNODE_SCALAR && is_one_of(i->text, later))
			problem(c, i->line, "grant type \"%s\" is not "
			    "supported yet", i->text);
		else
			problem(c, i->line, "unknown grant type");
}

static void
take_response_types(struct config *c, const struct ynode *n, void *target)
{
	static const char * const	 later[] = { "token", "id_token",
		"code token", "code id_token", "id_token token",
		"code id_token token", NULL };
	const struct ynode		*i;

	(void)target;
	if (n->kind != YNODE_LIST) {
		problem(c, n->line, "\"%s\" must be a list", n->key);
		return;
	}
	for (i = n->child; i != NULL; i = i->next)
		if (i->kind == YNODE_SCALAR && is_one_of(i->text, later))
			problem(c, i->line, "response type \"%s\" is not "
			    "supported yet", i->text);
		else if (i->kind != YNODE_SCALAR ||
		    strcmp(i->text, "code") != 0)
			problem(c, i->line, "unknown response type");
}

static void
take_challenge_methods(struct config *c, const struct ynode *n, void *target)
{
	const struct ynode	*i;

	(void)target;
	if (n->kind != YNODE_LIST) {
		problem(c, n->line, "\"%s\" must be a list", n->key);
		return;
	}
	if (n->child != NULL)
		c->pkce_s256 = c->pkce_plain = false;
	for (i = n->child; i != NULL; i = i->next)
		if (i->kind == YNODE_SCALAR && strcmp(i->text, "S256") == 0)
			c->pkce_s256 = true;
		else if (i->kind == YNODE_SCALAR &&
		    strcmp(i->text, "plain") == 0)
			c->pkce_plain = true;
		else
			problem(c, i->line, "a code challenge method is S256 "
			    "or plain");
}

static void
take_pkce(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "enforce", take_bool, AT(pkce_enforce) },
		{ "codeChallengeMethodsSupported", take_challenge_methods,
		    0 },
		FIELDS_END
	};

	(void)target;
	fields_read(c, n, fields, c, "oauth2.pkce");
}

void
take_oauth2(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "grantTypes", take_grant_types, 0 },
		{ "responseTypes", take_response_types, 0 },
		{ "skipApprovalScreen", take_bool, AT(skip_approval) },
		{ "alwaysShowLoginScreen", take_bool, AT(always_show_login) },
		{ "passwordConnector", take_unsupported, 0 },
		{ "pkce", take_pkce, 0 },
		FIELDS_END
	};

	(void)target;
	fields_read(c, n, fields, c, "oauth2");
}

/* ---- telemetry ---- */

static void
take_profiling(struct config *c, const struct ynode *n, void *target)
{
	bool	 yes = false;

	(void)target;
	take_bool(c, n, &yes);
	if (yes)
		warning(c, n->key_line, "enableProfiling is ignored: it is "
		    "about the Go runtime, which dexd has not");
}

void
take_telemetry(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "http", take_string, AT(telemetry) },
		{ "enableProfiling", take_profiling, 0 },
		FIELDS_END
	};

	(void)target;
	fields_read(c, n, fields, c, "telemetry");
	c->telemetry_line = line_of_key(n, "http");
}

/* ---- expiry, logger, frontend, signer ---- */

static void
take_refresh_tokens(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "disableRotation", take_bool, AT(refresh_fixed) },
		{ "reuseInterval", take_duration, AT(refresh_reuse_secs) },
		{ "validIfNotUsedFor", take_duration, AT(refresh_idle_secs) },
		{ "absoluteLifetime", take_duration,
		    AT(refresh_absolute_secs) },
		FIELDS_END
	};

	(void)target;
	fields_read(c, n, fields, c, "expiry.refreshTokens");
}

void
take_expiry(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "signingKeys", take_duration, AT(rotation_secs) },
		{ "idTokens", take_duration, AT(id_tokens_secs) },
		{ "authRequests", take_duration, AT(auth_requests_secs) },
		{ "deviceRequests", take_unsupported, 0 },
		{ "refreshTokens", take_refresh_tokens, 0 },
		FIELDS_END
	};

	(void)target;
	fields_read(c, n, fields, c, "expiry");
	if (c->id_tokens_secs == 0)
		problem(c, line_of_key(n, "idTokens"),
		    "idTokens must be at least a second");
	if (c->auth_requests_secs == 0)
		c->auth_requests_secs = 24 * 3600;
}

/* Nothing, or +N or -N with up to three digits. */
static bool
take_offset(const char *text, int *offset)
{
	bool	 minus = *text == '-';
	size_t	 n = 0;

	*offset = 0;
	if (*text == '\0')
		return (true);
	if (*text != '+' && *text != '-')
		return (false);
	for (text++; *text >= '0' && *text <= '9' && n < 3; text++, n++)
		*offset = *offset * 10 + (*text - '0');
	if (minus)
		*offset = -*offset;
	return (n != 0 && *text == '\0');
}

static void
take_level(struct config *c, const struct ynode *n, void *target)
{
	static const char * const	 names[] = { "debug", "info", "warn",
		"error" };
	size_t				 len;
	unsigned			 i;
	int				 offset;

	(void)target;
	for (i = 0; n->kind == YNODE_SCALAR && i < 4; i++) {
		len = strlen(names[i]);
		if (strncasecmp(n->text, names[i], len) != 0 ||
		    !take_offset(n->text + len, &offset))
			continue;
		/* dex counts debug -4, info 0, warn 4, error 8. */
		offset += (int)i * 4;
		c->log_level = offset <= 0 ? LEVEL_DEBUG : offset <= 4 ?
		    LEVEL_INFO : offset <= 8 ? LEVEL_WARN : LEVEL_ERROR;
		return;
	}
	problem(c, n->line, "the level is debug, info, warn or error");
}

static void
take_format(struct config *c, const struct ynode *n, void *target)
{
	(void)target;
	if (n->kind == YNODE_SCALAR && strcasecmp(n->text, "json") == 0)
		c->log_json = true;
	else if (n->kind != YNODE_SCALAR || strcasecmp(n->text, "text") != 0)
		problem(c, n->line, "the format is text or json");
}

void
take_logger(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "level", take_level, 0 },
		{ "format", take_format, 0 },
		{ "excludeFields", take_strings, AT(log_exclude) },
		FIELDS_END
	};

	(void)target;
	fields_read(c, n, fields, c, "logger");
}

void
take_frontend(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "issuer", take_string, AT(title) },
		{ "theme", take_string, AT(theme) },
		{ "logoURL", take_string, AT(logo_url) },
		{ "extra", take_pairs, AT(extra) },
		{ "dir", take_string, AT(theme_dir) },
		FIELDS_END
	};

	(void)target;
	fields_read(c, n, fields, c, "frontend");
	c->theme_line = line_of_key(n, "dir");
}

/* The name of one directory: it becomes part of a path. */
static bool
is_theme_name(const char *s)
{
	size_t	 n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
		    "TUVWXYZ0123456789._-");

	return (n != 0 && n <= 64 && s[n] == '\0' && s[0] != '.');
}

/*
 * Theme and directory, once the file is read: what is missing has a default,
 * and the environment may name the directory, as with dex.
 */
void
check_theme(struct config *c, const struct ynode *frontend)
{
	const char	*env = getenv("DEX_FRONTEND_DIR");
	unsigned	 line = frontend == NULL ? 1 :
			    line_of_key(frontend, "theme");

	if (c->theme_dir != NULL && c->theme_dir[0] == '\0') {
		free(c->theme_dir);
		c->theme_dir = NULL;
	}
	if (c->theme_dir == NULL && env != NULL && env[0] != '\0') {
		c->theme_dir = xstrdup(env);
		c->theme_line = 1;
	}
	/* dex maps the names of its former themes to light. */
	if (c->theme != NULL && (strcmp(c->theme, "coreos") == 0 ||
	    strcmp(c->theme, "tectonic") == 0)) {
		free(c->theme);
		c->theme = xstrdup("light");
	}
	if (c->theme == NULL || c->theme[0] == '\0') {
		free(c->theme);
		c->theme = xstrdup(c->theme_dir == NULL ? "auto" : "light");
	}
	if (c->theme_dir == NULL && strcmp(c->theme, "auto") != 0 &&
	    strcmp(c->theme, "light") != 0 && strcmp(c->theme, "dark") != 0)
		problem(c, line, "the themes are auto, light and dark; others "
		    "need frontend.dir");
	else if (!is_theme_name(c->theme))
		problem(c, line, "a theme is the name of a directory");
	/* dex's default, perhaps written out: ours is a drawing. */
	if (c->theme_dir == NULL && (c->logo_url == NULL ||
	    strcmp(c->logo_url, "theme/logo.png") == 0)) {
		free(c->logo_url);
		c->logo_url = xstrdup("theme/logo.svg");
	}
	if (c->logo_url == NULL)
		c->logo_url = xstrdup("theme/logo.png");
}

static void
take_alg(struct config *c, const struct ynode *n, void *target)
{
	int	 alg;

	(void)target;
	for (alg = 0; n->kind == YNODE_SCALAR && alg < JWA_MAX; alg++)
		if (strcmp(n->text, jwa_name((enum jwa)alg)) == 0) {
			c->alg = (enum jwa)alg;
			return;
		}
	problem(c, n->line, "the algorithm is RS256, ES256 or EdDSA");
}

void
take_signer(struct config *c, const struct ynode *n, void *target)
{
	static const struct field	 fields[] = {
		{ "type", take_string, 0 },
		{ "config", take_line, sizeof(char *) },
		FIELDS_END
	}, local[] = {
		{ "keysRotationPeriod", take_duration, AT(rotation_secs) },
		{ "algorithm", take_alg, 0 },
		FIELDS_END
	};
	struct {
		char			*type;
		const struct ynode	*config;
	} s = { NULL, NULL };

	(void)target;
	fields_read(c, n, fields, &s, "signer");
	if (s.type != NULL && strcmp(s.type, "local") == 0) {
		if (ynode_get(s.config, "keysRotationPeriod") == NULL)
			problem(c, n->key_line, "signer.config."
			    "keysRotationPeriod is missing");
		if (s.config != NULL)
			fields_read(c, s.config, local, c, "signer.config");
	} else if (s.type != NULL && strcmp(s.type, "vault") == 0)
		problem(c, line_of_key(n, "type"),
		    "signer \"vault\" is not supported yet");
	else
		problem(c, n->key_line, "the type of signer is local");
	free(s.type);
}
