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

#define TMPL_SOURCE_MAX	(256 * 1024)
#define TMPL_DEPTH_MAX	64	/* nested blocks */
#define TMPL_INCLUDES_MAX 16	/* nested includes */
#define TMPL_PARENS_MAX	16
#define TMPL_ARGS_MAX	32
#define TMPL_VARS_MAX	64	/* in one template */
#define TMPL_FIELDS_MAX	8	/* .A.B.C */
#define TMPL_HASHES_MAX	64
#define VALUE_DEPTH_MAX	16	/* lists in lists */
#define VALUE_ITEMS_MAX	4096	/* of one list or dict */
#define VALUE_TEXT_MAX	65536

/* ---- memory that is given back all at once ---- */

struct arena_block;
struct arena {
	struct arena_block	*blocks;
	size_t			 left;		/* bytes it may still take */
};
/* Zeroed; NULL when there is no more. */
void	*arena_get(struct arena *, size_t);
void	 arena_free(struct arena *);

/* ---- values at run time ---- */

/* PAGE is the data of the page, read by field. */
enum tvalue_type { TV_NONE, TV_STR, TV_BOOL, TV_INT, TV_TIME, TV_LIST,
	TV_DICT, TV_PAGE };

struct tvalue {
	enum tvalue_type	 type;
	union {
		struct span	 str;		/* STR */
		int64_t		 number;	/* INT, BOOL; TIME: seconds */
		struct {
			/* LIST; DICT: n times a key (STR) and its value */
			const struct tvalue	*items;
			size_t			 n;
		};
	};
};

struct tmpl_run;
struct tvalue	 tvalue_str(struct span);
struct tvalue	 tvalue_bool(bool);
struct tvalue	 tvalue_int(int64_t);
bool		 tvalue_true(const struct tvalue *);
bool		 tvalue_equal(struct tmpl_run *, const struct tvalue *,
		    const struct tvalue *, unsigned depth);
/* As Go prints it; what is made for that lives as long as the run. */
struct span	 tvalue_text(struct tmpl_run *, const struct tvalue *);
struct tvalue	 tvalue_field(struct tmpl_run *, const struct tvalue *,
		    struct span name);

/* ---- pipelines ---- */

enum operand_kind { OPERAND_DOT, OPERAND_VAR, OPERAND_VALUE, OPERAND_CALL };

/* A word of a command, with the fields behind it. */
struct operand {
	enum operand_kind	 kind;
	struct tvalue		 value;		/* VALUE */
	unsigned		 slot;		/* VAR */
	const struct tmpl_func	*func;		/* CALL */
	struct operand		*args;		/* list through next */
	unsigned		 nargs;
	struct span		 fields[TMPL_FIELDS_MAX];
	unsigned		 nfields;
	unsigned		 line;
	struct operand		*next;
};

/* ---- where in the HTML a piece of text ends ---- */

enum html_state { HTML_TEXT, HTML_RCDATA, HTML_RAW, HTML_COMMENT,
	HTML_DECLARATION, HTML_TAG_NAME, HTML_TAG, HTML_NAME_SPLIT,
	HTML_ATTR_NAME, HTML_AFTER_NAME, HTML_BEFORE_VALUE, HTML_VALUE_DQ,
	HTML_VALUE_SQ, HTML_VALUE_BARE };
enum attr_kind { ATTR_PLAIN, ATTR_URL, ATTR_CODE };
/*
 * SCHEME: what was written may become a scheme; VALUE: what a value brought
 * may; BAD: behind a scheme that no value may follow; UNKNOWN: branches differ.
 */
enum url_part { URL_START, URL_SCHEME, URL_VALUE, URL_PATH, URL_QUERY,
	URL_BAD, URL_UNKNOWN };

/* What was last in a comment: <!--, <!---, -, --, --! or anything else. */
enum comment { COMMENT_OTHER, COMMENT_LESS, COMMENT_BANG, COMMENT_OPEN1,
	COMMENT_START, COMMENT_START_DASH, COMMENT_DASH, COMMENT_END,
	COMMENT_END_BANG };
enum html_open { HTML_SVG, HTML_MATH, HTML_SELECT, HTML_NOSCRIPT, HTML_OPENS };

/* The code of a script, a style element or such an attribute. */
struct html_code {
	struct buf	 text;
	struct buf	 hashes[TMPL_CODES];
	bool		 attributes[TMPL_CODES];	/* of attributes, too */
};

struct html {
	enum html_state	 state;
	enum attr_kind	 attr;
	enum url_part	 part;
	char		 tag[16];	/* lower case, cut off */
	char		 name[32];	/* of the attribute */
	char		 scheme[8];
	bool		 closing;	/* </tag */
	bool		 equiv;		/* the tag has http-equiv */
	bool		 content;	/* and a value in content */
	bool		 opener;	/* RAW: <!-- was seen */
	bool		 slash;		/* TAG: the last byte was one */
	enum comment	 comment;
	/* Open elements within which others are read in other ways. */
	uint8_t		 open[HTML_OPENS];
};

#define HTML_CUT	"an action cuts a tag, a comment or their like in two"

/* NULL, or why the text is refused; *line counts on. */
const char	*html_advance(struct html *, struct span text,
		    struct html_code *, unsigned *line);
/* Does the text end within something that the next one could complete? */
bool		 html_is_cut(const struct html *, struct span text);
/* Before an action: NULL, or why it may not stand here. */
const char	*html_before_action(const struct html *);
/* The state behind a block, where attribute names have ended. */
void		 html_nudge(struct html *);
bool		 html_same(const struct html *, const struct html *);
/* Makes a what is true of both; false if there is no such thing. */
bool		 html_join(struct html *a, const struct html *b);

