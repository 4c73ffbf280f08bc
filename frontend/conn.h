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
	CONN_DOCUMENT,	/* waits for the first key to be published */
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
	enum document		 document;	/* CONN_DOCUMENT */
	bool			 head_only;
	bool			 close;
	bool			 http10;
};

void	 conn_new(struct frontend *, int fd, const struct in6_addr *);
void	 conn_free(struct conn *);

/* Sends a response to the request in hand and goes on. */
void	 conn_respond(struct conn *, struct response *);
/* A short plain-text response of our own. */
void	 conn_respond_text(struct conn *, unsigned status, const char *text);
/* 503 with Retry-After. */
void	 conn_respond_busy(struct conn *);

/* After the engine's answer was responded to: the next request. */
void	 conn_continue(struct conn *);

/* The request in hand waits for a document. */
void	 conn_await_document(struct conn *, enum document);

/* Sets the gauge (count.def). */
void	 conns_count(struct frontend *);

/*
 * All connections are taken: closes the one that has had no whole request in
 * hand for longest.  False when every one has.
 */
bool	 conns_give_way(struct frontend *);

/* No more requests: closes idle ones, marks others. */
void	 conns_drain(struct frontend *);

/* ---- forward.c: to the engine ---- */

struct route;
/* Serves fe->req with its body: documents and assets at once, the rest by
 * asking the engine, which leaves the connection in CONN_ENGINE. */
void	 request_serve(struct conn *, struct span body);
void	 document_serve(struct conn *, enum document);

/* ---- answer.c: from the engine ---- */
void	 on_engine_answer(void *conn, struct msg *);

#endif /* DEXD_CONN_H */
