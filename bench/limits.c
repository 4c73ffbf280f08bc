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

#include <sys/stat.h>

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sqlite3.h>

/*
 * What this machine could do at best, on one core: the baseline beside which
 * the figures of load.c mean something.  Prints one line each.
 */

#define SECONDS	1.5

static double
now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static void
report(const char *what, unsigned long n, double seconds)
{
	printf("%-28s %10.0f /s %9.3f ms\n", what, (double)n / seconds,
	    seconds * 1000 / (double)n);
}

static void
measure_signing(const char *what, EVP_PKEY *key)
{
	unsigned char	 text[600] = "x", sig[512];
	EVP_MD_CTX	*ctx;
	unsigned long	 n = 0;
	size_t		 len;
	double		 start = now();

	while (now() - start < SECONDS) {
		len = sizeof(sig);
		if ((ctx = EVP_MD_CTX_new()) == NULL ||
		    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) !=
		    1 || EVP_DigestSign(ctx, sig, &len, text,
		    sizeof(text)) != 1)
			exit(1);
		EVP_MD_CTX_free(ctx);
		n++;
	}
	report(what, n, now() - start);
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

	while (now() - start < SECONDS) {
		memset(&data, 0, sizeof(data));
		if (crypt_r("password", setting, &data) == NULL)
			exit(1);
		n++;
	}
	report("bcrypt, cost 10", n, now() - start);
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
	while (now() - start < SECONDS) {
		if (sqlite3_step(stmt) != SQLITE_DONE)
			exit(1);
		sqlite3_reset(stmt);
		n++;
	}
	report("SQLite commit, WAL FULL", n, now() - start);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	unlink(file);
}

int
main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "usage: limits scratch-file\n");
		return (2);
	}
	measure_signing("RS256 signature", EVP_RSA_gen(2048));
	measure_signing("ES256 signature", EVP_EC_gen("P-256"));
	measure_bcrypt();
	measure_commits(argv[1]);
	return (0);
}
