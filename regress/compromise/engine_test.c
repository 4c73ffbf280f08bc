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

/* link: regress/compromise/rooms.c regress/compromise/hostile.c signer/key.c */
/* libs: libcrypto */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "attest.h"
#include "docmac.h"
#include "regress/compromise/hostile.h"
#include "sealbox.h"
#include "signer/key.h"
#include "test.h"

/*
 * The engine is broken: the test is the engine, the signer and the worker are
 * the real programs in their sandbox.  Each test is a line of the threat table
 * in dexd(8).
 */

#define ISSUER	"http://127.0.0.1:1/dex"

static struct played	 signer = { .program = "signer", .room = ROOM_SIGNER,
			    .name = "" };
static struct played	 worker = { .program = "authn-mock", .room = ROOM_AUTHN,
			    .name = "pw" };
static const struct hostile	 at_signer = { &signer, ROOM_ENGINE, "", NULL },
				 at_worker = { &worker, ROOM_ENGINE, "", NULL };
static const uint8_t	 root[KEY_LEN] = { 1 }, keyset_key[KEY_LEN] = { 2 },
			 document_key[KEY_LEN] = { 3 };

/* What came in. */
static bool		 keygen_asked, stored, documented, answered;
static struct buf	 keyset, jwks, attestation, access_token;
static uint64_t		 keyset_serial, jwks_serial;
static uint8_t		 jwks_mac[32], box_key[32];
static unsigned		 sign_status, identity_status, rotate_status;
static bool		 got_box_key;

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

static peer_handler * const	 handlers[MSG_MAX] = {
	[SG_PA_KEYGEN] = on_keygen, [SG_EN_KEYSET_PUT] = on_put,
	[SG_EN_DOCUMENT] = on_document, [AU_PA_SEALKEY] = on_sealkey,
};

static void
begin_signer(void)
{
	struct msg_pa_sg_config		 c = { .issuer = span_str(ISSUER),
		.alg = JWA_ES256, .rotation_secs = 3600,
		.id_tokens_secs = 3600 };
	struct msg_pa_sg_connector	 k = { .id = span_str("pw") };
	struct msg_pa_sg_key		 key = { .number = 1,
		.attest_root = span_mem(root, KEY_LEN),
		.keyset_key = span_mem(keyset_key, KEY_LEN),
		.document_key = span_mem(document_key, KEY_LEN) };

	room_begin(&signer, ROOM_ENGINE, handlers);
	assert_int_equal(peer_tell(signer.parent, PA_SG_CONFIG, &c, -1), 0);
	assert_int_equal(peer_tell(signer.parent, PA_SG_CONNECTOR, &k, -1), 0);
	assert_int_equal(peer_tell(signer.parent, PA_SG_KEY, &key, -1), 0);
	room_go(&signer);
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
	peer_tell(signer.wire, EN_SG_KEYSET, &none, -1);
	assert_true(rooms_wait(&keygen_asked));
	kg = room_wire(&signer, ROOM_KEYGEN, handlers);
	buf_init(&der, 4096);
	assert_int_equal(key_make(JWA_ES256, &der), 0);
	key.pkcs8 = buf_span(&der);
	assert_int_equal(peer_tell(kg, KG_SG_KEY, &key, -1), 0);
	buf_clear(&der);
	assert_true(rooms_wait(&stored));
	assert_true(rooms_wait(&documented));
	peer_free(kg);
}

static void
begin_worker(void)
{
	struct msg_pa_au_config	 c = { .issuer = span_str(ISSUER),
		.connector = span_str("pw"), .type = span_str("mockPassword"),
		.config = span_str("{\"username\":\"u\",\"password\":\"p\"}") };
	uint8_t			 key[KEY_LEN];
	struct msg_pa_au_key	 k = { .number = 1,
				    .attest_key = span_mem(key, KEY_LEN) };

	attest_key(key, root, span_str("pw"));
	room_begin(&worker, ROOM_ENGINE, handlers);
	assert_int_equal(peer_tell(worker.parent, PA_AU_CONFIG, &c, -1), 0);
	assert_int_equal(peer_tell(worker.parent, PA_AU_KEY, &k, -1), 0);
	room_go(&worker);
	assert_true(rooms_wait(&got_box_key));
}

