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
#include <stdio.h>
#include <string.h>

#include "tmpl_int.h"

/* Running a compiled page over its data, within bounds. */

#define WORK_MAX	100000
#define RUN_BYTES_MAX	(2 * 1024 * 1024)

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_FAILED };

/* What names mean in one template. */
struct frame {
	struct tmpl_run		*run;
	const struct instance	*in;
	struct buf		*out;
	struct tvalue		 dot;
	struct tvalue		 vars[TMPL_VARS_MAX];
};

static enum flow	 run_list(struct frame *, const struct node *);

void
run_fail(struct tmpl_run *run, const char *why)
{
	if (run->why == NULL)
		run->why = why;
}

bool
run_work(struct tmpl_run *run, size_t n)
{
	if (run->work < n)
		run_fail(run, "the page takes too many steps");
	else
		run->work -= n;
	return (run->why == NULL);
}

struct span
run_keep(struct tmpl_run *run, struct span s)
{
	void	*p = arena_get(&run->arena, s.len + 1);

	if (p == NULL) {
		run_fail(run, "the page needs too much memory");
		return (span_mem(NULL, 0));
	}
	if (s.len != 0)
		memcpy(p, s.p, s.len);
	return (span_mem(p, s.len));
}

struct tvalue *
run_items(struct tmpl_run *run, size_t n)
{
	struct tvalue	*items;

	if (!run_work(run, n / 4 + 1))
		return (NULL);
	if (n > 2 * VALUE_ITEMS_MAX || (items = arena_get(&run->arena,
	    (n + 1) * sizeof(*items))) == NULL) {
		run_fail(run, "a list is too long");
		return (NULL);
	}
	return (items);
}

struct tvalue
run_text(struct tmpl_run *run, struct buf *b)
{
	struct tvalue	 v = { .type = TV_NONE };

	if (!buf_ok(b))
		run_fail(run, "a text is too long");
	else if (run_work(run, b->len / 16 + 1))
		v = tvalue_str(run_keep(run, buf_span(b)));
	buf_clear(b);
	return (v);
}

/* ---- values ---- */

/* How many bytes a function may have to look at. */
static size_t
weight(const struct tvalue *args, unsigned n)
{
	size_t		 sum = 0;
	unsigned	 i;

	for (i = 0; i < n; i++)
		if (args[i].type == TV_STR)
			sum += args[i].str.len / 16;
		else if (args[i].type == TV_LIST || args[i].type == TV_DICT)
			sum += args[i].n;
	return (sum);
}

static struct tvalue
evaluate(struct frame *f, const struct operand *o)
{
	struct tvalue		 args[TMPL_ARGS_MAX], v = o->value;
	const struct operand	*a;
	unsigned		 n = 0;

	if (!run_work(f->run, 1))
		return ((struct tvalue){ .type = TV_NONE });
	if (o->kind == OPERAND_DOT)
		v = f->dot;
	else if (o->kind == OPERAND_VAR)
		v = f->vars[o->slot];
	else if (o->kind == OPERAND_CALL) {
		for (a = o->args; a != NULL && n < TMPL_ARGS_MAX; a = a->next)
			args[n++] = evaluate(f, a);
		v = (struct tvalue){ .type = TV_NONE };
		if (run_work(f->run, weight(args, n)))
			o->func->call(f->run, args, n, &v);
	}
	for (n = 0; n < o->nfields && f->run->why == NULL; n++)
		v = tvalue_field(f->run, &v, o->fields[n]);
	return (v);
}

static enum flow
run_value(struct frame *f, const struct node *n)
{
	enum escape	 e = (enum escape)f->in->escapes[n->index];
	struct tvalue	 v = evaluate(f, n->value);
	struct span	 text = tvalue_text(f->run, &v);
	struct buf	 b;

	if (n->urlquery && e != ESCAPE_URL_QUERY) {
		buf_init(&b, VALUE_TEXT_MAX * 3 + 1);
		escape_query(&b, text);
		v = run_text(f->run, &b);
		text = tvalue_text(f->run, &v);
	}
	if (!run_work(f->run, text.len / 16))
		return (FLOW_FAILED);
	escape_put(f->out, e, text);
	return (FLOW_ON);
}

static void
set_var(struct frame *f, int slot, struct tvalue v)
{
	if (slot >= 0)
		f->vars[slot] = v;
}

static enum flow
run_if(struct frame *f, const struct node *n)
{
	struct tvalue	 v = evaluate(f, n->value), dot = f->dot;
	enum flow	 flow;

	set_var(f, n->slot, v);
	if (!tvalue_true(&v))
		return (run_list(f, n->other));
	if (n->kind == NODE_WITH)
		f->dot = v;
	flow = run_list(f, n->body);
	f->dot = dot;
	return (flow);
}

