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

/* link: regress/compromise/rooms.c signer/key.c */
/* libs: libcrypto */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "attest.h"
#include "regress/compromise/rooms.h"
#include "sealbox.h"
#include "signer/key.h"
#include "test.h"

/*
 * The engine is broken and has stored grants: the test is the engine, the
 * signer and two workers are the real programs in their sandbox.  It can use a
 * grant for its own client and scopes while it lasts, and nothing else.
 */

#define ISSUER		"http://127.0.0.1:1/dex"
#define HASH		"$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"
#define USER_ID		"08a8684b"
#define LOGIN_SECS	(300 + 30 * 60)	/* of the signer begun below */
#define REFRESH_SECS	60
#define REUSE_SECS	20
#define ABSOLUTE_SECS	5000

static struct played	 signer = { .program = "signer", .room = ROOM_SIGNER,
			    .name = "" };
static struct played	 local = { .program = "authn-local", .room = ROOM_AUTHN,
			    .name = "local" };
static struct played	 mock = { .program = "authn-mock", .room = ROOM_AUTHN,
			    .name = "pw" };
static const uint8_t	 root[KEY_LEN] = { 1 }, keyset_key[KEY_LEN] = { 2 },
			 document_key[KEY_LEN] = { 3 };

static bool		 keygen_asked, stored, answered, got_box_key;
static uint8_t		 box_key[32];
static struct buf	 attestation, tokens;
static unsigned		 status;

/* ---- the rooms ---- */

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
	peer_answer(p, m->rid, EN_SG_KEYSET_DONE, &ok);
	stored = true;
}

static void
on_document(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	(void)m;
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

	assert_int_equal(peer_tell(signer.wire, EN_SG_KEYSET, &none, -1), 0);
	assert_true(rooms_wait(&keygen_asked));
	kg = room_wire(&signer, ROOM_KEYGEN, handlers);
	buf_init(&der, 4096);
	assert_int_equal(key_make(JWA_ES256, &der), 0);
	key.pkcs8 = buf_span(&der);
	assert_int_equal(peer_tell(kg, KG_SG_KEY, &key, -1), 0);
	buf_clear(&der);
	assert_true(rooms_wait(&stored));
	rooms_settle();
	peer_free(kg);
}

static void
begin_signer(void)
{
	struct msg_pa_sg_config		 c = { .issuer = span_str(ISSUER),
		.alg = JWA_ES256, .rotation_secs = 3600,
		.id_tokens_secs = 3600, .auth_requests_secs = 300,
		.refresh_reuse_secs = REUSE_SECS,
		.refresh_absolute_secs = ABSOLUTE_SECS };
	struct msg_pa_sg_connector	 k = { .id = span_str("pw") };
	struct msg_pa_sg_key		 key = { .number = 1,
		.attest_root = span_mem(root, KEY_LEN),
		.keyset_key = span_mem(keyset_key, KEY_LEN),
		.document_key = span_mem(document_key, KEY_LEN) };

	room_begin(&signer, ROOM_ENGINE, handlers);
	tell(&signer, PA_SG_CONFIG, &c);
	tell(&signer, PA_SG_CONNECTOR, &k);
	k.id = span_str("local");
	tell(&signer, PA_SG_CONNECTOR, &k);
	tell(&signer, PA_SG_KEY, &key);
	room_go(&signer);
	first_key();
}

/* A worker; user_id is that of the static user, NULL: there is none. */
static void
begin_worker(struct played *w, const char *type, const char *user_id)
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

	attest_key(key, root, span_str(w->name));
	room_begin(w, ROOM_ENGINE, handlers);
	tell(w, PA_AU_CONFIG, &c);
	tell(w, PA_AU_KEY, &k);
	if (user_id != NULL)
		tell(w, PA_AU_USER, &u);
	got_box_key = false;
	room_go(w);
	assert_true(rooms_wait(&got_box_key));
}

static int
setup(void **state)
{
	(void)state;
	keygen_asked = stored = false;
	buf_init(&attestation, ATTEST_MAX);
	buf_init(&tokens, 200000);
	begin_signer();
	begin_worker(&mock, "mockPassword", NULL);
	begin_worker(&local, "local", USER_ID);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	room_end(&signer);
	room_end(&mock);
	room_end(&local);
	buf_clear(&attestation);
	buf_clear(&tokens);
	return (0);
}

