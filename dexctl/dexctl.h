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

#ifndef DEXD_DEXCTL_H
#define DEXD_DEXCTL_H

#include <stdbool.h>

#include "msg.h"

/* sysexits(3), as dexctl(8) lists them. */
#define STATUS_FAILED	1
#define STATUS_USAGE	2
#define STATUS_BUSY	75
#define STATUS_DENIED	77

/* `dexctl hash-password`: needs no dexd.  Exit status. */
int	 hash_password(int cost, bool json);

/* Asks dexd behind the socket and prints what it says.  Exit status. */
int	 ask(const char *path, enum command, bool json);

#endif /* DEXD_DEXCTL_H */
