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
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>

#include "count.h"
#include "jose.h"
#include "json.h"
#include "log.h"
#include "room.h"
#include "signer.h"

/* The signer's orders and wires. */

static void
on_pa_sg_config(void *room, struct peer *p, struct msg *m)
{
	struct signer	*s = room;

	(void)p;
	if (s->conf != NULL)
		fatalx("configured twice");
	buf_init(&s->raw, 65536);
	s->msg.type = PA_SG_CONFIG;
	if (msg_encode(PA_SG_CONFIG, &m->pa_sg_config, &s->raw) == -1 ||
	    msg_decode(&s->msg, buf_span(&s->raw)) == -1)
		fatalx("cannot keep the configuration");
	s->conf = &s->msg.pa_sg_config;
	s->policy.issuer = s->conf->issuer;
	s->policy.token_life = s->conf->id_tokens_secs;
	s->policy.not_before = s->conf->not_before;
	s->policy.auth_requests = s->conf->auth_requests_secs;
	s->policy.refresh_reuse = s->conf->refresh_reuse_secs;
	s->policy.refresh_absolute = s->conf->refresh_absolute_secs;
	s->rotation.alg = (enum jwa)s->conf->alg;
	s->rotation.period = s->conf->rotation_secs;
	s->rotation.token_life = s->conf->id_tokens_secs;
}

static void
on_pa_sg_connector(void *room, struct peer *p, struct msg *m)
{
	struct signer	*s = room;
	struct buf	*id;

	(void)p;
	if (s->policy.nconnectors == POLICY_CONNECTORS)
		fatalx("too many connectors");
	id = &s->connector_ids[s->policy.nconnectors];
	buf_init(id, 256);
	buf_put_span(id, m->pa_sg_connector.id);
	if (!buf_ok(id))
		fatalx("cannot keep a connector");
	s->policy.connectors[s->policy.nconnectors++] = buf_span(id);
}

static void
on_pa_sg_key(void *room, struct peer *p, struct msg *m)
{
	const struct msg_pa_sg_key	*k = &m->pa_sg_key;
	struct signer			*s = room;
	struct seal_key			*seal;

	(void)p;
	if (s->policy.nkeys == POLICY_KEYS)
		fatalx("too many seal keys");
	if (k->attest_root.len != KEY_LEN || k->keyset_key.len != KEY_LEN ||
	    k->document_key.len != KEY_LEN)
		fatalx("a seal key of the wrong length");
	seal = &s->policy.keys[s->policy.nkeys++];
	seal->number = k->number;
	memcpy(seal->attest_root, k->attest_root.p, KEY_LEN);
	memcpy(seal->keyset_key, k->keyset_key.p, KEY_LEN);
	memcpy(seal->document_key, k->document_key.p, KEY_LEN);
}

static void
on_en_sg_keyset(void *room, struct peer *p, struct msg *m)
{
	(void)p;
	keys_synced(room, m->en_sg_keyset.serial, m->en_sg_keyset.sealed);
}

/* One audit line a signature: who, for which client, with which key. */
static void
audit(const struct msg_en_sg_sign *m, const struct attestation *who,
    const char *kid, const char *refused)
{
	char	*client = span_dup(m->client_id);
	char	*connector = span_dup(who->connector);
	char	*user = span_dup(who->user_id);
	char	*request = span_dup(m->request_id);

	if (refused == NULL)
		log_info("signed", "client_id", client, "connector_id",
		    connector, "user_id", user, "kid", kid, "request_id",
		    request);
	else
		log_warn("refused to sign", "client_id", client,
		    "connector_id", connector, "why", refused, "request_id",
		    request);
	free(client);
	free(connector);
	free(user);
	free(request);
}

static void
on_en_sg_sign(void *room, struct peer *p, struct msg *m)
{
	static const char * const	 results[SIGN_MAX] = {
		[SIGN_OK] = "ok", [SIGN_REFUSED] = "refused",
		[SIGN_NO_KEY] = "no key", [SIGN_ERROR] = "error" };
	struct signer			*s = room;
	const struct msg_en_sg_sign	*ask = &m->en_sg_sign;
	const struct signing_key	*k = keyset_find(&s->keys, KEY_CURRENT);
	struct msg_sg_en_signed		 answer = { .status = SIGN_OK };
	struct attestation		 who;
	const char			*refused;
	struct buf			 access, id;
	uint64_t			 now = (uint64_t)time(NULL);

	buf_init(&access, TOKEN_MAX);
	buf_init(&id, TOKEN_MAX);
	refused = policy_check(&s->policy, ask, now, &who);
	if (refused != NULL)
		answer.status = SIGN_REFUSED;
	else if (k == NULL)
		answer.status = SIGN_NO_KEY;
	else if (policy_issue(&s->policy, ask, &who, k, now, &access, &id) ==
	    -1)
		answer.status = SIGN_ERROR;
	else {
		answer.expires_in = (uint32_t)s->policy.token_life;
		answer.access_token = buf_span(&access);
		answer.id_token = buf_span(&id);
	}
	count_one(COUNT_SIGNATURES, results[answer.status]);
	if (refused != NULL || answer.status == SIGN_OK)
		audit(ask, &who, k == NULL ? "" : k->kid, refused);
	peer_answer(p, m->rid, SG_EN_SIGNED, &answer);
	buf_clear(&access);
	buf_clear(&id);
}

