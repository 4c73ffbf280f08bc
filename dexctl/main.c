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

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>

#include "dexctl.h"
#include "log.h"
#include "pathnames.h"
#include "peer.h"

#define ANSWER_TIME_MS	70000

static const struct {
	const char	*words;
	enum command	 command;
} commands[] = {
	{ "status", COMMAND_STATUS },
	{ "reload", COMMAND_RELOAD },
	{ "stop", COMMAND_STOP },
	{ "rotate keys", COMMAND_ROTATE_KEYS },
};

struct call {
	struct event_base	*base;
	bool			 json;
	int			 status;
};

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: dexctl [-j] [-r directory] [-s socket] "
	    "status | reload | stop | rotate keys\n"
	    "       dexctl hash-password [-c cost]\n");
	exit(2);
}

/* What a room says is printed, control characters are not. */
static void
print(FILE *out, struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		putc((s.p[i] < ' ' && s.p[i] != '\n' && s.p[i] != '\t') ||
		    s.p[i] == 0x7f ? '?' : s.p[i], out);
	if (s.len == 0 || s.p[s.len - 1] != '\n')
		putc('\n', out);
}

static void
on_result(void *arg, struct msg *m)
{
	struct call	*c = arg;

	if (m == NULL) {
		fprintf(stderr, "dexctl: no answer\n");
		c->status = 1;
	} else {
		c->status = m->ct_cl_result.status == RESULT_OK ? 0 :
		    m->ct_cl_result.status == RESULT_BUSY ? 75 : 1;
		if (c->json)
			print(stdout, m->ct_cl_result.json);
		else
			print(c->status == 0 ? stdout : stderr,
			    m->ct_cl_result.text);
	}
	event_base_loopbreak(c->base);
}

static void
on_gone(void *room, struct peer *p)
{
	(void)room;
	peer_free(p);	/* which fails what is pending */
}

static int
dial(const char *path)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		fprintf(stderr, "dexctl: %s: the name is too long\n", path);
		return (-1);
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) ==
	    -1) {
		fprintf(stderr, "dexctl: %s: %s\n", path, strerror(errno));
		return (-1);
	}
	return (fd);
}

static int
call(const char *path, enum command command, bool json)
{
	static peer_handler * const	 none[MSG_MAX];
	struct call			 c = { .json = json, .status = 1 };
	struct peer_config		 conf = { .self = ROOM_DEXCTL,
		.other = ROOM_CONTROL, .room = &c, .handlers = none,
		.gone = on_gone };
	struct msg_cl_ct_command	 m = { .version = 1,
					    .command = (uint8_t)command };
	struct peer			*p;
	int				 fd;

	if ((fd = dial(path)) == -1)
		return (1);
	if ((c.base = event_base_new()) == NULL ||
	    (p = peer_new(c.base, fd, &conf)) == NULL)
		fatalx("cannot start");
	if (peer_ask(p, CL_CT_COMMAND, &m, ANSWER_TIME_MS, on_result, &c) ==
	    -1)
		fatalx("cannot ask");
	event_base_dispatch(c.base);
	return (c.status);
}

static int
hash_command(int argc, char *argv[])
{
	int	 ch, cost = 10;

	optind = 1;
	while ((ch = getopt(argc, argv, "c:")) != -1)
		if (ch == 'c')
			cost = (int)strtol(optarg, NULL, 10);
		else
			usage();
	if (cost < 10 || cost > 16) {
		fprintf(stderr, "dexctl: the cost is from 10 to 16\n");
		return (2);
	}
	return (hash_password(cost));
}

int
main(int argc, char *argv[])
{
	char		 words[64] = "", path[1100] = PATH_RUN "/"
			    CONTROL_SOCKET;
	bool		 json = false;
	size_t		 i;
	int		 ch;

	log_init("dexctl");
	if (sodium_init() == -1)
		fatalx("libsodium does not start");
	while ((ch = getopt(argc, argv, "+jr:s:")) != -1)
		switch (ch) {
		case 'j':
			json = true;
			break;
		case 'r':
			snprintf(path, sizeof(path), "%s/%s", optarg,
			    CONTROL_SOCKET);
			break;
		case 's':
			snprintf(path, sizeof(path), "%s", optarg);
			break;
		default:
			usage();
		}
	argc -= optind;
	argv += optind;
	if (argc > 0 && strcmp(argv[0], "hash-password") == 0)
		return (hash_command(argc, argv));
	if (argc == 1 || argc == 2)
		snprintf(words, sizeof(words), "%s%s%s", argv[0],
		    argc == 2 ? " " : "", argc == 2 ? argv[1] : "");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(words, commands[i].words) == 0)
			return (call(path, commands[i].command, json));
	usage();
}
