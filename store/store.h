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

#ifndef DEXD_STORE_H
#define DEXD_STORE_H

#include "msg.h"

/*
 * The store, one operation for each need of the rules.  The schema is dex's.
 *
 * Reads and commits answer through a callback that may run before the call
 * returns or later, so calling one is the last thing a function does.
 * Records handed to a callback are borrowed until it returns.
 */

struct event_base;
struct store;
struct write_set;

enum store_status {
	STORE_OK,
	STORE_NOT_FOUND,	/* reads */
	STORE_CONFLICT,		/* commits: a precondition did not hold */
	STORE_ERROR,		/* logged; nothing was written */
};

struct store_claims {
	struct span	 user_id;
	struct span	 username;
	struct span	 preferred_username;
	struct span	 email;
	bool		 email_verified;
	struct msg_list	 groups;
};

/* Someone who has logged in and not yet agreed: table auth_request. */
struct auth_request {
	struct span		 id;
	struct span		 client_id;
	struct msg_list		 response_types;
	struct msg_list		 scopes;
	struct span		 redirect_uri;
	struct span		 nonce;
	struct span		 state;
	bool			 force_approval;
	bool			 logged_in;
	struct store_claims	 claims;
	struct span		 connector_id;
	struct span		 connector_data;
	uint64_t		 expiry;	/* unix seconds */
	struct span		 challenge;
	struct span		 challenge_method;
	struct span		 hmac_key;
	uint64_t		 auth_time;
	struct span		 attestation;	/* dexd_attestation */
	struct span		 binder;	/* dexd_binder: SHA-256 */
};

/* A code to be redeemed once: table auth_code. */
struct auth_code {
	struct span		 id;
	struct span		 client_id;
	struct msg_list		 scopes;
	struct span		 nonce;
	struct span		 redirect_uri;
	struct store_claims	 claims;
	struct span		 connector_id;
	struct span		 connector_data;
	uint64_t		 expiry;
	struct span		 challenge;
	struct span		 challenge_method;
	uint64_t		 auth_time;
	struct span		 attestation;
	struct span		 grant_id;	/* dexd_grant_id */
};

/*
 * What lets an application come back without the person: table refresh_token,
 * with the row of offline_session that names it.
 */
struct refresh_token {
	struct span		 id;
	struct span		 client_id;
	struct msg_list		 scopes;
	struct span		 nonce;
	struct store_claims	 claims;
	struct span		 connector_id;
	struct span		 connector_data;	/* for the worker */
	struct span		 secret;	/* column token */
	struct span		 obsolete;	/* the secret before */
	uint64_t		 created_at;	/* unix seconds */
	uint64_t		 last_used;
	struct span		 attestation;
	struct span		 grant_id;
	bool			 referenced;	/* read: it is named there */
};

#define STORE_GC_MAX	500	/* rows of a table at once */

struct store_gc {
	bool	 more;		/* there may be: nobody shall wait for all */
	int	 auth_requests;
	int	 auth_codes;
	int	 device_requests;
	int	 device_tokens;
	int	 auth_sessions;
};

typedef void	 store_auth_request_cb(void *, enum store_status,
		    const struct auth_request *);
typedef void	 store_auth_code_cb(void *, enum store_status,
		    const struct auth_code *);
typedef void	 store_refresh_token_cb(void *, enum store_status,
		    const struct refresh_token *);
typedef void	 store_keyset_cb(void *, enum store_status, uint64_t serial,
		    struct span sealed);
typedef void	 store_gc_cb(void *, enum store_status,
		    const struct store_gc *);
typedef void	 store_done_cb(void *, enum store_status);

/*
 * Opens (or makes) the database and brings its schema to dex's newest, with
 * our nullable columns beside it.  NULL with a text for people in err.
 */
struct store	*store_open(struct event_base *, enum storage,
		    const char *file, char *err, size_t errlen);
void		 store_close(struct store *);

void	 store_auth_request_get(struct store *, struct span id,
	    store_auth_request_cb *, void *);
void	 store_auth_code_get(struct store *, struct span id,
	    store_auth_code_cb *, void *);
void	 store_refresh_token_get(struct store *, struct span id,
	    store_refresh_token_cb *, void *);
/* The newest sealed key set; STORE_NOT_FOUND: none yet. */
void	 store_keyset_get(struct store *, store_keyset_cb *, void *);
/* Commits a row of our own: STORE_OK says that the disk took it. */
void	 store_health(struct store *, store_done_cb *, void *);
/* Deletes what expired strictly before now (unix seconds). */
void	 store_gc(struct store *, uint64_t now, store_gc_cb *, void *);

/*
 * A write set: all of it or nothing.  Values are copied.  Deleting a row that
 * is not there, inserting one that is, or a key set whose serial moved makes
 * the commit a STORE_CONFLICT.  NULL: out of memory.
 */
struct write_set	*write_set_new(void);
void	 write_set_free(struct write_set *);	/* instead of a commit */
/*
 * One that is not logged in conflicts also when there are a thousand such, so
 * that strangers cannot fill the store.
 */
void	 write_set_insert_auth_request(struct write_set *,
	    const struct auth_request *);
void	 write_set_delete_auth_request(struct write_set *, struct span id);
void	 write_set_insert_auth_code(struct write_set *,
	    const struct auth_code *);
void	 write_set_delete_auth_code(struct write_set *, struct span id);
/*
 * Inserts the token and names it in the offline session of its user and
 * connector as the client's; the one named there before is deleted.
 * Connector data that is not empty takes the place of the session's.
 */
void	 write_set_put_refresh_token(struct write_set *,
	    const struct refresh_token *);
/*
 * The token whose secret is `was` gets the secrets, claims (but the user id),
 * last use and attestation given; its session notes the use.  Both conflict
 * when that secret is not there now or the session does not name the token.
 */
void	 write_set_rotate_refresh_token(struct write_set *, struct span was,
	    const struct refresh_token *);
/* The token, with the secret it has, was used at last_used: only noted. */
void	 write_set_touch_refresh_token(struct write_set *,
	    const struct refresh_token *);
/* expected: the serial that is there now, 0 for none. */
void	 write_set_put_keyset(struct write_set *, uint64_t expected,
	    uint64_t serial, struct span sealed);

/* Takes over the set. */
void	 store_commit(struct store *, struct write_set *, store_done_cb *,
	    void *);

#endif /* DEXD_STORE_H */
