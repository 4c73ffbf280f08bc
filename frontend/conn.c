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

#include <stdio.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <string.h>
#include <time.h>

#include <bsd/string.h>
#include <event2/event.h>

#include "conn.h"
#include "count.h"
#include "log.h"
#include "room.h"

#define READ_SIZE	16384
#define FLOOD		512	/* connections that are worth remembering */
#define OUT_HIGH	(256 * 1024)	/* stop answering until it is taken */
#define IN_MAX		(HTTP_HEAD_MAX + HTTP_BODY_MAX + READ_SIZE)
#define READS_A_TURN	16	/* others want to be heard, too */
#define KEEP_MAX	4096	/* of a buffer that nothing is in */

/*
 * Seconds.  None starts anew because a little has come or gone: who sends or
 * takes a byte at a time gets no more of them than who does nothing.
 */
#define FIRST_TIME	10	/* TLS handshake and the first byte of a head */
#define HEAD_TIME	10	/* a whole head, from its first byte */
#define IDLE_TIME	60	/* between requests */
#define BODY_TIME	30
#define WRITE_TIME	60	/* until all that waits is taken */
#define LINGER_TIME	2

static void	 conn_process(struct conn *);
static void	 conn_flush(struct conn *);
static void	 refuse(struct conn *, unsigned);

void
conn_set_deadline(struct conn *c, time_t seconds)
{
	const struct timeval	 tv = { seconds, 0 };

	event_add(&c->deadline, &tv);
}

static void
set_reading(struct conn *c, bool on)
{
	if (c->reading == on)
		return;
	c->reading = on;
	if (on)
		event_add(&c->readable, NULL);
	else
		event_del(&c->readable);
}

/*
 * After a flood memory goes back to the system; glibc keeps it for the next one
 * unless it is told.
 */
