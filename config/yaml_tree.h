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

#ifndef DEXD_YAML_TREE_H
#define DEXD_YAML_TREE_H

#include "span.h"

/*
 * One YAML document as a tree that knows its lines.  Strict where YAML is
 * treacherous: a key twice in one map (in any case of letters) is an error,
 * aliases are bounded, so are depth and size.
 */

#define YAML_SIZE_MAX	(1024 * 1024)
#define YAML_DEPTH_MAX	32
#define YAML_NODES_MAX	100000	/* aliases counted as often as they are used */
#define YAML_COPIED_MAX	(8 * YAML_SIZE_MAX)	/* by them: a text may be long */

enum ynode_kind { YNODE_NULL, YNODE_SCALAR, YNODE_MAP, YNODE_LIST };

struct ynode {
	enum ynode_kind	 kind;
	unsigned	 line;		/* from 1 */
	char		*text;		/* SCALAR */
	size_t		 len;
	bool		 plain;		/* not quoted: may be a bool or number */
	char		*key;		/* when it is a member of a map */
	unsigned	 key_line;
	struct ynode	*child;		/* MAP, LIST: first */
	struct ynode	*next;
};

/*
 * Parses the text.  NULL with a message and its line; an empty document is a
 * YNODE_NULL.
 */
struct ynode	*ytree_parse(struct span, unsigned *line, char *err,
		    size_t errlen);
void		 ytree_free(struct ynode *);

/* The member of that name, in any case of letters; NULL if there is none. */
const struct ynode	*ynode_get(const struct ynode *map, const char *key);

#endif /* DEXD_YAML_TREE_H */
