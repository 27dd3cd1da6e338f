// SPDX-License-Identifier: GPL-2.0
/*
 * Records of all CPUs in TSC order.
 *
 * Each ring is ordered. A record is pushed a moment after its TSC was read,
 * and another CPU's older one may still be on its way; so the producers are
 * loaded after the time T was taken, and only what is older than T - 1 ms
 * leaves. Whatever the rings hold then is complete up to that line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dev.h"

#define RING_PAGE 4096u
#define FLUSH_MARGINS 2000u	/* of 1 ms */

/* The head's words live in memory that root mode writes at any time. */
#define ring_load(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)

static int ring_map(struct tg_device *dev, unsigned int cpu, struct tg_error *err)
{
	const struct tg_sys *sys = dev->sys;
	struct tg_ring *ring = &dev->rings[cpu];
	void *head, *tail;
	int rc;

	rc = sys->mmap(sys->ctx, dev->fd, RING_PAGE + dev->ring_bytes, false,
		       TG_MMAP_RING(cpu), &head);
	if (rc < 0)
		return tg_error_set(err, rc, "cannot map the ring of CPU %u: %s", cpu,
				    strerror(-rc));
	rc = sys->mmap(sys->ctx, dev->fd, RING_PAGE, true, TG_MMAP_CONSUMER(cpu), &tail);
	if (rc < 0) {
		sys->munmap(sys->ctx, head, RING_PAGE + dev->ring_bytes);
		return tg_error_set(err, rc, "cannot map the consumer page of CPU %u: %s", cpu,
				    strerror(-rc));
	}
	ring->head = head;
	ring->tail = tail;
	ring->capacity = ring->head->capacity;
	ring->record_size = ring->head->record_size;
	if (ring->record_size < sizeof(struct tg_record) || !ring->capacity ||
	    ring->capacity > dev->ring_bytes / ring->record_size)
		return tg_error_set(err, -EPROTO,
			"the ring of CPU %u has an unknown layout: install a module and a command "
			"that match",
			cpu);
	ring->consumer = ring_load(&ring->tail->consumer);
	ring->producer = ring->consumer;
	ring->flush_seen = ring_load(&ring->head->flush_tsc);
	return 0;
}

int tg_ring_open(struct tg_device *dev, __u64 bytes, struct tg_error *err)
{
	struct tg_ring_setup setup = { .size = sizeof(setup), .bytes = bytes };
	int rc;

	if (dev->rings)
		return tg_error_set(err, -EALREADY, "the rings exist already");
	if (!bytes) {
		struct tg_info info;

		rc = tg_dev_info(dev, &info, err);
		if (rc)
			return rc;
		setup.bytes = bytes = tg_ring_default(info.nr_cpus);
	}
	if (bytes < TG_RING_MIN || bytes > TG_RING_MAX || (bytes & (bytes - 1)))
		return tg_error_set(err, -EINVAL,
			"a ring cannot have %llu bytes: use a power of two from 4K to 64M",
			(unsigned long long)bytes);
	rc = dev->sys->ioctl(dev->sys->ctx, dev->fd, TG_IOC_RING_SETUP, &setup);
	if (rc < 0)
		return tg_error_set(err, rc, "cannot make rings of %llu bytes: %s",
				    (unsigned long long)bytes, rc == -ENOMEM ?
				    "out of memory, try a smaller --ring" : strerror(-rc));
	dev->rings = calloc(setup.nr_rings ? setup.nr_rings : 1, sizeof(*dev->rings));
	if (!dev->rings)
		return tg_error_set(err, -ENOMEM, "out of memory");
	dev->nr_rings = setup.nr_rings;
	dev->ring_bytes = setup.bytes;
	for (unsigned int cpu = 0; cpu < dev->nr_rings; cpu++) {
		rc = ring_map(dev, cpu, err);
		if (rc) {
			tg_ring_close(dev);
			return rc;
		}
	}
	return 0;
}

void tg_ring_close(struct tg_device *dev)
{
	const struct tg_sys *sys = dev->sys;

	for (unsigned int cpu = 0; cpu < dev->nr_rings; cpu++) {
		struct tg_ring *ring = &dev->rings[cpu];

		if (!ring->head)
			continue;
		sys->munmap(sys->ctx, (void *)ring->head, RING_PAGE + dev->ring_bytes);
		sys->munmap(sys->ctx, ring->tail, RING_PAGE);
	}
	free(dev->rings);
	dev->rings = NULL;
	dev->nr_rings = 0;
}

