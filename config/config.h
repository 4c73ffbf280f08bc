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

#ifndef DEXD_CONFIG_H
#define DEXD_CONFIG_H

#include "msg.h"
#include "values.h"
#include "yaml_tree.h"

/*
 * The config room: one YAML file in, one slice for each room out.  Lives for
 * one parse, sees the real environment, and may do nothing but answer.
 */

#define CONNECTORS_MAX	64
#define PROCESSES_MAX	16	/* frontends, signers */

struct peer;

struct connector_def {
	char			*id;
	enum authn_program	 program;
};

/* Everything that is not sent at once; strings live as long as the process. */
struct config {
	struct peer		*parent;
	const char		*path;		/* for messages */
	bool			 failed;
	bool			 warn_unknown;	/* unknownKeys: warn */

	char			*issuer;
	enum storage		 storage;
	char			*storage_file;
	enum sandbox_mode	 sandbox;
	bool			 password_db;
	unsigned		 frontends;
	unsigned		 signers;
	enum log_level_value { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN,
		LEVEL_ERROR }	 log_level;
	bool			 log_json;
	struct list_buf		 log_exclude;

	char			*http;
	char			*https;
	unsigned		 http_line;
	unsigned		 https_line;
	char			*telemetry;
	unsigned		 telemetry_line;
	char			*tls_cert;
	char			*tls_key;
	unsigned		 tls_min;	/* 0: 1.2, 1: 1.3 */
	unsigned		 tls_max;
	struct list_buf		 headers;
	struct list_buf		 origins;	/* web.allowedOrigins */
	struct list_buf		 request_headers; /* web.allowedHeaders */
	bool			 request_headers_set;
	char			*ip_header;
	struct list_buf		 proxies;

	bool			 grant_code;
	bool			 grant_refresh;
	bool			 skip_approval;
	bool			 always_show_login;
	bool			 pkce_enforce;
	bool			 pkce_s256;
	bool			 pkce_plain;

	uint64_t		 rotation_secs;
	uint64_t		 id_tokens_secs;
	uint64_t		 auth_requests_secs;
	bool			 refresh_fixed;	/* disableRotation */
	uint64_t		 refresh_reuse_secs;
	uint64_t		 refresh_idle_secs;	/* 0: no limit */
	uint64_t		 refresh_absolute_secs;
	enum jwa		 alg;

	char			*title;
	char			*logo_url;
	char			*theme;
	char			*theme_dir;	/* frontend.dir */
	unsigned		 theme_line;
	struct list_buf		 extra;

	struct connector_def	 connectors[CONNECTORS_MAX];
	unsigned		 nconnectors;
};

/* ---- problem.c: messages with file:line: ---- */

void	 problem(struct config *, unsigned line, const char *fmt, ...)
	    __attribute__((__format__ (printf, 3, 4)));
void	 warning(struct config *, unsigned line, const char *fmt, ...)
	    __attribute__((__format__ (printf, 3, 4)));

/* ---- fields.c: blocks read by table ---- */

struct field;
typedef void	 field_take(struct config *, const struct ynode *,
		    void *target);

struct field {
	const char	*key;
	field_take	*take;
	size_t		 offset;	/* of the target in the base struct */
};
#define FIELDS_END	{ NULL, NULL, 0 }

/*
 * Reads a map by its table into base.  A null leaves the default; a key that
 * is not in the table is an error at its line.  `what` names the block.
 */
void	 fields_read(struct config *, const struct ynode *,
	    const struct field *, void *base, const char *what);

field_take	 take_string;		/* char *: numbers are strings, too */
field_take	 take_expanded;		/* char *: with the environment */
field_take	 take_bool;		/* bool */
field_take	 take_duration;		/* uint64_t, seconds */
field_take	 take_strings;		/* struct list_buf, initialised */
field_take	 take_pairs;		/* struct list_buf, from a map */
field_take	 take_line;		/* const struct ynode *, as it is */
field_take	 take_unsupported;	/* an error unless empty */

/* Is the value one of dex's that dexd does not have yet? */
bool	 is_one_of(const char *, const char * const *list);

/* ---- the blocks ---- */

void	 check_theme(struct config *, const struct ynode *frontend);
field_take	 take_storage, take_web, take_oauth2, take_expiry,
		 take_logger, take_frontend, take_signer, take_telemetry;
void	 read_document(struct config *, const struct ynode *);
void	 clients_read(struct config *, const struct ynode *);
void	 users_read(struct config *, const struct ynode *);
void	 connectors_read(struct config *, const struct ynode *);
void	 connector_local(struct config *);
/* Line of a member, else of the block. */
unsigned	 line_of_key(const struct ynode *, const char *key);

/* ---- emit.c: what the parent is told ---- */

void	 emit_slice(struct config *, enum room, const char *name,
	    enum msg_type, const void *m);
void	 emit_all(struct config *);

#endif /* DEXD_CONFIG_H */
