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

#ifndef DEXD_FLOW_H
#define DEXD_FLOW_H

#include "authz.h"
#include "pending.h"
#include "randid.h"
#include "request.h"

/*
 * From the validated request to the code: what /auth/{connector}, the login
 * form, the callback and the consent page share.
 */

#define PENDING_ROW_MAX	65536	/* bytes of a request in a row */

/* A pending request under way in one HTTP request; it is r->flow. */
struct flow {
	struct pending_request	 pending;
	struct buf		 plain;		/* pending borrows from it */
	struct client		*client;
	struct connector	*connector;
	struct list_buf		 scopes;	/* of the pending request */
	char			 code[RANDID_LEN + 1];
	char			 hmac_key[RANDID_KEY_LEN + 1];
	bool			 row;		/* kept in the store */
	struct span		 path_connector;
	struct buf		 url;		/* where to send the browser */
	void			(*then)(struct request *);
};

/* Attaches an empty flow to the request; NULL: no memory. */
struct flow	*flow_new(struct request *);

/*
 * Keeps r->flow's pending request for this browser, then goes on; or answers
 * that it cannot.
 */
void		 flow_keep(struct request *, void (*then)(struct request *));

/*
 * Opens the pending request that `state` names for this browser, attaches the
 * flow to the request and goes on.  Otherwise answers with a page that explains
 * itself.  `connector` is the one of the path, or empty when it names none.
 */
void		 flow_open(struct request *, struct span state,
		    struct span connector, void (*then)(struct request *));

/*
 * A worker said who this is: logs the login, then either asks for consent or
 * makes the code and sends the person back to the client.
 */
void		 flow_identity(struct request *,
		    const struct msg_au_en_identity *);

/* Any other answer of a worker, or none (m == NULL): an error page. */
void		 flow_no_identity(struct request *, const struct msg *m);

/* Counts what a worker said (count.def). */
void		 flow_count(const struct request *, enum identity_status);

/*
 * Pages of status 400 for a login that cannot go on (flow_again.c).  They offer
 * to begin this pending request anew or, when it is not known (NULL), to go
 * where the URL's `back` leads, if that is /auth.
 */
void		 flow_sorry(struct request *, const char *heading,
		    const char *text, const struct pending_request *);
void		 flow_expired(struct request *, const struct pending_request *);
/* Not of this browser, finished, or forgotten: which one is not known. */
void		 flow_unknown(struct request *);

/* How long after its end a login is still known well enough to begin anew. */
#define AGAIN_SECS	3600

/*
 * Copies what a row of auth_request says into f->pending; it borrows from
 * f->plain, so it outlives the row.  False: no memory.
 */
bool		 flow_take_row(struct flow *, const struct auth_request *);

/*
 * May such a login end in that client yet?  Asked anew wherever a request was
 * kept: the configuration may have changed since.
 */
bool		 flow_is_possible(struct engine *, struct span client_id,
		    struct span connector, struct span redirect_uri);
#define FLOW_NOT_POSSIBLE	"This login is not possible any more."

/* The `back` of the URL if it is a path of this host, else empty. */
struct span	 request_back(const struct request *);

/* Sends an error to the client's redirect URI (RFC 6749 4.1.2.1). */
void		 flow_error(struct request *, struct span redirect_uri,
		    struct span state, const char *error, const char *text);

/* Sends the code to the client, or shows it (out of band). */
void		 flow_finish(struct request *, struct span redirect_uri,
		    struct span code, struct span state);

/* SHA-256 of the binder that only the browser's cookie has. */
#define BINDER_LEN	32
void		 binder_hash(uint8_t out[BINDER_LEN], struct span binder);

/*
 * The row of auth_request for r->flow's pending request: it borrows from the
 * flow and from `hash`, which is made here.  The row is bound to this browser
 * by a secret in the cookie of that kind; both last `lifetime` seconds.
 */
void		 flow_make_row(struct request *, struct auth_request *,
		    uint32_t lifetime, const char *cookie,
		    uint8_t hash[BINDER_LEN]);

/* Scopes without repeats, in order of first appearance. */
void		 scope_list(struct list_buf *, struct span scope);

#endif /* DEXD_FLOW_H */
