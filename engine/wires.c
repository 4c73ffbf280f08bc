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

#include "log.h"
#include "request.h"
#include "room.h"

/* Peers come and go; the rules only ask who is there. */

#define SIGNER_PENDING	512
#define WORKER_PENDING	64

static void
drop_requests_of(struct engine *e, struct peer *frontend)
{
	struct request	*r;

	TAILQ_FOREACH(r, &e->requests, entry)
		if (r->frontend == frontend)
			r->frontend = NULL;
}

static void
forget_worker(struct engine *e, struct peer *p)
{
	struct connector	*c;
	struct worker		*w, *next;

	TAILQ_FOREACH(c, &e->connectors, entry)
		TAILQ_FOREACH_SAFE(w, &c->workers, entry, next)
			if (w->peer == p) {
				TAILQ_REMOVE(&c->workers, w, entry);
				free(w);
			}
}

static void
forget_frontend(struct engine *e, struct peer *p)
{
	struct frontend	*f, *next;

	drop_requests_of(e, p);
	TAILQ_FOREACH_SAFE(f, &e->frontends, entry, next)
		if (f->peer == p) {
			TAILQ_REMOVE(&e->frontends, f, entry);
			free(f);
		}
	if (e->stopping && TAILQ_EMPTY(&e->frontends))
		room_exit();
}

/* Takes the peer out of every list, then ends it and what it owes us. */
static void
on_gone(void *room, struct peer *p)
{
	struct engine	*e = room;

	if (peer_room(p) == ROOM_FRONTEND)
		forget_frontend(e, p);
	else if (peer_room(p) == ROOM_AUTHN)
		forget_worker(e, p);
	else if (peer_room(p) == ROOM_SIGNER)
		signer_remove(e, p);
	else if (p == e->control)
		e->control = NULL;
	else if (p == e->telemetry) {
		e->telemetry = NULL;
		e->health.asked = false;
	}
	peer_free(p);
}

/* Whoever broke the wire off: only the parent can make a new one. */
static void
on_lost(void *room, struct peer *p)
{
	struct msg_en_pa_lost	 m = { .room = (uint8_t)peer_room(p),
				    .instance = peer_instance(p) };

	peer_tell(room_parent(), EN_PA_LOST, &m, -1);
	on_gone(room, p);
}

static void
on_fe_en_http(void *room, struct peer *p, struct msg *m)
{
	static void	 (*const endpoints[ENDPOINT_MAX])(struct request *) = {
		[ENDPOINT_AUTH] = authorize_start,
		[ENDPOINT_AUTH_CONNECTOR] = authorize_connector,
		[ENDPOINT_AUTH_LOGIN] = login_endpoint,
		[ENDPOINT_CALLBACK] = callback_endpoint,
		[ENDPOINT_CALLBACK_CONNECTOR] = callback_endpoint,
		[ENDPOINT_APPROVAL] = approval_endpoint,
		[ENDPOINT_TOKEN] = token_endpoint,
		[ENDPOINT_USERINFO] = userinfo_endpoint,
		[ENDPOINT_HEALTHZ] = health_endpoint,
		[ENDPOINT_HOME] = home_endpoint,
	};
	struct msg_en_fe_answer	 sorry = { .kind = ANSWER_TEXT, .status = 503,
				    .retry_after = 1 };
	struct request		*r;

	if ((r = request_new(room, p, m)) == NULL)
		peer_answer(p, m->rid, EN_FE_ANSWER, &sorry);
	else
		endpoints[r->http->endpoint](r);
}

static struct peer *
make_peer(struct engine *e, enum room other, const char *name,
    uint32_t instance, int fd)
{
	static peer_handler	*handlers[MSG_MAX];
	struct peer_config	 c = { .self = ROOM_ENGINE, .other = other,
		.name = name, .instance = instance, .room = e,
		.handlers = handlers, .gone = on_lost,
		.max_pending = other == ROOM_SIGNER ? SIGNER_PENDING :
		    WORKER_PENDING };
	struct peer		*p;

	handlers[FE_EN_HTTP] = on_fe_en_http;
	handlers[TM_EN_HEALTH] = on_tm_en_health;
	keys_signer_handlers(handlers);
	admin_handlers(handlers);
	if ((p = peer_new(room_base(), fd, &c)) == NULL)
		fatalx("cannot keep a wire");
	if (!e->ready)
		peer_pause(p);
	return (p);
}

static void
add_worker(struct engine *e, const char *id, struct peer *p)
{
	struct connector	*c = connector_find(e, span_str(id));
	struct worker		*w = xcalloc(1, sizeof(*w));

	if (c == NULL)
		fatalx("a worker of an unknown connector");
	w->peer = p;
	TAILQ_INSERT_TAIL(&c->workers, w, entry);
}

static void
add_frontend(struct engine *e, struct peer *p)
{
	struct frontend	*f = xcalloc(1, sizeof(*f));

	f->peer = p;
	TAILQ_INSERT_TAIL(&e->frontends, f, entry);
	keys_greet(e, p);
}

void
wire_new(void *room, enum room other, const char *name, uint32_t instance,
    int fd)
{
	struct engine	*e = room;
	struct peer	*p;

	wire_gone(room, other, name, instance);	/* takes its place */
	p = make_peer(e, other, name, instance, fd);
	switch (other) {
	case ROOM_FRONTEND:
		add_frontend(e, p);
		break;
	case ROOM_AUTHN:
		add_worker(e, name, p);
		break;
	case ROOM_SIGNER:
		signer_add(e, p);
		if (e->ready)
			keys_load(e);
		break;
	case ROOM_CONTROL:
		e->control = p;
		e->controls++;
		break;
	case ROOM_TELEMETRY:
		e->telemetry = p;
		break;
	default:
		fatalx("no wire to %s is expected here", room_name(other));
	}
}

static struct peer *
find_wire(struct engine *e, enum room other, const char *name,
    uint32_t instance)
{
	struct connector	*c;
	struct frontend		*f;

	if (other == ROOM_SIGNER)
		return (signer_at(e, instance));
	if (other == ROOM_CONTROL)
		return (e->control);
	if (other == ROOM_TELEMETRY)
		return (e->telemetry);
	if (other == ROOM_AUTHN)
		return ((c = connector_find(e, span_str(name))) == NULL ?
		    NULL : connector_worker_at(c, instance));
	TAILQ_FOREACH(f, &e->frontends, entry)
		if (peer_instance(f->peer) == instance)
			return (f->peer);
	return (NULL);
}

void
wire_gone(void *room, enum room other, const char *name, uint32_t instance)
{
	struct peer	*p = find_wire(room, other, name, instance);

	if (p != NULL)
		on_gone(room, p);
}

void
wires_resume(struct engine *e)
{
	struct signer		*s;
	struct connector	*c;
	struct frontend		*f;
	struct worker		*w;

	e->ready = true;
	TAILQ_FOREACH(s, &e->signers, entry)
		peer_resume(s->peer);
	keys_load(e);
	if (e->control != NULL)
		peer_resume(e->control);
	if (e->telemetry != NULL)
		peer_resume(e->telemetry);
	TAILQ_FOREACH(c, &e->connectors, entry)
		TAILQ_FOREACH(w, &c->workers, entry)
			peer_resume(w->peer);
	TAILQ_FOREACH(f, &e->frontends, entry)
		peer_resume(f->peer);
}
