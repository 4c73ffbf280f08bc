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

#include "peer.h"

/*
 * The control room: takes commands from the admin socket and passes each to
 * the room whose business it is.  Holds nothing.
 */

#define CLIENTS_MAX	16

struct control;

struct client {
	TAILQ_ENTRY(client)	 entry;
	struct control		*control;
	struct peer		*peer;
	uint32_t		 rid;		/* of the command in hand */
	bool			 busy;
};
TAILQ_HEAD(client_list, client);

struct control {
	int			 fd;		/* listening */
	uid_t			 owner;
	struct event		 readable;
	bool			 ready;
	struct peer		*engine;
	struct client_list	 clients;
	unsigned		 nclients;
};

#endif /* DEXD_CONTROL_H */
