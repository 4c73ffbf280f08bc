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

#ifndef RP_PAGE_H
#define RP_PAGE_H

#include <event2/http.h>
#include <jansson.h>

/* What the application shows.  Each function answers the request. */

void	 page_home(struct evhttp_request *);
/* The claims of an ID token, and the algorithm and key it was signed with. */
void	 page_claims(struct evhttp_request *, json_t *claims,
	    const char *alg, const char *kid);
/* detail may be NULL; both it and text may come from strangers. */
void	 page_sorry(struct evhttp_request *, int status, const char *title,
	    const char *text, const char *detail);
void	 page_redirect(struct evhttp_request *, const char *url);

/* The files that pages refer to. */
void	 page_style(struct evhttp_request *, void *);
void	 page_icon(struct evhttp_request *, void *);

#endif /* RP_PAGE_H */
