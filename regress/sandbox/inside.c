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

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "regress/sandbox/inside.h"
#include "sandbox.h"

int
did(long result)
{
	return (result == -1 ? errno : 0);
}

static int
ended(int status)
{
	if (WIFSIGNALED(status))
		return (WTERMSIG(status) == SIGSYS ? KILLED : DIED);
	return (WEXITSTATUS(status));
}

static size_t
read_all(int fd, char *words, size_t size)
{
	char	 rest[512];
	size_t	 len = 0;
	ssize_t	 n;

	while (len + 1 < size &&
	    (n = read(fd, words + len, size - len - 1)) > 0)
		len += (size_t)n;
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	words[len] = '\0';
	return (len);
}

int
inside_heard(const char *program, const char *writable, act *before,
    act *what, char *words, size_t size)
{
	pid_t	 pid;
	int	 fds[2], status = 0, result;

	if (pipe2(fds, O_CLOEXEC) == -1)
		fail();
	if ((pid = fork()) == 0) {
		dup2(fds[1], STDERR_FILENO);
		if (before != NULL && (result = before()) != 0)
			_exit(result);
		sandbox_prepare();
		sandbox_enter(program, writable, SANDBOX_ENFORCE);
		_exit(what());
	}
	close(fds[1]);
	read_all(fds[0], words, size);
	close(fds[0]);
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		fail();
	result = ended(status);
	if (result == ENOSYS && strstr(words, "sandbox: system call ") != NULL)
		return (TRAPPED);
	return (result);
}

int
inside(const char *program, const char *writable, act *what)
{
	char	 words[4096];
	int	 result = inside_heard(program, writable, NULL, what, words,
		    sizeof(words));

	if (result != 0 && result != KILLED && result != TRAPPED)
		fputs(words, stderr);
	return (result);
}

int
outside(act *what)
{
	pid_t	 pid;
	int	 status = 0;

	if ((pid = fork()) == 0)
		_exit(what());
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		fail();
	return (ended(status));
}

const char *
outcome(int result)
{
	const char	*name;

	switch (result) {
	case 0:
		return ("done");
	case KILLED:
		return ("killed");
	case TRAPPED:
		return ("trapped");
	case DIED:
		return ("died of another signal");
	}
	return ((name = strerrorname_np(result)) == NULL ? "?" : name);
}
