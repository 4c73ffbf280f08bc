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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "landlock.h"
#include "log.h"
#include "sandbox.h"
#include "sandbox_profiles.h"

/*
 * Linux: no new privileges, not dumpable, resource limits, Landlock for files,
 * seccomp for system calls, in this order (seccomp before Landlock would kill
 * the calls that set Landlock up).
 *
 * A listed set of calls is allowed and a named set kills; any other number
 * traps into a handler that says so on fd 2 and answers ENOSYS, so that a
 * library that learns a new call degrades, tells us, and does not die.
 */

static const char * const	 base_calls[] = {
	"read", "write", "readv", "writev", "recvmsg", "sendmsg", "recvfrom",
	"sendto", "close", "dup", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"poll", "ppoll", "brk", "munmap", "mremap", "madvise", "futex",
	"getrandom", "getpid", "gettid", "getppid", "getuid", "geteuid",
	"getgid", "getegid", "clock_gettime", "clock_nanosleep", "nanosleep",
	"gettimeofday", "time", "rt_sigprocmask", "rt_sigaction",
	"rt_sigreturn", "restart_syscall", "exit", "exit_group", "lseek",
	"fstat", "shutdown", "sched_yield", "getrusage", "timerfd_settime",
	"sigaltstack", "membarrier",
};
static const char * const	 accept_calls[] = {
	"accept4", "getsockopt", "setsockopt", "getsockname", "getpeername",
};
static const char * const	 file_calls[] = {
	"openat", "open", "newfstatat", "stat", "lstat", "statx", "access",
	"faccessat", "faccessat2", "pread64", "pwrite64", "fdatasync", "fsync",
	"ftruncate", "fallocate", "unlink", "unlinkat", "fchmod", "fchown",
	"getcwd", "readlink", "readlinkat", "fstatfs",
};
/* Nobody here has a use for these but an intruder. */
static const char * const	 deadly_calls[] = {
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv",
	"process_vm_writev", "mount", "umount2", "pivot_root", "chroot",
	"bpf", "userfaultfd", "keyctl", "add_key", "request_key", "setns",
	"unshare", "init_module", "finit_module", "delete_module",
	"kexec_load", "kexec_file_load", "perf_event_open", "reboot",
	"swapon", "swapoff", "setuid", "setgid", "setreuid", "setregid",
	"setresuid", "setresgid", "setgroups", "io_uring_setup", "pidfd_getfd",
	"personality", "iopl", "ioperm", "open_by_handle_at", "kcmp",
};

/* A call this system does not have cannot be made either. */
static int
add_calls(scmp_filter_ctx f, uint32_t action, const char * const *names,
    size_t n)
{
	size_t	 i;
	int	 nr, rc;

	for (i = 0; i < n; i++) {
		nr = seccomp_syscall_resolve_name(names[i]);
		if (nr == __NR_SCMP_ERROR || nr < 0)
			continue;
		if ((rc = seccomp_rule_add(f, action, nr, 0)) != 0)
			return (rc);
	}
	return (0);
}
#define ADD(f, action, list)						\
	add_calls(f, action, list, sizeof(list) / sizeof((list)[0]))

static int
allow_fcntl(scmp_filter_ctx f, unsigned promises)
{
	static const int	 plain[] = { F_GETFL, F_SETFL, F_GETFD,
		F_SETFD, F_DUPFD_CLOEXEC };
	static const int	 locks[] = { F_GETLK, F_SETLK, F_SETLKW };
	size_t			 i;
	int			 rc = 0;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		rc |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
		    SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)plain[i], 0));
	if (promises & P_FLOCK)
		for (i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
			rc |= seccomp_rule_add(f, SCMP_ACT_ALLOW,
			    SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ,
			    (scmp_datum_t)locks[i], 0));
	return (rc);
}

/* Memory is never made executable; ioctl only asks how much can be read. */
static int
allow_with_arguments(scmp_filter_ctx f, unsigned promises)
{
	scmp_datum_t	 exec = PROT_EXEC;
	int		 rc;

	rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, exec, 0));
	rc |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, exec, 0));
	rc |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
	    SCMP_A1(SCMP_CMP_EQ, 0x541b /* FIONREAD */, 0));
	/* prctl names a thread or a mapping; nothing else is asked of it. */
	rc |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 0);
	return (rc | allow_fcntl(f, promises));
}

