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

/* link: config/yaml_tree.c config/values.c config/document.c config/blocks.c config/web.c config/entries.c config/fields.c config/emit.c config/problem.c */
/* libs: yaml-0.1 jansson */

#include "regress/fuzz/fuzz.h"

#include <stdlib.h>

#include "config/config.h"
#include "json.h"
#include "peer.h"

/*
 * A configuration of anybody, the whole way of the config room: what it tells
 * the parent is within msg.def, and a file with a problem makes no slice.
 */

/* In the place of lib/peer: the parent hears it. */
int
peer_tell(struct peer *p, enum msg_type type, const void *m, int fd)
{
	struct buf	 b;
	struct msg	 back;
	int		 error;

	(void)p;
	RULE(fd == -1 && msg_allowed(type, ROOM_CONFIG, ROOM_PARENT));
	buf_init(&b, 1 << 20);
	error = msg_encode(type, m, &b);
	if (error == 0) {
		memset(&back, 0, sizeof(back));
		back.type = type;
		RULE(msg_decode(&back, buf_span(&b)) == 0);
	}
	buf_clear(&b);
	return (error);
}

/*
 * The room lives for one parse and frees nothing; here its memory is taken
 * back after each, by address.
 */
#define LIVE_MAX	65536
static const volatile void	*live[LIVE_MAX];
static size_t			 nlive;
static bool			 counting;

int	 __sanitizer_install_malloc_and_free_hooks(
	    void (*)(const volatile void *, size_t),
	    void (*)(const volatile void *));

static void
on_malloc(const volatile void *p, size_t n)
{
	(void)n;
	if (counting && nlive < LIVE_MAX)
		live[nlive++] = p;
}

static void
on_free(const volatile void *p)
{
	size_t	 i;

	if (!counting || p == NULL)
		return;
	for (i = nlive; i-- != 0;)
		if (live[i] == p) {
			live[i] = live[--nlive];
			return;
		}
}

static void
free_live(void)
{
	counting = false;
	while (nlive != 0)
		free((void *)(uintptr_t)live[--nlive]);
}

static void
document(struct span text)
{
	static char		 parent;
	static struct config	*first;		/* stays reachable */
	struct config		*c;
	struct ynode		*tree;
	unsigned		 line;
	char			 err[512];

	if (!span_is_utf8(text) || text.len > YAML_SIZE_MAX)
		return;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return;
	if (first == NULL)
		first = c;
	c->path = "f";
	c->parent = (struct peer *)&parent;
	tree = ytree_parse(text, &line, err, sizeof(err));
	if (tree == NULL)
		RULE(*err != '\0');
	else {
		read_document(c, tree);
		emit_all(c);
	}
	ytree_free(tree);
}

static const char *
lookup(const char *name)
{
	return (name[0] == 'A' ? "value" : NULL);
}

static void
values(struct span s)
{
	struct buf	 b;
	uint64_t	 seconds;
	uint32_t	 port;
	char		 host[64], *text;

	if ((text = span_dup(s)) == NULL)
		return;
	if (value_duration(text, &seconds))
		RULE(seconds <= UINT64_C(100) * 366 * 86400);
	value_issuer(text);
	if (value_listen(text, host, sizeof(host), &port) == NULL)
		RULE(port <= 65535);
	buf_init(&b, 1 << 20);
	value_expand(&b, text, lookup);
	buf_clear(&b);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static bool	 warm;

	if (!warm) {
		json_warm_up();
		warm = true;
		document(span_str("issuer: http://x\nstorage: {type: memory}\n"
		    "web: {http: 127.0.0.1:1}\nenablePasswordDB: true\n"));
		__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
	}
	values(span_mem(p, len));
	counting = true;
	document(span_mem(p, len));
	free_live();
	return (0);
}
