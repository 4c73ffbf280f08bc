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

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"
#include "http.h"

/*
 * Drives an OpenID provider on loopback with some workers, each one thread and
 * one keep-alive connection, for some seconds or (-m) some requests each.
 * Every answer is checked; what fails is counted, never timed.  Prints one line
 * for programs: rate, median and 99th percentile in ms, count, errors.
 */

#define SAMPLES		(1 << 20)
#define CODES_MAX	4096
#define WORKERS_MAX	64

enum mode { LOGIN, EXCHANGE, REFRESH, USERINFO, GET, HANDSHAKE };

static const char *const modes[] = {
	"login", "exchange", "refresh", "userinfo", "get", "handshake"
};

struct worker {
	pthread_t	 thread;
	int		 id;
	struct client	 client;
	struct grant	*grants;	/* CODES_MAX of them for an exchange */
	unsigned	 ready;		/* codes to redeem */
	unsigned	 next;
	unsigned	 count;
	unsigned	 errors;
	float		*ms;
};

static struct target		 target = { .issuer_path = "/dex" };
static struct account		 account = { .connector = "mock" };
static enum mode		 mode;
static const char		*path;
static double			 seconds = 4;
static unsigned			 codes = 500;
static unsigned			 most;		/* for each worker; 0: no limit */
static pthread_barrier_t	 begin;
static pthread_mutex_t		 one_by_one = PTHREAD_MUTEX_INITIALIZER;
static double			 until;

/* What must be there before the clock starts. */
static bool
prepare(struct worker *w)
{
	if (!client_dial(&w->client))
		return (false);
	switch (mode) {
	case EXCHANGE:
		for (w->ready = 0; w->ready < codes; w->ready++)
			if (!flow_login(&w->client, &account, w->id, false,
			    &w->grants[w->ready]))
				return (false);
		return (true);
	case REFRESH:
	case USERINFO:
		return (flow_login(&w->client, &account, w->id,
		    mode == REFRESH, w->grants) && flow_redeem(&w->client,
		    w->id, mode == REFRESH, w->grants));
	default:
		return (true);
	}
}

static bool
once(struct worker *w)
{
	struct client	*c = &w->client;

	switch (mode) {
	case LOGIN:
		return (flow_login(c, &account, w->id, false, w->grants) &&
		    flow_redeem(c, w->id, false, w->grants));
	case EXCHANGE:
		return (flow_redeem(c, w->id, false, &w->grants[w->next++]));
	case REFRESH:
		return (flow_refresh(c, w->id, w->grants));
	case USERINFO:
		return (flow_userinfo(c, w->grants));
	case GET:
		return (client_request(c, path, NULL, "") && c->status == 200);
	case HANDSHAKE:
		/* An answer proves that the server has finished, too. */
		return (client_dial(c) && client_request(c, path, NULL, "") &&
		    c->status == 200);
	}
	return (false);
}

static bool
is_over(struct worker *w, double at)
{
	if (most != 0)
		return (w->count + w->errors >= most);
	return (mode == EXCHANGE ? w->next == w->ready : at >= until);
}

static void *
work(void *arg)
{
	struct worker	*w = arg;
	bool		 prepared;
	double		 start, end;

	/* dex fails when two first logins of one person meet. */
	pthread_mutex_lock(&one_by_one);
	prepared = prepare(w);
	pthread_mutex_unlock(&one_by_one);
	if (!prepared)
		w->errors++;
	pthread_barrier_wait(&begin);
	pthread_barrier_wait(&begin);	/* between: main starts the clock */
	if (!prepared)
		return (NULL);
	for (start = now(); !is_over(w, start); start = end) {
		bool	 ok = once(w);

		end = now();
		if (!ok) {
			w->errors++;
			client_hangup(&w->client);
			if (mode == REFRESH)
				return (NULL);	/* its chain is broken */
		} else if (w->count < SAMPLES)
			w->ms[w->count++] = (float)((end - start) * 1000);
	}
	return (NULL);
}

static int
by_time(const void *a, const void *b)
{
	float	 x = *(const float *)a, y = *(const float *)b;

	return ((x > y) - (x < y));
}

static void
usage(void)
{
	fprintf(stderr, "usage: load [-T] [-c connector] [-i path] [-k codes] "
	    "[-m most]\n\t[-n workers] [-p port] [-s seconds] [-u login] "
	    "[-w password]\n\t"
	    "login|exchange|refresh|userinfo|handshake path|get path\n");
	exit(2);
}

static unsigned
options(int argc, char *argv[])
{
	unsigned	 workers = 8;
	size_t		 i;
	int		 ch;

	while ((ch = getopt(argc, argv, "Tc:i:k:m:n:p:s:u:w:")) != -1)
		switch (ch) {
		case 'T': target.tls = true; break;
		case 'c': account.connector = optarg; break;
		case 'i': target.issuer_path = optarg; break;
		case 'k': codes = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'm': most = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'n': workers = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'p': target.port = (int)strtol(optarg, NULL, 10); break;
		case 's': seconds = strtod(optarg, NULL); break;
		case 'u': account.login = optarg; break;
		case 'w': account.password = optarg; break;
		default: usage();
		}
	if (optind == argc)
		usage();
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(argv[optind], modes[i]) == 0)
			break;
	if (i == sizeof(modes) / sizeof(modes[0]) || workers == 0 ||
	    workers > WORKERS_MAX || codes > CODES_MAX ||
	    ((i == GET || i == HANDSHAKE) && optind + 1 == argc))
		usage();
	mode = (enum mode)i;
	path = argv[optind + 1];
	return (workers);
}

static void
report(struct worker *workers, unsigned n, double took)
{
	unsigned	 i, total = 0, errors = 0;
	float		*all;

	for (i = 0; i < n; i++) {
		total += workers[i].count;
		errors += workers[i].errors;
	}
	if ((all = malloc((total + 1) * sizeof(*all))) == NULL)
		exit(1);
	for (i = 0, total = 0; i < n; i++) {
		memcpy(all + total, workers[i].ms,
		    workers[i].count * sizeof(*all));
		total += workers[i].count;
	}
	qsort(all, total, sizeof(*all), by_time);
	printf("rate=%.1f p50=%.3f p99=%.3f count=%u errors=%u\n",
	    total / took, total == 0 ? 0. : (double)all[total / 2],
	    total == 0 ? 0. : (double)all[(size_t)total * 99 / 100], total,
	    errors);
	free(all);
}

int
main(int argc, char *argv[])
{
	static struct worker	 workers[WORKERS_MAX];
	unsigned		 n = options(argc, argv), i;
	double			 start;

	if (pthread_barrier_init(&begin, NULL, n + 1) != 0)
		return (1);
	for (i = 0; i < n; i++) {
		struct worker	*w = &workers[i];

		w->id = (int)i;
		client_init(&w->client, &target);
		w->grants = calloc(mode == EXCHANGE ? CODES_MAX : 1,
		    sizeof(*w->grants));
		w->ms = malloc(SAMPLES * sizeof(*w->ms));
		if (w->grants == NULL || w->ms == NULL ||
		    pthread_create(&w->thread, NULL, work, w) != 0)
			return (1);
	}
	pthread_barrier_wait(&begin);
	start = now();
	until = start + seconds;
	pthread_barrier_wait(&begin);
	for (i = 0; i < n; i++)
		pthread_join(workers[i].thread, NULL);
	report(workers, n, now() - start);
	return (0);
}
