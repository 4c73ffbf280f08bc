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

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "io.h"

const char	 io_program[] = "frontend";

struct io {
	int	 fd;
};

int
io_setup(const struct msg_pa_fe_tls *tls)
{
	return (tls == NULL ? 0 : -1);
}

struct io *
io_new(int fd)
{
	struct io	*io;

	if ((io = malloc(sizeof(*io))) == NULL) {
		close(fd);
		return (NULL);
	}
	io->fd = fd;
	return (io);
}

void
io_free(struct io *io)
{
	close(io->fd);
	free(io);
}

static ssize_t
again(enum io_want *want, enum io_want for_what)
{
	*want = errno == EAGAIN || errno == EINTR ? for_what : IO_NOTHING;
	return (-1);
}

ssize_t
io_read(struct io *io, void *bytes, size_t len, enum io_want *want)
{
	ssize_t	 n = recv(io->fd, bytes, len, 0);

	return (n >= 0 ? n : again(want, IO_WANT_READ));
}

ssize_t
io_write(struct io *io, const void *bytes, size_t len, enum io_want *want)
{
	ssize_t	 n = send(io->fd, bytes, len, MSG_NOSIGNAL);

	return (n >= 0 ? n : again(want, IO_WANT_WRITE));
}

void
io_shutdown(struct io *io)
{
	shutdown(io->fd, SHUT_WR);
}
