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

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <sodium.h>

#include "count.h"
#include "log.h"
#include "regress/compromise/hostile.h"

#define HEADER		12
#define FLAG_FD		1
#define FDS_MAX		16	/* more than a wire takes */
#define STUCK		10	/* writes in a row that the kernel refuses */
#define FLOOD_MAX	(32 * 1024 * 1024)
#define GROWTH_MAX	4096	/* KiB: a queue is full at 1 MiB */

static int
given_wire(const struct hostile *h)
{
	static uint32_t		 instance = 100;
	struct msg_pa_room_peer	 m = { .room = (uint8_t)h->as,
		.name = span_str(h->name), .instance = instance };
	int			 sv[2];

	instance++;
	room_pair(sv);
	if (peer_tell(h->victim->parent, PA_ROOM_PEER, &m, sv[1]) == -1 ||
	    peer_flush(h->victim->parent, 20000) == -1)
		fatalx("cannot give a wire");
	close(sv[1]);
	return (sv[0]);
}

int
hostile_wire(const struct hostile *h)
{
	int	 fd = h->dial != NULL ? h->dial() : given_wire(h);

	if (fd == -1 || fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		fatal("no wire to %s", h->victim->program);
	return (fd);
}

void
hostile_frame(struct buf *b, unsigned type, unsigned flags, uint32_t rid,
    struct span fields)
{
	buf_put_u32(b, (uint32_t)fields.len);
	buf_put_u32(b, type << 16 | flags);
	buf_put_u32(b, rid);
	buf_put_span(b, fields);
}

bool
hostile_closed(int fd)
{
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	char		 bytes[4096];
	ssize_t		 n;
	int		 i;

	for (i = 0; i < 300; i++) {
		while ((n = read(fd, bytes, sizeof(bytes))) > 0)
			;
		if (n == 0 || errno == ECONNRESET)
			return (true);
		poll(&p, 1, 100);
	}
	return (false);
}

uint32_t
hostile_question(int fd)
{
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	uint8_t		 head[HEADER];

	if (poll(&p, 1, 20000) != 1 ||
	    read(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
		fatalx("no question");
	return ((uint32_t)head[8] << 24 | (uint32_t)head[9] << 16 |
	    (uint32_t)head[10] << 8 | head[11]);
}

void
hostile_malformed(int fd, enum msg_type type, const void *m,
    enum malformed how)
{
	struct buf	 b, fields;

	buf_init(&b, 256);
	buf_init(&fields, 256);
	if (msg_encode(type, m, &fields) == -1)
		fatalx("cannot make a message");
	switch (how) {
	case FIRST_BYTE_TOO_LARGE:
		fields.p[0] = 0xff;
		break;
	case BYTE_TOO_FEW:
		fields.len--;
		break;
	case BYTE_TOO_MANY:
		buf_put_c(&fields, 0);
		break;
	case TEXT_NOT_UTF8:
		fields.p[1 + 4] = 0xff;	/* behind its length */
		break;
	}
	hostile_frame(&b, type, 0, hostile_question(fd), buf_span(&fields));
	if (write(fd, b.p, b.len) != (ssize_t)b.len)
		fatal("cannot answer");
	buf_clear(&b);
	buf_clear(&fields);
}

static void
must_live(const struct hostile *h, const char *what)
{
	if (waitpid(h->victim->pid, NULL, WNOHANG) != 0)
		fatalx("%s died of %s", h->victim->program, what);
}

static void
must_close(const struct hostile *h, int fd, const char *what)
{
	if (!hostile_closed(fd))
		fatalx("%s takes %s from the %s", h->victim->program, what,
		    room_name(h->as));
	must_live(h, what);
	close(fd);
}

void
hostile_refused(const struct hostile *h, struct buf *b, const char *what)
{
	int	 fd = hostile_wire(h);

	if (write(fd, b->p, b->len) != (ssize_t)b->len)
		fatalx("%s does not read", h->victim->program);
	must_close(h, fd, what);
	buf_reset(b);
}

/* ---- every breach ---- */

/* The bytes with that many descriptors, none of which the room may keep. */
static void
refused_with_fds(const struct hostile *h, struct buf *b, size_t n,
    const char *what)
{
	struct iovec	 iov = { b->p, b->len };
	union {
		struct cmsghdr	 header;
		uint8_t		 space[CMSG_SPACE(FDS_MAX * sizeof(int))];
	}		 control;
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr	*cm;
	int		 fd = hostile_wire(h), sv[2], fds[FDS_MAX];
	size_t		 i;

	room_pair(sv);
	for (i = 0; i < n; i++)
		fds[i] = sv[1];
	memset(&control, 0, sizeof(control));
	cm = CMSG_FIRSTHDR(&mh);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(cm), fds, n * sizeof(int));
	if (sendmsg(fd, &mh, 0) != (ssize_t)b->len)
		fatal("sendmsg");
	close(sv[1]);
	must_close(h, fd, what);
	if (!hostile_closed(sv[0]))
		fatalx("%s keeps a descriptor", h->victim->program);
	close(sv[0]);
	buf_reset(b);
}

/* An empty message of that type, one byte too long, one too short; alone. */
static void
breaches_of(const struct hostile *h, enum msg_type type, struct buf *b)
{
	static const struct msg	 empty;
	struct buf		 fields;

	buf_init(&fields, 65536);
	if (msg_encode(type, &empty.rid, &fields) == -1)
		fatalx("no empty %s", msg_name(type));
	buf_put_c(&fields, 0);
	hostile_frame(b, type, 0, 1, buf_span(&fields));
	hostile_refused(h, b, "a byte too many");
	fields.len--;
	if (msg_table[type].role == MSG_ANSWER) {
		hostile_frame(b, type, 0, 1, buf_span(&fields));
		hostile_refused(h, b, "an answer to nothing");
	}
	hostile_frame(b, type, FLAG_FD, 1, buf_span(&fields));
	hostile_refused(h, b, "a descriptor that is not there");
	hostile_frame(b, type, FLAG_FD, 1, buf_span(&fields));
	refused_with_fds(h, b, 1, "a descriptor");
	hostile_frame(b, type, FLAG_FD, 1, buf_span(&fields));
	refused_with_fds(h, b, FDS_MAX, "many descriptors");
	if (fields.len > 0) {
		fields.len--;
		hostile_frame(b, type, 0, 1, buf_span(&fields));
		hostile_refused(h, b, "a byte too few");
	}
	buf_clear(&fields);
}

/* One that ends in the middle of a frame is at its end like any other. */
static void
cut_off(const struct hostile *h, size_t n)
{
	uint8_t	 bytes[HEADER + 8] = { 0, 0, 0, 9 };
	int	 fd = hostile_wire(h);

	if (write(fd, bytes, n) != (ssize_t)n || shutdown(fd, SHUT_WR) == -1)
		fatalx("%s does not read", h->victim->program);
	must_close(h, fd, "half a frame");
}

void
hostile_breaches(const struct hostile *h)
{
	static const uint8_t	 junk[64] = { 0xff, 0xff, 0xff, 0xff };
	uint32_t		 max = msg_edge_max(h->as, h->victim->room);
	struct buf		 b;
	unsigned		 type;

	buf_init(&b, 65536);
	for (type = 0; type <= MSG_MAX; type++) {
		if (msg_allowed((enum msg_type)type, h->as, h->victim->room)) {
			breaches_of(h, (enum msg_type)type, &b);
			hostile_frame(&b, type, 0x8000, 1, span_mem(NULL, 0));
			hostile_refused(h, &b, "flags there are not");
			continue;
		}
		hostile_frame(&b, type, 0, 1, span_mem(NULL, 0));
		hostile_refused(h, &b, "what it may not say");
	}
	buf_put(&b, junk, sizeof(junk));
	hostile_refused(h, &b, "a frame of 4 GiB");
	buf_put_u32(&b, max + 1);
	buf_put(&b, junk, 8);
	hostile_refused(h, &b, "a frame above the limit of the wire");
	cut_off(h, 5);
	cut_off(h, HEADER + 8);
	buf_clear(&b);
}

/* ---- noise ---- */

void
hostile_pelt(const struct hostile *h)
{
	uint8_t		 bytes[512];
	struct buf	 b;
	unsigned	 type, n;
	size_t		 len;
	int		 fd;

	buf_init(&b, 1024);
	for (type = 1; type < MSG_MAX; type++)
		for (n = 0; n < 8; n++) {
			if (!msg_allowed((enum msg_type)type, h->as,
			    h->victim->room))
				continue;
			len = randombytes_uniform(sizeof(bytes));
			randombytes_buf(bytes, len);
			hostile_frame(&b, type, 0, n, span_mem(bytes, len));
			fd = hostile_wire(h);
			/* It has read all when it sees the end of it. */
			if (write(fd, b.p, b.len) != (ssize_t)b.len ||
			    shutdown(fd, SHUT_WR) == -1)
				fatalx("%s does not read",
				    h->victim->program);
			must_close(h, fd, msg_name((enum msg_type)type));
			buf_reset(&b);
		}
	buf_clear(&b);
}

void
hostile_pass_on(struct peer *p, uint32_t rid,
    const struct msg_pa_room_counted *broken, unsigned n)
{
	struct msg_pa_room_counted	 sound = { .room = ROOM_ENGINE,
		.program = span_str("engine"), .instance = 2 };
	struct msg_pa_room_gathered	 done = { 0 };
	struct buf			 b;

	while (n-- > 0)
		if (peer_tell(p, PA_ROOM_COUNTED, broken, -1) == -1)
			fatalx("the counts do not travel");
	buf_init(&b, 256);
	buf_put_u16(&b, COUNT_FLUSHES);
	buf_put_u64(&b, 41);
	sound.counts = buf_span(&b);
	if (peer_tell(p, PA_ROOM_COUNTED, &sound, -1) == -1 ||
	    peer_answer(p, rid, PA_ROOM_GATHERED, &done) == -1)
		fatalx("the counts do not travel");
	buf_clear(&b);
}

unsigned long
hostile_memory(const struct played *r)
{
	unsigned long	 kib = 0;
	char		 path[64], line[256];
	FILE		*f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)r->pid);
	if ((f = fopen(path, "r")) == NULL)
		fatal("%s", path);
	while (fgets(line, sizeof(line), f) != NULL && kib == 0)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtoul(line + 6, NULL, 10);
	fclose(f);
	if (kib == 0)
		fatalx("%s does not say what it takes", path);
	return (kib);
}

