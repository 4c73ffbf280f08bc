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
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "log.h"
#include "peer_int.h"

/* The bytes of a wire: frames in, frames out, descriptors beside them. */

#define READ_ROOM	4096	/* room made before each read */
#define FRAMES_A_TURN	64	/* handled before other events get a turn */
#define IOVECS		16

union control {
	struct cmsghdr	 header;
	uint8_t		 space[CMSG_SPACE(PEER_FDS * sizeof(int))];
};

static void	 on_readable(evutil_socket_t, short, void *);
static void	 on_writable(evutil_socket_t, short, void *);
static void	 on_gone(evutil_socket_t, short, void *);

static bool
wants_read(const struct peer *p)
{
	return (!p->paused && !p->choked && !p->broken && !p->freed);
}

int
peer_io_start(struct peer *p)
{
	if (evutil_make_socket_nonblocking(p->fd) == -1 ||
	    evutil_make_socket_closeonexec(p->fd) == -1)
		return (-1);
	event_assign(&p->readable, p->base, p->fd, EV_READ | EV_PERSIST,
	    on_readable, p);
	event_assign(&p->writable, p->base, p->fd, EV_WRITE | EV_PERSIST,
	    on_writable, p);
	event_assign(&p->again, p->base, -1, 0, on_readable, p);
	event_assign(&p->gone, p->base, -1, 0, on_gone, p);
	return (event_add(&p->readable, NULL));
}

static void
out_drop(struct peer *p, struct out_frame *f)
{
	TAILQ_REMOVE(&p->out, f, entry);
	p->out_len -= f->len - f->sent;
	p->out_held -= sizeof(*f) + f->len;
	if (f->fd != -1)
		close(f->fd);
	freezero(f, sizeof(*f) + f->len);
}

void
peer_io_stop(struct peer *p)
{
	struct out_frame	*f;

	event_del(&p->readable);
	event_del(&p->writable);
	event_del(&p->again);
	event_del(&p->gone);
	while ((f = TAILQ_FIRST(&p->out)) != NULL)
		out_drop(p, f);
	while (p->nfds > 0)
		close(p->fds[--p->nfds]);
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
}

void
peer_io_free(struct peer *p)
{
	freezero(p->in, p->in_cap);
	free(p->name);
	free(p);
}

void
peer_io_break(struct peer *p)
{
	if (p->broken || p->freed)
		return;
	peer_io_stop(p);
	p->broken = true;
	event_active(&p->gone, EV_TIMEOUT, 1);
}

static void
on_gone(evutil_socket_t fd, short what, void *arg)
{
	struct peer	*p = arg;

	(void)fd;
	(void)what;
	p->config.gone(p->config.room, p);
}

void
peer_pause(struct peer *p)
{
	p->paused = true;
	if (!p->broken && !p->freed)
		event_del(&p->readable);
}

/*
 * Goes on with what is buffered when everybody else has had a turn.  Not with
 * event_active(): libevent calls what is made active until nothing is, before
 * it looks at another descriptor, a timer or a signal.
 */
static void
read_again(struct peer *p)
{
	const struct timeval	 now = { 0, 0 };

	event_add(&p->again, &now);
}

/* Reads again, beginning with what is buffered. */
static void
read_on(struct peer *p)
{
	if (!wants_read(p))
		return;
	if (!p->eof)
		event_add(&p->readable, NULL);
	if (p->eof || p->in_len != 0)
		read_again(p);
}

void
peer_resume(struct peer *p)
{
	p->paused = false;
	read_on(p);
}

bool
peer_is_full(const struct peer *p)
{
	return (p->out_held > p->config.high_water);
}

/*
 * Who asks much and reads little waits with further requests.  Never while we
 * wait for its answers: it may have stopped reading for the same reason.
 */
void
peer_io_water(struct peer *p)
{
	if (p->broken || p->freed)
		return;
	if (!p->choked && peer_is_full(p) && p->npending == 0) {
		p->choked = true;
		event_del(&p->readable);
	} else if (p->choked && (p->npending != 0 ||
	    p->out_held < p->config.high_water / 2)) {
		p->choked = false;
		read_on(p);
	}
}

/*
 * The other side reads no more.  What it said before it left is still to be
 * read, so the wire ends with EOF and not here.
 */
static void
go_deaf(struct peer *p)
{
	struct out_frame	*f;

	p->deaf = true;
	while ((f = TAILQ_FIRST(&p->out)) != NULL)
		out_drop(p, f);
}

