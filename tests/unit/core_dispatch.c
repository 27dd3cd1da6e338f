// SPDX-License-Identifier: GPL-2.0
/*
 * The way of one event: who sees it, what the records say, and what goes back
 * to the guest. Limits of swallowing are in core_swallow.c.
 */
#include "core_world.h"

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

static void test_nothing_armed_touches_nothing(void **state)
{
	struct tg_trap trap = trap_exception(14, 6, 0xdead000);

	(void)state;
	w.current_task = NULL;	/* it would fault */
	assert_int_equal(tg_dispatch(&w.cpu, &trap, 0), TG_DELIVERED);
	assert_int_equal(machine_fake.snapshots, 0);
	assert_int_equal(world_records(&w), 0);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_INJECT);
	assert_memory_equal(&w.cpu.next, &trap.ev, sizeof(trap.ev));
}

static void test_record_every_field(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 14, 0);
	struct tg_trap trap = trap_exception(14, 0x15, 0xdead000);
	const struct tg_record *r;
	struct tg_record *slot = &w.ring[1]->page[0][0];

	(void)state;
	memset(slot, 0xa5, sizeof(*slot));	/* nothing may shine through */
	world_arm_all(&w);
	machine_fake.tsc = 77777;
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_INJECT);
	assert_int_equal(world_records(&w), 1);
	r = world_record(&w, 0);
	assert_int_equal(r->kind, TG_REC_TRAP);
	assert_int_equal(r->size, 128);
	assert_int_equal(r->event, ev->number);
	assert_int_equal(r->seq, 0);
	assert_int_equal(r->tsc, 77777);
	assert_int_equal(r->address, 0xdead000);
	assert_int_equal(r->rip, 0x401136);
	assert_int_equal(r->rsp, 0x7ffc0000);
	assert_int_equal(r->rflags, 0x246);
	assert_int_equal(r->cr3, 0x1234000);
	assert_int_equal(r->error, 0x15);
	assert_int_equal(r->pid, 1168);
	assert_int_equal(r->tid, 1169);
	assert_int_equal(r->cpu, 1);
	assert_int_equal(r->vector, 14);
	assert_int_equal(r->type, TG_TYPE_EXCEPTION);
	assert_int_equal(r->cpl, 3);
	assert_int_equal(r->stage, TG_STAGE_PRE);
	assert_int_equal(r->verdict, TG_DELIVERED);
	assert_int_equal(r->flags, TG_RECF_ERROR | TG_RECF_ADDRESS);
	assert_int_equal(r->first_vector, 0);
	assert_int_equal(r->first_type, 0);
	assert_int_equal(r->note, 0);
	assert_int_equal(r->insn_len, 0);
	assert_memory_equal(r->comm, "prog\0\0\0\0\0\0\0\0\0\0\0", 16);
	for (int i = 0; i < 3; i++)
		assert_int_equal(r->reserved[i], 0);
	assert_int_equal(ev->cpu[1].hits, 1);
	assert_int_equal(ev->cpu[1].swallowed, 0);
	assert_int_equal(machine_fake.snapshots, 1);
}

/* Backends set no more of .first than that it is not valid. */
static void test_record_first_only_when_valid(void **state)
{
	struct tg_trap trap = trap_exception(13, 0, 0);

	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, 13, 0);
	world_arm_all(&w);
	trap.first = (struct tg_flight){ .vector = 0xec, .type = TG_TYPE_INT_N, .error = 7 };
	tg_dispatch(&w.cpu, &trap, 0);
	assert_int_equal(world_record(&w, 0)->first_vector, 0);
	assert_int_equal(world_record(&w, 0)->first_type, 0);
	trap.first.valid = true;
	tg_dispatch(&w.cpu, &trap, TG_RECF_NESTED);
	assert_int_equal(world_record(&w, 1)->first_vector, 0xec);
	assert_int_equal(world_record(&w, 1)->first_type, TG_TYPE_INT_N);
}

/* A vector that nobody hooks for this process costs a look at its thread group. */
static void test_filtered_out_touches_nothing_else(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 14, TG_EV_PID);
	struct tg_trap trap = trap_exception(14, 6, 0xdead000);

	(void)state;
	ev->pid = 1;
	world_event(&w, TG_EVENT_EXCEPTION, 14, 0)->core = 0;
	world_arm_all(&w);
	w.config.task_pid = w.config.task_comm = 0xffffff00;	/* they would fault */
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_INJECT);
	assert_int_equal(machine_fake.snapshots, 0);
	assert_int_equal(world_records(&w), 0);
	assert_int_equal(ev->cpu[1].hits, 0);
}

