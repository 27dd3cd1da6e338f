/* SPDX-License-Identifier: GPL-2.0 */
/* The device as dev.c and ring.c see it. */
#ifndef TRAPGATE_LIB_DEV_H
#define TRAPGATE_LIB_DEV_H

#include "trapgate.h"

struct tg_ring {
	const struct tg_ring_head *head;	/* read-only mapping, NULL: none */
	struct tg_ring_tail *tail;
	__u64 consumer;				/* our copy; root mode gets tail->consumer */
	__u64 producer;				/* as last loaded */
	__u64 flush_seen;			/* head->flush_tsc, as it was last */
	__u64 capacity;
	__u32 record_size;
};

struct tg_device {
	const struct tg_sys *sys;
	int fd;
	struct tg_ring *rings;
	unsigned int nr_rings;
	__u64 ring_bytes;			/* per CPU */
	__u64 margin;				/* of TSC ticks, see tg_ring_read() */
	__u64 flush_tsc;			/* what is older is dropped; 0: nothing */
	__u32 flushed;				/* records dropped for it */
};

void tg_ring_close(struct tg_device *dev);

#endif
