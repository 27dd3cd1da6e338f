// SPDX-License-Identifier: GPL-2.0
/* Sets of events and what the hardware must intercept, against naive models. */
#include "core_world.h"
#include "event.h"

static bool model_covers(const struct tg_event *ev, u32 v)
{
	if (ev->type == TG_EVENT_EXCEPTION)
		return v < 32 && (ev->vector == TG_ALL || ev->vector == v);
	return v >= 32 && (ev->vector == TG_ALL || ev->vector == v);
}

static void random_event(struct tg_event *ev, u32 *seed)
{
	u32 r = random_next(seed);

	memset(ev, 0, sizeof(*ev));
	ev->type = r & 1 ? TG_EVENT_EXCEPTION : TG_EVENT_INTERRUPT;
	ev->vector = ev->type == TG_EVENT_EXCEPTION ? r >> 8 & 31 : 32 + (r >> 8) % 224;
	if ((r >> 1 & 7) == 0)
		ev->vector = TG_ALL;
	ev->core = r >> 4 & 1 ? TG_ALL : r >> 24 & 3;
	ev->flags = r >> 5 & 1 ? TG_EV_SWALLOW : 0;
	ev->off = (r >> 6 & 3) == 0 ? TG_OFF_USER : TG_OFF_NONE;
}

static void check_lists(const struct tg_evset *set, struct tg_event *const *events, u32 nr)
{
	u32 total = 0;

	assert_int_equal(set->nr, nr);
	for (u32 i = 0; i < nr; i++)
		assert_ptr_equal(set->event[i], events[i]);
	for (u32 v = 0; v < 256; v++) {
		u32 at = set->start[v];
		bool swallows = false;

		assert_int_equal(at, total);
		for (u32 i = 0; i < nr; i++) {
			assert_int_equal(tg_event_covers(events[i], v),
					 model_covers(events[i], v));
			if (!model_covers(events[i], v))
				continue;
			assert_ptr_equal(set->list[at++], events[i]);	/* oldest first */
			swallows |= events[i]->flags & TG_EV_SWALLOW;
		}
		assert_int_equal(at, set->start[v + 1]);
		assert_int_equal(set->swallows[v], swallows);
		total = at;
	}
	assert_int_equal(set->nr_list, total);
}

static void check_arm(const struct tg_evset *set, struct tg_event *const *events, u32 nr)
{
	for (u32 cpu = 0; cpu < 4; cpu++) {
		struct tg_arm arm = tg_evset_arm(set, cpu);
		bool interrupts = false, swallows = false;
		u32 mask = 0;

		for (u32 i = 0; i < nr; i++) {
			const struct tg_event *ev = events[i];

			if (ev->off || (ev->core != TG_ALL && ev->core != cpu))
				continue;
			for (u32 v = 0; v < 32; v++)
				if (v != 2 && model_covers(ev, v))
					mask |= 1u << v;
			if (ev->type == TG_EVENT_INTERRUPT) {
				interrupts = true;
				swallows |= !!(ev->flags & TG_EV_SWALLOW);
			}
		}
		assert_int_equal(arm.exceptions, mask);
		assert_int_equal(arm.interrupts, interrupts);
		assert_int_equal(arm.swallows_interrupts, swallows);
	}
}

static void test_random_sets(void **state)
{
	static struct tg_event store[40];
	struct tg_event *events[40];
	u32 seed = 271828;

	(void)state;
	for (int round = 0; round < 500; round++) {
		u32 nr = random_next(&seed) % 40;
		struct tg_evset *set;

		for (u32 i = 0; i < nr; i++) {
			random_event(&store[i], &seed);
			events[i] = &store[i];
		}
		set = set_new(events, nr);
		check_lists(set, events, nr);
		check_arm(set, events, nr);
		set_free(set);
	}
}

static struct tg_arm arm_one(u32 type, u32 vector, u32 flags, u32 core, u32 off, u32 cpu)
{
	struct tg_event ev = { .type = type, .vector = vector, .flags = flags, .core = core,
			       .off = off };
	struct tg_event *events[] = { &ev };
	struct tg_evset *set = set_new(events, 1);
	struct tg_arm arm = tg_evset_arm(set, cpu);

	set_free(set);
	return arm;
}

static void test_NMI_VIRT_bit_excluded(void **state)
{
	(void)state;
	assert_int_equal(arm_one(TG_EVENT_EXCEPTION, 2, 0, TG_ALL, 0, 0).exceptions, 0);
	assert_int_equal(arm_one(TG_EVENT_EXCEPTION, TG_ALL, 0, TG_ALL, 0, 0).exceptions,
			 0xfffffffb);
	assert_int_equal(arm_one(TG_EVENT_EXCEPTION, 14, 0, TG_ALL, 0, 0).exceptions, 1u << 14);
	assert_int_equal(arm_one(TG_EVENT_EXCEPTION, 31, 0, TG_ALL, 0, 0).exceptions, 1u << 31);
}

