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
#include <strings.h>

#include "http_req.h"
#include "url.h"

/* RFC 9110 section 5.6.2. */
static bool
is_token_char(uint8_t c)
{
	return ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL));
}

static bool
is_token(struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (!is_token_char(s.p[i]))
			return (false);
	return (s.len != 0);
}

static bool
is_nocase(struct span s, const char *text)
{
	return (s.len == strlen(text) && strncasecmp(
	    (const char *)span_ptr(s), text, s.len) == 0);
}

/* Every line ends in CR LF; neither appears anywhere else, nor does NUL. */
ssize_t
http_head_end(struct span b, size_t *scanned, unsigned *status)
{
	size_t	 i;

	for (i = *scanned; i < b.len; i++) {
		if (i >= HTTP_HEAD_MAX) {
			*status = 431;
			return (-1);
		}
		if (b.p[i] == '\0' ||
		    (b.p[i] == '\n' && (i == 0 || b.p[i - 1] != '\r')) ||
		    (i != 0 && b.p[i - 1] == '\r' && b.p[i] != '\n')) {
			*status = 400;
			return (-1);
		}
		if (i >= 3 && b.p[i] == '\n' && b.p[i - 2] == '\n' &&
		    b.p[i - 1] == '\r') {
			*scanned = i + 1;
			return ((ssize_t)(i + 1));
		}
		/*
		 * RFC 9112 section 2.2 would let an empty line come first, for
		 * clients of long ago; refusing it leaves one reading fewer.
		 */
		if (i == 1 && b.p[0] == '\r' && b.p[1] == '\n') {
			*status = 400;
			return (-1);
		}
	}
	*scanned = b.len;
	return (0);
}

static enum http_method
method_of(struct span s)
{
	if (span_is(s, "GET"))
		return (HTTP_GET);
	if (span_is(s, "HEAD"))
		return (HTTP_HEAD);
	if (span_is(s, "POST"))
		return (HTTP_POST);
	if (span_is(s, "OPTIONS"))
		return (HTTP_OPTIONS);
	return (HTTP_OTHER);
}

/* Takes the bytes up to a character off *rest; false if it is not there. */
static bool
take_until(struct span *rest, int c, struct span *taken)
{
	const uint8_t	*p = memchr(span_ptr(*rest), c, rest->len);

	if (p == NULL)
		return (false);
	*taken = span_mem(rest->p, (size_t)(p - rest->p));
	*rest = span_mem(p + 1, rest->len - taken->len - 1);
	return (true);
}

/* Takes a line without its CR LF. */
static bool
take_line(struct span *rest, struct span *line)
{
	if (!take_until(rest, '\n', line) || line->len == 0 ||
	    line->p[line->len - 1] != '\r')
		return (false);
	line->len--;
	return (true);
}

static bool
is_host(struct span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f ||
		    strchr("/\\?#@,<>\"", s.p[i]) != NULL)
			return (false);
	return (true);
}

/*
 * RFC 9112 section 3.2.2: the absolute form must be taken, too.  Its authority
 * must not be empty (RFC 9110 section 4.2.1) and counts for no more than Host
 * does.  False if there is none.
 */
static bool
strip_authority(struct span *target)
{
	static const char * const	 schemes[] = { "http://", "https://" };
	struct span			 authority, rest;
	size_t				 i, n;

	for (i = 0; i < 2; i++) {
		n = strlen(schemes[i]);
		if (target->len < n || strncasecmp((const char *)target->p,
		    schemes[i], n) != 0)
			continue;
		rest = span_mem(target->p + n, target->len - n);
		if (!take_until(&rest, '/', &authority)) {
			authority = rest;
			*target = span_str("/");
		} else
			*target = span_mem(rest.p - 1, rest.len + 1);
		return (authority.len != 0 && is_host(authority));
	}
	return (true);
}

