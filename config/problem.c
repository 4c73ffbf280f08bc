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

#include <stdarg.h>
#include <stdio.h>

#include "config.h"
#include "log.h"
#include "peer.h"

static void
tell(struct config *c, bool is_warning, unsigned line, const char *fmt,
    va_list ap)
{
	struct msg_cf_pa_problem	 m = { .warning = is_warning };
	char				 why[1024], text[2048];

	vsnprintf(why, sizeof(why), fmt, ap);
	snprintf(text, sizeof(text), "%s:%u: %s", c->path, line, why);
	m.text = span_str(text);
	if (!span_is_utf8(m.text))
		m.text = span_str("the configuration is not UTF-8");
	if (c->parent != NULL)
		peer_tell(c->parent, CF_PA_PROBLEM, &m, -1);
}

void
problem(struct config *c, unsigned line, const char *fmt, ...)
{
	va_list	 ap;

	c->failed = true;
	va_start(ap, fmt);
	tell(c, false, line, fmt, ap);
	va_end(ap);
}

void
warning(struct config *c, unsigned line, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	tell(c, true, line, fmt, ap);
	va_end(ap);
}
