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

#ifndef DEXD_COMMAND_H
#define DEXD_COMMAND_H

#include "msg.h"

/*
 * What can be asked over the admin socket: one table for dexctl's words and
 * its help, and for the control room's decision who may.
 */

struct command_info {
	const char	*words;		/* "show keys" */
	enum command	 command;
	bool		 changes;	/* root and the owner only */
	const char	*help;
};
extern const struct command_info	 command_table[COMMAND_MAX];

const struct command_info	*command_info(enum command);

/*
 * What words[] (n of them, as typed) stand for among `count` entries of
 * space-separated words, each typed word being a prefix of one; a whole word
 * wins.  Returns the index, or -1 with the reason in why: unknown, ambiguous
 * ("st: status, stop"), or not all of a command.
 */
int	 command_match(const char * const *entries, int count,
	    const char * const *words, int n, char *why, size_t whylen);

#endif /* DEXD_COMMAND_H */
