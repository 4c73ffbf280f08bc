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

/* Parses what stands between {{ and }}: pipelines of commands. */

struct lexer {
	struct span		 rest;
	struct tmpl_error	*error;
	unsigned		 depth;
};

static struct operand	*parse_pipe(struct lexer *);

void
operand_free(struct operand *o)
{
	struct operand	*next;

	for (; o != NULL; o = next) {
		next = o->next;
		operand_free(o->args);
		free(o);
	}
}

static bool
is_space(uint8_t c)
{
	return (c == ' ' || c == '\t' || c == '\n' || c == '\r');
}

static bool
is_name_char(uint8_t c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_');
}

static void
skip_space(struct lexer *x)
{
	while (x->rest.len != 0 && is_space(*x->rest.p)) {
		x->rest.p++;
		x->rest.len--;
	}
}

static int
peek(struct lexer *x)
{
	return (x->rest.len == 0 ? -1 : *x->rest.p);
}

static void
advance(struct lexer *x, size_t n)
{
	x->rest.p += n;
	x->rest.len -= n;
}

static struct span
take_name(struct lexer *x)
{
	size_t		 n = 0;
	struct span	 s;

	while (n < x->rest.len && is_name_char(x->rest.p[n]))
		n++;
	s = span_mem(x->rest.p, n);
	advance(x, n);
	return (s);
}

static struct operand *
fail(struct lexer *x, struct operand *o, const char *why)
{
	operand_free(o);
	tmpl_fail(x->error, why);
	return (NULL);
}

/* "text" or `text`; escapes are not supported, for no page needs them. */
static struct operand *
parse_string(struct lexer *x, struct operand *o)
{
	const uint8_t	*end = memchr(x->rest.p + 1, *x->rest.p,
			    x->rest.len - 1);
	size_t		 n;

	if (end == NULL)
		return (fail(x, o, "a string does not end"));
	n = (size_t)(end - x->rest.p) - 1;
	o->kind = OPERAND_STRING;
	o->name = span_mem(x->rest.p + 1, n);
	if (*x->rest.p == '"' && memchr(span_ptr(o->name), '\\', n) != NULL)
		return (fail(x, o, "escapes in strings are not supported"));
	advance(x, n + 2);
	return (o);
}

static struct operand *
parse_number(struct lexer *x, struct operand *o)
{
	struct span	 digits = take_name(x);
	size_t		 i;

	o->kind = OPERAND_INT;
	for (i = 0; i < digits.len; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9' || i > 8)
			return (fail(x, o, "a number is malformed"));
		o->number = o->number * 10 + (digits.p[i] - '0');
	}
	return (o);
}

/* .Name, or . alone; only one level, which is all that pages have. */
static struct operand *
parse_field(struct lexer *x, struct operand *o)
{
	advance(x, 1);
	o->name = take_name(x);
	o->kind = o->name.len == 0 ? OPERAND_DOT : OPERAND_FIELD;
	if (peek(x) == '.')
		return (fail(x, o, "fields of fields are not supported"));
	return (o);
}

static struct operand *
parse_variable(struct lexer *x, struct operand *o)
{
	advance(x, 1);
	o->kind = OPERAND_VAR;
	o->name = take_name(x);
	if (peek(x) != '.')
		return (o);
	advance(x, 1);
	o->field = take_name(x);
	return (o->field.len == 0 ? fail(x, o, "a field has no name") : o);
}

static struct operand *
parse_word(struct lexer *x, struct operand *o)
{
	o->name = take_name(x);
	if (span_is(o->name, "true") || span_is(o->name, "false")) {
		o->kind = OPERAND_BOOL;
		o->number = span_is(o->name, "true");
		return (o);
	}
	o->kind = OPERAND_CALL;
	if ((o->func = tmpl_func_find(o->name)) == NULL)
		return (fail(x, o, "there is no such function"));
	return (o);
}

static struct operand *
parse_operand(struct lexer *x)
{
	struct operand	*o;
	int		 c = peek(x);

	if (c == '(') {
		advance(x, 1);
		if (++x->depth > TMPL_DEPTH_MAX)
			return (fail(x, NULL, "too many parentheses"));
		o = parse_pipe(x);
		x->depth--;
		skip_space(x);
		if (o != NULL && peek(x) != ')')
			return (fail(x, o, "a parenthesis does not close"));
		if (o != NULL)
			advance(x, 1);
		return (o);
	}
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return (fail(x, NULL, "no memory"));
	if (c == '"' || c == '`')
		return (parse_string(x, o));
	if (c >= '0' && c <= '9')
		return (parse_number(x, o));
	if (c == '.')
		return (parse_field(x, o));
	if (c == '$')
		return (parse_variable(x, o));
	if (c != -1 && is_name_char((uint8_t)c))
		return (parse_word(x, o));
	return (fail(x, o, "a value is missing"));
}

static void
add_arg(struct operand *call, struct operand *arg)
{
	struct operand	**at = &call->args;

	while (*at != NULL)
		at = &(*at)->next;
	*at = arg;
	call->nargs++;
}

/* A function with its arguments, or one value; `first` comes from a pipe. */
static struct operand *
parse_command(struct lexer *x, struct operand *piped)
{
	struct operand	*o, *arg;

	skip_space(x);
	if ((o = parse_operand(x)) == NULL) {
		operand_free(piped);
		return (NULL);
	}
	for (skip_space(x); peek(x) != -1 && peek(x) != '|' && peek(x) != ')';
	    skip_space(x)) {
		if (o->kind != OPERAND_CALL || o->nargs == TMPL_ARGS_MAX) {
			operand_free(piped);
			return (fail(x, o, "only functions take arguments"));
		}
		if ((arg = parse_operand(x)) == NULL) {
			operand_free(piped);
			operand_free(o);
			return (NULL);
		}
		add_arg(o, arg);
	}
	if (piped != NULL) {
		if (o->kind != OPERAND_CALL) {
			operand_free(piped);
			return (fail(x, o, "a pipe leads to no function"));
		}
		add_arg(o, piped);
	}
	return (o);
}

/* A name among arguments is a call without any; the rest must fit. */
static bool
check_args(const struct operand *o)
{
	for (; o != NULL; o = o->next) {
		if (o->kind == OPERAND_CALL && (o->nargs < o->func->min_args ||
		    o->nargs > o->func->max_args))
			return (false);
		if (!check_args(o->args))
			return (false);
	}
	return (true);
}

static struct operand *
parse_pipe(struct lexer *x)
{
	struct operand	*o = parse_command(x, NULL);

	while (o != NULL && peek(x) == '|') {
		advance(x, 1);
		o = parse_command(x, o);
	}
	return (o);
}

struct operand *
pipe_parse(struct span text, struct tmpl_error *error)
{
	struct lexer	 x = { .rest = text, .error = error };
	struct operand	*o;

	if ((o = parse_pipe(&x)) == NULL)
		return (NULL);
	skip_space(&x);
	if (x.rest.len != 0)
		return (fail(&x, o, "more was found than a value"));
	if (!check_args(o))
		return (fail(&x, o, "wrong number of arguments"));
	return (o);
}
