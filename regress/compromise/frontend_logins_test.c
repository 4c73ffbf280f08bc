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

/* link: regress/compromise/rooms.c regress/compromise/real_engine.c */
/* link: engine/pending.c engine/verifier.c */

#include <string.h>
#include <time.h>

#include <sodium.h>

#include "b64.h"
#include "engine/pending.h"
#include "engine/verifier.h"
#include "regress/compromise/real_engine.h"
#include "test.h"

/*
 * The frontend is broken and lacks one thing of a login that is really there:
 * it knows the state, the link or the code, as somebody who looks over the
 * shoulder may, but not the cookie, the client's secret or the verifier, which
 * it did not see.  The engine is real; worker and signer are played and say yes
 * to everything, so that nobody but the engine stands in the way.
 */

#define WORKER	7	/* instance of the worker */
#define NONCE	"n-0S6_WzA2Mj"
/* RFC 7636 appendix B */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define ATTESTED "what the worker attested"

/* A cookie as the browser has it. */
struct cookie {
	char	 name[64];
	char	 value[PENDING_WIRE_MAX + 1];
};

/* A login under way: what its browser has, and what its links show. */
struct login {
	char		 state[PENDING_ID_LEN + 1];
	char		 hmac[64];
	char		 code[64];
	struct cookie	 pending;	/* until the password is right */
	struct cookie	 bound;		/* from then to the consent */
};

static struct peer	*worker, *signer;
static unsigned		 nchecked, nsigned;

static void
on_password(void *room, struct peer *p, struct msg *m)
{
	struct msg_au_en_identity	 i = { .status = IDENTITY_OK,
		.user_id = span_str("u"), .username = span_str("Jane"),
		.attestation = span_str(ATTESTED) };

	(void)room;
	i.auth_time = (uint64_t)time(NULL);
	nchecked++;
	assert_int_equal(peer_answer(p, m->rid, AU_EN_IDENTITY, &i), 0);
}

static void
on_sign(void *room, struct peer *p, struct msg *m)
{
	struct msg_sg_en_signed	 s = { .status = SIGN_OK, .expires_in = 60,
		.access_token = span_str("a.b.c"),
		.id_token = span_str("d.e.f") };

	(void)room;
	nsigned++;
	assert_true(span_is(m->en_sg_sign.attestation, ATTESTED));
	assert_int_equal(peer_answer(p, m->rid, SG_EN_SIGNED, &s), 0);
}

static void
ignore(void *room, struct peer *p, struct msg *m)
{
	(void)room;
	(void)p;
	(void)m;
}

static peer_handler * const	 handlers[MSG_MAX] = {
	[EN_AU_PASSWORD] = on_password, [EN_SG_SIGN] = on_sign,
	[EN_SG_KEYSET] = ignore, [EN_PA_LOST] = ignore,
};

static int
setup(void **state)
{
	(void)state;
	engine_begin(handlers);
	worker = room_wire_named(&engine, ROOM_AUTHN, "pw", WORKER, handlers);
	signer = room_wire(&engine, ROOM_SIGNER, handlers);
	nchecked = nsigned = 0;
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	peer_free(worker);
	peer_free(signer);
	engine_end();
	return (0);
}

/* ---- what is in an answer ---- */

/* The value of a parameter of the location, as far as ids are made. */
static void
location_param(const char *name, char *out, size_t size)
{
	const char	*at = strstr(buf_cstr(&location), name);
	size_t		 n;

	assert_non_null(at);
	at += strlen(name);
	n = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_");
	assert_true(n > 0 && n < size);
	memcpy(out, at, n);
	out[n] = '\0';
}

/* The cookie that was set with a value. */
static void
take_cookie(struct cookie *c)
{
	struct msg_list	 set = msg_list_of(&cookies);
	struct span	 s;
	const uint8_t	*equals, *end;

	while (msg_list_next(&set, &s)) {
		equals = memchr(s.p, '=', s.len);
		end = memchr(s.p, ';', s.len);
		assert_true(equals != NULL && end != NULL && equals < end);
		if (end == equals + 1)
			continue;	/* taken away */
		assert_true(equals - s.p < (long)sizeof(c->name) &&
		    end - equals <= (long)sizeof(c->value));
		memset(c, 0, sizeof(*c));
		memcpy(c->name, s.p, (size_t)(equals - s.p));
		memcpy(c->value, equals + 1, (size_t)(end - equals - 1));
		return;
	}
	fail_msg("no cookie was set");
}

