// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of record rings: on the node of the CPU that writes them, on the account of
 * who asked for it, and never at the price of another's life. Process context.
 */
#include "tg.h"

#define RING_MIN	(4u << 10)
#define RING_MAX	(64u << 20)
/* It fails where only the OOM killer could help: rings of 64 MiB for many CPUs are a wish. */
#define RING_GFP	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NORETRY | __GFP_NOWARN)

static void free_ring(struct tg_ring *r)
{
	u32 i;

	if (!r)
		return;
	for (i = 0; i < r->nr_pages; i++)
		free_page((unsigned long)r->page[i]);
	free_page((unsigned long)r->head);
	free_page((unsigned long)r->tail);
	kfree(r);
}

static void *zeroed_page(int node)
{
	struct page *page = alloc_pages_node(node, RING_GFP, 0);

	return page ? page_address(page) : NULL;
}

/* Pages and the table of them from the direct map: see alloc_vcpu(). NULL: no memory. */
static struct tg_ring *make_ring(u64 bytes, int node)
{
	u32 nr = bytes / PAGE_SIZE;
	struct tg_ring *r = kzalloc_node(struct_size(r, page, nr), RING_GFP, node);

	if (!r)
		return NULL;
	r->head = zeroed_page(node);
	r->tail = zeroed_page(node);
	if (!r->head || !r->tail)
		goto err_free;
	for (; r->nr_pages < nr; r->nr_pages++) {
		r->page[r->nr_pages] = zeroed_page(node);
		if (!r->page[r->nr_pages])
			goto err_free;
	}
	r->capacity = bytes / sizeof(struct tg_record);
	r->head->capacity = r->capacity;
	r->head->record_size = sizeof(struct tg_record);
	return r;

err_free:
	free_ring(r);
	return NULL;
}

void tg_rings_free(struct tg_ring **rings)
{
	unsigned int cpu;

	for (cpu = 0; rings && cpu < nr_cpu_ids; cpu++)
		free_ring(rings[cpu]);
	kfree(rings);
}

/* 0 with *made; -EINVAL, -ENOMEM, or -EINTR when the process is killed meanwhile. */
int tg_rings_make(u64 bytes, struct tg_ring ***made)
{
	struct tg_ring **rings;
	unsigned int cpu;
	int err = 0;

	if (bytes < RING_MIN || bytes > RING_MAX || !is_power_of_2(bytes))
		return -EINVAL;
	rings = kcalloc(nr_cpu_ids, sizeof(*rings), GFP_KERNEL_ACCOUNT);
	if (!rings)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		if (err)
			break;
		rings[cpu] = make_ring(bytes, cpu_to_mem(cpu));
		if (!rings[cpu])
			err = -ENOMEM;
		else if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	if (err) {
		tg_rings_free(rings);
		return err;
	}
	*made = rings;
	return 0;
}
