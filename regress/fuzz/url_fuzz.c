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

/* link: engine/redirect_uri.c */

#include "regress/fuzz/fuzz.h"

#include "b64.h"
#include "engine/redirect_uri.h"
#include "ip.h"
#include "page_data.h"
#include "url.h"

/* What url_put_form() writes of the pairs of l reads back as those pairs. */
static void
check_form(struct msg_list l)
{
	struct list_buf	 again;
	struct msg_list	 rest;
	struct span	 name, value;
	struct buf	 b;

	buf_init(&b, 1 << 20);
	list_buf_init(&again, 1 << 20);
	url_put_form(&b, l, NULL);
	if (l.count / 2 > URL_PAIRS_MAX) {
		RULE(!buf_ok(&b));
		goto done;
	}
	RULE(url_parse_form(&again, buf_span(&b)) == 0);
	RULE(again.count == l.count);
	rest = msg_list_of(&again);
	while (msg_list_next(&rest, &name) && msg_list_next(&rest, &value)) {
		RULE(msg_list_has(l, name) && msg_list_has(l, value));
		RULE(span_is_utf8(name) && span_is_utf8(value));
	}
 done:
	list_buf_clear(&again);
	buf_clear(&b);
}

/*
 * A redirect URI is taken only if it is registered, or a public client's to
 * its own machine: then it is one of three shapes (RFC 8252 section 7.3).
 */
static void
check_redirect(struct span uri, struct msg_list registered)
{
	struct msg_list	 none = { NULL, 0, 0 };

	RULE(redirect_uri_allowed(uri, registered, false) ==
	    (uri.len != 0 && msg_list_has(registered, uri)));
	if (!redirect_uri_allowed(uri, none, true))
		return;
	RULE(span_is(uri, OOB_URI) || span_is(uri, DEVICE_CALLBACK) ||
	    (uri.len > 7 && memcmp(uri.p, "http://", 7) == 0));
	RULE(memchr(uri.p, '\\', uri.len) == NULL &&
	    memchr(uri.p, '\n', uri.len) == NULL &&
	    memchr(uri.p, '\0', uri.len) == NULL);
}

static void
check_text(struct span s)
{
	struct ip_prefix	 prefix;
	struct in6_addr		 addr, again;
	struct buf		 b, back;
	char			 text[INET6_ADDRSTRLEN];

	buf_init(&b, 1 << 20);
	buf_init(&back, 1 << 20);
	url_put_query(&b, s);
	RULE(url_decode(&back, buf_span(&b), true) == 0 &&
	    span_eq(buf_span(&back), s));
	buf_reset(&b);
	buf_reset(&back);
	url_put_segment(&b, s);
	RULE(url_decode(&back, buf_span(&b), false) == 0 &&
	    span_eq(buf_span(&back), s));
	buf_reset(&b);
	url_decode(&b, s, true);
	buf_reset(&b);
	b64url_get(&b, s);
	buf_reset(&b);
	b64std_get(&b, s);
	buf_clear(&b);
	buf_clear(&back);
	ip_prefix_parse(s, &prefix);
	if (ip_parse(s, &addr)) {
		ip_text(&addr, text);
		RULE(ip_parse(span_str(text), &again) &&
		    memcmp(&addr, &again, sizeof(addr)) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input	 in = { p, len };
	struct span		 text = fuzz_span(&in), form = fuzz_span(&in);
	struct list_buf		 l, registered;
	struct page_value	 v;
	struct buf		 b;

	list_buf_init(&l, 1 << 20);
	url_parse_form(&l, form);
	check_form(msg_list_of(&l));
	buf_init(&b, 1 << 20);
	url_put_with_params(&b, text, msg_list_of(&l));
	page_data_get(msg_list_of(&l), "a", &v);
	buf_clear(&b);
	list_buf_clear(&l);
	check_text(text);
	fuzz_list(&in, &registered);
	check_redirect(text, msg_list_of(&registered));
	list_buf_clear(&registered);
	return (0);
}
