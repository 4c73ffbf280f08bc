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

#include "engine.h"
#include "log.h"

/* Several signers hold the same keys; any of them may be asked. */

void
signer_add(struct engine *e, struct peer *p)
{
	struct signer	*s = xcalloc(1, sizeof(*s));

	s->peer = p;
	TAILQ_INSERT_TAIL(&e->signers, s, entry);
}

void
signer_remove(struct engine *e, struct peer *p)
{
	struct signer	*s, *next;

	TAILQ_FOREACH_SAFE(s, &e->signers, entry, next)
		if (s->peer == p) {
			TAILQ_REMOVE(&e->signers, s, entry);
			free(s);
		}
}

struct peer *
signer_at(struct engine *e, uint32_t instance)
{
	struct signer	*s;

	TAILQ_FOREACH(s, &e->signers, entry)
		if (peer_instance(s->peer) == instance)
			return (s->peer);
	return (NULL);
}

static struct peer *
pick(struct engine *e)
{
	struct signer	*s, *best = NULL;

	TAILQ_FOREACH(s, &e->signers, entry)
		if (!peer_is_full(s->peer) && (best == NULL ||
		    peer_pending(s->peer) < peer_pending(best->peer)))
			best = s;
	if (best == NULL)
		return (NULL);
	/* Whoever was asked waits at the end of the line. */
	TAILQ_REMOVE(&e->signers, best, entry);
	TAILQ_INSERT_TAIL(&e->signers, best, entry);
	return (best->peer);
}

int
signer_ask(struct engine *e, enum msg_type type, const void *m,
    uint32_t timeout_ms, peer_answer_cb *cb, void *arg)
{
	struct peer	*p = pick(e);

	return (p == NULL ? -1 : peer_ask(p, type, m, timeout_ms, cb, arg));
}
