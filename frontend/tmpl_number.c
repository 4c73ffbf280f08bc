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

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tmpl_int.h"

/* Numbers, the clock and printf. */

/* As in Go, sums wrap round. */
static int64_t
wrap(uint64_t n)
{
	int64_t	 s;

	memcpy(&s, &n, sizeof(s));
	return (s);
}

static uint64_t
number(const struct tvalue *v)
{
	return ((uint64_t)tvalue_number(v));
}

static void
call_add(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	uint64_t	 sum = 0;
	unsigned	 i;

	(void)run;
	for (i = 0; i < n; i++)
		sum += number(&a[i]);
	*v = tvalue_int(wrap(sum));
}

static void
call_add1(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	*v = tvalue_int(wrap(number(&a[0]) + 1));
}

static void
call_sub(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	*v = tvalue_int(wrap(number(&a[0]) - number(&a[1])));
}

static void
call_mul(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	uint64_t	 product = 1;
	unsigned	 i;

	(void)run;
	for (i = 0; i < n; i++)
		product *= number(&a[i]);
	*v = tvalue_int(wrap(product));
}

/* What cannot be divided ends the page; INT64_MIN / -1 does not fit. */
static bool
can_divide(struct tmpl_run *run, const struct tvalue *a)
{
	if (tvalue_number(&a[1]) != 0 && (tvalue_number(&a[1]) != -1 ||
	    tvalue_number(&a[0]) != INT64_MIN))
		return (true);
	run_fail(run, "a division that is not possible");
	return (false);
}

static void
call_div(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	if (can_divide(run, a))
		*v = tvalue_int(tvalue_number(&a[0]) / tvalue_number(&a[1]));
}

static void
call_mod(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	if (can_divide(run, a))
		*v = tvalue_int(tvalue_number(&a[0]) % tvalue_number(&a[1]));
}

static void
call_max(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	int64_t		 best = tvalue_number(&a[0]);
	unsigned	 i;

	(void)run;
	for (i = 1; i < n; i++)
		if (tvalue_number(&a[i]) > best)
			best = tvalue_number(&a[i]);
	*v = tvalue_int(best);
}

static void
call_min(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	int64_t		 best = tvalue_number(&a[0]);
	unsigned	 i;

	(void)run;
	for (i = 1; i < n; i++)
		if (tvalue_number(&a[i]) < best)
			best = tvalue_number(&a[i]);
	*v = tvalue_int(best);
}

static void
call_int(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	*v = tvalue_int(tvalue_number(&a[0]));
}

/* ---- the clock, always UTC ---- */

static void
call_now(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)a;
	(void)n;
	*v = (struct tvalue){ .type = TV_TIME, .number = run->env->now };
}

/* Go's layouts, longest first: each is written as that moment of 2006. */
static const struct layout {
	const char	*go;
	const char	*c;
} layouts[] = {
	{ "January", "%B" }, { "Monday", "%A" }, { "2006", "%Y" },
	{ "-07:00", "+00:00" }, { "Z07:00", "Z" }, { "-0700", "+0000" },
	{ "Jan", "%b" }, { "Mon", "%a" }, { "MST", "UTC" }, { "01", "%m" },
	{ "02", "%d" }, { "03", "%I" }, { "04", "%M" }, { "05", "%S" },
	{ "06", "%y" }, { "15", "%H" }, { "PM", "%p" }, { "_2", "%e" },
	{ "1", NULL }, { "2", NULL },
};

static size_t
put_layout(struct buf *b, struct span rest, const struct tm *tm)
{
	const struct layout	*l;
	char			 text[64];
	size_t			 i, n;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		l = &layouts[i];
		n = strlen(l->go);
		if (rest.len < n || memcmp(rest.p, l->go, n) != 0)
			continue;
		if (l->c == NULL)
			buf_printf(b, "%d", *l->go == '1' ? tm->tm_mon + 1 :
			    tm->tm_mday);
		else if (l->c[0] != '%')
			buf_put_str(b, l->c);
		else if (strftime(text, sizeof(text), l->c, tm) != 0)
			buf_put_str(b, text);
		return (n);
	}
	buf_put_c(b, *rest.p);
	return (1);
}

/* date "2 January 2006" now */
static void
call_date(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 rest = tvalue_text(run, &a[0]);
	time_t		 t = (time_t)tvalue_number(&a[1]);
	struct tm	 tm = { 0 };
	struct buf	 b;
	size_t		 used;

	(void)n;
	if (gmtime_r(&t, &tm) == NULL) {
		run_fail(run, "a time out of range");
		return;
	}
	buf_init(&b, 4096);
	while (rest.len != 0 && buf_ok(&b)) {
		used = put_layout(&b, rest, &tm);
		rest.p += used;
		rest.len -= used;
	}
	*v = run_text(run, &b);
}

/* ---- printf ---- */

struct verb {
	bool	 left;
	bool	 zero;
	size_t	 width;
	size_t	 precision;
	uint8_t	 letter;
};

