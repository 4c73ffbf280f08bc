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

#include <sodium.h>

#include "tmpl_int.h"

/*
 * The functions of Sprig and Go for texts.  Letters are those of ASCII; what is
 * not a text is taken as it would be printed.
 */

static bool
is_space(uint8_t c)
{
	return (c == ' ' || (c >= '\t' && c <= '\r'));
}

static uint8_t
to_upper(uint8_t c)
{
	return (c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static uint8_t
to_lower(uint8_t c)
{
	return (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool
begins(struct span s, struct span with)
{
	return (s.len >= with.len && (with.len == 0 ||
	    memcmp(s.p, with.p, with.len) == 0));
}

static bool
ends(struct span s, struct span with)
{
	return (s.len >= with.len && begins(span_mem(span_ptr(s) + s.len -
	    with.len, with.len), with));
}

/* The next place of `what` in s, or NULL; nothing is nowhere. */
static const uint8_t *
find(struct span s, struct span what)
{
	return (what.len == 0 ? NULL : memmem(span_ptr(s), s.len, what.p,
	    what.len));
}

/* Every byte through f; at the start of words too, when only_words. */
static void
map(struct tmpl_run *run, struct span s, uint8_t (*f)(uint8_t), bool only_words,
    struct tvalue *v)
{
	struct buf	 b;
	size_t		 i;

	buf_init(&b, VALUE_TEXT_MAX);
	for (i = 0; i < s.len; i++)
		buf_put_c(&b, !only_words || i == 0 || is_space(s.p[i - 1]) ?
		    f(s.p[i]) : s.p[i]);
	*v = run_text(run, &b);
}

static void
call_upper(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	map(run, tvalue_text(run, &a[0]), to_upper, false, v);
}

static void
call_lower(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	map(run, tvalue_text(run, &a[0]), to_lower, false, v);
}

static void
call_title(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	map(run, tvalue_text(run, &a[0]), to_upper, true, v);
}

static void
call_untitle(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	map(run, tvalue_text(run, &a[0]), to_lower, true, v);
}

/* ---- cutting ---- */

/* cutset NULL: space. */
static struct span
trim(struct span s, const struct span *cutset)
{
	bool	 cuts[256] = { false };
	size_t	 i;

	for (i = 0; cutset == NULL && i < 256; i++)
		cuts[i] = is_space((uint8_t)i);
	for (i = 0; cutset != NULL && i < cutset->len; i++)
		cuts[cutset->p[i]] = true;
	while (s.len != 0 && cuts[*s.p]) {
		s.p++;
		s.len--;
	}
	while (s.len != 0 && cuts[s.p[s.len - 1]])
		s.len--;
	return (s);
}

static void
call_trim(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	*v = tvalue_str(trim(tvalue_text(run, &a[0]), NULL));
}

static void
call_trim_all(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 cutset = tvalue_text(run, &a[0]);

	(void)n;
	*v = tvalue_str(trim(tvalue_text(run, &a[1]), &cutset));
}

static void
call_trim_prefix(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 cut = tvalue_text(run, &a[0]);
	struct span	 s = tvalue_text(run, &a[1]);

	(void)n;
	if (begins(s, cut))
		s = span_mem(span_ptr(s) + cut.len, s.len - cut.len);
	*v = tvalue_str(s);
}

static void
call_trim_suffix(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 cut = tvalue_text(run, &a[0]);
	struct span	 s = tvalue_text(run, &a[1]);

	(void)n;
	if (ends(s, cut))
		s.len -= cut.len;
	*v = tvalue_str(s);
}

/* substr from to text; outside of it counts as its ends. */
static void
call_substr(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	int64_t		 from = tvalue_number(&a[0]);
	int64_t		 to = tvalue_number(&a[1]);
	struct span	 s = tvalue_text(run, &a[2]);
	int64_t		 len = (int64_t)s.len;

	(void)n;
	from = from < 0 ? 0 : from > len ? len : from;
	to = to < 0 || to > len ? len : to < from ? from : to;
	*v = tvalue_str(span_mem(span_ptr(s) + from, (size_t)(to - from)));
}

/* trunc n text: the first n bytes, or the last -n. */
static void
call_trunc(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	int64_t		 want = tvalue_number(&a[0]);
	struct span	 s = tvalue_text(run, &a[1]);
	int64_t		 len = (int64_t)s.len;

	(void)n;
	if (want >= 0 && want < len)
		s.len = (size_t)want;
	else if (want < 0 && want > -len) {
		s.p += len + want;
		s.len = (size_t)-want;
	}
	*v = tvalue_str(s);
}

static void
call_abbrev(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	int64_t		 want = tvalue_number(&a[0]);
	struct span	 s = tvalue_text(run, &a[1]);
	struct buf	 b;

	(void)n;
	*v = tvalue_str(s);
	if (want < 4 || (int64_t)s.len <= want)
		return;
	buf_init(&b, VALUE_TEXT_MAX);
	buf_put(&b, s.p, (size_t)want - 3);
	buf_put_str(&b, "...");
	*v = run_text(run, &b);
}

static void
call_nospace(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 s = tvalue_text(run, &a[0]);
	struct buf	 b;
	size_t		 i;

	(void)n;
	buf_init(&b, VALUE_TEXT_MAX);
	for (i = 0; i < s.len; i++)
		if (!is_space(s.p[i]))
			buf_put_c(&b, s.p[i]);
	*v = run_text(run, &b);
}

/* ---- looking ---- */

static void
call_contains(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 what = tvalue_text(run, &a[0]);

	(void)n;
	*v = tvalue_bool(what.len == 0 ||
	    find(tvalue_text(run, &a[1]), what) != NULL);
}

static void
call_has_prefix(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	*v = tvalue_bool(begins(tvalue_text(run, &a[1]),
	    tvalue_text(run, &a[0])));
}

static void
call_has_suffix(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	*v = tvalue_bool(ends(tvalue_text(run, &a[1]),
	    tvalue_text(run, &a[0])));
}

/* ---- making ---- */

static void
call_replace(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 old = tvalue_text(run, &a[0]);
	struct span	 with = tvalue_text(run, &a[1]);
	struct span	 s = tvalue_text(run, &a[2]);
	const uint8_t	*at;
	struct buf	 b;

	(void)n;
	buf_init(&b, VALUE_TEXT_MAX);
	while ((at = find(s, old)) != NULL && buf_ok(&b)) {
		buf_put(&b, s.p, (size_t)(at - s.p));
		buf_put_span(&b, with);
		s.len -= (size_t)(at - s.p) + old.len;
		s.p = at + old.len;
	}
	buf_put_span(&b, s);
	*v = run_text(run, &b);
}

static void
call_repeat(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	int64_t		 count = tvalue_number(&a[0]);
	struct span	 s = tvalue_text(run, &a[1]);
	struct buf	 b;

	(void)n;
	buf_init(&b, VALUE_TEXT_MAX);
	while (s.len != 0 && count-- > 0 && buf_ok(&b))
		buf_put_span(&b, s);
	*v = run_text(run, &b);
}

/* All arguments, between quotes, behind one another. */
static void
put_all(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    const char *quote, const char *sep, struct tvalue *v)
{
	struct buf	 b;
	struct span	 s;
	unsigned	 i;
	size_t		 k;

	buf_init(&b, VALUE_TEXT_MAX);
	for (i = 0; i < n; i++) {
		if (a[i].type == TV_NONE && *sep != '\0')
			continue;
		if (b.len != 0)
			buf_put_str(&b, sep);
		s = tvalue_text(run, &a[i]);
		buf_put_str(&b, quote);
		for (k = 0; k < s.len; k++) {
			if (*quote == '"' && (s.p[k] == '"' ||
			    s.p[k] == '\\'))
				buf_put_c(&b, '\\');
			buf_put_c(&b, s.p[k]);
		}
		buf_put_str(&b, quote);
	}
	*v = run_text(run, &b);
}

static void
call_quote(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	put_all(run, a, n, "\"", " ", v);
}

static void
call_squote(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	put_all(run, a, n, "'", " ", v);
}

static void
call_cat(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	put_all(run, a, n, "", " ", v);
}

static void
call_print(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	put_all(run, a, n, "", "", v);
}

static void
call_to_string(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)n;
	*v = tvalue_str(tvalue_text(run, &a[0]));
}

static void
call_b64enc(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 s = tvalue_text(run, &a[0]);
	size_t		 size = sodium_base64_encoded_len(s.len,
			    sodium_base64_VARIANT_ORIGINAL);
	char		*text = arena_get(&run->arena, size);

	(void)n;
	if (text == NULL) {
		run_fail(run, "the page needs too much memory");
		return;
	}
	sodium_bin2base64(text, size, span_ptr(s), s.len,
	    sodium_base64_VARIANT_ORIGINAL);
	*v = tvalue_str(span_str(text));
}

/* plural "one" "many" count */
static void
call_plural(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	(void)run;
	(void)n;
	*v = a[tvalue_number(&a[2]) == 1 ? 0 : 1];
}

/* ---- to and from lists ---- */

static void
call_join(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 sep = tvalue_text(run, &a[0]);
	struct buf	 b;
	size_t		 i;

	(void)n;
	if (a[1].type != TV_LIST) {
		*v = tvalue_str(tvalue_text(run, &a[1]));
		return;
	}
	buf_init(&b, VALUE_TEXT_MAX);
	for (i = 0; i < a[1].n && run_work(run, 1); i++) {
		if (i != 0)
			buf_put_span(&b, sep);
		buf_put_span(&b, tvalue_text(run, &a[1].items[i]));
	}
	*v = run_text(run, &b);
}

static size_t
parts(struct span s, struct span sep)
{
	const uint8_t	*at;
	size_t		 n = 1;

	while ((at = find(s, sep)) != NULL) {
		n++;
		s.len -= (size_t)(at - s.p) + sep.len;
		s.p = at + sep.len;
	}
	return (n);
}

static void
call_split_list(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct span	 sep = tvalue_text(run, &a[0]);
	struct span	 s = tvalue_text(run, &a[1]);
	const uint8_t	*at;
	struct tvalue	*items = run_items(run, parts(s, sep));
	size_t		 count = 0;

	(void)n;
	if (items == NULL)
		return;
	while ((at = find(s, sep)) != NULL) {
		items[count++] = tvalue_str(span_mem(s.p,
		    (size_t)(at - s.p)));
		s.len -= (size_t)(at - s.p) + sep.len;
		s.p = at + sep.len;
	}
	items[count++] = tvalue_str(s);
	*v = (struct tvalue){ .type = TV_LIST, .items = items, .n = count };
}

/* A dict with _0, _1 and so on. */
static void
call_split(struct tmpl_run *run, const struct tvalue *a, unsigned n,
    struct tvalue *v)
{
	struct tvalue	 list = { .type = TV_NONE }, *items;
	struct buf	 b;
	size_t		 i;

	call_split_list(run, a, n, &list);
	if (list.type != TV_LIST || (items = run_items(run, 2 * list.n)) ==
	    NULL)
		return;
	for (i = 0; i < list.n; i++) {
		buf_init(&b, 32);
		buf_printf(&b, "_%zu", i);
		items[2 * i] = run_text(run, &b);
		items[2 * i + 1] = list.items[i];
	}
	if (run->why == NULL)
		*v = (struct tvalue){ .type = TV_DICT, .items = items,
		    .n = list.n };
}

const struct tmpl_func	 text_funcs[] = {
	{ "upper", 1, 1, call_upper },
	{ "lower", 1, 1, call_lower },
	{ "title", 1, 1, call_title },
	{ "untitle", 1, 1, call_untitle },
	{ "trim", 1, 1, call_trim },
	{ "trimAll", 2, 2, call_trim_all },
	{ "trimPrefix", 2, 2, call_trim_prefix },
	{ "trimSuffix", 2, 2, call_trim_suffix },
	{ "substr", 3, 3, call_substr },
	{ "trunc", 2, 2, call_trunc },
	{ "abbrev", 2, 2, call_abbrev },
	{ "nospace", 1, 1, call_nospace },
	{ "contains", 2, 2, call_contains },
	{ "hasPrefix", 2, 2, call_has_prefix },
	{ "hasSuffix", 2, 2, call_has_suffix },
	{ "replace", 3, 3, call_replace },
	{ "repeat", 2, 2, call_repeat },
	{ "quote", 1, TMPL_ARGS_MAX, call_quote },
	{ "squote", 1, TMPL_ARGS_MAX, call_squote },
	{ "cat", 1, TMPL_ARGS_MAX, call_cat },
	{ "print", 0, TMPL_ARGS_MAX, call_print },
	{ "toString", 1, 1, call_to_string },
	{ "b64enc", 1, 1, call_b64enc },
	{ "plural", 3, 3, call_plural },
	{ "join", 2, 2, call_join },
	{ "splitList", 2, 2, call_split_list },
	{ "split", 2, 2, call_split },
	{ NULL, 0, 0, NULL },
};
