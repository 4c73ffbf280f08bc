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
#include <sys/wait.h>
#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/unistd.h>
#include <event2/event.h>
#include <sodium.h>

#include "log.h"
#include "parent.h"

/*
 * frontend.dir: the parent reads an operator's templates and static files, for
 * the frontends live in an empty directory.  It looks at no byte of them.
 */

#define FILES_MAX	512
#define FILE_MAX	(1024 * 1024)
#define TOTAL_MAX	(8 * 1024 * 1024)
#define DEPTH_MAX	8	/* of directories */
#define PATH_LEN	256
#define CHUNK		61440	/* PA_FE_FILE.bytes */
#define CHECK_TIME	30	/* seconds for compiling the templates */

struct theme_file {
	TAILQ_ENTRY(theme_file)	 entry;
	char			*path;		/* below the directory */
	struct buf		 bytes;
};
TAILQ_HEAD(theme_files, theme_file);

struct theme {
	char			*dir;
	struct theme_files	 files;
	unsigned		 count;
	size_t			 total;
};

/* One reading of a directory. */
struct reader {
	struct parent	*parent;
	struct theme	*theme;
	int		 root;
	unsigned	 line;		/* of frontend.dir */
	bool		 failed;
};

void
theme_free(struct theme *t)
{
	struct theme_file	*f;

	if (t == NULL)
		return;
	while ((f = TAILQ_FIRST(&t->files)) != NULL) {
		TAILQ_REMOVE(&t->files, f, entry);
		buf_clear(&f->bytes);
		free(f->path);
		free(f);
	}
	free(t->dir);
	free(t);
}

/* ---- reading ---- */

static void
complain(struct reader *r, const char *path, const char *why)
{
	char	 text[2048];

	r->failed = true;
	r->parent->parse_failed = true;
	snprintf(text, sizeof(text), "%s:%u: frontend.dir: %s%s%s: %s",
	    r->parent->options.config, r->line, r->theme->dir,
	    *path == '\0' ? "" : "/", path, why);
	problems_add(r->parent, span_str(text), "");
}

static void
complain_errno(struct reader *r, const char *path)
{
	complain(r, path, errno == EXDEV ? "a symbolic link leads out of the "
	    "directory" : errno == ELOOP ? "a symbolic link that cannot be "
	    "followed" : strerror(errno));
}

/* Step by step and through no symbolic link at all. */
static int
open_steps(int root, const char *path)
{
	char	 name[PATH_LEN];
	size_t	 n;
	int	 fd = dup(root), next;

	while (fd != -1) {
		n = strcspn(path, "/");
		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		next = openat(fd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW |
		    O_CLOEXEC);
		close(fd);
		fd = next;
		if (path[n] == '\0')
			break;
		path += n + 1;
	}
	return (fd);
}

/*
 * We are root and whoever writes the theme may not be: a link in it must not
 * publish what only root can read.  Links that stay inside are fine; that is
 * how Kubernetes mounts a ConfigMap.
 */
static int
open_beneath(int root, const char *path)
{
#ifdef SYS_openat2
	struct open_how	 how = { .flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC,
			    .resolve = RESOLVE_BENEATH |
			    RESOLVE_NO_MAGICLINKS };
	long		 fd = syscall(SYS_openat2, root, path, &how,
			    sizeof(how));

	if (fd != -1 || errno != ENOSYS)
		return ((int)fd);
#endif
	return (open_steps(root, path));
}

static void
read_file(struct reader *r, const char *path, int fd)
{
	struct theme_file	*f;
	uint8_t			 bytes[8192];
	ssize_t			 n;

	if (++r->theme->count > FILES_MAX) {
		complain(r, "", "more than 512 files");
		return;
	}
	f = xcalloc(1, sizeof(*f));
	f->path = xstrdup(path);
	buf_init(&f->bytes, FILE_MAX);
	TAILQ_INSERT_TAIL(&r->theme->files, f, entry);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		buf_put(&f->bytes, bytes, (size_t)n);
		r->theme->total += (size_t)n;
		if (!buf_ok(&f->bytes) || r->theme->total > TOTAL_MAX) {
			complain(r, path, "too large: 1 MiB a file, 8 MiB "
			    "together");
			return;
		}
	}
	if (n == -1)
		complain_errno(r, path);
}

