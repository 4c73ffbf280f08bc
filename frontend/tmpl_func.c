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

/* The functions of dex's pages. */

static void
set_str(struct tvalue *v, struct span s)
{
	memset(v, 0, sizeof(*v));
	v->type = TV_STR;
	v->str = s;
}

static void
set_bool(struct tvalue *v, bool yes)
{
	memset(v, 0, sizeof(*v));
	v->type = TV_BOOL;
	v->yes = yes;
}

bool
tvalue_true(const struct tvalue *v)
{
	switch (v->type) {
	case TV_STR:
		return (v->str.len != 0);
	case TV_BOOL:
		return (v->yes);
	case TV_INT:
		return (v->number != 0);
	case TV_LIST:
	case TV_ROWS:
		return (v->items.count != 0);
	case TV_ROW:
		return (true);
	default:
		return (false);
	}
}

static void
call_issuer(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)a;
	(void)n;
	set_str(v, run->env->issuer);
}

static void
call_logo(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)a;
	(void)n;
	set_str(v, run->env->logo);
}

static void
call_extra(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct msg_list	 pairs = run->env->extra;
	struct span	 key, value, found = { NULL, 0 };

	(void)n;
	while (msg_list_next(&pairs, &key) && msg_list_next(&pairs, &value))
		if (span_eq(key, a[0].str))
			found = value;
	set_str(v, found);
}

static void
call_lower(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct buf	 b;
	size_t		 i;

	(void)n;
	buf_init(&b, a[0].str.len + 1);
	for (i = 0; i < a[0].str.len; i++)
		buf_put_c(&b, a[0].str.p[i] >= 'A' && a[0].str.p[i] <= 'Z' ?
		    a[0].str.p[i] - 'A' + 'a' : a[0].str.p[i]);
	set_str(v, run_keep(run, buf_span(&b)));
	buf_clear(&b);
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
	struct span	 issuer = run->env->issuer_path, req = a[0].str;
	struct span	 target;
	struct buf	 full, b;
	unsigned	 up;

	(void)n;
	if (has_scheme(a[1].str)) {
		set_str(v, a[1].str);
		return;
	}
	buf_init(&full, 8192);
	buf_init(&b, 8192);
	drop_common(&issuer, &req);
	if (segments(req) == 0)
		put_segments(&full, run->env->issuer_path);
	put_segments(&full, a[1].str);
	target = buf_span(&full);
	drop_common(&target, &req);
	for (up = segments(req); up > 1; up--)
		buf_put_str(&b, b.len == 0 ? ".." : "/..");
	put_segments(&b, target);
	set_str(v, run_keep(run, buf_span(&b)));
	buf_clear(&full);
	buf_clear(&b);
}

static bool
equal(const struct tvalue *a, const struct tvalue *b)
{
	if (a->type != b->type)
		return (false);
	switch (a->type) {
	case TV_STR:
		return (span_eq(a->str, b->str));
	case TV_BOOL:
		return (a->yes == b->yes);
	case TV_INT:
		return (a->number == b->number);
	default:
		return (false);
	}
}

static void
call_eq(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	bool		 any = false;
	unsigned	 i;

	(void)run;
	for (i = 1; i < n; i++)
		any = any || equal(&a[0], &a[i]);
	set_bool(v, any);
}

static void
call_ne(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	set_bool(v, !equal(&a[0], &a[1]));
}

static void
call_not(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	set_bool(v, !tvalue_true(&a[0]));
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

static void
call_len(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	memset(v, 0, sizeof(*v));
	v->type = TV_INT;
	v->number = a[0].type == TV_STR ? (long)a[0].str.len :
	    (long)a[0].items.count;
}

const struct tmpl_func *
tmpl_func_find(struct span name)
{
	static const struct tmpl_func	 funcs[] = {
		{ "issuer", 0, 0, call_issuer },
		{ "logo", 0, 0, call_logo },
		{ "extra", 1, 1, call_extra },
		{ "url", 2, 2, call_url },
		{ "lower", 1, 1, call_lower },
		{ "eq", 2, TMPL_ARGS_MAX, call_eq },
		{ "ne", 2, 2, call_ne },
		{ "not", 1, 1, call_not },
		{ "and", 1, TMPL_ARGS_MAX, call_and },
		{ "or", 1, TMPL_ARGS_MAX, call_or },
		{ "len", 1, 1, call_len },
	};
	size_t				 i;

	for (i = 0; i < sizeof(funcs) / sizeof(funcs[0]); i++)
		if (span_is(name, funcs[i].name))
			return (&funcs[i]);
	return (NULL);
}