static unsigned
parse_target(struct span target, struct http_req *r)
{
	size_t	 i;

	if (!strip_authority(&target) || target.len == 0 || (target.p[0] != '/' &&
	    !(r->method == HTTP_OPTIONS && span_is(target, "*"))))
		return (400);
	for (i = 0; i < target.len; i++)
		if (target.p[i] <= ' ' || target.p[i] >= 0x7f ||
		    target.p[i] == '#')
			return (400);
	r->path = target;
	r->has_query = take_until(&target, '?', &r->path);
	if (r->has_query)
		r->query = target;
	return (r->path.len > HTTP_PATH_MAX ||
	    r->query.len > HTTP_QUERY_MAX ? 414 : 0);
}

/* RFC 9112 section 2.3: "HTTP/" DIGIT "." DIGIT, in these very letters. */
static bool
is_version(struct span s)
{
	return (s.len == 8 && memcmp(s.p, "HTTP/", 5) == 0 &&
	    s.p[5] >= '0' && s.p[5] <= '9' && s.p[6] == '.' &&
	    s.p[7] >= '0' && s.p[7] <= '9');
}

/*
 * CONNECT would make a tunnel of any 2xx (RFC 9110 section 9.3.6), TRACE is
 * to repeat what it was sent, cookies with it (9.3.8): never for us.
 */
static unsigned
parse_request_line(struct span line, struct http_req *r)
{
	struct span	 method, target;

	if (!take_until(&line, ' ', &method) || !is_token(method) ||
	    method.len > 32 || !take_until(&line, ' ', &target))
		return (400);
	if (span_is(line, "HTTP/1.1"))
		r->minor = 1;
	else if (!span_is(line, "HTTP/1.0"))
		return (is_version(line) ? 505 : 400);
	if (span_is(method, "CONNECT") || span_is(method, "TRACE"))
		return (501);
	r->method = method_of(method);
	return (parse_target(target, r));
}

/* No white space before the colon, no folding (RFC 9112 sections 5.1, 5.2). */
static unsigned
parse_field(struct span line, struct http_req *r)
{
	struct http_field	*f;
	size_t			 i;

	if (r->nfields == HTTP_FIELDS_MAX)
		return (431);
	f = &r->fields[r->nfields++];
	if (!take_until(&line, ':', &f->name) || !is_token(f->name))
		return (400);
	f->value = span_trim(line);
	for (i = 0; i < f->value.len; i++)
		if ((f->value.p[i] < ' ' && f->value.p[i] != '\t') ||
		    f->value.p[i] == 0x7f)
			return (400);
	return (0);
}

struct span
http_field(const struct http_req *r, const char *name)
{
	unsigned	 i;

	for (i = 0; i < r->nfields; i++)
		if (is_nocase(r->fields[i].name, name))
			return (r->fields[i].value);
	return (span_mem(NULL, 0));
}

size_t
http_fields(const struct http_req *r, const char *name,
    struct span values[HTTP_FIELDS_MAX])
{
	unsigned	 i;
	size_t		 n = 0;

	for (i = 0; i < r->nfields; i++)
		if (is_nocase(r->fields[i].name, name))
			values[n++] = r->fields[i].value;
	return (n);
}

static unsigned
count(const struct http_req *r, const char *name)
{
	unsigned	 i, n = 0;

	for (i = 0; i < r->nfields; i++)
		n += is_nocase(r->fields[i].name, name);
	return (n);
}

/* RFC 9112 section 6.3, and nothing that could be read in two ways. */
static unsigned
parse_body(struct http_req *r)
{
	struct span	 length = http_field(r, "Content-Length");
	struct span	 coding = http_field(r, "Transfer-Encoding");
	unsigned	 lengths = count(r, "Content-Length");
	unsigned	 codings = count(r, "Transfer-Encoding");
	size_t		 i;

	if (lengths + codings > 1)
		return (400);
	if (codings == 1) {
		if (r->minor == 0)
			return (400);
		if (!is_nocase(coding, "chunked"))
			return (501);
		r->body = HTTP_BODY_CHUNKED;
	}
	if (lengths == 1) {
		if (length.len == 0)
			return (400);
		for (i = 0; i < length.len; i++) {
			if (length.p[i] < '0' || length.p[i] > '9')
				return (400);
			if (r->length <= HTTP_BODY_MAX)
				r->length = r->length * 10 +
				    (size_t)(length.p[i] - '0');
		}
		r->body = r->length == 0 ? HTTP_BODY_NONE : HTTP_BODY_LENGTH;
	}
	return (r->length > HTTP_BODY_MAX ? 413 : 0);
}