static void test_filter_comm_with_pid(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_COMM | TG_EV_PID);

	(void)state;
	world_arm_all(&w);
	memcpy(ev->comm, "prog\0\0\0\0\0\0\0\0\0\0\0", 16);
	ev->pid = 1168;
	world_event(&w, TG_EVENT_EXCEPTION, 6, 0);
	world_arm_all(&w);
	assert_int_equal(tg_dispatch(&w.cpu, &(struct tg_trap){ .ev = tg_exception(6, 0) }, 0),
			 TG_DELIVERED);
	assert_int_equal(ev->cpu[1].hits, 1);
	assert_int_equal(world_records(&w), 2);
	world_task(&w, 1168, 1168, "other");
	tg_dispatch(&w.cpu, &(struct tg_trap){ .ev = tg_exception(6, 0) }, 0);
	world_task(&w, 1167, 1167, "prog");
	tg_dispatch(&w.cpu, &(struct tg_trap){ .ev = tg_exception(6, 0) }, 0);
	assert_int_equal(ev->cpu[1].hits, 1);
	assert_int_equal(world_records(&w), 4);
}

static void test_record_flags_of_vectors(void **state)
{
	static const struct {
		u8 vector, flags;
	} cases[] = {
		{ 0, 0 }, { 1, TG_RECF_ADDRESS }, { 3, 0 }, { 6, 0 }, { 13, TG_RECF_ERROR },
		{ 17, TG_RECF_ERROR }, { 14, TG_RECF_ERROR | TG_RECF_ADDRESS },
	};

	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, TG_ALL, 0);
	world_arm_all(&w);
	for (unsigned int i = 0; i < TG_ARRAY_SIZE(cases); i++) {
		struct tg_trap trap = trap_exception(cases[i].vector, 0, 0);

		if (cases[i].vector == 3) {
			trap.ev.type = TG_TYPE_INT3_INTO;
			trap.ev.insn_len = 1;
		}
		tg_dispatch(&w.cpu, &trap, 0);
		assert_int_equal(world_record(&w, i)->flags, cases[i].flags);
		assert_int_equal(world_record(&w, i)->seq, i);
	}
	assert_int_equal(world_record(&w, 2)->type, TG_TYPE_INT3_INTO);
	assert_int_equal(world_record(&w, 2)->insn_len, 1);
}

static void test_oldest_first_any_short_circuit_wins(void **state)
{
	struct tg_trap trap = trap_exception(6, 0, 0);

	(void)state;
	for (u32 swallower = 0; swallower < 3; swallower++) {
		u64 before = world_records(&w);

		for (u32 i = 0; i < 3; i++)
			world_event(&w, TG_EVENT_EXCEPTION, i == 1 ? TG_ALL : 6,
				    i == swallower ? TG_EV_SWALLOW : 0);
		world_arm(&w, &w.event[w.nr_events - 3], 3);
		assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_SWALLOWED);
		assert_int_equal(world_records(&w), before + 3);
		for (u32 i = 0; i < 3; i++) {
			const struct tg_event *ev = w.event[w.nr_events - 3 + i];
			const struct tg_record *r = world_record(&w, before + i);

			assert_int_equal(r->event, ev->number);
			assert_int_equal(r->verdict, TG_SWALLOWED);
			assert_int_equal(ev->cpu[1].hits, 1);
			assert_int_equal(ev->cpu[1].swallowed, 1);
		}
		assert_int_equal(w.cpu.swallowed_events, swallower + 1);
	}
}

/* Whether the event saw a #UD of the current task. */
static bool sees(struct tg_event *ev)
{
	struct tg_trap trap = trap_exception(6, 0, 0);
	u64 hits = ev->cpu[w.cpu.id].hits, records = world_records(&w);

	tg_dispatch(&w.cpu, &trap, 0);
	assert_int_equal(world_records(&w) - records, ev->cpu[w.cpu.id].hits - hits);
	return ev->cpu[w.cpu.id].hits != hits;
}

