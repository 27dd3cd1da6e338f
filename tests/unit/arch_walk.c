// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's page tables, walked through a direct map that is an array: every
 * page size, both depths, and each way to end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "walk.h"

#define FRAMES	64u
#define PRESENT	1ull
#define LARGE	(1ull << 7)
#define NX	(1ull << 63)
#define LA57	(1ull << 12)

static u8 memory[FRAMES * 4096] __attribute__((aligned(4096)));
static struct tg_platform platform;

static u64 *frame(u32 n)
{
	return (u64 *)(memory + n * 4096);
}

/* Frame 1 is the PML4, 2 the PDPT, 3 the PD, 4 the PT, 5 the PML5. */
static int setup(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	platform = (struct tg_platform){
		.direct_map = (u64)memory, .direct_map_size = sizeof(memory),
		.pte_mask = 0x000ffffffffff000ull,
	};
	frame(1)[0x1ff] = 2 << 12 | PRESENT;
	frame(2)[0x1fe] = 3 << 12 | PRESENT;
	frame(3)[0] = 4 << 12 | PRESENT;
	frame(5)[0x1ff] = 1 << 12 | PRESENT;
	frame(4)[0] = (u64)10 << 12 | PRESENT | NX;
	frame(4)[1] = (u64)12 << 12 | PRESENT;
	strcpy((char *)frame(10) + 0x123, "small page");
	return 0;
}

#define BASE 0xffffffff80000000ull	/* slots 1ff, 1fe, 0, 0 */

static u32 get(u64 cr4, u64 address, void *to, u32 n)
{
	return tg_walk_read(&platform, 1 << 12, cr4, address, to, n);
}

static void test_small_page(void **state)
{
	char buf[11];

	(void)state;
	assert_int_equal(get(0, BASE + 0x123, buf, 11), 11);
	assert_string_equal(buf, "small page");
}

static void test_cr3_flags_do_not_count(void **state)
{
	char buf[11];

	(void)state;
	assert_int_equal(tg_walk_read(&platform, 1ull << 63 | 1 << 12 | 0x18, 0, BASE + 0x123,
				      (u8 *)buf, 11), 11);
	assert_string_equal(buf, "small page");
}

