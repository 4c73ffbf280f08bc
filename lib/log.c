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

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"

#define RECORD_MAX	8192	/* what does not fit is left out */
#define VALUE_MAX	1024	/* of one attribute, before escaping */
#define ENDING		2	/* "}" and a line feed */

static const char	*log_room = "dexd";
static enum log_level	 log_threshold = LOG_LVL_INFO;
static enum log_format	 log_form = LOG_FMT_TEXT;

#define EXCLUDED_MAX	32
static char		*excluded[EXCLUDED_MAX];
static unsigned		 nexcluded;

static const char * const level_names[] = { "DEBUG", "INFO", "WARN", "ERROR" };

void
log_init(const char *room)
{
	log_room = room;
}

void
log_setup(enum log_level level, enum log_format format)
{
	log_threshold = level;
	log_form = format;
}

enum log_level
log_level(void)
{
	return (log_threshold);
}

enum log_format
log_format(void)
{
	return (log_form);
}

void
log_exclude(struct span name)
{
	if (nexcluded < EXCLUDED_MAX &&
	    (excluded[nexcluded] = span_dup(name)) != NULL)
		nexcluded++;
}

void
log_exclude_none(void)
{
	while (nexcluded > 0)
		free(excluded[--nexcluded]);
}

static bool
is_excluded(const char *name)
{
	unsigned	 i;

	for (i = 0; i < nexcluded; i++)
		if (strcmp(excluded[i], name) == 0)
			return (true);
	return (false);
}

static bool
is_plain(struct span v)
{
	size_t	 i;

	for (i = 0; i < v.len; i++)
		if (v.p[i] <= ' ' || v.p[i] >= 0x7f || v.p[i] == '"' ||
		    v.p[i] == '=' || v.p[i] == '\\')
			return (false);
	return (v.len != 0);
}

/*
 * A quoted string that is at once a JSON string and what dex's text format
 * shows: controls, quotes, backslashes and ill-formed UTF-8 are escaped.
 * Among the controls are U+0080 to U+009F, which terminals obey, too.
 */
static void
put_quoted(struct buf *b, struct span v)
{
	bool	 utf8 = span_is_utf8(v);
	size_t	 i;

	buf_put_c(b, '"');
	for (i = 0; i < v.len; i++) {
		if (v.p[i] == '"' || v.p[i] == '\\')
			buf_printf(b, "\\%c", v.p[i]);
		else if (utf8 && v.p[i] == 0xc2 && v.p[i + 1] < 0xa0)
			buf_printf(b, "\\u%04x", v.p[++i]);
		else if (v.p[i] < ' ' || v.p[i] == 0x7f ||
		    (v.p[i] >= 0x80 && !utf8))
			buf_printf(b, "\\u%04x", v.p[i]);
		else
			buf_put_c(b, v.p[i]);
	}
	buf_put_c(b, '"');
}

static void
put_pair(struct buf *b, const char *name, struct span v)
{
	if (log_form == LOG_FMT_JSON) {
		buf_put_c(b, b->len == 0 ? '{' : ',');
		put_quoted(b, span_str(name));
		buf_put_c(b, ':');
		put_quoted(b, v);
		return;
	}
	if (b->len != 0)
		buf_put_c(b, ' ');
	buf_printf(b, "%s=", name);
	if (is_plain(v))
		buf_put_span(b, v);
	else
		put_quoted(b, v);
}

/*
 * Long values of a visitor's must neither break the record nor crowd out what
 * comes after them, like the address.
 */
static void
put_attr(struct buf *b, const char *name, const char *value)
{
	size_t	 before = b->len;

	put_pair(b, name, span_cut(span_str(value), VALUE_MAX));
	if (b->failed || b->len > RECORD_MAX - ENDING) {
		b->len = before;
		b->failed = false;
	}
}

static void
put_time(struct buf *b)
{
	struct timespec	 ts;
	struct tm	 tm;
	char		 day[32], stamp[48];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(stamp, sizeof(stamp), "%s.%03ldZ", day, ts.tv_nsec / 1000000);
	put_attr(b, "time", stamp);
}

static void
log_vrecord(enum log_level level, const char *msg, va_list ap)
{
	const char	*name, *value;
	struct buf	 b;
	int		 saved = errno;

	if (level < log_threshold)
		return;
	buf_init(&b, RECORD_MAX);
	put_time(&b);
	put_attr(&b, "level", level_names[level]);
	put_attr(&b, "msg", msg);
	if (!is_excluded("room"))
		put_attr(&b, "room", log_room);
	while ((name = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		if (!is_excluded(name))
			put_attr(&b, name, value);
	}
	if (log_form == LOG_FMT_JSON)
		buf_put_c(&b, '}');
	buf_put_c(&b, '\n');
	/* Nothing useful can be done about a log that does not take a line. */
	if (b.len != 0 && write(STDERR_FILENO, b.p, b.len) == -1)
		errno = 0;
	buf_clear(&b);
	errno = saved;
}

void
log_record(enum log_level level, const char *msg, ...)
{
	va_list	 ap;

	va_start(ap, msg);
	log_vrecord(level, msg, ap);
	va_end(ap);
}

static void
log_formatted(enum log_level level, const char *fmt, va_list ap, int code)
{
	char	 msg[1024];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	if (code != 0)
		log_record(level, msg, "err", strerror(code), (char *)NULL);
	else
		log_record(level, msg, (char *)NULL);
}

void
logf_info(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_formatted(LOG_LVL_INFO, fmt, ap, 0);
	va_end(ap);
}

void
logf_warn(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_formatted(LOG_LVL_WARN, fmt, ap, 0);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	va_list	 ap;
	int	 code = errno;

	va_start(ap, fmt);
	log_formatted(LOG_LVL_ERROR, fmt, ap, code);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_formatted(LOG_LVL_ERROR, fmt, ap, 0);
	va_end(ap);
	exit(1);
}

void *
xcalloc(size_t n, size_t size)
{
	void	*p;

	if ((p = calloc(n, size)) == NULL)
		fatal("calloc");
	return (p);
}

char *
xstrdup(const char *s)
{
	char	*copy;

	if ((copy = strdup(s)) == NULL)
		fatal("strdup");
	return (copy);
}
