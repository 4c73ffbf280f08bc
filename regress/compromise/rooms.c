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

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/unistd.h>
#include <event2/event.h>
#include <sodium.h>

#include "log.h"
#include "regress/compromise/rooms.h"

struct event_base	*rooms_base;
const char		*rooms_writable = "";

#define PLAYED_MAX	16

static pid_t		 played[PLAYED_MAX];	/* those that run */
static unsigned		 nplayed;

/* Who each room is when root starts it, as dexd(8) says. */
static const char * const	 users[ROOM_MAX] = {
	[ROOM_FRONTEND] = "_dexd", [ROOM_ENGINE] = "_dexdeng",
	[ROOM_SIGNER] = "_dexdsig", [ROOM_AUTHN] = "_dexdauth",
	[ROOM_CONTROL] = "_dexdctl", [ROOM_TELEMETRY] = "_dexd",
};
static bool			 is_root;
static char			 empty_dir[] = "/tmp/dexd-jail-XXXXXX";

static void
remove_empty_dir(void)
{
	rmdir(empty_dir);
}

void
rooms_init(void)
{
	log_init("test");
	log_setup(LOG_LVL_ERROR, LOG_FMT_TEXT);
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() == -1 ||
	    (rooms_base = event_base_new()) == NULL)
		fatalx("cannot start");
	if (!(is_root = geteuid() == 0))
		return;
	if (mkdtemp(empty_dir) == NULL || atexit(remove_empty_dir) != 0 ||
	    chmod(empty_dir, 0755) == -1)
		fatal("no jail");
}

void
room_path(char path[128], const char *base)
{
	snprintf(path, 128, "%s/%s", is_root ? "" : rooms_writable, base);
}

/* Its user and jail, as the parent gives them when it is root. */
static void
put_in_jail(const struct played *r, struct msg_pa_room_start *m)
{
	const struct passwd	*pw;
	bool			 writes = *rooms_writable != '\0';

	if (users[r->room] == NULL || (pw = getpwnam(users[r->room])) == NULL)
		fatalx("no user for the %s: run etc/users.sh",
		    room_name(r->room));
	m->drop = true;
	m->uid = (uint32_t)pw->pw_uid;
	m->gid = (uint32_t)pw->pw_gid;
	m->jail = span_str(writes ? rooms_writable : empty_dir);
	m->writable = span_str(writes ? "/" : "");
	if (writes && chown(rooms_writable, pw->pw_uid, pw->pw_gid) == -1)
		fatal("chown %s", rooms_writable);
}

/* /proc/PID/status has that line, or the test ends here. */
static void __attribute__((format(printf, 3, 4)))
must_say(const struct played *r, const char *status, const char *what, ...)
{
	char	 line[128];
	va_list	 ap;

	va_start(ap, what);
	vsnprintf(line, sizeof(line), what, ap);
	va_end(ap);
	if (strstr(status, line) == NULL)
		fatalx("%s is not walled in: no%s", r->program, line);
}

/* A room that is ready is who it should be, where it should be. */
static void
check_walls(const struct played *r)
{
	char		 path[64], status[4096], root[128];
	const char	*jail = *rooms_writable != '\0' ? rooms_writable :
			    empty_dir;
	size_t		 n;
	ssize_t		 len;
	FILE		*f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)r->pid);
	if ((f = fopen(path, "r")) == NULL)
		fatal("%s", path);
	n = fread(status, 1, sizeof(status) - 1, f);
	fclose(f);
	status[n] = '\0';
	must_say(r, status, "\nUid:\t%u\t%u\t%u\t%u\n", r->uid, r->uid, r->uid,
	    r->uid);
	must_say(r, status, "\nGid:\t%u\t%u\t%u\t%u\n", r->gid, r->gid, r->gid,
	    r->gid);
#ifndef DEXD_SANITIZE
	must_say(r, status, "\nSeccomp:\t2\n");
#endif
	if (!is_root)
		return;		/* only root sees a room's root */
	must_say(r, status, "\nGroups:\t%u \n", r->gid);
	snprintf(path, sizeof(path), "/proc/%d/root", (int)r->pid);
	len = readlink(path, root, sizeof(root) - 1);
	root[len < 0 ? 0 : len] = '\0';
	if (strcmp(root, jail) != 0)
		fatalx("%s is in %s, not in its jail", r->program, root);
}

/* Programs lie beside the test: ../libexec/dexd. */
static void
path_of(const char *program, char path[1200])
{
	char	 self[1024], *slash;
	ssize_t	 n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		fatal("readlink");
	self[n] = '\0';
	if ((slash = strrchr(self, '/')) != NULL)
		*slash = '\0';
	snprintf(path, 1200, "%s/../libexec/dexd/%s", self, program);
}

static void
exec_room(const char *program, int fd)
{
	char	 path[1200];
	char	*argv[2], *none[] = { NULL };

	path_of(program, path);
	if (fd == 3 || dup2(fd, 3) == 3)
		closefrom(4);
	argv[0] = path;
	argv[1] = NULL;
	execve(path, argv, none);
	_exit(127);
}

static void
on_ready(void *room, struct peer *p, struct msg *m)
{
	(void)p;
	(void)m;
	((struct played *)room)->ready = true;
}

