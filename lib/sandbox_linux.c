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
#include <sys/resource.h>

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "landlock.h"
#include "log.h"
#include "sandbox.h"
#include "sandbox_calls.h"
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

/* A call that this system does not have cannot be made either. */
static int
add_call(scmp_filter_ctx f, const struct sandbox_call *c, uint32_t action)
{
	struct scmp_arg_cmp	 when[2];
	unsigned		 n;
	int			 nr = seccomp_syscall_resolve_name(c->name);

	if (nr == __NR_SCMP_ERROR || nr < 0)
		return (0);
	for (n = 0; n < 2 && c->when[n].mask != 0; n++)
		when[n] = (struct scmp_arg_cmp){ c->when[n].at,
		    SCMP_CMP_MASKED_EQ, c->when[n].mask, c->when[n].value };
	return (seccomp_rule_add_array(f, action, nr, n, when));
}

static int
add_calls(scmp_filter_ctx f, unsigned promises)
{
	const struct sandbox_call	*c;
	uint32_t			 action = SCMP_ACT_ALLOW;
	size_t				 i;
	int				 rc;

	for (i = 0; i < sandbox_ncalls; i++) {
		c = &sandbox_calls[i];
		switch (c->answer) {
		case CALL_ALLOW:
			if ((promises & c->promises) == 0)
				continue;
			action = SCMP_ACT_ALLOW;
			break;
		case CALL_NO_FILES:
			if ((promises & P_FILES) != 0)
				continue;
			action = SCMP_ACT_ERRNO(EACCES);
			break;
		case CALL_KILL:
			action = SCMP_ACT_KILL_PROCESS;
			break;
		}
		if ((rc = add_call(f, c, action)) != 0)
			return (rc);
	}
	return (0);
}

static int
enter_seccomp(unsigned promises)
{
	scmp_filter_ctx	 f;
	int		 rc;

	if ((f = seccomp_init(SCMP_ACT_TRAP)) == NULL)
		return (-ENOMEM);
	if ((rc = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS)) == 0 &&
	    (rc = add_calls(f, promises)) == 0)
		rc = seccomp_load(f);
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
