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
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <unistd.h>

#include "landlock.h"
#include "sandbox.h"

/*
 * What this kernel has.  Apart from the rest, so that the parent need not link
 * the filter, and that a test may have an older kernel.
 */

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset	444
#endif
#define LL_CREATE_RULESET_VERSION	1u

int
landlock_abi(void)
{
	long	 abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
		    LL_CREATE_RULESET_VERSION);

	return (abi < 0 ? 0 : (int)abi);
}

const char *
sandbox_missing(void)
{
	if (landlock_abi() == 0)
		return ("Landlock (or it is switched off)");
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == -1)
		return ("seccomp");
	return (NULL);
}
#else
typedef int	 landlock_abi_is_linux_only;
#endif
