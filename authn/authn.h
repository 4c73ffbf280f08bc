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

#ifndef DEXD_AUTHN_H
#define DEXD_AUTHN_H

#include <bsd/sys/queue.h>

#include "attest.h"
#include "peer.h"
#include "replay.h"
#include "sealbox.h"

/*
 * A connector's worker: asks one upstream (or its own user list) who somebody
 * is and attests the answer under this connector's key.  Believes neither the
 * engine nor the upstream further than one login.
 */

#define WORKER_KEYS	8

struct worker {
	char			*issuer;
	char			*connector;	/* its id */
	char			*type;		/* "local", "mockCallback" ... */
	struct {
		uint32_t	 number;
		uint8_t		 key[KEY_LEN];
	}			 keys[WORKER_KEYS];	/* newest first */
	unsigned		 nkeys;
	uint8_t			 box_public[SEALBOX_KEY_LEN];
	uint8_t			 box_secret[SEALBOX_KEY_LEN];
	struct replay		*replay;
	struct peer		*engine;
	bool			 ready;
	void			*own;		/* of the connector */
};

/* Who somebody is, as the connector says. */
struct identity {
	struct span	 user_id;
	struct span	 username;
	struct span	 preferred_username;
	struct span	 email;
	bool		 email_verified;
	struct msg_list	 groups;
	struct msg_list	 amr;		/* RFC 8176 */
	struct span	 connector_data;
};

/* One login to be answered; made by worker.c, ended by job_answer(). */
struct job {
	TAILQ_ENTRY(job)	 entry;
	struct worker		*w;
	struct peer		*engine;	/* that asked */
	struct msg		 msg;
	struct buf		 raw;		/* msg borrows from it */
	struct sealbox		 box;		/* of a password job */
	struct attestation	 earlier;	/* of a refresh job */
};
TAILQ_HEAD(job_list, job);

/*
 * Answers and frees the job; id only with IDENTITY_OK.  The answer is dropped
 * when the engine that asked has gone.
 */
void	 job_answer(struct job *, enum identity_status, const struct identity *);

/*
 * What a connector program is.  Missing operations are refused.  Each program
 * defines one: connector_ops in local.c, mock.c ...
 */
struct connector_ops {
	const char	*program;	/* sandbox profile */
	/* Further orders of the parent; may be NULL. */
	void		(*handlers)(peer_handler **);
	/* The block `config` as JSON text; -1 after a log record. */
	int		(*configure)(struct worker *, struct span config);
	/* In jail, before the sandbox; may be NULL. */
	void		(*prepare)(struct worker *);
	/* Appends the upstream URL and up to 256 bytes of private data. */
	int		(*begin)(struct worker *, const struct msg_en_au_begin *,
			    struct buf *url, struct buf *private_data);
	/* job->msg.en_au_callback came back from the upstream. */
	void		(*callback)(struct job *);
	/* job->box has been opened: login and password. */
	void		(*password)(struct job *);
	/* Who is job->earlier's user now?  The same user id, or refused. */
	void		(*refresh)(struct job *);
};
extern const struct connector_ops	 connector_ops;

#endif /* DEXD_AUTHN_H */
