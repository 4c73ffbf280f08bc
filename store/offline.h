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

#ifndef DEXD_OFFLINE_H
#define DEXD_OFFLINE_H

#include "json.h"

/*
 * Private to store/: the column `refresh` of table offline_session, a JSON map
 * from client to the one refresh token that the person gave it.  Times are
 * unix seconds.  What is not understood of an entry is kept as it is.
 */

#define OFFLINE_REFS_MAX	(256 * 1024)	/* bytes of the map */

/* Appends the id of the client's token; -1: there is none, or no such map. */
int	 offline_ref_id(struct buf *, struct span refs, struct span client);

/*
 * Appends the map in which this token is the client's; refs may be empty or
 * `null`.  -1 when it is something else.
 */
int	 offline_ref_put(struct buf *, struct span refs, struct span client,
	    struct span id, uint64_t now);

/* Appends the map in which the client's token was used now; -1: none. */
int	 offline_ref_used(struct buf *, struct span refs, struct span client,
	    uint64_t now);

#endif /* DEXD_OFFLINE_H */
