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

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "parent.h"

/* What dexctl may ask of the parent, by way of the control room. */

#define TEXT_MAX	16384	/* PA_CT_RESULT.text */

/* A command line may name a file in bytes that are no text. */
static void
put_text(struct buf *b, struct span s)
{
	bool	 utf8 = span_is_utf8(s);
	size_t	 i;

	s = span_cut(s, TEXT_MAX);
	for (i = 0; i < s.len; i++)
		buf_put_c(b, utf8 || s.p[i] < 0x80 ? s.p[i] : '?');
}

void
command_answer(struct child *control, uint32_t rid, enum result status,
    const char *text, const char *json)
{
	struct msg_pa_ct_result	 m = { .status = (uint8_t)status,
				    .json = span_str(json) };
	struct buf		 b;

	buf_init(&b, TEXT_MAX);
	put_text(&b, span_str(text));
	m.text = buf_span(&b);
	if (control->peer != NULL)
		peer_answer(control->peer, rid, PA_CT_RESULT, &m);
	buf_clear(&b);
}

static void
status(struct parent *p, struct child *control, uint32_t rid)
{
	struct generation	*g;
	struct child		*c;
	struct buf		 text, json;
	const char		*sep = "";
	static const char * const states[] = { "starting", "serving",
		"draining" };

	buf_init(&text, 2048);
	buf_init(&json, 61440);
	buf_printf(&json, "{\"uptime\":%lld,\"rooms\":[",
	    (long long)(time(NULL) - p->started));
	TAILQ_FOREACH(g, &p->generations, entry)
		TAILQ_FOREACH(c, &g->children, entry) {
			buf_printf(&text, "%s%-13s %-10s pid %d", sep[0] ==
			    '\0' ? "" : "\n", c->program, states[g->state],
			    (int)c->pid);
			buf_printf(&json, "%s{\"room\":\"%s\",\"instance\":%u,"
			    "\"pid\":%d,\"ready\":%s,\"generation\":%u,"
			    "\"state\":\"%s\"}", sep, c->program, c->instance,
			    (int)c->pid, c->ready ? "true" : "false",
			    g->number, states[g->state]);
			sep = ",";
		}
	buf_put_str(&json, "]}");
	command_answer(control, rid, RESULT_OK, buf_ok(&text) ? buf_cstr(&text) :
	    "serving", buf_ok(&json) ? buf_cstr(&json) : "{}");
	buf_clear(&text);
	buf_clear(&json);
}

/* Every program, and those that are started from now on. */
static void
set_log(struct parent *p, bool verbose)
{
	struct msg_pa_room_log	 m = { .log_level = LOG_LVL_DEBUG };
	struct generation	*g;
	struct child		*c;

	p->options.verbose = verbose;
	TAILQ_FOREACH(g, &p->generations, entry) {
		if (!verbose)
			m.log_level = (uint8_t)g->settings->log_level;
		TAILQ_FOREACH(c, &g->children, entry)
			child_tell(c, PA_ROOM_LOG, &m, -1);
		log_setup((enum log_level)m.log_level, log_format());
	}
}

static void
on_ct_pa_command(void *room, struct peer *peer, struct msg *m)
{
	struct child	*c = room;
	struct parent	*p = c->parent;

	(void)peer;
	switch ((enum command)m->ct_pa_command.command) {
	case COMMAND_STATUS:
		status(p, c, m->rid);
		break;
	case COMMAND_RELOAD:
		reload_ask(p, c, m->rid);
		break;
	case COMMAND_STOP:
		command_answer(c, m->rid, RESULT_OK, "stopping", "{}");
		log_info("stopping on request");
		if (!p->stopping)
			parent_stop(p);
		break;
	case COMMAND_LOG_VERBOSE:
	case COMMAND_LOG_BRIEF:
		set_log(p, m->ct_pa_command.command == COMMAND_LOG_VERBOSE);
		command_answer(c, m->rid, RESULT_OK, p->options.verbose ?
		    "logging everything" : "logging as configured",
		    p->options.verbose ? "{\"verbose\":true}" :
		    "{\"verbose\":false}");
		break;
	default:
		command_answer(c, m->rid, RESULT_FAILED,
		    "not a command of the parent", "{}");
		break;
	}
}

void
command_handlers(peer_handler **h)
{
	h[CT_PA_COMMAND] = on_ct_pa_command;
}
