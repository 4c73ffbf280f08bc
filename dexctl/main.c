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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "command.h"
#include "dexctl.h"
#include "json.h"
#include "log.h"
#include "pathnames.h"

/* The command line. */

enum { LOCAL_HASH, LOCAL_HELP, LOCAL_MAX };

static const struct {
	const char	*words;
	const char	*help;
} locals[LOCAL_MAX] = {
	[LOCAL_HASH] = { "hash-password",
	    "hash a password for the configuration [-c cost]" },
	[LOCAL_HELP] = { "help", "print this" },
};

#define ENTRIES	(LOCAL_MAX + COMMAND_MAX)

static const char *
words_of(int i)
{
	return (i < LOCAL_MAX ? locals[i].words :
	    command_table[i - LOCAL_MAX].words);
}

static const char *
help_of(int i)
{
	return (i < LOCAL_MAX ? locals[i].help :
	    command_table[i - LOCAL_MAX].help);
}

static void
synopsis(FILE *out)
{
	fprintf(out, "usage: dexctl [-j] [-r directory] [-s socket] "
	    "command\n");
}

static int
help(bool json)
{
	struct buf	 b;
	int		 i;

	buf_init(&b, 8192);
	if (json)
		buf_put_str(&b, "{\"commands\":[");
	else
		synopsis(stdout);
	for (i = 0; i < ENTRIES; i++)
		if (json) {
			buf_put_str(&b, i == 0 ? "{\"command\":" :
			    ",{\"command\":");
			json_put_string(&b, span_str(words_of(i)));
			buf_put_str(&b, ",\"help\":");
			json_put_string(&b, span_str(help_of(i)));
			buf_put_c(&b, '}');
		} else
			buf_printf(&b, "  %-16s %s\n", words_of(i),
			    help_of(i));
	if (json)
		buf_put_str(&b, "]}\n");
	fputs(buf_cstr(&b), stdout);
	buf_clear(&b);
	return (0);
}

static int
bad_usage(const char *why)
{
	fprintf(stderr, "dexctl: %s\n", why);
	synopsis(stderr);
	fprintf(stderr, "       dexctl help lists the commands\n");
	return (STATUS_USAGE);
}

/* argv[0] is the command's word; options of its own follow. */
static int
hash_command(int argc, char *argv[], bool json)
{
	char	*end;
	long	 cost = 10;
	int	 ch;

	optind = 1;
	while ((ch = getopt(argc, argv, "+c:")) != -1) {
		if (ch != 'c')
			return (bad_usage("hash-password takes -c cost"));
		errno = 0;
		cost = strtol(optarg, &end, 10);
		if (errno != 0 || end == optarg || *end != '\0' ||
		    cost < 10 || cost > 16)
			return (bad_usage("the cost is from 10 to 16"));
	}
	if (optind != argc)
		return (bad_usage("the password is read from the terminal or "
		    "standard input"));
	return (hash_password((int)cost, json));
}

static int
run(int argc, char *argv[], const char *path, bool json)
{
	const char	*entries[ENTRIES], *words[8];
	char		 why[512] = "";
	int		 i, n;

	for (i = 0; i < ENTRIES; i++)
		entries[i] = words_of(i);
	for (n = 0; n < argc && n < 8 && argv[n][0] != '-'; n++)
		words[n] = argv[n];
	i = command_match(entries, ENTRIES, words, n, why, sizeof(why));
	if (i == -1)
		return (bad_usage(why));
	if (i == LOCAL_HASH)
		return (hash_command(argc, argv, json));
	if (n != argc)
		return (bad_usage("options come before the command"));
	if (i == LOCAL_HELP)
		return (help(json));
	return (ask(path, command_table[i - LOCAL_MAX].command, json));
}

int
main(int argc, char *argv[])
{
	char	 path[1100] = PATH_RUN "/" CONTROL_SOCKET;
	bool	 json = false;
	int	 ch;

	log_init("dexctl");
	signal(SIGPIPE, SIG_IGN);	/* see peer.h */
	if (sodium_init() == -1)
		fatalx("libsodium does not start");
	while ((ch = getopt(argc, argv, "+jr:s:")) != -1)
		switch (ch) {
		case 'j':
			json = true;
			break;
		case 'r':
			snprintf(path, sizeof(path), "%s/%s", optarg,
			    CONTROL_SOCKET);
			break;
		case 's':
			snprintf(path, sizeof(path), "%s", optarg);
			break;
		default:
			synopsis(stderr);
			return (STATUS_USAGE);
		}
	return (run(argc - optind, argv + optind, path, json));
}