bool tg_ring_ready(const struct tg_device *dev)
{
	return dev->rings;
}

__u64 tg_ring_bytes(const struct tg_device *dev)
{
	return dev->ring_bytes;
}

static const struct tg_record *ring_at(const struct tg_ring *ring, __u64 i)
{
	return (const void *)((const char *)ring->head + RING_PAGE +
			      (i & (ring->capacity - 1)) * ring->record_size);
}

static const struct tg_record *ring_peek(const struct tg_ring *ring)
{
	return ring->consumer == ring->producer ? NULL : ring_at(ring, ring->consumer);
}

/* The ring with the oldest record, NULL when all are empty. */
static struct tg_ring *ring_oldest(struct tg_device *dev, __u64 *tsc)
{
	struct tg_ring *oldest = NULL;

	for (unsigned int cpu = 0; cpu < dev->nr_rings; cpu++) {
		const struct tg_record *rec = ring_peek(&dev->rings[cpu]);

		if (rec && (!oldest || rec->tsc < *tsc)) {
			oldest = &dev->rings[cpu];
			*tsc = rec->tsc;
		}
	}
	return oldest;
}

static bool is_flush(const struct tg_record *rec)
{
	return rec->kind == TG_REC_NOTE && rec->note == TG_NOTE_FLUSH;
}

/* What scripts want dropped: what is not read yet and was made before. */
static void look_for_flush(struct tg_device *dev, struct tg_ring *ring)
{
	__u64 tsc = ring_load(&ring->head->flush_tsc);

	if (tsc == ring->flush_seen)
		return;
	ring->flush_seen = tsc;
	if (tsc > dev->flush_tsc)
		dev->flush_tsc = tsc;
}

/* Notes and errors are never dropped. The last note of it says how many were. */
static bool is_flushed(struct tg_device *dev, const struct tg_record *rec)
{
	if (rec->tsc >= dev->flush_tsc)
		return false;
	if (rec->kind == TG_REC_TEXT)	/* what is in several pieces is one message */
		dev->flushed += !(((const struct tg_text_record *)rec)->flags & TG_TEXTF_MORE);
	else if (rec->kind == TG_REC_TRAP)
		dev->flushed++;
	else if (!is_flush(rec))
		return false;
	return true;
}

static void take(struct tg_device *dev, struct tg_record *to, const struct tg_record *rec)
{
	memcpy(to, rec, sizeof(*to));
	if (!is_flush(to))
		return;
	to->error = dev->flushed;
	dev->flushed = 0;
}

int tg_ring_read(struct tg_device *dev, struct tg_record *records, int max, unsigned int flags,
		 bool *held)
{
	__u64 now = dev->sys->tsc(dev->sys->ctx), tsc = 0;
	__u64 line = now > dev->margin ? now - dev->margin : 0;
	int count = 0;

	*held = false;
	for (unsigned int cpu = 0; cpu < dev->nr_rings; cpu++) {
		dev->rings[cpu].producer = ring_load(&dev->rings[cpu].head->producer);
		look_for_flush(dev, &dev->rings[cpu]);
	}
	while (count < max) {
		struct tg_ring *ring = ring_oldest(dev, &tsc);

		if (!ring)
			break;
		if (!(flags & TG_READ_ALL) && tsc > line) {
			*held = true;
			break;
		}
		if (!is_flushed(dev, ring_peek(ring)))
			take(dev, &records[count++], ring_peek(ring));
		ring->consumer++;
	}
	/*
	 * All of that is read, as no script runs for longer than a second, and what it wrote is
	 * seen when it is done. The TSC may begin anew (suspend).
	 */
	if (count < max && line > dev->flush_tsc + FLUSH_MARGINS * dev->margin)
		dev->flush_tsc = 0;
	for (unsigned int cpu = 0; cpu < dev->nr_rings; cpu++)
		__atomic_store_n(&dev->rings[cpu].tail->consumer, dev->rings[cpu].consumer,
				 __ATOMIC_RELEASE);
	return count;
}

__u64 tg_ring_lost(const struct tg_device *dev)
{
	__u64 lost = 0;

	for (unsigned int cpu = 0; cpu < dev->nr_rings; cpu++)
		lost += ring_load(&dev->rings[cpu].head->lost);
	return lost;
}
