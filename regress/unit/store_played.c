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

#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "log.h"
#include "regress/unit/store_played.h"
#include "test.h"

struct event_base	*store_base;
char			 store_file[64];
struct store		*store;
enum store_status	 store_said;
int			 store_answers;
struct list_buf		 store_scopes, store_groups;

void
store_done(void *arg, enum store_status status)
{
	if (arg != NULL)
		*(enum store_status *)arg = status;
	store_said = status;
	store_answers++;
}

void
store_reopen(enum storage kind)
{
	char	 err[256] = "";

	store_close(store);
	store = store_open(store_base, kind, store_file, err, sizeof(err));
	if (store == NULL)
		fail_msg("%s", err);
}

int
store_setup(void **state)
{
	(void)state;
	unlink(store_file);
	store_answers = 0;
	return (0);
}

int
store_teardown(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	list_buf_clear(&store_scopes);
	list_buf_clear(&store_groups);
	return (0);
}

enum store_status
store_wait(struct write_set *ws)
{
	enum store_status	 status = STORE_ERROR;

	store_answers = 0;
	store_commit(store, ws, store_done, &status);
	while (store_answers == 0)
		event_base_loop(store_base, EVLOOP_ONCE);
	return (status);
}

int
store_run(const struct CMUnitTest *tests, size_t n)
{
	static const char * const	 ends[] = { "", "-wal", "-shm" };
	char				 dir[] = "/tmp/dexd-store-XXXXXX";
	char				 path[80];
	size_t				 i;
	int				 failed;

	log_setup(LOG_LVL_ERROR, LOG_FMT_TEXT);
	if (mkdtemp(dir) == NULL || (store_base = event_base_new()) == NULL)
		return (1);
	snprintf(store_file, sizeof(store_file), "%s/dex.db", dir);
	failed = _cmocka_run_group_tests("tests", tests, n, NULL, NULL);
	event_base_free(store_base);
	for (i = 0; i < NITEMS(ends); i++) {
		snprintf(path, sizeof(path), "%s%s", store_file, ends[i]);
		unlink(path);
	}
	rmdir(dir);
	return (failed);
}
