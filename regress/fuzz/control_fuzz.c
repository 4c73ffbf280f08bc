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

#include "regress/fuzz/fuzz.h"

#include <sys/socket.h>

#include <signal.h>
#include <unistd.h>

#include <event2/event.h>

#include "log.h"
#include "peer.h"

/*
 * The admin socket: bytes of any local process that may open it, as frames, in
 * pieces, to the end of the wire that the control room holds.  A command that
 * arrives is one, and whoever sends anything else is cut off.
 */

static struct event_base	*base;
static struct peer		*room;
static unsigned			 commands;

static void
on_command(void *arg, struct peer *p, struct msg *m)
{
	struct msg_ct_cl_result	 r = { .status = RESULT_OK,
				    .json = span_str("{}") };

	(void)arg;
	RULE(m->type == CL_CT_COMMAND && m->fd == -1);
	RULE(m->cl_ct_command.command < COMMAND_MAX);
	commands++;
	RULE(peer_answer(p, m->rid, CT_CL_RESULT, &r) == 0 ||
	    peer_is_full(p));
}

static void
on_gone(void *arg, struct peer *p)
{
	(void)arg;
	peer_free(p);
	room = NULL;
}

/* What a well-behaved dexctl would send, when a byte says so. */
static void
put_command(struct buf *b, struct fuzz_input *in)
{
	struct msg_cl_ct_command	 m = { .version = fuzz_u8(in),
		.command = fuzz_u8(in) % COMMAND_MAX,
		.from = (uint32_t)fuzz_u64(in) };
	struct buf			 fields;

	buf_init(&fields, 4096);
	if (msg_encode(CL_CT_COMMAND, &m, &fields) == 0) {
		buf_put_u32(b, (uint32_t)fields.len);
		buf_put_u16(b, CL_CT_COMMAND);
		buf_put_u16(b, 0);
		buf_put_u32(b, 1 + fuzz_u8(in));
		buf_put_span(b, buf_span(&fields));
	}
	buf_clear(&fields);
}

static void
drain(int fd)
{
	uint8_t	 bytes[4096];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static void
talk(int fd, struct span s)
{
	size_t	 at, n;

	for (at = 0; at < s.len && room != NULL; at += n) {
		n = s.len - at < 4000 ? s.len - at : 4000;
		if (at == 0 && n > 5)
			n = 5;			/* a frame's head in two */
		if (send(fd, s.p + at, n, MSG_DONTWAIT | MSG_NOSIGNAL) !=
		    (ssize_t)n)
			return;
		event_base_loop(base, EVLOOP_NONBLOCK);
		drain(fd);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[CL_CT_COMMAND] = on_command,
	};
	const struct peer_config	 c = { .self = ROOM_CONTROL,
		.other = ROOM_DEXCTL, .handlers = handlers, .gone = on_gone };
	struct fuzz_input		 in = { p, len };
	struct buf			 b;
	int				 fds[2], i, good;

	if (base == NULL) {
		signal(SIGPIPE, SIG_IGN);
		log_setup(LOG_LVL_ERROR + 1, LOG_FMT_TEXT);
		base = event_base_new();
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    (room = peer_new(base, fds[0], &c)) == NULL)
		return (0);
	buf_init(&b, 1 << 20);
	commands = 0;
	good = fuzz_u8(&in) % 4;
	for (i = 0; i < good; i++)
		put_command(&b, &in);
	good = b.len == 0 ? 0 : 1;
	buf_put(&b, in.p, in.len);
	talk(fds[1], buf_span(&b));
	RULE(good == 0 || commands != 0);
	close(fds[1]);
	for (i = 0; i < 4 && room != NULL; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	RULE(room == NULL);
	buf_clear(&b);
	return (0);
}
