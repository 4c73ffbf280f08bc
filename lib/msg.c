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

#include <string.h>

#include "msg.h"

/*
 * Encoders and decoders.  The primitives below check the bounds; the passes
 * over msg.def string them together, one function a message and direction.
 */

static void
put_bounded(struct buf *b, struct span s, size_t max)
{
	if (s.len > max)
		b->failed = true;
	buf_put_lspan(b, s);
}

static bool
is_text(struct span s)
{
	return ((s.len == 0 || memchr(s.p, '\0', s.len) == NULL) &&
	    span_is_utf8(s));
}

static void
put_text(struct buf *b, struct span s, size_t max)
{
	if (!is_text(s))
		b->failed = true;
	put_bounded(b, s, max);
}

static void
put_below(struct buf *b, uint8_t v, unsigned limit)
{
	if (v >= limit)
		b->failed = true;
	buf_put_u8(b, v);
}

/* True when the bytes are `count` length-prefixed strings and nothing more. */
static bool
is_list(struct span bytes, uint32_t count, uint32_t items, size_t max)
{
	struct cur	 c;
	uint32_t	 i;

	if (count > items)
		return (false);
	cur_init(&c, bytes);
	for (i = 0; i < count; i++)
		cur_lspan(&c, max);
	return (cur_done(&c));
}

static void
put_list(struct buf *b, struct msg_list l, uint32_t items, size_t max)
{
	struct span	 bytes = span_mem(l.p, l.len);

	if (!is_list(bytes, l.count, items, max))
		b->failed = true;
	buf_put_u32(b, l.count);
	buf_put_lspan(b, bytes);
}

static bool
get_bool(struct cur *c)
{
	uint8_t	 v = cur_u8(c);

	if (v > 1)
		c->failed = true;
	return (v == 1);
}

static uint8_t
get_below(struct cur *c, unsigned limit)
{
	uint8_t	 v = cur_u8(c);

	if (v >= limit)
		c->failed = true;
	return (v);
}

static struct span
get_text(struct cur *c, size_t max)
{
	struct span	 s = cur_lspan(c, max);

	if (!is_text(s))
		c->failed = true;
	return (s);
}

static struct msg_list
get_list(struct cur *c, uint32_t items, size_t max)
{
	struct msg_list	 l;
	struct span	 bytes;

	l.count = cur_u32(c);
	bytes = cur_lspan(c, SIZE_MAX);
	if (!is_list(bytes, l.count, items, max))
		c->failed = true;
	l.p = bytes.p;
	l.len = bytes.len;
	return (l);
}

