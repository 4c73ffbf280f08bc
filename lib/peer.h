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

#ifndef DEXD_PEER_H
#define DEXD_PEER_H

#include "msg.h"

struct event_base;
struct peer;

/*
 * One end of a wire to another room, on a non-blocking SOCK_STREAM socketpair
 * and libevent.  See msg.def for what may travel.  The process ignores SIGPIPE:
 * frames leave with writev(2), which no flag keeps from raising it.
 */

/*
 * Handles one received message, which has passed every check of its table row.
 * The message and its spans live until the handler returns; a descriptor in
 * m->fd is the handler's to close.  A handler may free the peer.
 */
typedef void	 peer_handler(void *room, struct peer *, struct msg *);

/*
 * Called once with the answer to a request, or with m == NULL when the
 * deadline passed or the peer went away first.
 */
typedef void	 peer_answer_cb(void *arg, struct msg *m);

struct peer_config {
	enum room	 self;
	enum room	 other;
	const char	*name;		/* connector id, or NULL; copied */
	uint32_t	 instance;
	void		*room;		/* given to handlers */
	/* Handler for each type we take; missing ones are a breach. */
	peer_handler * const	*handlers;	/* [MSG_MAX] */
	/* Called once when the wire ends or was broken off; frees the peer. */
	void		(*gone)(void *room, struct peer *);
	uint32_t	 max_pending;	/* requests without answer; 0: 64 */
	/*
	 * Memory of what waits to be written above which peer_is_full() says
	 * true and requests of this peer wait; 0: 1 MiB.  While we wait for an answer of
	 * its own reading goes on: two that both stopped would wait for ever.
	 */
	size_t		 high_water;
	/* It is broken off above this; 0: 32 MiB, or twice high_water. */
	size_t		 limit;
};

/*
 * Takes over fd (made non-blocking and close-on-exec) and begins to read.
 * NULL if memory or the event could not be had; the fd is then closed.
 */
struct peer	*peer_new(struct event_base *, int fd,
		    const struct peer_config *);
void		 peer_free(struct peer *);	/* fails what is pending */

enum room	 peer_room(const struct peer *);
uint32_t	 peer_instance(const struct peer *);

/* Stops and resumes reading (a room not yet READY, or back-pressure). */
void		 peer_pause(struct peer *);
void		 peer_resume(struct peer *);

/* False once the wire has ended or was broken off: nothing more can be sent. */
bool		 peer_is_open(const struct peer *);

/* Requests without an answer; more than max_pending: peer_ask() fails. */
uint32_t	 peer_pending(const struct peer *);
bool		 peer_is_full(const struct peer *);

/* Other values for those of the configuration, 0 as there; from now on. */
void		 peer_set_bounds(struct peer *, size_t high_water,
		    size_t limit);

/*
 * Sends a message of type MSG_TELL; `m` is the struct msg_* of the type.  fd
 * is -1 or is duplicated.  -1 when a field breaks its bounds, the type may
 * not travel here, or the queue is over its limit; nothing was sent then.
 */
int		 peer_tell(struct peer *, enum msg_type, const void *m, int fd);

/* The same for fields that are encoded already (the parent's slices). */
int		 peer_tell_raw(struct peer *, enum msg_type, struct span fields);

/*
 * Sends a request; cb is called once, never before this returns 0.  On -1 (as
 * above, or max_pending reached) cb is not called.
 */
int		 peer_ask(struct peer *, enum msg_type, const void *m,
		    uint32_t timeout_ms, peer_answer_cb *cb, void *arg);

/* Forgets cb for its argument; a later answer is dropped. */
void		 peer_forget(struct peer *, const void *arg);

/* Answers request rid of this peer. */
int		 peer_answer(struct peer *, uint32_t rid, enum msg_type,
		    const void *m);

/* Sets the gauges of queues (count.def) to what they are now. */
void		 peers_count(void);

/*
 * Breaks off with a log record of what the peer did: fatalx() when it is the
 * parent, else the peer is closed and `gone` is called from the event loop.
 */
void		 peer_bad(struct peer *, const char *why);

/* Blocking: writes out what waits, for at most timeout_ms.  For set-up. */
int		 peer_flush(struct peer *, uint32_t timeout_ms);

#endif /* DEXD_PEER_H */