static void	 read_entry(struct reader *, const char *path, unsigned depth);

static int
by_name(const void *a, const void *b)
{
	return (strcmp(*(char * const *)a, *(char * const *)b));
}

/* The names in a directory but hidden ones; sorted, so that runs are alike. */
static size_t
list_names(int fd, char *names[FILES_MAX])
{
	DIR		*d = fdopendir(fd);
	struct dirent	*e;
	size_t		 n = 0;

	if (d == NULL) {
		close(fd);
		return (0);
	}
	while (n < FILES_MAX && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			names[n++] = xstrdup(e->d_name);
	closedir(d);
	qsort(names, n, sizeof(names[0]), by_name);
	return (n);
}

/* Takes fd over.  depth 0: no directories in it, which dex passes over. */
static void
read_dir(struct reader *r, const char *dir, int fd, unsigned depth)
{
	char	*names[FILES_MAX];
	char	 path[PATH_LEN];
	size_t	 i, n = list_names(fd, names);
	int	 len;

	for (i = 0; i < n; i++) {
		len = snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (r->failed)
			;
		else if (len < 0 || (size_t)len >= sizeof(path) ||
		    !span_is_utf8(span_str(path)))
			complain(r, dir, "a name is too long or not UTF-8");
		else
			read_entry(r, path, depth);
		free(names[i]);
	}
}

static void
read_entry(struct reader *r, const char *path, unsigned depth)
{
	struct stat	 st;
	int		 fd = open_beneath(r->root, path);

	if (fd == -1 || fstat(fd, &st) == -1)
		complain_errno(r, path);
	else if (S_ISREG(st.st_mode))
		read_file(r, path, fd);
	else if (S_ISDIR(st.st_mode) && depth > 1) {
		read_dir(r, path, fd, depth - 1);
		return;
	} else if (!S_ISDIR(st.st_mode))
		complain(r, path, "not a file");
	else if (depth == 1)
		complain(r, path, "directories are nested too deeply");
	if (fd != -1)
		close(fd);
}

/* One of the parts that must be there. */
static void
read_part(struct reader *r, const char *path, mode_t kind, unsigned depth)
{
	struct stat	 st;
	int		 fd;

	if (r->failed)
		return;
	fd = open_beneath(r->root, path);
	if (fd == -1 || fstat(fd, &st) == -1)
		complain_errno(r, path);
	else if ((st.st_mode & S_IFMT) != kind)
		complain(r, path, kind == S_IFDIR ? "not a directory" :
		    "not a file");
	else if (kind == S_IFDIR) {
		read_dir(r, path, fd, depth);
		return;
	} else
		read_file(r, path, fd);
	if (fd != -1)
		close(fd);
}

static void
on_cf_pa_theme(void *room, struct peer *peer, struct msg *m)
{
	struct parent	*p = ((struct child *)room)->parent;
	struct reader	 r = { .parent = p, .line = m->cf_pa_theme.line };
	char		 theme[80];

	(void)peer;
	if (p->parsed == NULL || p->parsed->theme != NULL)
		return;
	r.theme = p->parsed->theme = xcalloc(1, sizeof(*r.theme));
	TAILQ_INIT(&r.theme->files);
	if ((r.theme->dir = span_dup(m->cf_pa_theme.dir)) == NULL)
		fatalx("cannot keep the configuration");
	r.root = open(r.theme->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.root == -1) {
		complain_errno(&r, "");
		return;
	}
	snprintf(theme, sizeof(theme), "themes/%.*s",
	    (int)m->cf_pa_theme.theme.len,
	    (const char *)span_ptr(m->cf_pa_theme.theme));
	read_part(&r, "templates", S_IFDIR, 0);
	read_part(&r, "static", S_IFDIR, DEPTH_MAX);
	read_part(&r, theme, S_IFDIR, DEPTH_MAX);
	read_part(&r, "robots.txt", S_IFREG, 0);
	close(r.root);
}

/* ---- telling ---- */

static void
tell_file(struct child *c, const struct theme_file *f)
{
	struct msg_pa_fe_file	 m = { .path = span_str(f->path) };
	size_t			 at = 0, n;

	do {
		n = f->bytes.len - at < CHUNK ? f->bytes.len - at : CHUNK;
		/* span_ptr(): an empty file has no bytes to point into. */
		m.bytes = span_mem(span_ptr(buf_span(&f->bytes)) + at, n);
		at += n;
		m.more = at < f->bytes.len;
		child_tell(c, PA_FE_FILE, &m, -1);
	} while (m.more);
}

void
theme_tell(struct child *c, const struct theme *t)
{
	const struct theme_file	*f;

	if (t == NULL)
		return;
	TAILQ_FOREACH(f, &t->files, entry)
		tell_file(c, f);
}

/* ---- the check: templates are compiled before anything is changed ---- */

static void
on_check_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	child_kill(arg);
}

