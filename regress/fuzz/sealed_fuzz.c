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

/* link: engine/pending.c engine/redirect_uri.c engine/client_auth.c authn/replay.c */

#include <sodium.h>

#include "engine/client_auth.h"
#include "engine/pending.h"
#include "engine/redirect_uri.h"
#include "sealbox.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Cookies, boxes, credentials and redirect URIs of anybody. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t	 key[32] = { 1 };
	struct span		 s = span_mem(p, len), id, secret;
	struct msg_list		 none = { NULL, 0, 0 };
	struct pending_request	 r;
	struct sealbox		 box;
	struct buf		 b;

	if (sodium_init() == -1)
		return (0);
	buf_init(&b, 4096);
	pending_open(&r, &b, s, span_str("aaaaaaaaaaaaaaaaaaaaaaaaa"),
	    span_str("http://x"), key, 1000, 3600);
	buf_reset(&b);
	client_credentials(s, none, &b, &id, &secret);
	buf_clear(&b);
	sealbox_open(&box, s, key, key);
	sealbox_clear(&box);
	redirect_uri_allowed(s, none, true);
	return (0);
}
