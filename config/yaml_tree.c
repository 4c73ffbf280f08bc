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
#include <strings.h>

#include <yaml.h>

#include "log.h"
#include "yaml_tree.h"

#define ANCHORS_MAX	256

struct anchor {
	char		*name;
	struct ynode	*copy;
};

struct builder {
	yaml_parser_t	 parser;
	struct anchor	 anchors[ANCHORS_MAX];
	unsigned	 nanchors;
	unsigned	 nodes;
	size_t		 copied;	/* bytes of text, by anchors and aliases */
	unsigned	 depth;
	unsigned	 line;		/* of the error */
	char		*err;
	size_t		 errlen;
};

static struct ynode	*build(struct builder *, yaml_event_t *);

void
ytree_free(struct ynode *n)
{
	struct ynode	*next;

	for (; n != NULL; n = next) {
		next = n->next;
		ytree_free(n->child);
		free(n->text);
		free(n->key);
		free(n);
	}
}

const struct ynode *
ynode_get(const struct ynode *map, const char *key)
{
	const struct ynode	*n;

	if (map == NULL || map->kind != YNODE_MAP)
		return (NULL);
	for (n = map->child; n != NULL; n = n->next)
		if (strcasecmp(n->key, key) == 0)
			return (n);
	return (NULL);
}

static struct ynode *
fail(struct builder *b, unsigned line, const char *why, const char *what)
{
	if (b->err[0] == '\0') {
		b->line = line;
		snprintf(b->err, b->errlen, why, what);
	}
	return (NULL);
}

static struct ynode *
node_new(struct builder *b, enum ynode_kind kind, unsigned line)
{
	struct ynode	*n;

	if (++b->nodes > YAML_NODES_MAX)
		return (fail(b, line, "the document is too large%s", ""));
	n = xcalloc(1, sizeof(*n));
	n->kind = kind;
	n->line = line;
	return (n);
}

static char *
dup_bytes(const void *p, size_t len)
{
	char	*copy = xcalloc(1, len + 1);

	memcpy(copy, p, len);
	return (copy);
}

static struct ynode *
copy_tree(struct builder *b, const struct ynode *n)
{
	struct ynode		*copy, **tail;
	const struct ynode	*c;

	b->copied += n->len + (n->key == NULL ? 0 : strlen(n->key));
	if (b->copied > YAML_COPIED_MAX)
		return (fail(b, n->line, "the document is too large%s", ""));
	if ((copy = node_new(b, n->kind, n->line)) == NULL)
		return (NULL);
	copy->plain = n->plain;
	copy->len = n->len;
	if (n->text != NULL)
		copy->text = dup_bytes(n->text, n->len);
	tail = &copy->child;
	for (c = n->child; c != NULL; c = c->next) {
		if ((*tail = copy_tree(b, c)) == NULL) {
			ytree_free(copy);
			return (NULL);
		}
		if (c->key != NULL)
			(*tail)->key = xstrdup(c->key);
		(*tail)->key_line = c->key_line;
		tail = &(*tail)->next;
	}
	return (copy);
}

static unsigned
line_of(const yaml_event_t *e)
{
	return ((unsigned)e->start_mark.line + 1);
}

static bool
next_event(struct builder *b, yaml_event_t *e)
{
	if (yaml_parser_parse(&b->parser, e))
		return (true);
	fail(b, (unsigned)b->parser.problem_mark.line + 1, "%s",
	    b->parser.problem == NULL ? "not YAML" : b->parser.problem);
	return (false);
}

static bool
keep_anchor(struct builder *b, const yaml_char_t *name, const struct ynode *n)
{
	struct anchor	*a;

	if (name == NULL)
		return (true);
	if (b->nanchors == ANCHORS_MAX) {
		fail(b, n->line, "too many anchors%s", "");
		return (false);
	}
	a = &b->anchors[b->nanchors];
	if ((a->copy = copy_tree(b, n)) == NULL)
		return (false);
	a->name = xstrdup((const char *)name);
	b->nanchors++;
	return (true);
}

static struct ynode *
build_alias(struct builder *b, const yaml_event_t *e)
{
	const char	*name = (const char *)e->data.alias.anchor;
	unsigned	 i;

	for (i = b->nanchors; i > 0; i--)
		if (strcmp(b->anchors[i - 1].name, name) == 0)
			return (copy_tree(b, b->anchors[i - 1].copy));
	return (fail(b, line_of(e), "there is no anchor \"%s\"", name));
}

static bool
is_null_text(const char *text)
{
	return (*text == '\0' || strcmp(text, "~") == 0 ||
	    strcasecmp(text, "null") == 0);
}

static struct ynode *
build_scalar(struct builder *b, const yaml_event_t *e)
{
	const char	*text = (const char *)e->data.scalar.value;
	size_t		 len = e->data.scalar.length;
	struct ynode	*n;

	if (memchr(text, '\0', len) != NULL)
		return (fail(b, line_of(e), "a NUL byte has no place here%s",
		    ""));
	if ((n = node_new(b, YNODE_SCALAR, line_of(e))) == NULL)
		return (NULL);
	n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (n->plain && is_null_text(text))
		n->kind = YNODE_NULL;
	else {
		n->text = dup_bytes(text, len);
		n->len = len;
	}
	return (n);
}

static struct ynode *
build_list(struct builder *b, const yaml_event_t *start)
{
	struct ynode	*list = node_new(b, YNODE_LIST, line_of(start));
	struct ynode	**tail;
	yaml_event_t	 e;

	if (list == NULL)
		return (NULL);
	tail = &list->child;
	while (next_event(b, &e)) {
		if (e.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&e);
			return (list);
		}
		if ((*tail = build(b, &e)) == NULL)
			break;
		tail = &(*tail)->next;
	}
	ytree_free(list);
	return (NULL);
}