/* ---- what the engine may ask ---- */

struct grant {
	const char		*client, *nonce, *grant_id;
	const char * const	*scopes;
};
static const char * const	 offline[] = { "openid", "offline_access",
				    NULL };
static const char * const	 online[] = { "openid", "email", NULL };
static const char * const	 wide[] = { "openid", "offline_access",
				    "groups", NULL };
static const struct grant	 honest = { "app", "n", "g", offline };
static const struct grant	 brief = { "app", "n", "g", online };

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

/* Jane types her password; the attestation is of this grant. */
static void
log_in(const struct grant *g)
{
	struct list_buf			 scopes;
	struct msg_en_au_password	 ask = { .state = span_str("state"),
		.client_id = span_str(g->client), .nonce = span_str(g->nonce),
		.grant_id = span_str(g->grant_id) };
	struct buf			 box;

	buf_init(&box, SEALBOX_MAX);
	assert_int_equal(sealbox_seal(&box, box_key, (uint64_t)time(NULL),
	    span_str("local"), span_str("state"), span_str("j@x"),
	    span_str("password")), 0);
	ask.sealed = buf_span(&box);
	ask.scopes = list_of(&scopes, g->scopes);
	answered = false;
	assert_int_equal(peer_ask(local.wire, EN_AU_PASSWORD, &ask, 20000,
	    on_identity, NULL), 0);
	assert_true(rooms_wait(&answered));
	assert_int_equal(status, IDENTITY_OK);
	list_buf_clear(&scopes);
	buf_clear(&box);
}

/* Leaves the new attestation in `attestation`, or nothing. */
static unsigned
refresh(struct played *w, const struct grant *g, struct span earlier)
{
	struct list_buf			 scopes;
	struct msg_en_au_refresh	 ask = {
		.client_id = span_str(g->client), .nonce = span_str(g->nonce),
		.grant_id = span_str(g->grant_id), .attestation = earlier };

	ask.scopes = list_of(&scopes, g->scopes);
	answered = false;
	assert_int_equal(peer_ask(w->wire, EN_AU_REFRESH, &ask, 20000,
	    on_identity, NULL), 0);
	assert_true(rooms_wait(&answered));
	list_buf_clear(&scopes);
	return (status);
}

static void
on_signed(void *arg, struct msg *m)
{
	(void)arg;
	answered = true;
	status = m == NULL ? SIGN_MAX : m->sg_en_signed.status;
	buf_reset(&tokens);
	if (m != NULL) {
		buf_put_span(&tokens, m->sg_en_signed.access_token);
		buf_put_span(&tokens, m->sg_en_signed.id_token);
	}
}

static unsigned
sign(const struct grant *g, struct span att)
{
	struct list_buf		 scopes;
	struct msg_en_sg_sign	 ask = { .client_id = span_str(g->client),
		.nonce = span_str(g->nonce), .grant_id =
		span_str(g->grant_id), .with_auth_time = true,
		.attestation = att };

	ask.scopes = ask.wanted = list_of(&scopes, g->scopes);
	answered = false;
	assert_int_equal(peer_ask(signer.wire, EN_SG_SIGN, &ask, 20000,
	    on_signed, NULL), 0);
	assert_true(rooms_wait(&answered));
	list_buf_clear(&scopes);
	assert_true((status == SIGN_OK) == (tokens.len != 0));
	return (status);
}

/*
 * What the worker of `connector` said `ago` seconds ago about a login that was
 * `login_ago` seconds ago, as an engine would have stored it.
 */
static void
said(struct buf *out, const char *connector, enum attest_kind kind,
    uint64_t ago, uint64_t login_ago, const struct grant *g)
{
	uint64_t		 now = (uint64_t)time(NULL);
	struct attestation	 a = { .key_number = 1, .kind = kind,
		.issuer = span_str(ISSUER), .connector = span_str(connector),
		.user_id = span_str(USER_ID), .email = span_str("j@x"),
		.attested_at = now - ago, .auth_time = now - login_ago };
	uint8_t			 key[KEY_LEN];
	struct list_buf		 scopes;

	assert_true(attest_grant(a.grant, span_str(g->client),
	    list_of(&scopes, g->scopes), span_str(g->nonce),
	    span_str(g->grant_id)));
	list_buf_clear(&scopes);
	attest_key(key, root, span_str(connector));
	buf_init(out, ATTEST_MAX);
	assert_int_equal(attest_write(out, &a, key), 0);
}

