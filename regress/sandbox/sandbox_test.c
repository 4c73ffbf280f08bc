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

/* libs: libseccomp libevent_core sqlite3 libcrypto */

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sqlite3.h>

#include "regress/unit/test.h"
#include "landlock.h"
#include "log.h"
#include "privdrop.h"
#include "sandbox.h"
#include "sandbox_profiles.h"

/*
 * The sandbox in force: for every program, what it must not be able to do
 * (DESIGN.md, threat table), and what it needs to be able to do.  Each act is
 * tried in a process of its own that has entered the sandbox.
 */

static char	 dir[] = "/tmp/dexd-sandbox-XXXXXX";

typedef int	 act(void);	/* 0, or the errno it met */

#define KILLED	1000		/* by SIGSYS */

/* Runs the act inside the program's sandbox; its errno, or KILLED. */
static int
inside(const char *program, const char *writable, act *what)
{
	pid_t	 pid;
	int	 status = 0;

	if ((pid = fork()) == 0) {
		sandbox_prepare();
		sandbox_enter(program, writable, SANDBOX_ENFORCE);
		_exit(what());
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		fail();
	if (WIFSIGNALED(status))
		return (WTERMSIG(status) == SIGSYS ? KILLED : 2000);
	return (WEXITSTATUS(status));
}

static int
did(long result)
{
	return (result == -1 ? errno : 0);
}

static int
read_file(void)
{
	return (did(open("/etc/passwd", O_RDONLY)));
}

static int
write_file(void)
{
	return (did(open("/tmp/dexd-sandbox-escape", O_WRONLY | O_CREAT,
	    0600)));
}

static int
list_root(void)
{
	return (did(open("/", O_RDONLY | O_DIRECTORY)));
}

static int
make_socket(void)
{
	return (did(socket(AF_INET, SOCK_STREAM, 0)));
}

static int
do_exec(void)
{
	char	*argv[] = { NULL };

	return (did(execv("/bin/true", argv)));
}

static int
do_fork(void)
{
	pid_t	 pid = fork();

	if (pid == 0)
		_exit(0);
	return (did(pid));
}

static int
do_ptrace(void)
{
	return (did(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)));
}

static int
make_executable(void)
{
	return (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0);
}

static int
kill_parent(void)
{
	return (did(kill(getppid(), 0)));
}

static int
be_root(void)
{
	return (did(setuid(0)));
}

static int
do_chroot(void)
{
	return (did(chroot("/")));
}

static int
unknown_call(void)
{
	return (did(syscall(1000)));
}

static int
do_listen(void)
{
	return (did(listen(0, 1)));
}

static const struct {
	const char	*name;
	act		*what;
	int		 want;
} forbidden[] = {
	{ "read a file", read_file, EACCES },
	{ "write a file", write_file, EACCES },
	{ "list the root", list_root, EACCES },
	{ "make a socket", make_socket, EACCES },
	{ "exec", do_exec, KILLED },
	{ "fork", do_fork, ENOSYS },
	{ "ptrace", do_ptrace, KILLED },
	{ "executable memory", make_executable, ENOSYS },
	{ "kill the parent", kill_parent, ENOSYS },
	{ "become root", be_root, KILLED },
	{ "chroot", do_chroot, KILLED },
	{ "an unknown call", unknown_call, ENOSYS },
	{ "listen", do_listen, ENOSYS },
};

static void
forbidden_acts(void **state)
{
	const char	*program;
	size_t		 i, j;
	int		 got;

	(void)state;
	for (i = 0; i < sandbox_nprofiles; i++) {
		program = sandbox_profiles[i].program;
		for (j = 0; j < NITEMS(forbidden); j++) {
			got = inside(program, strcmp(program, "engine") == 0 ?
			    dir : "", forbidden[j].what);
			if (got != forbidden[j].want)
				fail_msg("%s: %s: %d, not %d", program,
				    forbidden[j].name, got,
				    forbidden[j].want);
		}
	}
}

static struct event_base	*early;

/* The loop is made before the sandbox, as room.c does. */
static int
turn_loop(void)
{
	struct timeval	 soon = { 0, 1000 };

	event_base_loopexit(early, &soon);
	return (event_base_dispatch(early) == -1 ? 1 : 0);
}

/* What every room does all day. */
static int
use_randomness(void)
{
	uint8_t	 key[32];
	void	*p;

	randombytes_buf(key, sizeof(key));
	if ((p = malloc(8 * 1024 * 1024)) == NULL)
		return (2);
	memset(p, 1, 8 * 1024 * 1024);
	free(p);
	log_info("hello", "from", "the sandbox");
	return (0);
}

static void
allowed_acts(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < sandbox_nprofiles; i++) {
		assert_int_equal(inside(sandbox_profiles[i].program, dir,
		    use_randomness), 0);
		early = event_base_new();
		assert_int_equal(inside(sandbox_profiles[i].program, dir,
		    turn_loop), 0);
		event_base_free(early);
	}
}

static char	 database[128];

static int
use_sqlite(void)
{
	sqlite3	*db;
	int	 rc;

	rc = sqlite3_open(database, &db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "pragma journal_mode=wal;"
		    "pragma temp_store=memory;"
		    "create table t (a);"
		    "begin immediate; insert into t values (1); commit;"
		    "pragma wal_checkpoint(truncate);", NULL, NULL, NULL);
	if (sqlite3_close(db) != SQLITE_OK)
		return (99);
	return (rc);
}

