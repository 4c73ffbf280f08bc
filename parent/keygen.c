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

#include <sys/wait.h>

#include <event2/event.h>

#include "log.h"
#include "parent.h"

/*
 * Keys are made for one signer after the other.  Each waits for its turn once,
 * so a broken one can neither keep the machine busy nor others from their key,
 * and who leaves takes its keygen along: the next one need not wait for a key
 * that nobody will have.
 */

#define SPAWN_AGAIN	1	/* seconds, when it could not be started */
/* Seconds that one may take: who hangs must not keep all others waiting. */
#ifdef DEXD_SANITIZE
#define MAKING_TIME	60
#else
#define MAKING_TIME	30
#endif

static struct child *
next_signer(const struct parent *p)
{
	struct generation	*g;
	struct child		*c, *first = NULL;

	TAILQ_FOREACH(g, &p->generations, entry)
		TAILQ_FOREACH(c, &g->children, entry)
			if (c->wants_key && c->peer != NULL &&
			    (first == NULL || c->key_turn < first->key_turn))
				first = c;
	return (first);
}

static int
keygen_begin(struct child *signer)
{
	const struct timeval	 tv = { MAKING_TIME, 0 };
	struct parent		*p = signer->parent;
	struct msg_pa_kg_make	 m = { .alg = (uint8_t)signer->key_alg };
	struct child		*k = child_new(p, NULL, ROOM_KEYGEN, "keygen",
				    "");

	if (child_spawn(k) == -1) {
		child_free(k);
		return (-1);
	}
	p->keygen = k;
	p->keygen_for = signer;
	event_add(&p->keygen_deadline, &tv);
	signer->wants_key = false;
	child_start(k, signer->gen->settings, "", p->empty_dir);
	child_tell(k, PA_KG_MAKE, &m, -1);
	if (wire_make(signer, k) == -1)
		child_kill(k);
	child_go(k);
	return (0);
}

static void
keygen_next(struct parent *p)
{
	struct timeval	 tv = { 0, 0 };
	struct child	*signer;

	if (p->keygen != NULL || (signer = next_signer(p)) == NULL)
		return;
	tv.tv_sec = keygen_wait(&p->keygens, seconds_now());
	if (tv.tv_sec == 0) {
		if (keygen_begin(signer) == 0)
			return;
		tv.tv_sec = SPAWN_AGAIN;
	}
	event_add(&p->keygen_turn, &tv);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	keygen_next(arg);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct parent	*p = arg;

	(void)fd;
	(void)what;
	log_error("a signing key takes too long to make");
	child_kill(p->keygen);
}

void
keygen_init(struct parent *p)
{
	event_assign(&p->keygen_deadline, p->base, -1, 0, on_deadline, p);
	event_assign(&p->keygen_turn, p->base, -1, 0, on_turn, p);
}

void
keygen_ask(struct child *signer, enum jwa alg)
{
	struct parent	*p = signer->parent;

	if (signer->wants_key || signer == p->keygen_for ||
	    signer->stopping || signer->gen->state == GEN_DRAINING)
		return;
	signer->wants_key = true;
	signer->key_alg = alg;
	signer->key_turn = p->next_key_turn++;
	keygen_next(p);
}

void
keygen_forget(struct child *signer)
{
	struct parent	*p = signer->parent;

	/* One that is due is asked for again; one of dexctl's is not. */
	if (signer->wants_key || signer == p->keygen_for)
		log_warn("a signing key that was being made is given up");
	signer->wants_key = false;
	if (signer != p->keygen_for)
		return;
	p->keygen_for = NULL;
	child_kill(p->keygen);	/* keygen_died() serves the next */
}

void
keygen_died(struct parent *p, int status)
{
	struct child	*signer = p->keygen_for, *c;

	event_del(&p->keygen_deadline);
	child_free(p->keygen);
	p->keygen = p->keygen_for = NULL;
	/* The others beside that signer hear of the key from the store. */
	if (signer != NULL && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		TAILQ_FOREACH(c, &signer->gen->children, entry)
			c->wants_key = false;
	keygen_next(p);
}
