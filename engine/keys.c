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

/*
 * Carried, never opened: the sealed key set between signer and store, and what
 * the signer publishes, to the frontends.
 */

static void
on_keyset(void *arg, enum store_status status, uint64_t serial,
    struct span sealed)
{
	struct engine			*e = arg;
	struct msg_en_sg_keyset		 m = { .serial = serial,
					    .sealed = sealed };
	struct signer			*s;

	if (status == STORE_NOT_FOUND) {
		m.serial = 0;
		m.sealed = span_mem(NULL, 0);
	} else if (status != STORE_OK)
		return;
	TAILQ_FOREACH(s, &e->signers, entry)
		peer_tell(s->peer, EN_SG_KEYSET, &m, -1);
}

void
keys_load(struct engine *e)
{
	store_keyset_get(e->store, on_keyset, e);
}

/* A signer's request that waits for the disk. */
struct put {
	struct engine	*e;
	uint32_t	 signer;	/* its instance: peers come and go */
	uint32_t	 rid;
};

static void
on_put_done(void *arg, enum store_status status)
{
	struct put			*put = arg;
	struct msg_en_sg_keyset_done	 m = { .stored = status == STORE_OK };
	struct engine			*e = put->e;
	struct peer			*signer = signer_at(e, put->signer);

	if (signer != NULL)
		peer_answer(signer, put->rid, EN_SG_KEYSET_DONE, &m);
	free(put);
	/* The other signers must hear of it, or this one who was first. */
	if (status == STORE_OK || status == STORE_CONFLICT)
		keys_load(e);
}

static void
on_sg_en_keyset_put(void *room, struct peer *p, struct msg *m)
{
	struct engine				*e = room;
	const struct msg_sg_en_keyset_put	*k = &m->sg_en_keyset_put;
	struct write_set			*ws = write_set_new();
	struct put				*put = calloc(1, sizeof(*put));
	struct msg_en_sg_keyset_done		 no = { .stored = false };

	if (ws == NULL || put == NULL) {
		write_set_free(ws);
		free(put);
		peer_answer(p, m->rid, EN_SG_KEYSET_DONE, &no);
		return;
	}
	put->e = e;
	put->signer = peer_instance(p);
	put->rid = m->rid;
	write_set_put_keyset(ws, k->expected, k->serial, k->sealed);
	store_commit(e->store, ws, on_put_done, put);
}

static void
push(const struct published *d, struct peer *frontend)
{
	const struct msg_sg_en_document	*s = &d->msg.sg_en_document;
	struct msg_en_fe_document	 m = { .document = s->document,
		.serial = s->serial, .key_number = s->key_number,
		.body = s->body, .mac = s->mac };

	peer_tell(frontend, EN_FE_DOCUMENT, &m, -1);
}

void
keys_greet(struct engine *e, struct peer *frontend)
{
	int	 i;

	for (i = 0; i < DOCUMENT_MAX; i++)
		if (e->published[i].known)
			push(&e->published[i], frontend);
}

/* Several signers say the same, and one may be late. */
static bool
is_news(const struct msg_sg_en_document *have,
    const struct msg_sg_en_document *d)
{
	return (d->serial > have->serial || (d->serial == have->serial &&
	    !span_eq(d->body, have->body)));
}

static void
on_sg_en_document(void *room, struct peer *p, struct msg *m)
{
	struct engine		*e = room;
	struct published	*d =
				    &e->published[m->sg_en_document.document];
	struct frontend		*f;

	(void)p;
	if (d->known && !is_news(&d->msg.sg_en_document, &m->sg_en_document))
		return;
	buf_clear(&d->raw);
	buf_init(&d->raw, msg_edge_max(ROOM_SIGNER, ROOM_ENGINE));
	d->msg.type = SG_EN_DOCUMENT;
	d->known = msg_encode(SG_EN_DOCUMENT, &m->sg_en_document, &d->raw) ==
	    0 && msg_decode(&d->msg, buf_span(&d->raw)) == 0;
	if (!d->known)
		return;
	TAILQ_FOREACH(f, &e->frontends, entry)
		push(d, f->peer);
}

void
keys_signer_handlers(peer_handler **h)
{
	h[SG_EN_KEYSET_PUT] = on_sg_en_keyset_put;
	h[SG_EN_DOCUMENT] = on_sg_en_document;
}
