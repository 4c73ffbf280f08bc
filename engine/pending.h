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

#ifndef DEXD_PENDING_H
#define DEXD_PENDING_H

#include "buf.h"

/*
 * A pending authorization request, sealed into a cookie.  Nothing is stored
 * for a person who has not logged in yet, so strangers cannot fill the
 * database, and the flow is bound to the browser that began it.
 */

#define PENDING_WIRE_MAX	1800	/* bytes of the cookie's value */
#define PENDING_ID_LEN		25

struct pending_request {
	char		 id[PENDING_ID_LEN + 1];	/* also `state` upstream */
	uint64_t	 created;	/* unix seconds */
	struct span	 connector;
	struct span	 client_id;
	struct span	 redirect_uri;
	struct span	 scope;
	struct span	 state;
	struct span	 nonce;
	struct span	 challenge;
	struct span	 challenge_method;
	bool		 force_approval;
	struct span	 private_data;	/* of the connector's worker */
};

/*
 * Appends the cookie value: base64url of key number, nonce and ciphertext
 * (XChaCha20-Poly1305; the issuer and the id are authenticated with it).
 * -1 if it would be longer than PENDING_WIRE_MAX.
 */
int	 pending_seal(struct buf *, const struct pending_request *,
	    struct span issuer, uint32_t key_number, const uint8_t key[32]);

/* The number of the key that sealed this value; false if it is malformed. */
bool	 pending_key_number(struct span value, uint32_t *);

enum pending_status {
	PENDING_OPEN,
	PENDING_BAD,	/* not ours, not this id, or from the future */
	PENDING_OLD,	/* genuine, but older than lifetime seconds */
};

/*
 * Opens a cookie value for the request with this id.  The spans of *out
 * borrow from `plain`, which the caller clears; *out is filled in unless the
 * value is bad.
 */
enum pending_status pending_open(struct pending_request *out, struct buf *plain,
	    struct span value, struct span id, struct span issuer,
	    const uint8_t key[32], uint64_t now, uint64_t lifetime);

#endif /* DEXD_PENDING_H */
