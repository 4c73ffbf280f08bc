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

#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tmpl_int.h"

/* A set of templates: memory, compiling, what the policy must allow. */

#define SET_BYTES_MAX	(32 * 1024 * 1024)
#define BLOCK_SIZE	16384

struct arena_block {
	struct arena_block	*next;
	size_t			 used;
	size_t			 size;
	alignas(max_align_t) uint8_t bytes[];
};

void *
arena_get(struct arena *a, size_t n)
{
	struct arena_block	*b = a->blocks;
	size_t			 align = alignof(max_align_t), size;

	n = (n + align - 1) / align * align;
	if (n > a->left)
		return (NULL);
	if (b == NULL || b->size - b->used < n) {
		size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
		if ((b = calloc(1, sizeof(*b) + size)) == NULL)
			return (NULL);
		b->size = size;
		b->next = a->blocks;
		a->blocks = b;
	}
	a->left -= n;
	b->used += n;
	return (b->bytes + b->used - n);
}

void
arena_free(struct arena *a)
{
	struct arena_block	*b;

	while ((b = a->blocks) != NULL) {
		a->blocks = b->next;
		free(b);
	}
}

void
tmpl_fail(struct tmpl_error *e, const char *why)
{
	if (e->text[0] != '\0')
		return;
	if (e->line == 0)
		snprintf(e->text, e->size, "%s: %s", e->file, why);
	else
		snprintf(e->text, e->size, "%s:%u: %s", e->file, e->line, why);
}

const struct tmpl *
tmpl_find(const struct tmpl_set *set, struct span name)
{
	const struct tmpl	*t;

	for (t = set->list; t != NULL; t = t->next)
		if (span_eq(t->name, name))
			return (t);
	return (NULL);
}

/* What cannot be parsed may be a page that is never shown. */
static bool
parse_sources(struct tmpl_set *set, const struct tmpl_source *sources,
    size_t n)
{
	struct tmpl_error	 error;
	struct broken		*b;
	size_t			 i;

	for (i = 0; i < n; i++) {
		if ((b = arena_get(&set->arena, sizeof(*b))) == NULL)
			return (false);
		error.text = b->why;
		error.size = sizeof(b->why);
		if (source_parse(set, &sources[i], &error) == 0)
			continue;
		b->name = span_str(sources[i].name);
		b->next = set->broken;
		set->broken = b;
	}
	return (true);
}

static bool
compile_pages(struct tmpl_set *set, const char * const *pages, size_t npages,
    struct tmpl_error *error)
{
	const struct html	 text = { .state = HTML_TEXT };
	const struct instance	*in;
	size_t			 i;

	for (i = 0; i < npages; i++) {
		error->file = pages[i];
		error->line = 0;
		if ((in = instance_make(set, span_str(pages[i]), &text,
		    error)) == NULL)
			return (false);
		if (in->end.state != HTML_TEXT) {
			tmpl_fail(error, "the page ends inside a tag, a "
			    "comment or a script");
			return (false);
		}
	}
	return (true);
}

struct tmpl_set *
tmpl_compile(const struct tmpl_source *sources, size_t n,
    const char * const *pages, size_t npages, char *err, size_t errlen)
{
	struct tmpl_error	 error = { .text = err, .size = errlen };
	struct tmpl_set		*set;
	int			 i;

	err[0] = '\0';
	if ((set = calloc(1, sizeof(*set))) == NULL) {
		snprintf(err, errlen, "no memory");
		return (NULL);
	}
	set->arena.left = SET_BYTES_MAX;
	buf_init(&set->code.text, TMPL_SOURCE_MAX);
	for (i = 0; i < TMPL_CODES; i++)
		buf_init(&set->code.hashes[i], TMPL_HASHES_MAX * 64);
	error.file = "templates";
	error.line = 0;
	if (!parse_sources(set, sources, n))
		tmpl_fail(&error, "too large");
	else if (compile_pages(set, pages, npages, &error))
		return (set);
	tmpl_free(set);
	return (NULL);
}

void
tmpl_free(struct tmpl_set *set)
{
	int	 i;

	if (set == NULL)
		return;
	arena_free(&set->arena);
	buf_clear(&set->code.text);
	for (i = 0; i < TMPL_CODES; i++)
		buf_clear(&set->code.hashes[i]);
	free(set);
}

struct span
tmpl_hashes(const struct tmpl_set *set, enum tmpl_code which)
{
	return (buf_span(&set->code.hashes[which]));
}
