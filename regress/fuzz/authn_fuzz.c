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

/* link: authn/job.c authn/replay.c authn/refresh.c authn/mock.c authn/local_users.c */
/* libs: jansson */

#include "regress/fuzz/fuzz.h"

#include <signal.h>
#include <time.h>

#include <sodium.h>

/* The handlers are private to the worker; here is the wire they sit on. */
#include "authn/worker.c"
#include "authn/local_users.h"

#define STATE	"aaaaaaaaaaaaaaaaaaaaaaaaa"

/*
 * A broken engine's questions to a connector's worker, with passwords behind
 * good seals and bad ones.  Every question has exactly one answer, which is
 * within msg.def, and nobody is attested who did not say the password.
 */

static struct worker		 worker;
static peer_handler * const	*handlers;
static char			 wire;
static unsigned			 answers;
static bool			 may_pass;

struct peer *
peer_new(struct event_base *base, int fd, const struct peer_config *c)
{
	(void)base;
	(void)fd;
	handlers = c->handlers;
	return ((struct peer *)&wire);
}

void
peer_free(struct peer *p)
{
	(void)p;
}

void
peer_pause(struct peer *p)
{
	(void)p;
}

void
peer_resume(struct peer *p)
{
	(void)p;
}

int
peer_tell(struct peer *p, enum msg_type type, const void *m, int fd)
{
	(void)p;
	(void)m;
	RULE(type == AU_PA_SEALKEY && fd == -1);
	return (0);
}

static void
check_attestation(const struct msg_au_en_identity *m)
{
	struct attestation	 a;

	RULE(may_pass || m->status != IDENTITY_OK);
	if (m->status != IDENTITY_OK)
		return;
	RULE(attest_read(&a, m->attestation) == 0);
	RULE(span_is(a.connector, "mock") && span_eq(a.user_id, m->user_id));
}

int
peer_answer(struct peer *p, uint32_t rid, enum msg_type type, const void *m)
{
	struct buf	 b;
	int		 error;

	(void)p;
	RULE(rid == 7 && msg_allowed(type, ROOM_AUTHN, ROOM_ENGINE));
	buf_init(&b, 1 << 20);
	if ((error = msg_encode(type, m, &b)) == 0) {
		answers++;
		if (type == AU_EN_IDENTITY)
			check_attestation(m);
	}
	buf_clear(&b);
	return (error);
}

struct event_base *
room_base(void)
{
	return (NULL);
}

struct peer *
room_parent(void)
{
	return (NULL);
}

static void
start(void)
{
	static const uint8_t	 key[KEY_LEN] = { 1 };
	struct msg		 m = { .fd = -1 };
	peer_handler		*parent[MSG_MAX] = { NULL };

	log_setup(LOG_LVL_ERROR + 1, LOG_FMT_TEXT);
	worker_handlers(parent);
	m.pa_au_config = (struct msg_pa_au_config){
		.issuer = span_str("http://x"), .connector = span_str("mock"),
		.type = span_str("mockPassword"), .config = span_str(
		"{\"username\":\"me\",\"password\":\"secret\"}") };
	parent[PA_AU_CONFIG](&worker, NULL, &m);
	m.pa_au_key = (struct msg_pa_au_key){ .number = 1,
		.attest_key = span_mem(key, sizeof(key)) };
	parent[PA_AU_KEY](&worker, NULL, &m);
	RULE(worker_prepare(&worker) == 0);
	worker_ready(&worker);
	worker_peer(&worker, ROOM_ENGINE, "", 0, -1);
}

/* A box as a frontend makes it, or bytes that are none. */
static void
seal(struct buf *b, struct fuzz_input *in)
{
	uint8_t		 kind = fuzz_u8(in);
	struct span	 login = fuzz_span(in), password = fuzz_span(in);
	uint64_t	 when = (uint64_t)time(NULL) - (kind & 64 ? 100 : 0);

	if (kind & 32) {
		buf_put_span(b, password);
		return;
	}
	sealbox_seal(b, worker.box_public, when,
	    span_str(kind & 1 ? "mock" : "other"),
	    span_str(kind & 2 ? STATE : ""), login, password);
	may_pass = (kind & 67) == 3 && span_is(login, "me") &&
	    span_is(password, "secret");
}

