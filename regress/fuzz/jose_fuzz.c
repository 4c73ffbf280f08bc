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

/* link: signer/jose.c signer/key.c */
/* libs: libcrypto jansson */

#include "regress/fuzz/fuzz.h"

#include "b64.h"
#include "signer/jose.h"

/*
 * Tokens of anybody (RFC 7515).  A token that parses has exactly one spelling:
 * what was decoded, encoded again, gives the bytes that were signed.
 */
static void
check_parts(const struct jose_parts *parts, struct span token)
{
	struct buf	 b;

	RULE(parts->input.p == token.p && parts->input.len < token.len &&
	    token.p[parts->input.len] == '.');
	RULE(strlen(parts->alg) < sizeof(parts->alg) &&
	    strlen(parts->kid) < sizeof(parts->kid));
	buf_init(&b, TOKEN_MAX * 2);
	b64url_put(&b, buf_span(&parts->signature));
	RULE(b.len == token.len - parts->input.len - 1 &&
	    (b.len == 0 ||
	    memcmp(b.p, token.p + parts->input.len + 1, b.len) == 0));
	buf_clear(&b);
}

/* header ff payload ff signature becomes a token whose parts are encoded. */
static void
compose(struct buf *b, struct span text)
{
	struct fuzz_input	 in = { text.p, text.len };

	b64url_put(b, fuzz_span(&in));
	buf_put_c(b, '.');
	b64url_put(b, fuzz_span(&in));
	buf_put_c(b, '.');
	b64url_put(b, span_mem(in.p, in.len));
}

static void
parse(struct span token)
{
	struct jose_parts	 parts;

	if (jose_parse(&parts, token) == 0)
		check_parts(&parts, token);
	jose_clear(&parts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct buf	 b;

	parse(span_mem(p, len));
	buf_init(&b, TOKEN_MAX * 2);
	compose(&b, span_mem(p, len));
	if (buf_ok(&b))
		parse(buf_span(&b));
	buf_clear(&b);
	return (0);
}
