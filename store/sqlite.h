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

#ifndef DEXD_SQLITE_H
#define DEXD_SQLITE_H

#include <event2/event.h>
#include <sqlite3.h>

#include "write_set.h"

/* Private to store/: the SQLite driver. */

enum read_stmt { READ_AUTH_REQUEST, READ_AUTH_CODE, READ_REFRESH_TOKEN,
	READ_KEYSET, READ_MAX };

struct store {
	sqlite3			*db;
	struct event		*commit_event;	/* next turn of the loop */
	TAILQ_HEAD(, write_set)	 waiting;
	unsigned		 busy_turns;	/* the writer's lock was taken */
	sqlite3_stmt		*ops[OP_MAX];
	sqlite3_stmt		*reads[READ_MAX];
};

/* Runs statements without result; SQLITE_OK or an error. */
int	 sqlite_run(sqlite3 *, const char *);
/* Logs where and why, never with values. */
void	 sqlite_complain(sqlite3 *, const char *where);
int	 sqlite_migrate(sqlite3 *, char *err, size_t errlen);
/* Our SQL functions over the map of an offline session. */
int	 sqlite_functions(sqlite3 *);
int	 sqlite_commit_prepare(struct store *);
int	 sqlite_read_prepare(struct store *);
void	 sqlite_on_commit(evutil_socket_t, short, void *);

#endif /* DEXD_SQLITE_H */
