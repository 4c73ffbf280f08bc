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
#include <string.h>

#include "schema.h"
#include "sqlite.h"

/* Brings any database of dex to its newest schema, and adds ours beside it. */

/* The first column of the first row, or the fallback. */
static int
query_int(sqlite3 *db, const char *sql, int fallback)
{
	sqlite3_stmt	*st = NULL;
	int		 n = fallback;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return (n);
}

static bool
has_column(sqlite3 *db, const struct schema_column *c)
{
	char	 sql[256];

	snprintf(sql, sizeof(sql), "select count(*) from pragma_table_info("
	    "'%s') where name = '%s'", c->table, c->column);
	return (query_int(db, sql, 0) != 0);
}

static int
add_columns(sqlite3 *db, const struct schema_column *c)
{
	char	 sql[256];

	for (; c->table != NULL; c++) {
		if (has_column(db, c))
			continue;
		snprintf(sql, sizeof(sql), "alter table %s add column %s %s",
		    c->table, c->column, c->type);
		if (sqlite_run(db, sql) != SQLITE_OK)
			return (-1);
	}
	return (0);
}

/* dex notes each step with the day it was taken. */
static int
take_step(sqlite3 *db, int number)
{
	char	 sql[128];

	if (sqlite_run(db, schema_steps[number - 1]) != SQLITE_OK)
		return (-1);
	snprintf(sql, sizeof(sql), "insert into migrations (num, at)"
	    " values (%d, date('now'))", number);
	return (sqlite_run(db, sql) == SQLITE_OK ? 0 : -1);
}

static int
migrate(sqlite3 *db)
{
	int	 at;

	if (sqlite_run(db, "create table if not exists migrations ("
	    " num integer not null, at timestamp not null)") != SQLITE_OK)
		return (-1);
	at = query_int(db, "select max(num) from migrations", 0);
	while (at < SCHEMA_LEVEL)
		if (take_step(db, ++at) == -1)
			return (-1);
	if (add_columns(db, schema_late_columns) == -1 ||
	    add_columns(db, schema_columns) == -1 ||
	    sqlite_run(db, schema_tables) != SQLITE_OK)
		return (-1);
	return (0);
}

/* All or nothing: a failure half-way leaves the file as dex left it. */
int
sqlite_migrate(sqlite3 *db, char *err, size_t errlen)
{
	int	 i, rc = SQLITE_BUSY;

	for (i = 0; i < 2000 && rc == SQLITE_BUSY; i++)
		rc = sqlite_run(db, "begin immediate");
	if (rc != SQLITE_OK || migrate(db) == -1 ||
	    sqlite_run(db, "commit") != SQLITE_OK) {
		snprintf(err, errlen, "%s", sqlite3_errmsg(db));
		sqlite_run(db, "rollback");
		return (-1);
	}
	return (0);
}
