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

#include <sodium.h>

#include "b64.h"

static const char	 url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
b64url_put(struct buf *b, struct span s)
{
	uint32_t	 bits = 0;
	unsigned	 have = 0;
	size_t		 i;

	for (i = 0; i < s.len; i++) {
		bits = bits << 8 | s.p[i];
		for (have += 8; have >= 6; have -= 6)
			buf_put_c(b, url_alphabet[bits >> (have - 6) & 63]);
	}
	if (have != 0)
		buf_put_c(b, url_alphabet[bits << (6 - have) & 63]);
}

/* libsodium takes some bytes above 0x7f for characters of the alphabet. */
static bool
is_ascii(struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] > 0x7f)
			return (false);
	return (true);
}

static int
get(struct buf *b, struct span s, int variant)
{
	struct buf	 raw;
	size_t		 len = 0;
	int		 error = -1;

	if (s.len == 0)
		return (0);
	if (!is_ascii(s))
		return (-1);
	buf_init(&raw, s.len);
	while (raw.len < s.len)		/* room for the decoder */
		buf_put_c(&raw, 0);
	if (buf_ok(&raw) && sodium_base642bin(raw.p, raw.len,
	    (const char *)s.p, s.len, NULL, &len, NULL, variant) == 0) {
		buf_put(b, raw.p, len);
		error = buf_ok(b) ? 0 : -1;
	}
	buf_clear(&raw);
	return (error);
}

int
b64url_get(struct buf *b, struct span s)
{
	return (get(b, s, sodium_base64_VARIANT_URLSAFE_NO_PADDING));
}

int
b64std_get(struct buf *b, struct span s)
{
	return (get(b, s, sodium_base64_VARIANT_ORIGINAL));
}
