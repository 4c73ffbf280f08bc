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

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "json.h"
#include "log.h"
#include "room.h"

/* Reads the whole file behind the descriptor, up to the limit and one more. */
static bool
slurp(int fd, struct buf *text)
{
	uint8_t	 bytes[8192];
	ssize_t	 n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		buf_put(text, bytes, (size_t)n);
	return (n == 0);
}

static void
parse(struct config *c, int fd)
{
	struct buf	 text;
	struct ynode	*tree;
	char		 err[512];
	unsigned	 line;

	buf_init(&text, YAML_SIZE_MAX);
	if (!slurp(fd, &text) || !buf_ok(&text)) {
		problem(c, 1, "cannot be read, or is larger than 1 MiB");
		return;
	}
	if (!span_is_utf8(buf_span(&text))) {
		problem(c, 1, "the file is not UTF-8");
		return;
	}
	if ((tree = ytree_parse(buf_span(&text), &line, err, sizeof(err))) ==
	    NULL)
		problem(c, line, "%s", err);
	else {
		read_document(c, tree);
		emit_all(c);
	}
	ytree_free(tree);
	buf_clear(&text);
}

static void
on_pa_cf_parse(void *room, struct peer *p, struct msg *m)
{
	struct config		*c = room;
	struct msg_cf_pa_done	 done = { 0 };

	c->parent = p;
	if ((c->path = span_dup(m->pa_cf_parse.path)) == NULL)
		fatalx("cannot keep the file's name");
	parse(c, m->fd);
	close(m->fd);
	done.ok = !c->failed;
	if (peer_tell(p, CF_PA_DONE, &done, -1) == -1)
		fatalx("cannot tell the parent");
	if (peer_flush(p, 10000) == -1)
		fatalx("the parent does not listen");
	exit(0);
}

static void
warm_up(void *room)
{
	(void)room;
	json_warm_up();
}

int
main(void)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[PA_CF_PARSE] = on_pa_cf_parse,
	};
	static struct config		 config;
	const struct room_ops		 ops = {
		.room = ROOM_CONFIG, .program = "config", .ctx = &config,
		.handlers = handlers, .warm_up = warm_up,
	};

	return (room_run(&ops));
}
