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

#ifdef __OpenBSD__
#include <sys/resource.h>

#include <unistd.h>

#include "log.h"
#include "sandbox.h"
#include "sandbox_profiles.h"

/* OpenBSD: unveil(2) for files, pledge(2) for system calls. */

void
sandbox_prepare(void)
{
	struct rlimit	 none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		fatal("setrlimit");
}

const char *
sandbox_missing(void)
{
	return (NULL);
}

void
sandbox_enter(const char *program, const char *writable,
    enum sandbox_mode mode)
{
	const struct sandbox_profile	*p = sandbox_profile_find(program);

	if (p == NULL)
		fatalx("%s has no sandbox profile", program);
	if (mode == SANDBOX_OFF) {
		log_warn("sandbox is switched off");
		return;
	}
	/* Without a path promise pledge alone closes the file system. */
	if ((p->promises & P_FILES) != 0 &&
	    (unveil(writable, "rwc") == -1 || unveil(NULL, NULL) == -1))
		fatal("unveil");
	if (pledge(p->pledge, "") == -1)
		fatal("pledge");
}
#else
typedef int	 sandbox_openbsd_is_openbsd_only;
#endif
