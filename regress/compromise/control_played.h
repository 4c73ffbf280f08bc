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

#ifndef DEXD_CONTROL_PLAYED_H
#define DEXD_CONTROL_PLAYED_H

#include "regress/compromise/rooms.h"

/*
 * The real control room between the parent, the engine and its callers, all of
 * which the test plays.
 */

#define CONTROL_VERSION	2	/* of what dexctl says */
#define CONTROL_CLIENTS	400	/* in the configuration: more than a page */
#define CONTROL_ASKS	128

extern struct played			 control;
extern char				 control_dir[64], control_path[80];
/* Beside the engine's, what the parent passes on as the counts of a room. */
extern struct msg_pa_room_counted	 control_told;

/* The engine answers "the keys", or keeps the ids of what it was asked. */
extern bool				 engine_is_honest;
extern uint32_t				 engine_asked[CONTROL_ASKS];
void	 engine_says(uint32_t rid, const char *text);
void	 engine_wait_asked(unsigned n);		/* n of them, in all */

struct caller {
	struct peer	*peer;
	bool		 answered;
	unsigned	 status;
	uint32_t	 next;
	struct buf	 text, json;
};
extern struct caller			 one, two;

/* Calls if need be, and asks; caller_asks() waits for the result. */
void	 caller_begins(struct caller *, enum command);
unsigned caller_asks(struct caller *, enum command);
unsigned caller_asks_for(struct caller *, const struct msg_cl_ct_command *);
void	 caller_hang_up(struct caller *);
int	 control_dial(void);			/* a connection of bytes */

/* ROOM_PA_GATHER and what it commands are answered, as a parent does. */
void	 control_parent_handlers(peer_handler **);

int	 control_setup(void **state);
int	 control_teardown(void **state);

/* The test ends here unless it does what the engine has no part in ... */
void	 control_serves(void);
/* ... and says of the engine, whose wire has ended, that it is not there ... */
void	 control_serves_alone(void);
/* ... or is given one that keeps the rules, and says what that says. */
void	 control_serves_with_engine(void);

#endif /* DEXD_CONTROL_PLAYED_H */
