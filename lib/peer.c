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
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "count.h"
#include "log.h"
#include "peer_int.h"

/*
 * Requests, dispatch and the life of a peer.  The bytes come and go in
 * peer_io.c.
 */

/* Every peer of this process, for peers_count(). */
static TAILQ_HEAD(, peer)	 peers = TAILQ_HEAD_INITIALIZER(peers);

static int
pending_cmp(struct pending *a, struct pending *b)
{
	return (a->rid < b->rid ? -1 : a->rid > b->rid);
}

/* RB_GENERATE_STATIC() needs a name (__unused) that libbsd does not give. */
RB_GENERATE_INTERNAL(pending_tree, pending, node, pending_cmp,
    __attribute__((__unused__)) static)

void
peer_set_bounds(struct peer *p, size_t high_water, size_t limit)
{
	if (high_water == 0)
		high_water = HIGH_WATER;
	if (limit == 0)
		limit = high_water > QUEUE_LIMIT / 2 ? 2 * high_water :
		    QUEUE_LIMIT;
	p->config.high_water = high_water;
	p->config.limit = limit;
}

struct peer *
peer_new(struct event_base *base, int fd, const struct peer_config *config)
{
	struct peer	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		close(fd);
		return (NULL);
	}
	p->config = *config;
	p->fd = fd;
	p->base = base;
	p->edge_in = msg_edge_max(config->other, config->self);
	p->edge_out = msg_edge_max(config->self, config->other);
	if (p->config.max_pending == 0)
		p->config.max_pending = 64;
	peer_set_bounds(p, config->high_water, config->limit);
	RB_INIT(&p->pending);
	TAILQ_INIT(&p->out);
	if ((p->name = strdup(config->name != NULL ? config->name : "")) ==
	    NULL || peer_io_start(p) == -1) {
		free(p->name);
		free(p);
		close(fd);
		return (NULL);
	}
	p->sent = count_get(COUNT_MESSAGES, room_name(config->other), "out",
	    NULL);
	p->received = count_get(COUNT_MESSAGES, room_name(config->other),
	    "in", NULL);
	TAILQ_INSERT_TAIL(&peers, p, entry);
	return (p);
}

static void
pending_free(struct peer *p, struct pending *q)
{
	RB_REMOVE(pending_tree, &p->pending, q);
	p->npending--;
	if (q->cb == NULL)
		p->nexpired--;
	event_del(&q->deadline);
	free(q);
}

void
peer_free(struct peer *p)
{
	struct pending	*q;
	peer_answer_cb	*cb;
	void		*arg;

	if (p == NULL || p->freed)
		return;
	p->freed = true;
	TAILQ_REMOVE(&peers, p, entry);
	peer_io_stop(p);
	while ((q = RB_MIN(pending_tree, &p->pending)) != NULL) {
		cb = q->cb;
		arg = q->arg;
		pending_free(p, q);
		if (cb != NULL)
			cb(arg, NULL);
	}
	if (p->busy == 0)
		peer_io_free(p);
}

enum room
peer_room(const struct peer *p)
{
	return (p->config.other);
}

uint32_t
peer_instance(const struct peer *p)
{
	return (p->config.instance);
}

bool
peer_is_open(const struct peer *p)
{
	return (!p->broken && !p->freed && !p->deaf);
}

uint32_t
peer_pending(const struct peer *p)
{
	return (p->npending);
}

/* Peers of one kind of room are one series: their sum. */
void
peers_count(void)
{
	uint64_t	 queued[ROOM_MAX] = { 0 }, pending[ROOM_MAX] = { 0 };
	bool		 known[ROOM_MAX] = { false };
	struct peer	*p;
	unsigned	 i;

	TAILQ_FOREACH(p, &peers, entry) {
		known[p->config.other] = true;
		queued[p->config.other] += p->out_len;
		pending[p->config.other] += p->npending;
	}
	for (i = 0; i < ROOM_MAX; i++) {
		if (!known[i])
			continue;
		count_set(count_get(COUNT_QUEUE, room_name((enum room)i),
		    NULL, NULL), queued[i]);
		count_set(count_get(COUNT_PENDING, room_name((enum room)i),
		    NULL, NULL), pending[i]);
	}
}

void
peer_bad(struct peer *p, const char *why)
{
	if (p->config.other == ROOM_PARENT)
		fatalx("parent: %s", why);
	count_one(COUNT_BROKEN, room_name(p->config.other));
	log_warn("peer broke the rules, closing it", "peer",
	    room_name(p->config.other), "name", p->name, "why", why);
	peer_io_break(p);
}

/* Sends one frame; the fields are already within their bounds. */
static int
peer_send(struct peer *p, enum msg_type type, uint32_t rid, struct span fields,
    int fd)
{
	if (p->broken || p->freed ||
	    !msg_allowed(type, p->config.self, p->config.other) ||
	    fields.len > p->edge_out || msg_table[type].fd != (fd != -1))
		return (-1);
	count_add(p->sent, 1);
	return (peer_io_queue(p, type, rid, fields, fd));
}

