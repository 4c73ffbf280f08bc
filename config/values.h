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

#ifndef DEXD_VALUES_H
#define DEXD_VALUES_H

#include "buf.h"

/* How scalars are read, as pure functions of their text. */

/*
 * A duration in Go's syntax ("1h30m", "1.5h", "0"), in whole seconds, rounded
 * down; units ns us ms s m h.  False if it is malformed, negative or longer
 * than a hundred years.
 */
bool	 value_duration(const char *, uint64_t *seconds);

/* YAML 1.1: true yes on, false no off, in three spellings each. */
bool	 value_bool(const char *, bool *);

/*
 * "host:port" of a listen address.  host is empty, "localhost" or numeric
 * (IPv6 in brackets, which are dropped).  NULL, or why not.
 */
const char	*value_listen(const char *, char *host, size_t size,
		    uint32_t *port);

/*
 * An issuer: http or https, a host, maybe a port and a path; no query, no
 * fragment, no user (OpenID Connect Discovery section 3).  NULL, or why not.
 */
const char	*value_issuer(const char *);

/*
 * Appends the text with $NAME and ${NAME} replaced from the environment, as
 * dex does: unset names are empty, "$$" and the like are names of one
 * character, a lone "$" at the end stays.
 */
void	 value_expand(struct buf *, const char *,
	    const char *(*lookup)(const char *name));

#endif /* DEXD_VALUES_H */
