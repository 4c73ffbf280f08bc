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

/* link: regress/compromise/rooms.c regress/compromise/hostile.c */
/* link: regress/compromise/broken_engine.c signer/key.c */
/* link: regress/compromise/granted.c */
/* libs: libcrypto jansson */

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "docmac.h"
#include "regress/compromise/broken_engine.h"
#include "regress/compromise/hostile.h"
#include "test.h"

/*
 * The engine is broken: the test is the engine, the signer and the worker are
 * the real programs in their sandbox.  Each test is a line of the threat table
 * in dexd(8).
 */

static struct played	 worker = { .program = "authn-mock", .room = ROOM_AUTHN,
			    .name = "pw" };
static const struct hostile	 at_signer = { &signer, ROOM_ENGINE, "", NULL },
				 at_worker = { &worker, ROOM_ENGINE, "", NULL };
static bool		 answered;
static unsigned		 rotate_status;

static const char * const	 two[] = { "openid", "email", NULL };
static const char * const	 three[] = { "openid", "email", "groups",
				    NULL };
static const char * const	 one[] = { "openid", NULL };
static const char * const	 all[] = { "openid", "email", "groups",
				    "profile", NULL };
static const struct grant	 honest = { "app", "n", "g", two, two };

static int
setup(void **state)
{
	(void)state;
	engine_begin();
	worker_begin(&worker, "mockPassword", NULL);
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	engine_end();
	room_end(&worker);
	return (0);
}

static enum identity_status
present(const struct buf *box, const char *state)
{
	return (worker_password(&worker, buf_span(box), state, &honest));
}

/* A person logs in to the client "app". */
static void
log_in(void)
{
	struct buf	 box;

	box_seal(&box, "pw", "u", "p", 0);
	assert_int_equal(present(&box, "state"), IDENTITY_OK);
	buf_clear(&box);
}

/* ---- the table ---- */

/* "repeat stored grants for their own client and scopes": that much it can. */
static void
repeats_a_grant(void **state)
{
	(void)state;
	log_in();
	assert_int_equal(signer_sign(&honest, buf_span(&attestation)), SIGN_OK);
	assert_int_equal(signer_sign(&honest, buf_span(&attestation)), SIGN_OK);
}

/*
 * "skip client authentication": the secrets are the engine's own business, and
 * the signer does not know which clients there are.
 */
static void
skips_client_authentication(void **state)
{
	const struct grant	 stranger = { "never configured", "n", "g", two,
				    one };
	struct buf		 box;

	(void)state;
	box_seal(&box, "pw", "u", "p", 0);
	assert_int_equal(worker_password(&worker, buf_span(&box), "state",
	    &stranger), IDENTITY_OK);
	buf_clear(&box);
	assert_int_equal(signer_sign(&stranger, buf_span(&attestation)),
	    SIGN_OK);
}

/*
 * "bind a login that is happening to another client": the person typed the
 * password for one, the worker cannot know.  Nobody was asked for consent.
 */
static void
binds_a_login_to_another_client(void **state)
{
	const struct grant	 other = { "other", "n", "g", two, two };
	struct buf		 box;

	(void)state;
	box_seal(&box, "pw", "u", "p", 0);
	assert_int_equal(worker_password(&worker, buf_span(&box), "state",
	    &other), IDENTITY_OK);
	buf_clear(&box);
	assert_int_equal(signer_sign(&other, buf_span(&attestation)), SIGN_OK);
	/* Instead of the one it was for, not besides. */
	assert_int_equal(signer_sign(&honest, buf_span(&attestation)),
	    SIGN_REFUSED);
}

