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

#ifndef DEXD_IO_H
#define DEXD_IO_H

#include <sys/types.h>

#include "msg.h"

/*
 * The bytes of one connection: plain in frontend (io_plain.c), TLS in
 * frontend-tls (io_tls.c).  Only the latter is linked with libtls.
 */

struct io_listener;		/* what all connections share */
struct io;

enum io_want { IO_NOTHING, IO_WANT_READ, IO_WANT_WRITE };

extern const char	 io_program[];		/* "frontend" ... */

/* tls is NULL in frontend; -1 after a log record. */
int	 io_setup(const struct msg_pa_fe_tls *tls);
/* Takes over the descriptor; NULL (and it is closed) on failure. */
struct io	*io_new(int fd);
void	 io_free(struct io *);			/* closes */

/*
 * Bytes moved, 0 at the end of what the other side sent (reading only), or -1:
 * with *want IO_NOTHING the connection is broken, else wait for that and call
 * again.
 */
ssize_t	 io_read(struct io *, void *, size_t, enum io_want *want);
ssize_t	 io_write(struct io *, const void *, size_t, enum io_want *want);
/* Says that nothing more will be written. */
void	 io_shutdown(struct io *);

#endif /* DEXD_IO_H */
