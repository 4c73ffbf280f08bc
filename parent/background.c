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

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"

/*
 * Into the background: the first process waits until we serve, so that its
 * exit status means something; a third one takes what all rooms write to fd 2
 * and hands it to the terminal until then and to syslog from then on.
 */

static int	 status_fd = -1;	/* a byte: we serve */
static int	 switch_fd = -1;	/* closed: syslog from now on */

static int
priority_of(const char *line)
{
	if (strstr(line, "level=ERROR") != NULL ||
	    strstr(line, "\"level\":\"ERROR\"") != NULL)
		return (LOG_ERR);
	if (strstr(line, "level=WARN") != NULL ||
	    strstr(line, "\"level\":\"WARN\"") != NULL)
		return (LOG_WARNING);
	return (LOG_INFO);
}

struct relay {
	char	 line[4096];
	size_t	 len;
	bool	 to_syslog;
};

/* Passes on whole lines; one that is too long is passed on in pieces. */
static void
relay_take(struct relay *r, const char *bytes, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			r->line[r->len++] = bytes[i];
		if (bytes[i] != '\n' && r->len < sizeof(r->line) - 1)
			continue;
		r->line[r->len] = '\0';
		if (r->to_syslog)
			syslog(priority_of(r->line), "%s", r->line);
		else
			fprintf(stderr, "%s\n", r->line);
		r->len = 0;
	}
}

/* Lets go of the terminal of whoever started us. */
static void
relay_switch(struct relay *r, int sw, int status, int null)
{
	r->to_syslog = true;
	if (dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
	    dup2(null, 2) == -1)
		_exit(1);
	close(sw);
	close(status);
}

static _Noreturn void
relay(int in, int sw, int status, int null, uid_t uid, gid_t gid)
{
	static struct relay	 r;
	struct pollfd		 pfd[2] = { { .fd = in, .events = POLLIN },
				    { .fd = sw, .events = POLLIN } };
	char			 bytes[4096];
	ssize_t			 n;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	openlog("dexd", LOG_NDELAY, LOG_DAEMON);
	if (geteuid() == 0 && (setgroups(1, &gid) == -1 ||
	    setgid(gid) == -1 || setuid(uid) == -1))
		_exit(1);
	for (;;) {
		if (poll(pfd, r.to_syslog ? 1 : 2, -1) == -1)
			continue;
		if (pfd[0].revents != 0) {
			if ((n = read(in, bytes, sizeof(bytes))) <= 0)
				_exit(0);
			relay_take(&r, bytes, (size_t)n);
		} else if (!r.to_syslog && pfd[1].revents != 0)
			relay_switch(&r, sw, status, null);
	}
}

/* In the process that was called: wait for word, or for the end of both. */
static _Noreturn void
await(int fd)
{
	char	 c;
	ssize_t	 n;

	do
		n = read(fd, &c, 1);
	while (n == -1 && errno == EINTR);
	_exit(n == 1 ? 0 : 1);
}

void
background_begin(uid_t uid, gid_t gid)
{
	int	 status[2], sw[2], out[2], null;
	pid_t	 pid;

	if (pipe2(status, O_CLOEXEC) == -1 || pipe2(sw, O_CLOEXEC) == -1 ||
	    pipe2(out, O_CLOEXEC) == -1 ||
	    (null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		fatal("cannot go to the background");
	if ((pid = fork()) == -1)
		fatal("fork");
	if (pid != 0) {
		close(status[1]);
		close(out[0]);
		close(out[1]);
		await(status[0]);
	}
	setsid();
	if ((pid = fork()) == -1)
		fatal("fork");
	if (pid == 0) {
		close(sw[1]);
		close(out[1]);
		relay(out[0], sw[0], status[1], null, uid, gid);
	}
	close(status[0]);
	close(sw[0]);
	close(out[0]);
	status_fd = status[1];
	switch_fd = sw[1];
	if (dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
	    dup2(out[1], 2) == -1)
		fatal("dup2");
	close(out[1]);
	close(null);
}

void
background_ready(void)
{
	if (status_fd == -1)
		return;
	close(switch_fd);
	if (write(status_fd, "", 1) == -1)
		log_debug("nobody waits for the start");
	close(status_fd);
	status_fd = switch_fd = -1;
}