static void test_over_a_page_border(void **state)
{
	u8 buf[8], want[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	memcpy((u8 *)frame(10) + 0xffd, want, 3);
	memcpy(frame(12), want + 3, 5);
	assert_int_equal(get(0, BASE + 0xffd, buf, 8), 8);
	assert_memory_equal(buf, want, 8);
}

static void test_ends_at_a_page_that_is_not_there(void **state)
{
	u8 buf[8];

	(void)state;
	assert_int_equal(get(0, BASE + 0x1ffb, buf, 8), 5);
	assert_int_equal(get(0, BASE + 0x2000, buf, 8), 0);
	assert_int_equal(get(0, BASE + 0x200000, buf, 1), 0);
	assert_int_equal(get(0, 0x1000, buf, 1), 0);
}

/* Neither sign of what the tables would give without looking at the upper bits. */
static void test_not_canonical(void **state)
{
	struct tg_page page;

	(void)state;
	assert_int_equal(tg_walk(&platform, 1 << 12, 0, BASE + 0x123, &page), 0);
	assert_int_equal(page.at, 10 * 4096 + 0x123);
	assert_int_equal(page.entry_at, 4 * 4096);
	assert_int_equal(tg_walk(&platform, 1 << 12, 0, (BASE + 0x123) & ~(1ull << 63), &page), -1);
	assert_int_equal(tg_walk(&platform, 1 << 12, 0, (BASE + 0x123) & ~(1ull << 48), &page), -1);
	assert_int_equal(tg_walk(&platform, 5 << 12, LA57, BASE + 0x123, &page), 0);
	assert_int_equal(tg_walk(&platform, 5 << 12, LA57, (BASE + 0x123) & ~(1ull << 57), &page),
			 -1);
}

/* Writable, user: if all levels say so. */
static void test_rights(void **state)
{
	static const u32 level[] = { 1, 2, 3, 4 }, slot[] = { 0x1ff, 0x1fe, 0, 0 };
	struct tg_page page;

	(void)state;
	for (u32 i = 0; i < 4; i++)
		frame(level[i])[slot[i]] |= 6;
	assert_int_equal(tg_walk(&platform, 1 << 12, 0, BASE, &page), 0);
	assert_true(page.writable && page.user);
	for (u32 i = 0; i < 4; i++) {
		frame(level[i])[slot[i]] &= ~2ull;
		assert_int_equal(tg_walk(&platform, 1 << 12, 0, BASE, &page), 0);
		assert_true(!page.writable && page.user);
		frame(level[i])[slot[i]] ^= 6;
		assert_int_equal(tg_walk(&platform, 1 << 12, 0, BASE, &page), 0);
		assert_true(page.writable && !page.user);
		frame(level[i])[slot[i]] |= 6;
	}
}

static void test_2_mib_page(void **state)
{
	u8 byte;

	(void)state;
	frame(3)[1] = PRESENT | LARGE;		/* physical 0 */
	memory[11 * 4096 + 7] = 0x5a;
	assert_int_equal(get(0, BASE + 0x200000 + 11 * 4096 + 7, &byte, 1), 1);
	assert_int_equal(byte, 0x5a);
}

static void test_1_gib_page(void **state)
{
	u8 byte;

	(void)state;
	frame(2)[0x1ff] = PRESENT | LARGE;
	memory[13 * 4096 + 5] = 0xa5;
	assert_int_equal(get(0, BASE + 0x40000000 + 13 * 4096 + 5, &byte, 1), 1);
	assert_int_equal(byte, 0xa5);
}

static void test_no_large_page_above_1_gib(void **state)
{
	u8 byte;

	(void)state;
	frame(1)[0] = PRESENT | LARGE;		/* reserved there: a table at 0, empty */
	assert_int_equal(get(0, 0, &byte, 1), 0);
}

static void test_five_levels(void **state)
{
	char buf[11];

	(void)state;
	assert_int_equal(tg_walk_read(&platform, 5 << 12, LA57, BASE + 0x123, (u8 *)buf, 11), 11);
	assert_string_equal(buf, "small page");
	assert_int_equal(tg_walk_read(&platform, 5 << 12, LA57, 0x123, (u8 *)buf, 1), 0);
}

static void test_beyond_ram(void **state)
{
	u8 byte;

	(void)state;
	frame(4)[2] = (u64)FRAMES << 12 | PRESENT;
	assert_int_equal(get(0, BASE + 0x2000, &byte, 1), 0);
	frame(4)[2] = (u64)(FRAMES - 1) << 12 | PRESENT;
	assert_int_equal(get(0, BASE + 0x2fff, &byte, 1), 1);
	assert_int_equal(tg_walk_read(&platform, (u64)FRAMES << 12, 0, BASE, &byte, 1), 0);
}

static void test_encryption_bit_is_not_address(void **state)
{
	char buf[11];

	(void)state;
	platform.pte_mask = 0x0007fffffffff000ull;
	frame(4)[0] |= 1ull << 51;
	frame(1)[0x1ff] |= 1ull << 51;
	assert_int_equal(get(0, BASE + 0x123, buf, 11), 11);
	assert_string_equal(buf, "small page");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_small_page, setup),
		cmocka_unit_test_setup(test_cr3_flags_do_not_count, setup),
		cmocka_unit_test_setup(test_over_a_page_border, setup),
		cmocka_unit_test_setup(test_ends_at_a_page_that_is_not_there, setup),
		cmocka_unit_test_setup(test_not_canonical, setup),
		cmocka_unit_test_setup(test_rights, setup),
		cmocka_unit_test_setup(test_2_mib_page, setup),
		cmocka_unit_test_setup(test_1_gib_page, setup),
		cmocka_unit_test_setup(test_no_large_page_above_1_gib, setup),
		cmocka_unit_test_setup(test_five_levels, setup),
		cmocka_unit_test_setup(test_beyond_ram, setup),
		cmocka_unit_test_setup(test_encryption_bit_is_not_address, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
