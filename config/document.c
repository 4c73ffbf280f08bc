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

#include <bsd/stdlib.h>

#include "config.h"
#include "log.h"

/* The top level of the file. */

#define AT(member)	offsetof(struct config, member)

static void
take_sandbox(struct config *c, const struct ynode *n, void *target)
{
	(void)target;
	if (n->kind == YNODE_SCALAR && strcmp(n->text, "best-effort") == 0)
		c->sandbox = SANDBOX_BEST_EFFORT;
	else if (n->kind != YNODE_SCALAR || strcmp(n->text, "enforce") != 0)
		problem(c, n->line, "sandbox is enforce or best-effort");
}

static void
take_unknown_keys(struct config *c, const struct ynode *n, void *target)
{
	(void)target;		/* read first; see read_document() */
	if (n->kind != YNODE_SCALAR || (strcmp(n->text, "warn") != 0 &&
	    strcmp(n->text, "error") != 0))
		problem(c, n->line, "unknownKeys is error or warn");
}

/* Lists are read when the rest of the file is known. */
static void
take_later(struct config *c, const struct ynode *n, void *target)
{
	(void)target;
	if (n->kind != YNODE_LIST)
		problem(c, n->line, "\"%s\" must be a list", n->key);
}

struct lists {
	const struct ynode	*clients;
	const struct ynode	*users;
	const struct ynode	*connectors;
};

/* unsigned: how many processes of a kind */
static void
take_processes(struct config *c, const struct ynode *n, void *target)
{
	const char	*why = "";
	long long	 count = 0;

	if (n->kind == YNODE_SCALAR && n->plain)
		count = strtonum(n->text, 1, PROCESSES_MAX, &why);
	if (count == 0)
		problem(c, n->line, "\"%s\" must be a number from 1 to %d",
		    n->key, PROCESSES_MAX);
	else
		*(unsigned *)target = (unsigned)count;
}

static void
set_defaults(struct config *c)
{
	c->frontends = c->signers = 1;
	c->grant_code = c->grant_refresh = true;
	c->pkce_s256 = c->pkce_plain = true;
	c->rotation_secs = 6 * 3600;
	c->id_tokens_secs = 24 * 3600;
	c->auth_requests_secs = 24 * 3600;
	c->tls_max = 1;
	c->log_level = LEVEL_INFO;
	list_buf_init(&c->headers, 32768);
	list_buf_init(&c->origins, 32768);
	list_buf_init(&c->log_exclude, 4096);
	list_buf_init(&c->request_headers, 16384);
	list_buf_init(&c->proxies, 8192);
	list_buf_init(&c->extra, 32768);
}

static void
check_whole(struct config *c, const struct ynode *n)
{
	const char	*why;

	if (c->issuer == NULL)
		problem(c, 1, "issuer is missing");
	else if ((why = value_issuer(c->issuer)) != NULL)
		problem(c, line_of_key(n, "issuer"), "%s", why);
	if (ynode_get(n, "storage") == NULL)
		problem(c, 1, "storage is missing");
	if (ynode_get(n, "web") == NULL)
		problem(c, 1, "web is missing");
	if (c->title == NULL)
		c->title = xstrdup("dexd");
	check_theme(c, ynode_get(n, "frontend"));
}

static void
read_lists(struct config *c, const struct lists *l)
{
	if (l->clients != NULL)
		clients_read(c, l->clients);
	if (l->connectors != NULL)
		connectors_read(c, l->connectors);
	if (c->password_db)
		connector_local(c);
	if (l->users != NULL && l->users->child != NULL && !c->password_db)
		problem(c, l->users->key_line,
		    "staticPasswords need enablePasswordDB: true");
	else if (l->users != NULL)
		users_read(c, l->users);
	if (c->nconnectors == 0)
		problem(c, 1, "there is no way to log in: configure "
		    "connectors or enablePasswordDB");
}

void
read_document(struct config *c, const struct ynode *n)
{
	static const struct field	 fields[] = {
		{ "issuer", take_string, AT(issuer) },
		{ "storage", take_storage, 0 },
		{ "web", take_web, 0 },
		{ "oauth2", take_oauth2, 0 },
		{ "expiry", take_expiry, 0 },
		{ "logger", take_logger, 0 },
		{ "frontend", take_frontend, 0 },
		{ "signer", take_signer, 0 },
		{ "enablePasswordDB", take_bool, AT(password_db) },
		{ "sandbox", take_sandbox, 0 },
		{ "frontends", take_processes, AT(frontends) },
		{ "signers", take_processes, AT(signers) },
		{ "unknownKeys", take_unknown_keys, 0 },
		{ "grpc", take_unsupported, 0 },
		{ "telemetry", take_telemetry, 0 },
		{ "sessions", take_unsupported, 0 },
		{ "mfa", take_unsupported, 0 },
		{ "staticClients", take_later, 0 },
		{ "staticPasswords", take_later, 0 },
		{ "connectors", take_later, 0 },
		FIELDS_END
	};
	const struct ynode		*mode = ynode_get(n, "unknownKeys");
	struct lists			 lists = {
		ynode_get(n, "staticClients"),
		ynode_get(n, "staticPasswords"), ynode_get(n, "connectors") };

	set_defaults(c);
	c->warn_unknown = mode != NULL && mode->kind == YNODE_SCALAR &&
	    strcmp(mode->text, "warn") == 0;
	if (n->kind != YNODE_MAP) {
		problem(c, n->line, "the file holds no configuration");
		return;
	}
	fields_read(c, n, fields, c, "the file");
	check_whole(c, n);
	read_lists(c, &lists);
}
