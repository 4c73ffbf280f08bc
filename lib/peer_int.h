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

#ifndef DEXD_PEER_INT_H
#define DEXD_PEER_INT_H

/* Shared by peer.c and peer_io.c alone. */


#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <event2/event_struct.h>

#include "peer.h"

#define FRAME_HEADER	12
#define FRAME_FD	0x1	/* flag: a descriptor belongs to this frame */
#define HIGH_WATER	(1024 * 1024)
#define QUEUE_LIMIT	(32 * 1024 * 1024)
#define PEER_FDS	4	/* received, not yet claimed by their frame */

struct pending {
	RB_ENTRY(pending)	 node;
	struct peer		*peer;
	uint32_t		 rid;
	enum msg_type		 type;
	struct event		 deadline;
	peer_answer_cb		*cb;	/* NULL: expired or forgotten */
	void			*arg;
};
RB_HEAD(pending_tree, pending);

struct out_frame {
	TAILQ_ENTRY(out_frame)	 entry;
	size_t			 len;
	size_t			 sent;
	int			 fd;
	uint8_t			 bytes[];
};
TAILQ_HEAD(out_queue, out_frame);

struct count;

struct peer {
	TAILQ_ENTRY(peer)	 entry;		/* of all in this process */
	struct peer_config	 config;
	char			*name;
	struct event_base	*base;
	int			 fd;
	struct event		 readable;
	struct event		 writable;
	struct event		 again;		/* there is more to handle */
	struct event		 gone;		/* calls config.gone */
	uint32_t		 edge_in;
	uint32_t		 edge_out;
	uint8_t			*in;
	size_t			 in_len;
	size_t			 in_cap;
	int			 fds[PEER_FDS];
	unsigned		 nfds;
	struct out_queue	 out;
	size_t			 out_len;	/* bytes that wait */
	size_t			 out_held;	/* and what they take here */
	struct pending_tree	 pending;
	uint32_t		 npending;
	uint32_t		 nexpired;
	uint32_t		 last_rid;
	struct count		*sent;
	struct count		*received;
	unsigned		 busy;		/* dispatching: do not free yet */
	bool			 paused;	/* by peer_pause() */
	bool			 choked;	/* by our own full queue */
	bool			 deaf;		/* it reads no more */
	bool			 eof;		/* it wrote its last */
	bool			 broken;
	bool			 freed;
};

int	 peer_io_start(struct peer *);
void	 peer_io_stop(struct peer *);		/* no more events; closes fd */
void	 peer_io_free(struct peer *);		/* memory, after stop */
void	 peer_io_break(struct peer *);		/* stop, then gone, later */
void	 peer_io_water(struct peer *);		/* reads, or has it wait */
int	 peer_io_queue(struct peer *, enum msg_type, uint32_t rid,
	    struct span fields, int fd);
void	 peer_dispatch(struct peer *, enum msg_type, uint32_t rid,
	    struct span fields, int fd);

#endif /* DEXD_PEER_INT_H */
