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

#include <arpa/inet.h>

#include <string.h>

#include "ip.h"

static void
map_v4(struct in6_addr *out, const struct in_addr *v4)
{
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(&out->s6_addr[12], v4, 4);
}

bool
ip_parse(struct span s, struct in6_addr *out)
{
	char		 text[INET6_ADDRSTRLEN];
	struct in_addr	 v4;

	if (s.len == 0 || s.len >= sizeof(text) ||
	    memchr(s.p, '\0', s.len) != NULL)
		return (false);
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (inet_pton(AF_INET, text, &v4) == 1) {
		map_v4(out, &v4);
		return (true);
	}
	return (inet_pton(AF_INET6, text, out) == 1);
}

bool
ip_prefix_parse(struct span s, struct ip_prefix *out)
{
	const uint8_t	*slash = memchr(span_ptr(s), '/', s.len), *p;
	struct span	 addr = s;
	unsigned	 max, bits = 0;

	if (slash != NULL)
		addr.len = (size_t)(slash - s.p);
	if (!ip_parse(addr, &out->addr))
		return (false);
	max = memchr(addr.p, ':', addr.len) == NULL ? 32 : 128;
	if (slash != NULL) {
		if (slash + 1 == s.p + s.len || s.p + s.len - slash > 4)
			return (false);
		for (p = slash + 1; p < s.p + s.len; p++) {
			if (*p < '0' || *p > '9')
				return (false);
			bits = bits * 10 + (unsigned)(*p - '0');
		}
		if (bits > max)
			return (false);
	} else
		bits = max;
	out->bits = max == 32 ? bits + 96 : bits;
	return (true);
}

static bool
in_prefix(const struct in6_addr *a, const struct ip_prefix *p)
{
	unsigned	 whole = p->bits / 8, rest = p->bits % 8;

	if (memcmp(a->s6_addr, p->addr.s6_addr, whole) != 0)
		return (false);
	return (rest == 0 || ((a->s6_addr[whole] ^ p->addr.s6_addr[whole]) >>
	    (8 - rest)) == 0);
}

bool
ip_in(const struct in6_addr *a, const struct ip_prefix *list, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (in_prefix(a, &list[i]))
			return (true);
	return (false);
}

void
ip_text(const struct in6_addr *a, char out[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		inet_ntop(AF_INET, &a->s6_addr[12], out, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, a, out, INET6_ADDRSTRLEN);
}
