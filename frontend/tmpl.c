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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tmpl_int.h"

/* Compiling a set of templates, and running one. */

struct arena_block {
	struct arena_block	*next;
	uint8_t			 bytes[];
};

/* What names mean at one place of a run. */
struct scope {
	const struct scope	*outer;
	struct span		 var;	/* of the range, or empty */
	struct tvalue		 dot;
	bool			 top;	/* dot is the page's data */
};

static const struct tmpl *
set_find(const struct tmpl_set *set, struct span name)
{
	size_t	 i;

	for (i = 0; i < set->n; i++)
		if (span_is(name, set->list[i].source->name))
			return (&set->list[i]);
	return (NULL);
}

bool
tmpl_has(const struct tmpl_set *set, const char *name)
{
	return (set_find(set, span_str(name)) != NULL);
}

static bool
includes_exist(const struct tmpl_set *set, const struct node *n,
    struct tmpl_error *error)
{
	for (; n != NULL; n = n->next) {
		if (n->kind == NODE_TEMPLATE &&
		    set_find(set, n->text) == NULL) {
			tmpl_fail(error, "a template that is included does "
			    "not exist");
			return (false);
		}
		if (!includes_exist(set, n->body, error) ||
		    !includes_exist(set, n->other, error))
			return (false);
	}
	return (true);
}

static bool
compile_all(struct tmpl_set *set, struct tmpl_error *error)
{
	size_t	 i;

	for (i = 0; i < set->n; i++) {
		error->file = set->list[i].source->name;
		error->line = 1;
		if (nodes_parse(&set->list[i], error) == -1)
			return (false);
	}
	for (i = 0; i < set->n; i++) {
		error->file = set->list[i].source->name;
		error->line = 1;
		if (!includes_exist(set, set->list[i].nodes, error))
			return (false);
	}
	return (true);
}

struct tmpl_set *
tmpl_compile(const struct tmpl_source *sources, size_t n, char *err,
    size_t errlen)
{
	struct tmpl_error	 error = { .text = err, .size = errlen };
	struct tmpl_set		*set;
	size_t			 i;

	err[0] = '\0';
	if ((set = calloc(1, sizeof(*set))) == NULL ||
	    (set->list = calloc(n, sizeof(*set->list))) == NULL) {
		free(set);
		snprintf(err, errlen, "no memory");
		return (NULL);
	}
	set->n = n;
	for (i = 0; i < n; i++)
		set->list[i].source = &sources[i];
	if (compile_all(set, &error))
		return (set);
	tmpl_free(set);
	return (NULL);
}

void
tmpl_free(struct tmpl_set *set)
{
	size_t	 i;

	if (set == NULL)
		return;
	for (i = 0; i < set->n; i++)
		nodes_free(set->list[i].nodes);
	free(set->list);
	free(set);
}

struct span
run_keep(struct tmpl_run *run, struct span s)
{
	struct arena_block	*a;

	if ((a = malloc(sizeof(*a) + s.len + 1)) == NULL)
		return (span_mem(NULL, 0));
	if (s.len != 0)
		memcpy(a->bytes, s.p, s.len);
	a->next = run->arena;
	run->arena = a;
	return (span_mem(a->bytes, s.len));
}

static struct tvalue
page_field(struct tmpl_run *run, struct span name)
{
	struct tvalue		 v = { .type = TV_NONE };
	struct page_value	 p;
	char			*text;

	if (span_is(name, "ReqPath"))
		return ((struct tvalue){ .type = TV_STR,
		    .str = run->env->req_path });
	if ((text = span_dup(name)) == NULL)
		return (v);
	if (page_data_get(run->env->data, text, &p))
		switch (p.type) {
		case PAGE_VALUE_STR:
			v.type = TV_STR;
			v.str = p.str;
			break;
		case PAGE_VALUE_BOOL:
			v.type = TV_BOOL;
			v.yes = p.yes;
			break;
		case PAGE_VALUE_LIST:
		case PAGE_VALUE_ROWS:
			v.type = p.type == PAGE_VALUE_LIST ? TV_LIST : TV_ROWS;
			v.items = p.items;
			break;
		default:
			break;
		}
	free(text);
	return (v);
}

static struct tvalue
field_of(struct tmpl_run *run, const struct scope *s, struct span name)
{
	struct tvalue	 v = { .type = TV_NONE };
	char		*text;

	if (s->top)
		return (page_field(run, name));
	if (s->dot.type != TV_ROW || (text = span_dup(name)) == NULL)
		return (v);
	if (page_row_get(s->dot.str, text, &v.str))
		v.type = TV_STR;
	free(text);
	return (v);
}

