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
/* link: regress/sandbox/inside.c */

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sqlite3.h>

#include "regress/sandbox/inside.h"
#include "log.h"
#include "privdrop.h"
#include "sandbox.h"
#include "sandbox_profiles.h"

/*
 * What every program needs to be able to do inside its sandbox, and that the
 * sandbox is there at all.  What it must not do: forbidden_test.c.
 */

static char	 dir[] = "/tmp/dexd-sandbox-XXXXXX";

static int
read_file(void)
{
	return (did(open("/etc/passwd", O_RDONLY)));
}

static int
unknown_call(void)
{
	return (did(syscall(1000)));
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
static sqlite3	*db;

/* As the engine does, before its sandbox. */
static int
open_sqlite(void)
{
	int	 rc;

	if ((rc = sqlite3_open(database, &db)) != SQLITE_OK)
		return (rc);
	return (sqlite3_exec(db, "pragma journal_mode=wal;"
	    "pragma synchronous=full; pragma temp_store=memory;"
	    "create table t (a);", NULL, NULL, NULL));
}

static int
use_sqlite(void)
{
	int	 rc;

	rc = sqlite3_exec(db, "begin immediate; insert into t values (1);"
	    "insert into t values (randomblob(400000)); commit;"
	    "pragma wal_checkpoint(truncate); select max(length(a)) from t;",
	    NULL, NULL, NULL);
	return (sqlite3_close(db) != SQLITE_OK ? 99 : rc);
}

static int
open_elsewhere(void)
{
	return (sqlite3_open("/tmp/dexd-other.db", &db));
}

/* The engine works on its database and sees nothing else. */
static void
engine_and_sqlite(void **state)
{
	char	 words[1024];

	(void)state;
	snprintf(database, sizeof(database), "%s/a.db", dir);
	assert_int_equal(inside_heard("engine", dir, open_sqlite, use_sqlite,
	    words, sizeof(words)), SQLITE_OK);
	assert_string_equal(words, "");
	assert_int_equal(unlink(database), 0);
	assert_int_equal(inside("engine", dir, open_elsewhere),
	    SQLITE_CANTOPEN);
	assert_int_equal(inside("engine", dir, read_file), EACCES);
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
		    TRAPPED;
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
	char	 words[256];

	(void)state;
	assert_int_equal(inside_heard("signer", "", NULL, unknown_call, words,
	    sizeof(words)), TRAPPED);
	assert_string_equal(words, "sandbox: system call 1000 refused\n");
}

/* Whoever has no profile does not run. */
static void
unknown_program(void **state)
{
	(void)state;
	assert_int_equal(inside("nobody", "", use_randomness), 1);
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
		cmocka_unit_test(allowed_acts),
		cmocka_unit_test(engine_and_sqlite),
		cmocka_unit_test(database_of_the_engine),
		cmocka_unit_test(accepting), cmocka_unit_test(signing),
		cmocka_unit_test(refusal_is_told),
		cmocka_unit_test(unknown_program),
		cmocka_unit_test(dropping),
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
