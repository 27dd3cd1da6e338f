/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A record ring: one producer (root mode of one CPU), one consumer (a process
 * that mapped it). The layout the consumer sees is in trapgate/abi.h.
 */
#ifndef TG_CORE_RING_H
#define TG_CORE_RING_H

#include <trapgate/abi.h>
#include "types.h"

#define TG_RING_PAGE	4096u
#define TG_RING_PER_PAGE (TG_RING_PAGE / sizeof(struct tg_record))

struct tg_ring {
	struct tg_ring_head *head;	/* page the reader maps read-only */
	struct tg_ring_tail *tail;	/* page the reader writes: hostile */
	u64 capacity;			/* records, a power of two; private copies, */
	u64 producer;			/* never read back from shared pages */
	u64 lost;
	u32 nr_pages;
	struct tg_record *page[];	/* data pages, TG_RING_PER_PAGE records each */
};

/*
 * Makes the next record's slot available, or returns NULL when the ring is full
 * (the loss is counted). Root mode of the ring's CPU.
 */
struct tg_record *tg_ring_reserve(struct tg_ring *r);

/* Publishes the slot that the last tg_ring_reserve() gave. */
void tg_ring_commit(struct tg_ring *r);

/* The same in two steps: the slot is used; all used slots are published. */
static tg_always_inline void tg_ring_advance(struct tg_ring *r)
{
	r->producer++;
}

void tg_ring_publish(struct tg_ring *r);

/* What readers have not read of before is to be dropped; full or not. */
void tg_ring_flush(struct tg_ring *r, u64 tsc);

/* Whether there is something to read. Any context. */
bool tg_ring_has_data(const struct tg_ring *r);

#endif
