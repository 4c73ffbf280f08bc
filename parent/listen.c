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

static int
open_v4(struct in_addr addr, uint32_t port)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr = addr };

	return (bind_listen(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0), (struct sockaddr *)&sin, sizeof(sin)));
}

/* any: both families on one socket. */
static int
open_v6(struct in6_addr addr, uint32_t port, bool any)
{
	struct sockaddr_in6	 sin6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons((uint16_t)port),
				    .sin6_addr = addr };
	int			 fd, only = !any;

	fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd != -1 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only,
	    sizeof(only)) == -1) {
		close(fd);
		return (-1);
	}
	return (bind_listen(fd, (struct sockaddr *)&sin6, sizeof(sin6)));
}

static int
open_any(uint32_t port)
{
	struct in_addr	 any = { .s_addr = htonl(INADDR_ANY) };
	int		 fd = open_v6(in6addr_any, port, true);

	return (fd == -1 && (errno == EAFNOSUPPORT ||
	    errno == EADDRNOTAVAIL) ? open_v4(any, port) : fd);
}

static int
open_address(const char *host, uint32_t port)
{
	struct in_addr	 v4;
	struct in6_addr	 v6;

	if (*host == '\0')
		return (open_any(port));
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (open_v4(v4, port));
	if (inet_pton(AF_INET6, host, &v6) == 1)
		return (open_v6(v6, port, false));
	errno = EINVAL;
	return (-1);
}

static struct listener *
find(struct parent *p, const struct listen_conf *c)
{
	struct listener	*l;

	TAILQ_FOREACH(l, &p->listeners, entry)
		if (l->tls == c->tls && l->port == c->port &&
		    strcmp(l->host, c->host) == 0)
			return (l);
	return (NULL);
}

static int
open_one(struct parent *p, const struct listen_conf *c, char *err,
    size_t errlen)
{
	struct listener	*l = xcalloc(1, sizeof(*l));

	l->tls = c->tls;
	l->port = c->port;
	l->host = xstrdup(c->host);
	snprintf(l->address, sizeof(l->address), strchr(c->host, ':') != NULL ?
	    "[%s]:%u" : "%s:%u", c->host, c->port);
	if ((l->fd = open_address(c->host, c->port)) == -1) {
		snprintf(err, errlen, "cannot listen on %s: %s", l->address,
		    strerror(errno));
		free(l->host);
		free(l);
		return (-1);
	}
	TAILQ_INSERT_TAIL(&p->listeners, l, entry);
	log_info("listening on", "server", c->tls ? "https" : "http",
	    "address", l->address);
	return (0);
}

int
listeners_open(struct parent *p, const struct settings *s, char *err,
    size_t errlen)
{
	const struct listen_conf	*c;
	struct listener			*l;

	TAILQ_FOREACH(c, &s->listens, entry)
		if (find(p, c) == NULL &&
		    open_one(p, c, err, errlen) == -1) {
			return (-1);
		}
	TAILQ_FOREACH(l, &p->listeners, entry)
		l->wanted = false;
	TAILQ_FOREACH(c, &s->listens, entry)
		find(p, c)->wanted = true;
	return (0);
}

void
listeners_prune(struct parent *p, const struct settings *s)
{
	struct listener	*l, *next;

	(void)s;
	TAILQ_FOREACH_SAFE(l, &p->listeners, entry, next)
		if (!l->wanted) {
			TAILQ_REMOVE(&p->listeners, l, entry);
			close(l->fd);
			free(l->host);
			free(l);
		}
}

int
control_socket_open(struct parent *p, char *err, size_t errlen)
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
	if (p->control_fd == -1)
		snprintf(err, errlen, "%s: %s", sun.sun_path, strerror(errno));
	return (p->control_fd == -1 ? -1 : 0);
}
