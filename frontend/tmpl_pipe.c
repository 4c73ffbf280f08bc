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

/* Parses what stands between {{ and }}: pipelines of commands. */

struct lexer {
	struct span	 rest;
	struct parser	*p;
	unsigned	 depth;
};

static struct operand	*parse_pipe(struct lexer *);

static bool
is_space(int c)
{
	return (c == ' ' || c == '\t' || c == '\n' || c == '\r');
}

static bool
is_digit(int c)
{
	return (c >= '0' && c <= '9');
}

static bool
is_name_char(int c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    is_digit(c) || c == '_');
}

static int
peek(const struct lexer *x, size_t at)
{
	return (x->rest.len <= at ? -1 : x->rest.p[at]);
}

static void
advance(struct lexer *x, size_t n)
{
	x->rest.p += n;
	x->rest.len -= n;
}

static void
skip_space(struct lexer *x)
{
	while (is_space(peek(x, 0)))
		advance(x, 1);
}

static struct span
take_name(struct lexer *x)
{
	size_t		 n = 0;
	struct span	 s;

	while (is_name_char(peek(x, n)))
		n++;
	s = span_mem(x->rest.p, n);
	advance(x, n);
	return (s);
}

static struct operand *
fail(struct lexer *x, const char *why)
{
	parse_fail(x->p, why);
	return (NULL);
}

int
var_slot(const struct parser *p, struct span name)
{
	unsigned	 i;

	for (i = p->nvars; i != 0; i--)
		if (span_eq(p->vars[i - 1], name))
			return ((int)i - 1);
	return (-1);
}

/* ---- words ---- */

static int
unescape(int c)
{
	static const char	 from[] = "abfnrtv\\'\"", to[] =
				    "\a\b\f\n\r\t\v\\'\"";
	const char		*at = c == '\0' ? NULL : strchr(from, c);

	return (at == NULL ? -1 : to[at - from]);
}

/* "text" with Go's one-letter escapes, or `text`. */
static struct operand *
parse_string(struct lexer *x, struct operand *o)
{
	int	 quote = peek(x, 0), c;
	size_t	 n = 1, len = 0;
	uint8_t	*text = arena_get(&x->p->set->arena, x->rest.len + 1);

	if (text == NULL)
		return (fail(x, "the templates are too large"));
	for (; (c = peek(x, n)) != quote; n++) {
		if (c == -1)
			return (fail(x, "a string does not end"));
		if (c == '\\' && quote == '"') {
			if ((c = unescape(peek(x, ++n))) == -1)
				return (fail(x, "an escape in a string that "
				    "is not supported"));
		}
		text[len++] = (uint8_t)c;
	}
	o->value = tvalue_str(span_mem(text, len));
	advance(x, n + 1);
	return (o);
}

static struct operand *
parse_number(struct lexer *x, struct operand *o)
{
	bool		 minus = peek(x, 0) == '-';
	struct span	 digits;
	int64_t		 n = 0;
	size_t		 i;

	if (minus || peek(x, 0) == '+')
		advance(x, 1);
	digits = take_name(x);
	for (i = 0; i < digits.len; i++) {
		if (!is_digit(digits.p[i]) || i > 17)
			return (fail(x, "only whole numbers are supported"));
		n = n * 10 + (digits.p[i] - '0');
	}
	if (digits.len == 0 || peek(x, 0) == '.')
		return (fail(x, "only whole numbers are supported"));
	o->value = tvalue_int(minus ? -n : n);
	return (o);
}

static struct operand *
parse_variable(struct lexer *x, struct operand *o)
{
	int	 slot;

	advance(x, 1);
	if ((slot = var_slot(x->p, take_name(x))) == -1)
		return (fail(x, "an undefined variable"));
	o->kind = OPERAND_VAR;
	o->slot = (unsigned)slot;
	return (o);
}

static struct operand *
parse_word(struct lexer *x, struct operand *o)
{
	struct span	 name = take_name(x);
	char		 why[128], *text;

	if (span_is(name, "true") || span_is(name, "false")) {
		o->value = tvalue_bool(span_is(name, "true"));
		return (o);
	}
	if (span_is(name, "nil"))
		return (o);
	o->kind = OPERAND_CALL;
	if ((o->func = tmpl_func_find(name)) != NULL)
		return (o);
	text = span_dup(name);
	snprintf(why, sizeof(why), "there is no function %s", text == NULL ?
	    "?" : text);
	free(text);
	return (fail(x, why));
}

/* .A.B behind a word, or .A alone. */
static struct operand *
parse_fields(struct lexer *x, struct operand *o)
{
	if (o == NULL)
		return (NULL);
	while (peek(x, 0) == '.') {
		advance(x, 1);
		if (o->nfields == TMPL_FIELDS_MAX || (o->kind ==
		    OPERAND_VALUE && o->value.type != TV_NONE))
			return (fail(x, "a field of what has none"));
		o->fields[o->nfields] = take_name(x);
		if (o->fields[o->nfields++].len == 0)
			return (fail(x, "a field has no name"));
	}
	return (o);
}

/* The dot, with the fields that begin right behind it. */
static struct operand *
parse_dot(struct lexer *x, struct operand *o)
{
	o->kind = OPERAND_DOT;
	if (is_name_char(peek(x, 1)))
		return (parse_fields(x, o));
	advance(x, 1);
	return (peek(x, 0) == '.' ? fail(x, "a field has no name") : o);
}

