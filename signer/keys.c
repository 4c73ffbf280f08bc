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

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "docmac.h"
#include "documents.h"
#include "log.h"
#include "room.h"
#include "signer.h"

#define STORE_TIMEOUT_MS	10000

static uint64_t
now(void)
{
	time_t	 t = time(NULL);

	return (t < 0 ? 0 : (uint64_t)t);
}

/* Counts on when somebody sets the clock; never 0. */
static uint64_t
uptime(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec + 1);
}

/* Machines without a battery wake up in 1970: no key is changed then. */
static bool
clock_is_right(struct signer *s)
{
	if (now() >= CLOCK_EARLIEST) {
		s->clock_bad = false;
		return (true);
	}
	if (!s->clock_bad)
		log_error("the clock is wrong: signing keys wait until it is "
		    "set");
	s->clock_bad = true;
	return (false);
}

static void
publish(struct signer *s, enum document kind, struct buf *body)
{
	const struct seal_key		*seal = &s->policy.keys[0];
	struct msg_sg_en_document	 m = { .document = (uint8_t)kind,
					    .serial = s->keys.serial,
					    .key_number = seal->number,
					    .body = buf_span(body) };
	uint8_t				 mac[KEY_LEN];

	docmac(mac, seal->document_key, kind, seal->number, m.serial, m.body);
	m.mac = span_mem(mac, sizeof(mac));
	if (buf_ok(body))
		peer_tell(s->engine, SG_EN_DOCUMENT, &m, -1);
}

void
keys_publish(struct signer *s)
{
	struct buf	 body;

	if (s->engine == NULL || keyset_find(&s->keys, KEY_CURRENT) == NULL)
		return;
	buf_init(&body, 61440);
	if (documents_put_jwks(&body, &s->keys) == 0)
		publish(s, DOCUMENT_JWKS, &body);
	buf_reset(&body);
	if (documents_put_discovery(&body, s->conf, &s->keys) == 0)
		publish(s, DOCUMENT_DISCOVERY, &body);
	buf_clear(&body);
}

static void
log_serial(const char *what, uint64_t serial)
{
	char	 text[24];

	snprintf(text, sizeof(text), "%" PRIu64, serial);
	log_info(what, "serial", text);
}

/* The answer of the store; a lie of the engine's can only delay us. */
static void
on_stored(void *arg, struct msg *m)
{
	struct signer	*s = arg;

	s->storing = false;
	if (m == NULL || !m->en_sg_keyset_done.stored) {
		log_warn("signing keys were not stored, trying again later");
		keyset_clear(&s->coming);
		return;
	}
	keyset_clear(&s->keys);
	s->keys = s->coming;
	keyset_init(&s->coming);
	log_serial("signing keys stored", s->keys.serial);
	keys_publish(s);
}

/* Seals the coming set and has it stored in place of the one in use. */
static void
store_coming(struct signer *s)
{
	const struct seal_key		*seal = &s->policy.keys[0];
	struct msg_sg_en_keyset_put	 m = { .expected = s->keys.serial,
					    .serial = s->coming.serial };
	struct buf			 sealed;

	buf_init(&sealed, KEYSET_MAX);
	if (s->engine != NULL && keyset_seal(&sealed, &s->coming,
	    seal->number, seal->keyset_key) == 0) {
		m.sealed = buf_span(&sealed);
		s->storing = peer_ask(s->engine, SG_EN_KEYSET_PUT, &m,
		    STORE_TIMEOUT_MS, on_stored, s) == 0;
	}
	if (!s->storing)
		keyset_clear(&s->coming);
	buf_clear(&sealed);
}

static void
want_key(struct signer *s)
{
	struct msg_sg_pa_keygen	 m = { .alg = (uint8_t)s->rotation.alg };
	uint64_t		 t = uptime();

	/* The parent makes one at a time; another signer may have been first. */
	if (s->generating && t < s->generating_at + KEYGEN_TIME)
		return;
	s->generating = peer_tell(room_parent(), SG_PA_KEYGEN, &m, -1) == 0;
	s->generating_at = t;
}

