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

#include <stdint.h>
#include <stdio.h>

#include <sodium.h>

#include "randid.h"

static const char	 alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

/* Five bits a character, as long as there are bytes. */
static void
put_base32(char *out, const uint8_t *in, size_t len)
{
	uint32_t	 bits = 0;
	unsigned	 have = 0;
	size_t		 i;

	for (i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 5; have -= 5)
			*out++ = alphabet[bits >> (have - 5) & 31];
	}
	if (have != 0)
		*out++ = alphabet[bits << (5 - have) & 31];
	*out = '\0';
}

static void
make(char *out, uint8_t *bytes, size_t len)
{
	randombytes_buf(bytes, len);
	out[0] = (char)('a' + bytes[0] % 26);
	put_base32(out + 1, bytes + 1, len - 1);
	sodium_memzero(bytes, len);
}

void
randid_make(char out[RANDID_LEN + 1])
{
	uint8_t	 bytes[16];

	make(out, bytes, sizeof(bytes));
}

void
randid_make_key(char out[RANDID_KEY_LEN + 1])
{
	uint8_t	 bytes[32];

	make(out, bytes, sizeof(bytes));
}

void
randid_uuid(char out[RANDID_UUID_LEN + 1])
{
	uint8_t	 b[16];

	randombytes_buf(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(out, RANDID_UUID_LEN + 1, "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4],
	    b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
	    b[15]);
}
