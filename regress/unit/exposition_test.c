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


/* link: frontend/exposition.c */

#include "test.h"
#include "frontend/exposition.h"

/* Prometheus' text format 0.0.4 and dex's health JSON, byte for byte. */

static struct buf	 out, counts;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, 65536);
	buf_init(&counts, 65536);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	buf_clear(&out);
	buf_clear(&counts);
	return (0);
}

static void
put_logins(const char *connector, uint64_t n)
{
	buf_put_u16(&counts, COUNT_LOGINS);
	buf_put_lspan(&counts, span_str(connector));
	buf_put_lspan(&counts, span_str("ok"));
	buf_put_u64(&counts, n);
}

static void
seconds(void **state)
{
	static const struct {
		uint64_t	 us;
		const char	*text;
	} cases[] = { { 0, "0" }, { 250000, "0.25" }, { 10000000, "10" },
		{ 1, "0.000001" }, { 1500000, "1.5" } };
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		exposition_put_seconds(&out, cases[i].us);
		assert_string_equal(buf_cstr(&out), cases[i].text);
	}
}

/* One family, two sources; a label's value cannot end its quotes or line. */
static void
counters(void **state)
{
	struct exposition_source	 from[2];
	struct buf			 second;

	(void)state;
	put_logins("a\"} 9\nx", 3);
	buf_init(&second, 1024);
	buf_put_u16(&second, COUNT_RESTARTS);
	buf_put_lspan(&second, span_str("signer"));
	buf_put_u64(&second, 1);
	from[0] = (struct exposition_source){ ROOM_ENGINE, "engine", "", 0,
		buf_span(&counts) };
	from[1] = (struct exposition_source){ ROOM_PARENT, "parent", "", 0,
		buf_span(&second) };
	exposition_put(&out, from, 2);
	assert_string_equal(buf_cstr(&out),
	    "# HELP dexd_logins_total What connectors said about people.\n"
	    "# TYPE dexd_logins_total counter\n"
	    "dexd_logins_total{connector=\"a\\\"} 9\\nx\",result=\"ok\","
	    "room=\"engine\",process=\"0\"} 3\n"
	    "# HELP dexd_room_restarts_total Programs that died and were "
	    "started again.\n"
	    "# TYPE dexd_room_restarts_total counter\n"
	    "dexd_room_restarts_total{program=\"signer\",room=\"parent\","
	    "process=\"0\"} 1\n");
	buf_clear(&second);
}

/* Several processes of one program stay apart and add up. */
static void
processes(void **state)
{
	struct exposition_source	 from[2];

	(void)state;
	put_logins("mock", 3);
	from[0] = (struct exposition_source){ ROOM_ENGINE, "engine", "", 0,
		buf_span(&counts) };
	from[1] = from[0];
	from[1].instance = 1;
	exposition_put(&out, from, 2);
	assert_non_null(strstr(buf_cstr(&out), "process=\"0\"} 3\n"));
	assert_non_null(strstr(buf_cstr(&out), "process=\"1\"} 3\n"));
	assert_null(strstr(strstr(buf_cstr(&out), "# TYPE") + 1, "# TYPE"));
}

/* Buckets are cumulative, the last is +Inf and equals _count. */
static void
histogram(void **state)
{
	struct exposition_source	 from = { ROOM_FRONTEND, "frontend",
					    "", 0, { NULL, 0 } };
	unsigned			 i;

	(void)state;
	buf_put_u16(&counts, COUNT_HTTP_DURATION);
	buf_put_lspan(&counts, span_str("200"));
	buf_put_lspan(&counts, span_str("get"));
	buf_put_lspan(&counts, span_str("/keys"));
	for (i = 1; i <= 7; i++)
		buf_put_u64(&counts, i);
	buf_put_u64(&counts, 1234567);
	from.counts = buf_span(&counts);
	exposition_put(&out, &from, 1);
#define LABELS "{code=\"200\",method=\"get\",handler=\"/keys\"," \
	"room=\"frontend\",process=\"0\""
	assert_non_null(strstr(buf_cstr(&out), "request_duration_seconds_"
	    "bucket" LABELS ",le=\"0.25\"} 1\n"));
	assert_non_null(strstr(buf_cstr(&out), "request_duration_seconds_"
	    "bucket" LABELS ",le=\"0.5\"} 3\n"));
	assert_non_null(strstr(buf_cstr(&out), "request_duration_seconds_"
	    "bucket" LABELS ",le=\"10\"} 21\n"));
	assert_non_null(strstr(buf_cstr(&out), "request_duration_seconds_"
	    "bucket" LABELS ",le=\"+Inf\"} 28\n"));
	assert_non_null(strstr(buf_cstr(&out), "request_duration_seconds_"
	    "sum" LABELS "} 1.234567\n"));
	assert_non_null(strstr(buf_cstr(&out), "request_duration_seconds_"
	    "count" LABELS "} 28\n"));
}

