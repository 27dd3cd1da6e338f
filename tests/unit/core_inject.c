// SPDX-License-Identifier: GPL-2.0
/*
 * Injections by the user: the queue. What is refused stands case by case in
 * lab/delivery/request.c; here every vector with every type is held against the rule.
 */
#include "core_world.h"

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	w.cpu.exits = 7;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

static struct tg_inject_spec exception(u32 vector, u32 flags)
{
	return (struct tg_inject_spec) {
		.type = TG_TYPE_EXCEPTION, .vector = vector, .flags = flags };
}

/* The rules once more, by themselves: what an entry takes and no vendor refuses. */
static bool allowed(u32 type, u32 vector)
{
	static const u8 exceptions[] = { 0, 1, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19 };

	switch (type) {
	case 0:
		return vector >= 32 && vector < 256;
	case 2:
		return vector == 2;
	case 3:
		return memchr(exceptions, (int)vector, sizeof(exceptions)) && vector < 256;
	case 4:
		return vector < 256;
	case 5:
		return vector == 1;
	case 6:
		return vector == 3 || vector == 4;
	}
	return false;
}

static void test_every_type_and_vector(void **state)
{
	u32 type, vector;

	(void)state;
	for (type = 0; type < 9; type++) {
		for (vector = 0; vector < 258; vector++) {
			struct tg_inject_spec s = {
				.type = type, .vector = vector, .flags = TG_INJECT_F_FORCE,
				.length = type >= 4 && type <= 6 ? 2 : 0,
			};

			if (type == 3 && vector == 14)
				s.flags |= TG_INJECT_F_ADDRESS;
			assert_int_equal(tg_inject_check(&s) == TG_INJECT_ERR_NONE,
					 allowed(type, vector));
		}
	}
}

/* The rule once more: which of them user code cannot cause, or the kernel never expects. */
static enum tg_inject_error without_force(u32 vector, u32 error)
{
	switch (vector) {
	case 8:
	case 18:
		return TG_INJECT_ERR_FORCE;
	case 7:
		return TG_INJECT_ERR_NM;
	case 14:
		return (error & 0xc) == 4 ? TG_INJECT_ERR_NONE : TG_INJECT_ERR_NOT_OF_USER;
	}
	return TG_INJECT_ERR_NONE;
}

static void test_what_needs_force(void **state)
{
	u32 vector, error;

	(void)state;
	for (vector = 0; vector < 32; vector++) {
		for (error = 0; error < 0x100; error++) {
			struct tg_inject_spec s = exception(vector, 0);

			if (!allowed(3, vector))
				continue;
			if (error)
				s.flags |= TG_INJECT_F_ERROR;
			if (vector == 14)
				s.flags |= TG_INJECT_F_ADDRESS;
			s.error = error;
			s.flags |= TG_INJECT_F_FORCE;
			if (tg_inject_check(&s))	/* none of these has an error code */
				continue;
			s.flags &= ~TG_INJECT_F_FORCE;
			assert_int_equal(tg_inject_check(&s), without_force(vector, error));
		}
	}
}

/* A refused one leaves no trace anywhere. */
static void test_refused_changes_nothing(void **state)
{
	struct tg_inject_spec s = exception(2, 0);
	struct tg_cpu before = w.cpu;

	(void)state;
	assert_int_equal(tg_inject_request(&w.cpu, &s), TG_INJECT_ERR_NOT_AN_EXCEPTION);
	assert_memory_equal(&before, &w.cpu, sizeof(before));
	assert_int_equal(machine_fake.nr_ipi, 0);
}

static void test_interrupt_by_the_apic(void **state)
{
	struct tg_inject_spec s = { .type = TG_TYPE_INTERRUPT, .vector = 0x41 };

	(void)state;
	assert_int_equal(tg_inject_request(&w.cpu, &s), TG_INJECT_ERR_NONE);
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], 0x41);
	assert_false(w.cpu.attention);
}

static void test_nmi_pends(void **state)
{
	struct tg_inject_spec s = { .type = TG_TYPE_NMI, .vector = 2 };

	(void)state;
	assert_int_equal(tg_inject_request(&w.cpu, &s), TG_INJECT_ERR_NONE);
	assert_int_equal(tg_inject_request(&w.cpu, &s), TG_INJECT_ERR_NONE);
	assert_true(w.cpu.nmi_pending);
	assert_false(w.cpu.inject);
}

static void test_waits_for_user_code(void **state)
{
	struct tg_inject_spec s = exception(13, TG_INJECT_F_ERROR);

	(void)state;
	s.error = 0x18;
	assert_int_equal(tg_inject_request(&w.cpu, &s), TG_INJECT_ERR_NONE);
	assert_true(w.cpu.attention);
	assert_false(tg_inject_take(&w.cpu, 0));
	w.cpu.requests.not_at = 7;
	assert_false(tg_inject_take(&w.cpu, 3));
	w.cpu.exits = 8;
	w.cpu.next = tg_exception(14, 0);	/* never overwritten */
	assert_false(tg_inject_take(&w.cpu, 3));
	assert_int_equal(w.cpu.next.vector, 14);
	w.cpu.next.valid = false;
	assert_true(tg_inject_take(&w.cpu, 3));
	assert_int_equal(w.cpu.next.vector, 13);
	assert_int_equal(w.cpu.next.type, TG_TYPE_EXCEPTION);
	assert_int_equal(w.cpu.next.has_error, true);
	assert_int_equal(w.cpu.next.error, 0x18);
	assert_false(w.cpu.next.posts);
	assert_false(w.cpu.attention);
	w.cpu.next.valid = false;
	assert_false(tg_inject_take(&w.cpu, 3));
}

