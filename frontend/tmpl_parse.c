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

/* Splits a template into text and actions and builds the tree of blocks. */

enum closer { CLOSED_BY_EOF, CLOSED_BY_END, CLOSED_BY_ELSE };

struct parser {
	struct span		 rest;
	struct tmpl_error	*error;
	struct html		 html;
	unsigned		 depth;
	struct span		 else_if;	/* pipeline of "else if" */
	bool			 is_else_if;
	bool			 trim;		/* -}} was last */
};

void
tmpl_fail(struct tmpl_error *e, const char *why)
{
	if (e->text[0] == '\0')
		snprintf(e->text, e->size, "%s:%u: %s", e->file, e->line, why);
}

void
nodes_free(struct node *n)
{
	struct node	*next;

	for (; n != NULL; n = next) {
		next = n->next;
		operand_free(n->value);
		nodes_free(n->body);
		nodes_free(n->other);
		free(n);
	}
}

static int
fail(struct parser *p, const char *why)
{
	tmpl_fail(p->error, why);
	return (-1);
}

static bool
is_space(uint8_t c)
{
	return (c == ' ' || c == '\t' || c == '\n' || c == '\r');
}

static struct span
trim_left(struct span s)
{
	while (s.len != 0 && is_space(*s.p)) {
		s.p++;
		s.len--;
	}
	return (s);
}

static struct span
trim_right(struct span s)
{
	while (s.len != 0 && is_space(s.p[s.len - 1]))
		s.len--;
	return (s);
}

static void
count_lines(struct parser *p, struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		p->error->line += s.p[i] == '\n';
}

static struct node *
add_node(struct parser *p, struct node ***tail, enum node_kind kind)
{
	struct node	*n;

	if ((n = calloc(1, sizeof(*n))) == NULL) {
		fail(p, "no memory");
		return (NULL);
	}
	n->kind = kind;
	**tail = n;
	*tail = &n->next;
	return (n);
}

/*
 * Takes the text up to the next action and the action itself.  *found is false
 * at the end of the template.  A comment is an empty action.
 */
static int
next_action(struct parser *p, struct span *text, struct span *action,
    bool *found)
{
	const uint8_t	*open, *close;
	struct span	 inner;

	open = memmem(span_ptr(p->rest), p->rest.len, "{{", 2);
	*found = open != NULL;
	*text = open == NULL ? p->rest :
	    span_mem(p->rest.p, (size_t)(open - p->rest.p));
	if (p->trim)
		*text = trim_left(*text);
	p->trim = false;
	if (open == NULL) {
		p->rest = span_mem(NULL, 0);
		return (0);
	}
	inner = span_mem(open + 2, p->rest.len - (size_t)(open - p->rest.p) -
	    2);
	if ((close = memmem(span_ptr(inner), inner.len, "}}", 2)) == NULL)
		return (fail(p, "an action does not end"));
	*action = span_mem(inner.p, (size_t)(close - inner.p));
	p->rest = span_mem(close + 2, inner.len - action->len - 2);
	if (action->len >= 2 && action->p[0] == '-' && is_space(action->p[1])) {
		*text = trim_right(*text);
		*action = span_mem(action->p + 1, action->len - 1);
	}
	if (action->len >= 2 && action->p[action->len - 1] == '-' &&
	    is_space(action->p[action->len - 2])) {
		action->len--;
		p->trim = true;
	}
	*action = trim_right(trim_left(*action));
	if (action->len >= 4 && memcmp(action->p, "/*", 2) == 0 &&
	    memcmp(action->p + action->len - 2, "*/", 2) == 0)
		action->len = 0;
	return (0);
}

/* Takes a keyword with what follows; false if it is another word. */
static bool
take_keyword(struct span *action, const char *word)
{
	size_t	 n = strlen(word);

	if (action->len < n || memcmp(action->p, word, n) != 0 ||
	    (action->len > n && !is_space(action->p[n]) &&
	    action->p[n] != '(' && action->p[n] != '"'))
		return (false);
	*action = trim_left(span_mem(action->p + n, action->len - n));
	return (true);
}

static int	 parse_list(struct parser *, struct node **, enum closer *);

static int
parse_else(struct parser *p, struct node *n, const struct html *start,
    struct html *end)
{
	struct node	**tail = &n->other, *inner;
	enum closer	  closer = CLOSED_BY_END;
	struct span	  cond;

	p->html = *start;
	if (!p->is_else_if)
		return (parse_list(p, tail, &closer) == -1 ||
		    closer != CLOSED_BY_END ?
		    fail(p, "an else has no end") : 0);
	cond = p->else_if;
	if ((inner = add_node(p, &tail, NODE_IF)) == NULL ||
	    (inner->value = pipe_parse(cond, p->error)) == NULL ||
	    parse_list(p, &inner->body, &closer) == -1)
		return (-1);
	html_nudge(&p->html);
	if (!html_same(&p->html, end))
		return (fail(p, "branches end in different places of the "
		    "HTML"));
	if (closer == CLOSED_BY_ELSE)
		return (parse_else(p, inner, start, end));
	p->html = *start;	/* none of them taken */
	return (closer == CLOSED_BY_END ? 0 : fail(p, "an if has no end"));
}

