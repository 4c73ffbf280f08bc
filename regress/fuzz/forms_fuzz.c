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

/* libs: jansson */

#include "attest.h"
#include "b64.h"
#include "ip.h"
#include "json.h"
#include "page_data.h"
#include "url.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The small parsers: forms, URLs, base64, JSON, addresses, attestations. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span		 s = span_mem(p, len);
	struct list_buf		 l;
	struct attestation	 a;
	struct page_value	 v;
	struct ip_prefix	 prefix;
	struct buf		 b;

	list_buf_init(&l, 1 << 20);
	url_parse_form(&l, s);
	buf_init(&b, 1 << 20);
	url_put_with_params(&b, s, msg_list_of(&l));
	page_data_get(msg_list_of(&l), "a", &v);
	list_buf_clear(&l);
	buf_reset(&b);
	url_decode(&b, s, true);
	b64url_get(&b, s);
	b64std_get(&b, s);
	buf_reset(&b);
	json_put_string(&b, s);
	json_decref(json_read(s, 1 << 20));
	buf_clear(&b);
	ip_prefix_parse(s, &prefix);
	attest_read(&a, s);
	return (0);
}
