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

/* libs: libseccomp libevent_core */
/* link: regress/sandbox/inside.c regress/sandbox/world.c */

#include <sys/ptrace.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <unistd.h>

#include <sodium.h>

#include "regress/sandbox/inside.h"
#include "regress/sandbox/world.h"
#include "log.h"
#include "sandbox_profiles.h"

/*
 * Everything that an intruder in a room would try next, as a bare system
 * call, for every program (DESIGN.md, "Sandbox"): how each ends is asserted
 * exactly.  What an ordinary process can do is first done outside, so that
 * nothing passes here because the kernel would refuse it anyway.
 */

#define DONE	1002	/* not forbidden to these */
#define MAY	true	/* anybody may, outside */
#define P(x)	((long)(uintptr_t)(x))

struct attempt {
	const char	*name;
	bool		 may;
	long		 nr;
	long		 arg[6];
	int		 want;
	int		 files;	/* with P_FILES, unless 0 */
	int		 edge;	/* with P_INET or P_UNIX, unless 0 */
};

static char	*no_strings[] = { NULL };
static uint8_t	 scratch[4096];
static char	 dot[] = ".", proc_self_mem[] = "/proc/self/mem";
static char	 passwd[] = "/etc/passwd", slash[] = "/", shell[] = "/bin/sh";
static char	 xattr[] = "user.x", proc[] = "/proc", anon[] = "x";
static struct open_how {
	uint64_t	 flags, mode, resolve;
} how;
static struct clone_args	 clone3_args = { .exit_signal = SIGCHLD };

#define FILE_AT(nr, ...)	(nr), { AT_FDCWD, __VA_ARGS__ }
#define RWX	(PROT_READ | PROT_WRITE | PROT_EXEC)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define NEW_SOCKET(family, type, proto)					\
	SYS_socket, { (family), (type), (proto) }, TRAPPED, 0, 0

