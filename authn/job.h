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

#ifndef DEXD_JOB_H
#define DEXD_JOB_H

#include "authn.h"

/* A copy of the engine's question; NULL: no memory. */
struct job	*job_new(struct worker *, struct peer *, const struct msg *);

/*
 * NULL when the attestation of a refresh is our own, of this very grant, and
 * the grant lasts beyond the login; *earlier then borrows from the message.
 * Else why not, for the log.
 */
const char	*refresh_check(const struct worker *,
		    const struct msg_en_au_refresh *,
		    struct attestation *earlier);

#endif /* DEXD_JOB_H */
