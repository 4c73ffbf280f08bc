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

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest.h"
#include "log.h"
#include "parent.h"

/* What a room gets before it may begin: orders, slices, keys, wires. */

static void
wire_end(struct child *to, const struct child *other, int fd)
{
	struct msg_pa_room_peer	 m = { .room = (uint8_t)other->room,
		.name = span_str(other->name), .instance = other->instance };

	child_tell(to, PA_ROOM_PEER, &m, fd);
}

int
wire_make(struct child *a, struct child *b)
{
	int	 sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    sv) == -1) {
		log_error("no socketpair", "err", strerror(errno));
		return (-1);
	}
	wire_end(a, b, sv[0]);
	wire_end(b, a, sv[1]);
	close(sv[0]);
	close(sv[1]);
	return (0);
}

/* Tells the engine that the other end of a wire has died. */
void
wire_gone(struct child *c)
{
	struct child			*engine = c->gen == NULL ? NULL :
					    generation_find(c->gen,
					    ROOM_ENGINE);
	struct msg_pa_room_peer_gone	 m = { .room = (uint8_t)c->room,
		.name = span_str(c->name), .instance = c->instance };
	struct msg_pa_fe_sealkey	 k = { .connector = span_str(c->name),
		.instance = c->instance };
	struct child			*fe;

	if (engine != NULL && engine != c)
		child_tell(engine, PA_ROOM_PEER_GONE, &m, -1);
	if (c->gen == NULL || !c->has_sealkey)
		return;
	c->has_sealkey = false;
	TAILQ_FOREACH(fe, &c->gen->children, entry)
		if (fe->room == ROOM_FRONTEND)
			child_tell(fe, PA_FE_SEALKEY, &k, -1);
}

static void
tell_sealkey(struct child *frontend, const struct child *worker)
{
	struct msg_pa_fe_sealkey	 m = {
		.connector = span_str(worker->name),
		.instance = worker->instance,
		.public_key = span_mem(worker->sealkey,
		    sizeof(worker->sealkey)) };

	child_tell(frontend, PA_FE_SEALKEY, &m, -1);
}

void
sealkey_spread(struct generation *g, const struct child *worker)
{
	struct child	*c;

	TAILQ_FOREACH(c, &g->children, entry)
		if (c->room == ROOM_FRONTEND)
			tell_sealkey(c, worker);
}

static void
tell_slices(struct child *c)
{
	struct slice	*s;

	TAILQ_FOREACH(s, &c->gen->settings->slices, entry)
		if (s->room == c->room && strcmp(s->name, c->name) == 0)
			child_tell_slice(c, s);
}

/* ---- keys: each room gets what it needs, derived ---- */

static void
tell_frontend_key(struct child *c, const struct seal_root *r)
{
	uint8_t			 key[KEY_LEN];
	struct msg_pa_fe_key	 m = { .number = r->number,
				    .document_key = span_mem(key, KEY_LEN) };

	derive_key(key, r->key, "document", span_mem(NULL, 0));
	child_tell(c, PA_FE_KEY, &m, -1);
	explicit_bzero(key, sizeof(key));
}

static void
tell_engine_key(struct child *c, const struct seal_root *r)
{
	uint8_t			 key[KEY_LEN];
	struct msg_pa_en_key	 m = { .number = r->number,
				    .cookie_key = span_mem(key, KEY_LEN) };

	derive_key(key, r->key, "cookie", span_mem(NULL, 0));
	child_tell(c, PA_EN_KEY, &m, -1);
	explicit_bzero(key, sizeof(key));
}

static void
tell_signer_key(struct child *c, const struct seal_root *r)
{
	uint8_t			 root[KEY_LEN], keyset[KEY_LEN], doc[KEY_LEN];
	struct msg_pa_sg_key	 m = { .number = r->number,
		.attest_root = span_mem(root, KEY_LEN),
		.keyset_key = span_mem(keyset, KEY_LEN),
		.document_key = span_mem(doc, KEY_LEN) };

	derive_key(root, r->key, "attest-root", span_mem(NULL, 0));
	derive_key(keyset, r->key, "keyset", span_mem(NULL, 0));
	derive_key(doc, r->key, "document", span_mem(NULL, 0));
	child_tell(c, PA_SG_KEY, &m, -1);
	explicit_bzero(root, sizeof(root));
	explicit_bzero(keyset, sizeof(keyset));
	explicit_bzero(doc, sizeof(doc));
}

