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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "regress/compromise/rooms.h"
#include "regress/compromise/visit.h"

char			 visit_reply[256 * 1024];

static uint16_t		 port;
static pthread_t	 thread;
static char		*request;
static bool		 finished;

int
visit_listen(void)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr =
				    htonl(INADDR_LOOPBACK) };
	socklen_t		 len = sizeof(sin);
	int			 fd = socket(AF_INET, SOCK_STREAM |
				    SOCK_NONBLOCK, 0);

	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 16) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		fatal("no socket");
	port = ntohs(sin.sin_port);
	return (fd);
}

static void *
browse(void *arg)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr =
				    htonl(INADDR_LOOPBACK) };
	const struct timeval	 tv = { 50, 0 };
	size_t			 len = 0;
	ssize_t			 n;
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 &&
	    send(fd, request, strlen(request), 0) == (ssize_t)strlen(request))
		while (len < sizeof(visit_reply) - 1 && (n = recv(fd,
		    visit_reply + len, sizeof(visit_reply) - 1 - len, 0)) > 0)
			len += (size_t)n;
	visit_reply[len] = '\0';
	close(fd);
	finished = true;
	return (NULL);
}

void
visit_begin(const char *text)
{
	finished = false;
	if ((request = strdup(text)) == NULL ||
	    pthread_create(&thread, NULL, browse, NULL) != 0)
		fatalx("no visitor");
}

void
visit_end(void)
{
	if (!rooms_wait(&finished))
		fatalx("the visitor does not come back");
	pthread_join(thread, NULL);
	free(request);
}

void
visit(const char *text)
{
	visit_begin(text);
	visit_end();
}

void
visit_get(const char *path)
{
	char	 text[256];

	snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path);
	visit(text);
}
