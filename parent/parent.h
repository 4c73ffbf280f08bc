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

#ifndef DEXD_PARENT_H
#define DEXD_PARENT_H

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <bsd/sys/queue.h>
#include <event2/event_struct.h>

#include "decide.h"
#include "derive.h"
#include "peer.h"

/*
 * The parent: the only room that is root.  It starts the others, wires them,
 * holds listening sockets and seal keys, hands on slices it does not read, and
 * replaces what dies.  It reads nothing from outside.
 */

#define SEAL_KEYS_MAX	8

/* What the command line said. */
struct options {
	const char	*config;
	const char	*run_dir;
	const char	*seal_file;
	bool		 check;		/* -n */
	bool		 foreground;	/* -d */
	bool		 verbose;	/* -v: log level debug */
};

/* ---- what one parse of the configuration gave (settings.c) ---- */

struct slice {
	TAILQ_ENTRY(slice)	 entry;
	enum room		 room;
	char			*name;
	enum msg_type		 type;
	struct buf		 body;
};
TAILQ_HEAD(slice_list, slice);

struct listen_conf {
	TAILQ_ENTRY(listen_conf) entry;
	enum listen_kind	 kind;
	char			*host;
	uint32_t		 port;
};
TAILQ_HEAD(listen_confs, listen_conf);

struct connector_conf {
	TAILQ_ENTRY(connector_conf) entry;
	char			*id;
	enum authn_program	 program;
	uint32_t		 instances;
};
TAILQ_HEAD(connector_confs, connector_conf);

struct settings {
	unsigned		 refs;
	enum storage		 storage;
	char			*storage_file;
	enum sandbox_mode	 sandbox;
	unsigned		 log_level;
	unsigned		 log_format;
	struct list_buf		 log_exclude;
	uint32_t		 frontends;
	uint32_t		 signers;
	struct listen_confs	 listens;
	struct connector_confs	 connectors;
	struct slice_list	 slices;
	bool			 has_tls;
	char			*cert_file;
	char			*key_file;
	struct keypair		*pair;		/* as the files were then */
	unsigned		 tls_min;
	unsigned		 tls_max;
	struct theme		*theme;		/* NULL: the built-in one */
};
struct settings	*settings_new(void);
struct settings	*settings_ref(struct settings *);
void		 settings_unref(struct settings *);
/* The parent's own log as they want it. */
void		 settings_set_log(const struct settings *, bool verbose);

/* A TLS certificate and its key, as read from their files. */
struct keypair {
	unsigned	 refs;
	struct buf	 cert;
	struct buf	 key;
	struct stamp	 cert_stamp;
	struct stamp	 key_stamp;
};
/* NULL with errno when one of them cannot be read or is empty. */
struct keypair	*keypair_read(const char *cert_file, const char *key_file);
struct keypair	*keypair_ref(struct keypair *);	/* NULL stays NULL */
void		 keypair_unref(struct keypair *);
bool		 keypair_equal(const struct keypair *, const struct keypair *);

/* ---- seal keys (seal.c) ---- */

struct seal_root {
	uint32_t	 number;
	uint8_t		 key[KEY_LEN];
};
struct seal_roots {
	struct seal_root	 list[SEAL_KEYS_MAX];	/* newest first */
	unsigned		 n;
};
/*
 * Reads the file, making it (mode 0400) when it is not there.  -1 with a text
 * for people.
 */
int	 seal_load(struct seal_roots *, const char *file, char *err,
	    size_t errlen);

/* ---- children (child.c) ---- */

struct generation;
struct parent;
struct gather;
LIST_HEAD(gather_list, gather);

struct child {
	TAILQ_ENTRY(child)	 entry;
	struct parent		*parent;
	struct generation	*gen;		/* NULL: config, keygen */
	enum room		 room;
	const char		*program;
	char			*name;		/* connector id, or "" */
	uint32_t		 instance;	/* new with every process */
	pid_t			 pid;		/* 0: dead, or not started yet */
	struct peer		*peer;
	int			 status;	/* of one that ended */
	bool			 ready;
	bool			 stopping;
	bool			 closing;	/* was told, doors still open */
	bool			 has_sealkey;
	uint8_t			 sealkey[32];
	bool			 wants_key;	/* a signer that waits */
	enum jwa		 key_alg;
	uint64_t		 key_turn;	/* the lowest is next */
	struct backoff		 backoff;
	struct event		 restart;	/* starts it, then bounds it */
};
TAILQ_HEAD(child_list, child);

/* Starts the program of c; -1 after a log record. */
int	 child_spawn(struct child *);
struct child	*child_new(struct parent *, struct generation *, enum room,
		    const char *program, const char *name);
void	 child_free(struct child *);
/* A room that cannot be told is killed: it would lack something for ever. */
void	 child_tell(struct child *, enum msg_type, const void *, int fd);
void	 child_tell_slice(struct child *, const struct slice *);
/* settings NULL: before there are any (the config room). */
void	 child_start(struct child *, const struct settings *,
	    const char *writable, const char *jail);