/* YAML 1.1 merge: members that the map itself does not have. */
static bool
merge(struct builder *b, struct ynode *map, const struct ynode *from)
{
	const struct ynode	*c;
	struct ynode		*copy;

	if (from->kind == YNODE_LIST) {
		for (c = from->child; c != NULL; c = c->next)
			if (!merge(b, map, c))
				return (false);
		return (true);
	}
	if (from->kind != YNODE_MAP) {
		fail(b, from->line, "only maps can be merged%s", "");
		return (false);
	}
	for (c = from->child; c != NULL; c = c->next) {
		if (ynode_get(map, c->key) != NULL)
			continue;
		if ((copy = copy_tree(b, c)) == NULL)
			return (false);
		copy->key = xstrdup(c->key);
		copy->key_line = c->key_line;
		copy->next = map->child;
		map->child = copy;
	}
	return (true);
}

/* Reads a key and its value into *member. */
static bool
build_member(struct builder *b, yaml_event_t *e, struct ynode **member)
{
	unsigned	 line = line_of(e);
	char		*key;

	if (e->type != YAML_SCALAR_EVENT) {
		yaml_event_delete(e);
		fail(b, line, "a key must be a plain word%s", "");
		return (false);
	}
	key = dup_bytes(e->data.scalar.value, e->data.scalar.length);
	yaml_event_delete(e);
	if (!next_event(b, e) || (*member = build(b, e)) == NULL) {
		free(key);
		return (false);
	}
	(*member)->key = key;
	(*member)->key_line = line;
	return (true);
}

static struct ynode *
build_map(struct builder *b, const yaml_event_t *start)
{
	struct ynode	*map = node_new(b, YNODE_MAP, line_of(start));
	struct ynode	**tail, *m = NULL, *merged = NULL;
	yaml_event_t	 e;

	if (map == NULL)
		return (NULL);
	tail = &map->child;
	while (next_event(b, &e)) {
		if (e.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&e);
			if (merged != NULL && !merge(b, map, merged))
				break;
			ytree_free(merged);
			return (map);
		}
		if (!build_member(b, &e, &m))
			break;
		if (strcmp(m->key, "<<") == 0) {
			ytree_free(merged);
			merged = m;
			continue;
		}
		if (ynode_get(map, m->key) != NULL) {
			fail(b, m->key_line, "the key \"%s\" is there twice",
			    m->key);
			ytree_free(m);
			break;
		}
		*tail = m;
		tail = &m->next;
	}
	ytree_free(map);
	ytree_free(merged);
	return (NULL);
}

/* Takes over the event, which begins a node. */
static struct ynode *
build(struct builder *b, yaml_event_t *e)
{
	struct ynode		*n;
	const yaml_char_t	*anchor = NULL;

	if (++b->depth > YAML_DEPTH_MAX) {
		fail(b, line_of(e), "nested too deeply%s", "");
		n = NULL;
	} else if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		n = build_scalar(b, e);
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		n = build_map(b, e);
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		n = build_list(b, e);
	} else if (e->type == YAML_ALIAS_EVENT)
		n = build_alias(b, e);
	else
		n = fail(b, line_of(e), "a value is missing%s", "");
	b->depth--;
	if (n != NULL && !keep_anchor(b, anchor, n)) {
		ytree_free(n);
		n = NULL;
	}
	yaml_event_delete(e);
	return (n);
}

/* Skips an event of the stream; false if it is another one. */
static bool
expect(struct builder *b, yaml_event_type_t type)
{
	yaml_event_t	 e;
	bool		 same;

	if (!next_event(b, &e))
		return (false);
	same = e.type == type;
	if (!same)
		fail(b, line_of(&e), "one document is enough%s", "");
	yaml_event_delete(&e);
	return (same);
}

static struct ynode *
build_document(struct builder *b)
{
	struct ynode	*n;
	yaml_event_t	 e;

	if (!expect(b, YAML_STREAM_START_EVENT) || !next_event(b, &e))
		return (NULL);
	if (e.type == YAML_STREAM_END_EVENT) {
		yaml_event_delete(&e);
		return (node_new(b, YNODE_NULL, 1));
	}
	yaml_event_delete(&e);
	if (!next_event(b, &e) || (n = build(b, &e)) == NULL)
		return (NULL);
	if (!expect(b, YAML_DOCUMENT_END_EVENT) ||
	    !expect(b, YAML_STREAM_END_EVENT)) {
		ytree_free(n);
		return (NULL);
	}
	return (n);
}

struct ynode *
ytree_parse(struct span text, unsigned *line, char *err, size_t errlen)
{
	struct builder	 b = { .err = err, .errlen = errlen };
	struct ynode	*n;

	err[0] = '\0';
	*line = 1;
	if (!yaml_parser_initialize(&b.parser))
		fatalx("libyaml does not start");
	yaml_parser_set_input_string(&b.parser, span_ptr(text), text.len);
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	n = build_document(&b);
	yaml_parser_delete(&b.parser);
	while (b.nanchors > 0) {
		free(b.anchors[--b.nanchors].name);
		ytree_free(b.anchors[b.nanchors].copy);
	}
	if (n == NULL && err[0] == '\0')
		snprintf(err, errlen, "not YAML");
	*line = n == NULL ? b.line : 1;
	return (n);
}
