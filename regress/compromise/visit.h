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

#ifndef DEXD_VISIT_H
#define DEXD_VISIT_H

#include <stdint.h>

/*
 * The browser, or whoever reads metrics: one request at a time, in a thread of
 * its own while the loop plays the rooms behind the one that listens.
 */

/* What came back for the last request, cut at this size. */
extern char	 visit_reply[256 * 1024];

/* A listening socket for the room; whoever visits goes there. */
int	 visit_listen(void);

void	 visit_begin(const char *text);
void	 visit_end(void);

/* Both, and both for a GET without header fields. */
void	 visit(const char *text);
void	 visit_get(const char *path);

#endif /* DEXD_VISIT_H */
