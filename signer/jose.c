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

#include <string.h>

#include <bsd/string.h>

#include "b64.h"
#include "jose.h"
#include "json.h"

int
jose_sign(struct buf *out, enum jwa alg, EVP_PKEY *key, const char *kid,
    struct span payload)
{
	struct buf	 header, signature;
	size_t		 start = out->len;
	int		 error = -1;

	buf_init(&header, 256);
	buf_init(&signature, SIGNATURE_MAX);
	buf_printf(&header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", jwa_name(alg),
	    kid);
	b64url_put(out, buf_span(&header));
	buf_put_c(out, '.');
	b64url_put(out, payload);
	if (buf_ok(out) && buf_ok(&header) && key_sign(alg, key,
	    span_mem(out->p + start, out->len - start), &signature) == 0) {
		buf_put_c(out, '.');
		b64url_put(out, buf_span(&signature));
		error = buf_ok(out) ? 0 : -1;
	}
	buf_clear(&header);
	buf_clear(&signature);
	return (error);
}

/* Takes up to the next dot; false if there is none. */
static bool
take_part(struct span *rest, struct span *part)
{
	const uint8_t	*dot;

	if (rest->len == 0 || (dot = memchr(rest->p, '.', rest->len)) == NULL)
		return (false);
	*part = span_mem(rest->p, (size_t)(dot - rest->p));
	*rest = span_mem(dot + 1, rest->len - part->len - 1);
	return (true);
}

static bool
read_header(struct jose_parts *t, struct span text)
{
	const char	*name;
	json_t		*header, *value;
	bool		 ok;

	if ((header = json_read(text, 4096)) == NULL)
		return (false);
	ok = json_is_object(header);
	json_object_foreach(header, name, value) {
		if (!json_is_string(value))
			ok = false;
		else if (strcmp(name, "alg") == 0)
			ok &= strlcpy(t->alg, json_string_value(value),
			    sizeof(t->alg)) < sizeof(t->alg);
		else if (strcmp(name, "kid") == 0)
			ok &= strlcpy(t->kid, json_string_value(value),
			    sizeof(t->kid)) < sizeof(t->kid);
		else if (strcmp(name, "typ") != 0)
			ok = false;
	}
	json_decref(header);
	return (ok && *t->alg != '\0');
}

int
jose_parse(struct jose_parts *t, struct span token)
{
	struct span	 rest = token, header, payload;
	struct buf	 text;
	int		 error = -1;

	memset(t, 0, sizeof(*t));
	buf_init(&t->payload, TOKEN_MAX);
	buf_init(&t->signature, SIGNATURE_MAX);
	buf_init(&text, 4096);
	if (token.len <= TOKEN_MAX && take_part(&rest, &header) &&
	    take_part(&rest, &payload) && header.len != 0 &&
	    payload.len != 0 && rest.len != 0 &&
	    memchr(rest.p, '.', rest.len) == NULL &&
	    b64url_get(&text, header) == 0 &&
	    b64url_get(&t->payload, payload) == 0 &&
	    b64url_get(&t->signature, rest) == 0 &&
	    read_header(t, buf_span(&text))) {
		t->input = span_mem(token.p, header.len + 1 + payload.len);
		error = 0;
	}
	buf_clear(&text);
	return (error);
}

void
jose_clear(struct jose_parts *t)
{
	buf_clear(&t->payload);
	buf_clear(&t->signature);
}
