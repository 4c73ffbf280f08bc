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

#ifndef DEXD_TOKEN_H
#define DEXD_TOKEN_H

#include "request.h"

/* What the grants of /token share.  Whoever answered says so by false. */

#define TOKEN_ANSWER_MAX	61440

/* The grants; the client has proved itself. */
void	 code_grant(struct request *, struct client *);
void	 refresh_grant(struct request *, struct client *);

/* May the client use the connector, and the connector be used so? */
bool	 token_connector(struct request *, const struct client *,
	    const struct connector *, const char *grant);

/* Asks the signer, or answers that there is none to ask. */
void	 token_sign(struct request *, const struct msg_en_sg_sign *,
	    void (*then)(void *, struct msg *));

/*
 * Did the signer sign?  NULL: it never answered.  Nor is anything spent for a
 * frontend that has gone.
 */
bool	 token_signed(struct request *, const struct msg *);

/* Appends the answer of RFC 6749 section 5.1, members in dex's order. */
void	 token_put_answer(struct buf *, const struct msg_sg_en_signed *,
	    struct span refresh_token);

#endif /* DEXD_TOKEN_H */
