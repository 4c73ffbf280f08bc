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

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "regress/compromise/real_engine.h"
#include "test.h"

struct played		 engine = { .program = "engine", .room = ROOM_ENGINE,
			    .name = "" };
struct buf		 location, body;
struct list_buf		 cookies;
static char		 dir[64];
static bool		 answered;
static unsigned		 status;

static void
tell(enum msg_type type, const void *m)
{
	assert_int_equal(peer_tell(engine.parent, type, m, -1), 0);
}

static void
tell_clients(void)
{
	struct msg_pa_en_client	 app = { .id = span_str("app"),
		.secret = span_str("secret"), .name = span_str("App") };
	struct msg_pa_en_client	 other = { .id = span_str("other"),
		.secret = span_str("theirs"), .name = span_str("Other") };
	struct list_buf		 uris;

	app.redirect_uris = LIST_OF(&uris, "http://app/cb");
	other.redirect_uris = app.redirect_uris;
	tell(PA_EN_CLIENT, &app);
	tell(PA_EN_CLIENT, &other);
	list_buf_clear(&uris);
}

static void
start(peer_handler * const *handlers)
{
	static const uint8_t		 cookie_key[32] = { 7 };
	struct msg_pa_en_config		 c = { .issuer = span_str(ISSUER),
		.pkce_s256 = true, .grant_authorization_code = true,
		.auth_requests_secs = 3600, .id_tokens_secs = 3600 };
	struct msg_pa_en_store		 st = { .storage = STORAGE_SQLITE };
	struct msg_pa_en_connector	 k = { .id = span_str("pw"),
		.type = span_str("mockPassword"), .name = span_str("PW"),
		.kind = CONNECTOR_PASSWORD };
	struct msg_pa_en_key		 key = { .number = 1,
		.cookie_key = span_mem(cookie_key, 32) };
	char				 file[128];

	room_path(file, "db");
	st.file = span_str(file);
	room_begin(&engine, ROOM_FRONTEND, handlers);
	tell(PA_EN_CONFIG, &c);
	tell(PA_EN_STORE, &st);
	tell(PA_EN_CONNECTOR, &k);
	tell_clients();
	tell(PA_EN_KEY, &key);
	room_go(&engine);
}

void
engine_begin(peer_handler * const *handlers)
{
	snprintf(dir, sizeof(dir), "/tmp/dexd-broken-XXXXXX");
	assert_non_null(mkdtemp(dir));
	rooms_writable = dir;
	buf_init(&location, 16384);
	buf_init(&body, 65536);
	list_buf_init(&cookies, 65536);
	start(handlers);
}

void
engine_end(void)
{
	static const char * const	 names[] = { "db", "db-wal", "db-shm" };
	char				 path[128];
	size_t				 i;

	room_end(&engine);
	for (i = 0; i < NITEMS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
	buf_clear(&location);
	buf_clear(&body);
	list_buf_clear(&cookies);
}

static void
on_answer(void *arg, struct msg *m)
{
	struct msg_list	 set;
	struct span	 cookie;

	(void)arg;
	answered = true;
	buf_reset(&location);
	buf_reset(&body);
	list_buf_clear(&cookies);
	list_buf_init(&cookies, 65536);
	status = m == NULL ? 0 : m->en_fe_answer.status;
	if (m == NULL)
		return;
	buf_put_span(&location, m->en_fe_answer.location);
	buf_put_span(&body, m->en_fe_answer.body);
	set = m->en_fe_answer.cookies;
	while (msg_list_next(&set, &cookie))
		list_buf_add(&cookies, cookie);
}

unsigned
engine_ask(const struct msg_fe_en_http *ask)
{
	answered = false;
	assert_int_equal(peer_ask(engine.wire, FE_EN_HTTP, ask, 20000,
	    on_answer, NULL), 0);
	assert_true(rooms_wait(&answered));
	return (status);
}

unsigned
request(enum endpoint endpoint, const char *connector,
    const char * const *pairs)
{
	struct list_buf		 l;
	bool			 post = endpoint == ENDPOINT_TOKEN;
	struct msg_fe_en_http	 ask = { .endpoint = (uint8_t)endpoint,
		.method = post ? HTTP_POST : HTTP_GET,
		.request_id = span_str("r"), .path = span_str("/dex/x"),
		.connector = span_str(connector),
		.address = span_str("192.0.2.1") };

	*(post ? &ask.form : &ask.query) = list_of(&l, pairs);
	engine_ask(&ask);
	list_buf_clear(&l);
	return (status);
}
