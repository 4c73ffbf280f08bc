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

#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bsd/unistd.h>
#include <event2/event.h>
#include <sodium.h>

#include "count.h"
#include "log.h"
#include "parent.h"
#include "pathnames.h"

/* The parent's own life: signals, the first start, the end. */

void
parent_exit(struct parent *p, int status)
{
	p->status = status;
	p->done = true;
	event_base_loopbreak(p->base);
}

static void
stop(struct parent *p)
{
	struct generation	*g, *next;

	if (p->stopping) {	/* asked twice: at once */
		TAILQ_FOREACH_SAFE(g, &p->generations, entry, next)
			generation_kill(g);
		return;
	}
	p->stopping = true;
	if (p->config != NULL)
		child_kill(p->config);
	if (p->checker != NULL)
		child_kill(p->checker);
	if (p->ngenerations == 0)
		parent_exit(p, p->status);
	TAILQ_FOREACH_SAFE(g, &p->generations, entry, next)
		generation_drain(g);
}

static void
on_stop_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	log_info("stopping");
	stop(arg);
}

static void
on_sighup(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	reload_begin(arg);
}

static struct child *
find_pid(struct parent *p, pid_t pid)
{
	struct generation	*g;
	struct child		*c;

	TAILQ_FOREACH(g, &p->generations, entry)
		TAILQ_FOREACH(c, &g->children, entry)
			if (c->pid == pid)
				return (c);
	if (p->config != NULL && p->config->pid == pid)
		return (p->config);
	if (p->checker != NULL && p->checker->pid == pid)
		return (p->checker);
	if (p->keygen != NULL && p->keygen->pid == pid)
		return (p->keygen);
	return (NULL);
}

static void
log_death(const struct child *c, int status)
{
	char	 how[64];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "exit status %d",
		    WEXITSTATUS(status));
	if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0)
		log_warn("a room ended", "room", c->program, "how", how);
	else
		log_debug("a room ended", "room", c->program);
}

void
child_died(struct child *c, int status)
{
	struct parent	*p = c->parent;
	bool		 ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	/* Its last words may still be on the wire; on_gone() comes back. */
	if ((c == p->config || c == p->checker) && c->peer != NULL) {
		c->pid = 0;
		c->status = status;
		return;
	}
	if (p->asker == c)
		p->asker = NULL;
	log_death(c, status);
	if (c == p->config || c == p->checker) {
		if (c == p->config)
			parse_died(p);
		else
			theme_check_died(p, status);
		if (p->reload_again && !parse_running(p)) {
			p->reload_again = false;
			reload_begin(p);
		}
	} else if (c == p->keygen) {
		p->keygen = NULL;
		child_free(c);
	} else
		generation_child_died(c->gen, c, ok);
}

static void
on_sigchld(evutil_socket_t sig, short what, void *arg)
{
	struct parent	*p = arg;
	struct child	*c;
	pid_t		 pid;
	int		 status;

	(void)sig;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if ((c = find_pid(p, pid)) != NULL)
			child_died(c, status);
}

/* ---- the first start ---- */

static void
on_parsed(struct parent *p, struct settings *s, const char *problems)
{
	char	 err[600];

	if (problems != NULL && *problems != '\0')
		fputs(problems, stderr);
	if (s == NULL) {
		parent_exit(p, 1);
		return;
	}
	if (p->options.check) {
		puts("configuration OK");
		parent_exit(p, 0);
		return;
	}
	log_setup(p->options.verbose ? LOG_LVL_DEBUG :
	    (enum log_level)s->log_level, (enum log_format)s->log_format);
	if (checks_store(p, s) == -1) {
		parent_exit(p, 1);
		return;
	}
	if (seal_load(&p->roots, p->options.seal_file, err, sizeof(err)) ==
	    -1 || control_socket_open(p, err, sizeof(err)) == -1 ||
	    listeners_open(p, s, err, sizeof(err)) == -1) {
		fprintf(stderr, "dexd: %s\n", err);
		parent_exit(p, 1);
		return;
	}
	memory_store_clear(p);
	generation_start(p, s);
}

/* Programs are found beside our own: ../libexec/dexd. */
static char *
libexec_dir(void)
{
	char	 path[1024], *slash;
	char	*dir;
	ssize_t	 n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return (xstrdup(DEXD_LIBEXEC));
	path[n] = '\0';
	if ((slash = strrchr(path, '/')) != NULL)
		*slash = '\0';
	if ((slash = strrchr(path, '/')) != NULL)
		*slash = '\0';
	dir = xcalloc(1, strlen(path) + sizeof("/libexec/dexd"));
	memcpy(dir, path, strlen(path));
	memcpy(dir + strlen(path), "/libexec/dexd", sizeof("/libexec/dexd"));
	return (dir);
}

/* Frontends hold many connections; children inherit the limit. */
static void
raise_limits(void)
{
	struct rlimit	 rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return;
	rl.rlim_cur = rl.rlim_max < 65536 ? rl.rlim_max : 65536;
	setrlimit(RLIMIT_NOFILE, &rl);
}

static void
set_signals(struct parent *p)
{
	signal(SIGPIPE, SIG_IGN);
	evsignal_assign(&p->sigchld, p->base, SIGCHLD, on_sigchld, p);
	evsignal_assign(&p->sigterm, p->base, SIGTERM, on_stop_signal, p);
	evsignal_assign(&p->sigint, p->base, SIGINT, on_stop_signal, p);
	evsignal_assign(&p->sighup, p->base, SIGHUP, on_sighup, p);
	event_add(&p->sigchld, NULL);
	event_add(&p->sigterm, NULL);
	event_add(&p->sigint, NULL);
	event_add(&p->sighup, NULL);
}

static void
clean_up(struct parent *p)
{
	char	 path[1100];

	if (p->control_fd != -1) {
		snprintf(path, sizeof(path), "%s/%s", p->options.run_dir,
		    CONTROL_SOCKET);
		unlink(path);
		memory_store_clear(p);
	}
	sodium_memzero(&p->roots, sizeof(p->roots));
}

static void
go_to_background(const struct parent *p)
{
	uid_t	 uid = geteuid();
	gid_t	 gid = getegid();

	if (p->root && room_user(p, ROOM_CONFIG, &uid, &gid) == -1)
		fatalx("no user for the log");
	background_begin(uid, gid);
}

int
parent_run(const struct options *options)
{
	static struct parent	 p;

	log_init("parent");
	log_setup(options->verbose ? LOG_LVL_DEBUG : LOG_LVL_INFO,
	    LOG_FMT_TEXT);
	p.options = *options;
	p.control_fd = -1;
	p.root = geteuid() == 0;
	p.started = time(NULL);
	p.self = libexec_dir();
	TAILQ_INIT(&p.generations);
	TAILQ_INIT(&p.listeners);
	LIST_INIT(&p.gathers);
	count_init();
	if (sodium_init() == -1)
		fatalx("libsodium does not start");
	raise_limits();
	if (checks_system(&p) == -1)
		return (1);
	if (!options->foreground && !options->check)
		go_to_background(&p);
	if ((p.base = event_base_new()) == NULL)
		fatalx("no event loop");
	set_signals(&p);
	setproctitle("parent");
	parse_begin(&p, on_parsed);
	if (!p.done)
		event_base_dispatch(p.base);
	clean_up(&p);
	return (p.status);
}
