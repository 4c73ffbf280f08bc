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

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "assets.h"
#include "frontend.h"
#include "log.h"
#include "url.h"

/*
 * The files of the theme: those built in, or an operator's, which come from the
 * parent.  A request names one of them exactly or gets nothing; no path of a
 * request ever reaches a file system.
 */

#define FILES_MAX	512
#define TOTAL_MAX	(8 * 1024 * 1024)

/* A file may come in pieces; the last one added is the one that goes on. */
static void
on_pa_fe_file(void *room, struct peer *p, struct msg *m)
{
	const struct msg_pa_fe_file	*in = &m->pa_fe_file;
	struct frontend			*fe = room;
	struct files			*f = &fe->files;
	struct asset			*a;
	unsigned char			*bytes;

	(void)p;
	f->total += in->bytes.len;
	if (f->total > TOTAL_MAX || fe->ready)
		fatalx("more files than a theme may have");
	if (!f->more) {
		if (f->n == FILES_MAX)
			fatalx("more files than a theme may have");
		if (f->list == NULL)
			f->list = xcalloc(FILES_MAX, sizeof(*f->list));
		a = &f->list[f->n++];
		if ((a->name = span_dup(in->path)) == NULL)
			fatalx("cannot keep a file of the theme");
	}
	a = &f->list[f->n - 1];
	if (!span_is(in->path, a->name) ||
	    (bytes = malloc(a->len + in->bytes.len + 1)) == NULL)
		fatalx("cannot keep a file of the theme");
	if (a->len != 0)
		memcpy(bytes, a->bytes, a->len);
	if (in->bytes.len != 0)
		memcpy(bytes + a->len, in->bytes.p, in->bytes.len);
	free(f->owned);
	f->owned = in->more ? bytes : NULL;
	a->bytes = bytes;
	a->len += in->bytes.len;
	f->more = in->more;
}

void
files_handlers(peer_handler **h)
{
	h[PA_FE_FILE] = on_pa_fe_file;
}

bool
files_are_ours(const struct frontend *fe)
{
	return (fe->files.n == 0);
}

size_t
files_list(const struct frontend *fe, const struct asset **list)
{
	*list = files_are_ours(fe) ? assets : fe->files.list;
	return (files_are_ours(fe) ? nassets : fe->files.n);
}

/* rest is what follows the prefix in a request's path, percent-encoded. */
const struct asset *
files_find(const struct frontend *fe, const char *prefix, struct span rest)
{
	const struct asset	*list, *found = NULL;
	size_t			 i, count = files_list(fe, &list);
	size_t			 n = strlen(prefix);
	struct buf		 path;

	buf_init(&path, 1024);
	if (url_decode(&path, rest, false) == -1 || !buf_ok(&path) ||
	    path.len < 2 || path.p[0] != '/') {
		buf_clear(&path);
		return (NULL);
	}
	for (i = 0; i < count && found == NULL; i++)
		if (strncmp(list[i].name, prefix, n) == 0 &&
		    span_is(buf_span(&path), list[i].name + n))
			found = &list[i];
	buf_clear(&path);
	return (found);
}

const struct asset *
files_robots(const struct frontend *fe)
{
	size_t	 i;

	for (i = 0; i < fe->files.n; i++)
		if (strcmp(fe->files.list[i].name, "robots.txt") == 0)
			return (&fe->files.list[i]);
	return (NULL);
}

/* Go's table, which dex serves by; what is not in it is not shown inline. */
const char *
asset_type(const char *name)
{
	static const char * const	 types[][2] = {
		{ ".css", "text/css; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".htm", "text/html; charset=utf-8" },
		{ ".html", "text/html; charset=utf-8" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".jpg", "image/jpeg" },
		{ ".jpeg", "image/jpeg" },
		{ ".gif", "image/gif" },
		{ ".webp", "image/webp" },
		{ ".avif", "image/avif" },
		{ ".ico", "image/x-icon" },
		{ ".woff", "font/woff" },
		{ ".woff2", "font/woff2" },
		{ ".ttf", "font/ttf" },
		{ ".otf", "font/otf" },
		{ ".webmanifest", "application/manifest+json" },
	};
	const char			*dot = strrchr(name, '.');
	size_t				 i;

	for (i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(dot, types[i][0]) == 0)
			return (types[i][1]);
	return ("application/octet-stream");
}
