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

#ifndef DEXD_PAGE_DATA_H
#define DEXD_PAGE_DATA_H

#include "msg.h"

/*
 * The data of a page on its way from the engine to the frontend's templates:
 * EN_FE_ANSWER.data, pairs of a name and a typed value.  A value is one type
 * byte and its content; a list holds strings, rows hold named strings.
 */
enum page_value_type { PAGE_VALUE_NONE, PAGE_VALUE_STR = 's',
	PAGE_VALUE_BOOL = 'b', PAGE_VALUE_LIST = 'l', PAGE_VALUE_ROWS = 'r' };

struct page_value {
	enum page_value_type	 type;
	struct span		 str;	/* STR */
	bool			 yes;	/* BOOL */
	struct msg_list		 items;	/* LIST; ROWS: each an encoded row */
};

/* ---- writing; a failure shows in buf_ok(&d->list.b) ---- */

struct page_data {
	struct list_buf	 list;
};
void	 page_data_init(struct page_data *);
void	 page_data_clear(struct page_data *);
void	 page_data_str(struct page_data *, const char *name, struct span);
void	 page_data_bool(struct page_data *, const char *name, bool);
/* The items of a list, or rows that were made with page_row_put(). */
void	 page_data_list(struct page_data *, const char *name, struct msg_list);
void	 page_data_rows(struct page_data *, const char *name, struct msg_list);
/* Appends a field to a row, which page_data_rows() takes as one item. */
void	 page_row_put(struct buf *row, const char *name, struct span value);

/* ---- reading hostile bytes; false when malformed or not there ---- */

bool	 page_data_get(struct msg_list data, const char *name,
	    struct page_value *);

#endif /* DEXD_PAGE_DATA_H */
