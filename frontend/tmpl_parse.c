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
#include <string.h>

#include "tmpl_int.h"

/* Splits a source into text and actions and builds the trees of blocks. */

enum closer { CLOSED_BY_EOF, CLOSED_BY_END, CLOSED_BY_ELSE };

static int	 parse_list(struct parser *, struct node **, enum closer *);

int
parse_fail(struct parser *p, const char *why)
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

static struct span
skip(struct span s, size_t n)
{
	return (span_mem(span_ptr(s) + n, s.len - n));
}

static unsigned
lines_in(struct span s)
{
	unsigned	 n = 0;
	size_t		 i;

	for (i = 0; i < s.len; i++)
		n += s.p[i] == '\n';
	return (n);
}

static void
count_lines(struct parser *p, struct span s)
{
	p->error->line += lines_in(s);
}

static struct node *
add_node(struct parser *p, struct node ***tail, enum node_kind kind)
{
	struct node	*n = arena_get(&p->set->arena, sizeof(*n));

	if (n == NULL) {
		parse_fail(p, "the templates are too large");
		return (NULL);
	}
	n->kind = kind;
	n->line = p->error->line;
	n->slot = n->key_slot = -1;
	**tail = n;
	*tail = &n->next;
	return (n);
}

/* ---- actions ---- */

/* The bytes of a quoted thing at s, with its quotes; 0: it does not end. */
static size_t
quoted_len(struct span s)
{
	size_t	 i;

	for (i = 1; i < s.len && s.p[i] != *s.p; i++)
		if (*s.p != '`' && s.p[i] == '\n')
			return (0);
		else if (*s.p != '`' && s.p[i] == '\\')
			i++;
	return (i < s.len ? i + 1 : 0);
}

/* The bytes up to the }} of the action at s; SIZE_MAX: there is none. */
static size_t
action_len(struct span s)
{
	const uint8_t	*end;
	size_t		 i, n;

	if (s.len >= 2 && memcmp(s.p, "/*", 2) == 0) {
		end = memmem(s.p + 2, s.len - 2, "*/", 2);
		if (end == NULL)
			return (SIZE_MAX);
		i = (size_t)(end - s.p) + 2;
		n = trim_left(skip(s, i)).len;	/* "*" "/ -}}" or "}}" */
		if (s.len - i >= 2 && memcmp(s.p + i, "}}", 2) == 0)
			return (i);
		i = s.len - n;
		return (n >= 3 && s.p[i] == '-' && is_space(s.p[i - 1]) &&
		    memcmp(s.p + i + 1, "}}", 2) == 0 ? i + 1 : SIZE_MAX);
	}
	for (i = 0; i + 1 < s.len; i++) {
		if (s.p[i] == '}' && s.p[i + 1] == '}')
			return (i);
		if (s.p[i] != '"' && s.p[i] != '`' && s.p[i] != '\'')
			continue;
		if ((n = quoted_len(skip(s, i))) == 0)
			return (SIZE_MAX);
		i += n - 1;
	}
	return (SIZE_MAX);
}

/*
 * Takes the text up to the next action and the action itself.  *found is false
 * at the end of the template.  A comment is an empty action.
 */