#define MSG(U, l, from, to, reply, fd, trust)				\
static void								\
encode_##l(struct buf *b, const struct msg_##l *m)			\
{									\
	(void)b;							\
	(void)m;
#define BOOL(f)			put_below(b, m->f, 2);
#define ENUM(f, limit)		put_below(b, m->f, limit);
#define U32(f)			buf_put_u32(b, m->f);
#define U64(f)			buf_put_u64(b, m->f);
#define STR(f, max)		put_text(b, m->f, max);
#define BYTES(f, max)		put_bounded(b, m->f, max);
#define LIST(f, items, max)	put_list(b, m->f, items, max);
#define END(l)			}
#include "msg.def"
#include "msg_undef.h"

#define MSG(U, l, from, to, reply, fd, trust)				\
static void								\
decode_##l(struct cur *c, struct msg_##l *m)				\
{									\
	(void)c;							\
	(void)m;
#define BOOL(f)			m->f = get_bool(c);
#define ENUM(f, limit)		m->f = get_below(c, limit);
#define U32(f)			m->f = cur_u32(c);
#define U64(f)			m->f = cur_u64(c);
#define STR(f, max)		m->f = get_text(c, max);
#define BYTES(f, max)		m->f = cur_lspan(c, max);
#define LIST(f, items, max)	m->f = get_list(c, items, max);
#define END(l)			}
#include "msg.def"
#include "msg_undef.h"

#define ASKS(answer)	MSG_ASK, answer
#define TELLS		MSG_TELL, MSG_NONE
#define ANSWERS		MSG_ANSWER, MSG_NONE
#define WITH_FD		true
#define NO_FD		false
#define ROW(...)	{ __VA_ARGS__ }
#define MSG(U, l, from, to, reply, fd, trust)				\
	[U] = ROW(#U, from, to, reply, fd, trust),
const struct msg_info	 msg_table[MSG_MAX] = {
#include "msg_each.h"
};

/*
 * The wires of the house and the most that one message may weigh on each.
 * What is not listed here cannot be said.
 */
static const struct edge {
	enum room	 from;
	enum room	 to;
	uint32_t	 max;
} edges[] = {
	{ ROOM_PARENT,	 ROOM_ANY,	 96 * 1024 },
	{ ROOM_ANY,	 ROOM_PARENT,	 64 * 1024 },
	{ ROOM_CONFIG,	 ROOM_PARENT,	 80 * 1024 },
	{ ROOM_FRONTEND, ROOM_ENGINE,	 192 * 1024 },
	{ ROOM_ENGINE,	 ROOM_FRONTEND,	 192 * 1024 },
	{ ROOM_ENGINE,	 ROOM_SIGNER,	 192 * 1024 },
	{ ROOM_SIGNER,	 ROOM_ENGINE,	 192 * 1024 },
	{ ROOM_KEYGEN,	 ROOM_SIGNER,	 8 * 1024 },
	{ ROOM_ENGINE,	 ROOM_AUTHN,	 128 * 1024 },
	{ ROOM_AUTHN,	 ROOM_ENGINE,	 160 * 1024 },
	{ ROOM_TELEMETRY, ROOM_ENGINE,	 64 },
	{ ROOM_ENGINE,	 ROOM_TELEMETRY, 64 },
	{ ROOM_CONTROL,	 ROOM_ENGINE,	 1024 },
	{ ROOM_ENGINE,	 ROOM_CONTROL,	 80 * 1024 },
	{ ROOM_DEXCTL,	 ROOM_CONTROL,	 1024 },
	{ ROOM_CONTROL,	 ROOM_DEXCTL,	 80 * 1024 },
};

static bool
is_child(enum room r)
{
	return (r != ROOM_PARENT && r != ROOM_DEXCTL && r < ROOM_MAX);
}

/* Does `named`, from a table, stand for the room `is`? */
static bool
room_covers(enum room named, enum room is)
{
	return (named == is || (named == ROOM_ANY && is_child(is)));
}

uint32_t
msg_edge_max(enum room from, enum room to)
{
	uint32_t	 max = 0;
	size_t		 i;

	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if (room_covers(edges[i].from, from) &&
		    room_covers(edges[i].to, to) && edges[i].max > max)
			max = edges[i].max;
	return (max);
}

bool
msg_allowed(enum msg_type type, enum room from, enum room to)
{
	if (type <= MSG_NONE || type >= MSG_MAX)
		return (false);
	return (room_covers(msg_table[type].from, from) &&
	    room_covers(msg_table[type].to, to));
}

const char *
msg_name(enum msg_type type)
{
	if (type <= MSG_NONE || type >= MSG_MAX)
		return ("?");
	return (msg_table[type].name);
}

const char *
room_name(enum room r)
{
	static const char * const	 names[] = {
		"parent", "config", "frontend", "engine", "signer", "keygen",
		"authn", "control", "telemetry", "dexctl"
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == ROOM_MAX,
	    "a name for every room");
	return (r < ROOM_MAX ? names[r] : "?");
}

const char *
jwa_name(enum jwa alg)
{
	static const char * const	 names[JWA_MAX] = {
		[JWA_RS256] = "RS256", [JWA_ES256] = "ES256",
		[JWA_EDDSA] = "EdDSA" };

	return (alg < JWA_MAX ? names[alg] : "?");
}

int
msg_encode(enum msg_type type, const void *m, struct buf *b)
{
	size_t	 before = b->len;

	switch (type) {
#define MSG(U, l, from, to, reply, fd, trust)				\
	case U:								\
		encode_##l(b, m);					\
		break;
#include "msg_each.h"
	case MSG_NONE:
	case MSG_MAX:
	default:
		return (-1);
	}
	if (buf_ok(b))
		return (0);
	b->len = before;
	return (-1);
}

int
msg_decode(struct msg *m, struct span bytes)
{
	struct cur	 c;

	cur_init(&c, bytes);
	switch (m->type) {
#define MSG(U, l, from, to, reply, fd, trust)				\
	case U:								\
		decode_##l(&c, &m->l);					\
		break;
#include "msg_each.h"
	case MSG_NONE:
	case MSG_MAX:
	default:
		return (-1);
	}
	return (cur_done(&c) ? 0 : -1);
}

bool
msg_list_next(struct msg_list *l, struct span *item)
{
	struct cur	 c;

	if (l->count == 0)
		return (false);
	cur_init(&c, span_mem(l->p, l->len));
	*item = cur_lspan(&c, SIZE_MAX);
	l->p = c.p;
	l->len = c.len;
	l->count--;
	return (!c.failed);
}

struct span
msg_list_get(struct msg_list l, uint32_t i)
{
	struct span	 item;

	while (msg_list_next(&l, &item))
		if (i-- == 0)
			return (item);
	return (span_mem(NULL, 0));
}

bool
msg_list_has(struct msg_list l, struct span wanted)
{
	struct span	 item;

	while (msg_list_next(&l, &item))
		if (span_eq(item, wanted))
			return (true);
	return (false);
}

bool
msg_list_find(struct msg_list l, const char *name, struct span *value)
{
	struct span	 key, val;

	while (msg_list_next(&l, &key) && msg_list_next(&l, &val))
		if (span_is(key, name)) {
			*value = val;
			return (true);
		}
	*value = span_mem(NULL, 0);
	return (false);
}

void
list_buf_init(struct list_buf *l, size_t max)
{
	buf_init(&l->b, max);
	l->count = 0;
}

void
list_buf_add(struct list_buf *l, struct span item)
{
	buf_put_lspan(&l->b, item);
	l->count++;
}

void
list_buf_clear(struct list_buf *l)
{
	buf_clear(&l->b);
	l->count = 0;
}

struct msg_list
msg_list_of(const struct list_buf *l)
{
	struct msg_list	 list = { l->b.p, l->b.len, l->count };

	if (!buf_ok(&l->b))
		return ((struct msg_list){ NULL, 0, 0 });
	return (list);
}

const char *
identity_status_name(enum identity_status status)
{
	static const char * const	 names[IDENTITY_MAX] = {
		[IDENTITY_OK] = "ok",
		[IDENTITY_BAD_CREDENTIALS] = "bad credentials",
		[IDENTITY_DENIED] = "denied", [IDENTITY_BUSY] = "busy",
		[IDENTITY_EXPIRED] = "expired", [IDENTITY_ERROR] = "error" };

	return (status < IDENTITY_MAX ? names[status] : "?");
}

const char *
listen_kind_name(enum listen_kind kind)
{
	static const char * const	 names[LISTEN_MAX] = {
		[LISTEN_HTTP] = "http", [LISTEN_HTTPS] = "https",
		[LISTEN_TELEMETRY] = "telemetry" };

	return (kind < LISTEN_MAX ? names[kind] : "?");
}