static int
setup(void **state)
{
	(void)state;
	buf_init(&keyset, 65536);
	buf_init(&jwks, 65536);
	buf_init(&attestation, ATTEST_MAX);
	buf_init(&access_token, 90000);
	begin_signer();
	first_key();
	begin_worker();
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	room_end(&signer);
	room_end(&worker);
	buf_clear(&keyset);
	buf_clear(&jwks);
	buf_clear(&attestation);
	buf_clear(&access_token);
	return (0);
}

/* ---- the engine's own questions ---- */

static void
on_identity(void *arg, struct msg *m)
{
	(void)arg;
	answered = true;
	identity_status = m == NULL ? IDENTITY_MAX : m->au_en_identity.status;
	buf_reset(&attestation);
	if (m != NULL)
		buf_put_span(&attestation, m->au_en_identity.attestation);
}

/* A box as the frontend seals it, for the state "state". */
static void
seal(struct buf *box, const char *password)
{
	buf_init(box, SEALBOX_MAX);
	assert_int_equal(sealbox_seal(box, box_key, (uint64_t)time(NULL),
	    span_str("pw"), span_str("state"), span_str("u"),
	    span_str(password)), 0);
}

static unsigned
present(struct span box, const char *state, const char *client)
{
	struct list_buf			 scopes;
	struct msg_en_au_password	 ask = { .state = span_str(state),
		.sealed = box, .client_id = span_str(client),
		.nonce = span_str("n"), .grant_id = span_str("g") };

	ask.scopes = LIST_OF(&scopes, "openid", "email");
	answered = false;
	assert_int_equal(peer_ask(worker.wire, EN_AU_PASSWORD, &ask, 3000,
	    on_identity, NULL), 0);
	list_buf_clear(&scopes);
	assert_true(rooms_wait(&answered));
	return (identity_status);
}

/* A person logs in to the client "app". */
static void
log_in(void)
{
	struct buf	 box;

	seal(&box, "p");
	assert_int_equal(present(buf_span(&box), "state", "app"), IDENTITY_OK);
	assert_true(attestation.len > 100);
	buf_clear(&box);
}

static void
on_signed(void *arg, struct msg *m)
{
	(void)arg;
	answered = true;
	sign_status = m == NULL ? SIGN_MAX : m->sg_en_signed.status;
	buf_reset(&access_token);
	if (m != NULL)
		buf_put_span(&access_token, m->sg_en_signed.access_token);
}

struct grant_ask {
	const char	*client, *nonce, *grant_id;
	const char * const	*scopes, * const *wanted;
};
static const char * const	 two[] = { "openid", "email", NULL };
static const char * const	 three[] = { "openid", "email", "groups", NULL };
static const char * const	 one[] = { "openid", NULL };
static const struct grant_ask	 honest = { "app", "n", "g", two, two };

static unsigned
sign(const struct grant_ask *g, struct span att)
{
	struct list_buf		 scopes, wanted;
	struct msg_en_sg_sign	 ask = { .client_id = span_str(g->client),
		.nonce = span_str(g->nonce), .grant_id =
		span_str(g->grant_id), .with_auth_time = true,
		.attestation = att };

	ask.scopes = list_of(&scopes, g->scopes);
	ask.wanted = list_of(&wanted, g->wanted);
	answered = false;
	assert_int_equal(peer_ask(signer.wire, EN_SG_SIGN, &ask, 3000,
	    on_signed, NULL), 0);
	assert_true(rooms_wait(&answered));
	list_buf_clear(&scopes);
	list_buf_clear(&wanted);
	return (sign_status);
}

/* ---- the table ---- */

/* "repeat stored grants for their own client and scopes": that much it can. */
static void
repeats_a_grant(void **state)
{
	(void)state;
	log_in();
	assert_int_equal(sign(&honest, buf_span(&attestation)), SIGN_OK);
	assert_int_equal(sign(&honest, buf_span(&attestation)), SIGN_OK);
	assert_true(access_token.len > 100);
}

/*
 * "bind a login that is happening to another client": the person typed the
 * password for one, the worker cannot know.  Nobody was asked for consent.
 */
static void
binds_a_login_to_another_client(void **state)
{
	const struct grant_ask	 other = { "other", "n", "g", two, two };
	struct buf		 box;

	(void)state;
	seal(&box, "p");
	assert_int_equal(present(buf_span(&box), "state", "other"),
	    IDENTITY_OK);
	buf_clear(&box);
	assert_int_equal(sign(&other, buf_span(&attestation)), SIGN_OK);
	/* Instead of the one it was for, not besides. */
	assert_int_equal(sign(&honest, buf_span(&attestation)), SIGN_REFUSED);
}

