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
#include <string.h>

#include <bsd/stdlib.h>

#include "authn.h"
#include "json.h"
#include "log.h"
#include "url.h"

/*
 * mockCallback and mockPassword, for tests and demos: everybody is the same
 * person.  The identity is the one dex's mock connectors give.
 */

struct mock {
	char	*username;	/* mockPassword */
	char	*password;
};

static int
mock_configure(struct worker *w, struct span config)
{
	struct mock	*mock = xcalloc(1, sizeof(*mock));
	json_t		*c;
	const char	*name, *password;

	w->own = mock;
	if (strcmp(w->type, "mockPassword") != 0)
		return (0);
	if ((c = json_read(config, 60000)) == NULL) {
		log_error("the connector's configuration is malformed");
		return (-1);
	}
	name = json_string_value(json_object_get(c, "username"));
	password = json_string_value(json_object_get(c, "password"));
	if (name != NULL && password != NULL) {
		mock->username = xstrdup(name);
		mock->password = xstrdup(password);
	} else
		log_error("mockPassword needs username and password");
	json_decref(c);
	return (mock->password == NULL ? -1 : 0);
}

/* There is no upstream: the browser comes straight back. */
static int
mock_begin(struct worker *w, const struct msg_en_au_begin *m, struct buf *url,
    struct buf *private_data)
{
	(void)private_data;
	if (strcmp(w->type, "mockCallback") != 0)
		return (-1);
	buf_put_span(url, m->callback_url);
	buf_put_str(url, "?state=");
	url_put_query(url, m->state);
	return (0);
}

static void
answer_kilgore(struct job *j, const char *group, const char *data)
{
	struct list_buf	 groups;
	struct identity	 id = {
		.user_id = span_str("0-385-28089-0"),
		.username = span_str("Kilgore Trout"),
		.email = span_str("kilgore@kilgore.trout"),
		.email_verified = true, .connector_data = span_str(data) };

	list_buf_init(&groups, 64);
	if (group != NULL)
		list_buf_add(&groups, span_str(group));
	id.groups = msg_list_of(&groups);
	job_answer(j, IDENTITY_OK, &id);
	list_buf_clear(&groups);
}

static void
mock_callback(struct job *j)
{
	if (strcmp(j->w->type, "mockCallback") == 0)
		answer_kilgore(j, "authors", "foobar");
	else
		job_answer(j, IDENTITY_ERROR, NULL);
}

static void
mock_password(struct job *j)
{
	const struct mock	*mock = j->w->own;
	bool			 name, password;

	if (mock->password == NULL) {
		job_answer(j, IDENTITY_ERROR, NULL);
		return;
	}
	name = span_eq_secret(j->box.login, span_str(mock->username));
	password = span_eq_secret(j->box.password, span_str(mock->password));
	if (name && password)
		answer_kilgore(j, NULL, "{\"test\": \"true\"}");
	else
		job_answer(j, IDENTITY_BAD_CREDENTIALS, NULL);
}

/* mockPassword gives back what it is given, as dex's does. */
static void
mock_refresh(struct job *j)
{
	const struct attestation	*a = &j->earlier;
	struct identity			 id = {
		.user_id = a->user_id, .username = a->username,
		.preferred_username = a->preferred_username,
		.email = a->email, .email_verified = a->email_verified,
		.groups = a->groups };

	if (strcmp(j->w->type, "mockCallback") == 0)
		answer_kilgore(j, "authors", "foobar");
	else
		job_answer(j, IDENTITY_OK, &id);
}

const struct connector_ops	 connector_ops = {
	.program = "authn-mock",
	.configure = mock_configure,
	.begin = mock_begin,
	.callback = mock_callback,
	.password = mock_password,
	.refresh = mock_refresh,
};