/* A worker's counts carry its connector; what is cut short ends there. */
static void
workers_and_broken_ones(void **state)
{
	struct exposition_source	 from = { ROOM_AUTHN, "authn-mock",
					    "my \\ldap", 2, { NULL, 0 } };

	(void)state;
	buf_put_u16(&counts, COUNT_IDENTITIES);
	buf_put_lspan(&counts, span_str("ok"));
	buf_put_u64(&counts, 5);
	put_logins("not a worker's to say", 1);
	from.counts = buf_span(&counts);
	exposition_put(&out, &from, 1);
	assert_non_null(strstr(buf_cstr(&out), "dexd_identities_total{result="
	    "\"ok\",room=\"authn-mock\",connector=\"my \\\\ldap\","
	    "process=\"2\"} 5\n"));
	assert_null(strstr(buf_cstr(&out), "dexd_logins_total"));
}

static void
health(void **state)
{
	struct health_check	 h = { .known = true, .healthy = true,
		.at = 1700000000123456, .took = 42 };

	(void)state;
	exposition_put_health(&out, &h);
	assert_string_equal(buf_cstr(&out), "{\n\t\"storage\": {\n"
	    "\t\t\"timestamp\": \"2023-11-14T22:13:20.123456Z\",\n"
	    "\t\t\"duration\": 42000,\n\t\t\"contiguousFailures\": 0,\n"
	    "\t\t\"timeOfFirstFailure\": null\n\t}\n}\n");
	buf_reset(&out);
	exposition_put_health_short(&out, &h);
	assert_string_equal(buf_cstr(&out), "{\n\t\"storage\": \"PASS\"\n}\n");
	buf_reset(&out);
	h = (struct health_check){ .known = true, .at = 1700000000000000,
		.failures = 2, .failing_since = 1699999999000000 };
	exposition_put_health(&out, &h);
	assert_string_equal(buf_cstr(&out), "{\n\t\"storage\": {\n"
	    "\t\t\"error\": {\n\t\t\t\"message\": \"the store did not take a "
	    "write\"\n\t\t},\n"
	    "\t\t\"timestamp\": \"2023-11-14T22:13:20.000000Z\",\n"
	    "\t\t\"contiguousFailures\": 2,\n"
	    "\t\t\"timeOfFirstFailure\": \"2023-11-14T22:13:19.000000Z\"\n"
	    "\t}\n}\n");
	buf_reset(&out);
	h.known = false;
	h.healthy = true;	/* of old: nobody answers now */
	exposition_put_health_short(&out, &h);
	assert_string_equal(buf_cstr(&out), "{\n\t\"storage\": \"FAIL\"\n}\n");
}

/* RFC 3339 section 5.6, and Go's int64: a broken engine's numbers are read. */
static void
health_out_of_bounds(void **state)
{
	const struct health_check	 h = { .known = true, .at = UINT64_MAX,
		.took = UINT64_MAX, .failures = UINT32_MAX,
		.failing_since = 253402300800000000 };

	(void)state;
	exposition_put_health(&out, &h);
	assert_string_equal(buf_cstr(&out), "{\n\t\"storage\": {\n"
	    "\t\t\"error\": {\n\t\t\t\"message\": \"the store did not take a "
	    "write\"\n\t\t},\n"
	    "\t\t\"timestamp\": \"9999-12-31T23:59:59.999999Z\",\n"
	    "\t\t\"duration\": 9223372036854775807,\n"
	    "\t\t\"contiguousFailures\": 4294967295,\n"
	    "\t\t\"timeOfFirstFailure\": \"9999-12-31T23:59:59.999999Z\"\n"
	    "\t}\n}\n");
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(seconds), T(counters), T(processes), T(histogram),
		T(workers_and_broken_ones), T(health),
		T(health_out_of_bounds),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