static void
on_en_sg_verify(void *room, struct peer *p, struct msg *m)
{
	struct signer			*s = room;
	struct msg_sg_en_verified	 answer = { 0 };
	struct buf			 payload;

	buf_init(&payload, 70000);
	answer.valid = policy_verify(&s->policy, &s->keys,
	    m->en_sg_verify.token, m->en_sg_verify.ignore_expiry,
	    (uint64_t)time(NULL), &payload);
	answer.payload = buf_span(&payload);
	count_one(COUNT_VERIFICATIONS, answer.valid ? "valid" : "invalid");
	peer_answer(p, m->rid, SG_EN_VERIFIED, &answer);
	buf_clear(&payload);
}

static void
on_en_sg_rotate(void *room, struct peer *p, struct msg *m)
{
	struct msg_sg_en_rotated	 answer = { 0 };

	answer.status = (uint8_t)keys_rotate(room, &answer.takes_over_at);
	peer_answer(p, m->rid, SG_EN_ROTATED, &answer);
}

static void
on_en_sg_keys(void *room, struct peer *p, struct msg *m)
{
	struct msg_sg_en_keys	 answer = { 0 };
	struct list_buf		 l;

	list_buf_init(&l, 16384);
	keys_list(room, &l);
	answer.keys = msg_list_of(&l);
	peer_answer(p, m->rid, SG_EN_KEYS, &answer);
	list_buf_clear(&l);
}

static void
on_kg_sg_key(void *room, struct peer *p, struct msg *m)
{
	(void)p;
	keys_made(room, (enum jwa)m->kg_sg_key.alg, m->kg_sg_key.pkcs8);
}

static void
on_peer_gone(void *room, struct peer *p)
{
	struct signer	*s = room;

	if (p == s->engine) {
		s->engine = NULL;
		s->synced = false;
	}
	if (p == s->keygen) {
		s->keygen = NULL;
		s->generating = false;	/* asked for again at the next turn */
	}
	peer_free(p);
}

static void
wire_new(void *room, enum room other, const char *name, uint32_t instance,
    int fd)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[EN_SG_KEYSET] = on_en_sg_keyset,
		[EN_SG_SIGN] = on_en_sg_sign,
		[EN_SG_VERIFY] = on_en_sg_verify,
		[EN_SG_ROTATE] = on_en_sg_rotate,
		[EN_SG_KEYS] = on_en_sg_keys,
		[KG_SG_KEY] = on_kg_sg_key,
	};
	struct signer			*s = room;
	struct peer_config		 c = { .self = ROOM_SIGNER,
		.other = other, .name = name, .instance = instance,
		.room = s, .handlers = handlers, .gone = on_peer_gone };
	struct peer			**slot;

	if (other != ROOM_ENGINE && other != ROOM_KEYGEN)
		fatalx("no wire to %s is expected here", room_name(other));
	slot = other == ROOM_ENGINE ? &s->engine : &s->keygen;
	peer_free(*slot);
	if ((*slot = peer_new(room_base(), fd, &c)) == NULL)
		fatalx("cannot keep a wire");
	if (s->conf == NULL || !event_initialized(&s->tick))
		peer_pause(*slot);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	keys_turn(arg);
}

static int
prepare(void *room)
{
	struct signer	*s = room;

	if (s->conf == NULL || s->policy.nkeys == 0) {
		log_error("the configuration is not complete");
		return (-1);
	}
	return (0);
}

static void
ready(void *room)
{
	const struct timeval	 tv = { ROTATION_CHECK, 0 };
	struct signer		*s = room;

	event_assign(&s->tick, room_base(), -1, EV_PERSIST, on_tick, s);
	event_add(&s->tick, &tv);
	if (s->engine != NULL)
		peer_resume(s->engine);
}

/*
 * The first use of libcrypto opens its configuration and gathers tables; one
 * signature of each kind, made and thrown away, does that before the jail.
 * Making an RSA key takes long, so one is read from a P-256 key alone; RSA's
 * first use needs nothing from outside.
 */
static void
warm_up(void *room)
{
	struct buf	 der;

	(void)room;
	json_warm_up();
	buf_init(&der, 4096);
	if (key_make(JWA_ES256, &der) == -1)
		fatalx("libcrypto does not make keys");
	EVP_PKEY_free(key_load(JWA_ES256, buf_span(&der)));
	buf_clear(&der);
}

int
main(void)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[PA_SG_CONFIG] = on_pa_sg_config,
		[PA_SG_CONNECTOR] = on_pa_sg_connector,
		[PA_SG_KEY] = on_pa_sg_key,
	};
	static struct signer		 signer;
	const struct room_ops		 ops = {
		.room = ROOM_SIGNER, .program = "signer", .ctx = &signer,
		.handlers = handlers, .warm_up = warm_up, .peer = wire_new,
		.prepare = prepare, .ready = ready,
	};

	keyset_init(&signer.keys);
	keyset_init(&signer.coming);
	return (room_run(&ops));
}
