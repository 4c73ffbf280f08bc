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

#ifndef DEXD_CLIENT_IP_H
#define DEXD_CLIENT_IP_H

#include "ip.h"

/*
 * Whose request it is, by dex's rule for web.clientRemoteIP: a trusted proxy's
 * header is walked from the right past trusted hops to the first other one.
 * `fields` are the lines of the configured header in the order in which they
 * came: a proxy may add its own line below one that the visitor forged, so the
 * last counts first.  `peer` is the other end of the connection.
 */
struct in6_addr	 client_ip(const struct in6_addr *peer,
		    const struct span *fields, size_t nfields,
		    const struct ip_prefix *trusted, size_t ntrusted);

#endif /* DEXD_CLIENT_IP_H */