static int
next_action(struct parser *p, struct span *text, struct span *action,
    bool *found)
{
	const uint8_t	*open;
	struct span	 s, whole;
	size_t		 n;
	bool		 trims;

	p->error->line += p->pending;
	p->pending = 0;
	open = memmem(span_ptr(p->rest), p->rest.len, "{{", 2);
	*found = open != NULL;
	n = open == NULL ? p->rest.len : (size_t)(open - p->rest.p);
	*text = span_mem(p->rest.p, n);
	s = skip(p->rest, open == NULL ? n : n + 2);
	if (p->trim) {
		whole = *text;
		*text = trim_left(*text);
		count_lines(p, span_mem(whole.p, whole.len - text->len));
	}
	p->trim = false;
	p->rest = s;
	if (open == NULL)
		return (0);
	trims = s.len >= 2 && *s.p == '-' && is_space(s.p[1]);
	if (trims)
		s = trim_left(skip(s, 1));
	if ((n = action_len(s)) == SIZE_MAX) {
		count_lines(p, *text);
		return (parse_fail(p, "an action does not end"));
	}
	*action = span_mem(s.p, n);
	p->pending = lines_in(*action);
	p->rest = skip(s, n + 2);
	if (n >= 2 && s.p[n - 1] == '-' && is_space(s.p[n - 2])) {
		action->len--;
		p->trim = true;
	}
	*action = trim_right(trim_left(*action));
	if (action->len >= 4 && memcmp(action->p, "/*", 2) == 0)
		action->len = 0;
	else if (action->len == 0)
		return (parse_fail(p, "an action is empty"));
	if (trims) {
		whole = *text;
		*text = trim_right(*text);
		p->trimmed = lines_in(skip(whole, text->len));
	}
	return (0);
}

/* Takes a keyword with the space behind it; false if it is another word. */
static bool
take_keyword(struct span *action, const char *word)
{
	size_t	 n = strlen(word);
	uint8_t	 c;

	if (action->len < n || memcmp(action->p, word, n) != 0)
		return (false);
	c = action->len > n ? action->p[n] : ' ';
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (c >= '0' && c <= '9'))
		return (false);
	*action = trim_left(skip(*action, n));
	return (true);
}

/* ---- blocks ---- */

static int
enter(struct parser *p)
{
	return (++p->depth > TMPL_DEPTH_MAX ?
	    parse_fail(p, "blocks are nested too deeply") : 0);
}

/* A new variable, or the one that is there for "=". */
static int
bind(struct parser *p, const struct decl *d, unsigned i, int *slot)
{
	if (!d->declares) {
		*slot = var_slot(p, d->names[i]);
		return (*slot == -1 ? parse_fail(p, "an undefined variable") :
		    0);
	}
	if (p->nvars == TMPL_VARS_MAX)
		return (parse_fail(p, "too many variables"));
	p->vars[p->nvars] = d->names[i];
	*slot = (int)p->nvars++;
	return (0);
}

/* The condition of an if or a with, which may name it. */
static int
parse_condition(struct parser *p, struct node *n, struct span action)
{
	struct decl	 d;

	if ((n->value = pipe_parse(p, action, &d, false)) == NULL)
		return (-1);
	if (d.n > 1)
		return (parse_fail(p, "too many variables"));
	return (d.n == 1 ? bind(p, &d, 0, &n->slot) : 0);
}

/* What follows a body: end, else, or else if (else with) and so on. */
static int
parse_else(struct parser *p, struct node *n, enum closer closer)
{
	struct node	**tail = &n->other, *inner;
	struct span	  rest = p->tail;
	enum node_kind	  kind;

	if (closer == CLOSED_BY_END)
		return (0);
	if (closer == CLOSED_BY_EOF)
		return (parse_fail(p, "a block has no end"));
	if (rest.len == 0) {
		if (parse_list(p, tail, &closer) == -1)
			return (-1);
		return (closer == CLOSED_BY_END ? 0 :
		    parse_fail(p, "an else has no end"));
	}
	if (take_keyword(&rest, "if"))
		kind = NODE_IF;
	else if (take_keyword(&rest, "with"))
		kind = NODE_WITH;
	else
		return (parse_fail(p, "else is followed by something"));
	if (n->kind == NODE_RANGE || enter(p) == -1 ||
	    (inner = add_node(p, &tail, kind)) == NULL ||
	    parse_condition(p, inner, rest) == -1 ||
	    parse_list(p, &inner->body, &closer) == -1 ||
	    parse_else(p, inner, closer) == -1)
		return (parse_fail(p, "else is followed by something"));
	p->depth--;
	return (0);
}

