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

#include "redirect_uri.h"

/* Is the text, without brackets or port, a loopback address or localhost? */
static bool
is_loopback_name(struct span host)
{
	char		 text[INET6_ADDRSTRLEN];
	struct in_addr	 v4;
	struct in6_addr	 v6;

	if (span_is(host, "localhost"))
		return (true);
	if (host.len >= sizeof(text))
		return (false);
	memcpy(text, host.p, host.len);
	text[host.len] = '\0';
	if (inet_pton(AF_INET, text, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24 == 127);
	return (inet_pton(AF_INET6, text, &v6) == 1 &&
	    IN6_IS_ADDR_LOOPBACK(&v6));
}

/*
 * The host and port behind "http://", without user information.  Control
 * characters, spaces and backslashes have no place in a URL and differ in
 * meaning between parsers, so any of them ends the matter.
 */
static bool
http_authority(struct span uri, struct span *authority)
{
	static const char	 scheme[] = "http://";
	size_t			 i, n = strlen(scheme), at;

	if (uri.len < n || memcmp(uri.p, scheme, n) != 0)
		return (false);
	for (i = 0; i < uri.len; i++)
		if (uri.p[i] <= ' ' || uri.p[i] >= 0x7f || uri.p[i] == '\\')
			return (false);
	for (at = i = n; i < uri.len; i++) {
		if (uri.p[i] == '/' || uri.p[i] == '?' || uri.p[i] == '#')
			break;
		if (uri.p[i] == '@')
			at = i + 1;
	}
	*authority = span_mem(uri.p + at, i - at);
	return (true);
}

static bool
is_port(struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return (false);
	return (s.len <= 5);
}

/* dex: an IPv6 literal counts only with a port behind it. */
static bool
is_loopback_authority(struct span a)
{
	const uint8_t	*colon, *close;
	size_t		 n;

	if (a.len != 0 && a.p[0] == '[') {
		if ((close = memchr(a.p, ']', a.len)) == NULL)
			return (false);
		n = (size_t)(close - a.p);
		if (n + 1 >= a.len || a.p[n + 1] != ':')
			return (false);
		return (is_port(span_mem(close + 2, a.len - n - 2)) &&
		    is_loopback_name(span_mem(a.p + 1, n - 1)));
	}
	if (a.len != 0 && (colon = memchr(a.p, ':', a.len)) != NULL) {
		n = (size_t)(colon - a.p);
		if (!is_port(span_mem(colon + 1, a.len - n - 1)))
			return (false);
		a.len = n;
	}
	return (is_loopback_name(a));
}

bool
redirect_uri_allowed(struct span uri, struct msg_list registered,
    bool is_public)
{
	struct span	 authority;

	if (uri.len == 0)
		return (false);
	if (msg_list_has(registered, uri))
		return (true);
	if (!is_public || registered.count != 0)
		return (false);
	if (span_is(uri, OOB_URI) || span_is(uri, DEVICE_CALLBACK))
		return (true);
	return (http_authority(uri, &authority) &&
	    is_loopback_authority(authority));
}