static void test_off_and_other_cores_cost_nothing(void **state)
{
	struct tg_arm arm;

	(void)state;
	for (u32 off = TG_OFF_USER; off <= TG_OFF_SWALLOW_STALL; off++) {
		arm = arm_one(TG_EVENT_EXCEPTION, TG_ALL, TG_EV_SWALLOW, TG_ALL, off, 0);
		assert_true(!arm.exceptions && !arm.interrupts && !arm.swallows_interrupts);
		arm = arm_one(TG_EVENT_INTERRUPT, TG_ALL, TG_EV_SWALLOW, TG_ALL, off, 0);
		assert_true(!arm.exceptions && !arm.interrupts && !arm.swallows_interrupts);
	}
	arm = arm_one(TG_EVENT_INTERRUPT, 0xec, TG_EV_SWALLOW, 3, 0, 2);
	assert_true(!arm.interrupts && !arm.swallows_interrupts);
	arm = arm_one(TG_EVENT_INTERRUPT, 0xec, TG_EV_SWALLOW, 3, 0, 3);
	assert_true(arm.interrupts && arm.swallows_interrupts && !arm.exceptions);
	arm = arm_one(TG_EVENT_INTERRUPT, 0xec, 0, 0, 0, 0);
	assert_true(arm.interrupts && !arm.swallows_interrupts);
	arm = arm_one(TG_EVENT_EXCEPTION, 14, TG_EV_SWALLOW, 0, 0, 0);
	assert_true(!arm.interrupts && !arm.swallows_interrupts);
}

/* A script of another CPU may turn it on again, at once and without arming anew. */
static void test_off_by_a_script_stays_armed(void **state)
{
	struct tg_arm arm = arm_one(TG_EVENT_INTERRUPT, 0xec, TG_EV_SWALLOW, TG_ALL,
				    TG_OFF_SCRIPT, 0);

	(void)state;
	assert_true(arm.interrupts && arm.swallows_interrupts);
	arm = arm_one(TG_EVENT_EXCEPTION, 14, 0, TG_ALL, TG_OFF_SCRIPT, 0);
	assert_int_equal(arm.exceptions, 1u << 14);
	arm = arm_one(TG_EVENT_EXCEPTION, 14, 0, TG_ALL, TG_OFF_SCRIPT_ERRORS, 0);
	assert_int_equal(arm.exceptions, 0);
}

static void test_list_sizes(void **state)
{
	struct tg_event all_ex = { .type = TG_EVENT_EXCEPTION, .vector = TG_ALL };
	struct tg_event all_int = { .type = TG_EVENT_INTERRUPT, .vector = TG_ALL };
	struct tg_event one = { .type = TG_EVENT_INTERRUPT, .vector = 0x20 };
	struct tg_event *events[] = { &all_ex, &all_int, &one };

	(void)state;
	assert_int_equal(tg_evset_list_size(NULL, 0), 0);
	assert_int_equal(tg_evset_list_size(events, 1), 32);
	assert_int_equal(tg_evset_list_size(events, 2), 256);
	assert_int_equal(tg_evset_list_size(events, 3), 257);
}

static void test_types(void **state)
{
	u32 v;

	(void)state;
	for (v = 0; v < 260; v++) {
		assert_int_equal(tg_event_type_has(TG_EVENT_EXCEPTION, v), v <= 0x1f);
		assert_int_equal(tg_event_type_has(TG_EVENT_INTERRUPT, v), v >= 0x20 && v <= 0xff);
		assert_false(tg_event_type_has(0, v));
		assert_false(tg_event_type_has(3, v));
	}
	assert_false(tg_event_type_has(TG_EVENT_EXCEPTION, TG_ALL));
	assert_false(tg_event_type_has(TG_EVENT_INTERRUPT, TG_ALL));
	assert_int_equal(tg_event_type_vectors(TG_EVENT_EXCEPTION), 32);
	assert_int_equal(tg_event_type_vectors(TG_EVENT_INTERRUPT), 224);
	assert_int_equal(tg_event_type_vectors(3), 0);
	assert_int_equal(tg_event_type_arms(TG_EVENT_EXCEPTION), TG_ARMS_EXCEPTIONS);
	assert_int_equal(tg_event_type_arms(TG_EVENT_INTERRUPT), TG_ARMS_INTERRUPTS);
	assert_int_equal(tg_event_type_arms(0), TG_ARMS_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_sets),
		cmocka_unit_test(test_NMI_VIRT_bit_excluded),
		cmocka_unit_test(test_off_and_other_cores_cost_nothing),
		cmocka_unit_test(test_off_by_a_script_stays_armed),
		cmocka_unit_test(test_list_sizes),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests_name("core_event", tests, NULL, NULL);
}