/* $x of the nearest range that declared it; $ is the page itself. */
static struct tvalue
variable(struct tmpl_run *run, const struct scope *s, const struct operand *o)
{
	for (; s != NULL; s = s->outer)
		if (o->name.len == 0 ? s->top : span_eq(s->var, o->name))
			return (o->field.len == 0 ? s->dot :
			    field_of(run, s, o->field));
	return ((struct tvalue){ .type = TV_NONE });
}

static struct tvalue
evaluate(struct tmpl_run *run, const struct scope *s, const struct operand *o)
{
	struct tvalue		 args[TMPL_ARGS_MAX + 1], v = {
				    .type = TV_NONE };
	const struct operand	*a;
	unsigned		 n = 0;

	switch (o->kind) {
	case OPERAND_DOT:
		return (s->dot);
	case OPERAND_FIELD:
		return (field_of(run, s, o->name));
	case OPERAND_VAR:
		return (variable(run, s, o));
	case OPERAND_STRING:
		v.type = TV_STR;
		v.str = o->name;
		return (v);
	case OPERAND_INT:
		v.type = TV_INT;
		v.number = o->number;
		return (v);
	case OPERAND_BOOL:
		v.type = TV_BOOL;
		v.yes = o->number != 0;
		return (v);
	case OPERAND_CALL:
		for (a = o->args; a != NULL && n < TMPL_ARGS_MAX; a = a->next)
			args[n++] = evaluate(run, s, a);
		o->func->call(run, args, n, &v);
		return (v);
	}
	return (v);
}

static void
put_value(struct buf *out, enum escape e, const struct tvalue *v)
{
	char	 number[24];

	if (v->type == TV_STR)
		escape_put(out, e, v->str);
	else if (v->type == TV_BOOL)
		escape_put(out, e, span_str(v->yes ? "true" : "false"));
	else if (v->type == TV_INT) {
		snprintf(number, sizeof(number), "%ld", v->number);
		escape_put(out, e, span_str(number));
	}
}

static int	 run_nodes(struct tmpl_run *, const struct scope *,
		    const struct node *, struct buf *);

static int
run_range(struct tmpl_run *run, const struct scope *s, const struct node *n,
    struct buf *out)
{
	struct tvalue	 list = evaluate(run, s, n->value);
	struct scope	 inner = { .outer = s, .var = n->var };
	struct span	 item;

	if ((list.type != TV_LIST && list.type != TV_ROWS) ||
	    list.items.count == 0)
		return (run_nodes(run, s, n->other, out));
	while (msg_list_next(&list.items, &item)) {
		inner.dot = (struct tvalue){ .str = item,
		    .type = list.type == TV_LIST ? TV_STR : TV_ROW };
		if (run_nodes(run, &inner, n->body, out) == -1)
			return (-1);
	}
	return (0);
}

static int
run_template(struct tmpl_run *run, const struct scope *s, struct span name,
    struct buf *out)
{
	const struct tmpl	*t = set_find(run->set, name);
	struct scope		 inner = { .top = s->top, .dot = s->dot };
	int			 error;

	if (t == NULL || ++run->depth > TMPL_DEPTH_MAX)
		return (-1);
	error = run_nodes(run, &inner, t->nodes, out);
	run->depth--;
	return (error);
}

static int
run_nodes(struct tmpl_run *run, const struct scope *s, const struct node *n,
    struct buf *out)
{
	struct tvalue	 v;
	int		 error = 0;

	for (; n != NULL && error == 0; n = n->next)
		switch (n->kind) {
		case NODE_TEXT:
			buf_put_span(out, n->text);
			break;
		case NODE_VALUE:
			v = evaluate(run, s, n->value);
			put_value(out, n->escape, &v);
			break;
		case NODE_IF:
			v = evaluate(run, s, n->value);
			error = run_nodes(run, s, tvalue_true(&v) ? n->body :
			    n->other, out);
			break;
		case NODE_RANGE:
			error = run_range(run, s, n, out);
			break;
		case NODE_TEMPLATE:
			error = run_template(run, s, n->text, out);
			break;
		}
	return (error);
}

int
tmpl_render(const struct tmpl_set *set, const char *name,
    const struct tmpl_env *env, struct buf *out)
{
	struct tmpl_run		 run = { .set = set, .env = env };
	const struct scope	 page = { .top = true };
	struct arena_block	*a;
	int			 error;

	error = run_template(&run, &page, span_str(name), out);
	while ((a = run.arena) != NULL) {
		run.arena = a->next;
		free(a);
	}
	return (error == 0 && buf_ok(out) ? 0 : -1);
}
