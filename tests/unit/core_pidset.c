// SPDX-License-Identifier: GPL-2.0
/* The processes that an event follows, against a list. */
#include "core_world.h"
#include "pidset.h"

#define NR_MODEL 512

static u32 hash(u32 pid)
{
	return (pid * 2654435761u) >> 20;
}

/* The next pid after this one that starts in the same place. */
static u32 same_place(u32 pid, u32 place)
{
	do {
		pid++;
	} while (hash(pid) != place);
	return pid;
}

static void test_add_has_del(void **state)
{
	struct tg_pidset *s = calloc(1, sizeof(*s));

	(void)state;
	assert_false(tg_pidset_has(s, 1));
	assert_int_equal(tg_pidset_add(s, 1), 0);
	assert_int_equal(tg_pidset_add(s, 1), 0);
	assert_int_equal(s->used, 1);
	assert_true(tg_pidset_has(s, 1));
	assert_false(tg_pidset_has(s, 2));
	tg_pidset_del(s, 2);
	assert_int_equal(s->used, 1);
	tg_pidset_del(s, 1);
	assert_int_equal(s->used, 0);
	assert_false(tg_pidset_has(s, 1));
	tg_pidset_del(s, 1);
	assert_int_equal(s->used, 0);
	free(s);
}

static void test_against_model(void **state)
{
	struct tg_pidset *s = calloc(1, sizeof(*s));
	bool model[NR_MODEL] = { false };
	u32 seed = 31337, used = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		u32 r = random_next(&seed), k = (r >> 4) % NR_MODEL;
		u32 pid = 300 + k * 8190;	/* spread over what Linux gives */

		if ((r & 3) == 0) {
			tg_pidset_del(s, pid);
			used -= model[k];
			model[k] = false;
		} else if ((r & 3) == 1) {
			assert_int_equal(tg_pidset_add(s, pid), 0);
			used += !model[k];
			model[k] = true;
		} else {
			assert_int_equal(tg_pidset_has(s, pid), model[k]);
			assert_false(tg_pidset_has(s, pid + 1));
		}
		assert_int_equal(s->used, used);
	}
	for (u32 k = 0; k < NR_MODEL; k++)
		assert_int_equal(tg_pidset_has(s, 300 + k * 8190), model[k]);
	free(s);
}

static void test_full_neighbourhood(void **state)
{
	struct tg_pidset *s = calloc(1, sizeof(*s));
	u32 pid[TG_PIDSET_PROBES + 1], place = 4090;	/* the search goes over the end */

	(void)state;
	pid[0] = same_place(0, place);
	for (u32 i = 1; i <= TG_PIDSET_PROBES; i++)
		pid[i] = same_place(pid[i - 1], place);
	for (u32 i = 0; i < TG_PIDSET_PROBES; i++)
		assert_int_equal(tg_pidset_add(s, pid[i]), 0);
	assert_int_equal(tg_pidset_add(s, pid[TG_PIDSET_PROBES]), -1);
	assert_int_equal(s->used, TG_PIDSET_PROBES);
	assert_false(tg_pidset_has(s, pid[TG_PIDSET_PROBES]));
	/* the ones that are there can be added again all the same */
	assert_int_equal(tg_pidset_add(s, pid[TG_PIDSET_PROBES - 1]), 0);
	/* a deleted one makes room; those behind it are still found */
	tg_pidset_del(s, pid[3]);
	assert_false(tg_pidset_has(s, pid[3]));
	for (u32 i = 0; i < TG_PIDSET_PROBES; i++)
		assert_int_equal(tg_pidset_has(s, pid[i]), i != 3);
	assert_int_equal(tg_pidset_add(s, pid[TG_PIDSET_PROBES]), 0);
	assert_true(tg_pidset_has(s, pid[TG_PIDSET_PROBES]));
	assert_int_equal(s->used, TG_PIDSET_PROBES);
	free(s);
}

/* A pid behind a deleted one must not be added a second time in its place. */
static void test_tombstone_no_duplicate(void **state)
{
	struct tg_pidset *s = calloc(1, sizeof(*s));
	u32 a = same_place(0, 7), b = same_place(a, 7);

	(void)state;
	tg_pidset_add(s, a);
	tg_pidset_add(s, b);
	tg_pidset_del(s, a);
	assert_int_equal(tg_pidset_add(s, b), 0);
	assert_int_equal(s->used, 1);
	tg_pidset_del(s, b);
	assert_false(tg_pidset_has(s, b));
	assert_int_equal(s->used, 0);
	free(s);
}

/* The idle task has pid 0, which is also what an empty place holds. */
static void test_pid_0_never_there(void **state)
{
	static struct tg_pidset set;
	struct tg_pidset *s = &set;

	(void)state;
	assert_false(tg_pidset_has(s, 0));
	tg_pidset_add(s, 1168);
	assert_false(tg_pidset_has(s, 0));
}

/* The mark of a deleted place is not a pid. */
static void test_pid_ffffffff_never_there(void **state)
{
	static struct tg_pidset set;
	struct tg_pidset *s = &set;
	u32 pid = same_place(0, hash(TG_PIDSET_GONE));

	(void)state;
	assert_false(tg_pidset_has(s, TG_PIDSET_GONE));
	tg_pidset_add(s, pid);
	tg_pidset_del(s, pid);
	assert_false(tg_pidset_has(s, TG_PIDSET_GONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_has_del),
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_full_neighbourhood),
		cmocka_unit_test(test_tombstone_no_duplicate),
		cmocka_unit_test(test_pid_0_never_there),
		cmocka_unit_test(test_pid_ffffffff_never_there),
	};

	return cmocka_run_group_tests_name("core_pidset", tests, NULL, NULL);
}
