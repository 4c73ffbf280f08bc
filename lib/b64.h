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

#ifndef DEXD_B64_H
#define DEXD_B64_H

#include "buf.h"

/* base64url without padding (RFC 4648 section 5, RFC 7515 appendix C). */
void	 b64url_put(struct buf *, struct span);

/*
 * Appends the decoded bytes; -1 for padding, white space, other alphabets and
 * unused bits that are not zero (RFC 4648 section 3.5).
 */
int	 b64url_get(struct buf *, struct span);

/* Standard base64 with padding, as strictly. */
int	 b64std_get(struct buf *, struct span);

#endif /* DEXD_B64_H */
