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

#ifndef DEXD_HOSTILE_H
#define DEXD_HOSTILE_H

#include "regress/compromise/rooms.h"

/*
 * What a broken room may send to its neighbour: bytes instead of messages.
 * Whatever it is, it costs that wire at most and the neighbour lives.
 */

struct hostile {
	struct played	*victim;
	enum room	 as;
	const char	*name;		/* connector id, or "" */
	int		(*dial)(void);	/* NULL: the parent gives the wire */
};

/* A wire of its own that takes bytes; the caller closes it. */
int	 hostile_wire(const struct hostile *);
void	 hostile_frame(struct buf *, unsigned type, unsigned flags,
	    uint32_t rid, struct span fields);
/* The id of the question that comes next on a wire. */
uint32_t	 hostile_question(int fd);
/*
 * Answers the question that comes next on a wire with a message that is right
 * but for one thing.
 */
enum malformed {
	FIRST_BYTE_TOO_LARGE,	/* of an enum or a truth value */
	BYTE_TOO_FEW,
	BYTE_TOO_MANY,
	TEXT_NOT_UTF8		/* a text that follows one byte */
};
void	 hostile_malformed(int fd, enum msg_type, const void *m,
	    enum malformed);
/*
 * Was it closed by the other side?  That takes no time; a room that waits until
 * it is bored has taken what it read.  What it said before is thrown away.
 */
bool	 hostile_closed(int fd);

/* The bytes on a new wire, which has to be closed for it; clears them. */
void	 hostile_refused(const struct hostile *, struct buf *,
	    const char *what);
/*
 * Every breach there is, each on a new wire that has to be closed for it: a
 * type that may not be said here, an answer to nothing, fields too short and
 * too long, a frame above the wire's limit, cut off, with flags there are not,
 * with a descriptor too few, one too many and many.
 */
void	 hostile_breaches(const struct hostile *);
/*
 * Random fields under every type that may be said, each on a new wire; the
 * test ends here if the room dies or stops reading.
 */
void	 hostile_pelt(const struct hostile *);

/*
 * As the parent that was asked for counts passes on what a broken room says, n
 * times, and then the engine's: 41 flushes of process 2.
 */
void	 hostile_pass_on(struct peer *, uint32_t rid,
	    const struct msg_pa_room_counted *, unsigned n);

/* Of the room, in KiB. */
unsigned long	 hostile_memory(const struct played *);
/* The test ends here if it is far more than before (not under ASan). */
void	 hostile_no_more_memory(const struct hostile *, unsigned long before);

/*
 * These questions again and again on a new wire, and no answer is read, until
 * the room has read no more for a while; the test ends here if it goes on
 * reading, hangs up or keeps much.  The caller closes the wire.
 */
int	 hostile_flood(const struct hostile *, struct span questions);
/*
 * The largest frame, without its end, on one wire after the other; each takes
 * the place of the one before, which the room has to forget.
 */
void	 hostile_unended(const struct hostile *, unsigned n);

#endif /* DEXD_HOSTILE_H */
