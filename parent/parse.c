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

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "log.h"
#include "parent.h"

/* The config room's answers, gathered into settings. */

#define PROBLEMS_MAX	16384
#define PARSE_TIME	20	/* seconds; variables and files are read at once */

static void
on_parse_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct parent	*p = arg;

	(void)fd;
	(void)what;
	if (p->config != NULL)
		child_kill(p->config);
}

bool
parse_running(const struct parent *p)
{
	return (p->config != NULL || p->checker != NULL);
}

int
parse_begin(struct parent *p, parse_done *done)
{
	const struct timeval	 tv = { PARSE_TIME, 0 };
	struct msg_pa_cf_parse	 m = { .path = span_str(p->options.config) };
	int			 fd;

	if (parse_running(p))
		return (-1);
	buf_clear(&p->problems);
	buf_init(&p->problems, PROBLEMS_MAX);
	p->parse_done = done;
	p->parse_failed = p->parse_complete = false;
	fd = open(p->options.config, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		buf_printf(&p->problems, "%s: %s\n", p->options.config,
		    strerror(errno));
		done(p, NULL, buf_cstr(&p->problems));
		return (0);
	}
	p->config = child_new(p, NULL, ROOM_CONFIG, "config", "");
	p->parsed = settings_new();
	if (child_spawn(p->config) == -1) {
		close(fd);
		parse_died(p);
		return (0);
	}
	event_assign(&p->parse_deadline, p->base, -1, 0, on_parse_deadline,
	    p);
	event_add(&p->parse_deadline, &tv);
	child_start(p->config, NULL, "", p->empty_dir);
	child_go(p->config);
	child_tell(p->config, PA_CF_PARSE, &m, fd);
	close(fd);
	return (0);
}

/*
 * The child ended: only now, so that whoever is told the result may ask for
 * another parse at once.  Without CF_PA_DONE that is a failure of its own.
 */
void
parse_died(struct parent *p)
{
	struct settings	*s = p->parsed;
	int		 status = p->config->status;

	if (event_initialized(&p->parse_deadline))
		event_del(&p->parse_deadline);
	child_free(p->config);
	p->config = NULL;
	p->parsed = NULL;
	if (!p->parse_complete || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0) {
		problems_add(p, span_str("the configuration could not be "
		    "parsed"), "");
		p->parse_failed = true;
	}
	if (p->parse_failed)
		p->parse_done(p, NULL, buf_cstr(&p->problems));
	else if (s->theme != NULL && !p->stopping)
		theme_check(p, s);
	else
		p->parse_done(p, s, buf_cstr(&p->problems));
	settings_unref(s);
}

/* Is a control character at i?  Those of C1 are 0xc2 and one below 0xa0. */
static bool
is_control(struct span s, size_t i)
{
	return (s.p[i] < ' ' || s.p[i] == 0x7f || (s.p[i] == 0xc2 &&
	    i + 1 < s.len && s.p[i + 1] < 0xa0));
}

/* Control characters of a hostile file must not reach a terminal. */
void
problems_add(struct parent *p, struct span text, const char *tail)
{
	struct buf	*b = &p->problems;
	size_t		 i;

	if (b->len + text.len + strlen(tail) + 1 > PROBLEMS_MAX)
		return;
	for (i = 0; i < text.len; i++)
		if (is_control(text, i)) {
			buf_put_c(b, '?');
			i += text.p[i] == 0xc2;
		} else
			buf_put_c(b, text.p[i]);
	buf_put_str(b, tail);
	buf_put_c(b, '\n');
}

static void
on_cf_pa_problem(void *room, struct peer *peer, struct msg *m)
{
	(void)peer;
	problems_add(((struct child *)room)->parent, m->cf_pa_problem.text,
	    m->cf_pa_problem.warning ? " (warning)" : "");
}

static char *
dup_span(struct span s)
{
	char	*copy = span_dup(s);

	if (copy == NULL)
		fatalx("cannot keep the configuration");
	return (copy);
}