void
keys_synced(struct signer *s, uint64_t serial, struct span sealed)
{
	const struct seal_key	*seal;
	struct keyset		 opened;
	uint32_t		 number;

	if (serial != 0 && serial <= s->keys.serial)
		return;		/* what we have is as new */
	keyset_init(&opened);
	if (serial != 0) {
		if (!keyset_seal_number(sealed, &number) ||
		    (seal = policy_key(&s->policy, number)) == NULL ||
		    keyset_open(&opened, sealed, serial, seal->keyset_key) ==
		    -1) {
			log_error("the stored signing keys do not open with "
			    "our seal keys; restore the seal key file, or "
			    "delete the row of dexd_keyset to begin anew");
			return;
		}
		keyset_clear(&s->keys);
		s->keys = opened;
		/* Another signer was first; ours was refused or is too late. */
		s->generating = s->by_hand = false;
		log_serial("signing keys opened", serial);
	}
	s->synced = true;
	keys_publish(s);
	keys_turn(s);
}

static bool
is_key_wanted(struct signer *s)
{
	return (rotation_wants_key(&s->keys, &s->rotation, now()) ||
	    (s->by_hand && keyset_find(&s->keys, KEY_NEXT) == NULL));
}

void
keys_turn(struct signer *s)
{
	uint64_t	 t = uptime();
	bool		 changed;

	if (s->started_at == 0)
		s->started_at = t;
	if (!s->synced || s->storing || !clock_is_right(s) ||
	    keyset_copy(&s->coming, &s->keys) == -1)
		return;
	changed = t >= s->started_at + CLOCK_TRUSTED &&
	    rotation_mend(&s->coming, &s->rotation, now());
	changed |= rotation_turn(&s->coming, &s->rotation, now());
	if (changed) {
		store_coming(s);
		return;
	}
	keyset_clear(&s->coming);
	if (is_key_wanted(s))
		want_key(s);
}

/*
 * Several signers may want a key at once.  The store takes the first; who
 * heard of it meanwhile drops its own, who did not is refused by the store.
 */
void
keys_made(struct signer *s, enum jwa alg, struct span pkcs8)
{
	bool	 wanted = is_key_wanted(s);

	s->generating = s->by_hand = false;
	if (s->storing || !wanted || !clock_is_right(s) ||
	    keyset_copy(&s->coming, &s->keys) == -1)
		return;
	if (rotation_add(&s->coming, &s->rotation, alg, pkcs8, now()) == -1) {
		log_error("the key that was made is not usable");
		keyset_clear(&s->coming);
		return;
	}
	store_coming(s);
}

enum rotate_status
keys_rotate(struct signer *s, uint64_t *takes_over_at)
{
	uint64_t	 t = uptime();

	if ((*takes_over_at = rotation_takes_over_at(&s->keys)) != 0)
		return (ROTATE_PENDING);
	if (s->keys.count == KEYSET_KEYS)
		return (ROTATE_FULL);
	if (!s->synced || !clock_is_right(s) ||
	    keyset_find(&s->keys, KEY_CURRENT) == NULL ||
	    (s->rotated_at != 0 && t < s->rotated_at + ROTATE_PAUSE))
		return (ROTATE_TOO_SOON);
	s->rotated_at = t;
	s->by_hand = true;
	s->generating = false;	/* what was asked for before is not this */
	*takes_over_at = now() + PROMOTE_AFTER;
	want_key(s);
	return (ROTATE_BEGUN);
}

static void
list_time(struct list_buf *l, uint64_t t)
{
	char	 text[24];

	snprintf(text, sizeof(text), "%" PRIu64, t);
	list_buf_add(l, span_str(text));
}

void
keys_list(struct signer *s, struct list_buf *l)
{
	static const char * const	 states[KEY_STATE_MAX] = {
		[KEY_NEXT] = "next", [KEY_CURRENT] = "current",
		[KEY_RETIRED] = "retired" };
	const struct signing_key	*k;
	unsigned			 i;

	for (i = 0; i < s->keys.count; i++) {
		k = &s->keys.keys[i];
		list_buf_add(l, span_str(k->kid));
		list_buf_add(l, span_str(jwa_name(k->alg)));
		list_buf_add(l, span_str(states[k->state]));
		list_time(l, k->published_at);
		list_time(l, k->state == KEY_NEXT ?
		    rotation_takes_over_at(&s->keys) : k->current_at);
		list_time(l, k->expires_at);
	}
}
