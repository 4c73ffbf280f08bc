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

#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One keep-alive HTTP/1.1 connection of a driver to a server on loopback, plain
 * or TLS, with the cookies of one browser.  Blocking; whatever is odd about an
 * answer is a failure, and the caller counts it.
 */

#define ANSWER_SIZE	(1 << 17)

struct target {
	int		 port;
	bool		 tls;		/* certificates are not verified */
	const char	*issuer_path;	/* "/dex" */
};

struct cookie {
	char	 name[128];
	char	 value[4096];
};

struct client {
	const struct target	*target;
	int			 fd;
	void			*ssl;		/* SSL *, NULL when plain */
	struct cookie		 jar[16];
	size_t			 jar_len;
	char			*in;		/* ANSWER_SIZE bytes */
	size_t			 len;		/* bytes in `in` */
	size_t			 used;		/* by the answer before */
	int			 status;
	char			 location[8192];	/* empty: none */
	const char		*body;		/* lives until the next request */
	bool			 closes;	/* the server said so */
};

/* Prints why and exits if there is no memory. */
void	 client_init(struct client *, const struct target *);
void	 client_free(struct client *);

/* A new connection, and handshake; false if it is refused. */
bool	 client_dial(struct client *);
void	 client_hangup(struct client *);

/*
 * Sends one request and reads its answer; `form` NULL: GET, else POST of it;
 * `extra` are whole header lines or "".  False if the connection broke.
 */
bool	 client_request(struct client *, const char *path, const char *form,
	    const char *extra);

/* Seconds of a monotonic clock. */
double	 now(void);

#endif
