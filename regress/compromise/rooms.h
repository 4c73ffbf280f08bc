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

#ifndef DEXD_ROOMS_H
#define DEXD_ROOMS_H

#include <sys/types.h>

#include "peer.h"

/*
 * Real rooms, started by a test that plays their parent and the broken room
 * beside them.  Root puts each into its jail as its own user, as dexd does;
 * an ordinary user starts them as himself.  Either way room_go() looks whether
 * they really are there.
 */

struct event_base;

struct played {
	const char	*program;
	enum room	 room;
	const char	*name;		/* connector id, or "" */
	pid_t		 pid;
	uint32_t	 uid, gid;	/* who it is once it is ready */
	struct peer	*parent;	/* our end as its parent */
	struct peer	*wire;		/* our end as the broken room */
	bool		 ready;
	bool		 wire_gone;
};

extern struct event_base	*rooms_base;
/*
 * The directory that the next room may write, as the engine's; "": none.  It
 * is that room's jail, too, and becomes its user's.
 */
extern const char		*rooms_writable;

void	 rooms_init(void);
/* A file of rooms_writable, by the name that it has for the room. */
void	 room_path(char path[128], const char *base);

/*
 * Starts a program and says START; `as` is the room we play on its wire and
 * the handlers are those of both our ends.  The test sends the slices, then
 * room_go().
 */
void	 room_begin(struct played *, enum room as,
	    peer_handler * const *handlers);
void	 room_go(struct played *);		/* GO, and wait for READY */
/* A further wire to the room, from `as`; our end is returned. */
struct peer	*room_wire(struct played *, enum room as,
		    peer_handler * const *handlers);
/* The same from one of several such rooms, or the worker of a connector. */
struct peer	*room_wire_named(struct played *, enum room as,
		    const char *name, uint32_t instance,
		    peer_handler * const *handlers);
void	 room_end(struct played *);

/* What a wire is made of, as the parent makes it. */
void	 room_pair(int sv[2]);

/* Runs the loop until the flag is set; false after a minute. */
bool	 rooms_wait(const bool *flag);
/* Runs the loop until all rooms have done what they were told. */
void	 rooms_settle(void);

#endif /* DEXD_ROOMS_H */
