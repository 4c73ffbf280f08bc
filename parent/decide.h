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

#ifndef DEXD_DECIDE_H
#define DEXD_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the parent decides, without doing it: pure functions, so that every
 * order of events can be tried without starting anything.
 */

/* ---- how long to wait before something that died is started again ---- */

#define BACKOFF_FREE	5	/* deaths a minute, without waiting */
#define BACKOFF_MAX	30	/* seconds */

struct backoff {
	uint64_t	 deaths[BACKOFF_FREE];	/* the last ones, a ring */
	unsigned	 n;
	unsigned	 next;
	unsigned	 excess;	/* deaths since waiting began */
	uint64_t	 begun;		/* when it was to live again */
};

/*
 * One more death, at `now` (seconds of a clock that never jumps).  The seconds
 * to wait: none for the first five within a minute, then 1, 2, 4 ... 30, until
 * it has lived for a minute.
 */
unsigned	 backoff_next(struct backoff *, uint64_t now);

/* ---- how often keys are made ---- */

#define KEYGENS_A_MINUTE	10

struct keygen_quota {
	uint64_t	 begun[KEYGENS_A_MINUTE];	/* the last ones, a ring */
	unsigned	 n;
	unsigned	 next;
};

/*
 * Seconds until one more may begin, at `now` (of a clock that never jumps); 0:
 * it begins now and counts.
 */
unsigned	 keygen_wait(struct keygen_quota *, uint64_t now);

/* ---- generations ---- */

enum gen_state { GEN_STARTING, GEN_SERVING, GEN_DRAINING };

/* Why a generation was started. */
enum gen_why { GEN_FIRST, GEN_RELOAD, GEN_RENEW, GEN_RECOVERY };

enum death {
	DEATH_EXPECTED,		/* it was told to leave */
	DEATH_OF_START,		/* its whole generation will never serve */
	DEATH_REPLACE,		/* that room alone is started again */
	DEATH_RESTART		/* with the engine every request is gone */
};
enum death	 death_decide(enum gen_state, bool is_engine, bool stopping);

enum start_failure {
	START_GIVE_UP,		/* dexd never served: say why and exit */
	START_KEEP_OLD,		/* the one that serves goes on */
	START_AGAIN		/* nobody serves: try again, later */
};
/* `recoverable`: some configuration has served before. */
enum start_failure	 start_failed_decide(bool somebody_serves,
			    bool recoverable);

enum reload {
	RELOAD_NOW,
	RELOAD_BUSY,	/* dexctl is told so */
	RELOAD_LATER,	/* a signal or a new certificate is remembered, once */
	RELOAD_NEVER	/* we are stopping */
};
struct reload_state {
	bool	 stopping;
	bool	 parsing;
	bool	 starting;	/* a generation that does not serve yet */
	bool	 draining;	/* one whose engine still lives */
};
enum reload	 reload_decide(const struct reload_state *, bool asked_by_dexctl);

/*
 * What watches a file whose content counts, told what stat(2) says.  Content
 * is tried when it has not changed between two looks and was not tried yet.
 */
struct stamp {
	uint64_t	 device, inode, size;
	int64_t		 seconds, nanoseconds;	/* of the last change */
};
bool	 stamp_equal(const struct stamp *, const struct stamp *);
bool	 stamp_settled(const struct stamp *before, const struct stamp *now,
	    const struct stamp *tried);

#endif /* DEXD_DECIDE_H */
