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

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/*
 * Drives dexd on loopback: whole logins through the connector "mock" or with a
 * password, refreshes of one token for each worker, or one path again and
 * again.  Each worker has one keep-alive connection and a client of its own, and
 * checks every answer.  Prints one line: rate, median and 99th percentile.
 * usage: load port seconds workers [login | password | refresh | path]
 */

#define SAMPLES	(1 << 20)
#define ANSWER	65536

struct answer {
	int	 status;
	char	*head;
	char	*body;
};

struct worker {
	pthread_t	 thread;
	int		 fd;
	char		 in[ANSWER];
	size_t		 len;		/* bytes in `in` */
	size_t		 used;		/* of the answer before */
	char		 cookie[4096];
	char		 client[16];
	char		 token[128];	/* to refresh; "": none */
	unsigned	 count;
	unsigned	 errors;
	float		*ms;
};

static int		 port;
static double		 until;
static const char	*what;

static double
now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static int
dial(void)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr =
				    htonl(INADDR_LOOPBACK) };
	int			 one = 1, fd = socket(AF_INET, SOCK_STREAM,
				    0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ==
	    -1) {
		perror("connect");
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return (fd);
}

/* The value of a field of the head, cut off at its end; NULL if absent. */
static char *
field(struct answer *a, const char *name)
{
	static __thread char	 value[8192];
	const char		*p = strcasestr(a->head, name);
	size_t			 n;

	if (p == NULL || p > a->body)
		return (NULL);
	p += strlen(name);
	n = strcspn(p, "\r");
	snprintf(value, sizeof(value), "%.*s", (int)n, p);
	return (value);
}

/* Reads one answer; its text lives until the next call. */
static bool
read_answer(struct worker *w, struct answer *a)
{
	char	*end = NULL, *length;
	size_t	 total = 0;
	ssize_t	 n;

	memmove(w->in, w->in + w->used, w->len - w->used);
	w->len -= w->used;
	w->used = 0;
	for (;;) {
		w->in[w->len] = '\0';
		if (end == NULL && (end = strstr(w->in, "\r\n\r\n")) != NULL) {
			a->head = w->in;
			a->body = end + 4;
			length = field(a, "Content-Length: ");
			total = (size_t)(a->body - w->in) + (length == NULL ?
			    0 : (size_t)strtoul(length, NULL, 10));
		}
		if (end != NULL && w->len >= total)
			break;
		n = recv(w->fd, w->in + w->len, ANSWER - 1 - w->len, 0);
		if (n <= 0)
			return (false);
		w->len += (size_t)n;
	}
	w->used = total;
	a->status = (int)strtol(w->in + 9, NULL, 10);
	return (true);
}

static bool
send_request(struct worker *w, const char *text, struct answer *a)
{
	size_t	 len = strlen(text);

	return (send(w->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len &&
	    read_answer(w, a));
}

static bool
get(struct worker *w, const char *target, struct answer *a)
{
	char	 text[16384];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n"
	    "Cookie: %s\r\n\r\n", target, w->cookie);
	return (send_request(w, text, a));
}

/* The path of an absolute or relative Location. */
static const char *
target_of(const char *location)
{
	const char	*p = strstr(location, "://");

	return (p == NULL ? location : strchr(p + 3, '/'));
}

static bool
post(struct worker *w, const char *target, const char *form, struct answer *a)
{
	char	 text[16384];

	snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\nHost: x\r\n"
	    "Cookie: %s\r\nContent-Type: application/x-www-form-urlencoded"
	    "\r\nContent-Length: %zu\r\n\r\n%s", target, w->cookie,
	    strlen(form), form);
	return (send_request(w, text, a));
}

/* Redeems the code of this redirect to the client. */
static bool
redeem(struct worker *w, struct answer *a)
{
	char	 form[8192], *location = field(a, "Location: ");
	char	*code = location == NULL ? NULL : strstr(location, "code=");

	if (code == NULL)
		return (false);
	snprintf(form, sizeof(form), "grant_type=authorization_code"
	    "&client_id=%s&client_secret=bench&redirect_uri="
	    "http%%3A%%2F%%2F127.0.0.1%%3A9%%2Fcb&code=%.25s", w->client,
	    code + 5);
	return (post(w, "/dex/token", form, a) && a->status == 200 &&
	    strstr(a->body, "\"id_token\":\"") != NULL);
}

static bool
login(struct worker *w, const char *connector, const char *scope,
    struct answer *a)
{
	char	 target[8192], *location, *cookie;
	bool	 password = strcmp(connector, "local") == 0;

