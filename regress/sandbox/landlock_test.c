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

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <sodium.h>

#include "regress/sandbox/inside.h"
#include "regress/sandbox/world.h"
#include "landlock.h"
#include "log.h"
#include "sandbox.h"
#include "sandbox_profiles.h"

/*
 * Landlock as kernels of several ages have it.  Each kernel takes the rights
 * that an older one knew, so every older ABI can be had on a newer one: what
 * it denies alone, and that seccomp denies what it does not.
 */

/* Takes the place of the one in lib/landlock_abi.c. */
static int	 pretended;

int
landlock_abi(void)
{
	return (pretended);
}

static int
newest(void)
{
	long	 abi = syscall(444 /* landlock_create_ruleset */, NULL, 0, 1);

	return (abi < 0 ? 0 : (int)abi);
}

static char	 in_jail[96], also_in_jail[96];

static int
opened(const char *path, int flags)
{
	return (did(open(path, flags, 0600)));
}

static int
read_outside(void)
{
	return (opened("/etc/passwd", O_RDONLY));
}

static int
write_outside(void)
{
	return (opened(world_file, O_WRONLY));
}

static int
list_outside(void)
{
	return (opened("/", O_RDONLY | O_DIRECTORY));
}

static int
make_outside(void)
{
	return (opened(world_new_file, O_WRONLY | O_CREAT));
}

static int
unlink_outside(void)
{
	return (did(unlink(world_file)));
}

static int
mkdir_outside(void)
{
	return (did(mkdir(world_new_file, 0700)));
}

static int
rmdir_outside(void)
{
	return (did(rmdir(world_dir)));
}

static int
exec_outside(void)
{
	char	 *argv[] = { NULL };

	return (did(execv("/bin/true", argv)));
}

static int
read_sibling(void)
{
	return (opened(world_environ, O_RDONLY));
}

static int
use_jail(void)
{
	int	 fd, error;

	if ((fd = open(in_jail, O_RDWR | O_CREAT, 0600)) == -1)
		return (errno);
	error = write(fd, "12345678", 8) != 8 || ftruncate(fd, 4) == -1 ||
	    close(fd) == -1 || (fd = open(in_jail, O_RDONLY)) == -1 ||
	    close(fd) == -1 || unlink(in_jail) == -1;
	return (error ? errno : 0);
}

static int
mkdir_in_jail(void)
{
	return (did(mkdir(in_jail, 0700)));
}

static int
fifo_in_jail(void)
{
	return (did(mkfifo(in_jail, 0600)));
}

static int
symlink_in_jail(void)
{
	return (did(symlink("/etc/passwd", in_jail)));
}

/* Out of the jail, or into it: the right to refer, or none at all. */
static int
link_into_jail(void)
{
	return (did(link(world_file, also_in_jail)));
}

static int
truncate_outside(void)
{
	return (did(truncate(world_file, 0)));
}

static int
do_connect(void)
{
	return (did(connect(WORLD_TCP, (struct sockaddr *)&world_address,
	    sizeof(world_address))));
}

static int
do_bind(void)
{
	return (did(bind(WORLD_TCP, (struct sockaddr *)&world_any,
	    sizeof(world_any))));
}

static int
signal_sibling(void)
{
	return (did(kill(world_sibling, 0)));
}

