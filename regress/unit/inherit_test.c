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

/* link: parent/inherit.c parent/listen.c */

#include <string.h>

#include "parent/parent.h"
#include "test.h"

static struct inherited
at(const char *host, uint32_t port, const char *name)
{
	struct inherited	 s = { .fd = 9 };
	socklen_t		 len;

	assert_int_equal(listen_address(host, port, &s.address, &len), 0);
	snprintf(s.name, sizeof(s.name), "%s", name);
	return (s);
}

/* sd_listen_fds(3): by address first, then by the name the unit gave. */
static void
by_address_then_name(void **state)
{
	struct inherited	 l[] = {
		at("127.0.0.1", 80, "dexd.socket"), at("::", 443, "x"),
		at("0.0.0.0", 8080, ""), at("::1", 80, "https"),
		at("127.0.0.1", 1, "http") };

	(void)state;
	assert_ptr_equal(inherit_find(l, 5, "127.0.0.1", 80, LISTEN_HTTP), &l[0]);
	assert_ptr_equal(inherit_find(l, 5, "localhost", 80, LISTEN_HTTP), &l[0]);
	assert_ptr_equal(inherit_find(l, 5, "", 443, LISTEN_HTTPS), &l[1]);
	assert_ptr_equal(inherit_find(l, 5, "::", 443, LISTEN_HTTPS), &l[1]);
	assert_ptr_equal(inherit_find(l, 5, "", 8080, LISTEN_HTTP), &l[2]);
	/* An address is a better match than a name. */
	assert_ptr_equal(inherit_find(l, 5, "::1", 80, LISTEN_HTTP), &l[3]);
	/* No such address: the name decides. */
	assert_ptr_equal(inherit_find(l, 5, "127.0.0.1", 9, LISTEN_HTTPS), &l[3]);
	assert_ptr_equal(inherit_find(l, 5, "127.0.0.1", 9, LISTEN_HTTP), &l[4]);
	l[3].used = l[4].used = true;
	assert_null(inherit_find(l, 5, "127.0.0.1", 9, LISTEN_HTTPS));
	assert_null(inherit_find(l, 5, "127.0.0.1", 9, LISTEN_HTTP));
	assert_null(inherit_find(l, 5, "127.0.0.2", 80, LISTEN_HTTP));
	assert_null(inherit_find(l, 5, "0.0.0.0", 80, LISTEN_HTTP));
	l[0].used = true;
	assert_null(inherit_find(l, 5, "127.0.0.1", 80, LISTEN_HTTP));
	assert_null(inherit_find(l, 0, "", 443, LISTEN_HTTPS));
}

/* DESIGN section 7: numeric, localhost or empty; root resolves no names. */
static void
addresses(void **state)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len;

	(void)state;
	assert_int_equal(listen_address("example.com", 1, &ss, &len), -1);
	assert_int_equal(listen_address("127.1", 1, &ss, &len), -1);
	assert_int_equal(listen_address("::1%lo", 1, &ss, &len), -1);
	assert_int_equal(listen_address("", 1, &ss, &len), 0);
	assert_int_equal(ss.ss_family, AF_INET6);
	assert_int_equal(listen_address("localhost", 1, &ss, &len), 0);
	assert_int_equal(ss.ss_family, AF_INET);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(by_address_then_name),
		cmocka_unit_test(addresses),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
