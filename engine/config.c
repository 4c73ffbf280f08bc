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

#include "engine.h"
#include "log.h"
#include "url.h"

/* The parent's slice, and what the rules ask of it. */

/* Keeps a message beyond its handler: encodes it again and decodes that. */
static void
keep(struct msg *kept, struct buf *raw, const struct msg *m)
{
	kept->type = m->type;
	kept->fd = -1;
	buf_init(raw, msg_edge_max(ROOM_PARENT, ROOM_ENGINE));
	if (msg_encode(m->type, &m->rid, raw) == -1 ||
	    msg_decode(kept, buf_span(raw)) == -1)
		fatalx("cannot keep the configuration");
}

static void
on_pa_en_config(void *room, struct peer *p, struct msg *m)
{
	struct engine	*e = room;

	(void)p;
	if (e->conf != NULL)
		fatalx("configured twice");
	keep(&e->msg, &e->raw, m);
	e->conf = &e->msg.pa_en_config;
	if ((e->issuer = span_dup(e->conf->issuer)) == NULL)
		fatalx("cannot keep the issuer");
	e->issuer_path = url_path(e->issuer);
	e->https = strncmp(e->issuer, "https://", 8) == 0;
}

static void
on_pa_en_store(void *room, struct peer *p, struct msg *m)
{
	struct engine	*e = room;

	(void)p;
	e->storage = (enum storage)m->pa_en_store.storage;
	free(e->file);
	if ((e->file = span_dup(m->pa_en_store.file)) == NULL)
		fatalx("cannot keep the database's name");
}

static void
on_pa_en_client(void *room, struct peer *p, struct msg *m)
{
	struct engine	*e = room;
	struct client	*c = xcalloc(1, sizeof(*c));

	(void)p;
	keep(&c->msg, &c->raw, m);
	c->conf = &c->msg.pa_en_client;
	TAILQ_INSERT_TAIL(&e->clients, c, entry);
}

static void
on_pa_en_connector(void *room, struct peer *p, struct msg *m)
{
	struct engine		*e = room;
	struct connector	*c;

	(void)p;
	if (connector_find(e, m->pa_en_connector.id) != NULL)
		fatalx("two connectors of one id");
	c = xcalloc(1, sizeof(*c));
	TAILQ_INIT(&c->workers);
	keep(&c->msg, &c->raw, m);
	c->conf = &c->msg.pa_en_connector;
	TAILQ_INSERT_TAIL(&e->connectors, c, entry);
	e->nconnectors++;
}

static void
on_pa_en_key(void *room, struct peer *p, struct msg *m)
{
	struct engine	*e = room;

	(void)p;
	if (e->nkeys == ENGINE_KEYS)
		fatalx("too many seal keys");
	if (m->pa_en_key.cookie_key.len != 32)
		fatalx("a cookie key of the wrong length");
	e->keys[e->nkeys].number = m->pa_en_key.number;
	memcpy(e->keys[e->nkeys++].key, m->pa_en_key.cookie_key.p, 32);
}

void
config_handlers(peer_handler **h)
{
	h[PA_EN_CONFIG] = on_pa_en_config;
	h[PA_EN_STORE] = on_pa_en_store;
	h[PA_EN_CLIENT] = on_pa_en_client;
	h[PA_EN_CONNECTOR] = on_pa_en_connector;
	h[PA_EN_KEY] = on_pa_en_key;
}

int
config_finish(struct engine *e)
{
	if (e->conf != NULL && e->file != NULL && e->nkeys != 0)
		return (0);
	log_error("the configuration is not complete");
	return (-1);
}

struct client *
client_find(struct engine *e, struct span id)
{
	struct client	*c;

	TAILQ_FOREACH(c, &e->clients, entry)
		if (span_eq(c->conf->id, id))
			return (c);
	return (NULL);
}

struct span
client_title(const struct client *c)
{
	return (c->conf->name.len != 0 ? c->conf->name : c->conf->id);
}

struct connector *
connector_find(struct engine *e, struct span id)
{
	struct connector	*c;

	TAILQ_FOREACH(c, &e->connectors, entry)
		if (span_eq(c->conf->id, id))
			return (c);
	return (NULL);
}

bool
client_allows(const struct client *cl, const struct connector *co)
{
	return (cl->conf->allowed_connectors.count == 0 ||
	    msg_list_has(cl->conf->allowed_connectors, co->conf->id));
}

bool
client_trusts(struct engine *e, struct span peer, struct span id)
{
	const struct client	*c = client_find(e, peer);

	return (span_eq(peer, id) || (c != NULL &&
	    msg_list_has(c->conf->trusted_peers, id)));
}

bool
connector_grants(const struct connector *c, const char *grant)
{
	return (c->conf->grant_types.count == 0 ||
	    msg_list_has(c->conf->grant_types, span_str(grant)));
}

struct peer *
connector_worker_at(struct connector *c, uint32_t instance)
{
	struct worker	*w;

	TAILQ_FOREACH(w, &c->workers, entry)
		if (peer_instance(w->peer) == instance)
			return (w->peer);
	return (NULL);
}

/* The least busy one. */
struct peer *
connector_worker(struct connector *c)
{
	struct worker	*w;
	struct peer	*best = NULL;

	TAILQ_FOREACH(w, &c->workers, entry)
		if (!peer_is_full(w->peer) && (best == NULL ||
		    peer_pending(w->peer) < peer_pending(best)))
			best = w->peer;
	return (best);
}
