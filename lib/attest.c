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

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "attest.h"

#define MAGIC		"dexd attestation 1"	/* with its NUL */
#define GRANT_MAGIC	"dexd grant 1"
#define MAC_LEN		crypto_auth_hmacsha256_BYTES
#define FIELD_MAX	4096
#define ITEMS_MAX	2048
#define SCOPES_MAX	64

/* Sorted, without repeats, so that order and repetition change nothing. */
static size_t
sort_scopes(struct span sorted[SCOPES_MAX], struct msg_list scopes)
{
	struct span	 scope;
	size_t		 i, n = 0, kept = 0;

	while (n < SCOPES_MAX && msg_list_next(&scopes, &scope))
		sorted[n++] = scope;
	qsort(sorted, n, sizeof(sorted[0]), span_cmp);
	for (i = 0; i < n; i++)
		if (kept == 0 || !span_eq(sorted[i], sorted[kept - 1]))
			sorted[kept++] = sorted[i];
	return (kept);
}

bool
attest_grant(uint8_t out[GRANT_LEN], struct span client_id,
    struct msg_list scopes, struct span nonce, struct span grant_id)
{
	struct span	 sorted[SCOPES_MAX];
	struct buf	 b;
	size_t		 i, n;
	bool		 ok;

	if (scopes.count > SCOPES_MAX)
		return (false);
	buf_init(&b, ATTEST_MAX);
	buf_put(&b, GRANT_MAGIC, sizeof(GRANT_MAGIC));
	buf_put_lspan(&b, client_id);
	buf_put_lspan(&b, nonce);
	buf_put_lspan(&b, grant_id);
	n = sort_scopes(sorted, scopes);
	buf_put_u32(&b, (uint32_t)n);
	for (i = 0; i < n; i++)
		buf_put_lspan(&b, sorted[i]);
	if ((ok = buf_ok(&b)))
		crypto_hash_sha256(out, b.p, b.len);
	buf_clear(&b);
	return (ok);
}

void
attest_key(uint8_t out[KEY_LEN], const uint8_t root[KEY_LEN],
    struct span connector)
{
	derive_key(out, root, "attest", connector);
}

static void
put_list(struct buf *b, struct msg_list l)
{
	buf_put_u32(b, l.count);
	buf_put(b, l.p, l.len);
}

int
attest_write(struct buf *b, const struct attestation *a,
    const uint8_t key[KEY_LEN])
{
	uint8_t	 mac[MAC_LEN];
	size_t	 start = b->len;

	buf_put(b, MAGIC, sizeof(MAGIC));
	buf_put_u32(b, a->key_number);
	buf_put_u8(b, (uint8_t)a->kind);
	buf_put_lspan(b, a->issuer);
	buf_put_lspan(b, a->connector);
	buf_put_lspan(b, a->user_id);
	buf_put_lspan(b, a->username);
	buf_put_lspan(b, a->preferred_username);
	buf_put_lspan(b, a->email);
	buf_put_u8(b, a->email_verified);
	put_list(b, a->groups);
	put_list(b, a->amr);
	buf_put_u64(b, a->attested_at);
	buf_put_u64(b, a->auth_time);
	buf_put(b, a->grant, GRANT_LEN);
	buf_put_u32(b, 0);	/* links of later factors */
	if (!buf_ok(b) || b->len - start > ATTEST_MAX - MAC_LEN)
		return (-1);
	crypto_auth_hmacsha256(mac, b->p + start, b->len - start, key);
	buf_put(b, mac, sizeof(mac));
	return (buf_ok(b) ? 0 : -1);
}

static struct msg_list
get_list(struct cur *c)
{
	struct msg_list	 l = { NULL, 0, 0 };
	const uint8_t	*start;
	uint32_t	 i, count = cur_u32(c);

	if (count > ITEMS_MAX)
		c->failed = true;
	start = c->p;
	for (i = 0; i < count && !c->failed; i++)
		cur_lspan(c, FIELD_MAX);
	if (c->failed || count == 0)
		return (l);
	l.p = start;
	l.len = (size_t)(c->p - start);
	l.count = count;
	return (l);
}

int
attest_read(struct attestation *a, struct span bytes)
{
	struct cur	 c;
	struct span	 magic, grant;
	uint8_t		 kind, verified;

	memset(a, 0, sizeof(*a));
	if (bytes.len > ATTEST_MAX)
		return (-1);
	cur_init(&c, bytes);
	magic = cur_bytes(&c, sizeof(MAGIC));
	a->key_number = cur_u32(&c);
	kind = cur_u8(&c);
	a->issuer = cur_lspan(&c, FIELD_MAX);
	a->connector = cur_lspan(&c, FIELD_MAX);
	a->user_id = cur_lspan(&c, FIELD_MAX);
	a->username = cur_lspan(&c, FIELD_MAX);
	a->preferred_username = cur_lspan(&c, FIELD_MAX);
	a->email = cur_lspan(&c, FIELD_MAX);
	verified = cur_u8(&c);
	a->groups = get_list(&c);
	a->amr = get_list(&c);
	a->attested_at = cur_u64(&c);
	a->auth_time = cur_u64(&c);
	grant = cur_bytes(&c, GRANT_LEN);
	if (cur_u32(&c) != 0)
		c.failed = true;	/* no link is known yet */
	cur_bytes(&c, MAC_LEN);
	if (!cur_done(&c) || kind >= ATTEST_KIND_MAX || verified > 1 ||
	    !span_eq(magic, span_mem(MAGIC, sizeof(MAGIC))))
		return (-1);
	a->kind = (enum attest_kind)kind;
	a->email_verified = verified == 1;
	memcpy(a->grant, grant.p, GRANT_LEN);
	return (0);
}

bool
attest_verify(struct span bytes, const uint8_t key[KEY_LEN])
{
	if (bytes.len < MAC_LEN)
		return (false);
	return (crypto_auth_hmacsha256_verify(bytes.p + bytes.len - MAC_LEN,
	    bytes.p, bytes.len - MAC_LEN, key) == 0);
}
