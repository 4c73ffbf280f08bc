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

#ifndef DEXD_SCHEMA_H
#define DEXD_SCHEMA_H

#include <stddef.h>

/*
 * dex's migrations for SQLite, by dex's own numbers, so that dex can open the
 * file again.  Each is one or more statements.
 */
#define SCHEMA_LEVEL	23

extern const char * const	 schema_steps[SCHEMA_LEVEL];

/* What dexd adds: nullable columns and tables of its own. */
struct schema_column {
	const char	*table;
	const char	*column;
	const char	*type;
};
extern const struct schema_column	 schema_columns[];	/* ends in NULL */
extern const char * const		 schema_tables;

/*
 * Columns that steps 17 to 22 were edited to add later: a database made by a
 * development version can carry the number without them.
 */
extern const struct schema_column	 schema_late_columns[];

#endif /* DEXD_SCHEMA_H */
