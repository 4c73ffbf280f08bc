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

#include "config.h"
#include "log.h"
#include "peer.h"

/* What the parent is told, when the whole file is right. */

#define SLICE_MAX	61440

void
emit_slice(struct config *c, enum room room, const char *name,
    enum msg_type type, const void *fields)
{
	struct msg_cf_pa_slice	 m = { .room = (uint8_t)room,
				    .name = span_str(name),
				    .type = (uint32_t)type };
	struct buf		 b;

	buf_init(&b, SLICE_MAX);
	if (msg_encode(type, fields, &b) == -1)
		problem(c, 1, "a value is too long or not UTF-8 (%s)",
		    msg_name(type));
	m.body = buf_span(&b);
	if (!c->failed && c->parent != NULL &&
	    peer_tell(c->parent, CF_PA_SLICE, &m, -1) == -1)
		fatalx("cannot tell the parent");
	buf_clear(&b);
}

static void
emit_main(struct config *c)
{
	struct msg_cf_pa_main	 m = { .issuer = span_str(c->issuer),
		.storage = (uint8_t)c->storage,
		.storage_file = span_str(c->storage_file),
		.sandbox = (uint8_t)c->sandbox,
		.log_level = (uint8_t)c->log_level,
		.log_exclude = msg_list_of(&c->log_exclude),
		.log_format = c->log_json, .frontends = c->frontends,
		.signers = c->signers };

	if (peer_tell(c->parent, CF_PA_MAIN, &m, -1) == -1)
		problem(c, 1, "storage.config.file or logger.excludeFields is "
		    "too long");
}

static bool
is_same(const char *text, const char *host, uint32_t port)
{
	char		 other[256];
	uint32_t	 other_port;

	return (text != NULL && value_listen(text, other, sizeof(other),
	    &other_port) == NULL && port == other_port &&
	    strcmp(host, other) == 0);
}

static void
emit_listen(struct config *c, const char *text, unsigned line,
    enum listen_kind kind)
{
	char			 host[256];
	const char		*why;
	struct msg_cf_pa_listen	 m = { .kind = (uint8_t)kind };

	if (text == NULL)
		return;
	if ((why = value_listen(text, host, sizeof(host), &m.port)) != NULL) {
		problem(c, line, "%s", why);
		return;
	}
	m.host = span_str(host);
	if (kind == LISTEN_TELEMETRY && (is_same(c->http, host, m.port) ||
	    is_same(c->https, host, m.port)))
		problem(c, line, "telemetry.http needs an address of its own");
	if (kind == LISTEN_HTTPS && is_same(c->http, host, m.port))
		problem(c, line, "web.https needs an address of its own");
	peer_tell(c->parent, CF_PA_LISTEN, &m, -1);
}

static void
emit_connectors(struct config *c)
{
	struct msg_cf_pa_connector	 m = { 0 };
	unsigned			 i;

	for (i = 0; i < c->nconnectors; i++) {
		m.id = span_str(c->connectors[i].id);
		m.program = (uint8_t)c->connectors[i].program;
		/* Only hashing is worth a process for each core. */
		m.instances = m.program == AUTHN_LOCAL ? 0 : 1;
		peer_tell(c->parent, CF_PA_CONNECTOR, &m, -1);
	}
}

static void
emit_frontend(struct config *c)
{
	struct msg_pa_fe_config	 m = { .issuer = span_str(c->issuer),
		.title = span_str(c->title), .logo_url =
		span_str(c->logo_url), .theme = span_str(c->theme),
		.extra = msg_list_of(&c->extra),
		.headers = msg_list_of(&c->headers),
		.allowed_origins = msg_list_of(&c->origins),
		.allowed_headers = msg_list_of(&c->request_headers),
		.client_ip_header = span_str(c->ip_header),
		.trusted_proxies = msg_list_of(&c->proxies) };

	emit_slice(c, ROOM_FRONTEND, "", PA_FE_CONFIG, &m);
}