/* "not have a person or claim signed that no worker attested". */
static void
cannot_change_a_grant(void **state)
{
	const struct grant_ask	 bad[] = {
		{ "other", "n", "g", two, two }, { "app", "m", "g", two, two },
		{ "app", "n", "h", two, two }, { "app", "n", "g", three, two },
		{ "app", "n", "g", one, one }, { "app", "n", "g", two, three },
	};
	size_t			 i;

	(void)state;
	log_in();
	for (i = 0; i < NITEMS(bad); i++)
		if (sign(&bad[i], buf_span(&attestation)) != SIGN_REFUSED)
			fail_msg("case %zu: %u", i, sign_status);
	assert_int_equal(access_token.len, 0);
}

/* No byte of an attestation can change, be left out or be added. */
static void
cannot_edit_an_attestation(void **state)
{
	size_t	 i;

	(void)state;
	log_in();
	for (i = 0; i < attestation.len; i += 7) {
		attestation.p[i] ^= 1;
		if (sign(&honest, buf_span(&attestation)) != SIGN_REFUSED)
			fail_msg("byte %zu", i);
		attestation.p[i] ^= 1;
	}
	assert_int_equal(sign(&honest, span_mem(attestation.p,
	    attestation.len - 1)), SIGN_REFUSED);
	buf_put_c(&attestation, 0);
	assert_int_equal(sign(&honest, buf_span(&attestation)), SIGN_REFUSED);
	assert_int_equal(sign(&honest, span_mem(NULL, 0)), SIGN_REFUSED);
}

/* Of another issuer, of a connector there is not, or under a guessed key. */
static void
cannot_make_an_attestation(void **state)
{
	static const struct {
		const char	*issuer, *connector, *key_of;
	} forged[] = {
		{ "http://elsewhere/", "pw", "pw" },
		{ ISSUER, "ldap", "ldap" },	/* not configured */
		{ ISSUER, "ldap", "pw" },	/* another connector's */
		{ ISSUER, "pw", "ldap" },
	};
	struct attestation	 a = { .key_number = 1, .kind = ATTEST_LOGIN,
		.user_id = span_str("root"), .username = span_str("root") };
	uint8_t			 key[KEY_LEN];
	struct list_buf		 scopes;
	struct buf		 b;
	size_t			 i;

	(void)state;
	a.attested_at = a.auth_time = (uint64_t)time(NULL);
	assert_true(attest_grant(a.grant, span_str("app"),
	    list_of(&scopes, two), span_str("n"), span_str("g")));
	list_buf_clear(&scopes);
	for (i = 0; i < NITEMS(forged); i++) {
		a.issuer = span_str(forged[i].issuer);
		a.connector = span_str(forged[i].connector);
		attest_key(key, root, span_str(forged[i].key_of));
		buf_init(&b, ATTEST_MAX);
		assert_int_equal(attest_write(&b, &a, key), 0);
		if (sign(&honest, buf_span(&b)) != SIGN_REFUSED)
			fail_msg("case %zu", i);
		buf_clear(&b);
	}
}

/* "not read passwords", nor use one twice, later, or in another login. */
static void
cannot_replay_a_password(void **state)
{
	struct buf	 box;

	(void)state;
	seal(&box, "p");
	assert_int_equal(present(buf_span(&box), "other", "app"),
	    IDENTITY_ERROR);
	assert_int_equal(present(buf_span(&box), "state", "app"), IDENTITY_OK);
	assert_int_equal(present(buf_span(&box), "state", "app"),
	    IDENTITY_ERROR);
	buf_clear(&box);
	buf_init(&box, SEALBOX_MAX);
	assert_int_equal(sealbox_seal(&box, box_key,
	    (uint64_t)time(NULL) - 120, span_str("pw"), span_str("state"),
	    span_str("u"), span_str("p")), 0);
	assert_int_equal(present(buf_span(&box), "state", "app"),
	    IDENTITY_EXPIRED);
	buf_clear(&box);
	seal(&box, "p");
	box.p[box.len / 2] ^= 1;
	assert_int_equal(present(buf_span(&box), "state", "app"),
	    IDENTITY_ERROR);
	buf_clear(&box);
	seal(&box, "wrong");
	assert_int_equal(present(buf_span(&box), "state", "app"),
	    IDENTITY_BAD_CREDENTIALS);
	assert_int_equal(attestation.len, 0);
	buf_clear(&box);
}

