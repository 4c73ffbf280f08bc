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

#ifndef DEXD_ENGINE_H
#define DEXD_ENGINE_H

#include <bsd/sys/queue.h>

#include "peer.h"
#include "store/store.h"

/*
 * The engine: the rules of OAuth and OpenID Connect.  It believes neither the
 * frontends nor the workers more than msg.def says, and it can sign nothing.
 */

#define ENGINE_KEYS	8	/* seal keys in use at once */
#define ID_LEN		25	/* of an auth request, code ... (randid.h) */

#define LOGIN_TIMEOUT_MS	30000	/* for a worker */
#define SIGN_TIMEOUT_MS		10000
#define CODE_LIFETIME		(30 * 60)	/* seconds, as dex */
#define PENDING_LIFETIME_MAX	3600

struct client {
	TAILQ_ENTRY(client)	 entry;
	struct msg		 msg;	/* the slice, decoded from raw */
	struct buf		 raw;
	const struct msg_pa_en_client	*conf;
};
TAILQ_HEAD(client_list, client);

struct worker {
	TAILQ_ENTRY(worker)	 entry;
	struct peer		*peer;
};
TAILQ_HEAD(worker_list, worker);

struct connector {
	TAILQ_ENTRY(connector)	 entry;
	struct msg		 msg;
	struct buf		 raw;
	const struct msg_pa_en_connector	*conf;
	struct worker_list	 workers;
};
TAILQ_HEAD(connector_list, connector);

struct signer {
	TAILQ_ENTRY(signer)	 entry;
	struct peer		*peer;
};
TAILQ_HEAD(signer_list, signer);

struct cookie_key {
	uint32_t	 number;
	uint8_t		 key[32];
};

struct frontend {
	TAILQ_ENTRY(frontend)	 entry;
	struct peer		*peer;
};
TAILQ_HEAD(frontend_list, frontend);

/* What the signer published last; passed on to frontends as it is. */
struct published {
	bool			 known;
	struct msg		 msg;
	struct buf		 raw;
};

struct request;
TAILQ_HEAD(request_list, request);
struct grant;
TAILQ_HEAD(grant_list, grant);
struct refresh;
TAILQ_HEAD(refresh_list, refresh);

/* What the last probes of the store found. */
struct health {
	bool			 healthy;
	uint64_t		 at;		/* unix microseconds */
	uint64_t		 took;		/* microseconds */
	uint32_t		 failures;	/* in a row */
	uint64_t		 failing_since;	/* unix microseconds */
	bool			 probing;
	struct request_list	 waiting;	/* answers to /healthz */
	bool			 asked;		/* by the telemetry room */
	uint32_t		 rid;
};

struct engine {
	struct msg		 msg;		/* of PA_EN_CONFIG */
	struct buf		 raw;
	const struct msg_pa_en_config	*conf;
	char			*issuer;
	char			*issuer_path;	/* "" or "/dex" */
	bool			 https;
	struct cookie_key	 keys[ENGINE_KEYS];
	unsigned		 nkeys;
	struct client_list	 clients;
	struct connector_list	 connectors;
	unsigned		 nconnectors;
	struct frontend_list	 frontends;
	struct signer_list	 signers;
	struct peer		*control;
	unsigned		 controls;	/* how many there were so far */
	struct peer		*telemetry;
	bool			 ready;
	bool			 stopping;
	struct health		 health;
	enum storage		 storage;
	char			*file;
	struct store		*store;
	struct published	 published[DOCUMENT_MAX];
	struct request_list	 requests;
	unsigned		 nrequests;
	uint64_t		 refusals_at;	/* unix seconds */
	unsigned		 refusals;	/* in that second */
	struct grant_list	 grants;	/* codes being redeemed now */
	struct refresh_list	 refreshes;	/* refresh tokens in use now */
};

/* ---- what is known of clients and connectors (config.c) ---- */

struct client	*client_find(struct engine *, struct span id);
struct connector *connector_find(struct engine *, struct span id);
/* What people are shown: its name, or its id when it has none. */
struct span	 client_title(const struct client *);
/* allowedConnectors of the client; empty allows all. */
bool		 client_allows(const struct client *, const struct connector *);
/* Does the client of that id let client `id` have tokens for it? */
bool		 client_trusts(struct engine *, struct span peer,
		    struct span id);
/* grantTypes of the connector; empty allows all. */
bool		 connector_grants(const struct connector *, const char *grant);
/* A worker of the connector that takes requests, or NULL. */
struct peer	*connector_worker(struct connector *);
struct peer	*connector_worker_at(struct connector *, uint32_t instance);

void	 config_handlers(peer_handler **);
int	 config_finish(struct engine *);

/* ---- wires (wires.c) ---- */

void	 wire_new(void *, enum room, const char *, uint32_t, int);
void	 wire_gone(void *, enum room, const char *, uint32_t);
void	 wires_resume(struct engine *);

/* ---- which signer (signers.c) ---- */

void		 signer_add(struct engine *, struct peer *);
void		 signer_remove(struct engine *, struct peer *);
struct peer	*signer_at(struct engine *, uint32_t instance);
/*
 * peer_ask() of the one with the least to do, those with equally little in
 * turn; -1 also when there is none.
 */
int		 signer_ask(struct engine *, enum msg_type, const void *m,
		    uint32_t timeout_ms, peer_answer_cb *, void *arg);

/* ---- keys and documents between signer, store and frontends (keys.c) ---- */

void	 keys_load(struct engine *);		/* store → every signer */
void	 keys_greet(struct engine *, struct peer *);	/* a new frontend */
void	 keys_signer_handlers(peer_handler **);

/* ---- what dexctl asks (admin.c) ---- */

void	 admin_handlers(peer_handler **);

/* ---- the store's health (health.c) ---- */

void	 health_begin(struct engine *);		/* probes now and from then on */
void	 on_tm_en_health(void *, struct peer *, struct msg *);

#endif /* DEXD_ENGINE_H */
