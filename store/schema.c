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

#include "schema.h"

const char * const	 schema_steps[SCHEMA_LEVEL] = {
	/* 1 */
	"create table client ("
	" id text not null primary key, secret text not null,"
	" redirect_uris blob not null, trusted_peers blob not null,"
	" public integer not null, name text not null,"
	" logo_url text not null);"
	"create table auth_request ("
	" id text not null primary key, client_id text not null,"
	" response_types blob not null, scopes blob not null,"
	" redirect_uri text not null, nonce text not null,"
	" state text not null, force_approval_prompt integer not null,"
	" logged_in integer not null, claims_user_id text not null,"
	" claims_username text not null, claims_email text not null,"
	" claims_email_verified integer not null,"
	" claims_groups blob not null, connector_id text not null,"
	" connector_data blob, expiry timestamp not null);"
	"create table auth_code ("
	" id text not null primary key, client_id text not null,"
	" scopes blob not null, nonce text not null,"
	" redirect_uri text not null, claims_user_id text not null,"
	" claims_username text not null, claims_email text not null,"
	" claims_email_verified integer not null,"
	" claims_groups blob not null, connector_id text not null,"
	" connector_data blob, expiry timestamp not null);"
	"create table refresh_token ("
	" id text not null primary key, client_id text not null,"
	" scopes blob not null, nonce text not null,"
	" claims_user_id text not null, claims_username text not null,"
	" claims_email text not null, claims_email_verified integer not null,"
	" claims_groups blob not null, connector_id text not null,"
	" connector_data blob);"
	"create table password ("
	" email text not null primary key, hash blob not null,"
	" username text not null, user_id text not null);"
	"create table keys ("
	" id text not null primary key, verification_keys blob not null,"
	" signing_key blob not null, signing_key_pub blob not null,"
	" next_rotation timestamp not null);",
	/* 2 */
	"alter table refresh_token add column token text not null default '';"
	"alter table refresh_token add column created_at timestamp not null"
	" default '0001-01-01 00:00:00 UTC';"
	"alter table refresh_token add column last_used timestamp not null"
	" default '0001-01-01 00:00:00 UTC';",
	/* 3 */
	"create table offline_session ("
	" user_id text not null, conn_id text not null,"
	" refresh blob not null, primary key (user_id, conn_id));",
	/* 4 */
	"create table connector ("
	" id text not null primary key, type text not null,"
	" name text not null, resource_version text not null, config blob);",
	/* 5 */
	"alter table auth_code add column"
	" claims_preferred_username text not null default '';"
	"alter table auth_request add column"
	" claims_preferred_username text not null default '';"
	"alter table refresh_token add column"
	" claims_preferred_username text not null default '';",
	/* 6 */
	"alter table offline_session add column connector_data blob;",
	/* 7 */
	"create table device_request ("
	" user_code text not null primary key, device_code text not null,"
	" client_id text not null, client_secret text,"
	" scopes blob not null, expiry timestamp not null);"
	"create table device_token ("
	" device_code text not null primary key, status text not null,"
	" token blob, expiry timestamp not null,"
	" last_request timestamp not null, poll_interval integer not null);",
	/* 8 */
	"alter table auth_request add column"
	" code_challenge text not null default '';"
	"alter table auth_request add column"
	" code_challenge_method text not null default '';"
	"alter table auth_code add column"
	" code_challenge text not null default '';"
	"alter table auth_code add column"
	" code_challenge_method text not null default '';",
	/* 9 */
	"alter table refresh_token add column obsolete_token text default '';",
	/* 10 */
	"alter table device_token add column"
	" code_challenge text not null default '';"
	"alter table device_token add column"
	" code_challenge_method text not null default '';",
	/* 11 */
	"alter table auth_request add column hmac_key blob;",
	/* 12 */
	"alter table password add column"
	" preferred_username text not null default '';"
	"alter table password add column groups blob not null default '[]';",
	/* 13 */
	"alter table password add column name text not null default '';"
	"alter table password add column email_verified integer;",
	/* 14 */
	"alter table connector add column grant_types blob;",
	/* 15 */
	"alter table client add column allowed_connectors blob;",
	/* 16 */
	"create table user_identity ("
	" user_id text not null, connector_id text not null,"
	" claims_user_id text not null, claims_username text not null,"
	" claims_preferred_username text not null default '',"
	" claims_email text not null, claims_email_verified integer not null,"
	" claims_groups blob not null, consents blob not null,"
	" created_at timestamp not null, last_login timestamp not null,"
	" blocked_until timestamp not null,"
	" primary key (user_id, connector_id));",
	/* 17 */
	"create table auth_session ("
	" user_id text not null, connector_id text not null,"
	" nonce text not null default '', client_states blob not null,"
	" created_at timestamp not null, last_activity timestamp not null,"
	" ip_address text not null default '',"
	" user_agent text not null default '',"
	" primary key (user_id, connector_id));",
	/* 18: columns in schema_late_columns */
	"",
	/* 19 */
	"",
	/* 20 */
	"",
	/* 21 */
	"",
	/* 22 */
	"",
	/* 23 */
	"drop table auth_session;"
	"create table auth_session ("
	" id text not null primary key, secret text not null default '',"
	" user_id text not null, connector_id text not null,"
	" client_states blob not null, created_at timestamp not null,"
	" last_activity timestamp not null,"
	" ip_address text not null default '',"
	" user_agent text not null default '',"
	" absolute_expiry timestamp not null"
	" default '1970-01-01 00:00:00',"
	" idle_expiry timestamp not null default '1970-01-01 00:00:00',"
	" logout_state blob);"
	"create index auth_session_user_idx"
	" on auth_session (user_id, connector_id);",
};

