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

/* link: regress/compromise/rooms.c regress/compromise/hostile.c */
/* link: regress/compromise/visit.c */

#include <string.h>
#include <unistd.h>

#include "docmac.h"
#include "page_data.h"
#include "regress/compromise/hostile.h"
#include "regress/compromise/visit.h"
#include "test.h"

/*
 * The engine is broken and the frontend is the real program: what an engine
 * may not make a frontend publish or say, whatever it answers.
 */

static struct played	 frontend = { .program = "frontend", .room = ROOM_FRONTEND,
			    .name = "" };
static const struct hostile	 engine = { &frontend, ROOM_ENGINE, "", NULL };
static const uint8_t	 document_key[32] = { 3 };
static struct msg_en_fe_answer	 next;	/* what the engine says */
static bool		 sealed_seen, password_seen;

static void
on_http(void *room, struct peer *p, struct msg *m)
{
	const struct msg_fe_en_http	*h = &m->fe_en_http;
	struct span			 value;

	(void)room;
	sealed_seen = h->sealed.len != 0;
	password_seen = msg_list_find(h->form, "password", &value) ||
	    memmem(h->form.p, h->form.len, "s3cret", 6) != NULL ||
	    memmem(span_ptr(h->sealed), h->sealed.len, "s3cret", 6) != NULL;
	if (peer_answer(p, m->rid, EN_FE_ANSWER, &next) == -1)
		fail_msg("the answer does not travel");
}

static peer_handler * const	 handlers[MSG_MAX] = {
	[FE_EN_HTTP] = on_http,
};

static int
setup(void **state)
{
	struct msg_pa_fe_config	 c = { .issuer = span_str("http://x/dex"),
		.title = span_str("t"), .logo_url = span_str("theme/l.svg"),
		.theme = span_str("light") };
	struct msg_pa_fe_key	 k = { .number = 1,
		.document_key = span_mem(document_key, 32) };
	struct msg_pa_fe_sealkey s = { .connector = span_str("local"),
		.instance = 7, .public_key = span_mem(document_key, 32) };
	struct msg_pa_fe_listen	 l = { .address = span_str("x") };
	uint8_t			 pub[32] = { 9 };
	int			 fd = visit_listen();

	(void)state;
	s.public_key = span_mem(pub, 32);
	memset(&next, 0, sizeof(next));
	room_begin(&frontend, ROOM_ENGINE, handlers);
	assert_int_equal(peer_tell(frontend.parent, PA_FE_CONFIG, &c, -1), 0);
	assert_int_equal(peer_tell(frontend.parent, PA_FE_KEY, &k, -1), 0);
	assert_int_equal(peer_tell(frontend.parent, PA_FE_SEALKEY, &s, -1), 0);
	assert_int_equal(peer_tell(frontend.parent, PA_FE_LISTEN, &l, fd), 0);
	close(fd);
	room_go(&frontend);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	room_end(&frontend);
	return (0);
}

static void
publish(uint64_t serial, const char *body, enum document mac_kind,
    const uint8_t *key)
{
	uint8_t				 mac[32];
	struct msg_en_fe_document	 m = { .document = DOCUMENT_JWKS,
		.serial = serial, .key_number = 1, .body = span_str(body),
		.mac = span_mem(mac, 32) };

	docmac(mac, key, mac_kind, 1, serial, span_str(body));
	assert_int_equal(peer_tell(frontend.wire, EN_FE_DOCUMENT, &m, -1), 0);
	rooms_settle();
}

/* "nor publish a key": only what the signer made, and never an older one. */
static void
publishes_what_the_signer_made(void **state)
{
	static const uint8_t	 guess[32] = { 4 };

	(void)state;
	publish(5, "{\"keys\":[\"true\"]}", DOCUMENT_JWKS, document_key);
	visit_get("/dex/keys");
	assert_non_null(strstr(visit_reply, "[\"true\"]"));
	publish(6, "{\"keys\":[\"mine\"]}", DOCUMENT_JWKS, guess);
	publish(7, "{\"keys\":[\"mine\"]}", DOCUMENT_DISCOVERY, document_key);
	publish(4, "{\"keys\":[\"old\"]}", DOCUMENT_JWKS, document_key);
	visit_get("/dex/keys");
	assert_non_null(strstr(visit_reply, "[\"true\"]"));
	publish(6, "{\"keys\":[\"next\"]}", DOCUMENT_JWKS, document_key);
	visit_get("/dex/keys");
	assert_non_null(strstr(visit_reply, "[\"next\"]"));
}