static size_t
take_count(struct span *s)
{
	size_t	 n = 0;

	while (s->len != 0 && *s->p >= '0' && *s->p <= '9') {
		n = n > 1000 ? n : n * 10 + (size_t)(*s->p - '0');
		s->p++;
		s->len--;
	}
	return (n);
}

/* What follows a %; false when it is no verb that we have. */
static bool
take_verb(struct span *s, struct verb *verb)
{
	memset(verb, 0, sizeof(*verb));
	verb->precision = SIZE_MAX;
	for (; s->len != 0 && (*s->p == '-' || *s->p == '0'); s->len--)
		if (*s->p++ == '-')
			verb->left = true;
		else
			verb->zero = true;
	verb->width = take_count(s);
	if (s->len != 0 && *s->p == '.') {
		s->p++;
		s->len--;
		verb->precision = take_count(s);
	}
	if (s->len == 0 || strchr("sdvqtx%", *s->p) == NULL || *s->p == '\0' ||
	    verb->width > 1000)
		return (false);
	verb->letter = *s->p++;
	s->len--;
	return (true);
}

static void
put_hex(struct tmpl_run *run, struct buf *b, const struct tvalue *v)
{
	struct span	 s;
	size_t		 i;

	if (v->type == TV_INT) {
		buf_printf(b, "%" PRIx64, number(v));
		return;
	}
	s = tvalue_text(run, v);
	for (i = 0; i < s.len; i++)
		buf_printf(b, "%02x", s.p[i]);
}

static void
put_quoted(struct tmpl_run *run, struct buf *b, const struct tvalue *v)
{
	struct span	 s = tvalue_text(run, v);
	size_t		 i;

	buf_put_c(b, '"');
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_put_c(b, '\\');
		buf_put_c(b, s.p[i]);
	}
	buf_put_c(b, '"');
}

static void
put_verb(struct tmpl_run *run, struct buf *out, const struct verb *verb,
    const struct tvalue *v)
{
	struct buf	 b;
	size_t		 pad;
	bool		 zero = verb->zero && v->type == TV_INT && !verb->left;

	buf_init(&b, VALUE_TEXT_MAX);
	if (verb->letter == 'x')
		put_hex(run, &b, v);
	else if (verb->letter == 'q')
		put_quoted(run, &b, v);
	else
		buf_put_span(&b, tvalue_text(run, v));
	if (!buf_ok(&b))
		out->failed = true;
	if (verb->letter == 's' && b.len > verb->precision)
		b.len = verb->precision;
	pad = verb->width > b.len ? verb->width - b.len : 0;
	if (zero && b.len != 0 && b.p[0] == '-') {
		buf_put_c(out, '-');
		buf_drain(&b, 1);
	}
	for (; pad != 0 && !verb->left; pad--)
		buf_put_c(out, zero ? '0' : ' ');
	buf_put_span(out, buf_span(&b));
	for (; pad != 0; pad--)
		buf_put_c(out, ' ');
	buf_clear(&b);
}

static void
call_printf(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 s = tvalue_text(run, &a[0]);
	struct verb	 verb;
	struct buf	 b;
	unsigned	 next = 1;

	buf_init(&b, VALUE_TEXT_MAX);
	while (s.len != 0 && run->why == NULL && buf_ok(&b)) {
		if (*s.p != '%') {
			buf_put_c(&b, *s.p++);
			s.len--;
			continue;
		}
		s.p++;
		s.len--;
		if (!take_verb(&s, &verb))
			run_fail(run, "printf knows %s %d %v %q %t %x and %%");
		else if (verb.letter == '%')
			buf_put_c(&b, '%');
		else if (next == n)
			run_fail(run, "printf lacks a value");
		else if (verb.letter == 'd' && a[next].type != TV_INT)
			run_fail(run, "%d wants a number");
		else
			put_verb(run, &b, &verb, &a[next++]);
	}
	if (next != n)
		run_fail(run, "printf has values to spare");
	*v = run_text(run, &b);
}

const struct tmpl_func	 number_funcs[] = {
	{ "add", 1, TMPL_ARGS_MAX, call_add },
	{ "add1", 1, 1, call_add1 },
	{ "sub", 2, 2, call_sub },
	{ "mul", 1, TMPL_ARGS_MAX, call_mul },
	{ "div", 2, 2, call_div },
	{ "mod", 2, 2, call_mod },
	{ "max", 1, TMPL_ARGS_MAX, call_max },
	{ "min", 1, TMPL_ARGS_MAX, call_min },
	{ "int", 1, 1, call_int },
	{ "int64", 1, 1, call_int },
	{ "atoi", 1, 1, call_int },
	{ "now", 0, 0, call_now },
	{ "date", 2, 2, call_date },
	{ "printf", 1, TMPL_ARGS_MAX, call_printf },
	{ NULL, 0, 0, NULL },
};
