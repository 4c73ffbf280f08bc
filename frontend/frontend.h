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

#ifndef DEXD_FRONTEND_H
#define DEXD_FRONTEND_H

#include <netinet/in.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <event2/event_struct.h>

#include "client_ip.h"
#include "count.h"
#include "http_req.h"
#include "io.h"
#include "peer.h"
#include "tmpl.h"

/*
 * The frontend: HTTP and TLS bytes in, one message to the engine out.  It knows
 * nothing of OAuth, holds no secret of a user beyond the moment, and serves the
 * published documents itself.
 */

#define CONNS_MAX		8192
#define OUT_MAX			(2 * 1024 * 1024)
#define CONNS_PER_ADDRESS	512
#define ENGINE_PENDING		4096
#define ENGINE_TIMEOUT_MS	60000
#define FRONTEND_KEYS		8
#define PROXIES_MAX		128

struct listener {
	TAILQ_ENTRY(listener)	 entry;
	int			 fd;
	struct event		 readable;
	struct event		 again;		/* after EMFILE */
	struct frontend		*fe;
};
TAILQ_HEAD(listener_list, listener);

/* A worker process that can open boxes. */
struct sealkey {
	TAILQ_ENTRY(sealkey)	 entry;
	char			*connector;
	uint32_t		 instance;
	uint8_t			 public_key[32];
};
TAILQ_HEAD(sealkey_list, sealkey);

struct document_copy {
	bool		 known;
	uint64_t	 serial;
	struct buf	 body;
};

/* How many connections an address has (IPv6: its /64). */
struct address {
	RB_ENTRY(address)	 node;
	struct in6_addr		 key;
	unsigned		 count;
};
RB_HEAD(address_tree, address);

/* An operator's theme; none: the built-in one is used. */
struct asset;
struct files {
	struct asset	*list;
	size_t		 n;
	size_t		 total;		/* bytes */
	unsigned char	*owned;		/* of a file that is not whole yet */
	bool		 more;
};

struct conn;
TAILQ_HEAD(conn_list, conn);

struct frontend {
	struct msg			 msg;	/* of PA_FE_CONFIG */
	struct buf			 raw;
	const struct msg_pa_fe_config	*conf;
	char				*issuer_path;
	char				*client_ip_header;
	struct ip_prefix		 proxies[PROXIES_MAX];
	unsigned			 nproxies;
	bool				 proxy_warned;
	struct buf			 page_fields;	/* header lines */
	struct buf			 other_fields;
	struct files			 files;
	struct tmpl_set			*pages;
	struct {
		uint32_t	 number;
		uint8_t		 key[32];
	}				 keys[FRONTEND_KEYS];
	unsigned			 nkeys;
	bool				 tls_set;
	struct listener_list		 listeners;
	struct sealkey_list		 sealkeys;
	struct document_copy		 documents[DOCUMENT_MAX];
	struct peer			*engine;
	bool				 ready;
	bool				 stopping;
	struct event			 stop_timer;
	struct conn_list		 conns;	/* least recently served first */
	unsigned			 nconns;
	unsigned			 peak;		/* of nconns, lately */
	unsigned			 conns_max;
	size_t				 out_max;	/* of a connection */
	struct count			*accepted;
	struct address_tree		 addresses;
	struct http_req			 req;	/* the one being parsed */
};

/* ---- config.c: the parent's slice ---- */
void	 config_handlers(peer_handler **);
int	 config_finish(struct frontend *);

/* ---- document.c: discovery and JWKS ---- */
void	 on_en_fe_document(void *, struct peer *, struct msg *);

/* ---- listener.c ---- */
void	 listener_add(struct frontend *, int fd);
void	 listeners_resume(struct frontend *);
void	 listeners_pause(struct frontend *);
/* For good; who waits there is the business of whoever shares the sockets. */
void	 listeners_close(struct frontend *);
/* Counts a connection of the address; false if it has too many. */
bool	 address_enter(struct frontend *, const struct in6_addr *);
void	 address_leave(struct frontend *, const struct in6_addr *);

/* ---- files.c: the files of the theme ---- */
void	 files_handlers(peer_handler **);
bool	 files_are_ours(const struct frontend *);	/* built in */
size_t	 files_list(const struct frontend *, const struct asset **);
/* prefix is a directory of the theme's; NULL when there is no such file. */
const struct asset	*files_find(const struct frontend *,
	    const char *prefix, struct span rest);
const struct asset	*files_robots(const struct frontend *);
const char	*asset_type(const char *name);

/* ---- page.c: templates, header lines ---- */
/* -1 after the parent was told why. */
int	 pages_compile(struct frontend *);
void	 pages_set_fields(struct frontend *);
int	 page_render(const struct frontend *, enum page, struct msg_list data,
	    struct span req_path, struct buf *out);

#endif /* DEXD_FRONTEND_H */
