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

#include <stdlib.h>
#include <string.h>

#include "conn.h"

/*
 * Where connections live: in slabs of their own, which go back to the system
 * whole.  In the heap each page of a flood's connections would keep a few bytes
 * of libevent's, which never frees what it knows of a descriptor.
 */

#ifdef DEXD_SANITIZE

/* The sanitizers want to see each of them. */
struct conn *
conn_alloc(void)
{
	return (calloc(1, sizeof(struct conn)));
}

void
conn_release(struct conn *c)
{
	free(c);
}

#else

#define SLAB_SIZE	65536

union slot {
	struct conn	 conn;
	union slot	*next;		/* while it is free */
};

struct slab {
	TAILQ_ENTRY(slab)	 entry;	/* of those with a free slot */
	union slot		*unused;
	unsigned		 used;
	union slot		 slots[];
};
TAILQ_HEAD(slab_list, slab);

#define SLOTS	((SLAB_SIZE - sizeof(struct slab)) / sizeof(union slot))

static struct slab_list	 slabs = TAILQ_HEAD_INITIALIZER(slabs);

/* Twice the size is asked for, so that a slab's address tells its slots'. */
static struct slab *
slab_new(void)
{
	uint8_t		*p = mmap(NULL, 2 * SLAB_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANON, -1, 0);
	size_t		 before;
	struct slab	*s;
	size_t		 i;

	if (p == MAP_FAILED)
		return (NULL);
	before = (SLAB_SIZE - (uintptr_t)p % SLAB_SIZE) % SLAB_SIZE;
	if (before != 0)
		munmap(p, before);
	munmap(p + before + SLAB_SIZE, SLAB_SIZE - before);
	s = (struct slab *)(void *)(p + before);
	for (i = 0; i < SLOTS; i++) {
		s->slots[i].next = s->unused;
		s->unused = &s->slots[i];
	}
	TAILQ_INSERT_HEAD(&slabs, s, entry);
	return (s);
}

struct conn *
conn_alloc(void)
{
	struct slab	*s = TAILQ_FIRST(&slabs);
	union slot	*slot;

	if (s == NULL && (s = slab_new()) == NULL)
		return (NULL);
	slot = s->unused;
	s->unused = slot->next;
	s->used++;
	if (s->unused == NULL)
		TAILQ_REMOVE(&slabs, s, entry);
	memset(slot, 0, sizeof(*slot));
	return (&slot->conn);
}

void
conn_release(struct conn *c)
{
	union slot	*slot = (union slot *)c;
	struct slab	*s = (struct slab *)((uintptr_t)c &
			    ~(uintptr_t)(SLAB_SIZE - 1));

	explicit_bzero(slot, sizeof(*slot));
	if (s->unused == NULL)
		TAILQ_INSERT_HEAD(&slabs, s, entry);
	slot->next = s->unused;
	s->unused = slot;
	/* The last one stays: a lone visitor must not cost system calls. */
	if (--s->used != 0 || (TAILQ_FIRST(&slabs) == s &&
	    TAILQ_NEXT(s, entry) == NULL))
		return;
	TAILQ_REMOVE(&slabs, s, entry);
	munmap(s, SLAB_SIZE);
}

#endif /* DEXD_SANITIZE */
