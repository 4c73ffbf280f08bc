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

#include "response.h"

static const char *
find_reason(unsigned status)
{
	static const struct {
		unsigned	 status;
		const char	*text;
	} reasons[] = {
		{ 200, "OK" }, { 302, "Found" }, { 303, "See Other" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 408, "Request Timeout" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 417, "Expectation Failed" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" }, { 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t	 i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return (reasons[i].text);
	return (NULL);
}

const char *
response_reason(unsigned status)
{
	const char	*text = find_reason(status);

	return (text == NULL ? "Other" : text);
}

bool
response_is_known(unsigned status)
{
	return (find_reason(status) != NULL);
}

/* RFC 9110 section 5.6.7, whatever the locale says. */
static void
put_date(struct buf *b, uint64_t now)
{
	static const char	 days[] = "SunMonTueWedThuFriSat";
	static const char	 months[] =
				    "JanFebMarAprMayJunJulAugSepOctNovDec";
	static uint64_t		 last;		/* one text a second */
	static char		 text[48];
	time_t			 t = (time_t)now;
	struct tm		 tm;

	if (now != last || text[0] == '\0') {
		gmtime_r(&t, &tm);
		snprintf(text, sizeof(text),
		    "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
		    days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3,
		    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
		last = now;
	}
	buf_put_str(b, text);
}

int
response_put_field(struct buf *b, const char *name, struct span value)
{
	size_t	 i;

	for (i = 0; i < value.len; i++)
		if (value.p[i] < ' ' || value.p[i] == 0x7f)
			return (-1);
	buf_put_str(b, name);
	buf_put_str(b, ": ");
	buf_put_span(b, value);
	buf_put_str(b, "\r\n");
	return (0);
}

#define COPY_MAX	16384	/* up to here one write is cheaper */

struct span
response_put(struct buf *b, const struct response *r, uint64_t now)
{
	buf_printf(b, "HTTP/1.1 %u %s\r\nDate: ", r->status,
	    response_reason(r->status));
	put_date(b, now);
	buf_put_str(b, "\r\n");
	if (r->type != NULL) {
		buf_put_str(b, "Content-Type: ");
		buf_put_str(b, r->type);
		buf_put_str(b, "\r\n");
	}
	buf_put_span(b, r->fields);
	buf_put_span(b, r->more);
	buf_printf(b, "Content-Length: %zu\r\n", r->body.len);
	if (r->close)
		buf_put_str(b, "Connection: close\r\n");
	else if (r->keep_alive)
		buf_put_str(b, "Connection: keep-alive\r\n");
	buf_put_str(b, "\r\n");
	if (r->head_only)
		return (span_mem(NULL, 0));
	if (r->lasting && r->body.len > COPY_MAX)
		return (r->body);
	buf_put_span(b, r->body);
	return (span_mem(NULL, 0));
}