static void
tell_worker_key(struct child *c, const struct seal_root *r)
{
	uint8_t			 root[KEY_LEN], key[KEY_LEN];
	struct msg_pa_au_key	 m = { .number = r->number,
				    .attest_key = span_mem(key, KEY_LEN) };

	derive_key(root, r->key, "attest-root", span_mem(NULL, 0));
	attest_key(key, root, span_str(c->name));
	child_tell(c, PA_AU_KEY, &m, -1);
	explicit_bzero(root, sizeof(root));
	explicit_bzero(key, sizeof(key));
}

static void
tell_keys(struct child *c)
{
	const struct seal_roots	*roots = &c->parent->roots;
	unsigned		 i;

	for (i = 0; i < roots->n; i++)
		if (c->room == ROOM_FRONTEND)
			tell_frontend_key(c, &roots->list[i]);
		else if (c->room == ROOM_ENGINE)
			tell_engine_key(c, &roots->list[i]);
		else if (c->room == ROOM_SIGNER)
			tell_signer_key(c, &roots->list[i]);
		else if (c->room == ROOM_AUTHN)
			tell_worker_key(c, &roots->list[i]);
}

/* ---- what the parent alone knows ---- */

static void
tell_tls(struct child *c)
{
	const struct settings	*s = c->gen->settings;
	const struct keypair	*k = c->gen->pair;
	struct msg_pa_fe_tls	 m = { .min = (uint8_t)s->tls_min,
				    .max = (uint8_t)s->tls_max };

	if (strcmp(c->program, "frontend-tls") != 0 || k == NULL)
		return;
	m.cert = buf_span(&k->cert);
	m.key = buf_span(&k->key);
	child_tell(c, PA_FE_TLS, &m, -1);
}

/* The database's directory, and its name as the engine sees it. */
static void
engine_places(const struct child *c, char dir[1024], char file[1100])
{
	const struct parent	*p = c->parent;
	const struct settings	*s = c->gen->settings;
	const char		*slash, *base;

	if (s->storage == STORAGE_MEMORY) {
		snprintf(dir, 1024, "%s", p->store_dir);
		base = "memory.db";
	} else {
		slash = strrchr(s->storage_file, '/');
		base = slash == NULL ? s->storage_file : slash + 1;
		snprintf(dir, 1024, "%.*s", slash == NULL ? 1 :
		    slash == s->storage_file ? 1 :
		    (int)(slash - s->storage_file), slash == NULL ? "." :
		    s->storage_file);
	}
	snprintf(file, 1100, "%s/%s", p->root ? "" : dir, base);
}

static void
furnish_engine(struct child *c)
{
	struct msg_pa_en_store	 m = {
		.storage = (uint8_t)c->gen->settings->storage };
	char			 dir[1024], file[1100];

	engine_places(c, dir, file);
	child_start(c, c->gen->settings, c->parent->root ? "/" : dir, dir);
	m.file = span_str(file);
	child_tell(c, PA_EN_STORE, &m, -1);
	tell_slices(c);
	tell_keys(c);
}

static void
tell_workers(struct child *frontend)
{
	struct child	*c;

	TAILQ_FOREACH(c, &frontend->gen->children, entry)
		if (c->room == ROOM_AUTHN && c->has_sealkey)
			tell_sealkey(frontend, c);
}

int
child_furnish(struct child *c)
{
	struct child	*engine;

	if (c->room == ROOM_ENGINE) {
		furnish_engine(c);	/* it goes when it has its wires */
		return (0);
	}
	child_start(c, c->gen->settings, "", c->parent->empty_dir);
	tell_slices(c);
	tell_keys(c);
	if (c->room == ROOM_FRONTEND) {
		tell_tls(c);
		theme_tell(c, c->gen->settings->theme);
		tell_workers(c);
	}
	engine = generation_find(c->gen, ROOM_ENGINE);
	if (engine != NULL && engine->peer != NULL &&
	    wire_make(engine, c) == -1)
		return (-1);
	child_go(c);
	return (0);
}