/* A copy of the attestation that came last. */
static void
keep(struct buf *b)
{
	buf_init(b, ATTEST_MAX);
	buf_put_span(b, buf_span(&attestation));
	assert_true(b->len > 100);
}

/* ---- the table ---- */

/* What it can: use a grant that is stored, again and again. */
static void
uses_a_grant(void **state)
{
	struct buf	 login;
	int		 i;

	(void)state;
	log_in(&honest);
	keep(&login);
	assert_int_equal(sign(&honest, buf_span(&login)), SIGN_OK);
	assert_int_equal(refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_OK);
	for (i = 0; i < 3; i++) {
		assert_int_equal(sign(&honest, buf_span(&attestation)),
		    SIGN_OK);
		assert_int_equal(refresh(&local, &honest,
		    buf_span(&attestation)), IDENTITY_OK);
	}
	buf_clear(&login);
}

/* "not have a person or claim signed that no worker attested" */
static void
cannot_use_it_for_another(void **state)
{
	const struct grant	 bad[] = {
		{ "other", "n", "g", offline }, { "app", "m", "g", offline },
		{ "app", "n", "h", offline }, { "app", "n", "g", wide },
		{ "app", "n", "g", online },
	};
	struct buf		 login;
	size_t			 i;

	(void)state;
	log_in(&honest);
	keep(&login);
	for (i = 0; i < NITEMS(bad); i++) {
		if (refresh(&local, &bad[i], buf_span(&login)) !=
		    IDENTITY_ERROR || attestation.len != 0)
			fail_msg("worker, case %zu", i);
		assert_int_equal(refresh(&local, &honest, buf_span(&login)),
		    IDENTITY_OK);
		if (sign(&bad[i], buf_span(&attestation)) != SIGN_REFUSED)
			fail_msg("signer, case %zu", i);
	}
	buf_clear(&login);
}

/* A login for once stays one for once. */
static void
cannot_refresh_without_offline_access(void **state)
{
	struct buf	 b;

	(void)state;
	log_in(&brief);
	assert_int_equal(refresh(&local, &brief, buf_span(&attestation)),
	    IDENTITY_ERROR);
	/* Not even if a worker had said so. */
	said(&b, "local", ATTEST_REFRESH, 1, 1, &brief);
	assert_int_equal(sign(&brief, buf_span(&b)), SIGN_REFUSED);
	buf_clear(&b);
}

static void
cannot_edit_an_attestation(void **state)
{
	struct buf	 login;
	size_t		 i;

	(void)state;
	log_in(&honest);
	keep(&login);
	for (i = 0; i < login.len; i += 5) {
		login.p[i] ^= 1;
		if (refresh(&local, &honest, buf_span(&login)) !=
		    IDENTITY_ERROR || attestation.len != 0)
			fail_msg("byte %zu", i);
		login.p[i] ^= 1;
	}
	assert_int_equal(refresh(&local, &honest, span_mem(login.p,
	    login.len - 1)), IDENTITY_ERROR);
	assert_int_equal(refresh(&local, &honest, span_mem(NULL, 0)),
	    IDENTITY_ERROR);
	buf_put_c(&login, 0);
	assert_int_equal(refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_ERROR);
	buf_clear(&login);
}