/* "not have a person or claim signed that no worker attested". */
static void
cannot_change_a_grant(void **state)
{
	const struct grant	 bad[] = {
		{ "other", "n", "g", two, two }, { "app", "m", "g", two, two },
		{ "app", "n", "h", two, two }, { "app", "n", "g", three, two },
		{ "app", "n", "g", one, one }, { "app", "n", "g", two, three },
	};
	size_t			 i;

	(void)state;
	log_in();
	for (i = 0; i < NITEMS(bad); i++)
		if (signer_sign(&bad[i], buf_span(&attestation)) !=
		    SIGN_REFUSED)
			fail_msg("case %zu", i);
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
		if (signer_sign(&honest, buf_span(&attestation)) !=
		    SIGN_REFUSED)
			fail_msg("byte %zu", i);
		attestation.p[i] ^= 1;
	}
	assert_int_equal(signer_sign(&honest, span_mem(attestation.p,
	    attestation.len - 1)), SIGN_REFUSED);
	buf_put_c(&attestation, 0);
	assert_int_equal(signer_sign(&honest, buf_span(&attestation)),
	    SIGN_REFUSED);
	assert_int_equal(signer_sign(&honest, span_mem(NULL, 0)), SIGN_REFUSED);
}

/* What the worker that has the key of `key_of` says of `a` for these scopes. */
static void
worker_says(struct buf *out, struct attestation *a, const char *key_of,
    const char * const *scopes)
{
	uint8_t		 key[KEY_LEN];
	struct list_buf	 l;

	a->attested_at = (uint64_t)time(NULL);
	assert_true(attest_grant(a->grant, span_str("app"),
	    list_of(&l, scopes), span_str("n"), span_str("g")));
	list_buf_clear(&l);
	attest_key(key, attest_root, span_str(key_of));
	buf_init(out, ATTEST_MAX);
	assert_int_equal(attest_write(out, a, key), 0);
}

/*
 * authn: "attest any claims under its own connector".  Somebody who does not
 * exist, long ago, in every group; the sub still says by whose word.
 */
