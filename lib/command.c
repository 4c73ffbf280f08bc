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

#include "command.h"

const struct command_info	 command_table[COMMAND_MAX] = {
	{ "log brief", COMMAND_LOG_BRIEF, true,
	    "log what the configuration says" },
	{ "log verbose", COMMAND_LOG_VERBOSE, true,
	    "log everything, until the next start" },
	{ "reload", COMMAND_RELOAD, true,
	    "read the configuration again" },
	{ "rotate keys", COMMAND_ROTATE_KEYS, true,
	    "make a new signing key" },
	{ "show clients", COMMAND_SHOW_CLIENTS, false,
	    "list the applications" },
	{ "show connectors", COMMAND_SHOW_CONNECTORS, false,
	    "list the ways to log in" },
	{ "show keys", COMMAND_SHOW_KEYS, false,
	    "list the signing keys" },
	{ "show stats", COMMAND_SHOW_STATS, false,
	    "print what every program has counted" },
	{ "show users", COMMAND_SHOW_USERS, false,
	    "list the users of the configuration" },
	{ "status", COMMAND_STATUS, false,
	    "list the running programs" },
	{ "stop", COMMAND_STOP, true,
	    "stop dexd" },
};

const struct command_info *
command_info(enum command command)
{
	int	 i;

	for (i = 0; i < COMMAND_MAX; i++)
		if (command_table[i].command == command)
			return (&command_table[i]);
	return (NULL);
}

/* Word i of an entry; false if it has fewer. */
static bool
word_at(const char *entry, int i, struct span *word)
{
	while (i-- > 0) {
		if ((entry = strchr(entry, ' ')) == NULL)
			return (false);
		entry++;
	}
	*word = span_mem(entry, strcspn(entry, " "));
	return (true);
}

static bool
has_prefix(struct span word, struct span typed)
{
	return (typed.len != 0 && typed.len <= word.len &&
	    memcmp(word.p, typed.p, typed.len) == 0);
}

/* Do the first n words of the entry equal those of another? */
static bool
same_start(const char *a, const char *b, int n)
{
	struct span	 x, y;
	int		 i;

	for (i = 0; i < n; i++)
		if (!word_at(a, i, &x) || !word_at(b, i, &y) ||
		    !span_eq(x, y))
			return (false);
	return (true);
}

/*
 * The entry whose word `at` the typed word means, among those that begin like
 * `like` (NULL: all): its index, -1: none, -2: several, which are added to
 * why.
 */
static int
find_word(const char * const *entries, int count, const char *like, int at,
    struct span typed, char *why, size_t whylen)
{
	struct span	 word;
	size_t		 len = strlen(why);
	int		 i, found = -1;
	bool		 several = false;

	for (i = 0; i < count; i++) {
		if ((like != NULL && !same_start(entries[i], like, at)) ||
		    !word_at(entries[i], at, &word) || !has_prefix(word, typed))
			continue;
		if (word.len == typed.len)
			return (i);
		if (found != -1 && same_start(entries[i], entries[found],
		    at + 1))
			continue;
		several |= found != -1;
		found = i;
		if (len < whylen)
			len += (size_t)snprintf(why + len, whylen - len,
			    " %.*s", (int)word.len, (const char *)word.p);
	}
	return (several ? -2 : found);
}

/* What may follow the first n words of an entry. */
static void
list_next(const char * const *entries, int count, const char *like, int n,
    char *why, size_t whylen)
{
	struct span	 word;
	size_t		 len = strlen(why);
	int		 i;

	for (i = 0; i < count && len < whylen; i++)
		if (same_start(entries[i], like, n) &&
		    word_at(entries[i], n, &word))
			len += (size_t)snprintf(why + len, whylen - len,
			    " %.*s", (int)word.len, (const char *)word.p);
}

int
command_match(const char * const *entries, int count,
    const char * const *words, int n, char *why, size_t whylen)
{
	const char	*like = NULL;
	struct span	 more;
	int		 i, found = -1;

	for (i = 0; i < n; i++) {
		snprintf(why, whylen, "%.64s is ambiguous:", words[i]);
		found = find_word(entries, count, like, i,
		    span_str(words[i]), why, whylen);
		if (found == -1)
			snprintf(why, whylen, "%.64s is not a command",
			    words[i]);
		if (found < 0)
			return (-1);
		like = entries[found];
	}
	if (found == -1)
		snprintf(why, whylen, "a command is missing");
	else if (word_at(like, n, &more)) {
		snprintf(why, whylen, "%.64s what?", words[n - 1]);
		list_next(entries, count, like, n, why, whylen);
		return (-1);
	}
	return (found);
}
