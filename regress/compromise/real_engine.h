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

#ifndef DEXD_REAL_ENGINE_H
#define DEXD_REAL_ENGINE_H

#include "regress/compromise/rooms.h"

/*
 * The engine as the real program in its sandbox, with a database of its own;
 * the test is its parent and the frontend, broken or not.
 */

#define ISSUER	"http://127.0.0.1:1/dex"

/*
 * Of the connector "pw" and the clients "app" and "other", whose secrets are
 * "secret" and "theirs"; http://app/cb is where both take codes.
 */
extern struct played	 engine;

/* Starts it; the handlers are those of both our ends.  Ends it. */
void	 engine_begin(peer_handler * const *handlers);
void	 engine_end(void);

/* A request of ours and what came back; 0: the engine hung up. */
extern struct buf	 location, body;
extern struct list_buf	 cookies;	/* whole Set-Cookie values */
unsigned	 engine_ask(const struct msg_fe_en_http *);

/* The names and values, closed by NULL, are the query, or the form of a POST. */
unsigned	 request(enum endpoint, const char *connector,
		    const char * const *pairs);
#define REQUEST(e, c, ...)						\
	request(e, c, (const char * const[]){ __VA_ARGS__, NULL })

#endif /* DEXD_REAL_ENGINE_H */