/*
 * Steps 18 to 22 only add columns (those of the old auth_session go with it in
 * step 23), and are done by looking whether each column is there.
 */
const struct schema_column	 schema_late_columns[] = {
	{ "auth_request", "mfa_validated", "integer not null default 0" },
	{ "auth_request", "prompt", "text not null default ''" },
	{ "auth_request", "max_age", "integer not null default -1" },
	{ "auth_request", "auth_time",
	    "timestamp not null default '1970-01-01 00:00:00'" },
	{ "user_identity", "mfa_secrets", "blob" },
	{ "client", "mfa_chain", "blob" },
	{ "auth_code", "auth_time",
	    "timestamp not null default '1970-01-01 00:00:00'" },
	{ "client", "post_logout_redirect_uris", "blob" },
	{ "auth_request", "webauthn_session_data", "blob" },
	{ "user_identity", "webauthn_credentials", "blob" },
	{ "client", "sso_shared_with", "blob" },
	{ "client", "backchannel_logout_uri", "text not null default ''" },
	{ "client", "refresh_token_lifetime", "text not null default ''" },
	{ "auth_code", "session_id", "text not null default ''" },
	{ NULL, NULL, NULL },
};

const struct schema_column	 schema_columns[] = {
	{ "auth_request", "dexd_attestation", "blob" },
	{ "auth_request", "dexd_binder", "blob" },
	{ "auth_code", "dexd_attestation", "blob" },
	{ "auth_code", "dexd_grant_id", "text" },
	{ "refresh_token", "dexd_attestation", "blob" },
	{ "refresh_token", "dexd_grant_id", "text" },
	{ NULL, NULL, NULL },
};

const char * const	 schema_tables =
	"create table if not exists dexd_keyset ("
	" id integer primary key check (id = 1),"
	" serial integer not null, sealed blob not null);"
	"create table if not exists dexd_probe ("
	" id integer primary key check (id = 1), at integer not null);"
	/* Strangers have them counted: not among all who are yet to consent. */
	"create index if not exists dexd_pending on auth_request (id)"
	" where not logged_in and dexd_binder is not null;";
