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

#include "tmpl_int.h"

/*
 * The functions of Sprig for choices, lists and dicts.  Items may be of any
 * type: nothing here takes them for texts.
 */

static struct tvalue
list_of(const struct tvalue *items, size_t n)
{
	return ((struct tvalue){ .type = TV_LIST, .items = items, .n = n });
}

/* Nothing is an empty list; what is no list ends the page. */
static struct tvalue
want_list(struct tmpl_run *run, const struct tvalue *v)
{
	if (v->type != TV_LIST && v->type != TV_NONE)
		run_fail(run, "a list is wanted");
	return (v->type == TV_LIST ? *v : list_of(NULL, 0));
}

static bool
is_in(struct tmpl_run *run, const struct tvalue *x, const struct tvalue *items,
    size_t n)
{
	size_t	 i;

	for (i = 0; i < n && run->why == NULL; i++)
		if (tvalue_equal(run, x, &items[i], 0))
			return (true);
	return (false);
}

/* ---- choices ---- */

/* default what value */
static void
call_default(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	*v = n == 2 && tvalue_true(&a[1]) ? a[1] : a[0];
}

static void
call_empty(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	*v = tvalue_bool(!tvalue_true(&a[0]));
}

static void
call_coalesce(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	unsigned	 i;

	(void)run;
	for (i = 0; i < n; i++)
		if (tvalue_true(&a[i])) {
			*v = a[i];
			return;
		}
}

/* ternary yes no condition */
static void
call_ternary(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	*v = a[tvalue_true(&a[2]) ? 0 : 1];
}

static void
call_all(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	unsigned	 i = 0;

	(void)run;
	while (i < n && tvalue_true(&a[i]))
		i++;
	*v = tvalue_bool(i == n);
}

static void
call_any(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	unsigned	 i = 0;

	(void)run;
	while (i < n && !tvalue_true(&a[i]))
		i++;
	*v = tvalue_bool(i < n);
}

/* ---- lists ---- */

static void
call_list(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	*items = run_items(run, n);
	unsigned	 i;

	for (i = 0; items != NULL && i < n; i++)
		items[i] = a[i];
	if (items != NULL)
		*v = list_of(items, n);
}

static void
call_first(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]);

	(void)n;
	if (l.n != 0)
		*v = l.items[0];
}

static void
call_last(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]);

	(void)n;
	if (l.n != 0)
		*v = l.items[l.n - 1];
}

static void
call_rest(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]);

	(void)n;
	*v = l.n == 0 ? l : list_of(l.items + 1, l.n - 1);
}

static void
call_initial(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]);

	(void)n;
	*v = l.n == 0 ? l : list_of(l.items, l.n - 1);
}

/* has what list */
static void
call_has(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[1]);

	(void)n;
	*v = tvalue_bool(is_in(run, &a[0], l.items, l.n));
}

/* The items that are not in a[1..] and, when unique, not there yet. */
static void
filter(struct tmpl_run *run, const struct tvalue *a, unsigned n, bool unique,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]);
	struct tvalue	*items = run_items(run, l.n);
	size_t		 i, count = 0;

	if (items == NULL)
		return;
	for (i = 0; i < l.n && run->why == NULL; i++)
		if (!is_in(run, &l.items[i], a + 1, n - 1) && (!unique ||
		    !is_in(run, &l.items[i], items, count)))
			items[count++] = l.items[i];
	*v = list_of(items, count);
}

static void
call_uniq(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	filter(run, a, n, true, v);
}

static void
call_without(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	filter(run, a, n, false, v);
}

static void
call_compact(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]);
	struct tvalue	*items = run_items(run, l.n);
	size_t		 i, count = 0;

	(void)n;
	if (items == NULL)
		return;
	for (i = 0; i < l.n; i++)
		if (tvalue_true(&l.items[i]))
			items[count++] = l.items[i];
	*v = list_of(items, count);
}

/* The items of two lists behind one another. */
static void
put_together(struct tmpl_run *run, const struct tvalue *a,
    const struct tvalue *b, struct tvalue *v)
{
	struct tvalue	*items = run_items(run, a->n + b->n);

	if (items == NULL)
		return;
	if (a->n != 0)
		memcpy(items, a->items, a->n * sizeof(*items));
	if (b->n != 0)
		memcpy(items + a->n, b->items, b->n * sizeof(*items));
	*v = list_of(items, a->n + b->n);
}

static void
call_append(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]), one = list_of(&a[1], 1);

	(void)n;
	put_together(run, &l, &one, v);
}

static void
call_prepend(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]), one = list_of(&a[1], 1);

	(void)n;
	put_together(run, &one, &l, v);
}

static void
call_concat(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l, sum = list_of(NULL, 0);
	unsigned	 i;

	for (i = 0; i < n && run->why == NULL; i++) {
		l = want_list(run, &a[i]);
		put_together(run, &sum, &l, &sum);
	}
	*v = sum;
}

static void
call_reverse(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]);
	struct tvalue	*items = run_items(run, l.n);
	size_t		 i;

	(void)n;
	if (items == NULL)
		return;
	for (i = 0; i < l.n; i++)
		items[i] = l.items[l.n - 1 - i];
	*v = list_of(items, l.n);
}

