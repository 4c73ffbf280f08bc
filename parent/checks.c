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

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"
#include "sandbox.h"

/* What is better said before anything has been started. */

static const char * const	 users[ROOM_MAX] = {
	[ROOM_CONFIG] = "_dexdcfg", [ROOM_FRONTEND] = "_dexd",
	[ROOM_ENGINE] = "_dexdeng", [ROOM_SIGNER] = "_dexdsig",
	[ROOM_KEYGEN] = "_dexdsig", [ROOM_AUTHN] = "_dexdauth",
	[ROOM_CONTROL] = "_dexdctl", [ROOM_TELEMETRY] = "_dexd",
};

/* Looked up once: a later start must not depend on what it takes to ask. */
static void
find_users(struct parent *p)
{
	const struct passwd	*pw;
	int			 i;

	for (i = 0; i < ROOM_MAX; i++)
		if (users[i] != NULL && (pw = getpwnam(users[i])) != NULL) {
			p->users[i].uid = pw->pw_uid;
			p->users[i].gid = pw->pw_gid;
		}
}

int
room_user(const struct parent *p, enum room room, uid_t *uid, gid_t *gid)
{
	*uid = p->users[room].uid;
	*gid = p->users[room].gid;
	return (*uid == 0 ? -1 : 0);
}

static int
check_users(struct parent *p)
{
	char	 missing[256] = "";
	size_t	 n;
	uid_t	 uid;
	gid_t	 gid;
	int	 i;

	find_users(p);
	for (i = 0; i < ROOM_MAX; i++) {
		if (users[i] == NULL ||
		    room_user(p, (enum room)i, &uid, &gid) == 0 ||
		    strstr(missing, users[i]) != NULL)
			continue;
		n = strlen(missing);
		snprintf(missing + n, sizeof(missing) - n, " %s", users[i]);
	}
	if (missing[0] == '\0')
		return (0);
	fprintf(stderr, "dexd: these users are missing:%s\n"
	    "etc/users.sh makes them, as does the package "
	    "(sysusers.d/dexd.conf)\n", missing);
	return (-1);
}

/* A directory of ours, made when it is not there. */
static int
make_dir(const char *dir, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat	 st;

	/* Our umask is narrower than these need. */
	if (mkdir(dir, mode) == 0 ? chmod(dir, mode) == -1 :
	    errno != EEXIST) {
		fprintf(stderr, "dexd: %s: %s\n", dir, strerror(errno));
		return (-1);
	}
	if (lstat(dir, &st) == -1 || !S_ISDIR(st.st_mode) ||
	    (st.st_uid != geteuid() && st.st_uid != uid)) {
		fprintf(stderr, "dexd: %s must be a directory of our own\n",
		    dir);
		return (-1);
	}
	if (geteuid() == 0 && (chown(dir, uid, gid) == -1 ||
	    chmod(dir, mode) == -1)) {
		fprintf(stderr, "dexd: %s: %s\n", dir, strerror(errno));
		return (-1);
	}
	return (0);
}

static char *
join(const char *dir, const char *name)
{
	size_t	 n = strlen(dir) + strlen(name) + 2;
	char	*path = xcalloc(1, n);

	snprintf(path, n, "%s/%s", dir, name);
	return (path);
}

static int
make_dirs(struct parent *p)
{
	const char	*run = p->options.run_dir;
	uid_t		 uid = geteuid();
	gid_t		 gid = getegid();

	p->empty_dir = join(run, "empty");
	p->store_dir = join(run, "store");
	/* An ordinary user has no jails, and -n alone starts nothing to talk to. */
	if (p->options.check && !p->root)
		return (0);
	if (make_dir(run, 0755, geteuid(), getegid()) == -1 ||
	    make_dir(p->empty_dir, 0755, geteuid(), getegid()) == -1) {
		if (!p->root)
			fprintf(stderr, "dexd: -r names a directory for an "
			    "ordinary user\n");
		return (-1);
	}
	if (p->root && room_user(p, ROOM_ENGINE, &uid, &gid) == -1)
		return (-1);
	return (make_dir(p->store_dir, 0700, uid, gid));
}

int
checks_system(struct parent *p)
{
	if (p->root && check_users(p) == -1)
		return (-1);
	return (make_dirs(p));
}

static int
check_sandbox(const struct settings *s, char *err, size_t errlen)
{
	const char	*missing = sandbox_missing();

#ifdef DEXD_SANITIZE
	return (0);
#endif
	if (missing == NULL)
		return (0);
	if (s->sandbox != SANDBOX_ENFORCE) {
		log_warn("the sandbox is not complete", "missing", missing);
		return (0);
	}
	snprintf(err, errlen, "no sandbox, no start: this kernel lacks %s\n"
	    "(sandbox: best-effort in the configuration starts without)",
	    missing);
	return (-1);
}

static int
refuse_store(const char *path, const char *why, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s: %s", path, why);
	return (-1);
}

/* The engine must own what it writes; we say so, and change nothing. */
static int
check_owner(const struct parent *p, const char *path, bool directory,
    char *err, size_t errlen)
{
	struct stat	 st;
	uid_t		 uid = geteuid();
	gid_t		 gid;

	if (p->root && room_user(p, ROOM_ENGINE, &uid, &gid) == -1)
		return (refuse_store(path, "no user for the engine", err,
		    errlen));
	if (stat(path, &st) == -1)
		return (errno == ENOENT && !directory ? 0 :
		    refuse_store(path, strerror(errno), err, errlen));
	if (p->root && st.st_uid != uid) {
		snprintf(err, errlen, "%s must belong to the engine:\n"
		    "  chown %s %s", path, users[ROOM_ENGINE], path);
		return (-1);
	}
	if (!p->root && access(path, W_OK) == -1)
		return (refuse_store(path, "the database is not writable",
		    err, errlen));
	return (0);
}

int
checks_store(struct parent *p, const struct settings *s, char *err,
    size_t errlen)
{
	const char	*slash;
	char		*dir;
	int		 error;

	if (check_sandbox(s, err, errlen) == -1)
		return (-1);
	if (s->storage == STORAGE_MEMORY)
		return (0);
	dir = xstrdup(s->storage_file);
	if ((slash = strrchr(dir, '/')) == NULL) {
		free(dir);
		dir = xstrdup(".");
	} else
		dir[slash == dir ? 1 : slash - dir] = '\0';
	error = check_owner(p, dir, true, err, errlen) == -1 ||
	    check_owner(p, s->storage_file, false, err, errlen) == -1 ?
	    -1 : 0;
	free(dir);
	return (error);
}

void
memory_store_clear(struct parent *p)
{
	static const char * const	 names[] = { "memory.db",
		"memory.db-wal", "memory.db-shm", "memory.db-journal" };
	char				*path;
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path = join(p->store_dir, names[i]);
		unlink(path);
		free(path);
	}
}
