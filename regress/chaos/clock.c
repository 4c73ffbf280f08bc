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


#include <sys/mman.h>
#include <sys/time.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * Loaded before a room's own libraries: its wall clock is off by as many
 * seconds as the file CLOCK_FILE holds, which a test changes as it likes.  What
 * counts from the start of the machine is left alone, as a jump leaves it.
 */

static const volatile int64_t	*offset;
static int			(*real)(clockid_t, struct timespec *);

static void __attribute__((constructor))
look(void)
{
	const char	*file = getenv("CLOCK_FILE");
	void		*shown;
	int		 fd;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	if (file == NULL || real == NULL ||
	    (fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		abort();
	shown = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
	if (shown == MAP_FAILED)
		abort();
	offset = shown;
	close(fd);
	/* A room begins with nothing in its environment. */
	unsetenv("CLOCK_FILE");
	unsetenv("LD_PRELOAD");
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int	 error = real(id, ts);

	if (error == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ts->tv_sec += *offset;
	return (error);
}

time_t
time(time_t *t)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) == -1)
		return (-1);
	if (t != NULL)
		*t = ts.tv_sec;
	return (ts.tv_sec);
}

int
gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec	 ts;

	if (zone != NULL)
		memset(zone, 0, sizeof(struct timezone));
	if (clock_gettime(CLOCK_REALTIME, &ts) == -1)
		return (-1);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return (0);
}