/*
 * One frame with its descriptor.  Only the parent has any to pass: a room's
 * system-call filter refuses sendmsg, whose arguments it cannot see.
 */
static ssize_t
send_with_fd(struct peer *p, struct out_frame *f)
{
	struct iovec	 iov = { f->bytes + f->sent, f->len - f->sent };
	union control	 control;
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr	*cm;

	memset(&control, 0, sizeof(control));
	cm = CMSG_FIRSTHDR(&mh);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &f->fd, sizeof(int));
	return (sendmsg(p->fd, &mh, MSG_NOSIGNAL));
}

/* As many plain frames as one call takes. */
static ssize_t
send_plain(struct peer *p, struct out_frame *f)
{
	struct iovec	 iov[IOVECS];
	int		 n = 0;

	for (; f != NULL && f->fd == -1 && n < IOVECS;
	    f = TAILQ_NEXT(f, entry)) {
		iov[n].iov_base = f->bytes + f->sent;
		iov[n++].iov_len = f->len - f->sent;
	}
	return (writev(p->fd, iov, n));
}

/* Sends what the head of the queue allows in one call; false: stop. */
static bool
write_some(struct peer *p)
{
	struct out_frame	*f = TAILQ_FIRST(&p->out);
	ssize_t			 n;
	size_t			 part;

	if (f == NULL)
		return (false);
	n = f->fd != -1 ? send_with_fd(p, f) : send_plain(p, f);
	if (n == -1) {
		if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
			go_deaf(p);
		return (false);
	}
	while (n > 0 && (f = TAILQ_FIRST(&p->out)) != NULL) {
		part = f->len - f->sent;
		if (part > (size_t)n)
			part = (size_t)n;
		f->sent += part;
		p->out_len -= part;
		n -= (ssize_t)part;
		if (f->fd != -1) {	/* went out with the first byte */
			close(f->fd);
			f->fd = -1;
		}
		if (f->sent == f->len)
			out_drop(p, f);
	}
	return (true);
}

static void
write_out(struct peer *p)
{
	while (write_some(p))
		;
	if (p->broken || p->freed)
		return;
	if (TAILQ_EMPTY(&p->out))
		event_del(&p->writable);
	else
		event_add(&p->writable, NULL);
	peer_io_water(p);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	write_out(arg);
}

static void
put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t
get_be32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3]);
}

int
peer_io_queue(struct peer *p, enum msg_type type, uint32_t rid,
    struct span fields, int fd)
{
	struct out_frame	*f;
	bool			 idle = TAILQ_EMPTY(&p->out);

	if (p->deaf)
		return (-1);
	/* A flood of short frames is more than their bytes. */
	if (p->out_held + sizeof(*f) + fields.len > p->config.limit) {
		peer_bad(p, "reads too slowly");
		return (-1);
	}
	if ((f = calloc(1, sizeof(*f) + FRAME_HEADER + fields.len)) == NULL)
		return (-1);
	f->fd = -1;
	if (fd != -1 && (f->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1) {
		free(f);
		return (-1);
	}
	f->len = FRAME_HEADER + fields.len;
	put_be32(f->bytes, (uint32_t)fields.len);
	put_be32(f->bytes + 4, (uint32_t)type << 16 |
	    (fd != -1 ? FRAME_FD : 0));
	put_be32(f->bytes + 8, rid);
	if (fields.len != 0)
		memcpy(f->bytes + FRAME_HEADER, fields.p, fields.len);
	TAILQ_INSERT_TAIL(&p->out, f, entry);
	p->out_len += f->len;
	p->out_held += sizeof(*f) + f->len;
	if (idle)
		write_out(p);
	else
		peer_io_water(p);
	return (p->broken || p->deaf ? -1 : 0);
}

int
peer_flush(struct peer *p, uint32_t timeout_ms)
{
	struct pollfd	 pfd = { .fd = p->fd, .events = POLLOUT };

	while (!p->broken && !TAILQ_EMPTY(&p->out)) {
		if (poll(&pfd, 1, (int)timeout_ms) != 1)
			return (-1);
		write_out(p);
	}
	return (p->broken || p->deaf ? -1 : 0);
}

/* Room for at least one more read, and for the whole frame once known. */
static bool
make_room(struct peer *p)
{
	uint8_t	*grown;
	size_t	 cap, need = p->in_len + READ_ROOM;

	/* A length that this wire does not allow is refused, not allocated. */
	if (p->in_len >= FRAME_HEADER && get_be32(p->in) <= p->edge_in &&
	    need < FRAME_HEADER + get_be32(p->in))
		need = FRAME_HEADER + get_be32(p->in);
	if (need <= p->in_cap)
		return (true);
	for (cap = READ_ROOM; cap < need; cap *= 2)
		;
	if ((grown = recallocarray(p->in, p->in_cap, cap, 1)) == NULL)
		return (false);
	p->in = grown;
	p->in_cap = cap;
	return (true);
}

/* Takes descriptors out of a received message; false if there are too many. */
static bool
take_fds(struct peer *p, struct msghdr *mh)
{
	struct cmsghdr	*cm;
	size_t		 i, n;
	int		 fd;
	bool		 fits = (mh->msg_flags & MSG_CTRUNC) == 0;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET ||
		    cm->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int),
			    sizeof(fd));
			if (p->nfds < PEER_FDS)
				p->fds[p->nfds++] = fd;
			else {
				close(fd);
				fits = false;
			}
		}
	}
	return (fits);
}

