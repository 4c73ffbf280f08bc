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

#ifndef DEXD_RANDID_H
#define DEXD_RANDID_H

/*
 * Random identifiers as dex makes them: one letter, then base32 in lower case
 * without padding, so that they serve as names anywhere.
 */
#define RANDID_LEN	25	/* 16 random bytes */
#define RANDID_KEY_LEN	51	/* 32 random bytes */
#define RANDID_UUID_LEN	36

void	 randid_make(char out[RANDID_LEN + 1]);
void	 randid_make_key(char out[RANDID_KEY_LEN + 1]);
/* UUID version 4 (RFC 9562 section 5.4). */
void	 randid_uuid(char out[RANDID_UUID_LEN + 1]);

#endif /* DEXD_RANDID_H */
