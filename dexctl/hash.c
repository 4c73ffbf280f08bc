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

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/readpassphrase.h>
#include <sodium.h>

#include "dexctl.h"

#define PASSWORD_MAX	1024

/* From the terminal without echo, twice; from a pipe, the first line. */
static int
read_password(char *password, size_t size)
{
	char	 again[PASSWORD_MAX];
	int	 same;

	if (!isatty(STDIN_FILENO)) {
		if (fgets(password, (int)size, stdin) == NULL)
			return (-1);
		password[strcspn(password, "\n")] = '\0';
		return (0);
	}
	if (readpassphrase("Password: ", password, size, 0) == NULL ||
	    readpassphrase("Again: ", again, sizeof(again), 0) == NULL)
		return (-1);
	same = strcmp(password, again) == 0;
	sodium_memzero(again, sizeof(again));
	if (!same)
		fprintf(stderr, "dexctl: the two differ\n");
	return (same ? 0 : -1);
}

int
hash_password(int cost, bool json)
{
	static struct crypt_data	 data;
	char				 password[PASSWORD_MAX];
	char				 salt[CRYPT_GENSALT_OUTPUT_SIZE];
	char				 random[16];
	char				*hash;

	if (read_password(password, sizeof(password)) == -1 ||
	    password[0] == '\0') {
		fprintf(stderr, "dexctl: no password\n");
		return (1);
	}
	if (strlen(password) > 72) {
		fprintf(stderr, "dexctl: bcrypt takes at most 72 bytes\n");
		return (1);
	}
	randombytes_buf(random, sizeof(random));
	if (crypt_gensalt_rn("$2b$", (unsigned long)cost, random,
	    sizeof(random), salt, sizeof(salt)) == NULL ||
	    (hash = crypt_r(password, salt, &data)) == NULL ||
	    hash[0] != '$') {
		fprintf(stderr, "dexctl: hashing failed\n");
		return (1);
	}
	printf(json ? "{\"hash\":\"%s\"}\n" : "%s\n", hash);
	sodium_memzero(password, sizeof(password));
	sodium_memzero(&data, sizeof(data));
	return (0);
}