/* "serves; status, header and cookie syntax is checked": no header of its own. */
static void
cannot_split_answers(void **state)
{
	struct list_buf	 cookies;

	(void)state;
	next.kind = ANSWER_REDIRECT;
	next.status = 302;
	next.location = span_str("http://x/\r\nSet-Cookie: a=b");
	visit_get("/dex/auth");
	assert_non_null(strstr(visit_reply, "HTTP/1.1 500"));
	assert_null(strstr(visit_reply, "a=b"));
	next.location = span_str("http://x/\xc3\xa9 y");
	visit_get("/dex/auth");
	assert_non_null(strstr(visit_reply,
	    "Location: http://x/%C3%A9%20y\r\n"));
	next.location = span_str("http://x/");
	next.cookies = LIST_OF(&cookies, "session=stolen");
	visit_get("/dex/auth");
	assert_non_null(strstr(visit_reply, "HTTP/1.1 500"));
	list_buf_clear(&cookies);
	next.cookies = LIST_OF(&cookies, "dexd_req_x=y\r\nX: z");
	visit_get("/dex/auth");
	assert_non_null(strstr(visit_reply, "HTTP/1.1 500"));
	assert_null(strstr(visit_reply, "X: z"));
	list_buf_clear(&cookies);
	/* Ours by name, not by value: others live on the same host. */
	next.cookies = LIST_OF(&cookies, "session=dexd_req_x=y");
	visit_get("/dex/auth");
	assert_non_null(strstr(visit_reply, "HTTP/1.1 500"));
	list_buf_clear(&cookies);
	next.cookies = LIST_OF(&cookies, "__Host-dexd_req_x=y; Path=/");
	visit_get("/dex/auth");
	assert_non_null(strstr(visit_reply,
	    "Set-Cookie: __Host-dexd_req_x=y; Path"));
	list_buf_clear(&cookies);
	next.cookies = (struct msg_list){ NULL, 0, 0 };
	next.status = 99;
	visit_get("/dex/auth");
	assert_non_null(strstr(visit_reply, "HTTP/1.1 500"));
}

/*
 * RFC 9112 section 6.3: an answer without a body ends with its head, whatever
 * Content-Length says.  What came behind it, a proxy would take for the answer
 * to the next request: that of somebody else, for our keys.
 */
static void
cannot_answer_the_next_request(void **state)
{
	static const unsigned	 bodiless[] = { 100, 101, 103, 199, 204, 205,
					    304 };
	static const char	 planted[] = "HTTP/1.1 200 OK\r\n"
				    "Content-Length: 14\r\n\r\n{\"keys\":\"me\"}";
	size_t			 i;

	(void)state;
	next.kind = ANSWER_TEXT;
	next.body = span_str(planted);
	for (i = 0; i < sizeof(bodiless) / sizeof(bodiless[0]); i++) {
		next.status = bodiless[i];
		visit_get("/dex/auth");
		assert_non_null(strstr(visit_reply, "HTTP/1.1 500"));
		assert_null(strstr(visit_reply, "{\"keys\""));
	}
}

/*
 * "lie in userinfo": what a token is worth there, only the engine says.  A
 * client that wants to know reads the ID token, which has a signature.
 */
static void
engine_lies_in_userinfo(void **state)
{
	(void)state;
	next.kind = ANSWER_JSON;
	next.status = 200;
	next.body = span_str("{\"sub\":\"root\",\"groups\":[\"wheel\"]}");
	visit("GET /dex/userinfo HTTP/1.0\r\n"
	    "Authorization: Bearer made.up.token\r\n\r\n");
	assert_non_null(strstr(visit_reply, "HTTP/1.1 200"));
	assert_non_null(strstr(visit_reply, "\"groups\":[\"wheel\"]"));
}

/* Page data is escaped, whoever composed it. */
static void
cannot_write_script(void **state)
{
	struct page_data	 d;

	(void)state;
	page_data_init(&d);
	page_data_str(&d, "ErrType", span_str("<script>alert(1)</script>"));
	page_data_str(&d, "ErrMsg", span_str("x"));
	next.kind = ANSWER_PAGE;
	next.page = PAGE_ERROR;
	next.status = 400;
	next.data = msg_list_of(&d.list);
	visit_get("/dex/auth");
	assert_non_null(strstr(visit_reply, "&lt;script&gt;"));
	assert_null(strstr(visit_reply, "<script"));
	page_data_clear(&d);
}

