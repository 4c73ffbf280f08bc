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

#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <stdbool.h>

#include "http.h"

/* The steps of OpenID Connect that are measured; each checks its answer. */

struct account {
	const char	*connector;
	const char	*login;		/* for a connector that asks */
	const char	*password;
};

struct grant {
	char	 code[128];
	char	 access_token[8192];
	char	 refresh_token[1024];
};

/* From the authorization request to the code; `offline` asks for a refresh token. */
bool	 flow_login(struct client *, const struct account *, int worker,
	    bool offline, struct grant *);

/* Redeems the code; false unless a signed ID token of our client comes. */
bool	 flow_redeem(struct client *, int worker, bool offline, struct grant *);

/* Uses the refresh token and keeps the one that comes instead. */
bool	 flow_refresh(struct client *, int worker, struct grant *);

bool	 flow_userinfo(struct client *, struct grant *);

#endif