static void test_force_takes_any_code(void **state)
{
	struct tg_inject_spec s = exception(6, TG_INJECT_F_FORCE);

	(void)state;
	tg_inject_request(&w.cpu, &s);
	assert_true(tg_inject_take(&w.cpu, 0));
	assert_int_equal(w.cpu.next.vector, 6);
	assert_int_equal(w.cpu.next.has_error, false);
}

static void test_pid(void **state)
{
	struct tg_inject_spec s = exception(6, TG_INJECT_F_PID);

	(void)state;
	s.pid = 4711;
	tg_inject_request(&w.cpu, &s);
	assert_false(tg_inject_take(&w.cpu, 3));
	world_task(&w, 4711, 4712, "prog");
	assert_true(tg_inject_take(&w.cpu, 3));
}

static void test_software_has_its_length(void **state)
{
	struct tg_inject_spec s = { .type = TG_TYPE_INT_N, .vector = 0x80, .length = 2 };

	(void)state;
	tg_inject_request(&w.cpu, &s);
	assert_true(tg_inject_take(&w.cpu, 3));
	assert_int_equal(w.cpu.next.type, TG_TYPE_INT_N);
	assert_int_equal(w.cpu.next.insn_len, 2);
	assert_int_equal(w.cpu.next.vector, 0x80);
	assert_false(w.cpu.next.has_error);
	/* INT 0xd pushes no error code. */
	s.vector = 13;
	w.cpu.next.valid = false;
	tg_inject_request(&w.cpu, &s);
	assert_true(tg_inject_take(&w.cpu, 3));
	assert_false(w.cpu.next.has_error);
}

static void test_queue(void **state)
{
	static const u8 vectors[] = { 0, 1, 6, 16, 10, 11, 12, 13 };
	struct tg_inject_spec s;
	u32 round, i;

	(void)state;
	for (round = 0; round < 3; round++) {	/* around the end of the ring */
		for (i = 0; i < 8; i++) {
			s = exception(vectors[i], 0);
			assert_int_equal(tg_inject_request(&w.cpu, &s), TG_INJECT_ERR_NONE);
		}
		assert_int_equal(tg_inject_request(&w.cpu, &s), TG_INJECT_ERR_FULL);
		for (i = 0; i < 5 + round; i++) {
			w.cpu.next.valid = false;
			assert_true(tg_inject_take(&w.cpu, 3));
			assert_int_equal(w.cpu.next.vector, vectors[i]);
			assert_true(w.cpu.inject);
		}
		w.cpu.next.valid = false;
		tg_inject_drop(&w.cpu);
		assert_false(w.cpu.attention);
		assert_false(tg_inject_take(&w.cpu, 3));
	}
}

/* One for a process that is gone holds up nothing for ever. */
static void test_late(void **state)
{
	struct tg_inject_spec gone = exception(6, TG_INJECT_F_PID), s = exception(16, 0);
	u64 second = 1000ull * w.config.tsc_khz;

	(void)state;
	machine_fake.tsc_step = 0;
	gone.pid = 4711;
	tg_inject_request(&w.cpu, &gone);
	machine_fake.tsc += second / 2;
	tg_inject_request(&w.cpu, &s);
	machine_fake.tsc += second / 2 - 1;
	assert_false(tg_inject_take(&w.cpu, 3));
	assert_int_equal(w.cpu.requests.count, 2);
	machine_fake.tsc++;
	assert_true(tg_inject_take(&w.cpu, 3));
	assert_int_equal(w.cpu.next.vector, 16);
	assert_false(w.cpu.inject);
	/* Several, the last of them, too; whatever else keeps the CPU from taking one. */
	w.cpu.next.valid = true;
	for (u32 i = 0; i < 8; i++)
		assert_int_equal(tg_inject_request(&w.cpu, &gone), TG_INJECT_ERR_NONE);
	machine_fake.tsc += second;
	assert_true(w.cpu.inject);
	assert_false(tg_inject_take(&w.cpu, 3));
	assert_int_equal(w.cpu.requests.count, 0);
	assert_false(w.cpu.attention);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_every_type_and_vector), T(test_what_needs_force),
		T(test_refused_changes_nothing),
		T(test_interrupt_by_the_apic), T(test_nmi_pends), T(test_waits_for_user_code),
		T(test_force_takes_any_code), T(test_pid), T(test_software_has_its_length),
		T(test_queue), T(test_late),
	};

	return cmocka_run_group_tests_name("core_request", tests, NULL, NULL);
}
