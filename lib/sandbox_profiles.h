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

#ifndef DEXD_SANDBOX_PROFILES_H
#define DEXD_SANDBOX_PROFILES_H

#include <stddef.h>

/*
 * What each program may do once it runs, in pledge(2)'s words.  A bit is a
 * promise; on Linux each opens a group of system calls.
 */
enum promise {
	P_STDIO	= 1 << 0,	/* memory, time, its own descriptors */
	P_RECVFD = 1 << 1,	/* take descriptors over a socket */
	P_INET	= 1 << 2,	/* accept on a TCP socket it was given */
	P_UNIX	= 1 << 3,	/* accept on a local socket it was given */
	P_RPATH	= 1 << 4,	/* read files it can see */
	P_WPATH	= 1 << 5,	/* write them */
	P_CPATH	= 1 << 6,	/* make and remove them */
	P_FLOCK	= 1 << 7,	/* lock them */
};
#define P_FILES	(P_RPATH | P_WPATH | P_CPATH)

struct sandbox_profile {
	const char	*program;
	unsigned	 promises;
	const char	*pledge;	/* the same for OpenBSD */
};

/* NULL for a program that has none: it must not run. */
const struct sandbox_profile	*sandbox_profile_find(const char *program);
extern const struct sandbox_profile	 sandbox_profiles[];
extern const size_t			 sandbox_nprofiles;

#endif /* DEXD_SANDBOX_PROFILES_H */
