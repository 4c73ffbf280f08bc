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

/*
 * Build tool: writes a C file with the bytes of the files given.
 * usage: embed OUT.c FILE...
 */

static void
put_bytes(FILE *out, const char *path, int n)
{
	FILE	*in;
	int	 c, i = 0;

	if ((in = fopen(path, "rb")) == NULL) {
		perror(path);
		exit(1);
	}
	fprintf(out, "static const unsigned char\t bytes_%d[] = {", n);
	while ((c = getc(in)) != EOF)
		fprintf(out, "%s%d,", i++ % 16 == 0 ? "\n\t" : " ", c);
	fprintf(out, "%s0\n};\n", i % 16 == 0 ? "\n\t" : " ");
	fclose(in);
}

int
main(int argc, char *argv[])
{
	FILE		*out;
	const char	*name;
	int		 i;

	if (argc < 2 || (out = fopen(argv[1], "w")) == NULL) {
		fprintf(stderr, "usage: embed OUT.c FILE...\n");
		return (1);
	}
	fprintf(out, "/* Made by web/embed.c; do not edit. */\n"
	    "#include \"assets.h\"\n\n");
	for (i = 2; i < argc; i++)
		put_bytes(out, argv[i], i);
	fprintf(out, "\nconst struct asset\t assets[] = {\n");
	for (i = 2; i < argc; i++) {
		name = strncmp(argv[i], "web/", 4) == 0 ? argv[i] + 4 :
		    argv[i];
		fprintf(out, "\t{ \"%s\", bytes_%d, sizeof(bytes_%d) - 1 },\n",
		    name, i, i);
	}
	fprintf(out, "};\nconst size_t\t nassets = "
	    "sizeof(assets) / sizeof(assets[0]);\n");
	return (fclose(out) == 0 ? 0 : 1);
}