static int
peer_encode_send(struct peer *p, enum msg_type type, uint32_t rid,
    const void *m, int fd)
{
	struct buf	 b;
	int		 error = -1;

	buf_init(&b, p->edge_out);
	if (msg_encode(type, m, &b) == -1)
		log_warn("message out of bounds, not sent", "message",
		    msg_name(type), "peer", room_name(p->config.other));
	else
		error = peer_send(p, type, rid, buf_span(&b), fd);
	buf_clear(&b);
	return (error);
}

int
peer_tell(struct peer *p, enum msg_type type, const void *m, int fd)
{
	if (msg_table[type].role != MSG_TELL)
		return (-1);
	return (peer_encode_send(p, type, 0, m, fd));
}

int
peer_tell_raw(struct peer *p, enum msg_type type, struct span fields)
{
	if (type <= MSG_NONE || type >= MSG_MAX ||
	    msg_table[type].role != MSG_TELL)
		return (-1);
	return (peer_send(p, type, 0, fields, -1));
}

int
peer_answer(struct peer *p, uint32_t rid, enum msg_type type, const void *m)
{
	if (msg_table[type].role != MSG_ANSWER)
		return (-1);
	return (peer_encode_send(p, type, rid, m, -1));
}

/*
 * The deadline passed: tell the asker.  The entry stays, so that the late
 * answer is known for one, and counts against the peer's cap until it comes.
 */
static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct pending	*q = arg;
	peer_answer_cb	*cb = q->cb;

	(void)fd;
	(void)what;
	if (cb == NULL)
		return;
	q->cb = NULL;
	q->peer->nexpired++;
	cb(q->arg, NULL);
}

/* A request id that no pending request has; 0 is left for tells. */
static uint32_t
fresh_rid(struct peer *p)
{
	struct pending	 key;

	do {
		if (++p->last_rid == 0)
			p->last_rid = 1;
		key.rid = p->last_rid;
	} while (RB_FIND(pending_tree, &p->pending, &key) != NULL);
	return (p->last_rid);
}

int
peer_ask(struct peer *p, enum msg_type type, const void *m,
    uint32_t timeout_ms, peer_answer_cb *cb, void *arg)
{
	struct timeval	 tv = { timeout_ms / 1000,
			    (timeout_ms % 1000) * 1000 };
	struct pending	*q;

	if (msg_table[type].role != MSG_ASK || p->broken || p->freed)
		return (-1);
	if (p->npending >= p->config.max_pending) {
		if (p->nexpired >= p->config.max_pending)
			peer_bad(p, "answers nothing");
		return (-1);
	}
	if ((q = calloc(1, sizeof(*q))) == NULL)
		return (-1);
	q->peer = p;
	q->rid = fresh_rid(p);
	q->type = type;
	if (peer_encode_send(p, type, q->rid, m, -1) == -1) {
		free(q);
		return (-1);
	}
	q->cb = cb;
	q->arg = arg;
	RB_INSERT(pending_tree, &p->pending, q);
	p->npending++;
	peer_io_water(p);
	event_assign(&q->deadline, p->base, -1, 0, on_deadline, q);
	event_add(&q->deadline, &tv);
	return (0);
}

void
peer_forget(struct peer *p, const void *arg)
{
	struct pending	*q;

	RB_FOREACH(q, pending_tree, &p->pending)
		if (q->arg == arg && q->cb != NULL) {
			q->cb = NULL;
			p->nexpired++;
		}
}

static void
take_answer(struct peer *p, struct msg *m)
{
	struct pending	*q, key;
	peer_answer_cb	*cb;
	void		*arg;

	key.rid = m->rid;
	if ((q = RB_FIND(pending_tree, &p->pending, &key)) == NULL) {
		peer_bad(p, "answer to nothing");
		return;
	}
	if (msg_table[q->type].answer != m->type) {
		peer_bad(p, "wrong kind of answer");
		return;
	}
	cb = q->cb;
	arg = q->arg;
	pending_free(p, q);
	if (cb != NULL)
		cb(arg, m);
}

void
peer_dispatch(struct peer *p, enum msg_type type, uint32_t rid,
    struct span fields, int fd)
{
	peer_handler	*handler;
	struct msg	 m;

	if (!msg_allowed(type, p->config.other, p->config.self)) {
		peer_bad(p, "message not allowed on this wire");
		goto refused;
	}
	if (msg_table[type].fd != (fd != -1)) {
		peer_bad(p, "descriptor missing or unexpected");
		goto refused;
	}
	memset(&m, 0, sizeof(m));
	m.type = type;
	m.fd = fd;
	if (msg_decode(&m, fields) == -1) {
		peer_bad(p, "malformed message");
		goto refused;
	}
	m.rid = rid;
	count_add(p->received, 1);
	if (msg_table[type].role == MSG_ANSWER) {
		take_answer(p, &m);
		return;
	}
	handler = p->config.handlers[type];
	if (handler == NULL) {
		peer_bad(p, "message not expected here");
		goto refused;
	}
	handler(p->config.room, p, &m);
	return;
 refused:
	if (fd != -1)
		close(fd);
}