/* A worker refreshes what it said itself, and says it of its connector. */
static void
cannot_cross_connectors(void **state)
{
	static const enum attest_kind	 kinds[] = { ATTEST_EXCHANGE,
		ATTEST_SESSION, ATTEST_ADOPTED };
	struct buf			 b;
	size_t				 i;

	(void)state;
	log_in(&honest);
	keep(&b);
	assert_int_equal(refresh(&mock, &honest, buf_span(&b)),
	    IDENTITY_ERROR);
	buf_clear(&b);
	said(&b, "pw", ATTEST_LOGIN, 1, 1, &honest);
	assert_int_equal(refresh(&local, &honest, buf_span(&b)),
	    IDENTITY_ERROR);
	assert_int_equal(refresh(&mock, &honest, buf_span(&b)), IDENTITY_OK);
	buf_clear(&b);
	said(&b, "ldap", ATTEST_LOGIN, 1, 1, &honest);
	assert_int_equal(refresh(&local, &honest, buf_span(&b)),
	    IDENTITY_ERROR);
	assert_int_equal(sign(&honest, buf_span(&b)), SIGN_REFUSED);
	buf_clear(&b);
	for (i = 0; i < NITEMS(kinds); i++) {
		said(&b, "local", kinds[i], 1, 1, &honest);
		assert_int_equal(refresh(&local, &honest, buf_span(&b)),
		    IDENTITY_ERROR);
		assert_int_equal(sign(&honest, buf_span(&b)), SIGN_REFUSED);
		buf_clear(&b);
	}
}

/* Who is gone, or somebody else now, is not refreshed. */
static void
cannot_bring_a_user_back(void **state)
{
	struct buf	 login;

	(void)state;
	log_in(&honest);
	keep(&login);
	room_end(&local);
	begin_worker(&local, "local", NULL);
	assert_int_equal(refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_DENIED);
	assert_int_equal(attestation.len, 0);
	room_end(&local);
	begin_worker(&local, "local", "another");
	assert_int_equal(refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_DENIED);
	assert_int_equal(attestation.len, 0);
	room_end(&local);
	begin_worker(&local, "local", USER_ID);
	assert_int_equal(refresh(&local, &honest, buf_span(&login)),
	    IDENTITY_OK);
	buf_clear(&login);
}

/* However often it refreshes: the time of the login goes along. */
static void
cannot_prolong_a_grant(void **state)
{
	const uint64_t	 limit = LOGIN_SECS + ABSOLUTE_SECS;
	struct buf	 b;
	int		 i;

	(void)state;
	said(&b, "local", ATTEST_LOGIN, limit - 60, limit - 60, &honest);
	assert_int_equal(refresh(&local, &honest, buf_span(&b)), IDENTITY_OK);
	assert_int_equal(sign(&honest, buf_span(&attestation)), SIGN_OK);
	buf_clear(&b);
	said(&b, "local", ATTEST_LOGIN, limit + 5, limit + 5, &honest);
	assert_int_equal(refresh(&local, &honest, buf_span(&b)), IDENTITY_OK);
	for (i = 0; i < 3; i++) {
		assert_int_equal(sign(&honest, buf_span(&attestation)),
		    SIGN_REFUSED);
		assert_int_equal(refresh(&local, &honest,
		    buf_span(&attestation)), IDENTITY_OK);
	}
	buf_clear(&b);
}

/* What was said is signed soon or never: later the worker is asked again. */
static void
cannot_use_what_was_said_long_ago(void **state)
{
	struct buf	 b;

	(void)state;
	said(&b, "local", ATTEST_LOGIN, LOGIN_SECS + REUSE_SECS + 5,
	    LOGIN_SECS + REUSE_SECS + 5, &honest);
	assert_int_equal(sign(&honest, buf_span(&b)), SIGN_REFUSED);
	buf_clear(&b);
	said(&b, "local", ATTEST_LOGIN, LOGIN_SECS, LOGIN_SECS, &honest);
	assert_int_equal(sign(&honest, buf_span(&b)), SIGN_OK);
	buf_clear(&b);
	said(&b, "local", ATTEST_REFRESH, REFRESH_SECS + REUSE_SECS + 5, 4000,
	    &honest);
	assert_int_equal(sign(&honest, buf_span(&b)), SIGN_REFUSED);
	buf_clear(&b);
	said(&b, "local", ATTEST_REFRESH, REUSE_SECS, 4000, &honest);
	assert_int_equal(sign(&honest, buf_span(&b)), SIGN_OK);
	buf_clear(&b);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(uses_a_grant), T(cannot_use_it_for_another),
		T(cannot_refresh_without_offline_access),
		T(cannot_edit_an_attestation), T(cannot_cross_connectors),
		T(cannot_bring_a_user_back), T(cannot_prolong_a_grant),
		T(cannot_use_what_was_said_long_ago),
	};

	rooms_init();
	return (RUN(tests));
}
