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

#include <sodium.h>

#include "job.h"

/*
 * What a worker believes of a refresh: nothing but its own word of an earlier
 * login.  Pure.
 */

static const uint8_t *
key_of(const struct worker *w, uint32_t number)
{
	unsigned	 i;

	for (i = 0; i < w->nkeys; i++)
		if (w->keys[i].number == number)
			return (w->keys[i].key);
	return (NULL);
}

const char *
refresh_check(const struct worker *w, const struct msg_en_au_refresh *m,
    struct attestation *a)
{
	const uint8_t	*key;
	uint8_t		 grant[GRANT_LEN];

	if (attest_read(a, m->attestation) == -1)
		return ("attestation is malformed");
	if ((key = key_of(w, a->key_number)) == NULL)
		return ("attestation is under an unknown seal key");
	if (!attest_verify(m->attestation, key))
		return ("attestation does not verify");
	/* The key is this connector's alone; its other nodes say the same. */
	if (!span_eq(a->issuer, span_str(w->issuer)) ||
	    !span_eq(a->connector, span_str(w->connector)))
		return ("attestation is for another issuer or connector");
	if (a->kind != ATTEST_LOGIN && a->kind != ATTEST_PASSWORD &&
	    a->kind != ATTEST_REFRESH)
		return ("attestation is of another kind");
	if (!attest_grant(grant, m->client_id, m->scopes, m->nonce,
	    m->grant_id) || sodium_memcmp(grant, a->grant, GRANT_LEN) != 0)
		return ("attestation is for another grant");
	if (!msg_list_has(m->scopes, span_str("offline_access")))
		return ("the grant ended with its login");
	return (NULL);
}