/* Is the word one of a comma-separated list of a field? */
static bool
has_option(const struct http_req *r, const char *name, const char *word)
{
	struct span	 rest, item;
	unsigned	 i;

	for (i = 0; i < r->nfields; i++) {
		if (!is_nocase(r->fields[i].name, name))
			continue;
		rest = r->fields[i].value;
		while (take_until(&rest, ',', &item))
			if (is_nocase(span_trim(item), word))
				return (true);
		if (is_nocase(span_trim(rest), word))
			return (true);
	}
	return (false);
}

/* Fields of which a second one would be anybody's guess. */
static unsigned
check_single(const struct http_req *r)
{
	static const char * const	 single[] = { "Host", "Authorization",
		"Content-Type", "Expect" };
	size_t				 i;

	for (i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (count(r, single[i]) > 1)
			return (400);
	if (r->minor == 1 && count(r, "Host") != 1)
		return (400);
	return (is_host(http_field(r, "Host")) ? 0 : 400);
}

static unsigned
parse_expect(struct http_req *r)
{
	struct span	 expect = http_field(r, "Expect");

	if (expect.len == 0)
		return (0);
	if (!is_nocase(expect, "100-continue"))
		return (417);
	r->expect_continue = r->minor == 1;
	return (0);
}

unsigned
http_head_parse(struct span head, struct http_req *r)
{
	struct span	 line;
	unsigned	 status;

	memset(r, 0, sizeof(*r));
	if (!take_line(&head, &line))
		return (400);
	if ((status = parse_request_line(line, r)) != 0)
		return (status);
	while (take_line(&head, &line) && line.len != 0)
		if ((status = parse_field(line, r)) != 0)
			return (status);
	if (line.len != 0 || head.len != 0)
		return (400);
	if ((status = check_single(r)) != 0 ||
	    (status = parse_body(r)) != 0 || (status = parse_expect(r)) != 0)
		return (status);
	r->keep_alive = r->minor == 1 ? !has_option(r, "Connection", "close") :
	    has_option(r, "Connection", "keep-alive");
	return (0);
}

/* ---- chunks ---- */

/* One byte of a size line; no extensions, no white space. */
static int
chunk_size(struct http_chunks *c, uint8_t byte)
{
	int	 digit = url_hex(byte);

	if (c->cr) {
		if (byte != '\n' || c->digits == 0)
			return (400);
		c->cr = false;
		c->digits = 0;
		c->state = c->left == 0 ? CHUNK_END : CHUNK_DATA;
		return (0);
	}
	if (byte == '\r') {
		c->cr = true;
		return (0);
	}
	if (digit == -1 || c->digits == 8)
		return (400);
	c->digits++;
	c->left = c->left * 16 + (size_t)digit;
	return (0);
}

/* The CR LF behind a chunk, or behind the last one (trailers: none). */
static int
chunk_crlf(struct http_chunks *c, uint8_t byte)
{
	if (!c->cr) {
		c->cr = true;
		return (byte == '\r' ? 0 : 400);
	}
	c->cr = false;
	if (byte != '\n')
		return (400);
	if (c->state == CHUNK_END)
		return (1);
	c->state = CHUNK_SIZE;
	return (0);
}

int
http_chunks_read(struct http_chunks *c, struct span b, size_t *used,
    struct buf *body, unsigned *status)
{
	size_t	 i = 0, n;
	int	 result = 0;

	while (i < b.len && result == 0) {
		if (c->state == CHUNK_DATA) {
			n = b.len - i < c->left ? b.len - i : c->left;
			if (body->len + n > HTTP_BODY_MAX) {
				result = 413;
				break;
			}
			buf_put(body, b.p + i, n);
			i += n;
			c->left -= n;
			if (c->left == 0)
				c->state = CHUNK_CRLF;
		} else if (c->state == CHUNK_SIZE)
			result = chunk_size(c, b.p[i++]);
		else
			result = chunk_crlf(c, b.p[i++]);
	}
	*used = i;
	if (result <= 1)
		return (result);
	*status = (unsigned)result;
	return (-1);
}