static void
on_gone(void *room, struct peer *p)
{
	struct played	*r = room;

	if (p == r->wire) {
		r->wire = NULL;
		r->wire_gone = true;
	}
	if (p == r->parent)
		r->parent = NULL;
	peer_free(p);
}

static struct peer *
our_end(struct played *r, enum room as, int fd, peer_handler * const *handlers)
{
	static peer_handler	*tables[8][MSG_MAX];
	static unsigned		 used;
	peer_handler		**t = tables[used++ % 8];
	struct peer_config	 c = { .self = as, .other = r->room,
		.name = r->name, .room = r, .handlers = t, .gone = on_gone };
	struct peer		*p;

	memcpy(t, handlers, sizeof(tables[0]));
	t[ROOM_PA_READY] = on_ready;
	if ((p = peer_new(rooms_base, fd, &c)) == NULL)
		fatalx("no peer");
	return (p);
}

void
room_pair(int sv[2])
{
	/* Non-blocking: a room's sandbox does not let it change that. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    sv) == -1)
		fatal("socketpair");
}

struct peer *
room_wire(struct played *r, enum room as, peer_handler * const *handlers)
{
	return (room_wire_named(r, as, "", 0, handlers));
}

struct peer *
room_wire_named(struct played *r, enum room as, const char *name,
    uint32_t instance, peer_handler * const *handlers)
{
	struct msg_pa_room_peer	 m = { .room = (uint8_t)as,
				    .name = span_str(name),
				    .instance = instance };
	int			 sv[2];

	room_pair(sv);
	if (peer_tell(r->parent, PA_ROOM_PEER, &m, sv[1]) == -1)
		fatalx("cannot give a wire");
	close(sv[1]);
	return (our_end(r, as, sv[0], handlers));
}

void
room_begin(struct played *r, enum room as, peer_handler * const *handlers)
{
	struct msg_pa_room_start	 m = {
		.title = span_str(r->program), .log_level = LOG_LVL_ERROR,
		.writable = span_str(rooms_writable) };
	int				 sv[2];

#ifdef DEXD_SANITIZE
	m.sandbox = SANDBOX_OFF;
#endif
	if (is_root)
		put_in_jail(r, &m);
	r->uid = is_root ? m.uid : (uint32_t)geteuid();
	r->gid = is_root ? m.gid : (uint32_t)getegid();
	room_pair(sv);
	if ((r->pid = fork()) == 0)
		exec_room(r->program, sv[1]);
	close(sv[1]);
	if (nplayed == PLAYED_MAX)
		fatalx("too many rooms");
	played[nplayed++] = r->pid;
	r->ready = r->wire_gone = false;
	r->parent = our_end(r, ROOM_PARENT, sv[0], handlers);
	if (peer_tell(r->parent, PA_ROOM_START, &m, -1) == -1)
		fatalx("cannot start a room");
	r->wire = room_wire(r, as, handlers);
}

void
room_go(struct played *r)
{
	struct msg_pa_room_go	 m = { 0 };

	if (peer_tell(r->parent, PA_ROOM_GO, &m, -1) == -1 ||
	    !rooms_wait(&r->ready))
		fatalx("%s does not get ready", r->program);
	check_walls(r);
}

static void
forget(pid_t pid)
{
	unsigned	 i;

	for (i = 0; i < nplayed; i++)
		if (played[i] == pid) {
			played[i] = played[--nplayed];
			return;
		}
}

void
room_end(struct played *r)
{
	if (r->pid > 0) {
		kill(r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
		forget(r->pid);
	}
	if (r->wire != NULL)
		peer_free(r->wire);
	if (r->parent != NULL)
		peer_free(r->parent);
	memset(&r->pid, 0, sizeof(r->pid));
	r->wire = r->parent = NULL;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(*(int *)arg)++;
}

static bool
run(const bool *flag, int ticks)
{
	const struct timeval	 tv = { 0, 50000 };
	int			 passed = 0;
	struct event		*tick = event_new(rooms_base, -1, EV_PERSIST,
				    on_tick, &passed);

	event_add(tick, &tv);
	while ((flag == NULL || !*flag) && passed < ticks)
		event_base_loop(rooms_base, EVLOOP_ONCE);
	event_free(tick);
	return (flag != NULL && *flag);
}

bool
rooms_wait(const bool *flag)
{
	return (run(flag, 1200));
}

/* It has, or waits for a processor to have, something to do. */
static bool
is_busy(pid_t pid)
{
	char	 path[64], text[512], *end;
	ssize_t	 n;
	int	 fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((fd = open(path, O_RDONLY)) == -1)
		return (false);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return (false);
	text[n] = '\0';
	return ((end = strrchr(text, ')')) != NULL &&
	    (end[2] == 'R' || end[2] == 'D'));
}

static bool
are_busy(void)
{
	unsigned	 i;

	for (i = 0; i < nplayed; i++)
		if (is_busy(played[i]))
			return (true);
	return (false);
}

/*
 * A moment, in which all rooms do what they were told: whom a message has
 * reached is running, or about to, until it has been handled.
 */
void
rooms_settle(void)
{
	int	 ticks = 0;

	do
		run(NULL, 3);
	while (are_busy() && ++ticks < 400);
}
