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

#ifndef DEXD_CONTROL_H
#define DEXD_CONTROL_H

#include <sys/types.h>

#include <bsd/sys/queue.h>
#include <event2/event_struct.h>

#include "command.h"
#include "peer.h"

/*
 * The control room: takes commands from the admin socket and passes each to
 * the room whose business it is.  It knows what may be shown of clients,
 * connectors and users, and no secret.
 */

#define CLIENTS_MAX	16
#define READERS_MAX	8	/* of them, who may only read */
#define IDLE_TIME	10	/* seconds without a command */
#define LAST_IDLE_TIME	2	/* until whoever is there has asked, at the end */
#define READS_A_SECOND	50	/* passed on for readers, all together */

struct control;

/* ---- lists, shown a page at a time (rows.c) ---- */

struct row {
	char	*text;		/* one line, no control characters in it */
	char	*json;		/* one object */
};

struct rows {
	unsigned	 refs;
	const char	*name;		/* of the array in JSON */
	char		*head;		/* line above the first row */
	struct row	*list;
	size_t		 n;
	size_t		 room;
	size_t		 bytes;		/* of all of them */
	size_t		 max;		/* bytes; 0: no limit */
};

struct rows	*rows_new(const char *name, const char *head, size_t max);
struct rows	*rows_ref(struct rows *);
void		 rows_unref(struct rows *);	/* NULL is nothing */

/*
 * Adds a row of what the two buffers hold and clears them; in what was put
 * into the text with row_put() is nothing that could fake a line.  False when
 * it does not fit.
 */
bool		 rows_add(struct rows *, struct buf *text, struct buf *json);
/* A column of the text, padded to the width. */
void		 row_put(struct buf *text, struct span, size_t width);

/*
 * Appends the page that begins at row `from`, the heading first if from is 0;
 * returns the row that the next one begins at, 0 at the end.
 */
uint32_t	 rows_page(const struct rows *, uint32_t from,
		    struct buf *text, struct buf *json);

/* ---- what the configuration says (lists.c) ---- */

void		 lists_init(struct control *);
void		 lists_handlers(peer_handler **);

/* ---- who asks (client.c) ---- */

struct client {
	TAILQ_ENTRY(client)	 entry;
	struct control		*control;
	struct peer		*peer;
	uid_t			 uid;
	bool			 admin;		/* root or the owner */
	uint32_t		 rid;		/* of the command in hand */
	bool			 busy;
	bool			 wants_stats;
	struct rows		*stats;		/* those it is being shown */
	struct event		 idle;
};
TAILQ_HEAD(client_list, client);

/* Takes over the descriptor of a new connection. */
void		 client_new(struct control *, int fd);
void		 client_answer(struct client *, enum result, struct span text,
		    struct span json);
/* Answers with a page of the list. */
void		 client_show(struct client *, const struct rows *,
		    uint32_t from);
/* Exits when we are stopping and nobody waits for an answer, or may yet ask. */
void		 clients_finish(struct control *);

/* ---- counts (stats.c) ---- */

/* The client gets its first page when every room has answered. */
void		 stats_ask(struct client *);
void		 stats_handlers(peer_handler **);

struct control {
	int			 fd;		/* listening */
	uid_t			 owner;
	struct event		 readable;
	bool			 ready;
	bool			 stopping;
	bool			 late;	/* and who has not asked shall not */
	struct event		 leave;
	struct peer		*engine;
	struct client_list	 clients;
	unsigned		 nclients;
	unsigned		 nreaders;
	unsigned		 reads;		/* passed on in this second */
	time_t			 reads_at;
	struct rows		*shown_clients;
	struct rows		*shown_connectors;
	struct rows		*shown_users;
	struct rows		*gathered;	/* counts, while they come */
};

#endif /* DEXD_CONTROL_H */