/* ---- the steps of a login, with whatever cookie ---- */

static void
begin(struct login *l, const char *nonce)
{
	memset(l, 0, sizeof(*l));
	assert_int_equal(REQUEST(ENDPOINT_AUTH_CONNECTOR, "pw",
	    "client_id", "app", "redirect_uri", "http://app/cb",
	    "response_type", "code", "scope", "openid", "state", "s",
	    "nonce", nonce, "code_challenge", CHALLENGE,
	    "code_challenge_method", "S256"), 302);
	location_param("state=", l->state, sizeof(l->state));
	take_cookie(&l->pending);
}

static unsigned
post(enum endpoint endpoint, struct list_buf *query, struct list_buf *form,
    const char *name, const char *value)
{
	struct list_buf		 jar;
	struct msg_fe_en_http	 ask = { .endpoint = (uint8_t)endpoint,
		.method = HTTP_POST, .path = span_str("/dex/x"),
		.sealed_instance = WORKER, .sealed = span_str("a box"),
		.connector = span_str(endpoint == ENDPOINT_AUTH_LOGIN ? "pw" :
		    ""), .query = msg_list_of(query),
		.form = msg_list_of(form) };
	unsigned		 status;

	list_buf_init(&jar, 4096);
	if (name != NULL) {
		list_buf_add(&jar, span_str(name));
		list_buf_add(&jar, span_str(value));
	}
	ask.cookies = msg_list_of(&jar);
	status = engine_ask(&ask);
	list_buf_clear(&jar);
	list_buf_clear(query);
	list_buf_clear(form);
	return (status);
}

/* The right password in the login of that state. */
static unsigned
type_password(const char *id, const char *name, const char *value)
{
	struct list_buf	 query, form;

	LIST_OF(&query, "state", id);
	LIST_OF(&form, "login", "jane");
	return (post(ENDPOINT_AUTH_LOGIN, &query, &form, name, value));
}

static unsigned
consent(const char *id, const char *hmac, const char *name, const char *value)
{
	struct list_buf	 query, form;

	LIST_OF(&query, "req", id, "hmac", hmac);
	LIST_OF(&form, "approval", "approve");
	return (post(ENDPOINT_APPROVAL, &query, &form, name, value));
}

static void
log_in(struct login *l)
{
	assert_int_equal(type_password(l->state, l->pending.name,
	    l->pending.value), 303);
	location_param("hmac=", l->hmac, sizeof(l->hmac));
	take_cookie(&l->bound);
}

static void
get_code(struct login *l)
{
	assert_int_equal(consent(l->state, l->hmac, l->bound.name,
	    l->bound.value), 303);
	location_param("http://app/cb?code=", l->code, sizeof(l->code));
}

static unsigned
redeem(const char *client, const char *secret, const char *code,
    const char *uri, const char *verifier)
{
	return (REQUEST(ENDPOINT_TOKEN, "", "grant_type",
	    "authorization_code", "client_id", client, "client_secret",
	    secret, "code", code, "redirect_uri", uri, verifier[0] == '\0' ?
	    "x" : "code_verifier", verifier));
}

/* Refused, nobody asked, and no way on. */
static void
password_refused(const struct login *l, const char *name, const char *value,
    const char *what)
{
	unsigned	 n = nchecked;

	if (type_password(l->state, name, value) != 400 || nchecked != n ||
	    location.len != 0)
		fail_msg("logs in with %s", what);
}

static void
consent_refused(const struct login *l, const char *hmac, unsigned want,
    const char *name, const char *value, const char *what)
{
	if (consent(l->state, hmac, name, value) != want || location.len != 0)
		fail_msg("consents with %s", what);
}

/* ---- the tests ---- */

/* Nothing that it makes up passes for a login. */
static void
cannot_make_one_up(void **state)
{
	(void)state;
	assert_int_equal(REQUEST(ENDPOINT_CALLBACK, "pw", "state", "made-up"),
	    400);
	assert_int_equal(REQUEST(ENDPOINT_APPROVAL, "", "req", "made-up",
	    "hmac", "made-up"), 400);
	assert_int_equal(redeem("app", "secret", "made-up", "http://app/cb",
	    ""), 400);
	assert_non_null(strstr(buf_cstr(&body), "invalid_grant"));
	assert_int_equal(nsigned, 0);
}

