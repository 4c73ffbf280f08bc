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
#include <sys/stat.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"
#include "pathnames.h"

/* One listening socket for each address, shared by all frontends. */

#define BACKLOG	1024

static int
bind_listen(int fd, const struct sockaddr *sa, socklen_t len)
{
	int	 one = 1;

	if (fd == -1)
		return (-1);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, sa, len) == -1 || listen(fd, BACKLOG) == -1) {
		close(fd);
		return (-1);
	}
	return (fd);
}

int
listen_address(const char *host, uint32_t port, struct sockaddr_storage *ss,
    socklen_t *len)
{
	struct sockaddr_in	 v4 = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6	 v6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons((uint16_t)port) };

	memset(ss, 0, sizeof(*ss));
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(ss, &v4, *len = sizeof(v4));
		return (0);
	}
	v6.sin6_addr = in6addr_any;	/* an empty host: any */
	if (*host != '\0' && inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
		return (-1);
	memcpy(ss, &v6, *len = sizeof(v6));
	return (0);
}

static int
open_socket(const struct sockaddr_storage *ss, socklen_t len, bool any)
{
	int	 fd, only = !any;

	fd = socket(ss->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	/* An empty host: both families on one socket. */
	if (fd != -1 && ss->ss_family == AF_INET6 && setsockopt(fd,
	    IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) == -1) {
		close(fd);
		return (-1);
	}
	return (bind_listen(fd, (const struct sockaddr *)ss, len));
}

static int
open_address(const char *host, uint32_t port)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	int			 fd;

	if (listen_address(host, port, &ss, &len) == -1) {
		errno = EINVAL;
		return (-1);
	}
	fd = open_socket(&ss, len, *host == '\0');
	if (fd != -1 || *host != '\0' || (errno != EAFNOSUPPORT &&
	    errno != EADDRNOTAVAIL))
		return (fd);
	if (listen_address("0.0.0.0", port, &ss, &len) == -1)
		return (-1);
	return (open_socket(&ss, len, false));
}

struct listener *
listener_find(struct parent *p, const struct listen_conf *c)
{
	struct listener	*l;

	TAILQ_FOREACH(l, &p->listeners, entry)
		if (l->port == c->port && strcmp(l->host, c->host) == 0)
			return (l);
	return (NULL);
}

static void
listener_close(struct parent *p, struct listener *l)
{
	TAILQ_REMOVE(&p->listeners, l, entry);
	if (!inherit_give_back(p, l->fd))
		close(l->fd);
	free(l->host);
	free(l);
}

static int
open_one(struct parent *p, const struct listen_conf *c, unsigned patience,
    char *err, size_t errlen)
{
	const struct timespec	 tenth = { 0, 100000000 };
	struct listener		*l = xcalloc(1, sizeof(*l));

	l->port = c->port;
	l->host = xstrdup(c->host);
	snprintf(l->address, sizeof(l->address), strchr(c->host, ':') != NULL ?
	    "[%s]:%u" : "%s:%u", c->host, c->port);
	if ((l->fd = inherit_take(p, c)) == -1)
		l->fd = open_address(c->host, c->port);
	for (; l->fd == -1 && errno == EADDRINUSE && patience > 0; patience--) {
		nanosleep(&tenth, NULL);
		l->fd = open_address(c->host, c->port);
	}
	if (l->fd == -1) {
		snprintf(err, errlen, "cannot listen on %s: %s", l->address,
		    strerror(errno));
		free(l->host);
		free(l);
		return (-1);
	}
	TAILQ_INSERT_TAIL(&p->listeners, l, entry);
	log_info("listening on", "server", listen_kind_name(c->kind),
	    "address", l->address);
	return (0);
}

int
listeners_open(struct parent *p, const struct settings *s, unsigned patience,
    char *err, size_t errlen)
{
	const struct listen_conf	*c;

	TAILQ_FOREACH(c, &s->listens, entry)
		if (listener_find(p, c) == NULL &&
		    open_one(p, c, patience, err, errlen) == -1) {
			listeners_prune(p);
			return (-1);
		}
	return (0);
}

static bool
is_wanted(const struct listener *l, const struct settings *s)
{
	const struct listen_conf	*c;

	TAILQ_FOREACH(c, &s->listens, entry)
		if (l->port == c->port && strcmp(l->host, c->host) == 0)
			return (true);
	return (false);
}

/* What is in force keeps its sockets also while nobody serves. */
void
listeners_prune(struct parent *p)
{
	struct listener	*l, *next;

	TAILQ_FOREACH_SAFE(l, &p->listeners, entry, next)
		if ((p->inforce == NULL || !is_wanted(l, p->inforce)) &&
		    (p->starting == NULL || !is_wanted(l,
		    p->starting->settings)))
			listener_close(p, l);
}

int
control_socket_open(struct parent *p, gid_t group, char *err, size_t errlen)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	mode_t			 old;
	int			 fd, n;

	n = snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s",
	    p->options.run_dir, CONTROL_SOCKET);
	if (n < 0 || n >= (int)sizeof(sun.sun_path)) {
		snprintf(err, errlen, "%s: the name is too long for a socket",
		    p->options.run_dir);
		return (-1);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) ==
	    0) {
		snprintf(err, errlen, "%s: another dexd is running",
		    sun.sun_path);
		close(fd);
		return (-1);
	}
	if (fd != -1)
		close(fd);
	unlink(sun.sun_path);
	old = umask(0177);
	p->control_fd = bind_listen(socket(AF_UNIX, SOCK_STREAM |
	    SOCK_NONBLOCK | SOCK_CLOEXEC, 0), (struct sockaddr *)&sun,
	    sizeof(sun));
	umask(old);
	/* The group may read; the control room asks who it is all the same. */
	if (p->control_fd != -1 && (!p->root ||
	    (chown(sun.sun_path, 0, group) == 0 &&
	    chmod(sun.sun_path, 0660) == 0)))
		return (0);
	snprintf(err, errlen, "%s: %s", sun.sun_path, strerror(errno));
	return (-1);
}
