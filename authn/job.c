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

#include "count.h"
#include "job.h"
#include "log.h"

struct job *
job_new(struct worker *w, struct peer *engine, const struct msg *m)
{
	struct job	*j;

	if ((j = calloc(1, sizeof(*j))) == NULL)
		return (NULL);
	j->w = w;
	j->engine = engine;
	j->msg.type = m->type;
	j->msg.fd = -1;
	buf_init(&j->raw, msg_edge_max(ROOM_ENGINE, ROOM_AUTHN));
	buf_init(&j->box.plain, SEALBOX_MAX);
	if (msg_encode(m->type, &m->rid, &j->raw) == -1 ||
	    msg_decode(&j->msg, buf_span(&j->raw)) == -1) {
		buf_clear(&j->raw);
		free(j);
		return (NULL);
	}
	j->msg.rid = m->rid;
	return (j);
}

static void
job_free(struct job *j)
{
	sealbox_clear(&j->box);
	buf_clear(&j->raw);
	free(j);
}

/* What the login was for; every kind of question carries it. */
static bool
job_grant(const struct job *j, uint8_t grant[GRANT_LEN])
{
	const struct msg_en_au_password	*p = &j->msg.en_au_password;
	const struct msg_en_au_callback	*c = &j->msg.en_au_callback;

	if (j->msg.type == EN_AU_REFRESH) {
		memcpy(grant, j->earlier.grant, GRANT_LEN);
		return (true);
	}
	if (j->msg.type == EN_AU_PASSWORD)
		return (attest_grant(grant, p->client_id, p->scopes, p->nonce,
		    p->grant_id));
	return (attest_grant(grant, c->client_id, c->scopes, c->nonce,
	    c->grant_id));
}

/*
 * Appends the attestation of this login; false if it cannot be made.  A
 * refresh says again who somebody is, never that somebody logged in again.
 */
static bool
attest(const struct job *j, const struct identity *id, uint64_t now,
    struct buf *out)
{
	const struct worker	*w = j->w;
	bool			 again = j->msg.type == EN_AU_REFRESH;
	struct attestation	 a = {
		.key_number = w->keys[0].number,
		.kind = again ? ATTEST_REFRESH : ATTEST_LOGIN,
		.issuer = span_str(w->issuer),
		.connector = span_str(w->connector), .user_id = id->user_id,
		.username = id->username,
		.preferred_username = id->preferred_username,
		.email = id->email, .email_verified = id->email_verified,
		.groups = id->groups, .attested_at = now,
		.amr = again ? j->earlier.amr : id->amr,
		.auth_time = again ? j->earlier.auth_time : now };

	return (job_grant(j, a.grant) &&
	    attest_write(out, &a, w->keys[0].key) == 0);
}

void
job_answer(struct job *j, enum identity_status status,
    const struct identity *id)
{
	struct msg_au_en_identity	 m = { .status = (uint8_t)status };
	struct buf			 attestation;
	uint64_t			 now;

	buf_init(&attestation, ATTEST_MAX);
	if (status == IDENTITY_OK && j->msg.type == EN_AU_REFRESH &&
	    !span_eq(id->user_id, j->earlier.user_id)) {
		log_warn("a refresh met another user than the login");
		m.status = status = IDENTITY_DENIED;
	}
	if (status == IDENTITY_OK) {
		now = (uint64_t)time(NULL);
		m.auth_time = j->msg.type == EN_AU_REFRESH ?
		    j->earlier.auth_time : now;
		m.user_id = id->user_id;
		m.username = id->username;
		m.preferred_username = id->preferred_username;
		m.email = id->email;
		m.email_verified = id->email_verified;
		m.groups = id->groups;
		m.connector_data = id->connector_data;
		if (attest(j, id, now, &attestation))
			m.attestation = buf_span(&attestation);
		else {
			log_error("an identity is too large to be attested");
			m = (struct msg_au_en_identity){
			    .status = IDENTITY_ERROR };
		}
	}
	count_one(COUNT_IDENTITIES,
	    identity_status_name((enum identity_status)m.status));
	if (j->engine == j->w->engine && peer_answer(j->engine, j->msg.rid,
	    AU_EN_IDENTITY, &m) == -1) {
		m = (struct msg_au_en_identity){ .status = IDENTITY_ERROR };
		peer_answer(j->engine, j->msg.rid, AU_EN_IDENTITY, &m);
	}
	buf_clear(&attestation);
	job_free(j);
}
