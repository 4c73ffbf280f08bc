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

#ifndef DEXD_CLIENT_AUTH_H
#define DEXD_CLIENT_AUTH_H

#include "buf.h"
#include "msg.h"

/*
 * The client's credentials of a token request (RFC 6749 section 2.3.1):
 * well-formed Basic credentials win, each half form-decoded; else client_id
 * and client_secret of the body.  The spans borrow from `mem` or the body.
 */
enum credentials {
	CREDENTIALS_OK,
	CREDENTIALS_BAD_ESCAPE,		/* invalid_request */
};

enum credentials	 client_credentials(struct span authorization,
			    struct msg_list form, struct buf *mem,
			    struct span *id, struct span *secret);

#endif /* DEXD_CLIENT_AUTH_H */
