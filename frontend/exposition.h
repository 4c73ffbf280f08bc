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

#ifndef DEXD_EXPOSITION_H
#define DEXD_EXPOSITION_H

#include "count.h"

/*
 * Prometheus' text format, version 0.0.4, and the health checks as dex writes
 * them.  Pure: counts and times in, bytes out.
 */

/* The counts of one program, as they were received. */
struct exposition_source {
	enum room	 room;
	const char	*program;	/* shown as room */
	const char	*connector;	/* "" if none */
	uint32_t	 instance;	/* shown as process */
	struct span	 counts;
};

/*
 * Appends every series of every source, families together.  A source that is
 * malformed ends at the first byte that is.
 */
void	 exposition_put(struct buf *, const struct exposition_source *,
	    size_t n);

/* What is running, under the name that dex has for it. */
void	 exposition_put_build(struct buf *, const char *version,
	    const char *platform);

/* Microseconds as seconds, without zeros at the end: 0.25, 10. */
void	 exposition_put_seconds(struct buf *, uint64_t us);

struct health_check {
	bool		 known;		/* the engine has answered */
	bool		 healthy;
	uint64_t	 at;		/* unix microseconds */
	uint64_t	 took;		/* microseconds */
	uint32_t	 failures;
	uint64_t	 failing_since;	/* unix microseconds; 0: none */
};
/* dex's JSON for its one check, or only whether it passes. */
void	 exposition_put_health(struct buf *, const struct health_check *);
void	 exposition_put_health_short(struct buf *,
	    const struct health_check *);

#endif /* DEXD_EXPOSITION_H */
