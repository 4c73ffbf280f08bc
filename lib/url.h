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

#ifndef DEXD_URL_H
#define DEXD_URL_H

#include "msg.h"

/*
 * Percent-encoding (RFC 3986 section 2.1), urlencoded forms (WHATWG URL 5.1)
 * and the query of redirect URIs, in the bytes that Go's net/url writes.
 */

/* For a query: unreserved characters stay, a space becomes '+'. */
void	 url_put_query(struct buf *, struct span);

/* For one path segment: also $ & + = : @ stay. */
void	 url_put_segment(struct buf *, struct span);

/* What a hexadecimal digit is worth; -1: it is none. */
int	 url_hex(uint8_t);

/* Appends the decoded text; -1 at a malformed escape.  plus: '+' is a space. */
int	 url_decode(struct buf *, struct span, bool plus);

/*
 * Adds the decoded names and values of an urlencoded query or form, in order.
 * Returns -1 if any part had a malformed escape, a literal ';', a NUL or bytes
 * that are no UTF-8, as Go's ParseForm would; those parts are left out.
 */
int	 url_parse_form(struct list_buf *, struct span);

/*
 * Appends name=value pairs sorted by name (repeated names keep their order),
 * leaving out the name `skip` if it is not NULL.  The buffer fails when they
 * are too many.
 */
#define URL_PAIRS_MAX	512
void	 url_put_form(struct buf *, struct msg_list pairs, const char *skip);

/*
 * Appends the URI with the pairs merged into its query, which is sorted by
 * name; of a name that is in both the pair's value stands alone, for whoever
 * reads the first would believe what the URI brought along.  A fragment is
 * dropped (RFC 6749 section 3.1.2 forbids one).  Works for any scheme.  -1 if
 * its own query does not parse.
 */
int	 url_put_with_params(struct buf *, struct span uri, struct msg_list);

/*
 * The path of an absolute URL without slashes at its end, "" or "/dex": what
 * our own paths begin with when it is the issuer.  To be freed by the caller.
 */
char	*url_path(const char *);

#endif /* DEXD_URL_H */
