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
#include <time.h>

#include "regress/compromise/broken_engine.h"
#include "regress/compromise/granted.h"
#include "sealbox.h"
#include "signer/key.h"
#include "test.h"

#define HASH	"$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"

struct played		 signer = { .program = "signer",
			    .room = ROOM_SIGNER, .name = "" };
const uint8_t		 attest_root[KEY_LEN] = { 1 };
const uint8_t		 document_key[KEY_LEN] = { 3 };
static const uint8_t	 keyset_key[KEY_LEN] = { 2 };

/* What came in. */
struct buf		 keyset, jwks, attestation, access_token, id_token;
uint64_t		 keyset_serial, jwks_serial;
uint8_t			 jwks_mac[32];
bool			 documented;
static bool		 keygen_asked, stored, answered, got_box_key;
static uint8_t		 box_key[32];
static unsigned		 status;

/* ---- what the rooms say by themselves ---- */

static void
on_keygen(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	(void)m;
	keygen_asked = true;
}

static void
on_put(void *room, struct peer *p, struct msg *m)
{
	struct msg_en_sg_keyset_done	 ok = { .stored = true };

	(void)room;
	buf_reset(&keyset);
	buf_put_span(&keyset, m->sg_en_keyset_put.sealed);
	keyset_serial = m->sg_en_keyset_put.serial;
	peer_answer(p, m->rid, EN_SG_KEYSET_DONE, &ok);
	stored = true;
}

static void
on_document(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	if (m->sg_en_document.document != DOCUMENT_JWKS)
		return;
	buf_reset(&jwks);
	buf_put_span(&jwks, m->sg_en_document.body);
	jwks_serial = m->sg_en_document.serial;
	memcpy(jwks_mac, m->sg_en_document.mac.p, 32);
	documented = true;
}

static void
on_sealkey(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	memcpy(box_key, m->au_pa_sealkey.public_key.p, 32);
	got_box_key = true;
}

peer_handler * const	 engine_handlers[MSG_MAX] = {
	[SG_PA_KEYGEN] = on_keygen, [SG_EN_KEYSET_PUT] = on_put,
	[SG_EN_DOCUMENT] = on_document, [AU_PA_SEALKEY] = on_sealkey,
};

/* ---- the rooms ---- */

static void
tell(struct played *r, enum msg_type type, const void *m)
{
	assert_int_equal(peer_tell(r->parent, type, m, -1), 0);
}

/* Says that the store is empty and, as keygen, makes the key it wants. */
static void
first_key(void)
{
	struct msg_en_sg_keyset	 none = { 0 };
	struct msg_kg_sg_key	 key = { .alg = JWA_ES256 };
	struct peer		*kg;
	struct buf		 der;

	keygen_asked = stored = documented = false;
	assert_int_equal(peer_tell(signer.wire, EN_SG_KEYSET, &none, -1), 0);
	assert_true(rooms_wait(&keygen_asked));
	kg = room_wire(&signer, ROOM_KEYGEN, engine_handlers);
	buf_init(&der, 4096);
	assert_int_equal(key_make(JWA_ES256, &der), 0);
	key.pkcs8 = buf_span(&der);
	assert_int_equal(peer_tell(kg, KG_SG_KEY, &key, -1), 0);
	buf_clear(&der);
	assert_true(rooms_wait(&stored));
	assert_true(rooms_wait(&documented));
	peer_free(kg);
}

void
engine_begin(void)
{
	struct msg_pa_sg_config		 c = { .issuer = span_str(ISSUER),
		.alg = JWA_ES256, .rotation_secs = 3600,
		.id_tokens_secs = ID_TOKENS_SECS, .auth_requests_secs = 300,
		.refresh_reuse_secs = REUSE_SECS,
		.refresh_absolute_secs = ABSOLUTE_SECS };
	struct msg_pa_sg_connector	 pw = { .id = span_str("pw") };
	struct msg_pa_sg_connector	 local = { .id = span_str("local") };
	struct msg_pa_sg_key		 key = { .number = 1,
		.attest_root = span_mem(attest_root, KEY_LEN),
		.keyset_key = span_mem(keyset_key, KEY_LEN),
		.document_key = span_mem(document_key, KEY_LEN) };

	buf_init(&keyset, 65536);
	buf_init(&jwks, 65536);
	buf_init(&attestation, ATTEST_MAX);
	buf_init(&access_token, 100000);
	buf_init(&id_token, 100000);
	room_begin(&signer, ROOM_ENGINE, engine_handlers);
	tell(&signer, PA_SG_CONFIG, &c);
	tell(&signer, PA_SG_CONNECTOR, &pw);
	tell(&signer, PA_SG_CONNECTOR, &local);
	tell(&signer, PA_SG_KEY, &key);
	room_go(&signer);
	first_key();
}