static void
give_back(struct frontend *fe)
{
	if (fe->peak < FLOOD || fe->nconns > fe->peak / 16)
		return;
	fe->peak = fe->nconns;
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void
conn_free(struct conn *c)
{
	struct frontend	*fe = c->fe;

	if (c->state == CONN_ENGINE && fe->engine != NULL)
		peer_forget(fe->engine, c);
	event_del(&c->readable);
	event_del(&c->writable);
	event_del(&c->deadline);
	if (c->counted)
		address_leave(fe, &c->peer);
	TAILQ_REMOVE(&fe->conns, c, entry);
	fe->nconns--;
	io_free(c->io);
	buf_clear(&c->in);
	buf_clear(&c->out);
	buf_clear(&c->head);
	buf_clear(&c->body);
	buf_clear(&c->path);
	buf_clear(&c->cors);
	conn_release(c);
	give_back(fe);
	if (fe->stopping && fe->nconns == 0)
		room_exit();
	else if (!fe->stopping && fe->nconns == fe->conns_max - 1)
		listeners_resume(fe);
}

/* ---- reading ---- */

/*
 * Reads until the other side has no more or we have enough.  False when the
 * connection is gone.
 */
static bool
conn_fill(struct conn *c)
{
	static uint8_t	 bytes[READ_SIZE];
	enum io_want	 want = IO_NOTHING;
	unsigned	 i;
	ssize_t		 n;

	for (i = 0; i < READS_A_TURN && c->in.len < IN_MAX - READ_SIZE; i++) {
		n = io_read(c->io, bytes, sizeof(bytes), &want);
		if (n == 0) {
			c->eof = true;
			return (true);
		}
		if (n == -1) {
			if (want == IO_WANT_WRITE)
				event_add(&c->writable, NULL);
			return (want != IO_NOTHING);
		}
		if (c->state != CONN_LINGER)
			buf_put(&c->in, bytes, (size_t)n);
		explicit_bzero(bytes, (size_t)n);	/* maybe a password */
		if ((size_t)n < sizeof(bytes))
			break;
	}
	return (buf_ok(&c->in));
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn	*c = arg;

	(void)fd;
	(void)what;
	/* While the engine has a request, what comes can wait in the kernel. */
	if (c->state == CONN_ENGINE || c->state == CONN_WAITING ||
	    c->state == CONN_CLOSING || c->out.len > OUT_HIGH ||
	    c->tail.len != 0) {
		set_reading(c, false);
		return;
	}
	if (!conn_fill(c) || (c->eof && c->state == CONN_LINGER)) {
		conn_free(c);
		return;
	}
	if (c->eof)
		set_reading(c, false);
	conn_process(c);
}

/* ---- writing ---- */

/* What waited was taken: the time of what comes next begins. */
static void
end_block(struct conn *c)
{
	static const time_t	 times[] = {
		[CONN_IDLE] = IDLE_TIME, [CONN_HEAD] = HEAD_TIME,
		[CONN_BODY] = BODY_TIME,
	};

	c->blocked = false;
	if (c->state == CONN_ENGINE)
		event_del(&c->deadline);
	else if (c->state == CONN_IDLE && c->fe->stopping)
		conn_set_deadline(c, CONN_LAST_IDLE_TIME);
	else
		conn_set_deadline(c, c->state == CONN_WAITING ? c->wait_time :
		    times[c->state]);
}

static void
conn_written(struct conn *c)
{
	if (c->state == CONN_CLOSING) {
		/* Closing with unread input would reset what we just sent. */
		io_shutdown(c->io);
		if (c->eof) {
			conn_free(c);
			return;
		}
		c->state = CONN_LINGER;
		conn_set_deadline(c, LINGER_TIME);
		set_reading(c, true);
		return;
	}
	if (c->blocked)
		end_block(c);
	if (c->state == CONN_ENGINE || c->state == CONN_WAITING)
		return;
	set_reading(c, !c->eof);
	/* The next request had to wait for this; first it is others' turn. */
	if (c->in.len != 0 || c->eof)
		event_add(&c->writable, NULL);
}

bool
conn_has_output(const struct conn *c)
{
	return (c->out.len != 0 || c->tail.len != 0);
}

/* Writes what the other side takes; false when the connection is broken. */
static bool
conn_write(struct conn *c, struct span s, size_t *sent, enum io_want *want)
{
	ssize_t	 n = 0;

	*sent = 0;
	while (*sent < s.len) {
		n = io_write(c->io, s.p + *sent, s.len - *sent, want);
		if (n <= 0)
			break;
		*sent += (size_t)n;
	}
	return (n != -1 || *want != IO_NOTHING);
}

static void
conn_flush(struct conn *c)
{
	enum io_want	 want = IO_NOTHING;
	size_t		 sent, more = 0;
	bool		 whole;

	if (!conn_write(c, buf_span(&c->out), &sent, &want) ||
	    (sent == c->out.len && !conn_write(c, c->tail, &more, &want))) {
		conn_free(c);
		return;
	}
	whole = sent == c->out.len;
	if (whole && c->out.cap > KEEP_MAX)
		buf_clear(&c->out);
	else if (whole)
		buf_reset(&c->out);
	else
		buf_drain(&c->out, sent);
	c->tail = span_mem(span_ptr(c->tail) + more, c->tail.len - more);
	if (!conn_has_output(c)) {
		conn_written(c);
		return;
	}
	if (want == IO_WANT_WRITE)
		event_add(&c->writable, NULL);
	else
		set_reading(c, true);
	if (!c->blocked)
		conn_set_deadline(c, WRITE_TIME);
	c->blocked = true;
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn	*c = arg;

	(void)fd;
	(void)what;
	if (conn_has_output(c))
		conn_flush(c);
	else
		on_readable(fd, what, arg);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct conn	*c = arg;

	(void)fd;
	(void)what;
	if (conn_has_output(c))
		conn_free(c);		/* it does not take what we say */
	else if (c->state == CONN_HEAD || c->state == CONN_BODY) {
		refuse(c, 408);
		conn_continue(c);
	} else if (c->state == CONN_WAITING) {
		conn_respond_busy(c);
		conn_continue(c);
	} else
		conn_free(c);
}

/* ---- responding ---- */

static uint64_t
now_us(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

void
conn_respond(struct conn *c, struct response *r)
{
	r->head_only = c->head_only;
	r->more = buf_span(&c->cors);
	if (c->fe->stopping)
		c->close = true;
	r->close = c->close;
	r->keep_alive = c->http10;
	c->tail = response_put(&c->out, r, (uint64_t)time(NULL));
	if (c->handler != NULL)
		metrics_count(c->handler, c->method, r->status,
		    now_us() - c->began, c->head_only ? 0 : r->body.len);
	c->state = c->close ? CONN_CLOSING : CONN_IDLE;
	if (c->state == CONN_IDLE && !c->blocked)
		conn_set_deadline(c, IDLE_TIME);
	TAILQ_REMOVE(&c->fe->conns, c, entry);
	TAILQ_INSERT_TAIL(&c->fe->conns, c, entry);
	buf_clear(&c->body);
	buf_clear(&c->head);
}

void
conn_respond_text(struct conn *c, unsigned status, const char *text)
{
	struct response	 r = { .status = status,
			    .type = "text/plain; charset=utf-8",
			    .fields = buf_span(&c->fe->other_fields),
			    .body = span_str(text) };

	conn_respond(c, &r);
}

void
conn_respond_busy(struct conn *c)
{
	struct response	 r = { .status = 503,
			    .type = "text/plain; charset=utf-8",
			    .fields = span_str("Retry-After: 1\r\n"
			    "Cache-Control: no-store\r\n"),
			    .body = span_str("try again shortly\n") };

	conn_respond(c, &r);
}

/* What cannot be understood ends the connection. */
static void
refuse(struct conn *c, unsigned status)
{
	char	 code[12];

	snprintf(code, sizeof(code), "%u", status);
	count_one(COUNT_HTTP_REFUSED, code);
	c->close = true;
	c->handler = NULL;
	buf_reset(&c->cors);
	c->head_only = false;
	conn_respond_text(c, status, response_reason(status));
}

/* ---- requests ---- */

static void
take_request(struct conn *c, const struct http_req *r)
{
	c->handler = NULL;
	buf_reset(&c->cors);
	c->method = r->method;
	c->began = now_us();
	c->head_only = r->method == HTTP_HEAD;
	c->close = !r->keep_alive;
	c->http10 = r->minor == 0 && r->keep_alive;
	buf_reset(&c->path);
	buf_put_span(&c->path, r->path);
}

/* A head is complete: serve it, or wait for its body.  False: wait. */
static bool
on_head(struct conn *c, size_t len)
{
	struct http_req	*r = &c->fe->req;
	unsigned	 status;

	status = http_head_parse(span_mem(c->in.p, len), r);
	if (status != 0) {
		refuse(c, status);
		return (true);
	}
	take_request(c, r);
	if (r->body == HTTP_BODY_NONE) {
		request_serve(c, span_mem(NULL, 0));
		buf_drain(&c->in, len);
		return (true);
	}
	c->state = CONN_BODY;
	c->body_left = r->length;
	memset(&c->chunks, 0, sizeof(c->chunks));
	buf_reset(&c->head);
	buf_put(&c->head, c->in.p, len);
	buf_drain(&c->in, len);
	if (r->expect_continue && c->in.len == 0)
		buf_put_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	if (!c->blocked)
		conn_set_deadline(c, BODY_TIME);
	return (true);
}

static bool
find_head(struct conn *c)
{
	unsigned	 status = 400;
	ssize_t		 len;

	if (c->in.len == 0) {
		c->state = CONN_IDLE;
		if (c->in.cap > KEEP_MAX)
			buf_clear(&c->in);
		return (false);
	}
	len = http_head_end(buf_span(&c->in), &c->scanned, &status);
	if (len == 0) {
		if (c->state != CONN_HEAD && !c->blocked)
			conn_set_deadline(c, HEAD_TIME);
		c->state = CONN_HEAD;
		return (false);
	}
	c->scanned = 0;
	if (len == -1) {
		refuse(c, status);
		return (true);
	}
	return (on_head(c, (size_t)len));
}

/* Takes what there is of a body.  1 when it is whole, 0: wait, -1: refused. */
static int
fill_body(struct conn *c, bool chunked)
{
	unsigned	 status = 400;
	size_t		 n;
	int		 done;

	if (chunked) {
		done = http_chunks_read(&c->chunks, buf_span(&c->in), &n,
		    &c->body, &status);
		buf_drain(&c->in, n);
		if (done == -1)
			refuse(c, status);
		return (done);
	}
	n = c->in.len < c->body_left ? c->in.len : c->body_left;
	buf_put(&c->body, c->in.p, n);
	buf_drain(&c->in, n);
	c->body_left -= n;
	return (c->body_left == 0);
}

static bool
continue_body(struct conn *c)
{
	struct http_req	*r = &c->fe->req;
	int		 done;

	/* The head is parsed again rather than kept in every connection. */
	if (http_head_parse(buf_span(&c->head), r) != 0) {
		refuse(c, 400);
		return (true);
	}
	if ((done = fill_body(c, r->body == HTTP_BODY_CHUNKED)) == 0)
		return (false);
	if (done == 1 && !buf_ok(&c->body))
		conn_respond_busy(c);
	else if (done == 1)
		request_serve(c, buf_span(&c->body));
	buf_clear(&c->body);	/* wiped: it may have held a password */
	return (true);
}

static void
conn_process(struct conn *c)
{
	bool	 more = true;

	while (more && c->out.len <= OUT_HIGH && c->tail.len == 0 &&
	    (c->state == CONN_IDLE || c->state == CONN_HEAD ||
	    c->state == CONN_BODY))
		more = c->state == CONN_BODY ? continue_body(c) :
		    find_head(c);
	if (c->state == CONN_ENGINE && !c->blocked)
		event_del(&c->deadline);
	if (!buf_ok(&c->out)) {
		conn_free(c);
		return;
	}
	/* The other side is done and so are we: there is no whole request. */
	if (c->eof && !more && (c->state == CONN_IDLE || c->state == CONN_HEAD ||
	    c->state == CONN_BODY)) {
		if (!conn_has_output(c)) {
			conn_free(c);
			return;
		}
		c->state = CONN_CLOSING;
	}
	if (conn_has_output(c))
		conn_flush(c);
}

void
conn_await(struct conn *c, unsigned what, unsigned seconds)
{
	c->state = CONN_WAITING;
	c->waits_for = what;
	c->wait_time = (time_t)seconds;
	if (!c->blocked)
		conn_set_deadline(c, seconds);
}

void
conn_continue(struct conn *c)
{
	conn_process(c);
}

void
conn_new(struct frontend *fe, int fd, const struct in6_addr *peer)
{
	struct conn	*c;
	bool		 counted = false;

	/* Behind a proxy every visitor has the proxy's address. */
	if (!ip_in(peer, fe->proxies, fe->nproxies)) {
		if (!address_enter(fe, peer)) {
			count_add(count_get(COUNT_TURNED_AWAY, NULL, NULL,
			    NULL), 1);
			evutil_closesocket(fd);
			return;
		}
		counted = true;
	}
	if ((c = conn_alloc()) == NULL || (c->io = io_new(fd)) == NULL) {
		if (c == NULL)
			evutil_closesocket(fd);
		else
			conn_release(c);
		if (counted)
			address_leave(fe, peer);
		return;
	}
	c->fe = fe;
	c->peer = *peer;
	c->counted = counted;
	buf_init(&c->in, IN_MAX);
	buf_init(&c->out, fe->out_max);
	buf_init(&c->head, HTTP_HEAD_MAX);
	buf_init(&c->body, HTTP_BODY_MAX);
	buf_init(&c->path, HTTP_PATH_MAX);
	buf_init(&c->cors, HTTP_HEAD_MAX);
	event_assign(&c->readable, room_base(), fd, EV_READ | EV_PERSIST,
	    on_readable, c);
	event_assign(&c->writable, room_base(), fd, EV_WRITE, on_writable, c);
	event_assign(&c->deadline, room_base(), -1, 0, on_deadline, c);
	TAILQ_INSERT_TAIL(&fe->conns, c, entry);
	if (++fe->nconns > fe->peak)
		fe->peak = fe->nconns;
	count_add(fe->accepted, 1);
	set_reading(c, true);
	conn_set_deadline(c, FIRST_TIME);
}
