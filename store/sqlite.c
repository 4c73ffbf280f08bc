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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "sqlite.h"

/* Opening and closing. */

int
sqlite_run(sqlite3 *db, const char *sql)
{
	return (sqlite3_exec(db, sql, NULL, NULL, NULL));
}

void
sqlite_complain(sqlite3 *db, const char *where)
{
	log_error("store failed", "in", where, "err", sqlite3_errmsg(db));
}

/*
 * WAL lets readers go on beside the one writer.  FULL makes a commit durable
 * before it is answered; a store in memory owes nobody that.  Temporary files
 * would lie outside the one directory the sandbox leaves us.
 */
static int
set_up(sqlite3 *db, bool durable)
{
	sqlite3_busy_timeout(db, 1);
	if (sqlite_run(db, "pragma journal_mode = wal") != SQLITE_OK ||
	    sqlite_run(db, durable ? "pragma synchronous = full" :
	    "pragma synchronous = off") != SQLITE_OK ||
	    sqlite_run(db, "pragma temp_store = memory") != SQLITE_OK ||
	    sqlite_run(db, "pragma trusted_schema = off") != SQLITE_OK)
		return (-1);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	return (0);
}

static void
store_free(struct store *s)
{
	int	 i;

	for (i = 0; i < OP_MAX; i++)
		sqlite3_finalize(s->ops[i]);
	for (i = 0; i < READ_MAX; i++)
		sqlite3_finalize(s->reads[i]);
	if (s->commit_event != NULL)
		event_free(s->commit_event);
	sqlite3_close(s->db);
	free(s);
}

struct store *
store_open(struct event_base *base, enum storage storage, const char *file,
    char *err, size_t errlen)
{
	struct store	*s;

	snprintf(err, errlen, "out of memory");
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	TAILQ_INIT(&s->waiting);
	if ((s->commit_event = event_new(base, -1, 0, sqlite_on_commit, s)) ==
	    NULL)
		goto fail;
	if (sqlite3_open_v2(file, &s->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
	    NULL) != SQLITE_OK ||
	    set_up(s->db, storage == STORAGE_SQLITE) == -1) {
		snprintf(err, errlen, "%s", s->db == NULL ? "out of memory" :
		    sqlite3_errmsg(s->db));
		goto fail;
	}
	/*
	 * SQLite settles for reading where it may not write, for as long as the
	 * file is open.  Who starts while a disk has turned read-only would
	 * refuse every login ever after, so it must not start.
	 */
	if (sqlite3_db_readonly(s->db, "main") != 0) {
		snprintf(err, errlen, "the database is read-only");
		goto fail;
	}
	if (sqlite_migrate(s->db, err, errlen) == -1)
		goto fail;
	if (sqlite_functions(s->db) == -1 || sqlite_commit_prepare(s) == -1 ||
	    sqlite_read_prepare(s) == -1) {
		snprintf(err, errlen, "not a database of dex: %s",
		    sqlite3_errmsg(s->db));
		goto fail;
	}
	return (s);
 fail:
	store_free(s);
	return (NULL);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	/* What was promised an answer gets it. */
	if (!TAILQ_EMPTY(&s->waiting))
		sqlite_on_commit(-1, 0, s);
	sqlite_run(s->db, "pragma wal_checkpoint(truncate)");
	store_free(s);
}
