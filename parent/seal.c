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

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "buf.h"
#include "parent.h"

/*
 * The file of seal keys: a number, a space and 64 hexadecimal digits a line,
 * newest first.
 */
#define FILE_MAX	4096

static int
fail(char *err, size_t errlen, const char *file, const char *why)
{
	snprintf(err, errlen, "%s: %s", file, why);
	return (-1);
}

/* A whole file at once, and on disk, before anybody uses it. */
static int
make_file(const char *file, char *err, size_t errlen)
{
	uint8_t	 key[KEY_LEN];
	char	 hex[KEY_LEN * 2 + 1], line[128], tmp[1100];
	int	 fd, n, bad;

	if (snprintf(tmp, sizeof(tmp), "%s.new", file) >= (int)sizeof(tmp))
		return (fail(err, errlen, file, "the name is too long"));
	unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0400);
	if (fd == -1)
		return (fail(err, errlen, tmp, strerror(errno)));
	randombytes_buf(key, sizeof(key));
	sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
	n = snprintf(line, sizeof(line), "1 %s\n", hex);
	bad = write(fd, line, (size_t)n) != n || fsync(fd) == -1;
	bad |= close(fd) == -1;
	sodium_memzero(key, sizeof(key));
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(line, sizeof(line));
	if (bad || link(tmp, file) == -1) {
		fail(err, errlen, file, strerror(errno));
		unlink(tmp);
		return (-1);
	}
	unlink(tmp);
	return (0);
}

static bool
parse_number(struct span s, uint32_t *number)
{
	size_t	 i;

	*number = 0;
	for (i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || i >= 9)
			return (false);
		*number = *number * 10 + (uint32_t)(s.p[i] - '0');
	}
	return (s.len != 0);
}

static int
parse_file(struct seal_roots *roots, struct span text)
{
	struct seal_root	*r;
	struct span		 number, hex;
	size_t			 len;

	while (span_word(&text, &number)) {
		if (roots->n == SEAL_KEYS_MAX || !span_word(&text, &hex))
			return (-1);
		r = &roots->list[roots->n];
		if (!parse_number(number, &r->number) || sodium_hex2bin(
		    r->key, KEY_LEN, (const char *)hex.p, hex.len, NULL, &len,
		    NULL) != 0 || len != KEY_LEN)
			return (-1);
		roots->n++;
	}
	return (roots->n == 0 ? -1 : 0);
}

static int
read_file(struct seal_roots *roots, const char *file, int fd, char *err,
    size_t errlen)
{
	uint8_t		 text[FILE_MAX];
	struct stat	 st;
	ssize_t		 n;
	int		 bad;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return (fail(err, errlen, file, "must be a file of our own "
		    "that nobody else may read (chmod 400)"));
	if ((n = read(fd, text, sizeof(text))) == -1)
		return (fail(err, errlen, file, strerror(errno)));
	bad = parse_file(roots, span_mem(text, (size_t)n));
	sodium_memzero(text, sizeof(text));
	return (bad == -1 ? fail(err, errlen, file,
	    "is no file of seal keys (number and 64 digits a line)") : 0);
}

int
seal_load(struct seal_roots *roots, const char *file, char *err,
    size_t errlen)
{
	int	 fd, error;

	memset(roots, 0, sizeof(*roots));
	fd = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		if (make_file(file, err, errlen) == -1)
			return (-1);
		fd = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd == -1)
		return (fail(err, errlen, file, strerror(errno)));
	error = read_file(roots, file, fd, err, errlen);
	close(fd);
	return (error);
}