static const struct {
	const char	*name;
	act		*what;
	int		 since;		/* the ABI that denies it */
	int		 denied;	/* with this; 0: never */
	int		 whole;		/* by the engine's whole sandbox */
} acts[] = {
	{ "read outside", read_outside, 1, EACCES, EACCES },
	{ "write outside", write_outside, 1, EACCES, EACCES },
	{ "list outside", list_outside, 1, EACCES, EACCES },
	{ "make outside", make_outside, 1, EACCES, EACCES },
	{ "unlink outside", unlink_outside, 1, EACCES, EACCES },
	{ "mkdir outside", mkdir_outside, 1, EACCES, TRAPPED },
	{ "rmdir outside", rmdir_outside, 1, EACCES, TRAPPED },
	{ "execute", exec_outside, 1, EACCES, KILLED },
	{ "a sibling's environment", read_sibling, 1, EACCES, EACCES },
	{ "use the jail", use_jail, 1, 0, 0 },
	{ "mkdir in the jail", mkdir_in_jail, 1, EACCES, TRAPPED },
	{ "fifo in the jail", fifo_in_jail, 1, EACCES, TRAPPED },
	{ "symlink in the jail", symlink_in_jail, 1, EACCES, TRAPPED },
	{ "link into the jail", link_into_jail, 1, EXDEV, TRAPPED },
	{ "truncate outside", truncate_outside, 3, EACCES, TRAPPED },
	{ "connect", do_connect, 4, EACCES, TRAPPED },
	{ "bind", do_bind, 4, EACCES, TRAPPED },
	{ "signal a sibling", signal_sibling, 6, EPERM, TRAPPED },
};

/*
 * The loops below end with the kernel's newest.  Without Landlock, or with an
 * early one, they would see little or nothing and hold all the same.
 */
static void
enough_to_see(void **state)
{
	(void)state;
	if (newest() < 3)
		fail_msg("this kernel has Landlock %d: too old for this test, "
		    "if not for dexd", newest());
}

/* Landlock alone, in a process of its own. */
static int
landlocked(int abi, act *what)
{
	pid_t	 pid;
	int	 status = 0;

	if ((pid = fork()) == 0) {
		sandbox_prepare();
		if (landlock_enforce(abi, world_jail) == -1)
			_exit(99);
		_exit(what());
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid ||
	    !WIFEXITED(status))
		fail();
	return (WEXITSTATUS(status));
}

/* landlock(7): which ABI brought what; nothing before it, all from then on. */
static void
alone(void **state)
{
	size_t	 i;
	int	 abi, got, want;

	(void)state;
	for (abi = 1; abi <= newest(); abi++)
		for (i = 0; i < NITEMS(acts); i++) {
			world_make();
			got = landlocked(abi, acts[i].what);
			world_end();
			want = abi >= acts[i].since ? acts[i].denied : 0;
			if (got != want)
				fail_msg("ABI %d: %s: %s, not %s", abi,
				    acts[i].name, outcome(got), outcome(want));
		}
}

/* What an old kernel's Landlock lets through, the filter does not. */
static void
with_seccomp(void **state)
{
	size_t	 i;
	int	 got;

	(void)state;
	for (pretended = 1; pretended <= newest(); pretended++)
		for (i = 0; i < NITEMS(acts); i++) {
			world_make();
			got = inside("engine", world_jail, acts[i].what);
			if (got != acts[i].whole || !world_is_whole())
				fail_msg("ABI %d: %s: %s, not %s", pretended,
				    acts[i].name, outcome(got),
				    outcome(acts[i].whole));
			world_end();
		}
}

static int
nothing(void)
{
	return (0);
}

/* Sandbox_enter() fails closed (DESIGN.md, "Sandbox"). */
static void
without_landlock(void **state)
{
	char	 words[512];
	size_t	 i;

	(void)state;
	pretended = 0;
	for (i = 0; i < sandbox_nprofiles; i++) {
		assert_int_equal(inside_heard(sandbox_profiles[i].program, "",
		    NULL, nothing, words, sizeof(words)), 1);
		assert_non_null(strstr(words,
		    "no sandbox, no start: landlock"));
	}
}

static int
tests(void)
{
	const struct CMUnitTest	 all[] = {
		cmocka_unit_test(enough_to_see),
		cmocka_unit_test(alone), cmocka_unit_test(with_seccomp),
		cmocka_unit_test(without_landlock),
	};

	snprintf(in_jail, sizeof(in_jail), "%s/a", world_jail);
	snprintf(also_in_jail, sizeof(also_in_jail), "%s/b", world_jail);
	return (RUN(all));
}

int
main(void)
{
	return (world_run(tests));
}
