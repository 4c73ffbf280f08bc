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

#ifndef DEXD_HTTP_REQ_H
#define DEXD_HTTP_REQ_H

#include <sys/types.h>

#include "buf.h"
#include "msg.h"

/*
 * HTTP/1.1 requests (RFC 9112), strictly and purely: bytes in, decision out.
 * Whatever two parsers could read in two ways is refused, since a proxy in
 * front of us may read it the other way.
 */

#define HTTP_HEAD_MAX	32768	/* bytes of request line and fields */
#define HTTP_FIELDS_MAX	100
#define HTTP_PATH_MAX	2048
#define HTTP_QUERY_MAX	16384
#define HTTP_BODY_MAX	65536

struct http_field {
	struct span	 name;
	struct span	 value;		/* without white space around it */
};

enum http_body { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED };

/* A request head; spans borrow from its bytes. */
struct http_req {
	enum http_method	 method;
	struct span		 path;		/* percent-encoded */
	struct span		 query;		/* raw, without '?' */
	bool			 has_query;
	unsigned		 minor;		/* HTTP/1.minor */
	struct http_field	 fields[HTTP_FIELDS_MAX];
	unsigned		 nfields;
	bool			 keep_alive;
	bool			 expect_continue;
	enum http_body		 body;
	size_t			 length;	/* HTTP_BODY_LENGTH */
};

/*
 * Looks for the end of a head in the bytes received so far.  *scanned says how
 * far an earlier call looked (0 at first).  Returns the head's length with its
 * empty line, 0 when more is needed, or -1 with an HTTP status in *status.
 */
ssize_t	 http_head_end(struct span bytes, size_t *scanned, unsigned *status);

/* Parses a whole head.  0, or the HTTP status of the refusal. */
unsigned	 http_head_parse(struct span head, struct http_req *);

/* The field of that name (the first of several), or the empty span. */
struct span	 http_field(const struct http_req *, const char *name);

/*
 * Every field of that name, in order, into values; returns how many.  Such a
 * list is one value cut into lines (RFC 9110 section 5.3).
 */
size_t	 http_fields(const struct http_req *, const char *name,
	    struct span values[HTTP_FIELDS_MAX]);

/* Decoder of one chunked body (RFC 9112 section 7.1). */
struct http_chunks {
	enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_CRLF, CHUNK_END } state;
	size_t	 left;
	unsigned digits;
	bool	 cr;
};

/*
 * Decodes what is there into body.  *used is set to the bytes consumed.
 * Returns 1 at the end of the body, 0 when more is needed, -1 with an HTTP
 * status in *status.
 */
int	 http_chunks_read(struct http_chunks *, struct span bytes, size_t *used,
	    struct buf *body, unsigned *status);

#endif /* DEXD_HTTP_REQ_H */