/* The body and else of an if or a range, up to its end. */
static int
parse_block(struct parser *p, struct node *n)
{
	struct html	 start, end;
	enum closer	 closer;

	if (++p->depth > TMPL_DEPTH_MAX)
		return (fail(p, "blocks are nested too deeply"));
	html_nudge(&p->html);
	start = p->html;
	if (parse_list(p, &n->body, &closer) == -1)
		return (-1);
	html_nudge(&p->html);
	end = p->html;
	p->html = start;
	if (closer == CLOSED_BY_ELSE && parse_else(p, n, &start, &end) == -1)
		return (-1);
	if (closer == CLOSED_BY_EOF)
		return (fail(p, "a block has no end"));
	html_nudge(&p->html);
	if (!html_same(&p->html, &end))
		return (fail(p, "branches end in different places of the "
		    "HTML"));
	p->depth--;
	return (0);
}

/* range $x := pipeline, range $i, $x := (not supported), range pipeline. */
static int
parse_range(struct parser *p, struct node *n, struct span action)
{
	const uint8_t	*assign;
	struct span	 var;

	assign = memmem(span_ptr(action), action.len, ":=", 2);
	if (action.len != 0 && *action.p == '$' && assign != NULL) {
		var = trim_right(span_mem(action.p + 1,
		    (size_t)(assign - action.p) - 1));
		if (var.len == 0 || memchr(var.p, ',', var.len) != NULL)
			return (fail(p, "range takes one variable"));
		n->var = var;
		action = trim_left(span_mem(assign + 2, action.len -
		    (size_t)(assign - action.p) - 2));
	}
	if ((n->value = pipe_parse(action, p->error)) == NULL)
		return (-1);
	return (parse_block(p, n));
}

/* template "name" . */
static int
parse_template(struct parser *p, struct node *n, struct span action)
{
	const uint8_t	*end;

	if (p->html.state != HTML_TEXT)
		return (fail(p, "a template stands inside a tag"));
	if (action.len < 2 || *action.p != '"' || (end = memchr(action.p + 1,
	    '"', action.len - 1)) == NULL)
		return (fail(p, "template needs a quoted name"));
	n->text = span_mem(action.p + 1, (size_t)(end - action.p) - 1);
	action = trim_left(span_mem(end + 1, action.len - n->text.len - 2));
	if (action.len != 0 && !span_is(action, "."))
		return (fail(p, "a template is given . or nothing"));
	return (0);
}

static int
parse_value(struct parser *p, struct node *n, struct span action)
{
	if (!html_escape_of(&p->html, &n->escape))
		return (fail(p, "no value may stand here: only in text and in "
		    "quoted attributes without code"));
	if ((n->value = pipe_parse(action, p->error)) == NULL)
		return (-1);
	if (p->html.part == URL_START && p->html.state != HTML_TEXT)
		p->html.part = URL_PATH;
	return (0);
}

static int
parse_action(struct parser *p, struct node ***tail, struct span action)
{
	struct node	*n;

	if (take_keyword(&action, "if")) {
		if ((n = add_node(p, tail, NODE_IF)) == NULL ||
		    (n->value = pipe_parse(action, p->error)) == NULL)
			return (-1);
		return (parse_block(p, n));
	}
	if (take_keyword(&action, "range")) {
		if ((n = add_node(p, tail, NODE_RANGE)) == NULL)
			return (-1);
		return (parse_range(p, n, action));
	}
	if (take_keyword(&action, "template")) {
		if ((n = add_node(p, tail, NODE_TEMPLATE)) == NULL)
			return (-1);
		return (parse_template(p, n, action));
	}
	if (take_keyword(&action, "define") || take_keyword(&action, "block") ||
	    take_keyword(&action, "with"))
		return (fail(p, "this action is not supported"));
	if ((n = add_node(p, tail, NODE_VALUE)) == NULL)
		return (-1);
	return (parse_value(p, n, action));
}

static int
add_text(struct parser *p, struct node ***tail, struct span text)
{
	struct node	*n;

	if (text.len == 0)
		return (0);
	if ((n = add_node(p, tail, NODE_TEXT)) == NULL)
		return (-1);
	n->text = text;
	html_advance(&p->html, text);
	return (0);
}

/* Nodes up to an end, an else, or the end of the file. */
static int
parse_list(struct parser *p, struct node **list, enum closer *closer)
{
	struct node	**tail = list;
	struct span	  text, action = { NULL, 0 };
	bool		  found;

	for (;;) {
		if (next_action(p, &text, &action, &found) == -1 ||
		    add_text(p, &tail, text) == -1)
			return (-1);
		count_lines(p, text);
		*closer = CLOSED_BY_EOF;
		if (!found)
			return (0);
		if (action.len == 0)
			continue;
		*closer = CLOSED_BY_END;
		if (span_is(action, "end"))
			return (0);
		if (take_keyword(&action, "else")) {
			*closer = CLOSED_BY_ELSE;
			p->is_else_if = take_keyword(&action, "if");
			p->else_if = action;
			return (p->is_else_if || action.len == 0 ? 0 :
			    fail(p, "else is followed by something"));
		}
		if (parse_action(p, &tail, action) == -1)
			return (-1);
	}
}

int
nodes_parse(struct tmpl *t, struct tmpl_error *error)
{
	struct parser	 p = { .rest = t->source->text, .error = error };
	enum closer	 closer;

	if (parse_list(&p, &t->nodes, &closer) == -1)
		return (-1);
	if (closer != CLOSED_BY_EOF)
		return (fail(&p, "an end or else belongs to no block"));
	if (p.html.state != HTML_TEXT)
		return (fail(&p, "the template ends inside a tag"));
	return (0);
}
