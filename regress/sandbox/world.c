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

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <sodium.h>

#include "log.h"
#include "regress/sandbox/world.h"
#include "regress/unit/test.h"

static char	 top[] = "/tmp/dexd-world-XXXXXX";
char		 world_jail[64], world_file[64], world_dir[64];
char		 world_new_file[64], world_mem[64], world_environ[64];
char		 world_fd[64], world_exe[64];
struct sockaddr_in	 world_address, world_any;
struct msghdr	 world_plain, world_rights, world_addressed;
struct mmsghdr	 world_many;
struct iovec	 world_here[1];
struct sock_fprog	 world_filter;
struct ifconf	 world_ifconf;
int		 world_one = 1;
pid_t		 world_sibling;
void		*world_page;

static char		 byte[64] = "x";
static union {
	struct cmsghdr	 header;
	char		 space[CMSG_SPACE(sizeof(int))];
} control;
static struct sock_filter	 take_all[] = {
	{ BPF_RET | BPF_K, 0, 0, 0xffff }
};
static int	 heard = -1;	/* the listener that is connected to */
static int	 other_end = -1;

static void
must(bool holds, const char *what)
{
	if (!holds)
		fail_msg("%s: %s", what, strerror(errno));
}

static void
path(char *to, const char *name)
{
	snprintf(to, 64, "%s/%s", top, name);
}

static void
messages(void)
{
	struct cmsghdr	*cm = &control.header;
	int		 fd = STDIN_FILENO;

	world_here[0] = (struct iovec){ byte, 1 };
	world_plain = (struct msghdr){ .msg_iov = world_here,
	    .msg_iovlen = 1 };
	world_addressed = world_rights = world_plain;
	world_addressed.msg_name = &world_address;
	world_addressed.msg_namelen = sizeof(world_address);
	world_rights.msg_control = &control;
	world_rights.msg_controllen = sizeof(control);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	world_many.msg_hdr = world_rights;
	world_filter.len = 1;
	world_filter.filter = take_all;
	world_ifconf.ifc_len = 0;
}

static int
start(void)
{
	if (mkdtemp(top) == NULL || chmod(top, 0755) == -1)
		return (-1);
	path(world_jail, "jail");
	path(world_dir, "empty");
	path(world_file, "file");
	path(world_new_file, "new");
	if (mkdir(world_jail, 0700) == -1)
		return (-1);
	world_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (world_page == MAP_FAILED)
		return (-1);
	world_any.sin_family = AF_INET;
	world_any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	messages();
	return (0);
}

int
world_run(int (*tests)(void))
{
	int	 failed;

#ifdef DEXD_SANITIZE
	(void)start;
	(void)tests;
	puts("sanitizer build: the sandbox is off");
	return (0);
#endif
	if (sodium_init() == -1 || start() == -1)
		return (1);
	log_setup(LOG_LVL_INFO, LOG_FMT_TEXT);
	failed = tests();
	rmdir(world_jail);
	rmdir(top);
	return (failed);
}

static void
keep(int fd, int as)
{
	must(fd != -1, "a descriptor");
	must(dup3(fd, as, O_CLOEXEC) == as, "dup3");
	close(fd);
}

static int
listener(struct sockaddr_in *sin)
{
	socklen_t	 len = sizeof(*sin);
	int		 fd = socket(AF_INET, SOCK_STREAM, 0);

	*sin = world_any;
	must(fd != -1 && bind(fd, (struct sockaddr *)sin, len) == 0 &&
	    listen(fd, 8) == 0 &&
	    getsockname(fd, (struct sockaddr *)sin, &len) == 0, "listener");
	return (fd);
}

static void
sockets(void)
{
	struct sockaddr_in	 sin;
	struct pollfd		 p = { WORLD_CALLED, POLLIN, 0 };
	int			 sv[2], caller;

	heard = listener(&world_address);
	keep(socket(AF_INET, SOCK_STREAM, 0), WORLD_TCP);
	keep(socket(AF_INET, SOCK_DGRAM, 0), WORLD_UDP);
	keep(listener(&sin), WORLD_SHUT);
	must(shutdown(WORLD_SHUT, SHUT_RDWR) == 0, "shutdown");
	keep(listener(&sin), WORLD_CALLED);
	caller = socket(AF_INET, SOCK_STREAM, 0);
	must(connect(caller, (struct sockaddr *)&sin, sizeof(sin)) == 0,
	    "connect");
	must(poll(&p, 1, 30000) == 1, "a caller");
	close(caller);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0, "socketpair");
	keep(sv[0], WORLD_PAIR);
	other_end = sv[1];
}

static void
sibling(void)
{
	pid_t	 us = getpid();

	world_sibling = fork();
	must(world_sibling != -1, "fork");
	if (world_sibling == 0) {
		/* A test that fails leaves nobody behind to hold its pipes. */
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (getppid() != us)
			_exit(0);
		for (;;)
			pause();
	}
	snprintf(world_mem, 64, "/proc/%d/mem", world_sibling);
	snprintf(world_environ, 64, "/proc/%d/environ", world_sibling);
	snprintf(world_fd, 64, "/proc/%d/fd/%d", world_sibling, WORLD_FILE);
	snprintf(world_exe, 64, "/proc/%d/exe", world_sibling);
}

void
world_make(void)
{
	mkdir(world_dir, 0700);
	keep(open(world_file, O_RDWR | O_CREAT | O_TRUNC, 0600), WORLD_FILE);
	must(write(WORLD_FILE, "secret", 6) == 6, "write");
	keep(open(top, O_RDONLY | O_DIRECTORY), WORLD_DIR);
	keep(open("/proc/self/exe", O_RDONLY), WORLD_PROGRAM);
	sockets();
	sibling();
}

void
world_end(void)
{
	int	 fd;

	if (world_sibling > 0)
		kill(world_sibling, SIGKILL);
	waitpid(world_sibling, NULL, 0);
	for (fd = WORLD_FILE; fd < WORLD_LAST; fd++)
		close(fd);
	close(heard);
	close(other_end);
	unlink(world_file);
	if (unlink(world_new_file) == -1 && errno != ENOENT)
		rmdir(world_new_file);
	rmdir(world_dir);
}

bool
world_is_whole(void)
{
	struct stat	 st, gone;
	int		 listening = 0;
	socklen_t	 len = sizeof(listening);

	return (stat(world_file, &st) == 0 && st.st_size == 6 &&
	    (st.st_mode & 07777) == 0600 && stat(world_dir, &gone) == 0 &&
	    lstat(world_new_file, &gone) == -1 &&
	    waitpid(world_sibling, NULL, WNOHANG) == 0 &&
	    getsockopt(WORLD_CALLED, SOL_SOCKET, SO_ACCEPTCONN, &listening,
	    &len) == 0 && listening);
}