static void test_filter_pid_and_follow(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_PID);
	struct tg_pidset *followed = calloc(1, sizeof(*followed));

	(void)state;
	world_arm_all(&w);
	ev->pid = 1168;
	assert_true(sees(ev));
	ev->pid = 1169;		/* a thread's number is not the process's */
	assert_false(sees(ev));
	ev->flags |= TG_EV_FOLLOW;
	ev->follow = followed;
	assert_false(sees(ev));
	tg_pidset_add(followed, 1168);
	assert_true(sees(ev));
	tg_pidset_del(followed, 1168);
	assert_false(sees(ev));
	ev->pid = 1168;		/* the process itself, not in the set */
	assert_true(sees(ev));
	free(followed);
}

static void test_filter_follow_not_the_idle_task(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_PID | TG_EV_FOLLOW);
	static struct tg_pidset followed;

	(void)state;
	ev->pid = 1168;
	ev->follow = &followed;
	world_arm_all(&w);
	world_task(&w, 0, 0, "swapper/1");
	assert_false(sees(ev));
}

static void test_filter_comm(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_COMM);

	(void)state;
	world_arm_all(&w);
	memcpy(ev->comm, "prog\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_true(sees(ev));
	memcpy(ev->comm, "progs", 5);
	assert_false(sees(ev));
	world_task(&w, 1, 1, "fifteen-letters");
	memcpy(ev->comm, "fifteen-letters", 16);
	assert_true(sees(ev));
	memcpy(ev->comm, "fifteen-letterz", 16);	/* in the second half */
	assert_false(sees(ev));
}

static void test_filter_core_and_off(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 6, 0);

	(void)state;
	world_arm_all(&w);
	ev->core = 1;
	assert_true(sees(ev));
	ev->core = 0;
	assert_false(sees(ev));
	ev->core = TG_ALL;
	ev->off = TG_OFF_USER;
	assert_false(sees(ev));
	ev->off = TG_OFF_NONE;
	assert_true(sees(ev));
}

/* A filtered-out short-circuit does not swallow. */
static void test_filters_hold_for_short_circuit(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_SWALLOW | TG_EV_PID);
	struct tg_trap trap = trap_exception(6, 0, 0);

	(void)state;
	ev->pid = 5;
	world_arm_all(&w);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_INJECT);
	ev->pid = 1168;
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_SWALLOWED);
	ev->off = TG_OFF_USER;
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_INJECT);
	assert_int_equal(ev->cpu[1].hits, 1);
}

static void test_full_ring_counts_and_still_decides(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_SWALLOW);
	struct tg_trap trap = trap_exception(6, 0, 0);

	(void)state;
	world_arm_all(&w);
	w.ring[1]->tail->consumer = 1;	/* ahead: looks full */
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_SWALLOWED);
	assert_int_equal(ev->cpu[1].hits, 1);
	assert_int_equal(ev->cpu[1].swallowed, 1);
	assert_int_equal(ev->cpu[1].lost, 1);
	assert_int_equal(world_records(&w), 0);
	w.ring[1]->tail->consumer = 0;
	tg_dispatch(&w.cpu, &trap, 0);
	assert_int_equal(world_record(&w, 0)->seq, 1);	/* number 0 is the lost one */
	assert_int_equal(ev->cpu[1].lost, 1);
}

static void test_one_snapshot_an_exit(void **state)
{
	struct tg_trap trap = trap_exception(6, 0, 0);

	(void)state;
	for (int i = 0; i < 5; i++)
		world_event(&w, TG_EVENT_EXCEPTION, 6, 0);
	world_arm_all(&w);
	tg_dispatch(&w.cpu, &trap, 0);
	assert_int_equal(machine_fake.snapshots, 1);
	w.cpu.has_snapshot = false;
	tg_dispatch(&w.cpu, &trap, 0);
	assert_int_equal(machine_fake.snapshots, 2);
}

/* ---- nested delivery ---------------------------------------------------- */

static struct tg_trap nested(u8 first, u8 type, u8 second)
{
	struct tg_trap trap = trap_exception(second, 0x10, 0x5000);

	trap.first = tg_exception(first, 0x42);
	trap.first.type = type;
	if (type != TG_TYPE_EXCEPTION)
		trap.first.has_error = false;
	trap.first.insn_len = type == TG_TYPE_INT_N ? 2 : 0;
	return trap;
}

static void test_INJ_NEST_second_alone(void **state)
{
	struct tg_trap trap = nested(13, TG_TYPE_EXCEPTION, 14);

	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, 14, 0);
	world_arm_all(&w);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_INJECT);
	assert_memory_equal(&w.cpu.next, &trap.ev, sizeof(trap.ev));
	assert_int_equal(world_record(&w, 0)->flags,
			 TG_RECF_ERROR | TG_RECF_ADDRESS | TG_RECF_NESTED);
	assert_int_equal(world_record(&w, 0)->first_vector, 13);
	assert_int_equal(world_record(&w, 0)->first_type, TG_TYPE_EXCEPTION);
}

