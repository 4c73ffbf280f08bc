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

#ifndef DEXD_WORLD_H
#define DEXD_WORLD_H

#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>

/*
 * What lies within reach of an intruder in a room, so that only the sandbox
 * is in the way: files, sockets of every use, a sibling, pages.
 */

enum {			/* descriptors a room might have been left with */
	WORLD_FILE = 200,	/* a file of ours, for writing */
	WORLD_DIR,		/* the directory of the file */
	WORLD_PROGRAM,		/* a file of machine code */
	WORLD_TCP,		/* a fresh socket */
	WORLD_UDP,		/* the same for datagrams */
	WORLD_CALLED,		/* a listener with a caller in its queue */
	WORLD_SHUT,		/* a listener that was shut down */
	WORLD_PAIR,		/* one end of a wire */
	WORLD_LAST
};
/* Arguments that are known only at run time. */
#define WORLD_SIBLING	(-1000001L)
#define WORLD_PAGE	(-1000002L)

extern char		 world_jail[], world_file[], world_dir[];
extern char		 world_new_file[], world_mem[], world_environ[];
extern char		 world_fd[], world_exe[];
extern struct sockaddr_in	 world_address;	/* where somebody listens */
extern struct sockaddr_in	 world_any;
extern struct msghdr	 world_plain, world_rights, world_addressed;
extern struct mmsghdr	 world_many;
extern struct iovec	 world_here[1];
extern struct sock_fprog	 world_filter;
extern struct ifconf	 world_ifconf;
extern int		 world_one;
extern pid_t		 world_sibling;
extern void		*world_page;

/*
 * Runs the tests with a world around them and returns what main() shall.  In a
 * build with sanitizers, where the sandbox is off, nothing is run.
 */
int	 world_run(int (*tests)(void));
void	 world_make(void);	/* before each act */
void	 world_end(void);

/* Nothing was changed: the file, the sibling and the listener are there. */
bool	 world_is_whole(void);

#endif /* DEXD_WORLD_H */
