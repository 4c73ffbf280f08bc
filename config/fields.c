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
#include <strings.h>

#include "config.h"
#include "log.h"

#define STRING_MAX_LEN	4096

unsigned
line_of_key(const struct ynode *map, const char *key)
{
	const struct ynode	*n = ynode_get(map, key);

	return (n != NULL ? n->key_line : map == NULL ? 1 : map->line);
}

bool
is_one_of(const char *text, const char * const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(text, *list) == 0)
			return (true);
	return (false);
}

void
fields_read(struct config *c, const struct ynode *map,
    const struct field *fields, void *base, const char *what)
{
	const struct ynode	*n;
	const struct field	*f;

	if (map->kind == YNODE_NULL)
		return;
	if (map->kind != YNODE_MAP) {
		problem(c, map->line, "%s must be a map", what);
		return;
	}
	for (n = map->child; n != NULL; n = n->next) {
		for (f = fields; f->key != NULL &&
		    strcasecmp(f->key, n->key) != 0; f++)
			;
		if (f->key == NULL && c->warn_unknown)
			warning(c, n->key_line, "unknown key \"%s\" in %s",
			    n->key, what);
		else if (f->key == NULL)
			problem(c, n->key_line, "unknown key \"%s\" in %s",
			    n->key, what);
		else if (n->kind != YNODE_NULL)
			f->take(c, n, (char *)base + f->offset);
	}
}

/* The text of a scalar; NULL after a message. */
static const char *
scalar(struct config *c, const struct ynode *n)
{
	if (n->kind != YNODE_SCALAR) {
		problem(c, n->line, "\"%s\" must be a single value", n->key);
		return (NULL);
	}
	if (n->len > STRING_MAX_LEN) {
		problem(c, n->line, "\"%s\" is too long", n->key);
		return (NULL);
	}
	return (n->text);
}

void
take_string(struct config *c, const struct ynode *n, void *target)
{
	const char	*text = scalar(c, n);
	char		**s = target;

	if (text == NULL)
		return;
	free(*s);
	*s = xstrdup(text);
}

static const char *
environment(const char *name)
{
	return (getenv(name));
}

/* DEX_EXPAND_ENV in Go's spelling of false switches the expansion off. */
static bool
is_expanding(void)
{
	static const char * const	 off[] = { "0", "f", "F", "false",
		"FALSE", "False", NULL };
	const char			*flag = getenv("DEX_EXPAND_ENV");

	return (flag == NULL || !is_one_of(flag, off));
}

void
take_expanded(struct config *c, const struct ynode *n, void *target)
{
	const char	*text = scalar(c, n);
	char		**s = target;
	struct buf	 b;

	if (text == NULL)
		return;
	free(*s);
	*s = NULL;
	if (!is_expanding()) {
		*s = xstrdup(text);
		return;
	}
	buf_init(&b, 16 * STRING_MAX_LEN);
	value_expand(&b, text, environment);
	if ((*s = buf_take(&b)) == NULL)
		problem(c, n->line, "\"%s\" is too long", n->key);
}

void
take_bool(struct config *c, const struct ynode *n, void *target)
{
	if (n->kind != YNODE_SCALAR || !n->plain ||
	    !value_bool(n->text, target))
		problem(c, n->line, "\"%s\" must be true or false", n->key);
}

void
take_duration(struct config *c, const struct ynode *n, void *target)
{
	const char	*text = scalar(c, n);

	if (text != NULL && !value_duration(text, target))
		problem(c, n->line, "\"%s\" is no duration such as 24h or "
		    "1h30m", n->key);
}

void
take_strings(struct config *c, const struct ynode *n, void *target)
{
	const struct ynode	*i;
	struct list_buf		*l = target;

	if (n->kind != YNODE_LIST) {
		problem(c, n->line, "\"%s\" must be a list", n->key);
		return;
	}
	for (i = n->child; i != NULL; i = i->next)
		if (i->kind != YNODE_SCALAR || i->len > STRING_MAX_LEN)
			problem(c, i->line, "\"%s\" must be a list of strings",
			    n->key);
		else
			list_buf_add(l, span_mem(i->text, i->len));
	if (!buf_ok(&l->b))
		problem(c, n->line, "\"%s\" is too large", n->key);
}

void
take_pairs(struct config *c, const struct ynode *n, void *target)
{
	const struct ynode	*i;
	struct list_buf		*l = target;

	if (n->kind != YNODE_MAP) {
		problem(c, n->line, "\"%s\" must be a map", n->key);
		return;
	}
	for (i = n->child; i != NULL; i = i->next) {
		if (i->kind == YNODE_MAP || i->kind == YNODE_LIST) {
			problem(c, i->line, "\"%s\" must be a single value",
			    i->key);
			continue;
		}
		list_buf_add(l, span_str(i->key));
		list_buf_add(l, span_mem(i->text, i->len));
	}
	if (!buf_ok(&l->b))
		problem(c, n->line, "\"%s\" is too large", n->key);
}

void
take_line(struct config *c, const struct ynode *n, void *target)
{
	const struct ynode	**p = target;

	(void)c;
	*p = n;
}

void
take_unsupported(struct config *c, const struct ynode *n, void *target)
{
	bool	 yes = true;

	(void)target;
	if ((n->kind == YNODE_LIST || n->kind == YNODE_MAP) &&
	    n->child == NULL)
		return;
	if (n->kind == YNODE_SCALAR && (n->len == 0 || (n->plain &&
	    value_bool(n->text, &yes) && !yes)))
		return;
	problem(c, n->key_line, "\"%s\" is not supported yet", n->key);
}