enum escape { ESCAPE_HTML, ESCAPE_URL_START, ESCAPE_URL_PATH,
	ESCAPE_URL_QUERY };
/* How a value is escaped here; else why it may not stand here. */
const char	*html_put_value(struct html *, enum escape *);
void		 escape_put(struct buf *, enum escape, struct span);
void		 escape_query(struct buf *, struct span);

/* ---- nodes ---- */

enum node_kind { NODE_TEXT, NODE_VALUE, NODE_SET, NODE_IF, NODE_WITH,
	NODE_RANGE, NODE_TEMPLATE, NODE_BREAK, NODE_CONTINUE };

struct node {
	enum node_kind	 kind;
	unsigned	 line;
	struct span	 text;		/* TEXT; TEMPLATE: name */
	struct operand	*value;
	bool		 urlquery;	/* VALUE: it was the last function */
	unsigned	 index;		/* VALUE, TEMPLATE: see instance */
	int		 slot;		/* variable that gets the value; -1 */
	int		 key_slot;	/* RANGE: of the index; -1 */
	struct node	*body;
	struct node	*other;		/* else */
	struct node	*next;
};

/* A source, or what a define in one made. */
struct tmpl {
	struct span	 name;
	const char	*file;
	unsigned	 line;
	struct node	*nodes;
	unsigned	 nindex;
	struct tmpl	*next;
};

/* A template as it is used from one place of HTML. */
struct instance {
	const struct tmpl	*t;
	struct html		 start;
	struct html		 end;
	bool			 busy;
	unsigned		 depth;		/* of what it includes */
	uint8_t			*escapes;	/* by index */
	struct instance		**targets;
	struct instance		*next;
};

/* A source that does not parse; it matters if a page needs it. */
struct broken {
	struct span	 name;
	char		 why[256];
	struct broken	*next;
};

struct tmpl_set {
	struct arena		 arena;
	struct tmpl		*list;		/* newest first */
	struct instance		*instances;
	unsigned		 walking;	/* instances that are busy */
	struct html_code	 code;
	struct broken		*broken;
};

/* The place of an error while compiling. */
struct tmpl_error {
	const char	*file;
	unsigned	 line;
	char		*text;
	size_t		 size;
};
void		 tmpl_fail(struct tmpl_error *, const char *why);

/* ---- parsing ---- */

struct parser {
	struct tmpl_set		*set;
	struct tmpl		*t;		/* the one being parsed */
	struct span		 rest;
	struct tmpl_error	*error;
	unsigned		 depth;
	unsigned		 loops;
	struct span		 vars[TMPL_VARS_MAX];	/* by slot */
	unsigned		 nvars;
	struct span		 tail;		/* of an else: "if ..." */
	bool			 trim;		/* -}} was last */
	/* Lines of a trimmed text, of the last action: not counted yet. */
	unsigned		 trimmed;
	unsigned		 pending;
};
int		 parse_fail(struct parser *, const char *why);	/* -1 */
/* All templates of a source, put before set->list. */
int		 source_parse(struct tmpl_set *, const struct tmpl_source *,
		    struct tmpl_error *);

/* The variables in front of a pipeline. */
struct decl {
	struct span	 names[2];
	unsigned	 n;
	bool		 declares;	/* :=, not = */
};
/*
 * Parses "$x := " if it is there, and then the pipeline.  Only one that is
 * printed may end in html or urlquery.
 */
struct operand	*pipe_parse(struct parser *, struct span, struct decl *,
		    bool printed);
int		 var_slot(const struct parser *, struct span name);

/* Everything a page needs, from a place of HTML on; NULL after tmpl_fail(). */
struct instance	*instance_make(struct tmpl_set *, struct span name,
		    const struct html *, struct tmpl_error *);
const struct tmpl	*tmpl_find(const struct tmpl_set *, struct span name);

/* ---- running ---- */

struct page_cache {
	struct span	 name;
	struct tvalue	 value;
};

struct tmpl_run {
	const struct tmpl_env	*env;
	struct arena		 arena;
	size_t			 work;		/* steps that are left */
	const char		*why;		/* it failed */
	const char		*file;
	unsigned		 line;
	struct page_cache	 cache[32];
	unsigned		 ncache;
};
void		 run_fail(struct tmpl_run *, const char *why);
/* Takes n steps; false when there are no more, or it failed before. */
bool		 run_work(struct tmpl_run *, size_t n);
/* A copy that lives until the page is done; empty when it failed. */
struct span	 run_keep(struct tmpl_run *, struct span);
/* n values for a list; NULL when it failed. */
struct tvalue	*run_items(struct tmpl_run *, size_t n);
/* The content of b as a text; clears b. */
struct tvalue	 run_text(struct tmpl_run *, struct buf *b);

typedef void	 tmpl_call(struct tmpl_run *, const struct tvalue *args,
		    unsigned nargs, struct tvalue *result);
struct tmpl_func {
	const char	*name;
	unsigned	 min_args;
	unsigned	 max_args;
	tmpl_call	*call;		/* NULL: html, urlquery, at the end */
};
const struct tmpl_func	*tmpl_func_find(struct span name);
extern const struct tmpl_func	 text_funcs[], list_funcs[], number_funcs[];
/* As integers are read by Sprig: a text that is none is 0. */
int64_t		 tvalue_number(const struct tvalue *);

#endif /* DEXD_TMPL_INT_H */
