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

#include "conn.h"
#include "count.h"

/*
 * dex's three families about requests.  Looking a series up by its labels is
 * slow beside serving a document, so what was counted once is remembered.
 */

/*
 * Visitors choose method, path and how they fail, so they could fill the table
 * of this process (COUNT_SERIES, three for each of these): the rest has its room.
 */
#define KNOWN_MAX	120

struct known {
	const char		*handler;
	enum http_method	 method;
	unsigned		 status;
	struct count		*requests;
	struct count		*durations;
	struct count		*sizes;
};

static const char * const	 method_names[HTTP_METHOD_MAX] = {
	[HTTP_GET] = "get", [HTTP_HEAD] = "head", [HTTP_POST] = "post",
	[HTTP_OPTIONS] = "options", [HTTP_OTHER] = "unknown",
};

static void
look_up(struct known *k, const char *handler, enum http_method method,
    unsigned status)
{
	const char	*name = method_names[method];
	char		 code[12];

	snprintf(code, sizeof(code), "%u", status);
	k->handler = handler;
	k->method = method;
	k->status = status;
	k->requests = count_get(COUNT_HTTP_REQUESTS, code, name, handler);
	k->durations = count_get(COUNT_HTTP_DURATION, code, name, handler);
	k->sizes = count_get(COUNT_HTTP_SIZE, code, name, handler);
}

void
metrics_count(const char *handler, enum http_method method, unsigned status,
    uint64_t took, size_t size)
{
	static struct known	 known[KNOWN_MAX];
	static unsigned		 nknown;
	struct known		*k = NULL;
	unsigned		 i;

	for (i = 0; i < nknown && k == NULL; i++)
		if (known[i].handler == handler &&
		    known[i].method == method && known[i].status == status)
			k = &known[i];
	if (k == NULL && nknown == KNOWN_MAX) {
		count_lose();
		return;
	}
	if (k == NULL) {
		k = &known[nknown++];
		look_up(k, handler, method, status);
	}
	count_add(k->requests, 1);
	count_observe(k->durations, took);
	count_observe(k->sizes, size);
}
