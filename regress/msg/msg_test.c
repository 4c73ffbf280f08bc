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

/* libs: */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "msg.h"

/*
 * The codec and the allow-matrix, for every message of msg.def: what is said
 * arrives, and a hostile room's bytes are refused (DESIGN.md, Wires).
 */

static uint8_t	 filler[131072];

/* Fills a message to its bounds (full) or with the least (not full). */
static struct msg_list
some_list(struct list_buf *l, bool full, uint32_t items, size_t max)
{
	uint32_t	 i;

	list_buf_clear(l);
	if (!full)
		return (msg_list_of(l));
	if (items > 4)
		items = 4;	/* sizes are tried apart, in list_bounds */
	for (i = 0; i < items; i++)
		list_buf_add(l, span_mem(filler, max > 32 ? 32 : max));
	return (msg_list_of(l));
}

#define LISTS	8
static struct list_buf	 lists[LISTS];

#define MSG(U, l, from, to, reply, fd, trust)				\
static void								\
fill_##l(struct msg_##l *m, bool full)					\
{									\
	unsigned	 n = 0;						\
									\
	(void)n;							\
	(void)full;							\
	memset(m, 0, sizeof(*m));
#define BOOL(f)			m->f = full;
#define ENUM(f, limit)		m->f = full ? (limit) - 1 : 0;
#define U32(f)			m->f = full ? UINT32_MAX : 0;
#define U64(f)			m->f = full ? UINT64_MAX : 0;
#define STR(f, max)		m->f = span_mem(filler, full ? (max) : 0);
#define BYTES(f, max)		m->f = span_mem(filler, full ? (max) : 0);
#define LIST(f, items, max)						\
	m->f = some_list(&lists[n++], full, items, max);
#define END(l)			}
#include "msg.def"
#include "msg_undef.h"

static void
fill(struct msg *m, enum msg_type type, bool full)
{
	switch (type) {
#define MSG(U, l, from, to, reply, fd, trust)				\
	case U:								\
		fill_##l(&m->l, full);					\
		break;
#include "msg_each.h"
	case MSG_NONE:
	case MSG_MAX:
	default:
		fail();
	}
	m->type = type;
}

/* Encoding what was decoded gives the same bytes: nothing is lost or moved. */
static void
round_trip(void **state)
{
	struct buf	 one, two;
	struct msg	 out, in;
	int		 type, full;

	(void)state;
	buf_init(&one, 1 << 20);
	buf_init(&two, 1 << 20);
	for (type = MSG_NONE + 1; type < MSG_MAX; type++)
		for (full = 0; full < 2; full++) {
			buf_reset(&one);
			buf_reset(&two);
			fill(&out, (enum msg_type)type, full == 1);
			assert_int_equal(msg_encode(out.type, &out.rid, &one),
			    0);
			memset(&in, 0, sizeof(in));
			in.type = out.type;
			assert_int_equal(msg_decode(&in, buf_span(&one)), 0);
			assert_int_equal(msg_encode(in.type, &in.rid, &two),
			    0);
			assert_true(span_eq(buf_span(&one), buf_span(&two)));
		}
	buf_clear(&one);
	buf_clear(&two);
}

/* A message cut short anywhere, or with a byte behind it, is refused. */
static void
truncated_and_trailing(void **state)
{
	struct buf	 b;
	struct msg	 m;
	size_t		 n;
	int		 type;

	(void)state;
	buf_init(&b, 1 << 20);
	for (type = MSG_NONE + 1; type < MSG_MAX; type++) {
		buf_reset(&b);
		fill(&m, (enum msg_type)type, true);
		assert_int_equal(msg_encode(m.type, &m.rid, &b), 0);
		for (n = 0; n < b.len; n += n < 600 || b.len - n < 40 ? 1 : 37)
			assert_int_equal(msg_decode(&m,
			    span_mem(b.p, n)), -1);
		buf_put_u8(&b, 0);
		assert_int_equal(msg_decode(&m, buf_span(&b)), -1);
	}
	buf_clear(&b);
}

/* Every edge is wide enough for the smallest form of what may travel on it. */
static void
allow_matrix(void **state)
{
	int	 type, from, to;
	bool	 allowed;

	(void)state;
	for (type = 0; type <= MSG_MAX; type++)
		for (from = 0; from < ROOM_MAX; from++)
			for (to = 0; to < ROOM_MAX; to++) {
				allowed = msg_allowed((enum msg_type)type,
				    (enum room)from, (enum room)to);
				if (type == MSG_NONE || type == MSG_MAX)
					assert_false(allowed);
				if (!allowed)
					continue;
				assert_true(msg_edge_max((enum room)from,
				    (enum room)to) > 0);
				assert_int_not_equal(from, to);
			}
	/* The walls that the threat table stands on. */
	for (type = MSG_NONE + 1; type < MSG_MAX; type++) {
		assert_false(msg_allowed((enum msg_type)type, ROOM_FRONTEND,
		    ROOM_SIGNER));
		assert_false(msg_allowed((enum msg_type)type, ROOM_FRONTEND,
		    ROOM_AUTHN));
		assert_false(msg_allowed((enum msg_type)type, ROOM_AUTHN,
		    ROOM_SIGNER));
		assert_false(msg_allowed((enum msg_type)type, ROOM_CONTROL,
		    ROOM_SIGNER));
		assert_false(msg_allowed((enum msg_type)type, ROOM_ENGINE,
		    ROOM_KEYGEN));
	}
	assert_int_equal(msg_edge_max(ROOM_FRONTEND, ROOM_SIGNER), 0);
	assert_false(msg_allowed(PA_SG_KEY, ROOM_ENGINE, ROOM_SIGNER));
	assert_false(msg_allowed(KG_SG_KEY, ROOM_ENGINE, ROOM_SIGNER));
}

/* A request names an answer that travels back on the same wire. */
static void
answers_match(void **state)
{
	const struct msg_info	*ask, *answer;
	int			 type;

	(void)state;
	for (type = MSG_NONE + 1; type < MSG_MAX; type++) {
		ask = &msg_table[type];
		assert_non_null(ask->name);
		if (ask->role != MSG_ASK)
			continue;
		answer = &msg_table[ask->answer];
		assert_int_equal(answer->role, MSG_ANSWER);
		assert_int_equal(answer->from, ask->to);
		assert_int_equal(answer->to, ask->from);
	}
}

static void
field_bounds(void **state)
{
	struct msg_pa_sg_connector	 c = { 0 };
	struct msg_pa_room_log		 l = { 0 };
	struct buf			 b;
	struct msg			 m = { .type = PA_SG_CONNECTOR };

	(void)state;
	buf_init(&b, 4096);
	c.id = span_mem(filler, 256);
	assert_int_equal(msg_encode(PA_SG_CONNECTOR, &c, &b), 0);
	buf_reset(&b);
	c.id = span_mem(filler, 257);	/* one too long */
	assert_int_equal(msg_encode(PA_SG_CONNECTOR, &c, &b), -1);
	buf_reset(&b);
	c.id = span_mem("a\0b", 3);	/* NUL in text */
	assert_int_equal(msg_encode(PA_SG_CONNECTOR, &c, &b), -1);
	buf_reset(&b);
	buf_put_lspan(&b, span_mem("\xff", 1));	/* not UTF-8 */
	assert_int_equal(msg_decode(&m, buf_span(&b)), -1);
	buf_reset(&b);
	l.log_level = 4;		/* at the enum's limit */
	assert_int_equal(msg_encode(PA_ROOM_LOG, &l, &b), -1);
	buf_reset(&b);
	buf_put_u8(&b, 4);
	m.type = PA_ROOM_LOG;
	assert_int_equal(msg_decode(&m, buf_span(&b)), -1);
	buf_reset(&b);
	m.type = CF_PA_DONE;
	buf_put_u8(&b, 2);		/* a bool is 0 or 1 */
	assert_int_equal(msg_decode(&m, buf_span(&b)), -1);
	buf_clear(&b);
}

static void
list_bounds(void **state)
{
	struct msg_pa_en_client	 c = { 0 };
	struct list_buf		 l;
	struct buf		 b;
	int			 i;

	(void)state;
	buf_init(&b, 1 << 20);
	list_buf_init(&l, 1 << 20);
	for (i = 0; i < 64; i++)
		list_buf_add(&l, span_mem(filler, 512));
	c.trusted_peers = msg_list_of(&l);
	assert_int_equal(msg_encode(PA_EN_CLIENT, &c, &b), 0);
	buf_reset(&b);
	list_buf_add(&l, span_mem(filler, 1));	/* a 65th */
	c.trusted_peers = msg_list_of(&l);
	assert_int_equal(msg_encode(PA_EN_CLIENT, &c, &b), -1);
	buf_reset(&b);
	list_buf_clear(&l);
	list_buf_add(&l, span_mem(filler, 513));	/* one byte over */
	c.trusted_peers = msg_list_of(&l);
	assert_int_equal(msg_encode(PA_EN_CLIENT, &c, &b), -1);
	buf_reset(&b);
	c.trusted_peers.count = 2;	/* says two, has one */
	assert_int_equal(msg_encode(PA_EN_CLIENT, &c, &b), -1);
	list_buf_clear(&l);
	buf_clear(&b);
}

static void
list_lookup(void **state)
{
	struct list_buf	 l;
	struct span	 v;

	(void)state;
	list_buf_init(&l, 1024);
	list_buf_add(&l, span_str("a"));
	list_buf_add(&l, span_str("b"));
	list_buf_add(&l, span_str("b"));
	list_buf_add(&l, span_str("c"));
	assert_true(msg_list_find(msg_list_of(&l), "b", &v));
	assert_true(span_is(v, "c"));	/* a name, not a value, is looked up */
	assert_false(msg_list_find(msg_list_of(&l), "c", &v));
	assert_true(msg_list_has(msg_list_of(&l), span_str("c")));
	assert_true(span_is(msg_list_get(msg_list_of(&l), 0), "a"));
	assert_int_equal(msg_list_get(msg_list_of(&l), 4).len, 0);
	list_buf_clear(&l);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(truncated_and_trailing),
		cmocka_unit_test(allow_matrix),
		cmocka_unit_test(answers_match),
		cmocka_unit_test(field_bounds),
		cmocka_unit_test(list_bounds),
		cmocka_unit_test(list_lookup),
	};
	size_t			 i;

	memset(filler, 'x', sizeof(filler));
	for (i = 0; i < LISTS; i++)
		list_buf_init(&lists[i], 1 << 20);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
