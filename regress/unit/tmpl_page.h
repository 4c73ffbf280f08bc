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

#ifndef REGRESS_TMPL_PAGE_H
#define REGRESS_TMPL_PAGE_H

#include <stdlib.h>
#include <string.h>

#include "frontend/tmpl.h"
#include "test.h"

/* A page's data with everything hostile in it, and what templates make of it. */

static struct page_data	 data;
static struct tmpl_env	 env;

static int
setup(void **state)
{
	static uint8_t	 extra[64];
	struct list_buf	 items, pairs;
	struct buf	 row;

	(void)state;
	page_data_init(&data);
	page_data_str(&data, "Evil", span_str("<b>\"'&+"));
	page_data_str(&data, "Script", span_str("javascript:alert(1)"));
	page_data_str(&data, "Link", span_str("/auth?a=b&c=d e"));
	page_data_str(&data, "Empty", span_str(""));
	page_data_str(&data, "Name", span_str("jane Doe"));
	page_data_bool(&data, "Yes", true);
	page_data_bool(&data, "No", false);
	list_buf_init(&items, 256);
	list_buf_add(&items, span_str("one"));
	list_buf_add(&items, span_str("<two>"));
	page_data_list(&data, "List", msg_list_of(&items));
	list_buf_clear(&items);
	list_buf_init(&items, 256);
	page_data_list(&data, "None", msg_list_of(&items));
	buf_init(&row, 256);
	page_row_put(&row, "Name", span_str("A&B"));
	page_row_put(&row, "URL", span_str("/x?y"));
	list_buf_add(&items, buf_span(&row));
	page_data_rows(&data, "Rows", msg_list_of(&items));
	list_buf_clear(&items);
	buf_clear(&row);
	env.data = msg_list_of(&data.list);
	env.req_path = span_str("/dex/auth/mock/login");
	env.issuer = span_str("My <dex>");
	env.issuer_path = span_str("/dex");
	env.logo = span_str("theme/logo.svg");
	env.theme = span_str("light");
	env.now = 1796083200;		/* 2026-12-01 00:00 UTC */
	list_buf_init(&pairs, sizeof(extra));
	list_buf_add(&pairs, span_str("tag"));
	list_buf_add(&pairs, span_str("<i>"));
	env.extra = msg_list_of(&pairs);
	memcpy(extra, env.extra.p, env.extra.len);
	env.extra.p = extra;
	list_buf_clear(&pairs);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	page_data_clear(&data);
	return (0);
}

#define INNER	"[{{ .Evil }}]"

static struct tmpl_set *
compile(const char *text, char *err, size_t errlen)
{
	static struct tmpl_source	 sources[2];
	static const char * const	 pages[] = { "t.html" };

	sources[0] = (struct tmpl_source){ "inner.html", span_str(INNER) };
	sources[1] = (struct tmpl_source){ "t.html", span_str(text) };
	return (tmpl_compile(sources, 2, pages, 1, err, errlen));
}

/* Compiles and gives exactly this. */
static void
renders(const char *text, const char *want)
{
	struct tmpl_set	*set;
	struct buf	 out;
	char		 err[256];

	buf_init(&out, 65536);
	if ((set = compile(text, err, sizeof(err))) == NULL)
		fail_msg("%s: %s", text, err);
	if (tmpl_render(set, "t.html", &env, &out, err, sizeof(err)) == -1)
		fail_msg("%s: %s", text, err);
	assert_buf(&out, want);
	buf_clear(&out);
	tmpl_free(set);
}

/* Does not compile, and says this. */
static void
refuses(const char *text, const char *want)
{
	struct tmpl_set	*set;
	char		 err[256];

	if ((set = compile(text, err, sizeof(err))) != NULL)
		fail_msg("compiled: %s", text);
	if (strstr(err, want) == NULL)
		fail_msg("%s: %s", text, err);
}

/* Compiles, fails while it runs, and says this. */
static inline void
fails(const char *text, const char *want)
{
	struct tmpl_set	*set;
	struct buf	 out;
	char		 err[256];

	buf_init(&out, 65536);
	if ((set = compile(text, err, sizeof(err))) == NULL)
		fail_msg("%s: %s", text, err);
	if (tmpl_render(set, "t.html", &env, &out, err, sizeof(err)) == 0)
		fail_msg("ran: %s", text);
	if (strstr(err, want) == NULL)
		fail_msg("%s: %s", text, err);
	buf_clear(&out);
	tmpl_free(set);
}

#endif /* REGRESS_TMPL_PAGE_H */
