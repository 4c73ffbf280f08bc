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

#ifndef DEXD_REPLAY_H
#define DEXD_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "sealbox.h"

/*
 * Boxes that were opened already: an engine that replays one later would log
 * somebody in who is not there.
 */
#define REPLAY_WINDOW	60	/* seconds a box may be old */
#define REPLAY_AHEAD	5	/* seconds its clock may be ahead */
#define REPLAY_MAX	65536	/* nonces of one window */

enum replay_verdict { REPLAY_FRESH, REPLAY_OLD, REPLAY_SEEN, REPLAY_FULL };

struct replay;
struct replay	*replay_new(void);	/* NULL: no memory */
void		 replay_free(struct replay *);

/* Remembers the nonce if the box is fresh; both times in unix seconds. */
enum replay_verdict	 replay_check(struct replay *,
			    const uint8_t nonce[SEALBOX_NONCE_LEN],
			    uint64_t sealed_at, uint64_t now);

#endif /* DEXD_REPLAY_H */
