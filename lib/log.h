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

#ifndef DEXD_LOG_H
#define DEXD_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

/*
 * Logging, the one piece of global state.  A record is one line on fd 2 in
 * the form dex writes: text (time=... level=INFO msg="..." key=value) or JSON.
 * Bytes that came from outside are escaped, so a record can never span lines.
 * Secrets, codes, tokens and passwords must never be passed here.
 */
enum log_level { LOG_LVL_DEBUG, LOG_LVL_INFO, LOG_LVL_WARN, LOG_LVL_ERROR };
enum log_format { LOG_FMT_TEXT, LOG_FMT_JSON };

/* room: the name of this process as records show it; kept, not copied. */
void	 log_init(const char *room);
void	 log_setup(enum log_level, enum log_format);
enum log_level	 log_level(void);
/* Attributes of this name are left out, but for time, level and msg; copied. */
void	 log_exclude(struct span name);
void	 log_exclude_none(void);
enum log_format	 log_format(void);

/*
 * One record: a message, then pairs of attribute name and value (C strings; a
 * NULL value is written as ""), closed by a NULL that the macros add.
 */
void	 log_record(enum log_level, const char *, ...)
	    __attribute__((__sentinel__));
#define log_debug(...)	log_record(LOG_LVL_DEBUG, __VA_ARGS__, (char *)NULL)
#define log_info(...)	log_record(LOG_LVL_INFO, __VA_ARGS__, (char *)NULL)
#define log_warn(...)	log_record(LOG_LVL_WARN, __VA_ARGS__, (char *)NULL)
#define log_error(...)	log_record(LOG_LVL_ERROR, __VA_ARGS__, (char *)NULL)

/* A record whose message is formatted and has no attributes. */
void	 logf_info(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));
void	 logf_warn(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));

/*
 * For local impossibilities only (no memory at start, a broken invariant, a
 * malformed message from the more trusted side): log and exit 1.  fatal()
 * adds the text of errno.
 */
_Noreturn void	 fatal(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));
_Noreturn void	 fatalx(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));

/* calloc(3) that is fatal() when it fails; for state made at start. */
void	*xcalloc(size_t, size_t);
char	*xstrdup(const char *);

#endif /* DEXD_LOG_H */
