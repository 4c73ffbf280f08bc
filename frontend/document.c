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

#include <string.h>

#include "conn.h"
#include "docmac.h"
#include "log.h"

/*
 * Discovery and JWKS come from the signer through the engine.  The signer's
 * MAC is checked here, and an older one never takes the place of a newer.
 */
void
on_en_fe_document(void *room, struct peer *p, struct msg *m)
{
	const struct msg_en_fe_document	*d = &m->en_fe_document;
	struct frontend			*fe = room;
	struct document_copy		*copy = &fe->documents[d->document];
	uint8_t				 mac[32];
	unsigned			 i;

	(void)p;
	for (i = 0; i < fe->nkeys; i++)
		if (fe->keys[i].number == d->key_number)
			break;
	if (i == fe->nkeys) {
		log_error("a document under an unknown key was refused");
		return;
	}
	docmac(mac, fe->keys[i].key, (enum document)d->document,
	    d->key_number, d->serial, d->body);
	if (!span_eq_secret(d->mac, span_mem(mac, sizeof(mac))) ||
	    (copy->known && d->serial < copy->serial)) {
		log_error("a document that the signer did not make, or an old "
		    "one, was refused");
		return;
	}
	buf_clear(&copy->body);
	buf_init(&copy->body, 65536);
	buf_put_span(&copy->body, d->body);
	copy->serial = d->serial;
	copy->known = buf_ok(&copy->body);
	if (copy->known)
		conns_serve(fe, d->document, document_serve);
}
