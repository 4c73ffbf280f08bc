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

#ifdef __linux__
#include <sys/prctl.h>
#endif
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

uint64_t
seconds_now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return ((uint64_t)ts.tv_sec);
}

void
parent_stop(struct parent *p)
{
	struct generation	*g, *next;
	bool			 again = p->stopping;

	p->stopping = true;
	if (p->config != NULL)
		child_kill(p->config);
	if (p->checker != NULL)
		child_kill(p->checker);
	TAILQ_FOREACH_SAFE(g, &p->generations, entry, next)
		if (again)
			generation_kill(g);
		else
			generation_drain(g);
	if (TAILQ_EMPTY(&p->generations))
		parent_exit(p, p->status);
}

static void
on_stop_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	log_info("stopping");
	parent_stop(arg);
}

static void
on_sighup(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	reload_signal(arg);
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
		log_warn("a room ended", "program", c->program, "how", how);
	else
		log_debug("a room ended", "program", c->program);
}

void
child_died(struct child *c, int status)
{
	struct parent	*p = c->parent;

	c->pid = 0;
	c->status = status;
	/* Its last words may still be on the wire; on_gone() comes back. */
	if (c->peer != NULL)
		return;
	if (c != p->checker || WIFSIGNALED(status))
		log_death(c, status);	/* a checker said why it ended */
	serve_asker_died(p, c);
	if (c == p->config) {
		parse_died(p);
		serve_parse_ended(p);
	} else if (c == p->checker) {
		theme_check_died(p, status);
		serve_parse_ended(p);
	} else if (c == p->keygen)
		keygen_died(p, status);
	else
		generation_child_died(c->gen, c);
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

static int
admin_open(struct parent *p, char *err, size_t errlen)
{
	uid_t	 uid = geteuid();
	gid_t	 gid = getegid();

	if (p->root && room_user(p, ROOM_CONTROL, &uid, &gid) == -1) {
		snprintf(err, errlen, "no user for the control room");
		return (-1);
	}
	return (control_socket_open(p, gid, err, errlen));
}

static void
on_parsed(struct parent *p, struct settings *s, const char *problems)
{
	char	 err[700];

	if (p->stopping)
		return;
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
	settings_set_log(s, p->options.verbose);
	if (checks_store(p, s, err, sizeof(err)) == -1 ||
	    seal_load(&p->roots, p->options.seal_file, err, sizeof(err)) ==
	    -1 || admin_open(p, err, sizeof(err)) == -1) {
		fprintf(stderr, "dexd: %s\n", err);
		parent_exit(p, 1);
		return;
	}
	memory_store_clear(p);
	serve_first(p, s);
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

/*
 * We hold the seal keys and the slices: no core file, no ptrace, and nobody of
 * our own uid reads our memory.
 */
static void
guard_memory(void)
{
#ifdef __linux__
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("prctl");
#else
	const struct rlimit	 none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#endif
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
end_child(struct child *c)
{
	if (c == NULL || c->pid <= 0)
		return;
	child_kill(c);
	while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
		;
}

/*
 * Rooms that have said all may not have ended yet, or, after a start that
 * failed, not at all; whoever counts our processes finds none after us.
 */
static void
end_children(struct parent *p)
{
	struct generation	*g;
	struct child		*c;

	TAILQ_FOREACH(g, &p->generations, entry)
		TAILQ_FOREACH(c, &g->children, entry)
			end_child(c);
	end_child(p->config);
	end_child(p->checker);
	end_child(p->keygen);
}

static void
clean_up(struct parent *p)
{
	char	 path[1100];

	end_children(p);
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
	umask(077);	/* what rooms make is nobody else's */
	guard_memory();
	inherit_begin(&p);
	raise_limits();
	if (checks_system(&p) == -1)
		return (1);
	if (!options->foreground && !options->check)
		go_to_background(&p);
	if ((p.base = event_base_new()) == NULL)
		fatalx("no event loop");
	set_signals(&p);
	serve_init(&p);
	keygen_init(&p);
	setproctitle("parent");
	parse_begin(&p, on_parsed);
	if (!p.done)
		event_base_dispatch(p.base);
	clean_up(&p);
	return (p.status);
}