static const struct attempt	 attempts[] = {
	/* files */
	{ "read a file", MAY, FILE_AT(SYS_openat, P(passwd), O_RDONLY),
	    EACCES, EACCES, 0 },
	{ "write a file", MAY, FILE_AT(SYS_openat, P(world_file), O_RDWR),
	    EACCES, EACCES, 0 },
	{ "make a file", MAY, FILE_AT(SYS_openat, P(world_new_file),
	    O_WRONLY | O_CREAT, 0600), EACCES, EACCES, 0 },
	{ "cut a file short", MAY, FILE_AT(SYS_openat, P(world_file),
	    O_WRONLY | O_TRUNC), EACCES, EACCES, 0 },
	{ "list the root", MAY, FILE_AT(SYS_openat, P(slash),
	    O_RDONLY | O_DIRECTORY), EACCES, EACCES, 0 },
	{ "a sibling's memory", false, FILE_AT(SYS_openat, P(world_mem),
	    O_RDWR), EACCES, EACCES, 0 },
	{ "a sibling's environment", false, FILE_AT(SYS_openat,
	    P(world_environ), O_RDONLY), EACCES, EACCES, 0 },
	{ "a sibling's descriptor", false, FILE_AT(SYS_openat, P(world_fd),
	    O_RDWR), EACCES, EACCES, 0 },
	{ "our memory as a file", MAY, FILE_AT(SYS_openat, P(proc_self_mem),
	    O_RDWR), EACCES, EACCES, 0 },
	{ "openat2", MAY, FILE_AT(SYS_openat2, P(passwd), P(&how),
	    sizeof(how)), TRAPPED, 0, 0 },
	{ "unlink a file", MAY, FILE_AT(SYS_unlinkat, P(world_file), 0),
	    TRAPPED, 0, 0 },
	{ "remove a directory", MAY, FILE_AT(SYS_unlinkat, P(world_dir),
	    AT_REMOVEDIR), TRAPPED, 0, 0 },
	{ "rename a file", MAY, FILE_AT(SYS_renameat2, P(world_file),
	    AT_FDCWD, P(world_new_file), 0), TRAPPED, 0, 0 },
	{ "link a file", MAY, FILE_AT(SYS_linkat, P(world_file), AT_FDCWD,
	    P(world_new_file), 0), TRAPPED, 0, 0 },
	{ "make a symbolic link", MAY, SYS_symlinkat, { P(passwd), AT_FDCWD,
	    P(world_new_file) }, TRAPPED, 0, 0 },
	{ "make a directory", MAY, FILE_AT(SYS_mkdirat, P(world_new_file),
	    0700), TRAPPED, 0, 0 },
	{ "make a fifo", MAY, FILE_AT(SYS_mknodat, P(world_new_file),
	    0010600, 0), TRAPPED, 0, 0 },
	{ "open a file to all", MAY, FILE_AT(SYS_fchmodat, P(world_file),
	    0666), TRAPPED, 0, 0 },
	{ "open a descriptor's file to all", MAY, SYS_fchmod,
	    { WORLD_FILE, 0666 }, TRAPPED, 0, 0 },
	{ "give a file away", MAY, FILE_AT(SYS_fchownat, P(world_file), -1,
	    -1, 0), TRAPPED, 0, 0 },
	{ "truncate by name", MAY, SYS_truncate, { P(world_file), 0 },
	    TRAPPED, 0, 0 },
	{ "set a file's times", MAY, FILE_AT(SYS_utimensat, P(world_file), 0,
	    0), TRAPPED, 0, 0 },
	{ "set an attribute", false, SYS_setxattr, { P(world_file), P(xattr),
	    P(anon), 1, 0 }, TRAPPED, 0, 0 },
	{ "change directory", MAY, SYS_chdir, { P(slash) }, TRAPPED, 0, 0 },
	{ "read a link", MAY, FILE_AT(SYS_readlinkat, P(world_exe),
	    P(scratch), sizeof(scratch)), TRAPPED, 0, 0 },
	{ "list an open directory", MAY, SYS_getdents64, { WORLD_DIR,
	    P(scratch), sizeof(scratch) }, TRAPPED, 0, 0 },
	{ "make a file handle", false, FILE_AT(SYS_name_to_handle_at,
	    P(passwd), P(scratch), P(scratch + 256), 0), TRAPPED, 0, 0 },
	{ "open a file handle", false, SYS_open_by_handle_at, { WORLD_DIR,
	    P(scratch), O_RDONLY }, KILLED, 0, 0 },
	{ "a file in memory", MAY, SYS_memfd_create, { P(anon), 0 }, TRAPPED,
	    0, 0 },
	{ "watch files", MAY, SYS_inotify_init1, { 0 }, TRAPPED, 0, 0 },
	{ "watch all files", false, SYS_fanotify_init, { 0, 0 }, TRAPPED, 0,
	    0 },

	/* sockets; the other families: no_socket_at_all() */
	{ "a TCP socket", MAY, NEW_SOCKET(AF_INET, SOCK_STREAM, 0) },
	{ "a UDP socket", MAY, NEW_SOCKET(AF_INET, SOCK_DGRAM, 0) },
	{ "a local socket", MAY, NEW_SOCKET(AF_UNIX, SOCK_STREAM, 0) },
	{ "a local datagram socket", MAY, NEW_SOCKET(AF_UNIX, SOCK_DGRAM, 0) },
	{ "a netlink socket", MAY, NEW_SOCKET(AF_NETLINK, SOCK_RAW, 0) },
	{ "a pair of sockets", MAY, SYS_socketpair, { AF_UNIX, SOCK_STREAM, 0,
	    P(scratch) }, TRAPPED, 0, 0 },
	{ "connect", MAY, SYS_connect, { WORLD_TCP, P(&world_address),
	    sizeof(world_address) }, TRAPPED, 0, 0 },
	{ "bind", MAY, SYS_bind, { WORLD_TCP, P(&world_any),
	    sizeof(world_any) }, TRAPPED, 0, 0 },
	{ "listen", MAY, SYS_listen, { WORLD_TCP, 1 }, TRAPPED, 0, 0 },
	{ "accept", MAY, SYS_accept4, { WORLD_CALLED, 0, 0, 0 }, TRAPPED, 0,
	    DONE },
	{ "accept, the old call", MAY, SYS_accept, { WORLD_CALLED, 0, 0 },
	    TRAPPED, 0, 0 },
	{ "sendmsg", MAY, SYS_sendmsg, { WORLD_PAIR, P(&world_plain), 0 },
	    TRAPPED, 0, 0 },
	{ "sendmsg with a descriptor", MAY, SYS_sendmsg, { WORLD_PAIR,
	    P(&world_rights), 0 }, TRAPPED, 0, 0 },
	{ "sendmsg to an address", MAY, SYS_sendmsg, { WORLD_UDP,
	    P(&world_addressed), 0 }, TRAPPED, 0, 0 },
	{ "sendmmsg with a descriptor", MAY, SYS_sendmmsg, { WORLD_PAIR,
	    P(&world_many), 1, 0 }, TRAPPED, 0, 0 },
	{ "sendto an address", MAY, SYS_sendto, { WORLD_UDP, P(scratch), 1, 0,
	    P(&world_address), sizeof(world_address) }, TRAPPED, 0, 0 },
	{ "connect a shut listener with sendto", MAY, SYS_sendto, { WORLD_SHUT,
	    P(scratch), 1, MSG_FASTOPEN | MSG_NOSIGNAL, P(&world_address),
	    sizeof(world_address) }, TRAPPED, 0, 0 },
	{ "the same without an address", false, SYS_sendto, { WORLD_SHUT,
	    P(scratch), 1, MSG_FASTOPEN | MSG_NOSIGNAL, 0, 0 }, TRAPPED, 0,
	    0 },
	{ "out-of-band data", false, SYS_sendto, { WORLD_PAIR, P(scratch), 1,
	    MSG_OOB | MSG_NOSIGNAL, 0, 0 }, TRAPPED, 0, 0 },
	{ "shut the door for everybody", MAY, SYS_shutdown, { WORLD_CALLED,
	    SHUT_RDWR }, TRAPPED, 0, 0 },
	{ "fast open by option", MAY, SYS_setsockopt, { WORLD_TCP,
	    IPPROTO_TCP, TCP_FASTOPEN_CONNECT, P(&world_one),
	    sizeof(world_one) }, TRAPPED, 0, 0 },
	{ "an option of sockets", MAY, SYS_setsockopt, { WORLD_TCP, SOL_SOCKET,
	    SO_REUSEADDR, P(&world_one), sizeof(world_one) }, TRAPPED, 0, 0 },
	{ "a filter on the door", false, SYS_setsockopt, { WORLD_CALLED,
	    SOL_SOCKET, SO_ATTACH_FILTER, P(&world_filter),
	    sizeof(world_filter) }, TRAPPED, 0, 0 },
	{ "fake input for a terminal", false, SYS_ioctl, { WORLD_TCP,
	    0x5412 /* TIOCSTI */, P(scratch) }, TRAPPED, 0, 0 },
	{ "the interfaces", MAY, SYS_ioctl, { WORLD_TCP,
	    0x8912 /* SIOCGIFCONF */, P(&world_ifconf) }, TRAPPED, 0, 0 },
	{ "a signal's owner", MAY, SYS_fcntl, { WORLD_TCP, F_SETOWN,
	    WORLD_SIBLING }, TRAPPED, 0, 0 },
	{ "a pipe", MAY, SYS_pipe2, { P(scratch), 0 }, TRAPPED, 0, 0 },

	/* processes */
	{ "execve", MAY, SYS_execve, { P(shell), P(no_strings),
	    P(no_strings) }, KILLED, 0, 0 },
	{ "execveat", MAY, FILE_AT(SYS_execveat, P(shell), P(no_strings),
	    P(no_strings), 0), KILLED, 0, 0 },
#ifdef SYS_fork
	{ "fork", MAY, SYS_fork, { 0 }, KILLED, 0, 0 },
	{ "vfork", false, SYS_vfork, { 0 }, KILLED, 0, 0 },
#endif
	{ "clone", MAY, SYS_clone, { SIGCHLD, 0, 0, 0, 0 }, TRAPPED, 0, 0 },
	{ "clone a namespace", false, SYS_clone, { CLONE_NEWUSER | SIGCHLD, 0,
	    0, 0, 0 }, TRAPPED, 0, 0 },
	{ "clone3", MAY, SYS_clone3, { P(&clone3_args), sizeof(clone3_args) },
	    TRAPPED, 0, 0 },
	{ "signal a sibling", MAY, SYS_kill, { WORLD_SIBLING, 0 }, TRAPPED, 0,
	    0 },
	{ "signal everybody", MAY, SYS_kill, { -1, 0 }, TRAPPED, 0, 0 },
	{ "signal a sibling's thread", MAY, SYS_tgkill, { WORLD_SIBLING,
	    WORLD_SIBLING, 0 }, TRAPPED, 0, 0 },
	{ "signal any thread", MAY, SYS_tkill, { WORLD_SIBLING, 0 }, TRAPPED,
	    0, 0 },
	{ "queue a signal", false, SYS_rt_sigqueueinfo, { WORLD_SIBLING, 0,
	    P(scratch) }, TRAPPED, 0, 0 },
	{ "hold a sibling", MAY, SYS_pidfd_open, { WORLD_SIBLING, 0 }, TRAPPED,
	    0, 0 },
	{ "take a sibling's descriptor", false, SYS_pidfd_getfd, { WORLD_TCP,
	    0, 0 }, KILLED, 0, 0 },
	{ "signal what is held", false, SYS_pidfd_send_signal, { WORLD_TCP, 0,
	    0, 0 }, TRAPPED, 0, 0 },
	{ "ptrace a sibling", false, SYS_ptrace, { PTRACE_SEIZE, WORLD_SIBLING,
	    0, 0 }, KILLED, 0, 0 },
	{ "be traced", MAY, SYS_ptrace, { PTRACE_TRACEME, 0, 0, 0 }, KILLED, 0,
	    0 },
	{ "read a sibling's memory", false, SYS_process_vm_readv,
	    { WORLD_SIBLING, P(world_here), 1, P(world_here), 1, 0 }, KILLED,
	    0, 0 },
	{ "write a sibling's memory", false, SYS_process_vm_writev,
	    { WORLD_SIBLING, P(world_here), 1, P(world_here), 1, 0 }, KILLED,
	    0, 0 },
	{ "compare with a sibling", false, SYS_kcmp, { WORLD_SIBLING,
	    WORLD_SIBLING, 0, 0, 0 }, KILLED, 0, 0 },
	{ "a sibling's limits", MAY, SYS_prlimit64, { WORLD_SIBLING,
	    RLIMIT_NOFILE, 0, P(scratch) }, TRAPPED, 0, 0 },
	{ "a sibling's priority", MAY, SYS_setpriority, { PRIO_PROCESS,
	    WORLD_SIBLING, 19 }, TRAPPED, 0, 0 },
	{ "a new session", false, SYS_setsid, { 0 }, TRAPPED, 0, 0 },
	{ "shared memory", MAY, SYS_shmget, { 0, 4096, 01600 }, TRAPPED, 0,
	    0 },

	/* executable memory */
	{ "memory to execute", MAY, SYS_mmap, { 0, 4096, RWX, ANON, -1, 0 },
	    TRAPPED, 0, 0 },
	{ "memory only to execute", MAY, SYS_mmap, { 0, 4096, PROT_EXEC, ANON,
	    -1, 0 }, TRAPPED, 0, 0 },
	{ "a file to execute", MAY, SYS_mmap, { 0, 4096,
	    PROT_READ | PROT_EXEC, MAP_PRIVATE, WORLD_PROGRAM, 0 }, TRAPPED, 0,
	    0 },
	{ "mprotect to execute", MAY, SYS_mprotect, { WORLD_PAGE, 4096,
	    PROT_READ | PROT_EXEC }, TRAPPED, 0, 0 },
	{ "pkey_mprotect to execute", MAY, SYS_pkey_mprotect, { WORLD_PAGE,
	    4096, PROT_READ | PROT_EXEC, -1 }, TRAPPED, 0, 0 },
	{ "memory that a child has not", MAY, SYS_madvise, { WORLD_PAGE, 4096,
	    MADV_DONTFORK }, TRAPPED, 0, 0 },
	{ "every page executable", false, SYS_personality, { 0x0400000 }, KILLED,
	    0, 0 },

	/* rights */
	{ "setuid", false, SYS_setuid, { 0 }, KILLED, 0, 0 },
	{ "setgid", false, SYS_setgid, { 0 }, KILLED, 0, 0 },
	{ "setreuid", false, SYS_setreuid, { 0, 0 }, KILLED, 0, 0 },
	{ "setregid", false, SYS_setregid, { 0, 0 }, KILLED, 0, 0 },
	{ "setresuid", false, SYS_setresuid, { 0, 0, 0 }, KILLED, 0, 0 },
	{ "setresgid", false, SYS_setresgid, { 0, 0, 0 }, KILLED, 0, 0 },
	{ "setgroups", false, SYS_setgroups, { 0, 0 }, KILLED, 0, 0 },
	{ "setfsuid", false, SYS_setfsuid, { 0 }, KILLED, 0, 0 },
	{ "setfsgid", false, SYS_setfsgid, { 0 }, KILLED, 0, 0 },
	{ "capset", false, SYS_capset, { 0, 0 }, KILLED, 0, 0 },
	{ "be dumpable again", MAY, SYS_prctl, { 4 /* SET_DUMPABLE */, 1, 0, 0,
	    0 }, TRAPPED, 0, 0 },
	{ "outlive the parent", MAY, SYS_prctl, { 1 /* SET_PDEATHSIG */, 0, 0,
	    0, 0 }, TRAPPED, 0, 0 },
	{ "another filter", false, SYS_seccomp, { 1, 0, 0 }, TRAPPED, 0, 0 },
	{ "another ruleset", MAY, 444, { 0, 0, 1 }, TRAPPED, 0, 0 },

	/* the kernel's less trodden paths */
	{ "io_uring_setup", false, SYS_io_uring_setup, { 1, P(scratch) },
	    KILLED, 0, 0 },
	{ "io_uring_enter", false, SYS_io_uring_enter, { WORLD_TCP, 1, 0, 0, 0,
	    0 }, KILLED, 0, 0 },
	{ "io_uring_register", false, SYS_io_uring_register, { WORLD_TCP, 0, 0,
	    0 }, KILLED, 0, 0 },
	{ "bpf", false, SYS_bpf, { 0, 0, 0 }, KILLED, 0, 0 },
	{ "perf_event_open", false, SYS_perf_event_open, { 0, 0, -1, -1, 0 },
	    KILLED, 0, 0 },
	{ "userfaultfd", false, SYS_userfaultfd, { 0 }, KILLED, 0, 0 },
	{ "keyctl", false, SYS_keyctl, { 0, -3, 1 }, KILLED, 0, 0 },
	{ "add_key", false, SYS_add_key, { 0, 0, 0, 0, 0 }, KILLED, 0, 0 },
	{ "request_key", false, SYS_request_key, { 0, 0, 0, 0 }, KILLED, 0,
	    0 },
	{ "mount", false, SYS_mount, { P(proc), P(proc), P(proc), 0, 0 },
	    KILLED, 0, 0 },
	{ "umount", false, SYS_umount2, { P(proc), 0 }, KILLED, 0, 0 },
	{ "the new mount calls", false, SYS_fsopen, { P(proc), 0 }, KILLED, 0,
	    0 },
	{ "open a tree", false, FILE_AT(SYS_open_tree, P(slash), 0), KILLED,
	    0, 0 },
	{ "move a mount", false, SYS_move_mount, { WORLD_DIR, P(dot),
	    WORLD_DIR, P(dot), 0 }, KILLED, 0, 0 },
	{ "pivot_root", false, SYS_pivot_root, { P(dot), P(dot) }, KILLED, 0,
	    0 },
	{ "chroot", false, SYS_chroot, { P(slash) }, KILLED, 0, 0 },
	{ "setns", false, SYS_setns, { WORLD_TCP, 0 }, KILLED, 0, 0 },
	{ "unshare", false, SYS_unshare, { CLONE_NEWUSER }, KILLED, 0, 0 },
	{ "load a module", false, SYS_init_module, { 0, 0, 0 }, KILLED, 0, 0 },
	{ "load a module's file", false, SYS_finit_module, { WORLD_FILE, 0,
	    0 }, KILLED, 0, 0 },
	{ "unload a module", false, SYS_delete_module, { P(anon), 0 }, KILLED,
	    0, 0 },
	{ "load a kernel", false, SYS_kexec_load, { 0, 0, 0, 0 }, KILLED, 0,
	    0 },
	{ "restart the machine", false, SYS_reboot, { 0, 0, RB_DISABLE_CAD },
	    KILLED, 0, 0 },
	{ "swap", false, SYS_swapon, { P(anon), 0 }, KILLED, 0, 0 },
	{ "the clock", false, SYS_clock_settime, { 0, P(scratch) }, TRAPPED, 0,
	    0 },
	{ "the host's name", false, SYS_sethostname, { P(anon), 1 }, TRAPPED,
	    0, 0 },
	{ "a call nobody knows", false, 1000, { 0 }, TRAPPED, 0, 0 },
#ifdef __x86_64__
	{ "a call of x32", false, 0x40000000 | SYS_getpid, { 0 }, KILLED, 0,
	    0 },
#endif
};