void
engine_end(void)
{
	room_end(&signer);
	buf_clear(&keyset);
	buf_clear(&jwks);
	buf_clear(&attestation);
	buf_clear(&access_token);
	buf_clear(&id_token);
}

void
worker_begin(struct played *w, const char *type, const char *user_id)
{
	struct msg_pa_au_config	 c = { .issuer = span_str(ISSUER),
		.connector = span_str(w->name), .type = span_str(type),
		.config = span_str("{\"username\":\"u\",\"password\":\"p\"}") };
	struct msg_pa_au_user	 u = { .email = span_str("j@x"),
		.hash = span_str(HASH), .user_id = span_str(user_id),
		.username = span_str("Jane") };
	uint8_t			 key[KEY_LEN];
	struct msg_pa_au_key	 k = { .number = 1,
				    .attest_key = span_mem(key, KEY_LEN) };

	attest_key(key, attest_root, span_str(w->name));
	room_begin(w, ROOM_ENGINE, engine_handlers);
	tell(w, PA_AU_CONFIG, &c);
	tell(w, PA_AU_KEY, &k);
	if (user_id != NULL)
		tell(w, PA_AU_USER, &u);
	got_box_key = false;
	room_go(w);
	assert_true(rooms_wait(&got_box_key));
}

/* ---- what the engine may ask ---- */

void
box_seal(struct buf *box, const char *connector, const char *login,
    const char *password, uint64_t ago)
{
	buf_init(box, SEALBOX_MAX);
	assert_int_equal(sealbox_seal(box, box_key, (uint64_t)time(NULL) - ago,
	    span_str(connector), span_str("state"), span_str(login),
	    span_str(password)), 0);
}

static void
on_identity(void *arg, struct msg *m)
{
	(void)arg;
	answered = true;
	status = m == NULL ? IDENTITY_MAX : m->au_en_identity.status;
	buf_reset(&attestation);
	if (m != NULL)
		buf_put_span(&attestation, m->au_en_identity.attestation);
}

/* Asks and waits; the answer is in `status` and in a buffer. */
static unsigned
ask(struct played *r, enum msg_type type, const void *m, peer_answer_cb *cb)
{
	answered = false;
	assert_int_equal(peer_ask(r->wire, type, m, 20000, cb, NULL), 0);
	assert_true(rooms_wait(&answered));
	return (status);
}

enum identity_status
worker_password(struct played *w, struct span box, const char *state,
    const struct grant *g)
{
	struct list_buf			 scopes;
	struct msg_en_au_password	 m = { .state = span_str(state),
		.sealed = box, .client_id = span_str(g->client),
		.nonce = span_str(g->nonce),
		.grant_id = span_str(g->grant_id) };

	m.scopes = list_of(&scopes, g->scopes);
	ask(w, EN_AU_PASSWORD, &m, on_identity);
	list_buf_clear(&scopes);
	assert_true((status == IDENTITY_OK) == (attestation.len > 100));
	return ((enum identity_status)status);
}

enum identity_status
worker_refresh(struct played *w, const struct grant *g, struct span earlier)
{
	struct list_buf			 scopes;
	struct msg_en_au_refresh	 m = {
		.client_id = span_str(g->client), .nonce = span_str(g->nonce),
		.grant_id = span_str(g->grant_id), .attestation = earlier };

	m.scopes = list_of(&scopes, g->scopes);
	ask(w, EN_AU_REFRESH, &m, on_identity);
	list_buf_clear(&scopes);
	assert_true((status == IDENTITY_OK) == (attestation.len > 100));
	return ((enum identity_status)status);
}

static void
on_signed(void *arg, struct msg *m)
{
	(void)arg;
	answered = true;
	status = m == NULL ? SIGN_MAX : m->sg_en_signed.status;
	buf_reset(&access_token);
	buf_reset(&id_token);
	if (m != NULL) {
		buf_put_span(&access_token, m->sg_en_signed.access_token);
		buf_put_span(&id_token, m->sg_en_signed.id_token);
	}
}

enum sign_status
signer_sign(const struct grant *g, struct span att)
{
	struct list_buf		 scopes, wanted;
	struct msg_en_sg_sign	 m = { .client_id = span_str(g->client),
		.nonce = span_str(g->nonce), .grant_id =
		span_str(g->grant_id), .with_auth_time = true,
		.attestation = att };

	m.scopes = list_of(&scopes, g->scopes);
	m.wanted = list_of(&wanted, g->wanted != NULL ? g->wanted :
	    g->scopes);
	ask(&signer, EN_SG_SIGN, &m, on_signed);
	list_buf_clear(&scopes);
	list_buf_clear(&wanted);
	if (status == SIGN_OK)
		granted_check(buf_span(&access_token), buf_span(&id_token), g,
		    att);
	else
		assert_int_equal(access_token.len + id_token.len, 0);
	return ((enum sign_status)status);
}
