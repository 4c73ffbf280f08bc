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

#ifndef DEXD_SEALBOX_H
#define DEXD_SEALBOX_H

#include "buf.h"

/*
 * A typed password on its way from the frontend to the one worker process that
 * will check it, through an engine that must not read or replay it.
 * X25519 sealed box; layout in DESIGN.md, Keys.
 */

#define SEALBOX_KEY_LEN		32
#define SEALBOX_NONCE_LEN	16
#define SEALBOX_LOGIN_MAX	320
#define SEALBOX_PASSWORD_MAX	1024
#define SEALBOX_MAX		2048	/* bytes of a whole box */

struct sealbox {
	struct buf	 plain;		/* the spans borrow from it */
	uint8_t		 nonce[SEALBOX_NONCE_LEN];
	uint64_t	 time;		/* unix seconds, of the frontend */
	struct span	 connector;
	struct span	 state;
	struct span	 login;
	struct span	 password;
};

/* Appends a box; -1 if a field is over its bound or the buffer is full. */
int	 sealbox_seal(struct buf *, const uint8_t public_key[SEALBOX_KEY_LEN],
	    uint64_t now, struct span connector, struct span state,
	    struct span login, struct span password);

/* Opens a box; the caller ends with sealbox_clear(), which wipes, either way. */
int	 sealbox_open(struct sealbox *, struct span box,
	    const uint8_t public_key[SEALBOX_KEY_LEN],
	    const uint8_t secret_key[SEALBOX_KEY_LEN]);
void	 sealbox_clear(struct sealbox *);

#endif /* DEXD_SEALBOX_H */
