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

#ifndef DEXD_AUTHZ_H
#define DEXD_AUTHZ_H

#include "msg.h"

/*
 * Validation of an authorization request (OpenID Connect Core 3.1.2.2, RFC
 * 6749 4.1.1, RFC 7636 4.3) in dex's order.  Pure: parameters and what is known
 * of the client in, decision out.
 */

#define SCOPE_AUDIENCE	"audience:server:client_id:"	/* and the client */

/* The request as it will be carried on; spans borrow from the parameters. */
struct authz {
	struct span	 client_id;
	struct span	 redirect_uri;
	struct span	 scope;		/* white-space separated, as sent */
	struct span	 state;
	struct span	 nonce;
	struct span	 challenge;
	struct span	 challenge_method;
	bool		 force_approval;
	bool		 silent;	/* prompt=none */
	struct span	 id_token_hint;
};

enum authz_outcome {
	AUTHZ_OK,
	AUTHZ_PAGE,	/* tell the person: the redirect URI is not trusted */
	AUTHZ_REDIRECT,	/* tell the client (RFC 6749 4.1.2.1) */
};

struct authz_verdict {
	enum authz_outcome	 outcome;
	unsigned		 status;	/* AUTHZ_PAGE */
	const char		*error;		/* AUTHZ_REDIRECT */
	char			 text[512];	/* for people */
};

/* Rules of the provider. */
struct authz_policy {
	bool	 pkce_enforce;
	bool	 pkce_s256;
	bool	 pkce_plain;
};

/* Questions about other clients and connectors, answered by the caller. */
struct authz_world {
	void	*arg;
	/* Does this connector exist, and may the client use it? */
	bool	(*connector_exists)(void *, struct span id);
	bool	(*connector_allowed)(void *, struct span id);
	/* Does client `peer` trust client `id` (§ cross-client audience)? */
	bool	(*peer_trusts)(void *, struct span peer, struct span id);
};

/* The value of a parameter: the body's, else the query's, else empty. */
struct span	 authz_param(struct msg_list form, struct msg_list query,
		    const char *name);

/*
 * client is NULL when client_id names none.  redirect_uri in *out is valid
 * whenever the outcome is not AUTHZ_PAGE.
 */
struct authz_verdict	 authz_check(const struct authz_policy *,
			    const struct msg_pa_en_client *client,
			    const struct authz_world *, struct msg_list form,
			    struct msg_list query, struct authz *out);

#endif /* DEXD_AUTHZ_H */
