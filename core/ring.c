// SPDX-License-Identifier: GPL-2.0
/*
 * Record rings, the producer's side. Runs in root mode, without locks: one CPU
 * produces. The consumer index is read once and used only to tell full from not
 * full, so whatever the reader writes there it can at worst lose records.
 */
#include "ring.h"

tg_root struct tg_record *tg_ring_reserve(struct tg_ring *r)
{
	u64 used = r->producer - tg_load_acquire(&r->tail->consumer);
	u64 slot;

	if (used >= r->capacity) {
		r->lost++;
		tg_write(r->head->lost, r->lost);
		return NULL;
	}
	slot = r->producer & (r->capacity - 1);
	return &r->page[slot / TG_RING_PER_PAGE][slot % TG_RING_PER_PAGE];
}

tg_root void tg_ring_commit(struct tg_ring *r)
{
	r->producer++;
	tg_store_release(&r->head->producer, r->producer);
}

tg_root void tg_ring_publish(struct tg_ring *r)
{
	tg_store_release(&r->head->producer, r->producer);
}

tg_root void tg_ring_flush(struct tg_ring *r, u64 tsc)
{
	tg_write(r->head->flush_tsc, tsc);
}

tg_root bool tg_ring_has_data(const struct tg_ring *r)
{
	return tg_load_acquire(&r->head->producer) != tg_read(r->tail->consumer);
}
