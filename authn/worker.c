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
#include <time.h>

#include <sodium.h>

#include "job.h"
#include "log.h"
#include "worker.h"

/* The parent's orders and the engine's questions, for every connector. */

static uint64_t
now(void)
{
	return ((uint64_t)time(NULL));
}

static void
on_pa_au_config(void *room, struct peer *p, struct msg *m)
{
	struct worker	*w = room;

	(void)p;
	if (w->connector != NULL)
		fatalx("configured twice");
	w->issuer = span_dup(m->pa_au_config.issuer);
	w->connector = span_dup(m->pa_au_config.connector);
	w->type = span_dup(m->pa_au_config.type);
	if (w->issuer == NULL || w->connector == NULL || w->type == NULL)
		fatalx("cannot keep the configuration");
	if (connector_ops.configure(w, m->pa_au_config.config) == -1)
		exit(1);
}

static void
on_pa_au_key(void *room, struct peer *p, struct msg *m)
{
	struct worker	*w = room;

	(void)p;
	if (w->nkeys == WORKER_KEYS)
		fatalx("too many seal keys");
	if (m->pa_au_key.attest_key.len != KEY_LEN)
		fatalx("an attestation key of the wrong length");
	w->keys[w->nkeys].number = m->pa_au_key.number;
	memcpy(w->keys[w->nkeys++].key, m->pa_au_key.attest_key.p, KEY_LEN);
}

void
worker_handlers(peer_handler **h)
{
	h[PA_AU_CONFIG] = on_pa_au_config;
	h[PA_AU_KEY] = on_pa_au_key;
	if (connector_ops.handlers != NULL)
		connector_ops.handlers(h);
}

static void
refuse(struct peer *p, uint32_t rid, enum identity_status status)
{
	struct msg_au_en_identity	 m = { .status = (uint8_t)status };

	peer_answer(p, rid, AU_EN_IDENTITY, &m);
}

static void
on_en_au_begin(void *room, struct peer *p, struct msg *m)
{
	struct worker		*w = room;
	struct msg_au_en_begun	 a = { .ok = false };
	struct buf		 url, private_data;

	buf_init(&url, 8192);
	buf_init(&private_data, 256);
	a.ok = connector_ops.begin != NULL && connector_ops.begin(w,
	    &m->en_au_begin, &url, &private_data) == 0 && buf_ok(&url) &&
	    buf_ok(&private_data);
	if (a.ok) {
		a.url = buf_span(&url);
		a.private_data = buf_span(&private_data);
	}
	peer_answer(p, m->rid, AU_EN_BEGUN, &a);
	buf_clear(&url);
	buf_clear(&private_data);
}

static void
on_en_au_callback(void *room, struct peer *p, struct msg *m)
{
	struct job	*j;

	if (connector_ops.callback == NULL)
		refuse(p, m->rid, IDENTITY_ERROR);
	else if ((j = job_new(room, p, m)) == NULL)
		refuse(p, m->rid, IDENTITY_BUSY);
	else
		connector_ops.callback(j);
}

/*
 * A box is good once, for a minute, for this connector and for the state that
 * the person's browser held when the form was sent.
 */
static enum identity_status
open_box(struct worker *w, struct job *j)
{
	const struct msg_en_au_password	*ask = &j->msg.en_au_password;

	if (sealbox_open(&j->box, ask->sealed, w->box_public,
	    w->box_secret) == -1 ||
	    !span_eq(j->box.connector, span_str(w->connector)) ||
	    !span_eq(j->box.state, ask->state))
		return (IDENTITY_ERROR);
	switch (replay_check(w->replay, j->box.nonce, j->box.time, now())) {
	case REPLAY_FRESH:
		return (IDENTITY_OK);
	case REPLAY_OLD:
		return (IDENTITY_EXPIRED);
	case REPLAY_FULL:
		return (IDENTITY_BUSY);
	default:
		log_warn("a typed password was presented twice");
		return (IDENTITY_ERROR);
	}
}

static void
on_en_au_password(void *room, struct peer *p, struct msg *m)
{
	enum identity_status	 status;
	struct job		*j;

	if (connector_ops.password == NULL) {
		refuse(p, m->rid, IDENTITY_ERROR);
		return;
	}
	if ((j = job_new(room, p, m)) == NULL) {
		refuse(p, m->rid, IDENTITY_BUSY);
		return;
	}
	if ((status = open_box(room, j)) != IDENTITY_OK)
		job_answer(j, status, NULL);
	else
		connector_ops.password(j);
}

static void
on_en_au_refresh(void *room, struct peer *p, struct msg *m)
{
	struct job	*j;
	const char	*refused;

	if (connector_ops.refresh == NULL) {
		refuse(p, m->rid, IDENTITY_ERROR);
		return;
	}
	if ((j = job_new(room, p, m)) == NULL) {
		refuse(p, m->rid, IDENTITY_BUSY);
		return;
	}
	if ((refused = refresh_check(room, &j->msg.en_au_refresh,
	    &j->earlier)) == NULL) {
		connector_ops.refresh(j);
		return;
	}
	log_warn("refused to refresh", "why", refused);
	job_answer(j, IDENTITY_ERROR, NULL);
}

static void
on_engine_gone(void *room, struct peer *p)
{
	struct worker	*w = room;

	if (p == w->engine)
		w->engine = NULL;
	peer_free(p);
}

void
worker_peer(void *room, enum room other, const char *name, uint32_t instance,
    int fd)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[EN_AU_BEGIN] = on_en_au_begin,
		[EN_AU_PASSWORD] = on_en_au_password,
		[EN_AU_CALLBACK] = on_en_au_callback,
		[EN_AU_REFRESH] = on_en_au_refresh,
	};
	struct worker			*w = room;
	struct peer_config		 c = { .self = ROOM_AUTHN,
		.other = other, .name = name, .instance = instance,
		.room = w, .handlers = handlers, .gone = on_engine_gone };

	if (other != ROOM_ENGINE)
		fatalx("no wire to %s is expected here", room_name(other));
	if (w->engine != NULL)
		peer_free(w->engine);
	if ((w->engine = peer_new(room_base(), fd, &c)) == NULL)
		fatalx("cannot keep a wire");
	if (!w->ready)
		peer_pause(w->engine);
}

/* The public half of this process's own box goes to the frontends. */
int
worker_prepare(void *room)
{
	struct worker			*w = room;
	struct msg_au_pa_sealkey	 m;

	if (w->connector == NULL || w->nkeys == 0) {
		log_error("the configuration is not complete");
		return (-1);
	}
	crypto_box_keypair(w->box_public, w->box_secret);
	if ((w->replay = replay_new()) == NULL)
		fatalx("no memory for the replay window");
	m.rid = 0;
	m.public_key = span_mem(w->box_public, sizeof(w->box_public));
	if (connector_ops.password != NULL &&
	    peer_tell(room_parent(), AU_PA_SEALKEY, &m, -1) == -1)
		fatalx("cannot tell the parent the key");
	if (connector_ops.prepare != NULL)
		connector_ops.prepare(w);
	return (0);
}

void
worker_ready(void *room)
{
	struct worker	*w = room;

	w->ready = true;
	if (w->engine != NULL)
		peer_resume(w->engine);
}