void	 child_go(struct child *);
void	 child_stop(struct child *);
void	 child_kill(struct child *);

/* ---- generations (generation.c, wire.c) ---- */

struct generation {
	TAILQ_ENTRY(generation)	 entry;
	struct parent		*parent;
	struct settings		*settings;
	struct keypair		*pair;		/* NULL: no TLS */
	struct child_list	 children;
	enum gen_state		 state;
	enum gen_why		 why;
	bool			 served;	/* it has, or had, the doors */
	unsigned		 number;
	struct event		 deadline;	/* of starting, of draining */
};
TAILQ_HEAD(generation_list, generation);

/* Starts a whole set of rooms; how that ends is told to reload.c. */
void	 generation_start(struct parent *, struct settings *,
	    struct keypair *, enum gen_why);
void	 generation_child_ready(struct generation *, struct child *);
void	 generation_child_died(struct generation *, struct child *);
void	 generation_serve(struct generation *);
void	 generation_drain(struct generation *);
/* Somebody else serves now: what waited for that may leave. */
void	 generations_relieve(struct parent *);
/* Kills what is left of it, at once. */
void	 generation_kill(struct generation *);
struct child	*generation_find(struct generation *, enum room);
/* Everything a child needs: start, slices, keys, wires; then GO.  -1: failed. */
int	 child_furnish(struct child *);
/* A wire between two children, told to both. */
int	 wire_make(struct child *, struct child *);
void	 wire_gone(struct child *);
void	 sealkey_spread(struct generation *, const struct child *worker);

/* ---- signing keys are made (keygen.c) ---- */

void	 keygen_init(struct parent *);
/* Now or when it is that signer's turn; it is the one to ask again. */
void	 keygen_ask(struct child *signer, enum jwa);
/* The signer leaves; for any other child nothing happens. */
void	 keygen_forget(struct child *);
/* The keygen under way has ended with this wait status. */
void	 keygen_died(struct parent *, int status);

/* ---- counts (gather.c) ---- */

void	 gather_handlers(peer_handler **);
/* The child is gone: what it asked for is answered to nobody. */
void	 gather_forget(const struct child *);

/* ---- into the background (background.c) ---- */

/* Returns in the new process; the ids are those of the log's relay. */
void	 background_begin(uid_t, gid_t);
/* We serve: lets go of the terminal.  Does nothing in the foreground. */
void	 background_ready(void);

/* ---- listening sockets (listen.c) ---- */

struct listener {
	TAILQ_ENTRY(listener)	 entry;
	char			*host;
	uint32_t		 port;
	char			 address[300];
	int			 fd;
};
TAILQ_HEAD(listener_list, listener);

/*
 * Opens what settings want and is not open yet; -1 with a text.  An address in
 * use is tried again for `patience` tenths of a second (a dexd before us may
 * be leaving).
 */
int	 listeners_open(struct parent *, const struct settings *,
	    unsigned patience, char *err, size_t errlen);
struct listener	*listener_find(struct parent *, const struct listen_conf *);
/* Closes what neither the serving nor a starting generation wants. */
void	 listeners_prune(struct parent *);
/* The admin socket in the run directory, for that group; -1 with a text. */
int	 control_socket_open(struct parent *, gid_t, char *err,
	    size_t errlen);

/* ---- sockets that were open when we came (inherit.c) ---- */

#define INHERITED_MAX	16

struct inherited {
	int			 fd;
	struct sockaddr_storage	 address;
	char			 name[64];
	bool			 used;
};
/*
 * Takes LISTEN_FDS (systemd's socket activation) and closes all else above 2,
 * so that every descriptor of ours is close-on-exec.  -n closes nothing: its
 * file may be a shell's /dev/fd/N.
 */
void	 inherit_begin(struct parent *);
/*
 * The one for this address, or else one that is named "http", "https" or
 * "telemetry"; NULL if there is none.
 */
struct inherited	*inherit_find(struct inherited *, unsigned n,
			    const char *host, uint32_t port,
			    enum listen_kind);
/* Descriptor for a configured listener, or -1. */
int	 inherit_take(struct parent *, const struct listen_conf *);
/* True when it came from there, where it stays open. */
bool	 inherit_give_back(struct parent *, int fd);
/* The address behind a host of the configuration; -1 if it is none. */
int	 listen_address(const char *host, uint32_t port,
	    struct sockaddr_storage *, socklen_t *);

/* ---- checks before the start (checks.c) ---- */

/* Users, sandbox, directories, database.  -1 with texts logged. */
int	 checks_system(struct parent *);
/* -1 with a text. */
int	 checks_store(struct parent *, const struct settings *, char *err,
	    size_t errlen);
int	 room_user(const struct parent *, enum room, uid_t *, gid_t *);
/* Removes the private file of the memory store. */
void	 memory_store_clear(struct parent *);

/* ---- the one parse (parse.c) ---- */

/* Answer to whoever asked: problems as text lines. */
typedef void	 parse_done(struct parent *, struct settings *,
		    const char *problems);