static void
emit_engine(struct config *c)
{
	struct msg_pa_en_config	 m = { .issuer = span_str(c->issuer),
		.skip_approval = c->skip_approval,
		.always_show_login = c->always_show_login,
		.pkce_enforce = c->pkce_enforce, .pkce_s256 = c->pkce_s256,
		.pkce_plain = c->pkce_plain,
		.grant_authorization_code = c->grant_code,
		.grant_refresh_token = c->grant_refresh,
		.auth_requests_secs = (uint32_t)c->auth_requests_secs,
		.id_tokens_secs = (uint32_t)c->id_tokens_secs,
		.refresh_rotation = !c->refresh_fixed,
		.refresh_reuse_secs = (uint32_t)c->refresh_reuse_secs,
		.refresh_idle_secs = (uint32_t)c->refresh_idle_secs,
		.refresh_absolute_secs = (uint32_t)c->refresh_absolute_secs };

	emit_slice(c, ROOM_ENGINE, "", PA_EN_CONFIG, &m);
}

static void
emit_signer(struct config *c)
{
	struct msg_pa_sg_config	 m = { .issuer = span_str(c->issuer),
		.alg = (uint8_t)c->alg,
		.rotation_secs = (uint32_t)c->rotation_secs,
		.id_tokens_secs = (uint32_t)c->id_tokens_secs,
		.auth_requests_secs = (uint32_t)c->auth_requests_secs,
		.refresh_reuse_secs = (uint32_t)c->refresh_reuse_secs,
		.refresh_absolute_secs = (uint32_t)c->refresh_absolute_secs };
	struct list_buf		 grants, types, methods;

	list_buf_init(&grants, 256);
	list_buf_init(&types, 256);
	list_buf_init(&methods, 64);
	if (c->grant_code)
		list_buf_add(&grants, span_str("authorization_code"));
	if (c->grant_refresh)
		list_buf_add(&grants, span_str("refresh_token"));
	list_buf_add(&types, span_str("code"));
	if (c->pkce_s256)
		list_buf_add(&methods, span_str("S256"));
	if (c->pkce_plain)
		list_buf_add(&methods, span_str("plain"));
	m.grant_types = msg_list_of(&grants);
	m.response_types = msg_list_of(&types);
	m.challenge_methods = msg_list_of(&methods);
	emit_slice(c, ROOM_SIGNER, "", PA_SG_CONFIG, &m);
	list_buf_clear(&grants);
	list_buf_clear(&types);
	list_buf_clear(&methods);
}

static void
emit_tls(struct config *c)
{
	struct msg_cf_pa_tls	 m = { .cert = span_str(c->tls_cert),
		.key = span_str(c->tls_key), .min = (uint8_t)c->tls_min,
		.max = (uint8_t)c->tls_max };

	if (c->https != NULL && peer_tell(c->parent, CF_PA_TLS, &m, -1) == -1)
		problem(c, c->https_line, "tlsCert or tlsKey is too long");
}

static void
emit_theme(struct config *c)
{
	struct msg_cf_pa_theme	 m = { .dir = span_str(c->theme_dir),
		.theme = span_str(c->theme), .line = c->theme_line };

	if (c->theme_dir != NULL &&
	    peer_tell(c->parent, CF_PA_THEME, &m, -1) == -1)
		problem(c, c->theme_line, "frontend.dir is too long");
}

void
emit_all(struct config *c)
{
	if (c->failed)
		return;
	emit_main(c);
	emit_listen(c, c->http, c->http_line, LISTEN_HTTP);
	emit_listen(c, c->https, c->https_line, LISTEN_HTTPS);
	emit_listen(c, c->telemetry, c->telemetry_line, LISTEN_TELEMETRY);
	emit_tls(c);
	emit_theme(c);
	emit_connectors(c);
	emit_frontend(c);
	emit_engine(c);
	emit_signer(c);
}