static struct operand *
parse_parens(struct lexer *x)
{
	struct operand	*o;

	advance(x, 1);
	if (++x->depth > TMPL_PARENS_MAX)
		return (fail(x, "too many parentheses"));
	o = parse_pipe(x);
	x->depth--;
	skip_space(x);
	if (o == NULL || peek(x, 0) != ')')
		return (fail(x, "a parenthesis does not close"));
	advance(x, 1);
	if (o->nfields != 0 && peek(x, 0) == '.')
		return (fail(x, "a field of a parenthesis with fields"));
	return (parse_fields(x, o));
}

static struct operand *
parse_operand(struct lexer *x)
{
	struct operand	*o;
	int		 c = peek(x, 0);

	if (c == '(')
		return (parse_parens(x));
	if ((o = arena_get(&x->p->set->arena, sizeof(*o))) == NULL)
		return (fail(x, "the templates are too large"));
	o->kind = OPERAND_VALUE;
	o->line = x->p->error->line;
	if (c == '"' || c == '`')
		return (parse_string(x, o));
	if (is_digit(c) || ((c == '-' || c == '+') && is_digit(peek(x, 1))))
		return (parse_number(x, o));
	if (c == '.')
		return (parse_dot(x, o));
	if (c == '$')
		return (parse_fields(x, parse_variable(x, o)));
	if (is_name_char(c))
		return (parse_fields(x, parse_word(x, o)));
	return (fail(x, "a value is missing"));
}

/* ---- commands ---- */

static struct operand *
add_arg(struct lexer *x, struct operand *call, struct operand *arg)
{
	struct operand	**at = &call->args;

	/* A call in parentheses is whole; (f) x would add to it. */
	if (call->kind != OPERAND_CALL || call->nfields != 0 ||
	    call->nargs == TMPL_ARGS_MAX)
		return (fail(x, "only functions take arguments, and not so "
		    "many"));
	while (*at != NULL)
		at = &(*at)->next;
	*at = arg;
	call->nargs++;
	return (call);
}

static bool
ends_command(int c)
{
	return (c == -1 || c == '|' || c == ')');
}

/* Too few or too many; html and the like in the middle. */
static struct operand *
check_call(struct lexer *x, struct operand *o)
{
	if (o->kind != OPERAND_CALL)
		return (o);
	if (o->nargs < o->func->min_args || o->nargs > o->func->max_args)
		return (fail(x, "wrong number of arguments"));
	return (o);
}

/* A function with its arguments, or one value; piped is its last argument. */
static struct operand *
parse_command(struct lexer *x, struct operand *piped)
{
	struct operand	*o, *arg;
	bool		 parens, arg_parens;

	skip_space(x);
	parens = peek(x, 0) == '(';
	if ((o = parse_operand(x)) == NULL)
		return (NULL);
	while (!ends_command(peek(x, 0))) {
		if (!is_space(peek(x, 0)))
			return (fail(x, "a character that does not belong "
			    "here"));
		skip_space(x);
		if (ends_command(peek(x, 0)))
			break;
		arg_parens = peek(x, 0) == '(';
		if (parens || (arg = parse_operand(x)) == NULL)
			return (fail(x, "only functions take arguments"));
		if (!arg_parens && check_call(x, arg) == NULL)
			return (NULL);
		if (arg->kind == OPERAND_CALL && arg->func->call == NULL)
			return (fail(x, "html and urlquery come last"));
		if (add_arg(x, o, arg) == NULL)
			return (NULL);
	}
	if (piped == NULL)
		return (check_call(x, o));
	if (parens || o->kind != OPERAND_CALL)
		return (fail(x, "a pipe leads to no function"));
	if (piped->kind == OPERAND_CALL && piped->func->call == NULL)
		return (fail(x, "html and urlquery come last"));
	return (add_arg(x, o, piped) == NULL ? NULL : check_call(x, o));
}

static struct operand *
parse_pipe(struct lexer *x)
{
	struct operand	*o = parse_command(x, NULL);
	unsigned	 n = 0;

	while (o != NULL && peek(x, 0) == '|') {
		advance(x, 1);
		if (++n > TMPL_DEPTH_MAX)
			return (fail(x, "a pipeline is too long"));
		o = parse_command(x, o);
	}
	return (o);
}

/* ---- whole pipelines ---- */

/* "$a, $b := " or "$a = "; leaves the lexer alone when it is neither. */
static bool
take_decl(struct lexer *x, struct decl *d)
{
	struct lexer	 y = *x;

	memset(d, 0, sizeof(*d));
	while (d->n < 2 && peek(&y, 0) == '$') {
		advance(&y, 1);
		d->names[d->n++] = take_name(&y);
		skip_space(&y);
		if (peek(&y, 0) != ',')
			break;
		advance(&y, 1);
		skip_space(&y);
	}
	d->declares = peek(&y, 0) == ':';
	if (d->n != 0 && peek(&y, d->declares) == '=') {
		advance(&y, d->declares ? 2 : 1);
		*x = y;
		return (true);
	}
	d->n = 0;
	return (false);
}

struct operand *
pipe_parse(struct parser *p, struct span text, struct decl *d, bool printed)
{
	struct lexer	 x = { .rest = text, .p = p };
	struct operand	*o;
	unsigned	 i;

	skip_space(&x);
	if (take_decl(&x, d))
		for (i = 0; i < d->n; i++)
			if (d->names[i].len == 0)
				return (fail(&x, "$ cannot be set"));
	if ((o = parse_pipe(&x)) == NULL)
		return (NULL);
	skip_space(&x);
	if (x.rest.len != 0)
		return (fail(&x, "more was found than a value"));
	if ((d->n != 0 || !printed) && o->kind == OPERAND_CALL &&
	    o->func->call == NULL)
		return (fail(&x, "html and urlquery come last"));
	return (o);
}
