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

#include <stdlib.h>
#include <string.h>

#include "frontend.h"
#include "log.h"
#include "sealbox.h"
#include "url.h"

/* The parent's slice. */

static void
keep_proxies(struct frontend *fe)
{
	struct msg_list	 l = fe->conf->trusted_proxies;
	struct span	 text;

	while (msg_list_next(&l, &text)) {
		if (fe->nproxies == PROXIES_MAX ||
		    !ip_prefix_parse(text, &fe->proxies[fe->nproxies]))
			fatalx("a trusted proxy is malformed");
		fe->nproxies++;
	}
}

static void
on_pa_fe_config(void *room, struct peer *p, struct msg *m)
{
	struct frontend	*fe = room;
	char		*issuer;

	(void)p;
	if (fe->conf != NULL)
		fatalx("configured twice");
	buf_init(&fe->raw, msg_edge_max(ROOM_PARENT, ROOM_FRONTEND));
	fe->msg.type = PA_FE_CONFIG;
	if (msg_encode(PA_FE_CONFIG, &m->pa_fe_config, &fe->raw) == -1 ||
	    msg_decode(&fe->msg, buf_span(&fe->raw)) == -1)
		fatalx("cannot keep the configuration");
	fe->conf = &fe->msg.pa_fe_config;
	if ((issuer = span_dup(fe->conf->issuer)) == NULL)
		fatalx("cannot keep the issuer");
	fe->issuer_path = url_path(issuer);
	free(issuer);
	if (fe->conf->client_ip_header.len != 0)
		fe->client_ip_header = span_dup(fe->conf->client_ip_header);
	keep_proxies(fe);
}

static void
on_pa_fe_key(void *room, struct peer *p, struct msg *m)
{
	struct frontend	*fe = room;

	(void)p;
	if (fe->nkeys == FRONTEND_KEYS)
		fatalx("too many seal keys");
	if (m->pa_fe_key.document_key.len != 32)
		fatalx("a document key of the wrong length");
	fe->keys[fe->nkeys].number = m->pa_fe_key.number;
	memcpy(fe->keys[fe->nkeys++].key, m->pa_fe_key.document_key.p, 32);
}

/* A worker came, came again with another key, or went. */
static void
on_pa_fe_sealkey(void *room, struct peer *p, struct msg *m)
{
	const struct msg_pa_fe_sealkey	*s = &m->pa_fe_sealkey;
	struct frontend			*fe = room;
	struct sealkey			*k, *next;

	(void)p;
	TAILQ_FOREACH_SAFE(k, &fe->sealkeys, entry, next)
		if (k->instance == s->instance &&
		    span_is(s->connector, k->connector)) {
			TAILQ_REMOVE(&fe->sealkeys, k, entry);
			free(k->connector);
			free(k);
		}
	if (s->public_key.len != SEALBOX_KEY_LEN)
		return;
	k = xcalloc(1, sizeof(*k));
	if ((k->connector = span_dup(s->connector)) == NULL)
		fatalx("cannot keep a worker's key");
	k->instance = s->instance;
	memcpy(k->public_key, s->public_key.p, SEALBOX_KEY_LEN);
	TAILQ_INSERT_TAIL(&fe->sealkeys, k, entry);
}

static void
on_pa_fe_tls(void *room, struct peer *p, struct msg *m)
{
	struct frontend	*fe = room;

	(void)p;
	if (fe->tls_set || io_setup(&m->pa_fe_tls) == -1)
		exit(1);
	fe->tls_set = true;
}

static void
on_pa_fe_listen(void *room, struct peer *p, struct msg *m)
{
	(void)p;
	listener_add(room, m->fd);
}

void
config_handlers(peer_handler **h)
{
	h[PA_FE_CONFIG] = on_pa_fe_config;
	h[PA_FE_KEY] = on_pa_fe_key;
	h[PA_FE_SEALKEY] = on_pa_fe_sealkey;
	h[PA_FE_TLS] = on_pa_fe_tls;
	h[PA_FE_LISTEN] = on_pa_fe_listen;
	files_handlers(h);
}

int
config_finish(struct frontend *fe)
{
	if (fe->conf == NULL || fe->nkeys == 0) {
		log_error("the configuration is not complete");
		return (-1);
	}
	return (!fe->tls_set && io_setup(NULL) == -1 ? -1 : 0);
}
