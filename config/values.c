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

#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "values.h"

/* A century, so that seconds fit into 32 bits everywhere. */
#define DURATION_MAX	(100.0 * 366 * 24 * 3600)

/* The unit at *p in seconds, and behind it; 0 if there is none. */
static double
take_unit(const char **p)
{
	static const struct {
		const char	*name;
		double		 seconds;
	} units[] = {
		{ "ns", 1e-9 }, { "us", 1e-6 }, { "\xc2\xb5s", 1e-6 },
		{ "\xce\xbcs", 1e-6 }, { "ms", 1e-3 }, { "s", 1 }, { "m", 60 },
		{ "h", 3600 },
	};
	size_t	 i, n;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		n = strlen(units[i].name);
		if (strncmp(*p, units[i].name, n) == 0) {
			*p += n;
			return (units[i].seconds);
		}
	}
	return (0);
}

/* Digits with at most one point; false if there are none. */
static bool
take_number(const char **p, double *number)
{
	double		 scale = 1;
	unsigned	 digits = 0;
	bool		 point = false;

	*number = 0;
	for (; (**p >= '0' && **p <= '9') || (**p == '.' && !point); (*p)++) {
		if (**p == '.') {
			point = true;
			continue;
		}
		if (++digits > 18)
			return (false);
		if (point)
			scale /= 10;
		*number = point ? *number + (**p - '0') * scale :
		    *number * 10 + (**p - '0');
	}
	return (digits != 0);
}

bool
value_duration(const char *text, uint64_t *seconds)
{
	double	 total = 0, number, unit;

	if (strcmp(text, "0") == 0) {
		*seconds = 0;
		return (true);
	}
	if (*text == '+')
		text++;
	do {
		if (!take_number(&text, &number) ||
		    (unit = take_unit(&text)) == 0)
			return (false);
		total += number * unit;
	} while (*text != '\0');
	if (total > DURATION_MAX)
		return (false);
	*seconds = (uint64_t)(total + 1e-9);
	return (true);
}

bool
value_bool(const char *text, bool *yes)
{
	static const char * const	 words[2][9] = {
		{ "false", "False", "FALSE", "no", "No", "NO", "off", "Off",
		    "OFF" },
		{ "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On",
		    "ON" },
	};
	size_t				 i, j;

	for (i = 0; i < 2; i++)
		for (j = 0; j < 9; j++)
			if (strcmp(text, words[i][j]) == 0) {
				*yes = i == 1;
				return (true);
			}
	return (false);
}

static bool
is_numeric(const char *host)
{
	struct in_addr	 v4;
	struct in6_addr	 v6;

	return (inet_pton(AF_INET, host, &v4) == 1 ||
	    inet_pton(AF_INET6, host, &v6) == 1);
}

const char *
value_listen(const char *text, char *host, size_t size, uint32_t *port)
{
	const char	*colon = strrchr(text, ':'), *p;
	size_t		 n;

	if (colon == NULL)
		return ("an address looks like host:port");
	*port = 0;
	for (p = colon + 1; *p >= '0' && *p <= '9' && *port <= 65535; p++)
		*port = *port * 10 + (uint32_t)(*p - '0');
	if (*p != '\0' || p == colon + 1 || *port > 65535)
		return ("the port is not a number up to 65535");
	n = (size_t)(colon - text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= size)
		return ("the address is too long");
	memcpy(host, text, n);
	host[n] = '\0';
	if (n != 0 && strcmp(host, "localhost") != 0 && !is_numeric(host))
		return ("the host must be numeric, localhost or empty: dexd "
		    "looks up no names");
	return (NULL);
}

const char *
value_issuer(const char *text)
{
	const char	*p, *end;

	if (strncmp(text, "https://", 8) == 0)
		p = text + 8;
	else if (strncmp(text, "http://", 7) == 0)
		p = text + 7;
	else
		return ("the issuer must begin with https:// or http://");
	end = p + strcspn(p, "/");
	if (end == p || *p == ':')
		return ("the issuer has no host");
	if (memchr(p, '@', (size_t)(end - p)) != NULL)
		return ("the issuer must not name a user");
	for (; *p != '\0'; p++) {
		if (*p == '?' || *p == '#')
			return ("the issuer must have no query and no "
			    "fragment");
		if (*p <= ' ' || *p >= 0x7f || strchr("\"'<>\\^`{|}%;,", *p) !=
		    NULL)
			return ("the issuer has a character that does not "
			    "belong in a URL");
	}
	return (strlen(text) > 1024 ? "the issuer is too long" : NULL);
}

static bool
is_name_char(char c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_');
}

/* The name behind '$' at *p: in braces, one special character, or a word. */
static size_t
name_length(const char *p, const char **name, size_t *taken)
{
	const char	*end;
	size_t		 n = 0;

	*name = p;
	if (*p == '{' && (end = strchr(p, '}')) != NULL) {
		*name = p + 1;
		*taken = (size_t)(end - p) + 1;
		return (*taken - 2);
	}
	if (*p != '\0' && (strchr("*#$@!?-", *p) != NULL ||
	    (*p >= '0' && *p <= '9'))) {
		*taken = 1;
		return (1);
	}
	while (is_name_char(p[n]))
		n++;
	*taken = n;
	return (n);
}

void
value_expand(struct buf *b, const char *text,
    const char *(*lookup)(const char *name))
{
	char		 name[256];
	const char	*start, *value;
	size_t		 n, taken;

	for (; *text != '\0'; text++) {
		if (*text != '$' || text[1] == '\0') {
			buf_put_c(b, *text);
			continue;
		}
		n = name_length(text + 1, &start, &taken);
		if (taken == 0) {
			buf_put_c(b, '$');	/* names nothing */
			continue;
		}
		if (n < sizeof(name)) {
			memcpy(name, start, n);
			name[n] = '\0';
			if ((value = lookup(name)) != NULL)
				buf_put_str(b, value);
		}
		text += taken;
	}
}
