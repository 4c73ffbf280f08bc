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

#include <strings.h>
#include <string.h>

#include "b64.h"
#include "client_auth.h"
#include "url.h"

#define PAIR_MAX	4096

/* The credentials behind "Basic "; false if the header is not of that kind. */
static bool
basic_pair(struct span authorization, struct buf *pair)
{
	struct span	 text;

	if (authorization.len < 6 ||
	    strncasecmp((const char *)authorization.p, "Basic ", 6) != 0)
		return (false);
	text = span_mem(authorization.p + 6, authorization.len - 6);
	return (b64std_get(pair, text) == 0 &&
	    memchr(span_ptr(buf_span(pair)), ':', pair->len) != NULL);
}

/* RFC 6749 section 2.3.1: each half is form-encoded before it is joined. */
static enum credentials
decode_pair(struct span pair, struct buf *mem, struct span *id,
    struct span *secret)
{
	const uint8_t	*colon = memchr(pair.p, ':', pair.len);
	size_t		 n = (size_t)(colon - pair.p), id_len;

	if (url_decode(mem, span_mem(pair.p, n), true) == -1)
		return (CREDENTIALS_BAD_ESCAPE);
	id_len = mem->len;
	if (url_decode(mem, span_mem(colon + 1, pair.len - n - 1), true) ==
	    -1 || !buf_ok(mem))
		return (CREDENTIALS_BAD_ESCAPE);
	*id = span_mem(mem->p, id_len);
	*secret = span_mem(span_ptr(buf_span(mem)) + id_len,
	    mem->len - id_len);
	return (CREDENTIALS_OK);
}

enum credentials
client_credentials(struct span authorization, struct msg_list form,
    struct buf *mem, struct span *id, struct span *secret)
{
	enum credentials	 result = CREDENTIALS_OK;
	struct buf		 pair;

	buf_init(&pair, PAIR_MAX);
	if (basic_pair(authorization, &pair))
		result = decode_pair(buf_span(&pair), mem, id, secret);
	else {
		msg_list_find(form, "client_id", id);
		msg_list_find(form, "client_secret", secret);
	}
	buf_clear(&pair);
	return (result);
}
