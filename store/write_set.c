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

#include <stdlib.h>

#include "json.h"
#include "timetext.h"
#include "write_set.h"

#define OP_BYTES_MAX	(256 * 1024)

void
json_list_put(struct buf *b, struct msg_list l)
{
	struct span	 item;
	bool		 first = true;

	if (l.count == 0) {
		buf_put_str(b, "null");
		return;
	}
	while (msg_list_next(&l, &item)) {
		buf_put_c(b, first ? '[' : ',');
		json_put_string(b, item);
		first = false;
	}
	buf_put_c(b, ']');
}

int
json_list_get(struct list_buf *out, struct span json)
{
	json_t	*list, *item;
	size_t	 i;
	int	 error = -1;

	if (json.len == 0 || span_is(json, "null"))
		return (0);
	if ((list = json_read(json, OP_BYTES_MAX)) == NULL)
		return (-1);
	if (json_is_array(list)) {
		error = 0;
		json_array_foreach(list, i, item) {
			if (!json_is_string(item)) {
				error = -1;
				break;
			}
			list_buf_add(out, span_mem(json_string_value(item),
			    json_string_length(item)));
		}
	}
	json_decref(list);
	return (buf_ok(&out->b) ? error : -1);
}

struct write_set *
write_set_new(void)
{
	struct write_set	*ws;

	if ((ws = calloc(1, sizeof(*ws))) != NULL)
		TAILQ_INIT(&ws->ops);
	return (ws);
}

void
write_set_free(struct write_set *ws)
{
	struct op	*op;

	if (ws == NULL)
		return;
	while ((op = TAILQ_FIRST(&ws->ops)) != NULL) {
		TAILQ_REMOVE(&ws->ops, op, entry);
		buf_clear(&op->mem);
		free(op);
	}
	free(ws);
}

/* A new row; NULL (and a failed set) when memory is out. */
static struct op *
op_new(struct write_set *ws, enum op_kind kind)
{
	struct op	*op;

	if ((op = calloc(1, sizeof(*op))) == NULL) {
		ws->failed = true;
		return (NULL);
	}
	op->kind = kind;
	buf_init(&op->mem, OP_BYTES_MAX);
	TAILQ_INSERT_TAIL(&ws->ops, op, entry);
	return (op);
}

static struct value *
value_new(struct op *op, enum value_kind kind)
{
	struct value	*v = &op->values[op->nvalues++];

	v->kind = kind;
	v->at = op->mem.len;
	return (v);
}

static void
add_bytes(struct op *op, enum value_kind kind, struct span s)
{
	struct value	*v = value_new(op, kind);

	buf_put_span(&op->mem, s);
	v->len = s.len;
}

static void
add_text(struct op *op, struct span s)
{
	add_bytes(op, VALUE_TEXT, s);
}

static void
add_blob(struct op *op, struct span s)
{
	add_bytes(op, VALUE_BLOB, s);
}

static void
add_int(struct op *op, int64_t n)
{
	value_new(op, VALUE_INT)->number = n;
}

static void
add_list(struct op *op, struct msg_list l)
{
	struct value	*v = value_new(op, VALUE_BLOB);

	json_list_put(&op->mem, l);
	v->len = op->mem.len - v->at;
}

static void
add_time(struct op *op, uint64_t when)
{
	char	 text[TIMETEXT_LEN + 1];

	timetext_put(text, when);
	add_text(op, span_str(text));
}

static void
add_claims(struct op *op, const struct store_claims *c)
{
	add_text(op, c->user_id);
	add_text(op, c->username);
	add_text(op, c->email);
	add_int(op, c->email_verified);
	add_list(op, c->groups);
	add_text(op, c->preferred_username);
}

static void
op_done(struct write_set *ws, const struct op *op)
{
	if (!buf_ok(&op->mem))
		ws->failed = true;
}

/* The order of values is that of the statements in sqlite_commit.c. */
void
write_set_insert_auth_request(struct write_set *ws,
    const struct auth_request *a)
{
	struct op	*op;

	if ((op = op_new(ws, OP_INSERT_AUTH_REQUEST)) == NULL)
		return;
	add_text(op, a->id);
	add_text(op, a->client_id);
	add_list(op, a->response_types);
	add_list(op, a->scopes);
	add_text(op, a->redirect_uri);
	add_text(op, a->nonce);
	add_text(op, a->state);
	add_int(op, a->force_approval);
	add_int(op, a->logged_in);
	add_claims(op, &a->claims);
	add_text(op, a->connector_id);
	add_blob(op, a->connector_data);
	add_time(op, a->expiry);
	add_text(op, a->challenge);
	add_text(op, a->challenge_method);
	add_blob(op, a->hmac_key);
	add_time(op, a->auth_time);
	add_blob(op, a->attestation);
	add_blob(op, a->binder);
	op_done(ws, op);
}

