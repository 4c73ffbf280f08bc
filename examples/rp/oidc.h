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

#ifndef RP_OIDC_H
#define RP_OIDC_H

#include <jansson.h>

/*
 * The relying party's half of OpenID Connect: discovery, the code exchange with
 * PKCE, and the checks of the ID token (OpenID Connect Core 3.1.3.7).
 */

struct provider {
	const char	*issuer;
	const char	*client_id;
	const char	*client_secret;
	const char	*redirect_uri;
	json_t		*meta;		/* the discovery document */
};

/* One login under way; remembered for the browser that began it. */
struct login {
	char	 session[65];		/* value of our cookie */
	char	 state[65];
	char	 nonce[65];
	char	 verifier[65];
};

/* -1 with a message on stderr. */
int	 provider_discover(struct provider *);

/* Fills in a login and returns the URL to send the browser to (malloc). */
char	*provider_begin(const struct provider *, struct login *);

/*
 * Redeems the code and returns the verified claims of the ID token, or NULL
 * with the reason in *why.
 */
json_t	*provider_finish(const struct provider *, const struct login *,
	    const char *code, const char **why);

#endif /* RP_OIDC_H */
