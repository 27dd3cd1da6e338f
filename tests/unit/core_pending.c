// SPDX-License-Identifier: GPL-2.0
/* The set of pending vectors. */
#include "core_world.h"
#include "vecset.h"

static void test_INT_NOLOSS_each_vector(void **state)
{
	(void)state;
	for (int v = 0; v < 256; v++) {
		struct tg_vecset s = { { 0 } };

		assert_true(tg_vecset_empty(&s));
		assert_int_equal(tg_vecset_highest(&s), -1);
		tg_vecset_add(&s, v);
		assert_false(tg_vecset_empty(&s));
		assert_int_equal(tg_vecset_highest(&s), v);
		for (int u = 0; u < 256; u++)
			assert_int_equal(tg_vecset_has(&s, u), u == v);
		tg_vecset_add(&s, v);
		tg_vecset_del(&s, v);
		assert_true(tg_vecset_empty(&s));
		tg_vecset_del(&s, v);
		assert_true(tg_vecset_empty(&s));
		assert_int_equal(tg_vecset_highest(&s), -1);
	}
}

static void test_INT_PRIO_all_at_once(void **state)
{
	struct tg_vecset s = { { 0 } };

	(void)state;
	for (int i = 0; i < 256; i++)
		tg_vecset_add(&s, i * 37 & 0xff);	/* 37 is odd: every vector once */
	for (int v = 255; v >= 0; v--) {
		assert_int_equal(tg_vecset_highest(&s), v);
		tg_vecset_del(&s, v);
	}
	assert_true(tg_vecset_empty(&s));
}

static void test_INT_PRIO_against_model(void **state)
{
	struct tg_vecset s = { { 0 } };
	bool model[256] = { false };
	u32 seed = 99;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		u32 r = random_next(&seed);
		u8 v = r >> 8;
		int highest = -1;

		if (r & 1)
			tg_vecset_add(&s, v);
		else
			tg_vecset_del(&s, v);
		model[v] = r & 1;
		for (int u = 0; u < 256; u++)
			if (model[u])
				highest = u;
		assert_int_equal(tg_vecset_highest(&s), highest);
		assert_int_equal(tg_vecset_empty(&s), highest < 0);
		v = r >> 16;
		assert_int_equal(tg_vecset_has(&s, v), model[v]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_INT_NOLOSS_each_vector),
		cmocka_unit_test(test_INT_PRIO_all_at_once),
		cmocka_unit_test(test_INT_PRIO_against_model),
	};

	return cmocka_run_group_tests_name("core_pending", tests, NULL, NULL);
}
