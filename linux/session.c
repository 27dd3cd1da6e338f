// SPDX-License-Identifier: GPL-2.0
/*
 * What belongs to an open file: its record rings, their mapping into the reader
 * and the reader's wake-up. Process context.
 */
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/version.h>
#include "tg.h"

void tg_session_free_rings(struct tg_session *s)
{
	tg_rings_free(s->rings);
	s->rings = NULL;
}

int tg_session_rings(struct tg_session *s, u64 bytes)
{
	struct tg_ring **rings;
	int err;

	if (s->rings)
		return -EBUSY;
	err = tg_rings_make(bytes, &rings);
	if (err)
		return err;
	s->ring_bytes = bytes;
	/* Pollers and mmap() look without tg_lock: they see all rings or none. */
	smp_store_release(&s->rings, rings);
	return 0;
}

static void forbid_flags(struct vm_area_struct *vma, unsigned long set, unsigned long clear)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

static int map_page(struct vm_area_struct *vma, unsigned long at, void *page)
{
	return vm_insert_page(vma, at, virt_to_page(page));
}

static int map_ring(struct vm_area_struct *vma, struct tg_ring *r)
{
	unsigned long at = vma->vm_start;
	int err;
	u32 i;

	if (vma->vm_end - vma->vm_start != PAGE_SIZE * (1ul + r->nr_pages))
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	forbid_flags(vma, VM_DONTEXPAND | VM_DONTDUMP, VM_MAYWRITE | VM_MAYEXEC);
	err = map_page(vma, at, r->head);
	for (i = 0; !err && i < r->nr_pages; i++)
		err = map_page(vma, at + PAGE_SIZE * (1ul + i), r->page[i]);
	return err;
}

int tg_session_mmap(struct tg_session *s, struct vm_area_struct *vma)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 cpu = offset >> 32;
	struct tg_ring **rings = smp_load_acquire(&s->rings);
	struct tg_ring *r;

	if (!rings)
		return -ENXIO;
	if (cpu >= nr_cpu_ids || !(vma->vm_flags & VM_SHARED) || (vma->vm_flags & VM_EXEC))
		return -EINVAL;
	r = rings[cpu];
	if (!r)
		return -ENODEV;
	if (offset == TG_MMAP_RING(cpu))
		return map_ring(vma, r);
	if (offset != TG_MMAP_CONSUMER(cpu) || vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	forbid_flags(vma, VM_DONTEXPAND | VM_DONTDUMP, VM_MAYEXEC);
	return map_page(vma, vma->vm_start, r->tail);
}

#define POLL_INTERVAL	msecs_to_jiffies(10)
#define POLL_LAZY	HZ	/* imm no: at the latest after this */

static bool half_full(const struct tg_ring *r)
{
	return READ_ONCE(r->head->producer) - READ_ONCE(r->tail->consumer) >= r->capacity / 2;
}

/* Whether the reader is to be woken; root mode itself cannot wake anybody. */
static bool worth_waking(struct tg_session *s)
{
	bool lazy = !READ_ONCE(s->immediate) &&
		    time_before(jiffies, s->waiting_since + POLL_LAZY);
	struct tg_ring **rings = smp_load_acquire(&s->rings);
	unsigned int cpu;

	if (!rings)
		return false;
	for_each_possible_cpu(cpu)
		if (lazy ? half_full(rings[cpu]) : tg_ring_has_data(rings[cpu]))
			return true;
	return false;
}

static void poll_tick(struct work_struct *work)
{
	struct tg_session *s = container_of(to_delayed_work(work), struct tg_session, poll_work);

	if (worth_waking(s))
		wake_up_interruptible(&s->wait);
	if (waitqueue_active(&s->wait))
		schedule_delayed_work(&s->poll_work, POLL_INTERVAL);
}

__poll_t tg_session_poll(struct tg_session *s, struct file *file, poll_table *wait)
{
	if (!waitqueue_active(&s->wait))
		s->waiting_since = jiffies;
	poll_wait(file, &s->wait, wait);
	if (worth_waking(s))
		return EPOLLIN | EPOLLRDNORM;
	schedule_delayed_work(&s->poll_work, POLL_INTERVAL);
	return 0;
}

void tg_session_init(struct tg_session *s)
{
	init_waitqueue_head(&s->wait);
	INIT_DELAYED_WORK(&s->poll_work, poll_tick);
	s->waiting_since = jiffies;
}

void tg_session_stop(struct tg_session *s)
{
	cancel_delayed_work_sync(&s->poll_work);
}
