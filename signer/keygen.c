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

#include "key.h"
#include "log.h"
#include "room.h"

/*
 * keygen makes one key, hands it to the signer and is gone.  An RSA key takes
 * a tenth of a second and more, which would stall every signature meanwhile.
 */

struct keygen {
	struct peer	*signer;
	enum jwa	 alg;
	bool		 asked;
};

static void
on_pa_kg_make(void *room, struct peer *p, struct msg *m)
{
	struct keygen	*k = room;

	(void)p;
	k->alg = (enum jwa)m->pa_kg_make.alg;
	k->asked = true;
}

static void
on_signer_gone(void *room, struct peer *p)
{
	(void)room;
	(void)p;
	room_exit();
}

static void
wire_new(void *room, enum room other, const char *name, uint32_t instance,
    int fd)
{
	static peer_handler * const	 none[MSG_MAX];
	struct keygen			*k = room;
	struct peer_config		 c = { .self = ROOM_KEYGEN,
		.other = other, .name = name, .instance = instance,
		.room = k, .handlers = none, .gone = on_signer_gone };

	if (other != ROOM_SIGNER ||
	    (k->signer = peer_new(room_base(), fd, &c)) == NULL)
		fatalx("cannot keep a wire");
}

static int
prepare(void *room)
{
	const struct keygen	*k = room;

	if (k->signer != NULL && k->asked)
		return (0);
	log_error("nothing was asked for");
	return (-1);
}

static void
ready(void *room)
{
	struct keygen		*k = room;
	struct msg_kg_sg_key	 m = { .alg = (uint8_t)k->alg };
	struct buf		 der;

	buf_init(&der, 4096);
	if (key_make(k->alg, &der) == -1)
		fatalx("making a key failed");
	m.pkcs8 = buf_span(&der);
	if (peer_tell(k->signer, KG_SG_KEY, &m, -1) == -1 ||
	    peer_flush(k->signer, 1000) == -1)
		fatalx("the signer does not take the key");
	buf_clear(&der);
	room_exit();
}

/* libcrypto's first use reads its configuration; in the jail it could not. */
static void
warm_up(void *room)
{
	struct buf	 der;

	(void)room;
	buf_init(&der, 4096);
	if (key_make(JWA_ES256, &der) == -1)
		fatalx("libcrypto does not make keys");
	buf_clear(&der);
}

int
main(void)
{
	static peer_handler * const	 handlers[MSG_MAX] = {
		[PA_KG_MAKE] = on_pa_kg_make,
	};
	static struct keygen		 keygen;
	const struct room_ops		 ops = {
		.room = ROOM_KEYGEN, .program = "keygen", .ctx = &keygen,
		.handlers = handlers, .warm_up = warm_up, .peer = wire_new,
		.prepare = prepare, .ready = ready,
	};

	return (room_run(&ops));
}
