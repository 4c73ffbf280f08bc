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

#ifndef DEXD_REQUEST_H
#define DEXD_REQUEST_H

#include "engine.h"
#include "page_data.h"

/*
 * One HTTP request on its way through the engine.  Whoever holds it must end
 * it with exactly one of the answer_*() functions, which send the answer and
 * free it.  Its frontend may have gone by then; the answer is dropped.
 */
struct request {
	TAILQ_ENTRY(request)	 entry;
	TAILQ_ENTRY(request)	 waiting;	/* in health.c */
	struct engine		*e;
	struct peer		*frontend;	/* NULL: gone */
	uint32_t		 rid;
	struct msg		 msg;
	struct buf		 raw;
	const struct msg_fe_en_http	*http;
	struct list_buf		 cookies;	/* to set */
	void			*flow;		/* of the endpoint */
	void			(*flow_free)(void *);
};

/* A copy of the message; NULL if there are too many or memory ran out. */
struct request	*request_new(struct engine *, struct peer *,
		    const struct msg *);

/* Body parameter, else query parameter, else empty. */
struct span	 request_param(const struct request *, const char *);

/*
 * Our cookies: `kind` names what they are for, `id` the auth request.  The name
 * on the wire is [__Host-|__Secure-]dexd_<kind>_<first 8 characters of id>.
 * An empty value deletes the cookie.
 */
struct span	 request_cookie(const struct request *, const char *kind,
		    struct span id);
/* Is it such a name?  Then *id is what it has of the id. */
bool		 request_cookie_is(const struct request *, const char *kind,
		    struct span name, struct span *id);
void		 request_set_cookie(struct request *, const char *kind,
		    struct span id, struct span value, uint32_t max_age);


/* Appends the absolute path of one of our URLs: "/auth" gives "/dex/auth". */
void		 request_put_path(const struct request *, struct buf *,
		    const char *path);
/* Appends the same as a whole URL, under the issuer. */
void		 request_put_absolute(const struct request *, struct buf *,
		    const char *path);

/* The id of the client's address and of the request, for a log record. */
struct request_log {
	char	*request_id;
	char	*address;
};
struct request_log	 request_log(const struct request *);
void		 request_log_free(struct request_log *);

/* False when enough strangers have been refused in this second. */
bool		 request_may_log(const struct request *);

/*
 * A record of who was refused and why; error (of OAuth, or "") and why are
 * texts of ours.  The answer_*() functions for errors call it themselves.
 */
void		 request_log_refusal(struct request *, unsigned status,
		    const char *error, const char *why);

/* ---- answers ---- */

/* Takes over (clears) the data, which may be NULL. */
void	 answer_page(struct request *, unsigned status, enum page,
	    struct page_data *);
/* An error page; a template of dex's shows the reason phrase and the text. */
struct sorry {
	unsigned	 status;
	const char	*heading;	/* NULL: one that suits the status */
	const char	*text;
	struct span	 again;		/* path of ours to go on at, or empty */
	const char	*again_text;	/* of that link */
};
void	 answer_sorry(struct request *, const struct sorry *);
void	 answer_error_page(struct request *, unsigned status, const char *);
void	 answer_redirect(struct request *, unsigned status, struct span url);
void	 answer_json(struct request *, unsigned status, struct span body,
	    bool no_store);
/* RFC 6749 section 5.2; text NULL: no error_description. */
void	 answer_oauth_error(struct request *, unsigned status,
	    const char *code, const char *text);
void	 answer_bearer_error(struct request *, unsigned status,
	    const char *code, const char *text);
void	 answer_text(struct request *, unsigned status, const char *);
/* 503 with Retry-After: a room is missing or full.  A page for people. */
void	 answer_busy(struct request *);

/* ---- endpoints, each in its own file ---- */

void	 authorize_start(struct request *);		/* /auth */
void	 authorize_connector(struct request *);		/* /auth/{connector} */
void	 login_endpoint(struct request *);		/* .../login */
void	 callback_endpoint(struct request *);
void	 approval_endpoint(struct request *);
void	 token_endpoint(struct request *);
void	 userinfo_endpoint(struct request *);
void	 health_endpoint(struct request *);
void	 home_endpoint(struct request *);

#endif /* DEXD_REQUEST_H */