/* "publish a key": a key set it made, changed or took from the past. */
static void
cannot_plant_keys(void **state)
{
	struct msg_en_sg_keyset	 m = { .serial = keyset_serial + 1 };
	struct buf		 before;
	uint8_t			 mac[32];

	(void)state;
	buf_init(&before, 65536);
	buf_put_span(&before, buf_span(&jwks));
	documented = false;
	m.sealed = span_str("my own keys");
	peer_tell(signer.wire, EN_SG_KEYSET, &m, -1);
	m.sealed = buf_span(&keyset);		/* under another serial */
	peer_tell(signer.wire, EN_SG_KEYSET, &m, -1);
	keyset.p[keyset.len - 1] ^= 1;
	m.serial = keyset_serial;
	peer_tell(signer.wire, EN_SG_KEYSET, &m, -1);
	keyset.p[keyset.len - 1] ^= 1;
	rooms_settle();
	assert_false(documented);
	assert_false(signer.wire_gone);
	log_in();
	assert_int_equal(sign(&honest, buf_span(&attestation)), SIGN_OK);
	/* ... and what frontends get is bound to serial and kind. */
	docmac(mac, document_key, DOCUMENT_JWKS, 1, jwks_serial,
	    buf_span(&before));
	assert_memory_equal(mac, jwks_mac, 32);
	docmac(mac, document_key, DOCUMENT_JWKS, 1, jwks_serial + 1,
	    buf_span(&before));
	assert_memory_not_equal(mac, jwks_mac, 32);
	docmac(mac, document_key, DOCUMENT_DISCOVERY, 1, jwks_serial,
	    buf_span(&before));
	assert_memory_not_equal(mac, jwks_mac, 32);
	buf_clear(&before);
}

static void
on_rotated(void *arg, struct msg *m)
{
	(void)arg;
	answered = true;
	rotate_status = m == NULL ? ROTATE_MAX : m->sg_en_rotated.status;
}

/* "answered at most once a minute: a flood cannot age the keys". */
static void
cannot_age_the_keys(void **state)
{
	struct msg_en_sg_rotate	 ask = { 0 };
	unsigned		 i, begun = 0;

	(void)state;
	for (i = 0; i < 20; i++) {
		answered = false;
		assert_int_equal(peer_ask(signer.wire, EN_SG_ROTATE, &ask,
		    3000, on_rotated, NULL), 0);
		assert_true(rooms_wait(&answered));
		begun += rotate_status == ROTATE_BEGUN;
	}
	assert_int_equal(begun, 1);
}

/* "unknown type, wrong direction": that wire is closed, the room lives. */
static void
breaches_close_the_wire(void **state)
{
	struct msg_sg_en_signed	 wrong = { 0 };

	(void)state;
	/* Our own side refuses to send what may not travel here ... */
	assert_int_equal(peer_tell(signer.wire, SG_EN_SIGNED, &wrong, -1), -1);
	/* ... so the bytes of a frame are sent by hand. */
	assert_int_equal(peer_tell_raw(signer.wire, SG_EN_DOCUMENT,
	    span_str("")), -1);
	assert_int_equal(peer_tell_raw(signer.wire, EN_SG_KEYSET,
	    span_str("short")), 0);
	assert_true(rooms_wait(&signer.wire_gone));
	rooms_settle();
	assert_non_null(signer.parent);
	signer.wire = room_wire(&signer, ROOM_ENGINE, handlers);
	log_in();
	assert_int_equal(sign(&honest, buf_span(&attestation)), SIGN_OK);
}

/*
 * No breach and no field without meaning harms them, and the honest engine
 * after it is served.
 */
static void
cannot_crash_its_neighbours(void **state)
{
	(void)state;
	hostile_breaches(&at_signer);
	hostile_pelt(&at_signer);
	hostile_breaches(&at_worker);
	hostile_pelt(&at_worker);
	rooms_settle();		/* our own wires were replaced */
	signer.wire = room_wire(&signer, ROOM_ENGINE, handlers);
	worker.wire = room_wire(&worker, ROOM_ENGINE, handlers);
	log_in();
	assert_int_equal(sign(&honest, buf_span(&attestation)), SIGN_OK);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(repeats_a_grant),
		T(binds_a_login_to_another_client), T(cannot_change_a_grant),
		T(cannot_edit_an_attestation), T(cannot_make_an_attestation),
		T(cannot_replay_a_password), T(cannot_plant_keys),
		T(cannot_age_the_keys), T(breaches_close_the_wire),
		T(cannot_crash_its_neighbours),
	};

	rooms_init();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