/* Once round; false when it was the last time. */
static bool
run_round(struct frame *f, const struct node *n, struct tvalue key,
    struct tvalue item, enum flow *flow)
{
	*flow = FLOW_FAILED;
	if (!run_work(f->run, 1))
		return (false);
	set_var(f, n->key_slot, key);
	set_var(f, n->slot, item);
	f->dot = item;
	*flow = run_list(f, n->body);
	if (*flow == FLOW_ON || *flow == FLOW_CONTINUE) {
		*flow = FLOW_ON;
		return (true);
	}
	if (*flow == FLOW_BREAK)
		*flow = FLOW_ON;
	return (false);
}

static enum flow
run_range(struct frame *f, const struct node *n)
{
	struct tvalue	 v = evaluate(f, n->value), dot = f->dot;
	size_t		 i, count = v.type == TV_LIST || v.type == TV_DICT ?
			    v.n : v.type == TV_INT && v.number > 0 ?
			    (size_t)v.number : 0;
	enum flow	 flow = FLOW_ON;

	if (v.type == TV_STR && v.str.len != 0)
		run_fail(f->run, "range over a text");
	if (count == 0)
		return (run_list(f, n->other));
	for (i = 0; i < count; i++)
		if (!run_round(f, n, v.type == TV_DICT ? v.items[2 * i] :
		    tvalue_int((int64_t)i), v.type == TV_DICT ?
		    v.items[2 * i + 1] : v.type == TV_LIST ? v.items[i] :
		    tvalue_int((int64_t)i), &flow))
			break;
	f->dot = dot;
	return (flow);
}

/* A frame is large, so it lives where it does not deepen the stack. */
static enum flow
run_template(struct frame *f, const struct node *n)
{
	struct frame	*inner = calloc(1, sizeof(*inner));
	enum flow	 flow = FLOW_FAILED;

	if (inner == NULL) {
		run_fail(f->run, "no memory");
		return (flow);
	}
	inner->run = f->run;
	inner->in = f->in->targets[n->index];
	inner->out = f->out;
	if (n->value != NULL)
		inner->dot = evaluate(f, n->value);
	inner->vars[0] = inner->dot;
	if (f->run->why == NULL)
		flow = run_list(inner, inner->in->t->nodes);
	if (flow != FLOW_FAILED)
		f->run->file = f->in->t->file;
	free(inner);
	return (flow);
}

static enum flow
run_node(struct frame *f, const struct node *n)
{
	switch (n->kind) {
	case NODE_TEXT:
		buf_put_span(f->out, n->text);
		return (FLOW_ON);
	case NODE_VALUE:
		return (run_value(f, n));
	case NODE_SET:
		set_var(f, n->slot, evaluate(f, n->value));
		return (FLOW_ON);
	case NODE_IF:
	case NODE_WITH:
		return (run_if(f, n));
	case NODE_RANGE:
		return (run_range(f, n));
	case NODE_TEMPLATE:
		return (run_template(f, n));
	case NODE_BREAK:
		return (FLOW_BREAK);
	case NODE_CONTINUE:
		return (FLOW_CONTINUE);
	}
	return (FLOW_ON);
}

static enum flow
run_list(struct frame *f, const struct node *n)
{
	enum flow	 flow = FLOW_ON;

	for (; n != NULL && flow == FLOW_ON; n = n->next) {
		f->run->file = f->in->t->file;
		f->run->line = n->line;
		if (!run_work(f->run, 1))
			return (FLOW_FAILED);
		flow = run_node(f, n);
		if (!buf_ok(f->out))
			run_fail(f->run, "the page is too large");
		if (f->run->why != NULL)
			return (FLOW_FAILED);
	}
	return (flow);
}

int
tmpl_render(const struct tmpl_set *set, const char *name,
    const struct tmpl_env *env, struct buf *out, char *err, size_t errlen)
{
	const struct html	 text = { .state = HTML_TEXT };
	struct tmpl_run		 run = { .env = env, .work = WORK_MAX,
				    .arena.left = RUN_BYTES_MAX };
	struct frame		 page = { .run = &run, .out = out,
				    .dot.type = TV_PAGE };
	const struct instance	*in = set->instances;

	err[0] = '\0';
	while (in != NULL && (!span_is(in->t->name, name) ||
	    in->t != tmpl_find(set, span_str(name)) ||
	    !html_same(&in->start, &text)))
		in = in->next;
	if (in == NULL) {
		snprintf(err, errlen, "%s: missing", name);
		return (-1);
	}
	page.in = in;
	page.vars[0] = page.dot;
	if (run_list(&page, in->t->nodes) != FLOW_FAILED)
		run.why = NULL;
	else
		snprintf(err, errlen, "%s:%u: %s", run.file, run.line,
		    run.why == NULL ? "failed" : run.why);
	arena_free(&run.arena);
	return (err[0] == '\0' ? 0 : -1);
}
