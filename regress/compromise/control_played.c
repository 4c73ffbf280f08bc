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

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/compromise/control_played.h"
#include "regress/compromise/hostile.h"
#include "test.h"

struct played			 control = { .program = "control",
				    .room = ROOM_CONTROL, .name = "" };
char				 control_dir[64], control_path[80];
struct msg_pa_room_counted	 control_told;
bool				 engine_is_honest;
uint32_t			 engine_asked[CONTROL_ASKS];
struct caller			 one, two;

static peer_handler		*handlers[MSG_MAX];
static unsigned			 nasked, nwanted, ncommands;
static bool			 got_wanted;

/* ---- the rooms beside it ---- */

void
engine_says(uint32_t rid, const char *text)
{
	struct msg_en_ct_result	 m = { .status = RESULT_OK,
		.text = span_str(text), .json = span_str("{}") };

	assert_int_equal(peer_answer(control.wire, rid, EN_CT_RESULT, &m), 0);
}

static void
on_engine_command(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	assert_true(m->ct_en_command.command == COMMAND_SHOW_KEYS);
	assert_true(nasked < NITEMS(engine_asked));
	if (engine_is_honest)
		engine_says(m->rid, "the keys");
	else
		engine_asked[nasked++] = m->rid;
	got_wanted = nasked == nwanted;
}

static void
on_parent_command(void *room, struct peer *p, struct msg *m)
{
	struct msg_pa_ct_result	 answer = { .status = RESULT_OK,
		.text = span_str("all is well"), .json = span_str("{}") };

	(void)room;
	assert_int_equal(m->ct_pa_command.command, COMMAND_STATUS);
	ncommands++;
	peer_answer(p, m->rid, PA_CT_RESULT, &answer);
}

static void
on_gather(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	hostile_pass_on(p, m->rid, &control_told, 1);
}

void
control_parent_handlers(peer_handler **h)
{
	h[CT_PA_COMMAND] = on_parent_command;
	h[ROOM_PA_GATHER] = on_gather;
}

static int
listener(void)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM |
				    SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, control_path, strlen(control_path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return (fd);
}

int
control_dial(void)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(sun.sun_path, control_path, strlen(control_path) + 1);
	return (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 ? fd :
	    -1);
}

int
control_setup(void **state)
{
	struct msg_pa_ct_socket	 s = { .owner = (uint32_t)geteuid() };
	struct msg_pa_ct_client	 c = { .name = span_str("The App"),
				    .redirects = 1 };
	char			 id[32];
	int			 i, fd;

	(void)state;
	snprintf(control_dir, sizeof(control_dir), "/tmp/dexd-broken-XXXXXX");
	assert_non_null(mkdtemp(control_dir));
	snprintf(control_path, sizeof(control_path), "%s/sock", control_dir);
	buf_init(&one.text, 65536);
	buf_init(&one.json, 65536);
	buf_init(&two.text, 65536);
	buf_init(&two.json, 65536);
	engine_is_honest = true;
	nasked = ncommands = 0;
	handlers[CT_EN_COMMAND] = on_engine_command;
	control_parent_handlers(handlers);
	room_begin(&control, ROOM_ENGINE, handlers);
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		snprintf(id, sizeof(id), "app-%d", i);
		c.id = span_str(id);
		assert_int_equal(peer_tell(control.parent, PA_CT_CLIENT, &c,
		    -1), 0);
	}
	fd = listener();
	assert_int_equal(peer_tell(control.parent, PA_CT_SOCKET, &s, fd), 0);
	close(fd);
	room_go(&control);
	return (0);
}

void
caller_hang_up(struct caller *c)
{
	if (c->peer != NULL)
		peer_free(c->peer);
	c->peer = NULL;
}

int
control_teardown(void **state)
{
	(void)state;
	caller_hang_up(&one);
	caller_hang_up(&two);
	room_end(&control);
	unlink(control_path);
	assert_int_equal(rmdir(control_dir), 0);
	buf_clear(&one.text);
	buf_clear(&one.json);
	buf_clear(&two.text);
	buf_clear(&two.json);
	return (0);
}

/* ---- an honest caller ---- */

static void
on_caller_gone(void *room, struct peer *p)
{
	((struct caller *)room)->peer = NULL;
	peer_free(p);
}

static void
on_result(void *arg, struct msg *m)
{
	struct caller	*c = arg;

	c->answered = true;
	buf_reset(&c->text);
	buf_reset(&c->json);
	c->status = m == NULL ? RESULT_MAX : m->ct_cl_result.status;
	c->next = m == NULL ? 0 : m->ct_cl_result.next;
	if (m != NULL) {
		buf_put_span(&c->text, m->ct_cl_result.text);
		buf_put_span(&c->json, m->ct_cl_result.json);
	}
}

static void
ask(struct caller *c, const struct msg_cl_ct_command *m)
{
	static peer_handler * const	 none[MSG_MAX];
	struct peer_config		 conf = { .self = ROOM_DEXCTL,
		.other = ROOM_CONTROL, .room = c, .handlers = none,
		.gone = on_caller_gone };

	if (c->peer == NULL)
		c->peer = peer_new(rooms_base, control_dial(), &conf);
	assert_non_null(c->peer);
	c->answered = false;
	assert_int_equal(peer_ask(c->peer, CL_CT_COMMAND, m, 20000,
	    on_result, c), 0);
}

void
caller_begins(struct caller *c, enum command what)
{
	struct msg_cl_ct_command	 m = { .version = CONTROL_VERSION,
		.command = (uint8_t)what };

	ask(c, &m);
}

unsigned
caller_asks_for(struct caller *c, const struct msg_cl_ct_command *m)
{
	ask(c, m);
	assert_true(rooms_wait(&c->answered));
	return (c->status);
}

unsigned
caller_asks(struct caller *c, enum command what)
{
	caller_begins(c, what);
	assert_true(rooms_wait(&c->answered));
	return (c->status);
}

void
engine_wait_asked(unsigned n)
{
	nwanted = n;
	got_wanted = nasked == n;
	assert_true(rooms_wait(&got_wanted));
}

void
control_serves(void)
{
	unsigned	 before = ncommands;

	assert_int_equal(waitpid(control.pid, NULL, WNOHANG), 0);
	assert_int_equal(caller_asks(&one, COMMAND_SHOW_CLIENTS), RESULT_OK);
	assert_non_null(strstr(buf_cstr(&one.text), "\napp-0 "));
	assert_int_equal(caller_asks(&one, COMMAND_STATUS), RESULT_OK);
	assert_string_equal(buf_cstr(&one.text), "all is well");
	assert_int_equal(ncommands, before + 1);
	caller_hang_up(&one);
}

void
control_serves_alone(void)
{
	control_serves();
	assert_int_equal(caller_asks(&one, COMMAND_SHOW_KEYS), RESULT_BUSY);
	assert_string_equal(buf_cstr(&one.text), "try again shortly");
	caller_hang_up(&one);
}

void
control_serves_with_engine(void)
{
	engine_is_honest = true;
	control.wire = room_wire(&control, ROOM_ENGINE, handlers);
	assert_int_equal(caller_asks(&one, COMMAND_SHOW_KEYS), RESULT_OK);
	assert_string_equal(buf_cstr(&one.text), "the keys");
	control_serves();
}