static void test_INJ_NEST_interrupt_not_replayed(void **state)
{
	static const u8 types[] = { TG_TYPE_INTERRUPT, TG_TYPE_NMI };

	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, 14, 0);
	world_arm_all(&w);
	for (u32 i = 0; i < 2; i++) {
		struct tg_trap trap = nested(i ? 2 : 0xec, types[i], 14);

		assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_INJECT);
		assert_int_equal(w.cpu.next.vector, 14);
		assert_int_equal(world_record(&w, i)->flags, TG_RECF_ERROR | TG_RECF_ADDRESS |
				 TG_RECF_NESTED | TG_RECF_DROPPED);
		assert_int_equal(world_record(&w, i)->first_vector, i ? 2 : 0xec);
		assert_int_equal(world_record(&w, i)->first_type, types[i]);
	}
}

/* The first goes again: neither dropped nor half of a double fault. */
static void test_INJ_NEST_second_swallowed(void **state)
{
	static const struct {
		u8 vector, type;
	} firsts[] = { { 0xec, TG_TYPE_INTERRUPT }, { 2, TG_TYPE_NMI }, { 13, TG_TYPE_EXCEPTION } };

	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, 11, TG_EV_SWALLOW);
	world_arm_all(&w);
	for (u32 i = 0; i < 3; i++) {
		struct tg_trap trap = nested(firsts[i].vector, firsts[i].type, 11);

		assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_REDELIVER);
		assert_memory_equal(&w.cpu.next, &trap.first, sizeof(trap.first));
		assert_int_equal(world_record(&w, i)->flags, TG_RECF_ERROR | TG_RECF_NESTED);
		assert_int_equal(world_record(&w, i)->first_vector, firsts[i].vector);
		w.cpu.next.valid = false;
	}
}

static void test_INJ_NEST_double_is_dispatched(void **state)
{
	struct tg_event *gp = world_event(&w, TG_EVENT_EXCEPTION, 13, 0);
	struct tg_event *df = world_event(&w, TG_EVENT_EXCEPTION, 8, 0);
	struct tg_trap trap = nested(14, TG_TYPE_EXCEPTION, 13);
	const struct tg_record *r;

	(void)state;
	world_arm_all(&w);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_INJECT);
	assert_int_equal(w.cpu.next.vector, 8);
	assert_int_equal(w.cpu.next.type, TG_TYPE_EXCEPTION);
	assert_true(w.cpu.next.valid && w.cpu.next.has_error);
	assert_int_equal(w.cpu.next.error, 0);
	assert_int_equal(world_records(&w), 2);
	r = world_record(&w, 0);
	assert_int_equal(r->event, gp->number);
	assert_int_equal(r->flags, TG_RECF_ERROR | TG_RECF_NESTED | TG_RECF_DOUBLE);
	assert_int_equal(r->first_vector, 14);
	r = world_record(&w, 1);
	assert_int_equal(r->event, df->number);
	assert_int_equal(r->vector, 8);
	assert_int_equal(r->error, 0);
	assert_int_equal(r->flags, TG_RECF_ERROR | TG_RECF_NESTED);
	assert_int_equal(r->first_vector, 13);
	assert_int_equal(r->first_type, TG_TYPE_EXCEPTION);
}

static void test_INJ_NEST_double_swallowed(void **state)
{
	struct tg_trap trap = nested(13, TG_TYPE_EXCEPTION, 13);

	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, 8, TG_EV_SWALLOW);
	world_arm_all(&w);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_SWALLOWED);
	assert_false(w.cpu.next.valid);
}

static void test_INJ_TRIPLE(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 14, 0);
	struct tg_trap trap = nested(8, TG_TYPE_EXCEPTION, 14);

	(void)state;
	world_arm_all(&w);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_TRIPLE);
	assert_int_equal(ev->cpu[1].hits, 1);
	assert_int_equal(world_record(&w, 0)->first_vector, 8);
	/* swallowing the second prevents it: the #DF is delivered again */
	ev->flags |= TG_EV_SWALLOW;
	world_arm_all(&w);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_REDELIVER);
	assert_int_equal(w.cpu.next.vector, 8);
}

