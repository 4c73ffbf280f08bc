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

#ifndef DEXD_ROOM_H
#define DEXD_ROOM_H

#include "peer.h"

/*
 * What every child of the parent does the same way: start on fd 3, take its
 * orders, go to jail, say READY, leave.  A room's main() fills in this table
 * and calls room_run(), which returns the exit status.
 */
struct room_ops {
	enum room	 room;
	const char	*program;	/* "engine": title, log, sandbox profile */
	void		*ctx;
	/* Messages of the parent, besides those room.c takes; [MSG_MAX]. */
	peer_handler * const	*handlers;
	/*
	 * Before chroot, as the user we were started as: touch what libraries
	 * load lazily.  May be NULL.
	 */
	void		(*warm_up)(void *ctx);
	/* A new wire; the callee makes the peer (paused) and owns fd. */
	void		(*peer)(void *ctx, enum room, const char *name,
			    uint32_t instance, int fd);
	/* The parent says that wire is dead; EOF may have told it before. */
	void		(*peer_gone)(void *ctx, enum room, const char *name,
			    uint32_t instance);
	/*
	 * The configuration is complete; we are in jail, not yet sandboxed.
	 * Open what must be opened.  -1 (after a log record) ends the room.
	 */
	int		(*prepare)(void *ctx);
	/*
	 * In the sandbox, READY not yet said: read what is not trusted.  -1,
	 * after the parent was told why, ends the room.  May be NULL.
	 */
	int		(*inside)(void *ctx);
	/* Sandboxed and READY was said: resume the peers. */
	void		(*ready)(void *ctx);
	/* Set your gauges (count.def): someone asks.  May be NULL. */
	void		(*count)(void *ctx);
	/*
	 * PA_ROOM_STOP: close the doors before returning, wind down, then
	 * room_exit().  NULL: exit at once.
	 */
	void		(*stop)(void *ctx);
};

struct event_base	*room_base(void);	/* of this process */
struct peer		*room_parent(void);
int			 room_run(const struct room_ops *);
void			 room_exit(void);	/* leave the loop, status 0 */

#endif /* DEXD_ROOM_H */
