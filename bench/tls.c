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
#include <netinet/in.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

/*
 * A server of OpenSSL that does nothing: what a new TLS connection, one request
 * and its answer take on a socket, where limits.c has the handshake in memory.
 * usage: tls port certificate key
 *
 * Each of some threads accepts, answers each blank line with the same bytes and
 * waits until the client leaves.
 */

#define THREADS	16

static const char	 answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 11\r\n\r\n{\"keys\":[]}";

static SSL_CTX	*context;
static int	 listener;

static void
serve(SSL *ssl)
{
	char	 in[4096];
	int	 n, len = 0;

	if (SSL_accept(ssl) != 1)
		return;
	while ((n = SSL_read(ssl, in + len, (int)sizeof(in) - len)) > 0) {
		len += n;
		if (len < 4 || memcmp(in + len - 4, "\r\n\r\n", 4) != 0)
			continue;
		if (SSL_write(ssl, answer, sizeof(answer) - 1) <= 0)
			return;
		len = 0;
	}
}

static void *
run(void *arg)
{
	SSL	*ssl;
	int	 fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) != -1) {
		if ((ssl = SSL_new(context)) == NULL ||
		    SSL_set_fd(ssl, fd) != 1)
			exit(1);
		serve(ssl);
		SSL_free(ssl);
		close(fd);
	}
	return (NULL);
}

int
main(int argc, char *argv[])
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	pthread_t		 threads[THREADS];
	int			 i;

	if (argc != 4) {
		fprintf(stderr, "usage: tls port certificate key\n");
		return (2);
	}
	signal(SIGPIPE, SIG_IGN);
	sin.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener == -1 || bind(listener, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1 || listen(listener, 128) == -1 ||
	    (context = SSL_CTX_new(TLS_server_method())) == NULL ||
	    SSL_CTX_use_certificate_file(context, argv[2],
	    SSL_FILETYPE_PEM) != 1 || SSL_CTX_use_PrivateKey_file(context,
	    argv[3], SSL_FILETYPE_PEM) != 1)
		return (1);
	SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
	SSL_CTX_set_num_tickets(context, 0);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, run, NULL) != 0)
			return (1);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return (1);
}
