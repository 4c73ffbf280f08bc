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

#include <string.h>

#include "tmpl_int.h"

/* Go's own functions and those of dex. */

static void
call_issuer(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)a;
	(void)n;
	*v = tvalue_str(run->env->issuer);
}

static void
call_logo(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)a;
	(void)n;
	*v = tvalue_str(run->env->logo);
}

static void
call_theme(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)a;
	(void)n;
	*v = tvalue_str(run->env->theme);
}

static void
call_extra(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct msg_list	 pairs = run->env->extra;
	struct span	 key, value, name = tvalue_text(run, &a[0]);

	(void)n;
	*v = tvalue_str(span_mem(NULL, 0));
	while (msg_list_next(&pairs, &key) && msg_list_next(&pairs, &value))
		if (span_eq(key, name))
			*v = tvalue_str(value);
}

/* Takes the next segment of a path, without slashes; false at the end. */
static bool
segment(struct span *rest, struct span *s)
{
	size_t	 n = 0;

	while (rest->len != 0 && *rest->p == '/') {
		rest->p++;
		rest->len--;
	}
	while (n < rest->len && rest->p[n] != '/')
		n++;
	*s = span_mem(rest->p, n);
	rest->p = span_ptr(*rest) + n;
	rest->len -= n;
	return (n != 0);
}

static unsigned
segments(struct span path)
{
	struct span	 s;
	unsigned	 n = 0;

	while (segment(&path, &s))
		n++;
	return (n);
}

/* Drops the segments that both begin with from both. */
static void
drop_common(struct span *a, struct span *b)
{
	struct span	 x, y, ra = *a, rb = *b;

	while (segment(&ra, &x) && segment(&rb, &y) && span_eq(x, y)) {
		*a = ra;
		*b = rb;
	}
}

static bool
has_scheme(struct span s)
{
	return (memmem(span_ptr(s), s.len, "://", 3) != NULL);
}

static void
put_segments(struct buf *b, struct span path)
{
	struct span	 s;

	while (segment(&path, &s)) {
		if (b->len != 0 && b->p[b->len - 1] != '/')
			buf_put_c(b, '/');
		buf_put_span(b, s);
	}
}

/*
 * url reqPath asset: a relative URL from the page to an asset, so that pages
 * work under any path that a proxy adds in front.
 */
static void
call_url(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 issuer = run->env->issuer_path, target;
	struct span	 req = tvalue_text(run, &a[0]);
	struct span	 asset = tvalue_text(run, &a[1]);
	struct buf	 full, b;
	unsigned	 up;

	(void)n;
	if (has_scheme(asset)) {
		*v = tvalue_str(asset);
		return;
	}
	buf_init(&full, 8192);
	buf_init(&b, 8192);
	drop_common(&issuer, &req);
	if (segments(req) == 0)
		put_segments(&full, run->env->issuer_path);
	put_segments(&full, asset);
	target = buf_span(&full);
	drop_common(&target, &req);
	for (up = segments(req); up > 1; up--)
		buf_put_str(&b, b.len == 0 ? ".." : "/..");
	put_segments(&b, target);
	*v = run_text(run, &b);
	buf_clear(&full);
}

/* ---- comparing ---- */

static void
call_eq(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	bool		 any = false;
	unsigned	 i;

	for (i = 1; i < n; i++)
		any = any || tvalue_equal(run, &a[0], &a[i], 0);
	*v = tvalue_bool(any);
}

static void
call_ne(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	*v = tvalue_bool(!tvalue_equal(run, &a[0], &a[1], 0));
}

/* Below zero, zero, above; two numbers or two texts. */
static int
order(struct tmpl_run *run, const struct tvalue *a)
{
	size_t	 n;
	int	 c;

	if (a[0].type == TV_STR && a[1].type == TV_STR) {
		n = a[0].str.len < a[1].str.len ? a[0].str.len : a[1].str.len;
		c = n == 0 ? 0 : memcmp(a[0].str.p, a[1].str.p, n);
		return (c != 0 ? c : (a[0].str.len > a[1].str.len) -
		    (a[0].str.len < a[1].str.len));
	}
	if (a[0].type != a[1].type || (a[0].type != TV_INT &&
	    a[0].type != TV_TIME))
		run_fail(run, "values of these types have no order");
	return ((tvalue_number(&a[0]) > tvalue_number(&a[1])) -
	    (tvalue_number(&a[0]) < tvalue_number(&a[1])));
}

