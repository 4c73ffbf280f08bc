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

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "log.h"
#include "parent.h"

/*
 * Certificates are renewed by other programs, often at night: what is new in
 * their files is used without being asked, and what is half written is not.
 * stat(2) now and then follows symbolic links and network file systems, which
 * inotify does not.
 */

#define WATCH_PERIOD	2	/* seconds */
#define CERT_MAX	61440
#define KEY_MAX		16384

struct stamp
stamp_of(const struct stat *st)
{
	return ((struct stamp){ .device = (uint64_t)st->st_dev,
	    .inode = (uint64_t)st->st_ino, .size = (uint64_t)st->st_size,
	    .seconds = (int64_t)st->st_mtim.tv_sec,
	    .nanoseconds = (int64_t)st->st_mtim.tv_nsec });
}

/* ---- reading ---- */

static int
read_pem(struct buf *out, struct stamp *stamp, const char *file)
{
	struct stat	 st;
	uint8_t		 bytes[4096];
	ssize_t		 n;
	int		 fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1)
		return (-1);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return (-1);
	}
	*stamp = stamp_of(&st);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		buf_put(out, bytes, (size_t)n);
	explicit_bzero(bytes, sizeof(bytes));
	close(fd);
	if (n == 0 && (!buf_ok(out) || out->len == 0))
		errno = out->len == 0 ? ENODATA : EFBIG;
	return (n == 0 && buf_ok(out) && out->len != 0 ? 0 : -1);
}

struct keypair *
keypair_read(const char *cert_file, const char *key_file)
{
	struct keypair	*k = xcalloc(1, sizeof(*k));
	int		 saved;

	k->refs = 1;
	buf_init(&k->cert, CERT_MAX);
	buf_init(&k->key, KEY_MAX);
	if (read_pem(&k->cert, &k->cert_stamp, cert_file) == 0 &&
	    read_pem(&k->key, &k->key_stamp, key_file) == 0)
		return (k);
	saved = errno;
	keypair_unref(k);
	errno = saved;
	return (NULL);
}

struct keypair *
keypair_ref(struct keypair *k)
{
	if (k != NULL)
		k->refs++;
	return (k);
}

void
keypair_unref(struct keypair *k)
{
	if (k == NULL || --k->refs != 0)
		return;
	buf_clear(&k->cert);
	buf_clear(&k->key);
	free(k);
}

bool
keypair_equal(const struct keypair *a, const struct keypair *b)
{
	return (span_eq(buf_span(&a->cert), buf_span(&b->cert)) &&
	    span_eq_secret(buf_span(&a->key), buf_span(&b->key)));
}

/* ---- watching ---- */

/* True when this file has settled on something that was not tried yet. */
static bool
look(const char *file, struct stamp *last, const struct stamp *tried)
{
	struct stat	 st;
	struct stamp	 now = { 0 };
	bool		 settled;

	if (stat(file, &st) == -1) {
		*last = now;	/* it will come back, or not */
		return (false);
	}
	now = stamp_of(&st);
	settled = stamp_settled(last, &now, tried);
	*last = now;
	return (settled);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct parent	*p = arg;
	bool		 cert, key;

	(void)fd;
	(void)what;
	if (p->pair == NULL || p->serving == NULL)
		return;
	cert = look(p->inforce->cert_file, &p->watch.cert,
	    &p->watch.cert_tried);
	key = look(p->inforce->key_file, &p->watch.key, &p->watch.key_tried);
	if (cert || key)
		reload_renew(p);
}

void
watch_reset(struct parent *p)
{
	const struct timeval	 tv = { WATCH_PERIOD, 0 };

	if (p->pair == NULL) {
		event_del(&p->watch.timer);
		return;
	}
	p->watch.cert = p->watch.cert_tried = p->pair->cert_stamp;
	p->watch.key = p->watch.key_tried = p->pair->key_stamp;
	p->watch.warned = false;
	event_add(&p->watch.timer, &tv);
}

void
watch_begin(struct parent *p)
{
	event_assign(&p->watch.timer, p->base, -1, EV_PERSIST, on_look, p);
}
