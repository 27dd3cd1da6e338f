// SPDX-License-Identifier: GPL-2.0
/*
 * Record rings: never a write outside (each page is an allocation of its own,
 * exactly as large as needed), losses counted, whatever the reader does.
 */
#include "core_world.h"
#include "ring.h"

/* What root mode does for a record; false: it was lost. */
static bool push(struct tg_ring *r, u64 mark)
{
	struct tg_record *rec = tg_ring_reserve(r);

	if (!rec)
		return false;
	memset(rec, 0xa5, sizeof(*rec));
	rec->seq = r->producer + r->lost;
	rec->tsc = mark;
	tg_ring_commit(r);
	return true;
}

static struct tg_record *slot(struct tg_ring *r, u64 index)
{
	u64 i = index % r->capacity;

	return &r->page[i / TG_RING_PER_PAGE][i % TG_RING_PER_PAGE];
}

static void test_layout(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct tg_record), 128);
	assert_int_equal(TG_RING_PER_PAGE, 32);
}

static void test_full_and_lost(void **state)
{
	struct tg_ring *r = ring_new(64);

	(void)state;
	assert_false(tg_ring_has_data(r));
	for (u64 i = 0; i < 64; i++) {
		assert_true(push(r, i));
		assert_int_equal(r->head->producer, i + 1);
		assert_true(tg_ring_has_data(r));
	}
	for (u64 i = 0; i < 10; i++) {
		assert_false(push(r, 1000));
		assert_int_equal(r->lost, i + 1);
		assert_int_equal(r->head->lost, i + 1);
		assert_int_equal(r->head->producer, 64);
	}
	for (u64 i = 0; i < 64; i++) {
		assert_int_equal(slot(r, i)->tsc, i);
		assert_int_equal(slot(r, i)->seq, i);
	}
	/* one place free: one goes in, with the gap in its number */
	r->tail->consumer = 1;
	assert_true(push(r, 2000));
	assert_false(push(r, 2001));
	assert_int_equal(slot(r, 64)->seq, 64 + 10);
	assert_int_equal(slot(r, 64)->tsc, 2000);
	assert_ptr_equal(slot(r, 64), slot(r, 0));
	assert_int_equal(slot(r, 1)->tsc, 1);
	assert_int_equal(r->lost, 11);
	r->tail->consumer = 65;
	assert_false(tg_ring_has_data(r));
	ring_free(r);
}

/* A reservation without commit shows nothing and is given again. */
static void test_reserve_twice(void **state)
{
	struct tg_ring *r = ring_new(32);
	struct tg_record *rec = tg_ring_reserve(r);

	(void)state;
	assert_ptr_equal(rec, slot(r, 0));
	assert_ptr_equal(tg_ring_reserve(r), rec);
	assert_int_equal(r->head->producer, 0);
	assert_false(tg_ring_has_data(r));
	ring_free(r);
}

static void test_wrap_capacities(void **state)
{
	(void)state;
	/* one record; less than a page; a page; three powers more */
	for (u64 capacity = 1; capacity <= 256; capacity *= 2) {
		struct tg_ring *r = ring_new(capacity);
		u64 next = 0;

		for (u64 i = 0; i < 5000; i++) {
			assert_true(push(r, i));
			if (i % 3 == 0 || r->producer - next == capacity)
				for (; next < r->producer; next++) {
					assert_int_equal(slot(r, next)->tsc, next);
					assert_int_equal(slot(r, next)->seq, next);
				}
			r->tail->consumer = next;
		}
		assert_int_equal(r->lost, 0);
		ring_free(r);
	}
}

/* The reader is behind by more than fits, ahead, or talks nonsense. */
static void test_hostile_consumer(void **state)
{
	static const u64 bad[] = {
		1, 2, 63, 64, 65, 1000, ~0ull, ~0ull - 63, ~0ull - 64, 1ull << 63, 1ull << 32,
	};
	struct tg_ring *r = ring_new(64);
	u32 seed = 4711;
	u64 tries = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		u64 before = r->producer, lost = r->lost, used;
		u32 kind = random_next(&seed) % 4;

		if (kind == 0)
			r->tail->consumer = before + bad[random_next(&seed) % TG_ARRAY_SIZE(bad)];
		else if (kind == 1)
			r->tail->consumer = before - bad[random_next(&seed) % TG_ARRAY_SIZE(bad)];
		else if (kind == 2)
			r->tail->consumer = (u64)random_next(&seed) << 32 | random_next(&seed);
		else
			r->tail->consumer = before;
		/* the producer's own values are not read back from shared pages */
		r->head->producer = before;
		used = before - r->tail->consumer;
		tries++;
		if (push(r, i)) {
			assert_true(used < 64);
			assert_int_equal(r->producer, before + 1);
			assert_int_equal(r->lost, lost);
		} else {
			assert_true(used >= 64);
			assert_int_equal(r->producer, before);
			assert_int_equal(r->lost, lost + 1);
		}
		assert_int_equal(r->head->lost, r->lost);
		assert_int_equal(r->producer + r->lost, tries);
	}
	ring_free(r);
}

static void test_head_page_not_trusted(void **state)
{
	struct tg_ring *r = ring_new(64);

	(void)state;
	for (u64 i = 0; i < 1000; i++) {
		r->head->producer = 0xdeadbeef;
		r->head->lost = 0xdeadbeef;
		r->head->capacity = ~0ull;
		r->tail->consumer = i;
		assert_true(push(r, i));
		assert_int_equal(r->head->producer, i + 1);
		assert_int_equal(slot(r, i)->tsc, i);
	}
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_full_and_lost),
		cmocka_unit_test(test_reserve_twice),
		cmocka_unit_test(test_wrap_capacities),
		cmocka_unit_test(test_hostile_consumer),
		cmocka_unit_test(test_head_page_not_trusted),
	};

	return cmocka_run_group_tests_name("core_ring", tests, NULL, NULL);
}
