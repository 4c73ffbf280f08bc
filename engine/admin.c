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

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "engine.h"
#include "json.h"

/*
 * What dexctl asks the engine.  Who may ask was decided in the control room;
 * nothing here can do more than the admin socket allows.
 */

#define SIGNER_TIMEOUT_MS	20000
#define TEXT_MAX		16384
#define JSON_MAX		61440
#define TIME_LEN		32

/* A command that waits for another room. */
struct errand {
	struct engine	*e;
	unsigned	 control;	/* which control room asked */
	uint32_t	 rid;
};

static struct errand *
errand_new(struct engine *e, uint32_t rid)
{
	struct errand	*x = calloc(1, sizeof(*x));

	if (x != NULL)
		*x = (struct errand){ e, e->controls, rid };
	return (x);
}

static void
answer(struct engine *e, uint32_t rid, enum result status, const char *text,
    const char *json)
{
	struct msg_en_ct_result	 m = { .status = (uint8_t)status,
				    .text = span_str(text),
				    .json = span_str(json) };

	if (e->control != NULL)
		peer_answer(e->control, rid, EN_CT_RESULT, &m);
}

/* Ends the errand; if the control room died meanwhile, nobody listens. */
static void
errand_end(struct errand *x, enum result status, const char *text,
    const char *json)
{
	if (x->control == x->e->controls)
		answer(x->e, x->rid, status, text, json);
	free(x);
}

/* RFC 3339, UTC; "-" for 0. */
static const char *
time_text(uint64_t t, char text[TIME_LEN])
{
	time_t		 when = (time_t)t;
	struct tm	 tm;

	if (t == 0 || t > INT32_MAX * UINT64_C(64) ||
	    gmtime_r(&when, &tm) == NULL ||
	    strftime(text, TIME_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return ("-");
	return (text);
}

/* ---- rotate keys ---- */

static void
on_rotated(void *arg, struct msg *m)
{
	struct errand	*x = arg;
	char		 when[TIME_LEN];
	struct buf	 text, json;
	bool		 pending;

	if (m == NULL) {
		errand_end(x, RESULT_FAILED, "the signer does not answer",
		    "{}");
		return;
	}
	if (m->sg_en_rotated.status == ROTATE_TOO_SOON) {
		errand_end(x, RESULT_BUSY, "keys were rotated a moment ago",
		    "{}");
		return;
	}
	if (m->sg_en_rotated.status == ROTATE_FULL) {
		errand_end(x, RESULT_BUSY, "as many keys as there may be are "
		    "published; show keys says when the first leaves", "{}");
		return;
	}
	pending = m->sg_en_rotated.status == ROTATE_PENDING;
	buf_init(&text, 256);
	buf_init(&json, 256);
	buf_printf(&text, "a new key %s; it takes over at %s",
	    pending ? "is published already" : "is being made",
	    time_text(m->sg_en_rotated.takes_over_at, when));
	buf_printf(&json, "{\"new\":%s,\"takes_over_at\":%" PRIu64 "}",
	    pending ? "false" : "true", m->sg_en_rotated.takes_over_at);
	errand_end(x, RESULT_OK, buf_cstr(&text), buf_cstr(&json));
	buf_clear(&text);
	buf_clear(&json);
}

/* ---- show keys ---- */

static uint64_t
number_of(struct span s)
{
	uint64_t	 n = 0;

	for (; s.len != 0 && *s.p >= '0' && *s.p <= '9'; s.p++, s.len--)
		n = n * 10 + (uint64_t)(*s.p - '0');
	return (n);
}

static void
put_key(struct buf *text, struct buf *json, struct msg_list keys, uint32_t i)
{
	static const char * const	 names[] = { "kid", "alg", "state",
		"published_at", "used_from", "leaves_at" };
	char				 when[TIME_LEN];
	struct span			 item;
	uint32_t			 j;

	for (j = 0; j < 6; j++) {
		item = msg_list_get(keys, i + j);
		buf_printf(json, "%s\"%s\":", j == 0 ? "{" : ",", names[j]);
		if (j < 3) {
			json_put_string(json, item);
			buf_printf(text, j == 0 ? "%.*s " : "%-8.*s",
			    (int)item.len, (const char *)span_ptr(item));
		} else {
			buf_printf(json, "%" PRIu64, number_of(item));
			buf_printf(text, " %-20s",
			    time_text(number_of(item), when));
		}
	}
	buf_put_c(text, '\n');
	buf_put_c(json, '}');
}

static void
on_keys(void *arg, struct msg *m)
{
	struct buf	 text, json;
	struct msg_list	 keys;
	uint32_t	 i;

	if (m == NULL) {
		errand_end(arg, RESULT_FAILED, "the signer does not answer",
		    "{}");
		return;
	}
	keys = m->sg_en_keys.keys;
	buf_init(&text, TEXT_MAX);
	buf_init(&json, JSON_MAX);
	buf_printf(&text, "%-40s %-8s%-8s %-20s %-20s %s\n", "KID", "ALG",
	    "STATE", "PUBLISHED", "USED FROM", "LEAVES");
	buf_put_str(&json, "{\"keys\":[");
	for (i = 0; i + 6 <= keys.count; i += 6) {
		if (i != 0)
			buf_put_c(&json, ',');
		put_key(&text, &json, keys, i);
	}
	buf_put_str(&json, "]}");
	errand_end(arg, RESULT_OK, buf_cstr(&text), buf_cstr(&json));
	buf_clear(&text);
	buf_clear(&json);
}

static void
ask_signer(struct engine *e, uint32_t rid, enum msg_type type, const void *m,
    peer_answer_cb *cb)
{
	struct errand	*x = errand_new(e, rid);

	if (x == NULL || signer_ask(e, type, m, SIGNER_TIMEOUT_MS, cb, x) ==
	    -1) {
		free(x);
		answer(e, rid, RESULT_BUSY, "the signer is busy", "{}");
	}
}

static void
on_ct_en_command(void *room, struct peer *p, struct msg *m)
{
	struct msg_en_sg_rotate	 rotate = { 0 };
	struct msg_en_sg_keys	 keys = { 0 };
	struct engine		*e = room;

	(void)p;
	switch ((enum command)m->ct_en_command.command) {
	case COMMAND_ROTATE_KEYS:
		ask_signer(e, m->rid, EN_SG_ROTATE, &rotate, on_rotated);
		break;
	case COMMAND_SHOW_KEYS:
		ask_signer(e, m->rid, EN_SG_KEYS, &keys, on_keys);
		break;
	default:
		answer(e, m->rid, RESULT_FAILED,
		    "not a command of the engine", "{}");
		break;
	}
}

void
admin_handlers(peer_handler **h)
{
	h[CT_EN_COMMAND] = on_ct_en_command;
}
