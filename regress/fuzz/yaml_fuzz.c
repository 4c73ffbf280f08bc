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

/* link: config/yaml_tree.c config/values.c */
/* libs: yaml-0.1 */

#include <stdlib.h>

#include "config/values.h"
#include "config/yaml_tree.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *
lookup(const char *name)
{
	return (name[0] == 'A' ? "value" : NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span	 s = span_mem(p, len);
	struct buf	 b;
	unsigned	 line;
	uint64_t	 seconds;
	uint32_t	 port;
	char		 err[128], host[64], *text;

	ytree_free(ytree_parse(s, &line, err, sizeof(err)));
	if ((text = span_dup(s)) == NULL)
		return (0);
	value_duration(text, &seconds);
	value_issuer(text);
	value_listen(text, host, sizeof(host), &port);
	buf_init(&b, 1 << 20);
	value_expand(&b, text, lookup);
	buf_clear(&b);
	free(text);
	return (0);
}
