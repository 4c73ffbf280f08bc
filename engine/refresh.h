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

#ifndef DEXD_REFRESH_H
#define DEXD_REFRESH_H

#include "store/store.h"

/*
 * The rules of refresh tokens (RFC 6749 section 6, OpenID Connect Core 12, and
 * dex).  Pure: the clock is an argument, in unix seconds.
 */

/* What is inside the opaque token: a row's id, and its secret of today. */
struct refresh_text {
	struct span	 id;
	struct span	 secret;
};

/* Appends the token as dex writes it: base64url of a protobuf message. */
void	 refresh_text_put(struct buf *, struct span id, struct span secret);

/*
 * Reads such a token; the spans borrow from mem or the token.  Anything else
 * is the bare id of a token from before there were secrets, as in dex.
 */
struct refresh_text	 refresh_text_get(struct buf *mem, struct span token);

/* expiry.refreshTokens: seconds, 0 is no interval and no limit. */
struct refresh_policy {
	bool		 rotation;
	uint64_t	 reuse;
	uint64_t	 idle;		/* validIfNotUsedFor */
	uint64_t	 absolute;	/* from created_at, over all rotations */
};

enum refresh_verdict {
	REFRESH_ROTATE,		/* a new secret; the connector is asked */
	REFRESH_KEEP,		/* the same secret; the connector is asked */
	REFRESH_REUSE,		/* what was said last is said again */
	REFRESH_FOREIGN,	/* of another client */
	REFRESH_DEAD,		/* replaced, used up or expired */
	REFRESH_UNNAMED,	/* no offline session names it */
	REFRESH_UNATTESTED,	/* dex's own, not adopted */
};

enum refresh_verdict	 refresh_decide(const struct refresh_policy *,
			    const struct refresh_token *, struct span client,
			    struct span secret, uint64_t now);

/*
 * The scopes asked for, white-space separated, or all when none is named; false
 * if one was not granted (RFC 6749 section 6).
 */
bool	 refresh_narrow(struct list_buf *wanted, struct span scope,
	    struct msg_list granted);

#endif /* DEXD_REFRESH_H */