static const struct attempt	*now;

static long
value(long arg)
{
	if (arg == WORLD_SIBLING)
		return (world_sibling);
	return (arg == WORLD_PAGE ? P(world_page) : arg);
}

static int
attempt(void)
{
	const long	*a = now->arg;

	errno = 0;
	return (did(syscall(now->nr, value(a[0]), value(a[1]), value(a[2]),
	    value(a[3]), value(a[4]), value(a[5]))));
}

static int
expected(const struct attempt *a, unsigned promises)
{
	int	 want = a->want;

	if ((promises & P_FILES) != 0 && a->files != 0)
		want = a->files;
	if ((promises & (P_INET | P_UNIX)) != 0 && a->edge != 0)
		want = a->edge;
	return (want == DONE ? 0 : want);
}

/* What anybody may do fails in the rooms because they are rooms. */
static void
possible_outside(void **state)
{
	size_t	 i;
	int	 got;

	(void)state;
	for (i = 0; i < NITEMS(attempts); i++) {
		now = &attempts[i];
		if (!now->may)
			continue;
		world_make();
		if ((got = outside(attempt)) != 0)
			fail_msg("outside: %s: %s", now->name, outcome(got));
		world_end();
	}
}

static void
impossible_inside(void **state)
{
	const struct sandbox_profile	*p;
	size_t				 i, j;
	int				 got, want, wrong = 0;

	(void)state;
	for (i = 0; i < sandbox_nprofiles; i++)
		for (j = 0; j < NITEMS(attempts); j++) {
			p = &sandbox_profiles[i];
			now = &attempts[j];
			world_make();
			got = inside(p->program, (p->promises & P_FILES) != 0 ?
			    world_jail : "", attempt);
			want = expected(now, p->promises);
			if (got != want || !world_is_whole()) {
				print_error("%s: %s: %s, not %s\n", p->program,
				    now->name, outcome(got), outcome(want));
				wrong++;
			}
			world_end();
		}
	assert_int_equal(wrong, 0);
}