/* The body and else of a block; its variables end with it. */
static int
parse_block(struct parser *p, struct node *n, unsigned outer_vars)
{
	enum closer	 closer;

	if (enter(p) == -1 || parse_list(p, &n->body, &closer) == -1)
		return (-1);
	if (n->kind == NODE_RANGE) {
		p->nvars = outer_vars;
		p->loops--;
	}
	if (parse_else(p, n, closer) == -1)
		return (-1);
	p->nvars = outer_vars;
	p->depth--;
	return (0);
}

static int
parse_range(struct parser *p, struct node *n, struct span action)
{
	unsigned	 outer = p->nvars;
	struct decl	 d;

	if ((n->value = pipe_parse(p, action, &d, false)) == NULL ||
	    (d.n == 2 && bind(p, &d, 0, &n->key_slot) == -1) ||
	    (d.n != 0 && bind(p, &d, d.n - 1, &n->slot) == -1))
		return (-1);
	p->loops++;
	return (parse_block(p, n, outer));
}

/* The quoted name in front of an action's rest. */
static int
take_name(struct parser *p, struct span *action, struct span *name)
{
	size_t	 n;

	if (action->len == 0 || (*action->p != '"' && *action->p != '`') ||
	    (n = quoted_len(*action)) <= 2 ||
	    memchr(action->p, '\\', n) != NULL)
		return (parse_fail(p, "a template needs a quoted name"));
	*name = span_mem(action->p + 1, n - 2);
	*action = trim_left(skip(*action, n));
	return (0);
}

/* template "name" pipeline; without one it is given nothing. */
static int
parse_template(struct parser *p, struct node *n, struct span action)
{
	struct decl	 d;

	n->index = p->t->nindex++;
	if (take_name(p, &action, &n->text) == -1)
		return (-1);
	if (action.len == 0)
		return (0);
	if ((n->value = pipe_parse(p, action, &d, false)) == NULL)
		return (-1);
	return (d.n == 0 ? 0 : parse_fail(p, "a variable stands here"));
}

static int	 parse_body(struct parser *, struct span name);

/* The body of a define or a block: a template of its own. */
static int
parse_define(struct parser *p, struct span name)
{
	struct parser	 inner = *p;
	int		 error;

	inner.depth = p->depth + 1;
	error = inner.depth > TMPL_DEPTH_MAX ?
	    parse_fail(p, "blocks are nested too deeply") :
	    parse_body(&inner, name);
	p->rest = inner.rest;
	p->trim = inner.trim;
	p->pending = inner.pending;
	return (error);
}

static int
parse_named(struct parser *p, struct node ***tail, struct span action,
    bool is_block)
{
	struct span	 name, rest = action;
	struct node	*n;

	if (take_name(p, &rest, &name) == -1)
		return (-1);
	if (!is_block && (p->depth != 0 || rest.len != 0))
		return (parse_fail(p, "define takes a name and stands outside "
		    "of blocks"));
	if (is_block && rest.len == 0)
		return (parse_fail(p, "block needs a value"));
	if (is_block && ((n = add_node(p, tail, NODE_TEMPLATE)) == NULL ||
	    parse_template(p, n, action) == -1))
		return (-1);
	return (parse_define(p, name));
}

/* html and urlquery are for the end of a pipeline, where we escape anyway. */
static int
take_escaper(struct parser *p, struct node *n)
{
	struct operand	*o = n->value;

	if (o->kind != OPERAND_CALL || o->func->call != NULL)
		return (0);
	if (o->nargs != 1 || o->nfields != 0)
		return (parse_fail(p, "html and urlquery take one value"));
	n->urlquery = strcmp(o->func->name, "urlquery") == 0;
	n->value = o->args;
	return (0);
}

static int
parse_value(struct parser *p, struct node *n, struct span action)
{
	struct decl	 d;

	if ((n->value = pipe_parse(p, action, &d, true)) == NULL)
		return (-1);
	if (d.n == 0) {
		n->index = p->t->nindex++;
		return (take_escaper(p, n));
	}
	n->kind = NODE_SET;
	return (d.n == 1 ? bind(p, &d, 0, &n->slot) :
	    parse_fail(p, "too many variables"));
}

