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

#include <sys/wait.h>

#include <crypt.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sqlite3.h>

/*
 * What this machine could do at best, on one core: the baseline beside which
 * the figures of load.c mean something.  Prints name=milliseconds, one line
 * each, of all that is named.
 */

#define TAIL_SAMPLES	65536

static double	 duration;	/* s, for each name */

static double
seconds_of(clockid_t clock)
{
	struct timespec	 ts;

	clock_gettime(clock, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static double
now(void)
{
	return (seconds_of(CLOCK_MONOTONIC));
}

/* On a core: what others do meanwhile does not count. */
static double
worked(void)
{
	return (seconds_of(CLOCK_THREAD_CPUTIME_ID));
}

static void
report(const char *what, unsigned long n, double seconds)
{
	printf("%s=%.4f\n", what, seconds * 1000 / (double)n);
}

static void
sign(EVP_PKEY *key)
{
	unsigned char	 text[600] = "x", sig[512];
	EVP_MD_CTX	*ctx;
	size_t		 len = sizeof(sig);

	if ((ctx = EVP_MD_CTX_new()) == NULL || EVP_DigestSignInit(ctx, NULL,
	    EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(ctx, sig, &len,
	    text, sizeof(text)) != 1)
		exit(1);
	EVP_MD_CTX_free(ctx);
}

static void
measure_signing(const char *what, EVP_PKEY *key)
{
	unsigned long	 n = 0;
	double		 start = now();

	while (now() - start < duration) {
		sign(key);
		n++;
	}
	report(what, n, now() - start);
	EVP_PKEY_free(key);
}

static int
by_size(const void *a, const void *b)
{
	double	 x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

/*
 * The 99th percentile of the time that `together` signatures take one after
 * the other: who waits behind them waits as long on any server, and longer
 * when the machine pauses.
 */
static void
measure_tail(const char *what, unsigned together)
{
	static double	 ends[TAIL_SAMPLES + 1];
	EVP_PKEY	*key = EVP_RSA_gen(2048);
	unsigned	 n = 0, i;

	ends[0] = now();
	while (n < TAIL_SAMPLES && (ends[n] - ends[0] < duration ||
	    n < together)) {
		sign(key);
		ends[++n] = now();
	}
	for (i = 0; i + together <= n; i++)
		ends[i] = ends[i + together] - ends[i];
	qsort(ends, i, sizeof(ends[0]), by_size);
	report(what, 1, ends[i * 99 / 100]);
	EVP_PKEY_free(key);
}

static void
measure_bcrypt(void)
{
	static struct crypt_data	 data;
	static const char		 setting[] =
	    "$2b$10$......................";
	unsigned long			 n = 0;
	double				 start = now();

	while (now() - start < duration) {
		memset(&data, 0, sizeof(data));
		if (crypt_r("password", setting, &data) == NULL)
			exit(1);
		n++;
	}
	report("bcrypt", n, now() - start);
}

/* One insert a commit, as durable as the store's. */
static void
measure_commits(const char *file)
{
	sqlite3		*db;
	sqlite3_stmt	*stmt;
	unsigned long	 n = 0;
	double		 start;

	unlink(file);
	if (sqlite3_open(file, &db) != SQLITE_OK || sqlite3_exec(db,
	    "pragma journal_mode = wal; pragma synchronous = full;"
	    "create table t (id integer primary key, v blob)", NULL, NULL,
	    NULL) != SQLITE_OK || sqlite3_prepare_v2(db,
	    "insert into t (v) values (randomblob(800))", -1, &stmt, NULL) !=
	    SQLITE_OK)
		exit(1);
	start = now();
	while (now() - start < duration) {
		if (sqlite3_step(stmt) != SQLITE_DONE)
			exit(1);
		sqlite3_reset(stmt);
		n++;
	}
	report("commit", n, now() - start);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	unlink(file);
}

/* A write of 4 KiB that is on the disk. */
static void
measure_fsync(const char *file)
{
	char		 block[4096] = "x";
	unsigned long	 n = 0;
	double		 start;
	int		 fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1)
		exit(1);
	start = now();
	while (now() - start < duration) {
		if (write(fd, block, sizeof(block)) != sizeof(block) ||
		    fdatasync(fd) == -1)
			exit(1);
		n++;
	}
	report("fsync", n, now() - start);
	close(fd);
	unlink(file);
}

/* A certificate of its own key; the process ends if there is no memory. */
static X509 *
self_signed(EVP_PKEY *key)
{
	X509		*x = X509_new();
	X509_NAME	*name;

	if (x == NULL)
		exit(1);
	name = X509_get_subject_name(x);
	X509_set_version(x, 2);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(x, name);
	if (X509_sign(x, key, EVP_sha256()) == 0)
		exit(1);
	return (x);
}

/* One TLS 1.3 connection in memory; the seconds on a core of its server. */
static double
handshake(SSL_CTX *sc, SSL_CTX *cc)
{
	double	 start = worked(), spent;
	SSL	*s = SSL_new(sc), *c;
	BIO	*sb, *cb;
	int	 i;

	spent = worked() - start;
	c = SSL_new(cc);
	if (s == NULL || c == NULL ||
	    BIO_new_bio_pair(&sb, 65536, &cb, 65536) != 1)
		exit(1);
	SSL_set_bio(s, sb, sb);
	SSL_set_bio(c, cb, cb);
	SSL_set_accept_state(s);
	SSL_set_connect_state(c);
	for (i = 0; i < 10 && (!SSL_is_init_finished(s) ||
	    !SSL_is_init_finished(c)); i++) {
		SSL_do_handshake(c);
		start = worked();
		SSL_do_handshake(s);
		spent += worked() - start;
	}
	if (!SSL_is_init_finished(s))
		exit(1);
	SSL_free(c);
	start = worked();
	SSL_free(s);
	return (spent + worked() - start);
}

static void
measure_handshakes(const char *what, EVP_PKEY *key)
{
	SSL_CTX		*sc = SSL_CTX_new(TLS_server_method());
	SSL_CTX		*cc = SSL_CTX_new(TLS_client_method());
	X509		*cert = self_signed(key);
	unsigned long	 n = 0;
	double		 start = now(), spent = 0;

	if (sc == NULL || cc == NULL ||
	    SSL_CTX_use_certificate(sc, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(sc, key) != 1)
		exit(1);
	SSL_CTX_set_min_proto_version(sc, TLS1_3_VERSION);
	SSL_CTX_set_options(sc, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(sc, 0);
	while (now() - start < duration) {
		spent += handshake(sc, cc);
		n++;
	}
	report(what, n, spent);
	X509_free(cert);
	EVP_PKEY_free(key);
	SSL_CTX_free(sc);
	SSL_CTX_free(cc);
}

/* Ten programs that do nothing, one after the other. */
static void
measure_programs(void)
{
	char		 program[] = "/bin/true", *argv[] = { program, NULL };
	unsigned long	 n = 0;
	double		 start = now();
	pid_t		 pids[10];
	int		 i;

	while (now() - start < duration) {
		for (i = 0; i < 10; i++)
			if (posix_spawn(&pids[i], argv[0], NULL, NULL, argv,
			    environ) != 0)
				exit(1);
		for (i = 0; i < 10; i++)
			waitpid(pids[i], NULL, 0);
		n++;
	}
	report("programs", n, now() - start);
}

static void
measure(const char *what, const char *file)
{
	if (strcmp(what, "RS256") == 0)
		measure_signing(what, EVP_RSA_gen(2048));
	else if (strcmp(what, "ES256") == 0)
		measure_signing(what, EVP_EC_gen("P-256"));
	else if (strncmp(what, "tail_", 5) == 0)
		measure_tail(what, (unsigned)strtoul(what + 5, NULL, 10));
	else if (strcmp(what, "bcrypt") == 0)
		measure_bcrypt();
	else if (strcmp(what, "commit") == 0)
		measure_commits(file);
	else if (strcmp(what, "fsync") == 0)
		measure_fsync(file);
	else if (strcmp(what, "TLS_RSA") == 0)
		measure_handshakes(what, EVP_RSA_gen(2048));
	else if (strcmp(what, "TLS_EC") == 0)
		measure_handshakes(what, EVP_EC_gen("P-256"));
	else if (strcmp(what, "programs") == 0)
		measure_programs();
	else
		exit(2);
}

int
main(int argc, char *argv[])
{
	int	 i;

	if (argc < 4) {
		fprintf(stderr, "usage: limits scratch-file seconds name ...\n");
		return (2);
	}
	duration = strtod(argv[2], NULL);
	for (i = 3; i < argc; i++)
		measure(argv[i], argv[1]);
	return (0);
}
