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

#include <sys/types.h>

#include <grp.h>
#include <unistd.h>

#include "log.h"
#include "privdrop.h"

/* Proof that neither the old ids nor a saved one can be had again. */
static void
prove_dropped(uid_t uid, gid_t gid)
{
	uid_t	 ruid, euid, suid;
	gid_t	 rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) == -1 ||
	    getresgid(&rgid, &egid, &sgid) == -1)
		fatal("cannot read our ids");
	if (ruid != uid || euid != uid || suid != uid ||
	    rgid != gid || egid != gid || sgid != gid)
		fatalx("ids did not change");
	if (setuid(0) != -1 || seteuid(0) != -1)
		fatalx("root could be regained");
	if (setgid(0) != -1 || setegid(0) != -1)
		fatalx("root's group could be regained");
	if (getgroups(0, NULL) > 1)
		fatalx("groups were kept");
}

void
privdrop(const char *jail, uid_t uid, gid_t gid)
{
	if (uid == 0 || gid == 0)
		fatalx("refusing to stay root");
	if (*jail != '\0' && (chroot(jail) == -1 || chdir("/") == -1))
		fatal("chroot %s", jail);
	if (setgroups(1, &gid) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		fatal("cannot drop privileges");
	prove_dropped(uid, gid);
}
