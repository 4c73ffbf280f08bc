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

#ifndef DEXD_BUF_H
#define DEXD_BUF_H

#include "span.h"

/*
 * A growing byte buffer with a ceiling given at birth.  The first failure
 * (ceiling reached, no memory) sticks: later puts do nothing and buf_ok()
 * says false, so a writer checks once, at the end.  Memory is wiped before it
 * is given back, since buffers carry tokens and passwords.
 */
struct buf {
	uint8_t	*p;
	size_t	 len;
	size_t	 cap;
	size_t	 max;
	bool	 failed;
};

void		 buf_init(struct buf *, size_t max);
void		 buf_clear(struct buf *);	/* wipe, free; keeps max */
void		 buf_reset(struct buf *);	/* wipe, length 0, keeps memory */
bool		 buf_ok(const struct buf *);
struct span	 buf_span(const struct buf *);	/* valid until the next put */

void		 buf_put(struct buf *, const void *, size_t);
void		 buf_put_span(struct buf *, struct span);
void		 buf_put_str(struct buf *, const char *);
void		 buf_put_c(struct buf *, int);
void		 buf_printf(struct buf *, const char *, ...)
		    __attribute__((__format__ (printf, 2, 3)));

/* Big-endian integers, and a span behind its length as a 32-bit integer. */
void		 buf_put_u8(struct buf *, uint8_t);
void		 buf_put_u16(struct buf *, uint16_t);
void		 buf_put_u32(struct buf *, uint32_t);
void		 buf_put_u64(struct buf *, uint64_t);
void		 buf_put_lspan(struct buf *, struct span);

/* Removes n bytes (at most all) from the front. */
void		 buf_drain(struct buf *, size_t);

/*
 * Adds a NUL behind the content (not counted in len) and returns it as a C
 * string that lives until the next put; NULL if the buffer failed.
 */
const char	*buf_cstr(struct buf *);

/*
 * Hands the content over as a NUL-terminated heap string, to be freed by the
 * caller, and leaves the buffer empty; NULL if the buffer failed.
 */
char		*buf_take(struct buf *);

/*
 * A cursor over received bytes.  As with the buffer the first failure sticks;
 * cur_done() is true only when every byte was read and nothing failed.
 */
struct cur {
	const uint8_t	*p;
	size_t		 len;
	bool		 failed;
};

void		 cur_init(struct cur *, struct span);
uint8_t		 cur_u8(struct cur *);
uint16_t	 cur_u16(struct cur *);
uint32_t	 cur_u32(struct cur *);
uint64_t	 cur_u64(struct cur *);
struct span	 cur_bytes(struct cur *, size_t n);
struct span	 cur_lspan(struct cur *, size_t max);
bool		 cur_done(const struct cur *);

#endif /* DEXD_BUF_H */
