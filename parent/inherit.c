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

#include <netinet/in.h>
#include <arpa/inet.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/unistd.h>
#include <event2/util.h>

#include "ip.h"
#include "log.h"
#include "parent.h"

/*
 * Listening sockets that were open before we came: with systemd's socket
 * activation (sd_listen_fds(3)) a restart of dexd itself refuses nobody, for
 * connections wait there.
 */

#define FIRST_FD	3

static bool
same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	struct sockaddr_in	 a4, b4;
	struct sockaddr_in6	 a6, b6;

	if (a->ss_family != b->ss_family)
		return (false);
	if (a->ss_family == AF_INET) {
		memcpy(&a4, a, sizeof(a4));
		memcpy(&b4, b, sizeof(b4));
		return (a4.sin_port == b4.sin_port &&
		    a4.sin_addr.s_addr == b4.sin_addr.s_addr);
	}
	memcpy(&a6, a, sizeof(a6));
	memcpy(&b6, b, sizeof(b6));
	return (a->ss_family == AF_INET6 && a6.sin6_port == b6.sin6_port &&
	    memcmp(&a6.sin6_addr, &b6.sin6_addr, sizeof(a6.sin6_addr)) == 0);
}

static bool
is_at(const struct inherited *s, const char *host, uint32_t port)
{
	struct sockaddr_storage	 want;
	socklen_t		 len;

	if (listen_address(host, port, &want, &len) == 0 &&
	    same_address(&s->address, &want))
		return (true);
	/* An empty host means any, of whichever family there is. */
	return (*host == '\0' &&
	    listen_address("0.0.0.0", port, &want, &len) == 0 &&
	    same_address(&s->address, &want));
}

struct inherited *
inherit_find(struct inherited *list, unsigned n, const char *host,
    uint32_t port, enum listen_kind kind)
{
	unsigned	 i;

	for (i = 0; i < n; i++)
		if (!list[i].used && is_at(&list[i], host, port))
			return (&list[i]);
	for (i = 0; i < n; i++)
		if (!list[i].used && strcmp(list[i].name,
		    listen_kind_name(kind)) == 0)
			return (&list[i]);
	return (NULL);
}

static void
address_text(const struct inherited *s, char text[INET6_ADDRSTRLEN + 10])
{
	char			 ip[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in	 v4;
	struct sockaddr_in6	 v6;

	if (s->address.ss_family == AF_INET) {
		memcpy(&v4, &s->address, sizeof(v4));
		inet_ntop(AF_INET, &v4.sin_addr, ip, sizeof(ip));
		snprintf(text, INET6_ADDRSTRLEN + 10, "%s:%u", ip,
		    ntohs(v4.sin_port));
	} else {
		memcpy(&v6, &s->address, sizeof(v6));
		inet_ntop(AF_INET6, &v6.sin6_addr, ip, sizeof(ip));
		snprintf(text, INET6_ADDRSTRLEN + 10, "[%s]:%u", ip,
		    ntohs(v6.sin6_port));
	}
}

int
inherit_take(struct parent *p, const struct listen_conf *c)
{
	struct inherited	*s = inherit_find(p->inherited, p->ninherited,
				    c->host, c->port, c->kind);
	char			 text[INET6_ADDRSTRLEN + 10];

	if (s == NULL)
		return (-1);
	s->used = true;
	address_text(s, text);
	log_info("using a socket that was handed to us", "name", s->name,
	    "address", text);
	return (s->fd);
}

bool
inherit_give_back(struct parent *p, int fd)
{
	unsigned	 i;

	for (i = 0; i < p->ninherited; i++)
		if (p->inherited[i].fd == fd) {
			p->inherited[i].used = false;
			return (true);
		}
	return (false);
}

/* ---- taking them ---- */

static unsigned
number_of(const char *name, unsigned max)
{
	const char	*text = getenv(name);
	char		*end;
	unsigned long	 n;

	if (text == NULL || *text < '0' || *text > '9')
		return (0);
	n = strtoul(text, &end, 10);
	return (*end != '\0' || n > max ? 0 : (unsigned)n);
}

/* A listening TCP socket, or nothing that we could use. */
static void
take(struct parent *p, int fd, const char *name, size_t len)
{
	struct inherited	*s;
	socklen_t		 alen, olen = sizeof(int);
	int			 listening = 0;

	if (p->ninherited == INHERITED_MAX) {
		log_warn("too many sockets were handed to us");
		close(fd);
		return;
	}
	s = &p->inherited[p->ninherited];
	alen = sizeof(s->address);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &olen) ==
	    -1 || !listening || getsockname(fd, (struct sockaddr *)
	    &s->address, &alen) == -1 || (s->address.ss_family != AF_INET &&
	    s->address.ss_family != AF_INET6) ||
	    evutil_make_socket_nonblocking(fd) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
		log_warn("a descriptor handed to us is no listening socket");
		close(fd);
		return;
	}
	s->fd = fd;
	snprintf(s->name, sizeof(s->name), "%.*s", (int)len, name);
	p->ninherited++;
}

void
inherit_begin(struct parent *p)
{
	const char	*names = getenv("LISTEN_FDNAMES");
	unsigned	 n = number_of("LISTEN_FDS", 1024), i;
	size_t		 len;

	if (number_of("LISTEN_PID", INT32_MAX) != (unsigned)getpid())
		n = 0;
	if (!p->options.check)	/* -f may name one of them */
		closefrom(FIRST_FD + (int)n);
	for (i = 0; i < n; i++) {
		len = names == NULL ? 0 : strcspn(names, ":");
		take(p, FIRST_FD + (int)i, len == 0 ? "" : names, len);
		if (len != 0 || (names != NULL && *names == ':'))
			names += len + (names[len] == ':');
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}