void
write_set_insert_auth_code(struct write_set *ws, const struct auth_code *c)
{
	struct op	*op;

	if ((op = op_new(ws, OP_INSERT_AUTH_CODE)) == NULL)
		return;
	add_text(op, c->id);
	add_text(op, c->client_id);
	add_list(op, c->scopes);
	add_text(op, c->nonce);
	add_text(op, c->redirect_uri);
	add_claims(op, &c->claims);
	add_text(op, c->connector_id);
	add_blob(op, c->connector_data);
	add_time(op, c->expiry);
	add_text(op, c->challenge);
	add_text(op, c->challenge_method);
	add_time(op, c->auth_time);
	add_blob(op, c->attestation);
	add_text(op, c->grant_id);
	op_done(ws, op);
}

static void
delete_row(struct write_set *ws, enum op_kind kind, struct span id)
{
	struct op	*op;

	if ((op = op_new(ws, kind)) == NULL)
		return;
	add_text(op, id);
	op_done(ws, op);
}

void
write_set_delete_auth_request(struct write_set *ws, struct span id)
{
	delete_row(ws, OP_DELETE_AUTH_REQUEST, id);
}

void
write_set_delete_auth_code(struct write_set *ws, struct span id)
{
	delete_row(ws, OP_DELETE_AUTH_CODE, id);
}

static void
delete_replaced(struct write_set *ws, const struct refresh_token *t)
{
	struct op	*op;

	if ((op = op_new(ws, OP_DELETE_REPLACED)) == NULL)
		return;
	add_text(op, t->claims.user_id);
	add_text(op, t->connector_id);
	add_text(op, t->client_id);
	op_done(ws, op);
}

static void
insert_refresh_token(struct write_set *ws, const struct refresh_token *t)
{
	struct op	*op;

	if ((op = op_new(ws, OP_INSERT_REFRESH_TOKEN)) == NULL)
		return;
	add_text(op, t->id);
	add_text(op, t->client_id);
	add_list(op, t->scopes);
	add_text(op, t->nonce);
	add_claims(op, &t->claims);
	add_text(op, t->connector_id);
	add_text(op, t->secret);
	add_text(op, t->obsolete);
	add_time(op, t->created_at);
	add_time(op, t->last_used);
	add_blob(op, t->attestation);
	add_text(op, t->grant_id);
	op_done(ws, op);
}

/* Of both statements on offline_session. */
static void
offline(struct write_set *ws, enum op_kind kind, const struct refresh_token *t)
{
	struct op	*op;

	if ((op = op_new(ws, kind)) == NULL)
		return;
	add_text(op, t->claims.user_id);
	add_text(op, t->connector_id);
	add_text(op, t->client_id);
	add_text(op, t->id);
	add_int(op, (int64_t)t->last_used);
	add_blob(op, t->connector_data);
	op_done(ws, op);
}

void
write_set_put_refresh_token(struct write_set *ws,
    const struct refresh_token *t)
{
	delete_replaced(ws, t);
	insert_refresh_token(ws, t);
	offline(ws, OP_PUT_OFFLINE, t);
}

void
write_set_rotate_refresh_token(struct write_set *ws, struct span was,
    const struct refresh_token *t)
{
	struct op	*op;

	if ((op = op_new(ws, OP_ROTATE_REFRESH_TOKEN)) == NULL)
		return;
	add_text(op, t->secret);
	add_text(op, t->obsolete);
	add_text(op, t->claims.username);
	add_text(op, t->claims.email);
	add_int(op, t->claims.email_verified);
	add_list(op, t->claims.groups);
	add_text(op, t->claims.preferred_username);
	add_time(op, t->last_used);
	add_blob(op, t->attestation);
	add_blob(op, t->connector_data);
	add_text(op, t->id);
	add_text(op, was);
	op_done(ws, op);
	offline(ws, OP_TOUCH_OFFLINE, t);
}

void
write_set_touch_refresh_token(struct write_set *ws,
    const struct refresh_token *t)
{
	struct op	*op;

	if ((op = op_new(ws, OP_TOUCH_REFRESH_TOKEN)) == NULL)
		return;
	add_text(op, t->id);
	add_text(op, t->secret);
	op_done(ws, op);
	offline(ws, OP_TOUCH_OFFLINE, t);
}

void
write_set_put_keyset(struct write_set *ws, uint64_t expected,
    uint64_t serial, struct span sealed)
{
	struct op	*op;

	if ((op = op_new(ws, expected == 0 ? OP_INSERT_KEYSET :
	    OP_UPDATE_KEYSET)) == NULL)
		return;
	add_int(op, (int64_t)serial);
	add_blob(op, sealed);
	if (expected != 0)
		add_int(op, (int64_t)expected);
	op_done(ws, op);
}

void
write_set_probe(struct write_set *ws)
{
	struct op	*op;

	if ((op = op_new(ws, OP_PROBE)) != NULL)
		op_done(ws, op);
}
