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

#ifndef DEXD_TMPL_H
#define DEXD_TMPL_H

#include "buf.h"
#include "msg.h"
#include "page_data.h"

/*
 * The part of Go's html/template that dex's themes use; dexd.yaml(5) lists it.
 * Every value is escaped for the place where it stands: text, a quoted
 * attribute, a URL in one.  A value anywhere else does not compile.  Running is
 * bounded in steps, memory and output, whatever the data.
 */

struct tmpl_source {
	const char	*name;		/* "login.html" */
	struct span	 text;
};

/* What the functions know besides the page's own data. */
struct tmpl_env {
	struct msg_list	 data;		/* EN_FE_ANSWER.data */
	struct span	 req_path;	/* .ReqPath */
	struct span	 issuer;	/* issuer */
	struct span	 issuer_path;	/* for url: "" or "/dex" */
	struct span	 logo;		/* logo */
	struct span	 theme;		/* theme */
	struct msg_list	 extra;		/* extra "key", pairs */
	int64_t		 now;		/* now, unix seconds */
};

struct tmpl_set;

/*
 * Compiles the pages (names of sources, or of templates defined in them) and
 * what they include; other sources may hold anything.  Their names and texts
 * must outlive the set.  NULL with "file:line: why" or "file: why" in err otherwise.
 */
struct tmpl_set	*tmpl_compile(const struct tmpl_source *, size_t n,
		    const char * const *pages, size_t npages, char *err,
		    size_t errlen);
void		 tmpl_free(struct tmpl_set *);

/* What Content-Security-Policy must allow for the literal code of a set. */
enum tmpl_code { TMPL_SCRIPT, TMPL_STYLE, TMPL_CODES };
/* " 'sha256-...' ..."; empty when there is none. */
struct span	 tmpl_hashes(const struct tmpl_set *, enum tmpl_code);

/* Appends the page; -1 with "file:line: why" when it failed. */
int		 tmpl_render(const struct tmpl_set *, const char *name,
		    const struct tmpl_env *, struct buf *out, char *err,
		    size_t errlen);

#endif /* DEXD_TMPL_H */