static void
ask(enum msg_type type, struct fuzz_input *in)
{
	struct list_buf	 scopes, params;
	struct buf	 box, wire_bytes;
	struct msg	 m = { .type = type, .fd = -1 };

	buf_init(&box, SEALBOX_MAX);
	fuzz_list(in, &scopes);
	list_buf_init(&params, 64);
	may_pass = false;
	if (type == EN_AU_PASSWORD) {
		seal(&box, in);
		m.en_au_password = (struct msg_en_au_password){
			.state = span_str(STATE), .sealed = buf_span(&box),
			.client_id = fuzz_span(in), .nonce = fuzz_span(in),
			.grant_id = fuzz_span(in),
			.scopes = msg_list_of(&scopes) };
	} else if (type == EN_AU_CALLBACK) {
		list_buf_clear(&params);
		fuzz_list(in, &params);
		m.en_au_callback = (struct msg_en_au_callback){
			.state = fuzz_span(in), .callback_url = fuzz_span(in),
			.private_data = fuzz_span(in),
			.params = msg_list_of(&params),
			.client_id = fuzz_span(in), .nonce = fuzz_span(in),
			.scopes = msg_list_of(&scopes) };
	} else
		m.en_au_begin = (struct msg_en_au_begin){
			.state = fuzz_span(in), .callback_url = fuzz_span(in) };
	/* Only what the codec lets through arrives. */
	buf_init(&wire_bytes, 1 << 20);
	if (msg_encode(type, &m.rid, &wire_bytes) == 0) {
		m.rid = 7;
		answers = 0;
		handlers[type](&worker, (struct peer *)&wire, &m);
		RULE(answers == 1);
	}
	buf_clear(&wire_bytes);
	buf_clear(&box);
	list_buf_clear(&scopes);
	list_buf_clear(&params);
}

/* The password database's look-ups, with names and hashes of anybody. */
static void
users(struct fuzz_input *in)
{
	struct local_users		 all;
	struct msg			 m = { .type = PA_AU_USER, .fd = -1 };
	const struct local_user		*u;
	struct span			 email = fuzz_span(in);
	char				 setting[DUMMY_LEN];
	static const uint8_t		 key[16] = { 1 };

	TAILQ_INIT(&all);
	m.pa_au_user = (struct msg_pa_au_user){ .email = email,
		.hash = fuzz_span(in), .user_id = fuzz_span(in) };
	bcrypt_cost(m.pa_au_user.hash);
	if (local_users_add(&all, &m)) {
		u = local_users_find(&all, email);
		RULE(u != NULL && span_eq(u->conf->email, email));
	}
	local_users_dummy(&all, email, key, setting);
	RULE(bcrypt_cost(span_str(setting)) >= BCRYPT_COST_MIN &&
	    bcrypt_cost(span_str(setting)) <= BCRYPT_COST_MAX);
	local_users_clear(&all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const enum msg_type	 types[] = { EN_AU_BEGIN,
		EN_AU_PASSWORD, EN_AU_CALLBACK };
	struct fuzz_input		 in = { p, len };
	unsigned			 i;

	if (sodium_init() == -1)
		return (0);
	if (handlers == NULL) {
		signal(SIGPIPE, SIG_IGN);
		start();
	}
	users(&in);
	for (i = 0; i < 4 && in.len != 0; i++)
		ask(types[fuzz_u8(&in) % 3], &in);
	/* The window of boxes seen would fill up. */
	replay_free(worker.replay);
	RULE((worker.replay = replay_new()) != NULL);
	return (0);
}
