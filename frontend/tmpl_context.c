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

/*
 * Walks every template from the place of HTML where it is used and decides how
 * each of its values is escaped.  A template that is used from two kinds of
 * places has two instances.
 */

#define INSTANCES_MAX	512

struct walker {
	struct tmpl_set		*set;
	struct instance		*in;
	struct html		 html;
	const struct html	*loop;		/* where the range began */
	struct tmpl_error	*error;
};

static int	 walk_list(struct walker *, const struct node *);

static int
fail(struct walker *w, const char *why)
{
	tmpl_fail(w->error, why);
	return (-1);
}

static int
walk_text(struct walker *w, const struct node *n)
{
	const char	*why = html_advance(&w->html, n->text, &w->set->code,
			    &w->error->line);

	return (why == NULL ? 0 : fail(w, why));
}

static int
walk_value(struct walker *w, const struct node *n)
{
	enum escape	 e;
	const char	*why = html_put_value(&w->html, &e);

	if (why != NULL)
		return (fail(w, why));
	w->in->escapes[n->index] = (uint8_t)e;
	return (0);
}

static int
walk_template(struct walker *w, const struct node *n)
{
	struct tmpl_error	 inner = *w->error;
	struct instance		*to;

	html_nudge(&w->html);
	if ((to = instance_make(w->set, n->text, &w->html, &inner)) == NULL)
		return (-1);
	w->in->targets[n->index] = to;
	if (to->depth >= w->in->depth)
		w->in->depth = to->depth + 1;
	if (w->in->depth > TMPL_INCLUDES_MAX)
		return (fail(w, "templates are nested too deeply"));
	w->html = to->end;
	html_nudge(&w->html);
	return (0);
}

static int
join(struct walker *w, const struct html *other)
{
	return (html_join(&w->html, other) ? 0 : fail(w,
	    "branches end in different places of the HTML"));
}

/* One branch, from start; its end is left in w->html. */
static int
walk_branch(struct walker *w, const struct node *list, struct html start)
{
	w->html = start;
	if (walk_list(w, list) == -1)
		return (-1);
	html_nudge(&w->html);
	return (0);
}

static int
walk_if(struct walker *w, const struct node *n)
{
	struct html	 start, end;

	html_nudge(&w->html);
	start = w->html;
	if (walk_branch(w, n->body, start) == -1)
		return (-1);
	end = w->html;
	if (walk_branch(w, n->other, start) == -1)
		return (-1);
	w->error->line = n->line;
	return (join(w, &end));
}

/* The body may follow itself, so it must end where it can begin. */
static int
walk_range(struct walker *w, const struct node *n)
{
	const struct html	*outer = w->loop;
	struct html		 start, again, end;

	html_nudge(&w->html);
	start = again = w->html;
	w->loop = &again;
	if (walk_branch(w, n->body, again) == -1 || join(w, &start) == -1)
		return (-1);
	if (!html_same(&again, &w->html)) {
		again = w->html;
		if (walk_branch(w, n->body, again) == -1 ||
		    join(w, &again) == -1)
			return (-1);
		if (!html_same(&again, &w->html)) {
			w->error->line = n->line;
			return (fail(w, "a range does not end where it "
			    "began"));
		}
	}
	w->loop = outer;
	end = w->html;
	if (walk_branch(w, n->other, start) == -1)
		return (-1);
	w->error->line = n->line;
	return (join(w, &end));
}

/* break and continue: what follows is what follows the loop. */
static int
walk_jump(struct walker *w)
{
	html_nudge(&w->html);
	return (html_same(&w->html, w->loop) ? 0 : fail(w, "break or continue "
	    "inside a tag that began in the range"));
}

static int
walk_node(struct walker *w, const struct node *n)
{
	const char	*why;

	w->error->line = n->line;
	if (n->kind == NODE_TEXT)
		return (walk_text(w, n));
	if ((why = html_before_action(&w->html)) != NULL)
		return (fail(w, why));
	switch (n->kind) {
	case NODE_VALUE:
		return (walk_value(w, n));
	case NODE_IF:
	case NODE_WITH:
		return (walk_if(w, n));
	case NODE_RANGE:
		return (walk_range(w, n));
	case NODE_TEMPLATE:
		return (walk_template(w, n));
	case NODE_BREAK:
	case NODE_CONTINUE:
		return (walk_jump(w));
	default:
		return (0);
	}
}

static int
walk_list(struct walker *w, const struct node *n)
{
	for (; n != NULL; n = n->next)
		if (walk_node(w, n) == -1)
			return (-1);
	return (0);
}

/* ---- instances ---- */

/* The source of that name does not parse, or there is none. */
static void
fail_missing(struct tmpl_set *set, struct span name, struct tmpl_error *error)
{
	const struct broken	*b;
	char			 why[512], *text = span_dup(name);

	for (b = set->broken; b != NULL; b = b->next)
		if (span_eq(b->name, name)) {
			snprintf(error->text, error->size, "%s", b->why);
			free(text);
			return;
		}
	if (text != NULL && error->line == 0)
		snprintf(why, sizeof(why), "missing");
	else
		snprintf(why, sizeof(why), "there is no template %s%s%s",
		    text == NULL ? "?" : text, set->broken == NULL ? "" :
		    "; perhaps for ", set->broken == NULL ? "" :
		    set->broken->why);
	free(text);
	tmpl_fail(error, why);
}

static struct instance *
instance_new(struct tmpl_set *set, const struct tmpl *t,
    const struct html *start)
{
	struct instance	*in = arena_get(&set->arena, sizeof(*in));

	if (in == NULL)
		return (NULL);
	in->t = t;
	in->start = in->end = *start;
	in->escapes = arena_get(&set->arena, t->nindex + 1);
	in->targets = arena_get(&set->arena, (t->nindex + 1) *
	    sizeof(struct instance *));
	if (in->escapes == NULL || in->targets == NULL)
		return (NULL);
	in->next = set->instances;
	set->instances = in;
	return (in);
}

static struct instance *
instance_find(struct tmpl_set *set, const struct tmpl *t,
    const struct html *start, unsigned *count)
{
	struct instance	*in;

	*count = 0;
	for (in = set->instances; in != NULL; in = in->next) {
		if (in->t == t && html_same(&in->start, start))
			return (in);
		++*count;
	}
	return (NULL);
}

struct instance *
instance_make(struct tmpl_set *set, struct span name,
    const struct html *start, struct tmpl_error *error)
{
	const struct tmpl	*t = tmpl_find(set, name);
	struct walker		 w = { .set = set, .html = *start,
				    .error = error };
	unsigned		 count;

	if (t == NULL) {
		fail_missing(set, name, error);
		return (NULL);
	}
	if ((w.in = instance_find(set, t, start, &count)) != NULL) {
		if (w.in->busy) {
			fail(&w, "a template includes itself");
			return (NULL);
		}
		return (w.in);
	}
	if (count >= INSTANCES_MAX || (w.in = instance_new(set, t, start)) ==
	    NULL) {
		fail(&w, "the templates are too large");
		return (NULL);
	}
	if (++set->walking > TMPL_INCLUDES_MAX) {
		fail(&w, "templates are nested too deeply");
		return (NULL);
	}
	w.in->busy = true;
	error->file = t->file;
	error->line = t->line;
	if (walk_list(&w, t->nodes) == -1)
		return (NULL);
	w.in->busy = false;
	set->walking--;
	w.in->end = w.html;
	return (w.in);
}
