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

#ifndef DEXD_STORE_PLAYED_H
#define DEXD_STORE_PLAYED_H

#include "store/store.h"

struct CMUnitTest;
struct event_base;

/* A store on SQLite in a directory of its own, for one test after the other. */

extern struct event_base	*store_base;
extern char			 store_file[64];
extern struct store		*store;

/*
 * What it said last, and how many times; a read's callback sets it, too.  An
 * argument of store_done() is a status that it fills in.
 */
extern enum store_status	 store_said;
extern int			 store_answers;
void	 store_done(void *arg, enum store_status);

/* Lists of what is written, for a moment. */
extern struct list_buf		 store_scopes, store_groups;

/* There is no file; store_reopen() begins one or goes on with it. */
int	 store_setup(void **state);
int	 store_teardown(void **state);
void	 store_reopen(enum storage);

/* Commits and waits. */
enum store_status	 store_wait(struct write_set *);

/* Runs n tests in the directory. */
int	 store_run(const struct CMUnitTest *, size_t n);

#endif /* DEXD_STORE_PLAYED_H */
