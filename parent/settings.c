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

#include "log.h"
#include "parent.h"

struct settings *
settings_new(void)
{
	struct settings	*s = xcalloc(1, sizeof(*s));

	s->refs = 1;
	list_buf_init(&s->log_exclude, 4096);
	TAILQ_INIT(&s->listens);
	TAILQ_INIT(&s->connectors);
	TAILQ_INIT(&s->slices);
	return (s);
}

struct settings *
settings_ref(struct settings *s)
{
	s->refs++;
	return (s);
}

void
settings_unref(struct settings *s)
{
	struct slice		*slice;
	struct listen_conf	*l;
	struct connector_conf	*c;

	if (s == NULL || --s->refs != 0)
		return;
	while ((slice = TAILQ_FIRST(&s->slices)) != NULL) {
		TAILQ_REMOVE(&s->slices, slice, entry);
		buf_clear(&slice->body);
		free(slice->name);
		free(slice);
	}
	while ((l = TAILQ_FIRST(&s->listens)) != NULL) {
		TAILQ_REMOVE(&s->listens, l, entry);
		free(l->host);
		free(l);
	}
	while ((c = TAILQ_FIRST(&s->connectors)) != NULL) {
		TAILQ_REMOVE(&s->connectors, c, entry);
		free(c->id);
		free(c);
	}
	keypair_unref(s->pair);
	free(s->cert_file);
	free(s->key_file);
	list_buf_clear(&s->log_exclude);
	free(s->storage_file);
	theme_free(s->theme);
	free(s);
}

void
settings_set_log(const struct settings *s, bool verbose)
{
	struct msg_list	 l = msg_list_of(&s->log_exclude);
	struct span	 name;

	log_setup(verbose ? LOG_LVL_DEBUG : (enum log_level)s->log_level,
	    (enum log_format)s->log_format);
	log_exclude_none();
	while (msg_list_next(&l, &name))
		log_exclude(name);
}
