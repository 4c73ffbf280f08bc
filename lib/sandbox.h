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

#ifndef DEXD_SANDBOX_H
#define DEXD_SANDBOX_H

#include "msg.h"

/*
 * The sandbox of a room, from one table in pledge(2)'s vocabulary.
 *
 * sandbox_enter() takes the program's name ("engine", "authn-local"), the one
 * directory it may write ("" for none; as seen from inside the jail) and the
 * mode.  It fails closed: with SANDBOX_ENFORCE anything that cannot be had is
 * fatal; with SANDBOX_BEST_EFFORT it is logged.  SANDBOX_OFF (sanitizer builds
 * and debugging) logs and returns.
 */
void	 sandbox_enter(const char *program, const char *writable,
	    enum sandbox_mode);

/* Not dumpable, no new privileges, die with the parent; before any of it. */
void	 sandbox_prepare(void);

/* NULL, or what this kernel lacks to enforce the sandbox. */
const char	*sandbox_missing(void);

#endif /* DEXD_SANDBOX_H */