/* What a frontend gets to be complete, and a key that is nobody's. */
static void
furnish_checker(struct child *c, struct settings *s)
{
	uint8_t			 key[KEY_LEN];
	struct msg_pa_fe_key	 m = { .document_key = span_mem(key, KEY_LEN) };
	struct slice		*slice;

	child_start(c, s, "", c->parent->empty_dir);
	TAILQ_FOREACH(slice, &s->slices, entry)
		if (slice->room == ROOM_FRONTEND)
			child_tell_slice(c, slice);
	randombytes_buf(key, sizeof(key));
	child_tell(c, PA_FE_KEY, &m, -1);
	theme_tell(c, s->theme);
	child_go(c);
}

void
theme_check(struct parent *p, struct settings *s)
{
	const struct timeval	 tv = { CHECK_TIME, 0 };
	struct child		*c = child_new(p, NULL, ROOM_FRONTEND,
				    "frontend", "");

	if (child_spawn(c) == -1) {
		child_free(c);
		problems_add(p, span_str("the templates could not be "
		    "checked"), "");
		p->parse_done(p, NULL, buf_cstr(&p->problems));
		return;
	}
	p->checker = c;
	p->checking = settings_ref(s);
	event_assign(&p->parse_deadline, p->base, -1, 0, on_check_deadline, c);
	event_add(&p->parse_deadline, &tv);
	furnish_checker(c, s);
}

/* They compile.  The rest happens when it has gone. */
void
theme_check_ready(struct child *c)
{
	child_stop(c);
}

void
theme_check_died(struct parent *p, int status)
{
	struct child	*c = p->checker;
	struct settings	*s = p->checking;
	bool		 ok = c->ready;

	event_del(&p->parse_deadline);
	p->checker = NULL;
	p->checking = NULL;
	child_free(c);
	if (!ok && (!WIFEXITED(status) || p->problems.len == 0))
		problems_add(p, span_str("the templates could not be "
		    "checked"), "");
	if (!p->stopping)
		p->parse_done(p, ok ? s : NULL, buf_cstr(&p->problems));
	settings_unref(s);
}

static void
on_fe_pa_problem(void *room, struct peer *peer, struct msg *m)
{
	struct child		*c = room;
	struct parent		*p = c->parent;
	const struct settings	*s = c == p->checker ? p->checking :
				    c->gen != NULL ? c->gen->settings : NULL;
	struct buf		 b;

	if (c->ready) {
		peer_bad(peer, "templates that were right are wrong now");
		return;
	}
	buf_init(&b, 4096);
	if (s != NULL && s->theme != NULL)
		buf_printf(&b, "%s/", s->theme->dir);
	buf_put_span(&b, m->fe_pa_problem.text);
	if (c == p->checker)
		problems_add(p, buf_span(&b), "");
	else
		log_error("a frontend cannot use its templates", "why",
		    buf_cstr(&b));
	buf_clear(&b);
}

void
theme_handlers(peer_handler **h)
{
	h[CF_PA_THEME] = on_cf_pa_theme;
	h[FE_PA_PROBLEM] = on_fe_pa_problem;
}
