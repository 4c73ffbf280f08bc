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

#include <bsd/sys/queue.h>
#include <event2/event_struct.h>

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
	bool			 tls;
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
	uint32_t		 frontends;
	struct listen_confs	 listens;
	struct connector_confs	 connectors;
	struct slice_list	 slices;
	bool			 has_tls;
	struct buf		 cert;
	struct buf		 key;
	unsigned		 tls_min;
	unsigned		 tls_max;
	struct theme		*theme;		/* NULL: the built-in one */
};
struct settings	*settings_new(void);
struct settings	*settings_ref(struct settings *);
void		 settings_unref(struct settings *);

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
	uint32_t		 instance;
	pid_t			 pid;		/* 0: waiting to be started */
	struct peer		*peer;
	int			 status;	/* of a config room that ended */
	bool			 ready;
	bool			 stopping;
	bool			 has_sealkey;
	uint8_t			 sealkey[32];
	unsigned		 crashes;	/* within the last minute */
	time_t			 crashed_at;
	struct event		 respawn;
};
TAILQ_HEAD(child_list, child);

/* Forks and execs the program of c; -1 after a log record. */
int	 child_spawn(struct child *);
struct child	*child_new(struct parent *, struct generation *, enum room,
		    const char *program, const char *name, uint32_t instance);
void	 child_free(struct child *);
void	 child_tell(struct child *, enum msg_type, const void *, int fd);
/* settings NULL: before there are any (the config room). */
void	 child_start(struct child *, const struct settings *,
	    const char *writable, const char *jail);
void	 child_go(struct child *);
void	 child_stop(struct child *);
void	 child_kill(struct child *);

/* ---- generations (generation.c, wire.c) ---- */

enum gen_state { GEN_STARTING, GEN_SERVING, GEN_DRAINING };

struct generation {
	TAILQ_ENTRY(generation)	 entry;
	struct parent		*parent;
	struct settings		*settings;
	struct child_list	 children;
	enum gen_state		 state;
	unsigned		 number;
	struct event		 deadline;	/* of starting, of draining */
};
TAILQ_HEAD(generation_list, generation);

struct generation	*generation_start(struct parent *, struct settings *);
void	 generation_child_ready(struct generation *, struct child *);
void	 generation_child_died(struct generation *, struct child *, bool ok);
void	 generation_drain(struct generation *);
/* Kills what is left of it, at once. */
void	 generation_kill(struct generation *);
/* Seconds to wait before the next start, by how often it crashed lately. */
unsigned	 crash_delay(unsigned *crashes, time_t *last, time_t now);
struct child	*generation_find(struct generation *, enum room);
/* Everything a child needs: start, slices, keys, wires; then GO. */
void	 child_furnish(struct child *);
/* A wire between two children, told to both. */
void	 wire_make(struct child *, struct child *);
void	 wire_gone(struct child *);
void	 sealkey_spread(struct generation *, const struct child *worker);
void	 keygen_begin(struct child *signer, enum jwa);

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
	bool			 tls;
	char			*host;
	uint32_t		 port;
	char			 address[300];
	int			 fd;
	bool			 wanted;
};
TAILQ_HEAD(listener_list, listener);

/* Opens what settings want and is not open yet; -1 with a text. */
int	 listeners_open(struct parent *, const struct settings *, char *err,
	    size_t errlen);
/* Closes what no generation wants any more. */
void	 listeners_prune(struct parent *, const struct settings *);
/* The admin socket in the run directory; -1 with a text. */
int	 control_socket_open(struct parent *, char *err, size_t errlen);

/* ---- checks before the start (checks.c) ---- */

/* Users, sandbox, directories, database.  -1 with texts logged. */
int	 checks_system(struct parent *);
int	 checks_store(struct parent *, const struct settings *);
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
void	 reload_begin(struct parent *);
void	 reload_answer(struct parent *, enum result, const char *text);

struct parent {
	struct options		 options;
	char			*self;		/* directory of libexec */
	char			*empty_dir;
	char			*store_dir;
	bool			 root;
	struct event_base	*base;
	struct seal_roots	 roots;
	struct generation_list	 generations;
	unsigned		 ngenerations;
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
	bool			 reload_again;	/* a SIGHUP came meanwhile */
	/* the check of templates that follows it */
	struct child		*checker;
	struct settings		*checking;
	/* the reload that dexctl waits for */
	struct child		*asker;
	uint32_t		 asker_rid;
	struct gather_list	 gathers;
	/* keygen */
	struct child		*keygen;
	time_t			 keygens[10];	/* when the last ones began */
	struct event		 sigchld, sigterm, sigint, sighup;
	struct event		 restart;	/* after an engine's crash */
	unsigned		 restarts;
	time_t			 restarted_at;
	unsigned		 next_generation;
};

int	 parent_run(const struct options *);
void	 parent_exit(struct parent *, int status);
/* A child was reaped with this wait status. */
void	 child_died(struct child *, int status);

#endif /* DEXD_PARENT_H */
