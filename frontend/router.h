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

#ifndef DEXD_ROUTER_H
#define DEXD_ROUTER_H

#include "buf.h"
#include "msg.h"

/* Which of our resources a path names: dex's routes, matched byte for byte. */
enum route_kind { ROUTE_NONE, ROUTE_ENDPOINT, ROUTE_DOCUMENT, ROUTE_STATIC,
	ROUTE_THEME, ROUTE_ROBOTS };

struct route {
	enum route_kind	 kind;
	const char	*handler;	/* as metrics name it; NULL: not counted */
	bool		 cors;		/* may be read across origins */
	enum endpoint	 endpoint;	/* ROUTE_ENDPOINT */
	enum document	 document;	/* ROUTE_DOCUMENT */
	struct span	 rest;		/* ROUTE_STATIC, ROUTE_THEME: "/x" */
};

/*
 * prefix is the path of the issuer without a slash at its end.  The decoded
 * {connector} segment is appended to `connector`.
 */
struct route	 route_find(struct span path, struct span prefix,
		    struct buf *connector);

#endif /* DEXD_ROUTER_H */