static void
call_lt(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	*v = tvalue_bool(order(run, a) < 0);
}

static void
call_le(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	*v = tvalue_bool(order(run, a) <= 0);
}

static void
call_gt(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	*v = tvalue_bool(order(run, a) > 0);
}

static void
call_ge(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	*v = tvalue_bool(order(run, a) >= 0);
}

/* ---- logic ---- */

static void
call_not(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	*v = tvalue_bool(!tvalue_true(&a[0]));
}

/* The first that is false, else the last; or the other way round. */
static void
call_and(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	unsigned	 i = 0;

	(void)run;
	while (i + 1 < n && tvalue_true(&a[i]))
		i++;
	*v = a[i];
}

static void
call_or(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	unsigned	 i = 0;

	(void)run;
	while (i + 1 < n && !tvalue_true(&a[i]))
		i++;
	*v = a[i];
}

/* ---- parts ---- */

static void
call_len(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	if (a[0].type == TV_STR)
		*v = tvalue_int((int64_t)a[0].str.len);
	else if (a[0].type == TV_LIST || a[0].type == TV_DICT)
		*v = tvalue_int((int64_t)a[0].n);
	else if (a[0].type == TV_NONE)
		*v = tvalue_int(0);	/* a field that this page lacks */
	else
		run_fail(run, "len of what has no length");
}

/* index list 1 2, index dict "key" */
static void
call_index(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	unsigned	 i;

	*v = a[0];
	for (i = 1; i < n && run->why == NULL; i++) {
		if (v->type == TV_DICT && a[i].type == TV_STR)
			*v = tvalue_field(run, v, a[i].str);
		else if (v->type == TV_LIST && a[i].type == TV_INT &&
		    a[i].number >= 0 && (uint64_t)a[i].number < v->n)
			*v = v->items[a[i].number];
		else
			run_fail(run, "an index that is not there");
	}
}

/* slice x from to: of a text or a list */
static void
call_slice(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	int64_t	 len = a[0].type == TV_STR ? (int64_t)a[0].str.len :
		    a[0].type == TV_LIST ? (int64_t)a[0].n : -1;
	int64_t	 from = n > 1 ? tvalue_number(&a[1]) : 0;
	int64_t	 to = n > 2 ? tvalue_number(&a[2]) : len;

	if (from < 0 || to < from || to > len) {
		run_fail(run, "a slice that is not there");
		return;
	}
	*v = a[0];
	if (a[0].type == TV_STR)
		v->str = span_mem(span_ptr(v->str) + from,
		    (size_t)(to - from));
	else {
		v->items += from;
		v->n = (size_t)(to - from);
	}
}

const struct tmpl_func *
tmpl_func_find(struct span name)
{
	static const struct tmpl_func	 funcs[] = {
		{ "issuer", 0, 0, call_issuer },
		{ "logo", 0, 0, call_logo },
		{ "theme", 0, 0, call_theme },
		{ "extra", 1, 1, call_extra },
		{ "url", 2, 2, call_url },
		{ "eq", 2, TMPL_ARGS_MAX, call_eq },
		{ "ne", 2, 2, call_ne },
		{ "lt", 2, 2, call_lt },
		{ "le", 2, 2, call_le },
		{ "gt", 2, 2, call_gt },
		{ "ge", 2, 2, call_ge },
		{ "not", 1, 1, call_not },
		{ "and", 1, TMPL_ARGS_MAX, call_and },
		{ "or", 1, TMPL_ARGS_MAX, call_or },
		{ "len", 1, 1, call_len },
		{ "index", 1, TMPL_ARGS_MAX, call_index },
		{ "slice", 1, 3, call_slice },
		{ "html", 1, 1, NULL },
		{ "urlquery", 1, 1, NULL },
		{ NULL, 0, 0, NULL },
	};
	const struct tmpl_func * const	 tables[] = { funcs, text_funcs,
		list_funcs, number_funcs };
	const struct tmpl_func		*f;
	size_t				 i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (f = tables[i]; f->name != NULL; f++)
			if (span_is(name, f->name))
				return (f);
	return (NULL);
}
