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
#include <netinet/tcp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "conn.h"
#include "log.h"
#include "room.h"

#define ACCEPT_BURST	64

static int
address_cmp(const struct address *a, const struct address *b)
{
	return (memcmp(&a->key, &b->key, sizeof(a->key)));
}

/* RB_GENERATE_STATIC() needs a name (__unused) that libbsd does not give. */
RB_GENERATE_INTERNAL(address_tree, address, node, address_cmp,
    __attribute__((__unused__)) static)

/* One visitor of IPv6 has a /64 to choose from. */
static struct in6_addr
address_key(const struct in6_addr *a)
{
	struct in6_addr	 key = *a;

	if (!IN6_IS_ADDR_V4MAPPED(a))
		memset(&key.s6_addr[8], 0, 8);
	return (key);
}

bool
address_enter(struct frontend *fe, const struct in6_addr *addr)
{
	struct address	 want = { .key = address_key(addr) }, *a;

	if ((a = RB_FIND(address_tree, &fe->addresses, &want)) == NULL) {
		if ((a = calloc(1, sizeof(*a))) == NULL)
			return (false);
		a->key = want.key;
		RB_INSERT(address_tree, &fe->addresses, a);
	}
	if (a->count >= CONNS_PER_ADDRESS)
		return (false);
	a->count++;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the tree has it */
	return (true);
}

void
address_leave(struct frontend *fe, const struct in6_addr *addr)
{
	struct address	 want = { .key = address_key(addr) }, *a;

	if ((a = RB_FIND(address_tree, &fe->addresses, &want)) == NULL ||
	    --a->count != 0)
		return;
	RB_REMOVE(address_tree, &fe->addresses, a);
	free(a);
}

static bool
peer_address(const struct sockaddr_storage *ss, struct in6_addr *out)
{
	struct sockaddr_in	 v4;
	struct sockaddr_in6	 v6;

	if (ss->ss_family == AF_INET) {
		memcpy(&v4, ss, sizeof(v4));
		memset(out, 0, sizeof(*out));
		out->s6_addr[10] = out->s6_addr[11] = 0xff;
		memcpy(&out->s6_addr[12], &v4.sin_addr, 4);
		return (true);
	}
	if (ss->ss_family != AF_INET6)
		return (false);
	memcpy(&v6, ss, sizeof(v6));
	*out = v6.sin6_addr;
	return (true);
}

/* Out of descriptors: connections wait in the backlog for a moment. */
static void
rest(struct listener *l)
{
	const struct timeval	 tv = { 0, 100000 };

	event_del(&l->readable);
	event_add(&l->again, &tv);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct listener	*l = arg;

	(void)fd;
	(void)what;
	if (!l->fe->stopping && l->fe->nconns < l->fe->conns_max)
		event_add(&l->readable, NULL);
}

/*
 * Out of descriptors is one more way of being full.  Only the first try of a
 * turn knows that somebody waits: later ones fail so on an empty backlog, too.
 */
static void
on_accept_error(struct listener *l, bool first)
{
	if (errno == EMFILE && (!first || conns_give_way(l->fe)))
		return;		/* still readable: the next turn accepts */
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM)
		rest(l);
}

static void
on_connection(evutil_socket_t lfd, short what, void *arg)
{
	struct listener		*l = arg;
	struct sockaddr_storage	 ss = { 0 };
	struct in6_addr		 addr;
	socklen_t		 len;
	int			 fd, i, one = 1;

	(void)what;
	for (i = 0; i < ACCEPT_BURST; i++) {
		if (l->fe->nconns >= l->fe->conns_max &&
		    !conns_give_way(l->fe)) {
			listeners_pause(l->fe);
			return;
		}
		len = sizeof(ss);
		fd = accept4(lfd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1) {
			on_accept_error(l, i == 0);
			return;
		}
		if (!peer_address(&ss, &addr)) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		conn_new(l->fe, fd, &addr);
	}
}

void
listener_add(struct frontend *fe, int fd)
{
	struct listener	*l = xcalloc(1, sizeof(*l));

	l->fd = fd;
	l->fe = fe;
	event_assign(&l->readable, room_base(), fd, EV_READ | EV_PERSIST,
	    on_connection, l);
	event_assign(&l->again, room_base(), -1, 0, on_again, l);
	TAILQ_INSERT_TAIL(&fe->listeners, l, entry);
	if (fe->ready)
		event_add(&l->readable, NULL);
}

void
listeners_resume(struct frontend *fe)
{
	struct listener	*l;

	TAILQ_FOREACH(l, &fe->listeners, entry)
		event_add(&l->readable, NULL);
}

void
listeners_pause(struct frontend *fe)
{
	struct listener	*l;

	TAILQ_FOREACH(l, &fe->listeners, entry) {
		event_del(&l->readable);
		event_del(&l->again);
	}
}

void
listeners_close(struct frontend *fe)
{
	struct listener	*l;

	while ((l = TAILQ_FIRST(&fe->listeners)) != NULL) {
		TAILQ_REMOVE(&fe->listeners, l, entry);
		event_del(&l->readable);
		event_del(&l->again);
		close(l->fd);
		free(l);
	}
}