/* The cookie that an engine with another key would have made. */
static void
seal(const struct login *l, uint32_t number, uint8_t key_byte,
    const char *issuer, char out[PENDING_WIRE_MAX + 1])
{
	uint8_t			 key[32] = { key_byte };
	struct pending_request	 r = { .created = (uint64_t)time(NULL),
		.connector = span_str("pw"), .client_id = span_str("app"),
		.redirect_uri = span_str("http://app/cb"),
		.scope = span_str("openid"), .state = span_str("s"),
		.nonce = span_str(NONCE) };
	struct buf		 b;

	memcpy(r.id, l->state, sizeof(r.id));
	buf_init(&b, PENDING_WIRE_MAX);
	assert_int_equal(pending_seal(&b, &r, span_str(issuer), number, key),
	    0);
	memset(out, 0, PENDING_WIRE_MAX + 1);
	memcpy(out, b.p, b.len);
	buf_clear(&b);
}

/* No byte of it can change; the last characters have bits that are no byte. */
static void
flipped_bytes(const struct login *l)
{
	char		 value[PENDING_WIRE_MAX + 1];
	struct buf	 raw, text;
	size_t		 i;

	buf_init(&raw, sizeof(value));
	buf_init(&text, sizeof(value));
	assert_int_equal(b64url_get(&raw, span_str(l->pending.value)), 0);
	for (i = 0; i < raw.len; i += 3) {
		raw.p[i] ^= 1;
		buf_reset(&text);
		b64url_put(&text, buf_span(&raw));
		snprintf(value, sizeof(value), "%s", buf_cstr(&text));
		password_refused(l, l->pending.name, value, "a flipped byte");
		raw.p[i] ^= 1;
	}
	buf_clear(&raw);
	buf_clear(&text);
}

/* A login that waits for its password, kept in a cookie. */
static void
cannot_type_into_another_browser(void **state)
{
	struct login	 l, other;
	char		 value[PENDING_WIRE_MAX + 1];

	(void)state;
	begin(&l, NONCE);
	begin(&other, NONCE);
	password_refused(&l, NULL, NULL, "no cookie");
	password_refused(&l, l.pending.name, "", "an empty cookie");
	password_refused(&l, other.pending.name, other.pending.value,
	    "the cookie of another login");
	password_refused(&l, l.pending.name, other.pending.value,
	    "that, by the right name");
	seal(&l, 1, 8, ISSUER, value);
	password_refused(&l, l.pending.name, value, "another key's seal");
	seal(&l, 2, 7, ISSUER, value);
	password_refused(&l, l.pending.name, value, "a key there is not");
	seal(&l, 1, 7, "http://elsewhere/", value);
	password_refused(&l, l.pending.name, value, "another issuer's seal");
	flipped_bytes(&l);
	/* What was refused is a cookie but for that: this one is taken. */
	seal(&l, 1, 7, ISSUER, value);
	assert_int_equal(type_password(l.state, l.pending.name, value), 303);
	log_in(&other);
	assert_int_equal(nchecked, 2);
}

/* The same when it is too large for a cookie: then that has a secret alone. */
static void
cannot_type_into_a_large_login(void **state)
{
	struct login	 l, other;
	char		 nonce[2001], value[PENDING_WIRE_MAX + 1];

	(void)state;
	memset(nonce, 'n', sizeof(nonce) - 1);
	nonce[sizeof(nonce) - 1] = '\0';
	begin(&l, nonce);
	begin(&other, nonce);
	assert_non_null(strstr(l.pending.name, "dexd_row_"));
	password_refused(&l, NULL, NULL, "no cookie");
	password_refused(&l, l.pending.name, "", "an empty cookie");
	password_refused(&l, l.pending.name, other.pending.value,
	    "another login's");
	memcpy(value, l.pending.value, sizeof(value));
	value[0] ^= 1;
	password_refused(&l, l.pending.name, value, "a flipped byte");
	log_in(&l);
	/* From here on its binder is another one. */
	consent_refused(&l, l.hmac, 400, l.bound.name, l.pending.value,
	    "the secret of the time before");
	get_code(&l);
}

