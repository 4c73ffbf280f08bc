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

#ifndef DEXD_CONN_H
#define DEXD_CONN_H

#include "frontend.h"
#include "response.h"

/* One connection of a client: one request at a time, in order. */

enum conn_state {
	CONN_IDLE,	/* between requests, or before the first */
	CONN_HEAD,	/* part of a head is there */
	CONN_BODY,	/* head taken, body coming */
	CONN_ENGINE,	/* the engine has it */
	CONN_WAITING,	/* for something that many may wait for */
	CONN_CLOSING,	/* writing the last answer */
	CONN_LINGER,	/* all written; discarding what still comes */
};

struct conn {
	TAILQ_ENTRY(conn)	 entry;
	struct frontend		*fe;
	struct io		*io;
	struct in6_addr		 peer;		/* the other end */
	bool			 counted;	/* in fe->addresses */
	enum conn_state		 state;
	struct event		 readable;
	struct event		 writable;
	struct event		 deadline;
	bool			 reading;	/* readable is added */
	bool			 eof;
	bool			 blocked;	/* out waits to be taken */
	struct buf		 in;
	size_t			 scanned;
	struct buf		 out;
	struct span		 tail;		/* behind it: a file's bytes */
	struct buf		 head;		/* CONN_BODY and later */
	struct buf		 body;
	struct http_chunks	 chunks;
	size_t			 body_left;
	/* What the answer of the engine needs to know of its request. */
	struct buf		 path;
	struct buf		 cors;		/* header lines */
	unsigned		 waits_for;	/* CONN_WAITING */
	time_t			 wait_time;	/* seconds */
	const char		*handler;	/* for metrics; NULL: none */
	bool			 seals;		/* the route of passwords */
	enum http_method	 method;
	uint64_t		 began;		/* monotonic microseconds */
	bool			 head_only;
	bool			 close;
	bool			 http10;
};

/* ---- conn_pool.c: memory that goes back to the system after a flood ---- */
struct conn	*conn_alloc(void);		/* zeroed; NULL: no memory */
void	 conn_release(struct conn *);

/* ---- conn.c ---- */

#define CONN_LAST_IDLE_TIME	2	/* s between requests, when we leave */

void	 conn_new(struct frontend *, int fd, const struct in6_addr *);
void	 conn_free(struct conn *);
/* Seconds from now, instead of what was left of the last. */
void	 conn_set_deadline(struct conn *, time_t seconds);
/* Whether something waits to be taken by the other side. */
bool	 conn_has_output(const struct conn *);

/* Sends a response to the request in hand and goes on. */
void	 conn_respond(struct conn *, struct response *);
/* A short plain-text response of our own. */
void	 conn_respond_text(struct conn *, unsigned status, const char *text);
/* 503 with Retry-After. */
void	 conn_respond_busy(struct conn *);

/* After the engine's answer was responded to: the next request. */
void	 conn_continue(struct conn *);

/*
 * The request in hand waits for `what`, a number of the program's own; after
 * so many seconds the answer is 503.
 */
void	 conn_await(struct conn *, unsigned what, unsigned seconds);
/* ---- conns.c: all connections of a frontend ---- */

/* Has all that wait for `what` served by the function, which may await again. */
void	 conns_serve(struct frontend *, unsigned what,
	    void (*serve)(struct conn *, unsigned what));
/* Those that wait for `from` wait for `to` from now on. */
void	 conns_move(struct frontend *, unsigned from, unsigned to);

/*
 * Functions of a struct room_ops, whose context is a struct frontend or begins
 * with one.  Ready: accepts and hears the engine.  Stop: accepts nothing more
 * and ends the process when what there is has finished.  Count: sets the gauge.
 */
void	 conns_ready(void *room);
void	 conns_stop(void *room);
void	 conns_count(void *room);

/*
 * All connections are taken: closes the one that has had no whole request in
 * hand for longest.  False when every one has.
 */
bool	 conns_give_way(struct frontend *);

/* ---- metrics.c ---- */

/* Counts an answer under the name of its handler; took in microseconds. */
void	 metrics_count(const char *handler, enum http_method,
	    unsigned status, uint64_t took, size_t size);

/* ---- forward.c: to the engine ---- */

struct route;
/* Serves fe->req with its body: documents and assets at once, the rest by
 * asking the engine, which leaves the connection in CONN_ENGINE. */
void	 request_serve(struct conn *, struct span body);
void	 document_serve(struct conn *, unsigned document);

/* ---- answer.c: from the engine ---- */
void	 on_engine_answer(void *conn, struct msg *);

#endif /* DEXD_CONN_H */