/* "nor read passwords": what is typed reaches the engine in a box only. */
static void
cannot_read_passwords(void **state)
{
	static const char	 form[] = "login=me&password=s3cret";
	char			 text[512];

	(void)state;
	next.kind = ANSWER_TEXT;
	next.status = 200;
	snprintf(text, sizeof(text), "POST /dex/auth/local/login?state=abc "
	    "HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	    "Content-Length: %zu\r\n\r\n%s", sizeof(form) - 1, form);
	visit(text);
	assert_non_null(strstr(visit_reply, "HTTP/1.1 200"));
	assert_true(sealed_seen);
	assert_false(password_seen);
	/* A connector without a worker: then nothing at all. */
	snprintf(text, sizeof(text), "POST /dex/auth/gone/login?state=abc "
	    "HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	    "Content-Length: %zu\r\n\r\n%s", sizeof(form) - 1, form);
	visit(text);
	assert_false(sealed_seen);
	assert_false(password_seen);
}

/* "nor read passwords": no answer makes a browser send them to another place. */
static void
cannot_send_passwords_on(void **state)
{
	static const unsigned	 refused[] = { 200, 201, 300, 301, 304, 305,
		307, 308, 399, 599 };
	static const char	 visitor[] = "POST /dex/auth/local/login?state="
	    "abc HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded"
	    "\r\nContent-Length: 24\r\n\r\nlogin=me&password=s3cret";
	size_t			 i;

	(void)state;
	next.kind = ANSWER_REDIRECT;
	next.location = span_str("https://evil.example/");
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		next.status = refused[i];
		visit(visitor);
		assert_non_null(strstr(visit_reply, "HTTP/1.1 500"));
		assert_null(strstr(visit_reply, "Location:"));
	}
	/* A browser asks with GET and nothing in it (Fetch, RFC 9110 15.4). */
	for (next.status = 302; next.status <= 303; next.status++) {
		visit(visitor);
		assert_non_null(strstr(visit_reply, "Location: https://evil"));
	}
}

/* "nor read passwords": the form posts to the route that seals, or is not shown. */
static void
cannot_lead_passwords_away(void **state)
{
	static const char *const	 elsewhere[] = {
		"https://evil.example/", "//evil.example/", "/dex/token",
		"/dex/auth/local/loginx", "/dex/auth/local/login/../../token",
		"/dex/auth/local", "", "?state=abc",
	};
	static const char		 own[] =
	    "/dex/auth/local/login?state=abc";
	struct page_data		 d;
	size_t				 i;

	(void)state;
	next.kind = ANSWER_PAGE;
	next.page = PAGE_PASSWORD;
	next.status = 200;
	for (i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		page_data_init(&d);
		page_data_str(&d, "PostURL", span_str(elsewhere[i]));
		next.data = msg_list_of(&d.list);
		visit_get(own);
		assert_non_null(strstr(visit_reply, "HTTP/1.1 500"));
		page_data_clear(&d);
	}
	page_data_init(&d);
	page_data_str(&d, "PostURL", span_str(own));
	next.data = msg_list_of(&d.list);
	visit_get(own);
	assert_non_null(strstr(visit_reply, "HTTP/1.1 200"));
	assert_non_null(strstr(visit_reply, own));
	/* The right form, but on a page whose answers are not sealed. */
	visit_get("/dex/auth/local?state=abc");
	assert_non_null(strstr(visit_reply, "HTTP/1.1 500"));
	page_data_clear(&d);
}

/*
 * No breach and no field without meaning harms it, and the honest engine after
 * it is heard.
 */
static void
cannot_crash_it(void **state)
{
	(void)state;
	hostile_breaches(&engine);
	hostile_pelt(&engine);
	rooms_settle();		/* our own wire was replaced */
	frontend.wire = room_wire(&frontend, ROOM_ENGINE, handlers);
	publish(5, "{\"keys\":[\"true\"]}", DOCUMENT_JWKS, document_key);
	visit_get("/dex/keys");
	assert_non_null(strstr(visit_reply, "[\"true\"]"));
}

/* Documents that it refuses, or has in another edition, are not kept. */
static void
cannot_fill_it(void **state)
{
	struct msg_en_fe_document	 m = { .document = DOCUMENT_JWKS,
		.serial = 6, .key_number = 1 };
	uint8_t				 mac[32];
	unsigned long			 before;
	struct buf			 large;
	int				 i;

	(void)state;
	buf_init(&large, 60000);
	while (large.len < 60000)
		buf_put_c(&large, 'x');
	m.body = buf_span(&large);
	publish(5, "{\"keys\":[\"true\"]}", DOCUMENT_JWKS, document_key);
	visit_get("/dex/keys");
	before = hostile_memory(&frontend);
	for (i = 0; i < 400; i++) {
		docmac(mac, document_key, DOCUMENT_JWKS, 1, m.serial, m.body);
		mac[0] ^= i % 8 == 0;
		m.mac = span_mem(mac, sizeof(mac));
		assert_int_equal(peer_tell(frontend.wire, EN_FE_DOCUMENT, &m,
		    -1), 0);
		assert_int_equal(peer_flush(frontend.wire, 20000), 0);
	}
	visit_get("/dex/keys");
	assert_non_null(strstr(visit_reply, "xxxx"));
	hostile_no_more_memory(&engine, before);
	hostile_unended(&engine, 300);
	rooms_settle();		/* our own wire was replaced */
	frontend.wire = room_wire(&frontend, ROOM_ENGINE, handlers);
	visit_get("/dex/keys");
	assert_non_null(strstr(visit_reply, "xxxx"));
	buf_clear(&large);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(publishes_what_the_signer_made), T(cannot_split_answers),
		T(engine_lies_in_userinfo), T(cannot_write_script),
		T(cannot_read_passwords),
		T(cannot_lead_passwords_away),
		T(cannot_send_passwords_on),
		T(cannot_answer_the_next_request),
		T(cannot_crash_it), T(cannot_fill_it),
	};

	rooms_init();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