void
hostile_no_more_memory(const struct hostile *h, unsigned long before)
{
	unsigned long	 now = hostile_memory(h->victim);

#ifdef DEXD_SANITIZE
	return;		/* freed memory is kept there */
#endif
	if (now > before + GROWTH_MAX)
		fatalx("%s grew from %lu to %lu KiB", h->victim->program,
		    before, now);
}

int
hostile_flood(const struct hostile *h, struct span questions)
{
	unsigned long	 before = hostile_memory(h->victim);
	size_t		 at = 0, sent = 0;
	ssize_t		 n;
	int		 stuck = 0, fd = hostile_wire(h);

	/* Each try gives the room a moment to read on. */
	while (stuck < STUCK) {
		n = write(fd, questions.p + at, questions.len - at);
		if (n == -1 && errno != EAGAIN)
			fatal("%s ends a wire that it reads too slowly for",
			    h->victim->program);
		if (n == -1) {
			stuck++;
			rooms_settle();
			continue;
		}
		stuck = 0;
		at = (at + (size_t)n) % questions.len;
		if ((sent += (size_t)n) > FLOOD_MAX)
			fatalx("%s reads on, whatever it owes",
			    h->victim->program);
	}
	must_live(h, "a flood");
	hostile_no_more_memory(h, before);
	return (fd);
}

/* Until the room has read all that was written on the wire. */
static void
wait_read(const struct hostile *h, int fd)
{
	int	 i, unread = 1;

	for (i = 0; i < 20000 && unread != 0; i++) {
		if (ioctl(fd, SIOCOUTQ, &unread) == -1)
			fatal("SIOCOUTQ");
		if (unread != 0)
			usleep(1000);
	}
	if (unread != 0)
		fatalx("%s does not read", h->victim->program);
}

void
hostile_unended(const struct hostile *h, unsigned n)
{
	uint32_t	 max = msg_edge_max(h->as, h->victim->room);
	unsigned long	 before = hostile_memory(h->victim);
	struct buf	 b;
	int		 fd;

	buf_init(&b, 1 << 20);
	buf_put_u32(&b, max);
	while (b.len < max)
		buf_put_c(&b, 0);
	while (n-- > 0) {
		fd = hostile_wire(h);
		if (write(fd, b.p, b.len) <= (ssize_t)max / 2)
			fatalx("%s does not read", h->victim->program);
		wait_read(h, fd);
		close(fd);
	}
	must_live(h, "frames without an end");
	hostile_no_more_memory(h, before);
	buf_clear(&b);
}
