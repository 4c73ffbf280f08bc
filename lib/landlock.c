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

#ifdef __linux__
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "landlock.h"

/*
 * The interface by hand: libc has no wrappers, and the headers of the oldest
 * system we build on lack the newer rights.
 */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset	444
#define SYS_landlock_add_rule		445
#define SYS_landlock_restrict_self	446
#endif
#define LL_RULE_PATH_BENEATH		1

#define FS_EXECUTE	(1ull << 0)
#define FS_WRITE_FILE	(1ull << 1)
#define FS_READ_FILE	(1ull << 2)
#define FS_READ_DIR	(1ull << 3)
#define FS_REMOVE_FILE	(1ull << 5)
#define FS_MAKE_REG	(1ull << 8)
#define FS_TRUNCATE	(1ull << 14)

#define NET_ALL		3u	/* bind and connect with TCP: nobody here does */
#define SCOPE_ALL	3u	/* abstract local sockets and signals of others */

struct ruleset_attr {
	uint64_t	 handled_access_fs;
	uint64_t	 handled_access_net;	/* since ABI 4 */
	uint64_t	 scoped;		/* since ABI 6 */
};

struct path_beneath_attr {
	uint64_t	 allowed_access;
	int32_t		 parent_fd;
} __attribute__((__packed__));

/* Every right an ABI knows: one that is not handled would be allowed. */
static uint64_t
known_rights(int abi)
{
	static const int	 bits[] = { 0, 13, 14, 15, 15, 16 };
	int			 n = (int)(sizeof(bits) / sizeof(bits[0]));

	if (abi >= n)
		abi = n - 1;
	return ((1ull << bits[abi]) - 1);
}

static int
allow_beneath(int ruleset, const char *dir, uint64_t rights)
{
	struct path_beneath_attr	 rule = { .allowed_access = rights };
	int				 error;

	if ((rule.parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) ==
	    -1)
		return (-1);
	error = (int)syscall(SYS_landlock_add_rule, ruleset,
	    LL_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return (error);
}

int
landlock_enforce(int abi, const char *writable)
{
	struct ruleset_attr	 attr = {
		.handled_access_fs = known_rights(abi),
		.handled_access_net = abi >= 4 ? NET_ALL : 0,
		.scoped = abi >= 6 ? SCOPE_ALL : 0,
	};
	uint64_t		 rights = FS_WRITE_FILE | FS_READ_FILE |
				    FS_READ_DIR | FS_REMOVE_FILE |
				    FS_MAKE_REG | FS_TRUNCATE;
	int			 ruleset, error = -1, saved;

	/* A kernel takes a longer struct than its own if the rest is zero. */
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
	    sizeof(attr), 0);
	if (ruleset == -1)
		return (-1);
	if (*writable == '\0' || allow_beneath(ruleset, writable,
	    rights & attr.handled_access_fs) == 0)
		error = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	saved = errno;
	close(ruleset);
	errno = saved;
	return (error);
}
#else
typedef int	 landlock_is_linux_only;
#endif