/* Starts the config room; NULL settings in the callback: it failed. */
int	 parse_begin(struct parent *, parse_done *);
void	 parse_died(struct parent *);
void	 parse_handlers(peer_handler **);

/* Is a parse, or the check of its templates, under way? */
bool	 parse_running(const struct parent *);
/* A line for whoever asked; control characters are replaced. */
void	 problems_add(struct parent *, struct span text, const char *tail);

/* ---- an operator's templates and static files (theme.c) ---- */

void	 theme_handlers(peer_handler **);
void	 theme_free(struct theme *);
/* Sends the files to a frontend; theme may be NULL. */
void	 theme_tell(struct child *, const struct theme *);
/*
 * Has a frontend in its sandbox compile the templates of the settings, which
 * are kept until then, and calls parse_done.
 */
void	 theme_check(struct parent *, struct settings *);
void	 theme_check_ready(struct child *);
void	 theme_check_died(struct parent *, int status);

/* ---- commands (command.c) ---- */

void	 command_handlers(peer_handler **);
/* The answer to a command; a text that is too long is cut. */
void	 command_answer(struct child *control, uint32_t rid, enum result,
	    const char *text, const char *json);

/* ---- what serves: start, reload, recovery (reload.c) ---- */

void	 serve_init(struct parent *);
/* The first configuration. */
void	 serve_first(struct parent *, struct settings *);
/* SIGHUP: now, or once when what is under way has ended. */
void	 reload_signal(struct parent *);
/* dexctl, by way of this control room; answers it now or later. */
void	 reload_ask(struct parent *, struct child *control, uint32_t rid);
/* The certificate's files have other content now, which may fit or not. */
void	 reload_renew(struct parent *);
/* From generation.c: every room of it is ready, one died before ... */
void	 serve_ready(struct generation *);
void	 serve_start_failed(struct generation *, const char *program);
/* ... its engine died, or the last of its rooms left. */
void	 serve_engine_died(struct generation *);
void	 serve_gone(struct generation *);
/* The parse under way ended without a result, or a room that asked died. */
void	 serve_parse_ended(struct parent *);
/* A room that was told to stop takes on nothing new. */
void	 serve_door_closed(struct parent *);
void	 serve_asker_died(struct parent *, const struct child *);

/* ---- the certificate's files (watch.c) ---- */

/* Looks at the files of what serves every few seconds. */
void	 watch_begin(struct parent *);
/* What serves has changed. */
void	 watch_reset(struct parent *);
struct stamp	 stamp_of(const struct stat *);

/* Seconds of a clock that does not jump. */
uint64_t	 seconds_now(void);

struct parent {
	struct options		 options;
	char			*self;		/* directory of libexec */
	char			*empty_dir;
	char			*store_dir;
	bool			 root;
	struct event_base	*base;
	struct seal_roots	 roots;
	struct generation_list	 generations;
	/* What serves (reload.c). */
	struct generation	*serving;	/* its engine lives */
	struct generation	*starting;
	struct settings		*inforce;	/* served last */
	struct keypair		*pair;		/* and its certificate */
	bool			 reload_wanted;	/* a SIGHUP came meanwhile */
	bool			 renew_wanted;
	struct backoff		 crashes;	/* of engines and starts */
	struct event		 recovery;
	struct event		 turn;		/* what waited may begin */
	struct {
		struct event	 timer;
		struct stamp	 cert, key;	/* at the last look */
		struct stamp	 cert_tried, key_tried;
		bool		 warned;
	}			 watch;
	struct inherited	 inherited[INHERITED_MAX];
	unsigned		 ninherited;
	struct listener_list	 listeners;
	int			 control_fd;
	bool			 stopping;
	bool			 done;
	int			 status;	/* of exit */
	time_t			 started;
	/* the parse under way */
	struct child		*config;
	struct settings		*parsed;
	struct buf		 problems;
	parse_done		*parse_done;
	bool			 parse_failed;
	bool			 parse_complete;	/* CF_PA_DONE came */
	struct event		 parse_deadline;	/* and of the check */
	/* the check of templates that follows it */
	struct child		*checker;
	struct settings		*checking;
	/* the reload that dexctl waits for */
	struct child		*asker;
	uint32_t		 asker_rid;
	bool			 reloaded;	/* but old doors are open */
	struct gather_list	 gathers;
	/* keygen */
	struct child		*keygen;
	struct child		*keygen_for;	/* NULL: that signer left */
	struct keygen_quota	 keygens;
	uint64_t		 next_key_turn;
	struct event		 keygen_turn;
	struct event		 keygen_deadline;
	struct event		 sigchld, sigterm, sigint, sighup;
	unsigned		 next_generation;
	uint32_t		 next_instance;
	struct {
		uid_t	 uid;	/* 0: there is none */
		gid_t	 gid;
	}			 users[ROOM_MAX];
};

int	 parent_run(const struct options *);
void	 parent_exit(struct parent *, int status);
/* Finishes what is under way, then exits; a second time: at once. */
void	 parent_stop(struct parent *);
/* A child was reaped with this wait status and said its last words. */
void	 child_died(struct child *, int status);

#endif /* DEXD_PARENT_H */
