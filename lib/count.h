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

#ifndef DEXD_COUNT_H
#define DEXD_COUNT_H

#include "buf.h"
#include "msg.h"

/*
 * Counting, beside logging the other piece of global state.  count.def says
 * what is counted; each process counts for itself, and the parent gathers when
 * the telemetry or the control room asks.
 */

#define COUNT_LABELS	3
#define COUNT_LABEL_MAX	256	/* bytes of a value; longer ones are cut */
#define COUNT_VALUES	8	/* of a histogram */
#define COUNT_SERIES	400	/* in one process; what is beyond is "lost" */
#define COUNT_BYTES_MAX	61440	/* of one process's counts, encoded */
#define COUNT_VALUE_MAX	((1ULL << 53) - 1)	/* 285 years, 9 petabytes */

enum count_id {
#define COUNT(ID, kind, room, name, labels, help) COUNT_##ID,
#include "count.def"
#undef COUNT
	COUNT_MAX
};

enum count_kind { COUNT_COUNTER, COUNT_GAUGE, COUNT_CLOCK, COUNT_INSTANT,
	COUNT_DURATIONS, COUNT_SIZES };

struct count_info {
	enum count_kind	 kind;
	enum room	 room;
	const char	*name;
	const char	*labels;
	const char	*help;
};
extern const struct count_info	 count_table[COUNT_MAX];

/*
 * Bounds of a histogram's buckets (inclusive, in microseconds or bytes), *n of
 * them; NULL for other kinds.  Its values are a count for each bucket, one for
 * what is above them all, and the sum of what was observed.
 */
const uint64_t	*count_bounds(enum count_kind, unsigned *n);

/* How many values a series of this kind has; 1 but for histograms. */
unsigned	 count_nvalues(enum count_kind);

/* Number of labels, and label i's name into out. */
unsigned	 count_nlabels(const char *labels);
struct span	 count_label(const char *labels, unsigned i);

/* One series of this process. */
struct count;

/*
 * The series with these label values, made when it is new; as many as the
 * table says, the others NULL.  Never NULL, and lives as long as the process:
 * who counts often keeps it.
 */
struct count	*count_get(enum count_id, const char *, const char *,
		    const char *);
void		 count_add(struct count *, uint64_t);
void		 count_set(struct count *, uint64_t);
/* A histogram takes a value in. */
void		 count_observe(struct count *, uint64_t);

/* Something was not counted: whoever counts it has a limit of its own. */
void		 count_lose(void);

/* count_add(count_get(...), 1) for one and two labels. */
void		 count_one(enum count_id, const char *);
void		 count_two(enum count_id, const char *, const char *);

/* Notes the time of the start; in every program, once. */
void		 count_init(void);

/* Appends every series; CPU time is set to that of now. */
void		 count_encode(struct buf *);

/* One series as it was received. */
struct count_sample {
	enum count_id	 id;
	struct span	 labels[COUNT_LABELS];	/* UTF-8 without NUL */
	uint64_t	 values[COUNT_VALUES];
};

/*
 * Takes the next series off what that room sent.  1, or 0 at the end, or -1
 * when it is malformed or says what that room may not.  A number above
 * COUNT_VALUE_MAX is malformed: who reads JSON may give the whole of it up for
 * that (RFC 7493 section 2.2).
 */
int		 count_decode(struct cur *, enum room, struct count_sample *);

#endif /* DEXD_COUNT_H */
