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

#ifndef DEXD_WRITE_SET_H
#define DEXD_WRITE_SET_H

#include <bsd/sys/queue.h>

#include "store.h"

/* Private to store/: a write set as drivers see it, rows of column values. */

#define OP_COLUMNS	32

enum op_kind {
	OP_INSERT_AUTH_REQUEST, OP_DELETE_AUTH_REQUEST,
	OP_INSERT_AUTH_CODE, OP_DELETE_AUTH_CODE,
	OP_DELETE_REPLACED, OP_INSERT_REFRESH_TOKEN, OP_ROTATE_REFRESH_TOKEN,
	OP_TOUCH_REFRESH_TOKEN, OP_PUT_OFFLINE, OP_TOUCH_OFFLINE,
	OP_INSERT_KEYSET, OP_UPDATE_KEYSET, OP_PROBE, OP_MAX
};

enum value_kind { VALUE_TEXT, VALUE_BLOB, VALUE_INT };

struct value {
	enum value_kind	 kind;
	size_t		 at;	/* of text and blobs, in the op's mem */
	size_t		 len;
	int64_t		 number;
};

/*
 * Each op must change exactly one row, or the set conflicts; there may be
 * nothing for OP_DELETE_REPLACED to delete.
 */
struct op {
	TAILQ_ENTRY(op)	 entry;
	enum op_kind	 kind;
	unsigned	 nvalues;
	struct value	 values[OP_COLUMNS];
	struct buf	 mem;
};

struct write_set {
	TAILQ_ENTRY(write_set)	 entry;
	TAILQ_HEAD(, op)	 ops;
	bool			 failed;	/* out of memory or bounds */
	store_done_cb		*cb;
	void			*arg;
	enum store_status	 status;
};

/* A write that changes nothing anybody reads: see store_health(). */
void	 write_set_probe(struct write_set *);

/* A list as dex writes it: compact JSON, `null` when there is none. */
void	 json_list_put(struct buf *, struct msg_list);

/*
 * Reads such a list (or NULL, empty, `null`) into the buffer; -1 if it is
 * something else.
 */
int	 json_list_get(struct list_buf *, struct span json);

#endif /* DEXD_WRITE_SET_H */
