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
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "dexctl.h"
#include "log.h"
#include "peer.h"

/*
 * One command and its answer.  Lists come a page at a time and are printed as
 * they come, so that neither side has to hold a whole one.
 */

#define VERSION		2
#define ANSWER_TIME_MS	70000
#define PAGES_MAX	100000	/* dexd has lists, not streams without end */

struct call {
	struct event_base	*base;
	struct peer		*peer;
	enum command		 command;
	bool			 json;
	uint32_t		 from;		/* row to ask for */
	unsigned		 pages;		/* printed */
	bool			 more;
	int			 status;
};

/* A C1 control character in UTF-8: terminals obey these, too. */
static bool
is_c1(struct span s, size_t i)
{
	return (s.p[i] == 0xc2 && i + 1 < s.len && s.p[i + 1] < 0xa0);
}

/*
 * What a room says is printed, what would drive the terminal is not.  JSON
 * has an escape for it, C0 is escaped in there already.
 */
static void
print(FILE *out, struct span s, bool json)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (is_c1(s, i)) {
			i++;
			if (json)
				fprintf(out, "\\u00%02x", s.p[i]);
			else
				putc('?', out);
		} else if ((s.p[i] < ' ' && s.p[i] != '\n' &&
		    s.p[i] != '\t') || s.p[i] == 0x7f)
			putc('?', out);
		else
			putc(s.p[i], out);
}

static void
print_line(FILE *out, struct span s, bool json)
{
	print(out, s, json);
	if (s.len == 0 || s.p[s.len - 1] != '\n')
		putc('\n', out);
}

/* Rows of an array, between what makes it a document. */
static void
print_rows(const struct call *c, const struct msg_ct_cl_result *m)
{
	if (c->pages == 0) {
		fputs("{\"", stdout);
		print(stdout, m->list, true);
		fputs("\":[", stdout);
	} else if (m->json.len != 0)
		putchar(',');
	print(stdout, m->json, true);
	if (m->next == 0)
		puts("]}");
}

static void
print_result(const struct call *c, const struct msg_ct_cl_result *m)
{
	if (!c->json)
		print_line(stdout, m->text, false);
	else if (m->list.len != 0)
		print_rows(c, m);
	else
		print_line(stdout, m->json, true);
}

static int
status_of(enum result status)
{
	switch (status) {
	case RESULT_OK:
		return (0);
	case RESULT_BUSY:
		return (STATUS_BUSY);
	case RESULT_DENIED:
		return (STATUS_DENIED);
	default:
		return (STATUS_FAILED);
	}
}

static void
on_result(void *arg, struct msg *m)
{
	const struct msg_ct_cl_result	*r;
	struct call			*c = arg;

	event_base_loopbreak(c->base);
	if (m == NULL) {
		fprintf(stderr, "dexctl: no answer\n");
		return;
	}
	r = &m->ct_cl_result;
	if ((c->status = status_of((enum result)r->status)) != 0) {
		fputs("dexctl: ", stderr);
		print_line(stderr, r->text, false);
		return;
	}
	print_result(c, r);
	c->pages++;
	if (r->next == 0)
		return;
	c->status = STATUS_FAILED;	/* until the last page has come */
	if (r->next <= c->from || c->pages == PAGES_MAX)
		fprintf(stderr, "dexctl: the list does not end\n");
	else {
		c->from = r->next;
		c->more = true;
	}
}

static void
on_gone(void *room, struct peer *p)
{
	struct call	*c = room;

	c->peer = NULL;
	peer_free(p);	/* which fails what is pending */
	event_base_loopbreak(c->base);
}

static void
ask_page(struct call *c)
{
	struct msg_cl_ct_command	 m = { .version = VERSION,
		.command = (uint8_t)c->command, .from = c->from };

	c->more = false;
	if (c->peer == NULL || peer_ask(c->peer, CL_CT_COMMAND, &m,
	    ANSWER_TIME_MS, on_result, c) == -1) {
		fprintf(stderr, "dexctl: dexd does not take the command\n");
		return;
	}
	event_base_dispatch(c->base);
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
	if (fd != -1 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) ==
	    0)
		return (fd);
	fprintf(stderr, "dexctl: %s: %s\n", path, strerror(errno));
	if (fd != -1)
		close(fd);
	return (-1);
}

int
ask(const char *path, enum command command, bool json)
{
	static peer_handler * const	 none[MSG_MAX];
	struct call			 c = { .command = command,
		.json = json, .status = STATUS_FAILED };
	struct peer_config		 conf = { .self = ROOM_DEXCTL,
		.other = ROOM_CONTROL, .room = &c, .handlers = none,
		.gone = on_gone };
	int				 fd;

	if ((fd = dial(path)) == -1)
		return (STATUS_FAILED);
	if ((c.base = event_base_new()) == NULL ||
	    (c.peer = peer_new(c.base, fd, &conf)) == NULL)
		fatalx("cannot start");
	do
		ask_page(&c);
	while (c.more);
	if (fflush(stdout) != 0)
		fatal("standard output");
	return (c.status);
}
