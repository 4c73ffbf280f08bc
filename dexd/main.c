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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/unistd.h>

#include "../parent/parent.h"
#include "pathnames.h"
#include "version.h"

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: dexd [-dnVv] [-f file] [-r directory] "
	    "[-s file]\n");
	exit(2);
}

extern char	**environ;

int
main(int argc, char *argv[])
{
	struct options	 o = { .config = PATH_CONFIG, .run_dir = PATH_RUN };
	char		 seal[1024] = "";
	int		 ch, n;

	setproctitle_init(argc, argv, environ);
	while ((ch = getopt(argc, argv, "df:nr:s:Vv")) != -1)
		switch (ch) {
		case 'd':
			o.foreground = true;
			break;
		case 'f':
			o.config = optarg;
			break;
		case 'n':
			o.check = true;
			break;
		case 'r':
			o.run_dir = optarg;
			/* One directory then holds all that is ours. */
			n = snprintf(seal, sizeof(seal), "%s/seal.keys",
			    optarg);
			if (n < 0 || (size_t)n >= sizeof(seal)) {
				fprintf(stderr, "dexd: -r is too long\n");
				return (1);
			}
			break;
		case 's':
			o.seal_file = optarg;
			break;
		case 'V':
			printf("dexd %s\n", DEXD_VERSION);
			return (0);
		case 'v':
			o.verbose = true;
			break;
		default:
			usage();
		}
	if (optind != argc)
		usage();
	if (o.seal_file == NULL)
		o.seal_file = seal[0] != '\0' ? seal : PATH_SEAL_KEYS;
	return (parent_run(&o));
}
