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

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "timetext.h"

/* out has length + 1 bytes; a year that does not fit becomes the last one. */
static void
put_time(char *out, size_t length, const char *format, const char *last,
    uint64_t when)
{
	time_t		 t = (time_t)when;
	struct tm	 tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, length + 1, format, &tm) != length)
		memcpy(out, last, length + 1);
}

void
timetext_put(char out[TIMETEXT_LEN + 1], uint64_t when)
{
	put_time(out, TIMETEXT_LEN, "%Y-%m-%d %H:%M:%S+00:00",
	    "9999-12-31 23:59:59+00:00", when);
}

void
timetext_put_json(char out[TIMETEXT_JSON_LEN + 1], uint64_t when)
{
	put_time(out, TIMETEXT_JSON_LEN, "%Y-%m-%dT%H:%M:%SZ",
	    "9999-12-31T23:59:59Z", when);
}

/* Exactly n digits. */
static bool
digits(const char **p, int n, int *value)
{
	*value = 0;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return (false);
		*value = *value * 10 + (**p - '0');
	}
	return (true);
}

/* "+hh:mm", "-hh:mm", "Z" or nothing; seconds east of UTC. */
static bool
offset(const char *p, int *seconds)
{
	int	 h, m, sign = *p == '-' ? -1 : 1;

	*seconds = 0;
	if (*p == '\0' || strcmp(p, "Z") == 0)
		return (true);
	if (*p != '+' && *p != '-')
		return (false);
	p++;
	if (!digits(&p, 2, &h) || *p++ != ':' || !digits(&p, 2, &m) ||
	    *p != '\0')
		return (false);
	*seconds = sign * (h * 3600 + m * 60);
	return (true);
}

uint64_t
timetext_get(struct span s)
{
	char		 text[64];
	const char	*p = text;
	struct tm	 tm = { 0 };
	int		 east = 0;
	int64_t		 t;

	if (s.len >= sizeof(text) || s.len == 0)
		return (0);
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (!digits(&p, 4, &tm.tm_year) || *p++ != '-' ||
	    !digits(&p, 2, &tm.tm_mon) || *p++ != '-' ||
	    !digits(&p, 2, &tm.tm_mday))
		return (0);
	if (*p == ' ' || *p == 'T') {
		p++;
		if (!digits(&p, 2, &tm.tm_hour) || *p++ != ':' ||
		    !digits(&p, 2, &tm.tm_min))
			return (0);
		if (*p == ':') {
			p++;
			if (!digits(&p, 2, &tm.tm_sec))
				return (0);
		}
		if (*p == '.')
			for (p++; *p >= '0' && *p <= '9'; p++)
				;
	}
	if (!offset(p, &east))
		return (0);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	t = (int64_t)timegm(&tm) - east;
	return (t < 0 ? 0 : (uint64_t)t);
}
