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

#ifndef DEXD_TMPL_INT_H
#define DEXD_TMPL_INT_H

/* Shared by the files of the template engine alone. */

#include "tmpl.h"

#define TMPL_DEPTH_MAX	16	/* nested blocks, nested includes */
#define TMPL_ARGS_MAX	8
#define TMPL_NAME_MAX	64

/* ---- values at run time ---- */

enum tvalue_type { TV_NONE, TV_STR, TV_BOOL, TV_INT, TV_LIST, TV_ROWS,
	TV_ROW };

struct tvalue {
	enum tvalue_type	 type;
	struct span		 str;	/* STR, ROW */
	bool			 yes;
	long			 number;
	struct msg_list		 items;	/* LIST, ROWS */
};

/* ---- pipelines ---- */

enum operand_kind { OPERAND_DOT, OPERAND_FIELD, OPERAND_VAR, OPERAND_STRING,
	OPERAND_INT, OPERAND_BOOL, OPERAND_CALL };

struct pipe;

/* A word of a command.  A call has its arguments; others have none. */
struct operand {
	enum operand_kind	 kind;
	struct span		 name;	/* field, variable, function, string */
	struct span		 field;	/* of a variable; may be empty */
	long			 number;
	const struct tmpl_func	*func;
	struct operand		*args;	/* list through next */
	unsigned		 nargs;
	struct operand		*next;
};

/* ---- where in the HTML a piece of text ends ---- */

enum html_state { HTML_TEXT, HTML_COMMENT, HTML_DECLARATION, HTML_TAG_NAME,
	HTML_TAG, HTML_ATTR_NAME, HTML_AFTER_NAME, HTML_BEFORE_VALUE,
	HTML_VALUE_DQ, HTML_VALUE_SQ, HTML_VALUE_BARE, HTML_RAW };
enum attr_kind { ATTR_PLAIN, ATTR_URL, ATTR_CODE };
enum url_part { URL_START, URL_PATH, URL_QUERY };

struct html {
	enum html_state	 state;
	enum attr_kind	 attr;
	enum url_part	 part;
	char		 tag[16];	/* lower case, cut off */
	char		 name[16];	/* of the attribute */
};

void		 html_advance(struct html *, struct span text);
/* The state behind a block, where attribute names have ended. */
void		 html_nudge(struct html *);
bool		 html_same(const struct html *, const struct html *);

enum escape { ESCAPE_HTML, ESCAPE_URL_START, ESCAPE_URL_PATH,
	ESCAPE_URL_QUERY };
/* How a value is escaped here; false: no value may stand here. */
bool		 html_escape_of(const struct html *, enum escape *);
void		 escape_put(struct buf *, enum escape, struct span);

/* ---- nodes ---- */

enum node_kind { NODE_TEXT, NODE_VALUE, NODE_IF, NODE_RANGE, NODE_TEMPLATE };

struct node {
	enum node_kind	 kind;
	struct span	 text;		/* TEXT; TEMPLATE: name */
	struct operand	*value;
	enum escape	 escape;	/* VALUE */
	struct span	 var;		/* RANGE: "c" of $c, or empty */
	struct node	*body;
	struct node	*other;		/* else */
	struct node	*next;
};

struct tmpl {
	const struct tmpl_source	*source;
	struct node			*nodes;
};

struct tmpl_set {
	struct tmpl	*list;
	size_t		 n;
};

/* The place of an error while compiling. */
struct tmpl_error {
	const char	*file;
	unsigned	 line;
	char		*text;
	size_t		 size;
};
void		 tmpl_fail(struct tmpl_error *, const char *why);

/* Parses a whole pipeline; NULL after tmpl_fail(). */
struct operand	*pipe_parse(struct span, struct tmpl_error *);
void		 operand_free(struct operand *);	/* and its siblings */

int		 nodes_parse(struct tmpl *, struct tmpl_error *);
void		 nodes_free(struct node *);

/* ---- running ---- */

struct arena_block;
struct tmpl_run {
	const struct tmpl_set	*set;
	const struct tmpl_env	*env;
	struct arena_block	*arena;
	unsigned		 depth;
};
/* A copy that lives until the page is done; empty when memory ran out. */
struct span	 run_keep(struct tmpl_run *, struct span);

struct tmpl_func {
	const char	*name;
	unsigned	 min_args;
	unsigned	 max_args;
	void		(*call)(struct tmpl_run *, const struct tvalue *args,
			    unsigned nargs, struct tvalue *result);
};
const struct tmpl_func	*tmpl_func_find(struct span name);
bool		 tvalue_true(const struct tvalue *);

#endif /* DEXD_TMPL_INT_H */
