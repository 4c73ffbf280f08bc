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
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/readpassphrase.h>
#include <sodium.h>

#include "dexctl.h"

#define PASSWORD_MAX	1024

/* Each of these returns NULL, or why there is no password. */

/*
 * The first line of a pipe, byte by byte: stdio would keep a copy that nobody
 * wipes.
 */
static const char *
read_line(char *password, size_t size)
{
	size_t	 len = 0;
	ssize_t	 n;

	while (len < size - 1) {
		n = read(STDIN_FILENO, password + len, 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return ("no password");
		if (n == 0 || password[len] == '\n')
			break;
		if (password[len] == '\0')
			return ("a password with a NUL is nobody's");
		len++;
	}
	password[len] = '\0';
	return (NULL);
}

/* From the terminal without echo, twice. */
static const char *
read_twice(char *password, size_t size)
{
	char		 again[PASSWORD_MAX];
	const char	*why = NULL;

	if (readpassphrase("Password: ", password, size, 0) == NULL ||
	    readpassphrase("Again: ", again, sizeof(again), 0) == NULL)
		why = "no password";
	else if (strcmp(password, again) != 0)
		why = "the two differ";
	sodium_memzero(again, sizeof(again));
	return (why);
}

/* Returns NULL, or why there is no hash. */
static const char *
hash_of(const char *password, int cost, char hash[CRYPT_OUTPUT_SIZE])
{
	static struct crypt_data	 data;
	char				 salt[CRYPT_GENSALT_OUTPUT_SIZE];
	char				 random[16];
	const char			*made = NULL;

	if (password[0] == '\0')
		return ("no password");
	if (strlen(password) > 72)
		return ("bcrypt takes at most 72 bytes");
	randombytes_buf(random, sizeof(random));
	if (crypt_gensalt_rn("$2b$", (unsigned long)cost, random,
	    sizeof(random), salt, sizeof(salt)) != NULL)
		made = crypt_r(password, salt, &data);
	if (made != NULL && made[0] == '$')
		snprintf(hash, CRYPT_OUTPUT_SIZE, "%s", made);
	else
		made = NULL;
	sodium_memzero(&data, sizeof(data));
	return (made == NULL ? "hashing failed" : NULL);
}

/* Whatever comes of it, the password is gone before a word is printed. */
int
hash_password(int cost, bool json)
{
	char		 password[PASSWORD_MAX], hash[CRYPT_OUTPUT_SIZE];
	const char	*why;

	why = (isatty(STDIN_FILENO) ? read_twice : read_line)(password,
	    sizeof(password));
	if (why == NULL)
		why = hash_of(password, cost, hash);
	sodium_memzero(password, sizeof(password));
	if (why != NULL) {
		fprintf(stderr, "dexctl: %s\n", why);
		return (1);
	}
	printf(json ? "{\"hash\":\"%s\"}\n" : "%s\n", hash);
	return (0);
}
