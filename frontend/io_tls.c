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

#include <stdlib.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <openssl/ssl.h>
#include <tls.h>

#include "io.h"
#include "log.h"

const char	 io_program[] = "frontend-tls";

/* Certificate and key of this process, for its whole life. */
static struct tls	*server;

struct io {
	struct tls	*tls;
	int		 fd;
};

/*
 * What was typed must not stay behind in OpenSSL's buffers.  libtls has no
 * word for this and hands out no context, but OpenSSL shows us each one it
 * makes if we ask for a place of our own there.  Giving back idle buffers saves
 * 32 KiB of each connection besides.  Nobody resumes a session here, so there
 * are no tickets: the two of TLS 1.3 cost a tenth of a handshake, and one more
 * key each.  LibreSSL, where libtls is at home, does all this unasked.
 */
#ifdef SSL_OP_CLEANSE_PLAINTEXT
static SSL_CTX	*context;	/* libtls' own, the last it made */

static void
on_context_new(void *ctx, void *ptr, CRYPTO_EX_DATA *data, int index,
    long argl, void *argp)
{
	(void)ptr;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	context = ctx;		/* half made: to be changed when it is whole */
}

static void
watch_contexts(void)
{
	if (SSL_CTX_get_ex_new_index(0, NULL, on_context_new, NULL, NULL) == -1)
		fatalx("OpenSSL does not call us");
}

static void
keep_nothing(void)
{
	if (context == NULL || SSL_CTX_set_num_tickets(context, 0) != 1)
		fatalx("OpenSSL did not show its context");
	SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}
#else
static void
watch_contexts(void)
{
}

static void
keep_nothing(void)
{
}
#endif

static uint32_t
protocols(const struct msg_pa_fe_tls *m)
{
	uint32_t	 set = 0;

	if (m->min == 0)
		set |= TLS_PROTOCOL_TLSv1_2;
	if (m->max == 1)
		set |= TLS_PROTOCOL_TLSv1_3;
	return (set);
}

static int
configure(struct tls_config *c, const struct msg_pa_fe_tls *m)
{
	if (tls_config_set_keypair_mem(c, m->cert.p, m->cert.len, m->key.p,
	    m->key.len) == -1 ||
	    tls_config_set_protocols(c, protocols(m)) == -1) {
		log_error("the TLS certificate cannot be used", "why",
		    tls_config_error(c));
		return (-1);
	}
	if ((server = tls_server()) == NULL ||
	    tls_configure(server, c) == -1) {
		log_error("the TLS certificate cannot be used", "why",
		    server == NULL ? "no memory" : tls_error(server));
		return (-1);
	}
	keep_nothing();
	return (0);
}

int
io_setup(const struct msg_pa_fe_tls *m)
{
	struct tls_config	*c;
	int			 error;

	if (m == NULL) {
		log_error("no TLS certificate was given");
		return (-1);
	}
	if (tls_init() == -1 || (c = tls_config_new()) == NULL)
		fatalx("libtls does not start");
	watch_contexts();
	error = configure(c, m);
	tls_config_clear_keys(c);
	tls_config_free(c);
	return (error);
}

struct io *
io_new(int fd)
{
	struct io	*io;

	if ((io = calloc(1, sizeof(*io))) == NULL ||
	    tls_accept_socket(server, &io->tls, fd) == -1) {
		free(io);
		close(fd);
		return (NULL);
	}
	io->fd = fd;
	return (io);
}

void
io_free(struct io *io)
{
	tls_free(io->tls);
	close(io->fd);
	free(io);
}

static ssize_t
result(ssize_t n, enum io_want *want)
{
	if (n >= 0)
		return (n);
	*want = n == TLS_WANT_POLLIN ? IO_WANT_READ :
	    n == TLS_WANT_POLLOUT ? IO_WANT_WRITE : IO_NOTHING;
	return (-1);
}

ssize_t
io_read(struct io *io, void *bytes, size_t len, enum io_want *want)
{
	return (result(tls_read(io->tls, bytes, len), want));
}

ssize_t
io_write(struct io *io, const void *bytes, size_t len, enum io_want *want)
{
	return (result(tls_write(io->tls, bytes, len), want));
}

/* One try at close_notify; a peer that does not take it misses nothing. */
void
io_shutdown(struct io *io)
{
	tls_close(io->tls);
	shutdown(io->fd, SHUT_WR);
}
