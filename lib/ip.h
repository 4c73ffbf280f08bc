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

#ifndef DEXD_IP_H
#define DEXD_IP_H

#include <netinet/in.h>

#include "span.h"

/* Addresses, IPv4 mapped into IPv6 (::ffff:0:0/96). */

struct ip_prefix {
	struct in6_addr	 addr;
	unsigned	 bits;		/* of the mapped form */
};

/* "10.0.0.0/8", "::1/128", or a bare address; false if it is neither. */
bool	 ip_prefix_parse(struct span, struct ip_prefix *);

/* A bare address; false if it is none. */
bool	 ip_parse(struct span, struct in6_addr *);

bool	 ip_in(const struct in6_addr *, const struct ip_prefix *, size_t n);

/* Text of an address, IPv4 in its own form; out has INET6_ADDRSTRLEN bytes. */
void	 ip_text(const struct in6_addr *, char out[INET6_ADDRSTRLEN]);

#endif /* DEXD_IP_H */
