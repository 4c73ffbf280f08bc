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

#ifndef DEXD_LANDLOCK_H
#define DEXD_LANDLOCK_H

/* Landlock (Linux): which files, if any, this process may touch. */

/* The kernel's ABI version, or 0 when there is none. */
int	 landlock_abi(void);

/*
 * Denies every file but what is beneath the directory, which may be read and
 * written; "" denies all.  From ABI 4 on also TCP bind and connect, from ABI 6
 * on abstract sockets and signals of others.  Masked to what the ABI knows.
 * -1 with errno on failure.
 */
int	 landlock_enforce(int abi, const char *writable);

#endif /* DEXD_LANDLOCK_H */