static int
by_text(const void *x, const void *y)
{
	const struct tvalue	*a = x, *b = y;
	size_t			 n = a->str.len < b->str.len ? a->str.len :
				    b->str.len;
	int			 c = n == 0 ? 0 : memcmp(a->str.p, b->str.p, n);

	return (c != 0 ? c : (a->str.len > b->str.len) -
	    (a->str.len < b->str.len));
}

static void
call_sort_alpha(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 l = want_list(run, &a[0]);
	struct tvalue	*items = run_items(run, l.n);
	size_t		 i;

	(void)n;
	if (items == NULL || !run_work(run, l.n * 12))
		return;
	for (i = 0; i < l.n; i++) {
		items[i] = tvalue_str(tvalue_text(run, &l.items[i]));
		if (!run_work(run, items[i].str.len / 2))
			return;		/* comparing would take too long */
	}
	qsort(items, l.n, sizeof(*items), by_text);
	*v = list_of(items, l.n);
}

/* until 3: 0 1 2 */
static void
call_until(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	int64_t		 count = tvalue_number(&a[0]);
	struct tvalue	*items;
	int64_t		 i;

	(void)n;
	count = count < 0 ? 0 : count;
	if (count > VALUE_ITEMS_MAX)
		run_fail(run, "a list is too long");
	else if ((items = run_items(run, (size_t)count)) != NULL) {
		for (i = 0; i < count; i++)
			items[i] = tvalue_int(i);
		*v = list_of(items, (size_t)count);
	}
}

/* ---- dicts ---- */

/* Of two values of one key the later counts. */
static void
call_dict(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	*items = run_items(run, n + 1), none = {
			    .type = TV_NONE };
	unsigned	 i, k, count = 0;

	if (items == NULL)
		return;
	for (i = 0; i < n; i += 2) {
		for (k = 0; k < count; k++)
			if (span_eq(items[2 * k].str,
			    tvalue_text(run, &a[i])))
				break;
		items[2 * k] = tvalue_str(tvalue_text(run, &a[i]));
		items[2 * k + 1] = i + 1 < n ? a[i + 1] : none;
		if (k == count)
			count++;
	}
	*v = (struct tvalue){ .type = TV_DICT, .items = items, .n = count };
}

static struct tvalue
want_dict(struct tmpl_run *run, const struct tvalue *v)
{
	if (v->type != TV_DICT)
		run_fail(run, "a dict is wanted");
	return (v->type == TV_DICT ? *v : (struct tvalue){ .type = TV_DICT });
}

static void
call_get(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 d = want_dict(run, &a[0]);

	(void)n;
	*v = tvalue_field(run, &d, tvalue_text(run, &a[1]));
}

static void
call_has_key(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 d = want_dict(run, &a[0]);
	struct span	 key = tvalue_text(run, &a[1]);
	size_t		 i = 0;

	(void)n;
	while (i < d.n && !span_eq(d.items[2 * i].str, key))
		i++;
	*v = tvalue_bool(i < d.n);
}

/* Every second item of a dict, from `first` on. */
static void
halves(struct tmpl_run *run, const struct tvalue *a, size_t first,
    struct tvalue *v)
{
	struct tvalue	 d = want_dict(run, a);
	struct tvalue	*items = run_items(run, d.n);
	size_t		 i;

	if (items == NULL)
		return;
	for (i = 0; i < d.n; i++)
		items[i] = d.items[2 * i + first];
	*v = list_of(items, d.n);
}

static void
call_keys(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	halves(run, &a[0], 0, v);
}

static void
call_values(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	halves(run, &a[0], 1, v);
}

const struct tmpl_func	 list_funcs[] = {
	{ "default", 1, 2, call_default },
	{ "empty", 1, 1, call_empty },
	{ "coalesce", 1, TMPL_ARGS_MAX, call_coalesce },
	{ "ternary", 3, 3, call_ternary },
	{ "all", 0, TMPL_ARGS_MAX, call_all },
	{ "any", 0, TMPL_ARGS_MAX, call_any },
	{ "list", 0, TMPL_ARGS_MAX, call_list },
	{ "first", 1, 1, call_first },
	{ "last", 1, 1, call_last },
	{ "rest", 1, 1, call_rest },
	{ "initial", 1, 1, call_initial },
	{ "has", 2, 2, call_has },
	{ "uniq", 1, 1, call_uniq },
	{ "without", 1, TMPL_ARGS_MAX, call_without },
	{ "compact", 1, 1, call_compact },
	{ "append", 2, 2, call_append },
	{ "prepend", 2, 2, call_prepend },
	{ "concat", 1, TMPL_ARGS_MAX, call_concat },
	{ "reverse", 1, 1, call_reverse },
	{ "sortAlpha", 1, 1, call_sort_alpha },
	{ "until", 1, 1, call_until },
	{ "dict", 0, TMPL_ARGS_MAX, call_dict },
	{ "get", 2, 2, call_get },
	{ "hasKey", 2, 2, call_has_key },
	{ "keys", 1, 1, call_keys },
	{ "values", 1, 1, call_values },
	{ NULL, 0, 0, NULL },
};