/* Is there something to handle before more is read?  An error counts. */
static bool
has_frame(const struct peer *p)
{
	uint32_t	 len;

	if (p->in_len < FRAME_HEADER)
		return (false);
	len = get_be32(p->in);
	return (len > p->edge_in || p->in_len - FRAME_HEADER >= len);
}

/*
 * One read, unless the wire ended before.  Never ahead of what is handled: a
 * flood waits in the socket and with its sender, not here.
 */
static void
read_some(struct peer *p)
{
	union control	 control;
	struct iovec	 iov;
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t		 n;

	if (p->eof || has_frame(p))
		return;
	if (!make_room(p)) {
		log_warn("out of memory, closing peer", "peer",
		    room_name(p->config.other));
		peer_io_break(p);
		return;
	}
	iov.iov_base = p->in + p->in_len;
	iov.iov_len = p->in_cap - p->in_len;
	if ((n = recvmsg(p->fd, &mh, MSG_CMSG_CLOEXEC)) == -1) {
		if (errno != EAGAIN && errno != EINTR)
			peer_io_break(p);
		return;
	}
	if (n == 0) {
		p->eof = true;
		event_del(&p->readable);
		return;
	}
	p->in_len += (size_t)n;
	if (!take_fds(p, &mh))
		peer_bad(p, "too many descriptors");
}

/*
 * Handles one frame at offset *at of the buffer; false when there is no whole
 * frame left or the peer is not to be read from any more.
 */
static bool
take_frame(struct peer *p, size_t *at)
{
	const uint8_t	*head = p->in + *at;
	uint32_t	 len, kind;
	int		 fd = -1;

	if (!wants_read(p) || p->in_len - *at < FRAME_HEADER)
		return (false);
	len = get_be32(head);
	kind = get_be32(head + 4);
	if (len > p->edge_in) {
		peer_bad(p, "message too long for this wire");
		return (false);
	}
	if (p->in_len - *at - FRAME_HEADER < len)
		return (false);
	if ((kind & 0xffff) == FRAME_FD && p->nfds > 0) {
		fd = p->fds[0];
		memmove(p->fds, p->fds + 1, --p->nfds * sizeof(p->fds[0]));
	} else if ((kind & 0xffff) != 0) {
		peer_bad(p, "bad flags or missing descriptor");
		return (false);
	}
	*at += FRAME_HEADER + len;
	peer_dispatch(p, (enum msg_type)(kind >> 16), get_be32(head + 8),
	    span_mem(head + FRAME_HEADER, len), fd);
	return (true);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct peer	*p = arg;
	size_t		 at = 0;
	unsigned	 n;

	(void)fd;
	(void)what;
	if (!wants_read(p))
		return;
	p->busy++;
	read_some(p);
	for (n = 0; n < FRAMES_A_TURN && take_frame(p, &at); n++)
		;
	if (at != 0) {
		memmove(p->in, p->in + at, p->in_len - at);
		explicit_bzero(p->in + p->in_len - at, at);
		p->in_len -= at;
	}
	if (n == FRAMES_A_TURN && wants_read(p))
		read_again(p);
	else if (p->eof && wants_read(p))
		peer_io_break(p);
	else if (p->nfds != 0 && p->in_len == 0 && !p->broken && !p->freed)
		peer_bad(p, "descriptor without a message");
	if (--p->busy == 0 && p->freed)
		peer_io_free(p);
}