static void
worker_attests_what_it_likes(void **state)
{
	struct attestation	 a = { .key_number = 1, .kind = ATTEST_LOGIN,
		.issuer = span_str(ISSUER), .connector = span_str("pw"),
		.user_id = span_str("root"), .username = span_str("Root"),
		.preferred_username = span_str("root"),
		.email = span_str("root@elsewhere"), .email_verified = true };
	struct grant		 g = { "app", "n", "g", all, NULL };
	struct list_buf		 groups;
	struct buf		 b;

	(void)state;
	a.groups = LIST_OF(&groups, "admins", "wheel");
	a.auth_time = (uint64_t)time(NULL) - 1000;
	worker_says(&b, &a, "pw", all);
	assert_int_equal(signer_sign(&g, buf_span(&b)), SIGN_OK);
	/* What it says is told as far as it was asked for, not further. */
	g.wanted = two;
	assert_int_equal(signer_sign(&g, buf_span(&b)), SIGN_OK);
	g.wanted = one;
	assert_int_equal(signer_sign(&g, buf_span(&b)), SIGN_OK);
	buf_clear(&b);
	list_buf_clear(&groups);
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
	struct buf		 b;
	size_t			 i;

	(void)state;
	a.auth_time = (uint64_t)time(NULL);
	for (i = 0; i < NITEMS(forged); i++) {
		a.issuer = span_str(forged[i].issuer);
		a.connector = span_str(forged[i].connector);
		worker_says(&b, &a, forged[i].key_of, two);
		if (signer_sign(&honest, buf_span(&b)) != SIGN_REFUSED)
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
	box_seal(&box, "pw", "u", "p", 0);
	assert_int_equal(present(&box, "other"),
	    IDENTITY_ERROR);
	assert_int_equal(present(&box, "state"), IDENTITY_OK);
	assert_int_equal(present(&box, "state"),
	    IDENTITY_ERROR);
	buf_clear(&box);
	box_seal(&box, "pw", "u", "p", 120);
	assert_int_equal(present(&box, "state"),
	    IDENTITY_EXPIRED);
	buf_clear(&box);
	box_seal(&box, "pw", "u", "p", 0);
	box.p[box.len / 2] ^= 1;
	assert_int_equal(present(&box, "state"),
	    IDENTITY_ERROR);
	buf_clear(&box);
	box_seal(&box, "pw", "u", "wrong", 0);
	assert_int_equal(present(&box, "state"),
	    IDENTITY_BAD_CREDENTIALS);
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
	assert_int_equal(signer_sign(&honest, buf_span(&attestation)), SIGN_OK);
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
	signer.wire = room_wire(&signer, ROOM_ENGINE, engine_handlers);
	log_in();
	assert_int_equal(signer_sign(&honest, buf_span(&attestation)), SIGN_OK);
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
	signer.wire = room_wire(&signer, ROOM_ENGINE, engine_handlers);
	worker.wire = room_wire(&worker, ROOM_ENGINE, engine_handlers);
	log_in();
	assert_int_equal(signer_sign(&honest, buf_span(&attestation)), SIGN_OK);
}

/* A question with those fields, under many ids. */
static void
put_questions(struct buf *b, enum msg_type type, const void *m)
{
	struct buf	 fields;
	uint32_t	 rid;

	buf_init(&fields, 65536);
	assert_int_equal(msg_encode(type, m, &fields), 0);
	for (rid = 1; rid <= 16; rid++)
		hostile_frame(b, type, 0, type * 100 + rid, buf_span(&fields));
	buf_clear(&fields);
}

/* Floods of questions whose answers nobody reads, and frames without end. */
static void
cannot_fill_the_signer(void **state)
{
	struct msg_en_sg_verify	 verify = { .token = span_str("a.b.c") };
	struct msg_en_sg_sign	 sign = { .client_id = span_str("app") };
	struct msg_en_sg_keys	 keys = { 0 };
	struct buf		 b;

	(void)state;
	buf_init(&b, 1 << 20);
	put_questions(&b, EN_SG_VERIFY, &verify);
	put_questions(&b, EN_SG_SIGN, &sign);
	put_questions(&b, EN_SG_KEYS, &keys);
	close(hostile_flood(&at_signer, buf_span(&b)));
	hostile_unended(&at_signer, 300);
	rooms_settle();		/* our own wire was replaced */
	signer.wire = room_wire(&signer, ROOM_ENGINE, engine_handlers);
	log_in();
	assert_int_equal(signer_sign(&honest, buf_span(&attestation)), SIGN_OK);
	buf_clear(&b);
}

static void
cannot_fill_a_worker(void **state)
{
	struct msg_en_au_begin		 begin = { .state = span_str("s") };
	struct msg_en_au_password	 password = { .state = span_str("s"),
		.sealed = span_str("no box") };
	struct msg_en_au_refresh	 refresh = {
		.attestation = span_str("no attestation") };
	struct msg_en_au_callback	 callback = { .state = span_str("s") };
	struct buf			 b;

	(void)state;
	buf_init(&b, 1 << 20);
	put_questions(&b, EN_AU_BEGIN, &begin);
	put_questions(&b, EN_AU_PASSWORD, &password);
	put_questions(&b, EN_AU_REFRESH, &refresh);
	put_questions(&b, EN_AU_CALLBACK, &callback);
	close(hostile_flood(&at_worker, buf_span(&b)));
	hostile_unended(&at_worker, 300);
	rooms_settle();		/* our own wire was replaced */
	worker.wire = room_wire(&worker, ROOM_ENGINE, engine_handlers);
	log_in();
	buf_clear(&b);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(repeats_a_grant), T(skips_client_authentication),
		T(worker_attests_what_it_likes),
		T(binds_a_login_to_another_client), T(cannot_change_a_grant),
		T(cannot_edit_an_attestation), T(cannot_make_an_attestation),
		T(cannot_replay_a_password), T(cannot_plant_keys),
		T(cannot_age_the_keys), T(breaches_close_the_wire),
		T(cannot_crash_its_neighbours), T(cannot_fill_the_signer),
		T(cannot_fill_a_worker),
	};

	rooms_init();
	return (RUN(tests));
}
