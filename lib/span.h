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

#ifndef DEXD_SPAN_H
#define DEXD_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A borrowed run of bytes.  It owns nothing and ends with nothing: whoever
 * handed it out says how long it lives.  An empty span may have p == NULL.
 */
struct span {
	const uint8_t	*p;
	size_t		 len;
};

/* The bytes of a C string, without its NUL; NULL gives the empty span. */
struct span	 span_str(const char *);

/* A span over len bytes at p. */
struct span	 span_mem(const void *, size_t);

/* The bytes, for functions that take no NULL even when the length is 0. */
const uint8_t	*span_ptr(struct span);

/* Byte equality; not constant time, so never for secrets. */
bool		 span_eq(struct span, struct span);
bool		 span_is(struct span, const char *);

/* For qsort(3): by bytes, the shorter first. */
int		 span_cmp(const void *, const void *);

/* True when s begins with the prefix and has more; *rest is that. */
bool		 span_after(struct span s, const char *prefix,
		    struct span *rest);

/*
 * Byte equality in constant time for spans of one length; spans of two
 * lengths differ at once, so a secret's length may leak, its bytes not.
 */
bool		 span_eq_secret(struct span, struct span);

/*
 * A NUL-terminated heap copy, to be freed by the caller; NULL on allocation
 * failure or when the span has a NUL inside (which no C string can carry).
 */
char		*span_dup(struct span);

/* True when the bytes are well-formed UTF-8 (RFC 3629); NUL is allowed. */
bool		 span_is_utf8(struct span);

/* The first max bytes at most; a character of UTF-8 is not cut in two. */
struct span	 span_cut(struct span, size_t max);

/* Without the spaces and tabs around it. */
struct span	 span_trim(struct span);

/*
 * Takes the next white-space separated word (space, \t, \n, \r) off *rest.
 * Returns false when none is left.
 */
bool		 span_word(struct span *rest, struct span *word);

#endif /* DEXD_SPAN_H */
