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
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "http.h"

double
now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* Made before the first thread starts. */
static SSL_CTX *
tls_context(void)
{
	static SSL_CTX	*ctx;

	if (ctx == NULL && (ctx = SSL_CTX_new(TLS_client_method())) != NULL) {
		SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	}
	return (ctx);
}

void
client_init(struct client *c, const struct target *target)
{
	memset(c, 0, sizeof(*c));
	c->target = target;
	c->fd = -1;
	if ((c->in = malloc(ANSWER_SIZE)) == NULL ||
	    (target->tls && tls_context() == NULL)) {
		perror("client");
		exit(1);
	}
}

void
client_free(struct client *c)
{
	client_hangup(c);
	free(c->in);
}

void
client_hangup(struct client *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->len = c->used = 0;
}

bool
client_dial(struct client *c)
{
	struct sockaddr_in	 sin = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)c->target->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	struct linger		 now_gone = { .l_onoff = 1 };
	struct timeval		 patience = { .tv_sec = 20 };
	int			 one = 1;

	client_hangup(c);
	if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return (false);
	/* No port may linger: a driver of handshakes would run out of them. */
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now_gone, sizeof(now_gone));
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		return (false);
	if (!c->target->tls)
		return (true);
	return ((c->ssl = SSL_new(tls_context())) != NULL &&
	    SSL_set_fd(c->ssl, c->fd) == 1 && SSL_connect(c->ssl) == 1);
}

static bool
write_all(struct client *c, const char *text, size_t len)
{
	if (c->ssl != NULL)
		return (SSL_write(c->ssl, text, (int)len) == (int)len);
	return (send(c->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static long
read_some(struct client *c)
{
	size_t	 room = ANSWER_SIZE - 1 - c->len;

	if (c->ssl != NULL)
		return (SSL_read(c->ssl, c->in + c->len, (int)room));
	return ((long)recv(c->fd, c->in + c->len, room, 0));
}

/* "name=value" of one Set-Cookie; an empty value takes the cookie away. */
static void
keep_cookie(struct client *c, const char *p)
{
	size_t	 name = strcspn(p, "=;\r"), value, i;

	if (p[name] != '=' || name >= sizeof(c->jar[0].name))
		return;
	value = strcspn(p + name + 1, ";\r");
	if (value >= sizeof(c->jar[0].value))
		return;
	for (i = 0; i < c->jar_len; i++)
		if (strncmp(c->jar[i].name, p, name) == 0 &&
		    c->jar[i].name[name] == '\0')
			break;
	if (value == 0) {
		if (i < c->jar_len)
			c->jar[i] = c->jar[--c->jar_len];
		return;
	}
	if (i == sizeof(c->jar) / sizeof(c->jar[0]))
		return;
	if (i == c->jar_len)
		c->jar_len++;
	memcpy(c->jar[i].name, p, name);
	c->jar[i].name[name] = '\0';
	memcpy(c->jar[i].value, p + name + 1, value);
	c->jar[i].value[value] = '\0';
}

struct framing {
	bool	 chunked;
	size_t	 length;
};

/* Reads the fields of a head that ends with an empty line. */
static struct framing
read_head(struct client *c, const char *head)
{
	struct framing	 f = { 0 };
	const char	*p;
	size_t		 n;

	c->status = (int)strtol(head + 9, NULL, 10);
	c->location[0] = '\0';
	c->closes = false;
	for (p = strstr(head, "\r\n") + 2; *p != '\r'; p = strstr(p, "\r\n") + 2) {
		if (strncasecmp(p, "content-length: ", 16) == 0)
			f.length = (size_t)strtoul(p + 16, NULL, 10);
		else if (strncasecmp(p, "transfer-encoding: ch", 21) == 0)
			f.chunked = true;
		else if (strncasecmp(p, "connection: close", 17) == 0)
			c->closes = true;
		else if (strncasecmp(p, "set-cookie: ", 12) == 0)
			keep_cookie(c, p + 12);
		else if (strncasecmp(p, "location: ", 10) == 0 &&
		    (n = strcspn(p + 10, "\r")) < sizeof(c->location)) {
			memcpy(c->location, p + 10, n);
			c->location[n] = '\0';
		}
	}
	return (f);
}

/* Joins chunks in place; 0 while more bytes must come, else where they end. */
static size_t
join_chunks(char *body)
{
	char	*p = body, *end;
	size_t	 n;

	/* First only look: bytes are moved when all of them are here. */
	for (;;) {
		n = (size_t)strtoul(p, &end, 16);
		if (strncmp(end, "\r\n", 2) != 0)
			return (0);
		if (strlen(end + 2) < n + 2)
			return (0);
		p = end + 2 + n + 2;
		if (n == 0)
			return ((size_t)(p - body));
	}
}

static bool
read_answer(struct client *c)
{
	struct framing	 f = { 0 };
	char		*body = NULL;
	size_t		 total = 0;
	long		 n;

	memmove(c->in, c->in + c->used, c->len - c->used);
	c->len -= c->used;
	c->used = 0;
	for (;;) {
		c->in[c->len] = '\0';
		if (body == NULL &&
		    (body = strstr(c->in, "\r\n\r\n")) != NULL) {
			f = read_head(c, c->in);
			body += 4;
			total = (size_t)(body - c->in) + f.length;
		}
		if (body != NULL && f.chunked &&
		    (total = join_chunks(body)) != 0)
			total += (size_t)(body - c->in);
		if (body != NULL && total != 0 && c->len >= total)
			break;
		if ((n = read_some(c)) <= 0)
			return (false);
		c->len += (size_t)n;
	}
	c->used = total;
	c->body = body;
	return (true);
}

bool
client_request(struct client *c, const char *path, const char *form,
    const char *extra)
{
	char	 text[65536], cookies[16384];
	size_t	 i, n = 0;
	int	 len;

	if ((c->fd == -1 || c->closes) && !client_dial(c))
		return (false);
	c->closes = false;
	cookies[0] = '\0';
	for (i = 0; i < c->jar_len && n < sizeof(cookies); i++)
		n += (size_t)snprintf(cookies + n, sizeof(cookies) - n,
		    "%s%s=%s", i == 0 ? "Cookie: " : "; ", c->jar[i].name,
		    c->jar[i].value);
	len = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\n"
	    "Host: 127.0.0.1:%d\r\n%s%s%s", form == NULL ? "GET" : "POST",
	    path, c->target->port, cookies, n == 0 ? "" : "\r\n", extra);
	if (len < 0 || (size_t)len >= sizeof(text) || n >= sizeof(cookies))
		return (false);
	len += form == NULL ?
	    snprintf(text + len, sizeof(text) - (size_t)len, "\r\n") :
	    snprintf(text + len, sizeof(text) - (size_t)len,
	    "Content-Type: application/x-www-form-urlencoded\r\n"
	    "Content-Length: %zu\r\n\r\n%s", strlen(form), form);
	if ((size_t)len >= sizeof(text))
		return (false);
	return (write_all(c, text, (size_t)len) && read_answer(c));
}
