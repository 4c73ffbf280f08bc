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

#include "b64.h"
#include "proto.h"
#include "refresh.h"

enum { FIELD_ID = 1, FIELD_SECRET = 2 };

void
refresh_text_put(struct buf *out, struct span id, struct span secret)
{
	struct buf	 proto;

	buf_init(&proto, id.len + secret.len + 32);
	proto_put_string(&proto, FIELD_ID, id);
	proto_put_string(&proto, FIELD_SECRET, secret);
	b64url_put(out, buf_span(&proto));
	if (!buf_ok(&proto))
		out->failed = true;
	buf_clear(&proto);
}

/* False if the bytes are no such message; the last of two fields counts. */
static bool
parse(struct refresh_text *t, struct span bytes)
{
	struct cur	 c;
	struct span	 value;
	unsigned	 number;

	cur_init(&c, bytes);
	while (proto_next(&c, &number, &value)) {
		if (number != FIELD_ID && number != FIELD_SECRET)
			continue;
		if (!span_is_utf8(value))
			return (false);
		*(number == FIELD_ID ? &t->id : &t->secret) = value;
	}
	return (cur_done(&c));
}

struct refresh_text
refresh_text_get(struct buf *mem, struct span token)
{
	struct refresh_text	 t = { { NULL, 0 }, { NULL, 0 } };

	if (b64url_get(mem, token) == 0 && buf_ok(mem) &&
	    parse(&t, buf_span(mem)))
		return (t);
	return ((struct refresh_text){ .id = token });
}

/*
 * The secret of today, or the one before it while the answer that replaced it
 * may have been lost.  An empty slot matches nothing.
 */
static bool
is_secret(const struct refresh_token *t, struct span secret, bool reusable)
{
	bool	 current = span_eq_secret(t->secret, secret);
	bool	 before = span_eq_secret(t->obsolete, secret) &&
		    t->obsolete.len != 0;

	return (current || (before && reusable));
}

enum refresh_verdict
refresh_decide(const struct refresh_policy *p, const struct refresh_token *t,
    struct span client, struct span secret, uint64_t now)
{
	/* A use that a wrong clock put far ahead of this one was not just now. */
	bool	 reusable = p->reuse != 0 && now <= t->last_used + p->reuse &&
		    t->last_used <= now + p->reuse;

	if (!span_eq(t->client_id, client))
		return (REFRESH_FOREIGN);
	if (!is_secret(t, secret, reusable) ||
	    (p->absolute != 0 && now > t->created_at + p->absolute) ||
	    (p->idle != 0 && now > t->last_used + p->idle))
		return (REFRESH_DEAD);
	if (!t->referenced)
		return (REFRESH_UNNAMED);
	if (t->attestation.len == 0)
		return (REFRESH_UNATTESTED);
	if (reusable)
		return (REFRESH_REUSE);
	return (p->rotation ? REFRESH_ROTATE : REFRESH_KEEP);
}

bool
refresh_narrow(struct list_buf *wanted, struct span scope,
    struct msg_list granted)
{
	struct span	 word;

	while (span_word(&scope, &word)) {
		if (!msg_list_has(granted, word))
			return (false);
		if (!msg_list_has(msg_list_of(wanted), word))
			list_buf_add(wanted, word);
	}
	if (wanted->count == 0)
		while (msg_list_next(&granted, &word))
			list_buf_add(wanted, word);
	return (buf_ok(&wanted->b));
}
