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

#ifndef DEXD_INSIDE_H
#define DEXD_INSIDE_H

#include "regress/unit/test.h"

/*
 * Acts tried inside a sandbox, each in a process of its own, and how exactly
 * each ends: 0 (it was done), the errno it met, or one of these.
 */
#define KILLED	1000	/* by SIGSYS */
#define TRAPPED	1001	/* ENOSYS from our handler, which told it on fd 2 */
#define DIED	2000	/* of something else */

typedef int	 act(void);	/* 0, or the errno it met */

/* The result of a call as an act's. */
int	 did(long result);

/* Runs the act inside the program's sandbox. */
int	 inside(const char *program, const char *writable, act *);

/*
 * The same with the child's words on fd 2, cut to what fits.  What is done
 * before the sandbox may be NULL; it ends the child unless it returns 0.
 */
int	 inside_heard(const char *program, const char *writable, act *before,
	    act *, char *words, size_t);

/* Runs the act with no sandbox, to show that it can succeed at all. */
int	 outside(act *);

/* The name of an outcome: "killed", "trapped", "EACCES". */
const char	*outcome(int);

#endif /* DEXD_INSIDE_H */