static int
soft_denials(scmp_filter_ctx f, unsigned promises)
{
	int	 rc = 0;

	/* Libraries look for files and name servers; let them be told no. */
	if ((promises & P_FILES) == 0) {
		rc |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES),
		    SCMP_SYS(openat), 0);
		rc |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES),
		    SCMP_SYS(newfstatat), 0);
#ifdef __NR_open
		rc |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES),
		    SCMP_SYS(open), 0);
#endif
	}
	rc |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 0);
	rc |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(connect),
	    0);
	/* ENOSYS makes libc fall back from clone3, and clone is not there. */
	rc |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3),
	    0);
	return (rc);
}

static int
enter_seccomp(unsigned promises)
{
	scmp_filter_ctx	 f;
	int		 rc;

	if ((f = seccomp_init(SCMP_ACT_TRAP)) == NULL)
		return (-ENOMEM);
	if ((rc = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS)) != 0 ||
	    (rc = ADD(f, SCMP_ACT_ALLOW, base_calls)) != 0 ||
	    (rc = ADD(f, SCMP_ACT_KILL_PROCESS, deadly_calls)) != 0 ||
	    (rc = allow_with_arguments(f, promises)) != 0 ||
	    (rc = soft_denials(f, promises)) != 0)
		goto done;
	if ((promises & (P_INET | P_UNIX)) != 0 &&
	    (rc = ADD(f, SCMP_ACT_ALLOW, accept_calls)) != 0)
		goto done;
	if ((promises & P_FILES) != 0 &&
	    (rc = ADD(f, SCMP_ACT_ALLOW, file_calls)) != 0)
		goto done;
	rc = seccomp_load(f);
 done:
	seccomp_release(f);
	return (rc);
}

/* Writes "sandbox: system call N refused" with calls safe in a handler. */
static void
on_sigsys(int sig, siginfo_t *info, void *context)
{
	char		 text[64] = "sandbox: system call ";
	char		 digits[12];
	size_t		 n = strlen(text), d = 0;
	unsigned	 nr = (unsigned)info->si_syscall;
	ssize_t		 ignored;

	(void)sig;
	do {
		digits[d++] = (char)('0' + nr % 10);
		nr /= 10;
	} while (nr != 0);
	while (d > 0)
		text[n++] = digits[--d];
	memcpy(text + n, " refused\n", 9);
	ignored = write(STDERR_FILENO, text, n + 9);
	(void)ignored;
#if defined(__x86_64__)
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
#elif defined(__aarch64__)
	((ucontext_t *)context)->uc_mcontext.regs[0] =
	    (unsigned long)-ENOSYS;
#else
	(void)context;
	_exit(1);
#endif
}

static void
limit(int what, rlim_t value)
{
	struct rlimit	 r = { value, value };

	if (setrlimit(what, &r) == -1)
		fatal("setrlimit");
}

void
sandbox_prepare(void)
{
	struct sigaction	 sa = { .sa_sigaction = on_sigsys,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		fatal("prctl");
	limit(RLIMIT_CORE, 0);
	if (sigaction(SIGSYS, &sa, NULL) == -1)
		fatal("sigaction");
}

static void
complain(enum sandbox_mode mode, const char *what)
{
	if (mode == SANDBOX_ENFORCE)
		fatal("no sandbox, no start: %s", what);
	log_warn("running without part of the sandbox", "part", what, "err",
	    strerror(errno));
}

void
sandbox_enter(const char *program, const char *writable,
    enum sandbox_mode mode)
{
	const struct sandbox_profile	*p = sandbox_profile_find(program);

	if (p == NULL)
		fatalx("%s has no sandbox profile", program);
#ifdef DEXD_SANITIZE
	mode = SANDBOX_OFF;	/* the sanitizers' own calls are not ours */
#endif
	if (mode == SANDBOX_OFF) {
		log_warn("sandbox is switched off");
		return;
	}
	/*
	 * No RLIMIT_FSIZE: the log may be a file, and the limit would kill
	 * the room that writes to it.  Landlock and seccomp deny the rest.
	 */
	limit(RLIMIT_NPROC, 0);
	if (landlock_enforce(landlock_abi(), writable) == -1)
		complain(mode, "landlock");
	if ((errno = -enter_seccomp(p->promises)) != 0)
		complain(mode, "seccomp");
}
#else
typedef int	 sandbox_linux_is_linux_only;
#endif
