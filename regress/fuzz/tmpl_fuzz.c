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

/* link: frontend/tmpl.c frontend/tmpl_context.c frontend/tmpl_escape.c frontend/tmpl_func.c frontend/tmpl_html.c frontend/tmpl_list.c frontend/tmpl_number.c frontend/tmpl_parse.c frontend/tmpl_pipe.c frontend/tmpl_place.c frontend/tmpl_run.c frontend/tmpl_text.c frontend/tmpl_value.c */

#include <stdlib.h>
#include <string.h>

#include "frontend/tmpl_int.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* No escaped byte may end a text or an attribute, whatever the place. */
static void
escapes_hold(struct span s)
{
	struct buf	 out;
	int		 e;
	size_t		 i;

	for (e = ESCAPE_HTML; e <= ESCAPE_URL_QUERY; e++) {
		buf_init(&out, 1 << 20);
		escape_put(&out, (enum escape)e, s);
		for (i = 0; i < out.len; i++)
			if (out.p[i] == '<' || out.p[i] == '>' ||
			    out.p[i] == '"' || out.p[i] == '\'')
				abort();
		if (e == ESCAPE_URL_START && out.len > 10 &&
		    memcmp(out.p, "javascript:", 11) == 0)
			abort();
		buf_clear(&out);
	}
}

/* Four values of any type byte and content: what a broken engine may send. */
static void
put_data(struct list_buf *l, struct span s)
{
	static const char * const	 names[] = { "A", "B", "L", "R" };
	size_t				 i, n = s.len / 4;

	list_buf_init(l, 1 << 16);
	for (i = 0; i < 4; i++) {
		list_buf_add(l, span_str(names[i]));
		list_buf_add(l, span_mem(span_ptr(s) + i * n, n));
	}
}

static void
run(struct span text, const struct tmpl_env *env)
{
	static const char * const	 pages[] = { "t.html" };
	struct tmpl_source		 source = { "t.html", text };
	struct tmpl_set			*set;
	struct buf			 out;
	char				 err[256];

	set = tmpl_compile(&source, 1, pages, 1, err, sizeof(err));
	if ((set == NULL) != (err[0] != '\0'))
		abort();
	if (set == NULL)
		return;
	buf_init(&out, 1 << 18);
	if (tmpl_render(set, "t.html", env, &out, err, sizeof(err)) == -1 &&
	    err[0] == '\0')
		abort();
	buf_clear(&out);
	tmpl_free(set);
}

/* A template, a NUL, and the data of a page. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const uint8_t	*end = len == 0 ? NULL : memchr(p, '\0', len);
	size_t		 n = end == NULL ? len : (size_t)(end - p);
	struct span	 values = end == NULL ? span_str("s<a>b1lr") :
			    span_mem(end + 1, len - n - 1);
	struct tmpl_env	 env = { .req_path = span_str("/dex/a"),
			    .issuer_path = span_str("/dex"),
			    .issuer = span_str("<\"'>"),
			    .logo = span_str("javascript:1"),
			    .now = 1796083200 };
	struct list_buf	 l;

	put_data(&l, values);
	env.data = msg_list_of(&l);
	escapes_hold(values);
	run(span_mem(p, n), &env);
	list_buf_clear(&l);
	return (0);
}
