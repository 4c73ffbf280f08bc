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

#include <strings.h>

#include "request.h"

/*
 * /userinfo (OpenID Connect Core section 5.3) and the landing page.
 * The engine has no key: the signer says whether a token is ours.
 */

static void
on_verified(void *arg, struct msg *m)
{
	struct request	*r = arg;

	if (m == NULL)
		answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
	else if (!m->sg_en_verified.valid)
		answer_bearer_error(r, 403, "access_denied",
		    "the token is not valid");
	else
		answer_json(r, 200, m->sg_en_verified.payload, true);
}

void
userinfo_endpoint(struct request *r)
{
	static const char	 scheme[] = "Bearer ";
	struct msg_en_sg_verify	 ask = { .ignore_expiry = false };
	struct span		 a = r->http->authorization;
	size_t			 n = sizeof(scheme) - 1;

	if (a.len < n || strncasecmp((const char *)a.p, scheme, n) != 0) {
		answer_bearer_error(r, 401, "access_denied",
		    "a bearer token is needed");
		return;
	}
	ask.token = span_mem(a.p + n, a.len - n);
	if (signer_ask(r->e, EN_SG_VERIFY, &ask, SIGN_TIMEOUT_MS,
	    on_verified, r) == -1)
		answer_oauth_error(r, 503, "temporarily_unavailable", NULL);
}

void
home_endpoint(struct request *r)
{
	struct page_data	 d;
	struct buf		 url;

	buf_init(&url, 2048);
	request_put_absolute(r, &url, "/.well-known/openid-configuration");
	page_data_init(&d);
	page_data_bool(&d, "LoggedIn", false);
	page_data_str(&d, "DiscoveryURL", buf_span(&url));
	answer_page(r, 200, PAGE_HOME, &d);
	buf_clear(&url);
}