static int
parse_action(struct parser *p, struct node ***tail, struct span action)
{
	unsigned	 outer = p->nvars;
	struct node	*n;
	enum node_kind	 kind = NODE_VALUE;

	if (take_keyword(&action, "define"))
		return (parse_named(p, tail, action, false));
	if (take_keyword(&action, "block"))
		return (parse_named(p, tail, action, true));
	if (span_is(action, "break") || span_is(action, "continue")) {
		kind = span_is(action, "break") ? NODE_BREAK : NODE_CONTINUE;
		if (p->loops == 0)
			return (parse_fail(p, "break and continue belong in "
			    "a range"));
		return (add_node(p, tail, kind) == NULL ? -1 : 0);
	}
	if (take_keyword(&action, "if"))
		kind = NODE_IF;
	else if (take_keyword(&action, "with"))
		kind = NODE_WITH;
	else if (take_keyword(&action, "range"))
		kind = NODE_RANGE;
	else if (take_keyword(&action, "template"))
		kind = NODE_TEMPLATE;
	if ((n = add_node(p, tail, kind)) == NULL)
		return (-1);
	switch (kind) {
	case NODE_IF:
	case NODE_WITH:
		return (parse_condition(p, n, action) == -1 ? -1 :
		    parse_block(p, n, outer));
	case NODE_RANGE:
		return (parse_range(p, n, action));
	case NODE_TEMPLATE:
		return (parse_template(p, n, action));
	default:
		return (parse_value(p, n, action));
	}
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
	count_lines(p, text);
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
		p->error->line += p->trimmed;
		p->trimmed = 0;
		*closer = CLOSED_BY_EOF;
		if (!found)
			return (0);
		*closer = CLOSED_BY_END;
		if (span_is(action, "end"))
			return (0);
		if (take_keyword(&action, "else")) {
			*closer = CLOSED_BY_ELSE;
			p->tail = action;
			return (0);
		}
		if (action.len != 0 &&
		    parse_action(p, &tail, action) == -1)
			return (-1);
	}
}

static bool
is_blank(const struct node *n)
{
	for (; n != NULL; n = n->next)
		if (n->kind != NODE_TEXT || trim_left(n->text).len != 0)
			return (false);
	return (true);
}

/*
 * One template, up to the end of the source or of its define.  As in Go the
 * later of two counts, unless it is blank.
 */
static int
parse_body(struct parser *p, struct span name)
{
	bool		 whole = p->depth == 0;
	struct tmpl	*t = arena_get(&p->set->arena, sizeof(*t));
	enum closer	 closer;

	if (t == NULL)
		return (parse_fail(p, "the templates are too large"));
	t->name = name;
	t->file = p->error->file;
	t->line = p->error->line;
	p->t = t;
	p->nvars = 1;		/* $ */
	p->vars[0] = span_mem(NULL, 0);
	p->loops = 0;
	if (parse_list(p, &t->nodes, &closer) == -1)
		return (-1);
	if (closer != (whole ? CLOSED_BY_EOF : CLOSED_BY_END))
		return (parse_fail(p, whole ? "an end or else belongs to no "
		    "block" : "a define or block has no end"));
	if (is_blank(t->nodes) && tmpl_find(p->set, name) != NULL)
		return (0);
	t->next = p->set->list;
	p->set->list = t;
	return (0);
}

int
source_parse(struct tmpl_set *set, const struct tmpl_source *source,
    struct tmpl_error *error)
{
	struct parser	 p = { .set = set, .rest = source->text,
			    .error = error };

	error->file = source->name;
	error->line = 1;
	if (source->text.len > TMPL_SOURCE_MAX)
		return (parse_fail(&p, "larger than 256 KiB"));
	if (!span_is_utf8(source->text) || memchr(span_ptr(source->text),
	    '\0', source->text.len) != NULL)
		return (parse_fail(&p, "not UTF-8 text"));
	return (parse_body(&p, span_str(source->name)));
}
