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
 * The part of Go's html/template that dex's pages use: template, if, else if,
 * else, range, end, pipelines, fields, variables, string and integer literals
 * and the functions of tmpl_func.c.  Every value is escaped for the place where
 * it stands: text, a quoted attribute, a URL in one.  An action anywhere else
 * does not compile.
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
	struct msg_list	 extra;		/* extra "key", pairs */
};

struct tmpl_set;

/*
 * Compiles the sources, which must outlive the set.  NULL with "file:line: why"
 * in err when one does not compile or includes one that is not there.
 */
struct tmpl_set	*tmpl_compile(const struct tmpl_source *, size_t n, char *err,
		    size_t errlen);
void		 tmpl_free(struct tmpl_set *);
bool		 tmpl_has(const struct tmpl_set *, const char *name);

/* Appends the page; -1 when it failed (too large, no memory). */
int		 tmpl_render(const struct tmpl_set *, const char *name,
		    const struct tmpl_env *, struct buf *out);

#endif /* DEXD_TMPL_H */
