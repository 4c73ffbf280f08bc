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

#ifndef DEXD_SANDBOX_CALLS_H
#define DEXD_SANDBOX_CALLS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What each promise means in Linux's system calls.  A call that is in no row
 * of a program's promises is trapped and answered with ENOSYS.
 *
 * regress/sandbox compares this with what the rooms really call: a row that
 * nothing uses is as much a fault as one that is missing.
 */
enum sandbox_answer {
	CALL_ALLOW,
	CALL_KILL,		/* nobody here has a use for it */
	CALL_NO_FILES,		/* EACCES, unless P_FILES allow it */
};

struct sandbox_call {
	const char		*name;
	enum sandbox_answer	 answer;
	unsigned		 promises;	/* any of them; P_* */
	/*
	 * Only with such arguments: arg[at] & mask == value, for those with a
	 * mask.  Bits that the kernel does not look at are not in the mask.
	 */
	struct sandbox_argument {
		unsigned	 at;
		uint64_t	 mask;
		uint64_t	 value;
	}			 when[2];
	/* What the first argument says, for people and for the tests. */
	const char		*with;
};

extern const struct sandbox_call	 sandbox_calls[];
extern const size_t			 sandbox_ncalls;

#endif /* DEXD_SANDBOX_CALLS_H */