/* The engine works on its database and sees nothing else. */
static void
engine_and_sqlite(void **state)
{
	(void)state;
	snprintf(database, sizeof(database), "%s/a.db", dir);
	assert_int_equal(inside("engine", dir, use_sqlite), SQLITE_OK);
	assert_int_equal(unlink(database), 0);
	snprintf(database, sizeof(database), "/tmp/dexd-other.db");
	assert_int_equal(inside("engine", dir, use_sqlite), SQLITE_CANTOPEN);
}

static int
open_database(void)
{
	return (did(open(database, O_RDONLY)));
}

/* Whose user owns the file makes no difference: only the engine sees it. */
static void
database_of_the_engine(void **state)
{
	size_t	 i;
	int	 fd, want;

	(void)state;
	snprintf(database, sizeof(database), "%s/b.db", dir);
	assert_true((fd = open(database, O_WRONLY | O_CREAT, 0666)) != -1);
	close(fd);
	for (i = 0; i < sandbox_nprofiles; i++) {
		want = strcmp(sandbox_profiles[i].program, "engine") == 0 ?
		    0 : EACCES;
		assert_int_equal(inside(sandbox_profiles[i].program,
		    want == 0 ? dir : "", open_database), want);
	}
	assert_int_equal(unlink(database), 0);
}

static int	 listener;

static int
accept_one(void)
{
	return (did(accept4(listener, NULL, NULL, SOCK_CLOEXEC)));
}

/* Accepting is for the rooms at the edge, on sockets they were given. */
static void
accepting(void **state)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	const struct sandbox_profile	*p;
	size_t			 i;
	int			 want;

	(void)state;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sin, sizeof(sin)),
	    0);
	assert_int_equal(listen(listener, 1), 0);
	for (i = 0; i < sandbox_nprofiles; i++) {
		p = &sandbox_profiles[i];
		want = (p->promises & (P_INET | P_UNIX)) != 0 ? EAGAIN :
		    ENOSYS;
		assert_int_equal(inside(p->program, "", accept_one), want);
	}
	close(listener);
}

static EVP_PKEY	*rsa;

static int
sign(void)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	uint8_t		 sig[512];
	size_t		 len = sizeof(sig);

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, rsa) != 1 ||
	    EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"x", 1) != 1)
		return (1);
	EVP_MD_CTX_free(ctx);
	return (0);
}

/* keygen works where nothing but arithmetic is allowed. */
static int
make_key(void)
{
	return (EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256") == NULL);
}

static void
signing(void **state)
{
	(void)state;
	rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	assert_non_null(rsa);
	assert_int_equal(sign(), 0);	/* warm up, as the signer does */
	assert_int_equal(inside("signer", "", sign), 0);
	assert_int_equal(inside("keygen", "", make_key), 0);
	EVP_PKEY_free(rsa);
}

/* A refused call is told on fd 2, so that a library update is noticed. */
static void
refusal_is_told(void **state)
{
	char	 text[256] = "";
	int	 fds[2], saved = dup(STDERR_FILENO);
	ssize_t	 n;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	inside("signer", "", unknown_call);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	assert_true(n > 0);
	assert_non_null(strstr(text, "sandbox: system call 1000 refused"));
}

/* Whoever has no profile does not run. */
static void
unknown_program(void **state)
{
	(void)state;
	assert_int_equal(inside("nobody", "", use_randomness), 1);
}

/* Older kernels know fewer rights; each mask must be one they take. */
static void
older_landlock(void **state)
{
	int	 abi, status = 0;
	pid_t	 pid;

	(void)state;
	for (abi = 1; abi <= landlock_abi(); abi++) {
		if ((pid = fork()) == 0) {
			sandbox_prepare();
			if (landlock_enforce(abi, dir) == -1)
				_exit(99);
			_exit(read_file());
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), EACCES);
	}
}

/* Root is given up for good, and the jail is all there is. */
static void
dropping(void **state)
{
	struct stat	 st;
	pid_t		 pid;
	int		 status = 0;

	(void)state;
	if (getuid() != 0)
		skip();
	if ((pid = fork()) == 0) {
		privdrop(dir, 65534, 65534);
		_exit(getuid() != 65534 || geteuid() != 65534 ||
		    setuid(0) != -1 || stat("/etc", &st) != -1 ||
		    getgroups(0, NULL) != 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	if ((pid = fork()) == 0) {
		privdrop(dir, 0, 0);	/* to root is no drop */
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(forbidden_acts),
		cmocka_unit_test(allowed_acts),
		cmocka_unit_test(engine_and_sqlite),
		cmocka_unit_test(database_of_the_engine),
		cmocka_unit_test(accepting), cmocka_unit_test(signing),
		cmocka_unit_test(refusal_is_told),
		cmocka_unit_test(unknown_program),
		cmocka_unit_test(older_landlock), cmocka_unit_test(dropping),
	};
	int			 failed;

#ifdef DEXD_SANITIZE
	puts("sanitizer build: the sandbox is off");
	return (0);
#endif
	if (sodium_init() == -1 || mkdtemp(dir) == NULL)
		return (1);
	randombytes_stir();
	log_setup(LOG_LVL_INFO, LOG_FMT_TEXT);
	failed = RUN(tests);
	rmdir(dir);
	return (failed);
}