	snprintf(target, sizeof(target), "/dex/auth/%s?client_id=%s"
	    "&response_type=code&redirect_uri=http%%3A%%2F%%2F127.0.0.1%%3A9"
	    "%%2Fcb&scope=%s&state=s&nonce=n", connector, w->client, scope);
	if (!get(w, target, a) || a->status != 302 ||
	    (cookie = field(a, "Set-Cookie: ")) == NULL)
		return (false);
	snprintf(w->cookie, sizeof(w->cookie), "%.*s",
	    (int)strcspn(cookie, ";"), cookie);
	if ((location = field(a, "Location: ")) == NULL)
		return (false);
	snprintf(target, sizeof(target), "%s", target_of(location));
	return ((password ? post(w, target,
	    "login=ada%40example.com&password=password", a) :
	    get(w, target, a)) && a->status == 303 && redeem(w, a));
}

/* Keeps the refresh token of a token answer. */
static bool
keep_token(struct worker *w, struct answer *a)
{
	static const char	 name[] = "\"refresh_token\":\"";
	char			*p = strstr(a->body, name);

	if (p == NULL)
		return (false);
	p += sizeof(name) - 1;
	snprintf(w->token, sizeof(w->token), "%.*s", (int)strcspn(p, "\""), p);
	return (true);
}

/* The first time, and when the token was lost, a login goes before. */
static bool
refresh(struct worker *w)
{
	struct answer	 a;
	char		 form[1024];

	if (*w->token == '\0')
		return (login(w, "mock", "openid+email+offline_access", &a) &&
		    keep_token(w, &a));
	snprintf(form, sizeof(form), "grant_type=refresh_token&client_id=%s"
	    "&client_secret=bench&refresh_token=%s", w->client, w->token);
	*w->token = '\0';
	return (post(w, "/dex/token", form, &a) && a.status == 200 &&
	    keep_token(w, &a));
}

static bool
turn(struct worker *w)
{
	struct answer	 a;

	if (strcmp(what, "login") == 0)
		return (login(w, "mock", "openid+email", &a));
	if (strcmp(what, "password") == 0)
		return (login(w, "local", "openid+email", &a));
	if (strcmp(what, "refresh") == 0)
		return (refresh(w));
	return (get(w, what, &a) && a.status == 200);
}

static void *
work(void *arg)
{
	struct worker	*w = arg;
	double		 start, end;

	w->fd = dial();
	for (start = now(); start < until; start = end) {
		bool	 ok = turn(w);

		end = now();
		if (!ok) {
			w->errors++;
			close(w->fd);
			w->fd = dial();
			w->len = w->used = 0;
		} else if (w->count < SAMPLES)
			w->ms[w->count++] = (float)((end - start) * 1000);
	}
	close(w->fd);
	return (NULL);
}

static int
by_time(const void *a, const void *b)
{
	float	 x = *(const float *)a, y = *(const float *)b;

	return ((x > y) - (x < y));
}

int
main(int argc, char *argv[])
{
	struct worker	*workers;
	unsigned	 n, i, total = 0, errors = 0;
	float		*all;
	double		 start, seconds;

	if (argc < 4) {
		fprintf(stderr, "usage: load port seconds workers "
		    "[login | password | refresh | path]\n");
		return (2);
	}
	port = (int)strtol(argv[1], NULL, 10);
	n = (unsigned)strtoul(argv[3], NULL, 10);
	what = argc > 4 ? argv[4] : "login";
	if (n == 0 || n > 256 || (workers = calloc(n, sizeof(*workers))) ==
	    NULL)
		return (1);
	start = now();
	until = start + strtod(argv[2], NULL);
	for (i = 0; i < n; i++) {
		snprintf(workers[i].client, sizeof(workers[i].client),
		    "bench%u", i % 32);
		if ((workers[i].ms = malloc(SAMPLES * sizeof(float))) ==
		    NULL || pthread_create(&workers[i].thread, NULL, work,
		    &workers[i]) != 0)
			return (1);
	}
	for (i = 0; i < n; i++)
		pthread_join(workers[i].thread, NULL);
	seconds = now() - start;
	for (i = 0; i < n; i++) {
		total += workers[i].count;
		errors += workers[i].errors;
	}
	if ((all = malloc((total + 1) * sizeof(float))) == NULL)
		return (1);
	for (i = 0, total = 0; i < n; i++) {
		memcpy(all + total, workers[i].ms, workers[i].count *
		    sizeof(float));
		total += workers[i].count;
	}
	qsort(all, total, sizeof(float), by_time);
	printf("%-28s %10.0f /s   p50 %7.2f ms   p99 %7.2f ms   %u errors\n",
	    what, total / seconds,
	    total == 0 ? 0. : (double)all[total / 2],
	    total == 0 ? 0. : (double)all[total * 99ul / 100], errors);
	return (errors != 0);
}