static void
on_cf_pa_main(void *room, struct peer *peer, struct msg *m)
{
	const struct msg_cf_pa_main	*c = &m->cf_pa_main;
	struct settings			*s = ((struct child *)
					    room)->parent->parsed;
	struct msg_list			 names;
	struct span			 name;

	(void)peer;
	if (s == NULL)
		return;
	s->storage = (enum storage)c->storage;
	free(s->storage_file);
	s->storage_file = dup_span(c->storage_file);
	s->sandbox = (enum sandbox_mode)c->sandbox;
	s->log_level = c->log_level;
	s->log_format = c->log_format;
	for (names = c->log_exclude; msg_list_next(&names, &name);)
		list_buf_add(&s->log_exclude, name);
	s->frontends = c->frontends == 0 || c->frontends > 64 ? 1 :
	    c->frontends;
	s->signers = c->signers == 0 || c->signers > 64 ? 1 : c->signers;
}

static void
on_cf_pa_listen(void *room, struct peer *peer, struct msg *m)
{
	struct settings		*s = ((struct child *)room)->parent->parsed;
	struct listen_conf	*l;

	(void)peer;
	if (s == NULL)
		return;
	l = xcalloc(1, sizeof(*l));
	l->kind = (enum listen_kind)m->cf_pa_listen.kind;
	l->host = dup_span(m->cf_pa_listen.host);
	l->port = m->cf_pa_listen.port;
	TAILQ_INSERT_TAIL(&s->listens, l, entry);
}

static void
on_cf_pa_tls(void *room, struct peer *peer, struct msg *m)
{
	struct parent	*p = ((struct child *)room)->parent;
	struct settings	*s = p->parsed;

	if (s == NULL)
		return;
	if (s->has_tls) {
		p->parse_failed = true;
		peer_bad(peer, "two certificates");
		return;
	}
	s->has_tls = true;
	s->tls_min = m->cf_pa_tls.min;
	s->tls_max = m->cf_pa_tls.max;
	s->cert_file = dup_span(m->cf_pa_tls.cert);
	s->key_file = dup_span(m->cf_pa_tls.key);
	if ((s->pair = keypair_read(s->cert_file, s->key_file)) == NULL) {
		p->parse_failed = true;
		buf_printf(&p->problems, "%s: tlsCert or tlsKey cannot be "
		    "read: %s\n", p->options.config, strerror(errno));
	}
}

static void
on_cf_pa_connector(void *room, struct peer *peer, struct msg *m)
{
	struct settings		*s = ((struct child *)room)->parent->parsed;
	struct connector_conf	*k;

	(void)peer;
	if (s == NULL)
		return;
	k = xcalloc(1, sizeof(*k));
	k->id = dup_span(m->cf_pa_connector.id);
	k->program = (enum authn_program)m->cf_pa_connector.program;
	k->instances = m->cf_pa_connector.instances;
	TAILQ_INSERT_TAIL(&s->connectors, k, entry);
}

static void
on_cf_pa_slice(void *room, struct peer *peer, struct msg *m)
{
	const struct msg_cf_pa_slice	*in = &m->cf_pa_slice;
	struct settings			*s = ((struct child *)
					    room)->parent->parsed;
	struct slice			*slice;

	if (s == NULL)
		return;
	if (in->type >= MSG_MAX || !msg_allowed((enum msg_type)in->type,
	    ROOM_PARENT, (enum room)in->room)) {
		((struct child *)room)->parent->parse_failed = true;
		peer_bad(peer, "a slice that may not go to that room");
		return;
	}
	slice = xcalloc(1, sizeof(*slice));
	slice->room = (enum room)in->room;
	slice->name = dup_span(in->name);
	slice->type = (enum msg_type)in->type;
	buf_init(&slice->body, 65536);
	buf_put_span(&slice->body, in->body);
	TAILQ_INSERT_TAIL(&s->slices, slice, entry);
}

static void
on_cf_pa_done(void *room, struct peer *peer, struct msg *m)
{
	struct parent	*p = ((struct child *)room)->parent;

	if (p->parse_complete) {
		p->parse_failed = true;
		peer_bad(peer, "done twice");
		return;
	}
	p->parse_complete = true;
	if (!m->cf_pa_done.ok)
		p->parse_failed = true;
}

void
parse_handlers(peer_handler **h)
{
	h[CF_PA_PROBLEM] = on_cf_pa_problem;
	h[CF_PA_MAIN] = on_cf_pa_main;
	h[CF_PA_LISTEN] = on_cf_pa_listen;
	h[CF_PA_TLS] = on_cf_pa_tls;
	h[CF_PA_CONNECTOR] = on_cf_pa_connector;
	h[CF_PA_SLICE] = on_cf_pa_slice;
	h[CF_PA_DONE] = on_cf_pa_done;
}