static void test_INJ_NEST_swallowed_redelivers_the_first(void **state)
{
	static const struct {
		u8 vector, type;
	} first[] = {
		{ 13, TG_TYPE_EXCEPTION }, { 0x80, TG_TYPE_INT_N }, { 2, TG_TYPE_NMI },
		{ 0xec, TG_TYPE_INTERRUPT }, { 3, TG_TYPE_INT3_INTO }, { 1, TG_TYPE_INT1 },
	};

	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, 14, TG_EV_SWALLOW);
	world_arm_all(&w);
	for (u32 i = 0; i < TG_ARRAY_SIZE(first); i++) {
		struct tg_trap trap = nested(first[i].vector, first[i].type, 14);

		assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_REDELIVER);
		assert_memory_equal(&w.cpu.next, &trap.first, sizeof(trap.first));
	}
}

/* ---- NMI, statistics ---------------------------------------------------- */

static void test_NMI_pending_unless_swallowed(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 2, 0);

	(void)state;
	tg_handle_nmi(&w.cpu, NULL);	/* nothing armed */
	assert_true(w.cpu.nmi_pending);
	w.cpu.nmi_pending = false;
	world_arm_all(&w);
	tg_handle_nmi(&w.cpu, NULL);
	assert_true(w.cpu.nmi_pending);
	assert_int_equal(world_record(&w, 0)->vector, 2);
	assert_int_equal(world_record(&w, 0)->type, TG_TYPE_NMI);
	assert_int_equal(world_record(&w, 0)->flags, 0);
	w.cpu.nmi_pending = false;
	ev->flags |= TG_EV_SWALLOW;
	world_arm_all(&w);
	tg_handle_nmi(&w.cpu, NULL);
	assert_false(w.cpu.nmi_pending);
	assert_int_equal(w.cpu.swallowed_events, 1);
	/* swallowing one does not take back one that is pending */
	w.cpu.nmi_pending = true;
	tg_handle_nmi(&w.cpu, NULL);
	assert_true(w.cpu.nmi_pending);
}

static void test_note_injection(void **state)
{
	(void)state;
	w.cpu.first_swallow_tsc = 5;
	for (u32 i = 0; i < 6; i++) {
		w.cpu.next = tg_exception(i, i + 100);
		tg_note_injection(&w.cpu);
	}
	assert_int_equal(w.cpu.injected_exceptions, 6);
	assert_int_equal(w.cpu.chain_at, 6);
	for (u32 i = 2; i < 6; i++) {
		assert_int_equal(w.cpu.chain[i % 4].vector, i);
		assert_int_equal(w.cpu.chain[i % 4].error, i + 100);
	}
	w.cpu.next = (struct tg_flight){ .vector = 2, .type = TG_TYPE_NMI, .valid = true };
	tg_note_injection(&w.cpu);
	assert_int_equal(w.cpu.injected_nmis, 1);
	assert_int_equal(w.cpu.first_swallow_tsc, 5);
	w.cpu.next = (struct tg_flight){ .vector = 0xec, .type = TG_TYPE_INTERRUPT, .valid = true };
	tg_note_injection(&w.cpu);
	assert_int_equal(w.cpu.injected_interrupts, 1);
	assert_int_equal(w.cpu.first_swallow_tsc, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_armed_touches_nothing),
		TEST(test_record_every_field),
		TEST(test_record_first_only_when_valid),
		TEST(test_filtered_out_touches_nothing_else),
		TEST(test_filter_comm_with_pid),
		TEST(test_record_flags_of_vectors),
		TEST(test_oldest_first_any_short_circuit_wins),
		TEST(test_filter_pid_and_follow),
		TEST(test_filter_follow_not_the_idle_task),
		TEST(test_filter_comm),
		TEST(test_filter_core_and_off),
		TEST(test_filters_hold_for_short_circuit),
		TEST(test_full_ring_counts_and_still_decides),
		TEST(test_one_snapshot_an_exit),
		TEST(test_INJ_NEST_second_alone),
		TEST(test_INJ_NEST_interrupt_not_replayed),
		TEST(test_INJ_NEST_second_swallowed),
		TEST(test_INJ_NEST_double_is_dispatched),
		TEST(test_INJ_NEST_double_swallowed),
		TEST(test_INJ_TRIPLE),
		TEST(test_INJ_NEST_swallowed_redelivers_the_first),
		TEST(test_NMI_pending_unless_swallowed),
		TEST(test_note_injection),
	};

	return cmocka_run_group_tests_name("core_dispatch", tests, NULL, NULL);
}