/* A login that waits for consent, and whose link is known. */
static void
cannot_consent_for_another(void **state)
{
	struct login	 l, other;
	char		 value[PENDING_WIRE_MAX + 1], hmac[44];

	(void)state;
	begin(&l, NONCE);
	begin(&other, NONCE);
	log_in(&l);
	log_in(&other);
	consent_refused(&l, l.hmac, 400, NULL, NULL, "no cookie");
	consent_refused(&l, l.hmac, 400, l.bound.name, "", "an empty cookie");
	consent_refused(&l, l.hmac, 400, other.bound.name, other.bound.value,
	    "the cookie of another login");
	consent_refused(&l, l.hmac, 400, l.bound.name, other.bound.value,
	    "that, by the right name");
	consent_refused(&l, l.hmac, 400, l.bound.name, l.pending.value,
	    "the cookie of the time before");
	memcpy(value, l.bound.value, sizeof(value));
	value[strlen(value) - 1] ^= 1;
	consent_refused(&l, l.hmac, 400, l.bound.name, value,
	    "a flipped byte");
	/* The cookie without the link, which has a secret of its own. */
	consent_refused(&l, other.hmac, 401, l.bound.name, l.bound.value,
	    "another login's link");
	verifier_make(hmac, span_str("guessed"), span_str(l.state),
	    STEP_APPROVAL);
	consent_refused(&l, hmac, 401, l.bound.name, l.bound.value,
	    "a link it made");
	get_code(&l);
	consent_refused(&l, l.hmac, 400, l.bound.name, l.bound.value,
	    "what was used");
}

/* The page of consent says who logs in where: to that browser alone. */
static void
cannot_look_at_anothers_consent(void **state)
{
	struct list_buf		 query, jar;
	struct msg_fe_en_http	 ask = { .endpoint = ENDPOINT_APPROVAL,
		.method = HTTP_GET, .path = span_str("/dex/approval") };
	struct login		 l;

	(void)state;
	begin(&l, NONCE);
	log_in(&l);
	ask.query = LIST_OF(&query, "req", l.state, "hmac", l.hmac);
	assert_int_equal(engine_ask(&ask), 400);
	ask.cookies = LIST_OF(&jar, l.bound.name, l.bound.value);
	assert_int_equal(engine_ask(&ask), 200);
	list_buf_clear(&query);
	list_buf_clear(&jar);
}

/* A code that waits is of one client, address and verifier, and for once. */
static void
cannot_redeem_a_code(void **state)
{
	static const struct {
		const char	*client, *secret, *uri, *verifier;
		unsigned	 status;
	} bad[] = {
		{ "other", "theirs", "http://app/cb", VERIFIER, 400 },
		{ "app", "theirs", "http://app/cb", VERIFIER, 401 },
		{ "app", "", "http://app/cb", VERIFIER, 401 },
		{ "app", "secret", "http://app/cb2", VERIFIER, 400 },
		{ "app", "secret", "", VERIFIER, 400 },
		{ "app", "secret", "http://app/cb", CHALLENGE, 400 },
		{ "app", "secret", "http://app/cb", "", 400 },
	};
	struct login		 l;
	size_t			 i;

	(void)state;
	begin(&l, NONCE);
	log_in(&l);
	get_code(&l);
	for (i = 0; i < NITEMS(bad); i++)
		if (redeem(bad[i].client, bad[i].secret, l.code, bad[i].uri,
		    bad[i].verifier) != bad[i].status || nsigned != 0)
			fail_msg("case %zu", i);
	/* The id of the login is no code. */
	assert_int_equal(redeem("app", "secret", l.state, "http://app/cb",
	    VERIFIER), 400);
	assert_int_equal(nsigned, 0);
	/* With all of that it is good, or what was refused proves nothing. */
	assert_int_equal(redeem("app", "secret", l.code, "http://app/cb",
	    VERIFIER), 200);
	assert_non_null(strstr(buf_cstr(&body), "\"id_token\":\"d.e.f\""));
	assert_int_equal(redeem("app", "secret", l.code, "http://app/cb",
	    VERIFIER), 400);
	assert_int_equal(nsigned, 1);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(cannot_make_one_up), T(cannot_type_into_another_browser),
		T(cannot_type_into_a_large_login),
		T(cannot_consent_for_another),
		T(cannot_look_at_anothers_consent), T(cannot_redeem_a_code),
	};

	rooms_init();
	return (RUN(tests));
}
