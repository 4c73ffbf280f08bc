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

#include "control.h"
#include "json.h"
#include "log.h"

/*
 * Clients, connectors and users as the configuration has them.  They come with
 * the slices of this room, so that neither the engine has to list people nor
 * the parent to open slices.
 */

#define TEXT_ROOM	8192
#define JSON_ROOM	16384

void
lists_init(struct control *ctl)
{
	ctl->shown_clients = rows_new("clients",
	    "ID                       KIND     REDIRECTS NAME", 0);
	ctl->shown_connectors = rows_new("connectors",
	    "ID               TYPE             NAME", 0);
	ctl->shown_users = rows_new("users",
	    "EMAIL                            NAME             ID", 0);
}

static void
put_member(struct buf *b, const char *name, struct span value)
{
	buf_printf(b, "%s\"%s\":", b->len == 0 ? "{" : ",", name);
	json_put_string(b, value);
}

static void
add(struct rows *r, struct buf *text, struct buf *json)
{
	buf_put_c(json, '}');
	if (!rows_add(r, text, json))
		log_warn("something of the configuration cannot be shown",
		    "list", r->name);
}

static void
on_pa_ct_client(void *room, struct peer *p, struct msg *m)
{
	const struct msg_pa_ct_client	*c = &m->pa_ct_client;
	struct control			*ctl = room;
	struct buf			 text, json;

	(void)p;
	buf_init(&text, TEXT_ROOM);
	buf_init(&json, JSON_ROOM);
	row_put(&text, c->id, 24);
	buf_printf(&text, "%-8s %9u ", c->is_public ? "public" : "secret",
	    c->redirects);
	row_put(&text, c->name, 0);
	put_member(&json, "id", c->id);
	put_member(&json, "name", c->name);
	buf_printf(&json, ",\"public\":%s,\"redirect_uris\":%u",
	    c->is_public ? "true" : "false", c->redirects);
	add(ctl->shown_clients, &text, &json);
}

static void
on_pa_ct_connector(void *room, struct peer *p, struct msg *m)
{
	const struct msg_pa_ct_connector	*c = &m->pa_ct_connector;
	struct control				*ctl = room;
	struct buf				 text, json;

	(void)p;
	buf_init(&text, TEXT_ROOM);
	buf_init(&json, JSON_ROOM);
	row_put(&text, c->id, 16);
	row_put(&text, c->type, 16);
	row_put(&text, c->name, 0);
	put_member(&json, "id", c->id);
	put_member(&json, "type", c->type);
	put_member(&json, "name", c->name);
	add(ctl->shown_connectors, &text, &json);
}

static void
on_pa_ct_user(void *room, struct peer *p, struct msg *m)
{
	const struct msg_pa_ct_user	*u = &m->pa_ct_user;
	struct control			*ctl = room;
	struct buf			 text, json;

	(void)p;
	buf_init(&text, TEXT_ROOM);
	buf_init(&json, JSON_ROOM);
	row_put(&text, u->email, 32);
	row_put(&text, u->username, 16);
	row_put(&text, u->user_id, 0);
	put_member(&json, "email", u->email);
	put_member(&json, "username", u->username);
	put_member(&json, "user_id", u->user_id);
	add(ctl->shown_users, &text, &json);
}

void
lists_handlers(peer_handler **h)
{
	h[PA_CT_CLIENT] = on_pa_ct_client;
	h[PA_CT_CONNECTOR] = on_pa_ct_connector;
	h[PA_CT_USER] = on_pa_ct_user;
}
