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

#ifndef DEXD_COOKIE_H
#define DEXD_COOKIE_H

#include "http_req.h"

#define COOKIES_MAX		32	/* names and values of one request */
#define COOKIE_NAME_MAX		256	/* bytes */
#define COOKIE_VALUE_MAX	4096	/* bytes */

/*
 * Is it the name of a cookie of ours: dexd_ and something, behind what RFC
 * 6265bis section 4.1.3 may put in front?  Only those go to the engine, and
 * only those may be set by it.
 */
bool	 cookie_is_ours(struct span name);

/* Adds names and values of our cookies, in order; others are left out. */
void	 cookies_take(struct list_buf *, const struct http_req *);

#endif /* DEXD_COOKIE_H */
