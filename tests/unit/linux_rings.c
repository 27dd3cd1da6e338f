// SPDX-License-Identifier: GPL-2.0
/* Whose memory the rings take and how: linux/rings.c with a kernel of a few lines. */
#include <errno.h>

#include "core_world.h"
#include "ring.h"

#define TG_LINUX_TG_H
#define PAGE_SIZE		4096u
#define GFP_KERNEL_ACCOUNT	1
#define __GFP_ZERO		2
#define __GFP_NORETRY		4
#define __GFP_NOWARN		8
#define for_each_possible_cpu(cpu) \
	for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++) \
		if ((cpu) != 2)
#define struct_size(p, member, n) (sizeof(*(p)) + (n) * sizeof((p)->member[0]))
#define current			NULL

struct page { u8 byte[4096]; };

static const unsigned int nr_cpu_ids = 4;	/* 2 is not possible */
static struct {
	unsigned int pages[4];			/* by node */
	unsigned int now;			/* allocations that were not freed */
	unsigned int until;			/* there is no more memory */
	unsigned int asked;			/* whether the process is killed */
	unsigned int killed_at;
} memory;

static int cpu_to_mem(unsigned int cpu)
{
	return cpu == 3 ? 1 : 0;
}

static void *get(size_t size)
{
	if (memory.now == memory.until)
		return NULL;
	memory.now++;
	return calloc(1, size);
}

static struct page *alloc_pages_node(int node, int gfp, unsigned int order)
{
	/* zeroed, accounted, and it fails rather than have somebody killed */
	assert_int_equal(gfp, 15);
	assert_int_equal(order, 0);
	memory.pages[node]++;
	return get(sizeof(struct page));
}

static void *page_address(struct page *page)
{
	return page;
}

static void *kzalloc_node(size_t size, int gfp, int node)
{
	assert_int_equal(gfp & 5, 5);
	assert_true(node < 2);
	return get(size);
}

static void *kcalloc(size_t n, size_t size, int gfp)
{
	assert_int_equal(gfp, GFP_KERNEL_ACCOUNT);
	return get(n * size);
}

static void kfree(void *p)
{
	memory.now -= !!p;
	free(p);
}

static void free_page(unsigned long p)
{
	kfree((void *)p);
}

static bool fatal_signal_pending(const void *task)
{
	(void)task;
	return ++memory.asked == memory.killed_at;
}

static bool is_power_of_2(u64 n)
{
	return n && !(n & (n - 1));
}

static void cond_resched(void)
{
}

int tg_rings_make(u64 bytes, struct tg_ring ***rings);
void tg_rings_free(struct tg_ring **rings);

#include "../../linux/rings.c"

static int setup(void **state)
{
	(void)state;
	memset(&memory, 0, sizeof(memory));
	memory.until = ~0u;
	return 0;
}

static void test_where(void **state)
{
	struct tg_ring **rings;

	(void)state;
	assert_int_equal(tg_rings_make(8192, &rings), 0);
	assert_null(rings[2]);
	assert_int_equal(memory.pages[0], 2 * 4);	/* head, tail, two of records */
	assert_int_equal(memory.pages[1], 4);
	assert_int_equal(rings[3]->capacity, 64);
	assert_int_equal(rings[3]->nr_pages, 2);
	assert_int_equal(rings[3]->head->capacity, 64);
	assert_int_equal(rings[3]->head->record_size, 128);
	tg_rings_free(rings);
	assert_int_equal(memory.now, 0);
	tg_rings_free(NULL);
}

static void test_sizes(void **state)
{
	static const u64 wrong[] = { 0, 2048, 12288, 128 << 20, ~0ull };
	struct tg_ring **rings;

	(void)state;
	for (u32 i = 0; i < TG_ARRAY_SIZE(wrong); i++)
		assert_int_equal(tg_rings_make(wrong[i], &rings), -EINVAL);
	assert_int_equal(memory.now, 0);
}

/* Whenever it ends: nothing stays. */
static void test_no_memory(void **state)
{
	struct tg_ring **rings;

	(void)state;
	for (u32 n = 0; n < 1 + 3 * 5; n++) {
		setup(NULL);
		memory.until = n;
		assert_int_equal(tg_rings_make(8192, &rings), -ENOMEM);
		assert_int_equal(memory.now, 0);
	}
}

static void test_killed(void **state)
{
	struct tg_ring **rings;

	(void)state;
	memory.killed_at = 2;
	assert_int_equal(tg_rings_make(8192, &rings), -EINTR);
	assert_int_equal(memory.now, 0);
	assert_int_equal(memory.pages[1], 0);		/* no further than that */
}

/* As many CPUs as firmwares list. */
static void test_default(void **state)
{
	static const struct {
		u32 cpus;
		u64 bytes;
	} t[] = {
		{ 1, 1 << 20 }, { 64, 1 << 20 }, { 65, 512 << 10 }, { 128, 512 << 10 },
		{ 240, 256 << 10 }, { 768, 64 << 10 }, { 8192, 64 << 10 },
	};

	(void)state;
	for (u32 i = 0; i < TG_ARRAY_SIZE(t); i++)
		assert_int_equal(tg_ring_default(t[i].cpus), t[i].bytes);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_where), T(test_sizes), T(test_no_memory), T(test_killed), T(test_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
