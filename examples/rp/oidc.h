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

#include <stdbool.h>

#include <jansson.h>

/*
 * The relying party's half of OpenID Connect: discovery, the code exchange with
 * PKCE, and the checks of the ID token (OpenID Connect Core 3.1.3.7).
 */

/* 32 random bytes as base64url: cookies, state, nonce, PKCE's verifier. */
#define TOKEN_LEN	43
void	 token_make(char out[TOKEN_LEN + 1]);

struct provider {
	const char	*issuer;
	const char	*client_id;
	const char	*client_secret;
	const char	*redirect_uri;
	json_t		*meta;		/* the discovery document */
};

/* One login under way; remembered for the browser that began it. */
struct login {
	char	 browser[TOKEN_LEN + 1];	/* value of its cookie */
	char	 state[TOKEN_LEN + 1];
	char	 nonce[TOKEN_LEN + 1];
	char	 verifier[TOKEN_LEN + 1];
};

/* What a verified ID token says. */
struct identity {
	json_t	*claims;	/* the caller's */
	char	 alg[16];
	char	 kid[128];
};

/* -1 with a message on stderr. */
int	 provider_discover(struct provider *);

/* Fills in a login and returns the URL to send the browser to (malloc). */
char	*provider_begin(const struct provider *, struct login *,
	    const char browser[TOKEN_LEN + 1]);

/* Redeems the code and verifies the ID token; -1 with the reason in *why. */
int	 provider_finish(const struct provider *, const struct login *,
	    const char *code, struct identity *, const char **why);

#endif /* RP_OIDC_H */