/* ENOSYS if the kernel was asked for no socket of any family and type. */
static int
every_socket(void)
{
	static const int	 types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW,
				    SOCK_RDM, SOCK_SEQPACKET, SOCK_DCCP,
				    SOCK_PACKET };
	static const long	 calls[] = { SYS_socket, SYS_socketpair };
	size_t			 i, j;
	int			 family;

	for (family = 0; family < AF_MAX; family++)
		for (i = 0; i < NITEMS(types); i++)
			for (j = 0; j < NITEMS(calls); j++) {
				errno = 0;
				if (syscall(calls[j], family, types[i], 0,
				    scratch) != -1)
					return (0);
				if (errno != ENOSYS)
					return (errno);
			}
	return (ENOSYS);
}

static void
no_socket_at_all(void **state)
{
	const struct sandbox_profile	*p;
	size_t				 i;
	int				 got;

	(void)state;
	/* The kernel's own word for the first of them. */
	assert_int_equal(outside(every_socket), EAFNOSUPPORT);
	for (i = 0; i < sandbox_nprofiles; i++) {
		p = &sandbox_profiles[i];
		world_make();
		got = inside(p->program, (p->promises & P_FILES) != 0 ?
		    world_jail : "", every_socket);
		world_end();
		if (got != TRAPPED)
			fail_msg("%s: a socket: %s", p->program, outcome(got));
	}
}

static int
tests(void)
{
	const struct CMUnitTest	 all[] = {
		cmocka_unit_test(possible_outside),
		cmocka_unit_test(impossible_inside),
		cmocka_unit_test(no_socket_at_all),
	};

	return (RUN(all));
}

int
main(void)
{
	return (world_run(tests));
}
