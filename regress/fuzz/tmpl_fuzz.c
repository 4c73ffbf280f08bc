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

/* link: frontend/tmpl.c frontend/tmpl_context.c frontend/tmpl_escape.c frontend/tmpl_func.c frontend/tmpl_html.c frontend/tmpl_list.c frontend/tmpl_number.c frontend/tmpl_parse.c frontend/tmpl_pipe.c frontend/tmpl_run.c frontend/tmpl_text.c frontend/tmpl_value.c */

#include "frontend/tmpl.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A theme of anybody: compiled, and run when it compiles. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct tmpl_source	 source = { "t.html", span_mem(p, len) };
	struct tmpl_env		 env = { .req_path = span_str("/dex/a"),
				    .issuer_path = span_str("/dex") };
	struct page_data	 d;
	struct tmpl_set		*set;
	struct buf		 out;
	char			 err[128];

	page_data_init(&d);
	page_data_str(&d, "A", span_str("<a>"));
	page_data_bool(&d, "B", true);
	env.data = msg_list_of(&d.list);
	buf_init(&out, 65536);
	if ((set = tmpl_compile(&source, 1, err, sizeof(err))) != NULL)
		tmpl_render(set, "t.html", &env, &out);
	tmpl_free(set);
	buf_clear(&out);
	page_data_clear(&d);
	return (0);
}
