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

#include "offline.h"
#include "sqlite.h"

/*
 * The map of an offline session is read and changed inside the transaction
 * that writes it, by functions of our own: two applications of one person that
 * refresh at once would otherwise undo each other.
 */

static struct span
bytes_of(sqlite3_value *v)
{
	const void	*p = sqlite3_value_blob(v);
	int		 n = sqlite3_value_bytes(v);

	return (span_mem(p, p == NULL ? 0 : (size_t)n));
}

/* dexd_ref_id(refs, client): text, or null when there is none. */
static void
ref_id(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct buf	 b;

	(void)n;
	buf_init(&b, OFFLINE_REFS_MAX);
	if (offline_ref_id(&b, bytes_of(v[0]), bytes_of(v[1])) == 0)
		sqlite3_result_text(c, (const char *)b.p, (int)b.len,
		    SQLITE_TRANSIENT);
	buf_clear(&b);
}

static void
result(sqlite3_context *c, struct buf *b, int error)
{
	if (error == 0)
		sqlite3_result_blob(c, b->p, (int)b->len, SQLITE_TRANSIENT);
	else
		sqlite3_result_error(c, "an offline session is malformed", -1);
	buf_clear(b);
}

/* dexd_ref_put(refs, client, id, now): the map with this token, a blob. */
static void
ref_put(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct buf	 b;

	(void)n;
	buf_init(&b, OFFLINE_REFS_MAX);
	result(c, &b, offline_ref_put(&b, bytes_of(v[0]), bytes_of(v[1]),
	    bytes_of(v[2]), (uint64_t)sqlite3_value_int64(v[3])));
}

/* dexd_ref_used(refs, client, now): the map with this last use, a blob. */
static void
ref_used(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct buf	 b;

	(void)n;
	buf_init(&b, OFFLINE_REFS_MAX);
	result(c, &b, offline_ref_used(&b, bytes_of(v[0]), bytes_of(v[1]),
	    (uint64_t)sqlite3_value_int64(v[2])));
}

int
sqlite_functions(sqlite3 *db)
{
	static const struct {
		const char	*name;
		int		 args;
		void		(*call)(sqlite3_context *, int,
				    sqlite3_value **);
	} functions[] = {
		{ "dexd_ref_id", 2, ref_id },
		{ "dexd_ref_put", 4, ref_put },
		{ "dexd_ref_used", 3, ref_used },
	};
	size_t	 i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (sqlite3_create_function(db, functions[i].name,
		    functions[i].args, SQLITE_UTF8 | SQLITE_DETERMINISTIC |
		    SQLITE_DIRECTONLY, NULL, functions[i].call, NULL, NULL) !=
		    SQLITE_OK)
			return (-1);
	return (0);
}
