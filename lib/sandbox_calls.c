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
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "sandbox_calls.h"
#include "sandbox_profiles.h"

#define INT		0xffffffffu	/* what the kernel sees of an int */
#define EDGE		(P_INET | P_UNIX)

#define ALLOW(name, promises)	{ name, CALL_ALLOW, promises, {{ 0 }}, NULL }
#define WITH(name, promises, at, value)					\
	{ name, CALL_ALLOW, promises, {{ at, INT, value }}, #value }
#define KILL(name)		{ name, CALL_KILL, 0, {{ 0 }}, NULL }

const struct sandbox_call	 sandbox_calls[] = {
	/* Its own descriptors. */
	ALLOW("read", P_STDIO),
	ALLOW("write", P_STDIO),
	ALLOW("writev", P_STDIO),
	ALLOW("recvmsg", P_STDIO),
	ALLOW("close", P_STDIO),
	ALLOW("epoll_ctl", P_STDIO),
#ifdef SYS_epoll_wait
	ALLOW("epoll_wait", P_STDIO),
	ALLOW("poll", P_STDIO),
#else
	ALLOW("epoll_pwait", P_STDIO),
	ALLOW("ppoll", P_STDIO),
#endif
	WITH("fcntl", P_STDIO, 1, F_GETFL),
	WITH("fcntl", P_STDIO, 1, F_GETFD),
	/* Memory, never to be executed. */
	ALLOW("brk", P_STDIO),
	{ "mmap", CALL_ALLOW, P_STDIO, {{ 2, PROT_EXEC, 0 }}, NULL },
	ALLOW("munmap", P_STDIO),
	ALLOW("mremap", P_STDIO),
	WITH("madvise", P_INET, 2, MADV_DONTNEED),	/* after a flood */
	/* Time, chance, locks, the end. */
	ALLOW("clock_gettime", P_STDIO),
	ALLOW("gettimeofday", P_STDIO),
	ALLOW("restart_syscall", P_STDIO),
	ALLOW("getrandom", P_STDIO),
	ALLOW("getpid", P_STDIO),
	ALLOW("futex", P_STDIO),
	ALLOW("rt_sigreturn", P_STDIO),
	ALLOW("exit_group", P_STDIO),

	/*
	 * Who accepts.  A listener that is shut down for reading turns into a
	 * socket that can be connected, and sendto connects it with
	 * MSG_FASTOPEN or an address: so none of these.  sendmsg hides its
	 * address, flags and descriptors from us and is nobody's.
	 */
	ALLOW("accept4", EDGE),
	WITH("shutdown", P_INET, 1, SHUT_WR),
	{ "setsockopt", CALL_ALLOW, P_INET, {{ 2, INT, TCP_NODELAY },
	    { 1, INT, IPPROTO_TCP }}, "TCP_NODELAY" },
	{ "getsockopt", CALL_ALLOW, P_UNIX, {{ 2, INT, SO_PEERCRED },
	    { 1, INT, SOL_SOCKET }}, "SO_PEERCRED" },
	ALLOW("recvfrom", P_INET),
	{ "sendto", CALL_ALLOW, P_INET, {{ 3, INT & ~(uint64_t)MSG_NOSIGNAL,
	    0 }, { 4, UINT64_MAX, 0 }}, NULL },

	/* Files, where Landlock lets them be. */
	ALLOW("openat", P_FILES),
	ALLOW("newfstatat", P_FILES),
	ALLOW("fstat", P_FILES),
	ALLOW("pread64", P_FILES),
	ALLOW("pwrite64", P_FILES),
	ALLOW("fdatasync", P_FILES),
	ALLOW("fsync", P_FILES),
	ALLOW("ftruncate", P_FILES),
#ifdef SYS_unlink
	ALLOW("unlink", P_FILES),
#else
	ALLOW("unlinkat", P_FILES),
#endif
	ALLOW("clock_nanosleep", P_FILES),	/* the other writer's turn */
	WITH("fcntl", P_FLOCK, 1, F_SETLK),

	/* libc looks for the time zone; let it be told no. */
	{ "openat", CALL_NO_FILES, P_STDIO, {{ 0 }}, NULL },

	/* Nobody here has a use for these but an intruder. */
	KILL("execve"), KILL("execveat"), KILL("fork"), KILL("vfork"),
	KILL("ptrace"), KILL("process_vm_readv"), KILL("process_vm_writev"),
	KILL("pidfd_getfd"), KILL("kcmp"), KILL("personality"),
	KILL("setuid"), KILL("setgid"), KILL("setreuid"), KILL("setregid"),
	KILL("setresuid"), KILL("setresgid"), KILL("setgroups"),
	KILL("setfsuid"), KILL("setfsgid"), KILL("capset"),
	KILL("mount"), KILL("umount2"), KILL("pivot_root"), KILL("chroot"),
	KILL("fsopen"), KILL("fsconfig"), KILL("fsmount"), KILL("fspick"),
	KILL("open_tree"), KILL("move_mount"), KILL("mount_setattr"),
	KILL("open_by_handle_at"), KILL("setns"), KILL("unshare"),
	KILL("bpf"), KILL("perf_event_open"), KILL("userfaultfd"),
	KILL("keyctl"), KILL("add_key"), KILL("request_key"),
	KILL("io_uring_setup"), KILL("io_uring_enter"),
	KILL("io_uring_register"),
	KILL("init_module"), KILL("finit_module"), KILL("delete_module"),
	KILL("kexec_load"), KILL("kexec_file_load"), KILL("reboot"),
	KILL("swapon"), KILL("swapoff"), KILL("iopl"), KILL("ioperm"),
};
const size_t	 sandbox_ncalls =
    sizeof(sandbox_calls) / sizeof(sandbox_calls[0]);
#else
typedef int	 sandbox_calls_is_linux_only;
#endif
