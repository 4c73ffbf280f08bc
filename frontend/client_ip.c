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

#include "client_ip.h"

/* Takes the last of a list off it. */
static struct span
take_last(struct span *list)
{
	struct span	 item;
	size_t		 from;

	for (from = list->len; from != 0 && list->p[from - 1] != ','; from--)
		;
	item = span_trim(span_mem(list->p + from, list->len - from));
	list->len = from == 0 ? 0 : from - 1;
	return (item);
}

struct in6_addr
client_ip(const struct in6_addr *peer, const struct span *fields,
    size_t nfields, const struct ip_prefix *trusted, size_t n)
{
	struct in6_addr	 hop;
	struct span	 list;

	if (!ip_in(peer, trusted, n))
		return (*peer);
	while (nfields-- != 0)
		for (list = fields[nfields]; list.len != 0;) {
			if (!ip_parse(take_last(&list), &hop))
				return (*peer);
			if (!ip_in(&hop, trusted, n))
				return (hop);
		}
	return (*peer);
}
