// SPDX-License-Identifier: GPL-2.0
/*
 * Short-circuited interrupts and the limits of swallowing: what protects a
 * machine from its user.
 */
#include "core_world.h"

#define TIMER	0xec
#define OTHER	0x30

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

/* The acknowledging exit: the vector is the highest in service. */
static void interrupt(u8 vector)
{
	machine_fake.pending[vector] = false;
	machine_fake.in_service[vector] = true;
	w.cpu.has_snapshot = false;
	tg_handle_interrupt(&w.cpu, vector);
}

static bool fault(u8 vector)
{
	struct tg_trap trap = trap_exception(vector, 0, 0);

	w.cpu.has_snapshot = false;
	return tg_handle_exception(&w.cpu, &trap) == TG_OUT_SWALLOWED;
}

static void check_note(u64 at, const struct tg_event *ev, u8 vector, enum tg_note note)
{
	const struct tg_record *r = world_record(&w, at);

	assert_int_equal(r->kind, TG_REC_NOTE);
	assert_int_equal(r->size, 128);
	assert_int_equal(r->note, note);
	assert_int_equal(r->event, ev->number);
	assert_int_equal(r->vector, vector);
	assert_int_equal(r->rip, machine_fake.snap.rip);
	assert_int_equal(r->cpl, machine_fake.snap.cpl);
	assert_int_equal(r->seq, at);
	assert_int_equal(r->pid, 1168);
	assert_int_equal(r->tid, 1169);
	assert_int_equal(r->cpu, 1);
	assert_string_equal(r->comm, "prog");
	assert_int_equal(r->flags, 0);
	assert_int_equal(r->error, 0);
	assert_int_equal(r->address, 0);
	assert_int_equal(r->type, 0);
	assert_int_equal(r->insn_len, 0);
	assert_int_equal(r->first_vector, 0);
	assert_int_equal(r->first_type, 0);
	assert_int_equal(r->reserved[0] | r->reserved[1] | r->reserved[2], 0);
}

/* ---- faults ------------------------------------------------------------- */

static void test_fault_limit_exact(void **state)
{
	static const u64 limits[] = { 1, 50, 1000 };

	(void)state;
	for (u32 i = 0; i < TG_ARRAY_SIZE(limits); i++) {
		struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_SWALLOW);
		u64 limit = limits[i], before = world_records(&w);

		w.config.swallow_limit = limit;
		world_arm(&w, &ev, 1);
		for (u64 n = 0; n < limit; n++)
			assert_true(fault(6));
		assert_int_equal(ev->off, TG_OFF_NONE);
		assert_int_equal(ev->cpu[1].swallowed, limit);
		assert_int_equal(world_records(&w), before + limit);
		assert_false(fault(6));		/* one too many: the guest gets it */
		assert_int_equal(ev->off, TG_OFF_SWALLOW_FAULT);
		assert_int_equal(w.cpu.next.vector, 6);
		assert_int_equal(ev->cpu[1].swallowed, limit);
		assert_int_equal(world_records(&w), before + limit + 1);
		check_note(before + limit, ev, 6, TG_NOTE_SWALLOW_FAULT);
		assert_false(fault(6));		/* off, and said once */
		assert_int_equal(world_records(&w), before + limit + 1);
	}
}

static void test_fault_limit_in_a_row_only(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_EXCEPTION, TG_ALL, TG_EV_SWALLOW);

	(void)state;
	w.config.swallow_limit = 3;
	world_arm_all(&w);
	for (int i = 0; i < 100; i++) {		/* another RIP starts anew */
		machine_fake.snap.rip = 0x1000 + i / 3;
		assert_true(fault(6));
	}
	machine_fake.snap.rip = 0x2000;
	for (int i = 0; i < 100; i++)		/* and another vector */
		assert_true(fault(i / 3 & 1 ? 6 : 13));
	assert_int_equal(ev->off, TG_OFF_NONE);
	machine_fake.snap.rip = 0x3000;
	for (int i = 0; i < 3; i++)
		assert_true(fault(6));
	assert_false(fault(6));
	assert_int_equal(ev->off, TG_OFF_SWALLOW_FAULT);
}

/* The limit of one event lets the next one decide. */
static void test_fault_limit_each_event_has_its_own(void **state)
{
	struct tg_event *a = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_SWALLOW);
	struct tg_event *b = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_SWALLOW);

	(void)state;
	w.config.swallow_limit = 10;
	world_arm_all(&w);
	for (int i = 0; i < 20; i++)
		assert_true(fault(6));
	assert_int_equal(a->off, TG_OFF_SWALLOW_FAULT);
	assert_int_equal(b->off, TG_OFF_NONE);
	assert_false(fault(6));
	assert_int_equal(b->off, TG_OFF_SWALLOW_FAULT);
}

/* ---- interrupts --------------------------------------------------------- */

/* What the guest gets now. */
static void delivers(int vector)
{
	assert_true(w.cpu.next.valid);
	assert_int_equal(w.cpu.next.type, TG_TYPE_INTERRUPT);
	assert_int_equal(w.cpu.next.vector, vector);
	w.cpu.next.valid = false;
}

static void test_INT_NOLOSS_delivered_is_next(void **state)
{
	(void)state;
	world_event(&w, TG_EVENT_INTERRUPT, TG_ALL, 0);
	world_arm_all(&w);
	for (int v = 0x20; v < 0x100; v++) {
		interrupt(v);
		delivers(v);
		assert_int_equal(world_record(&w, v - 0x20)->vector, v);
		assert_int_equal(world_record(&w, v - 0x20)->type, TG_TYPE_INTERRUPT);
		assert_int_equal(world_record(&w, v - 0x20)->flags, 0);
	}
	assert_int_equal(machine_fake.nr_eoi, 0);	/* the guest ends them */
	assert_true(tg_vecset_empty(&w.cpu.swallowed));
}

/* INT 80 is no interrupt: nothing to end at the APIC, and none to raise again. */
static void test_INJ_SC_int_n_is_no_interrupt(void **state)
{
	struct tg_trap trap = { .ev = { .word = TG_FLIGHT_WORD(TG_TYPE_INT_N, 0x80) } };

	(void)state;
	world_event(&w, TG_EVENT_INTERRUPT, 0x80, TG_EV_SWALLOW);
	world_arm_all(&w);
	assert_int_equal(tg_handle_exception(&w.cpu, &trap), TG_OUT_SWALLOWED);
	assert_int_equal(world_records(&w), 1);
	assert_int_equal(world_record(&w, 0)->verdict, TG_SWALLOWED);
	assert_int_equal(machine_fake.nr_eoi, 0);
	assert_true(tg_vecset_empty(&w.cpu.swallowed));
}

static void test_INJ_SC_swallowed_gets_one_eoi(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);

	(void)state;
	world_arm_all(&w);
	machine_fake.tsc = 5000;
	interrupt(TIMER);
	assert_int_equal(machine_fake.nr_eoi, 1);
	assert_int_equal(machine_fake.eoi[0], TIMER);
	assert_false(w.cpu.next.valid);
	assert_true(tg_vecset_has(&w.cpu.swallowed, TIMER));
	assert_int_not_equal(w.cpu.first_swallow_tsc, 0);
	assert_int_equal(ev->cpu[1].swallowed, 1);
	assert_int_equal(w.cpu.swallowed_events, 1);
	assert_int_equal(world_record(&w, 0)->verdict, TG_SWALLOWED);
}

static void test_INJ_SC_not_in_service_is_delivered(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, 0xff, TG_EV_SWALLOW);

	(void)state;
	world_arm_all(&w);
	tg_handle_interrupt(&w.cpu, 0xff);	/* the spurious vector has no ISR bit */
	assert_int_equal(machine_fake.nr_eoi, 0);
	delivers(0xff);
	assert_true(tg_vecset_empty(&w.cpu.swallowed));
	assert_int_equal(ev->cpu[1].hits, 1);
	assert_int_equal(ev->cpu[1].swallowed, 0);
	assert_int_equal(w.cpu.swallowed_events, 0);
	assert_int_equal(world_record(&w, 0)->verdict, TG_DELIVERED);
}

/* abi.h: TG_NOTE_NOT_SWALLOWED says so in the trace. */
static void test_INJ_SC_not_in_service_is_said(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, 0xff, TG_EV_SWALLOW);
	bool said = false;

	(void)state;
	world_arm_all(&w);
	tg_handle_interrupt(&w.cpu, 0xff);
	for (u64 i = 0; i < world_records(&w); i++)
		said |= world_record(&w, i)->kind == TG_REC_NOTE &&
			world_record(&w, i)->note == TG_NOTE_NOT_SWALLOWED &&
			world_record(&w, i)->event == ev->number;
	assert_true(said);
}

/* limit * 20 us is what limit + 1 of them must take at least. */
static void test_storm(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);
	u64 limit = 100, at;

	(void)state;
	w.config.swallow_limit = limit;
	machine_fake.tsc_step = 0;
	world_arm_all(&w);
	for (u64 i = 0; i <= limit * 3; i++) {	/* slow enough: 20 us apart */
		machine_fake.tsc = 1000000 + i * 20000;
		interrupt(TIMER);
	}
	assert_int_equal(ev->off, TG_OFF_NONE);
	assert_int_equal(ev->cpu[1].swallowed, limit * 3 + 1);
	interrupt(OTHER);			/* not ours, changes nothing */
	assert_int_equal(machine_fake.nr_eoi, limit * 3 + 1);
	ev->cpu[1].run = 0;
	at = world_records(&w);
	for (u64 i = 0; i < limit; i++) {	/* a tick too fast on the whole */
		machine_fake.tsc = 90000000 + i * 20000;
		interrupt(TIMER);
		assert_int_equal(ev->off, TG_OFF_NONE);
	}
	machine_fake.tsc = 90000000 + limit * 20000 - 1;
	interrupt(TIMER);
	assert_int_equal(ev->off, TG_OFF_SWALLOW_STORM);
	delivers(TIMER);
	assert_int_equal(machine_fake.nr_eoi, limit * 4 + 1);
	check_note(at + limit, ev, TIMER, TG_NOTE_SWALLOW_STORM);
	assert_int_equal(world_records(&w), at + limit + 1);
}

/*
 * The one that ends the event goes to the guest, and is not raised besides: in service, one
 * that is level-triggered would become edge-triggered, and its end never reach the I/O APIC.
 */
static void test_storm_raises_only_the_others(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, TG_ALL, TG_EV_SWALLOW);

	(void)state;
	w.config.swallow_limit = 10;
	world_arm_all(&w);
	interrupt(OTHER);
	for (int i = 0; i < 10; i++)
		interrupt(TIMER);
	assert_int_equal(ev->off, TG_OFF_NONE);
	interrupt(TIMER);
	assert_int_equal(ev->off, TG_OFF_SWALLOW_STORM);
	delivers(TIMER);
	assert_true(machine_fake.in_service[TIMER]);
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], OTHER);
	assert_true(tg_vecset_empty(&w.cpu.swallowed));
}

/* Unless the next event swallows it: then it is missing still. */
static void test_storm_of_one_of_two(void **state)
{
	struct tg_event *one = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);
	struct tg_event *all = world_event(&w, TG_EVENT_INTERRUPT, TG_ALL, TG_EV_SWALLOW);

	(void)state;
	w.config.swallow_limit = 10;
	world_arm_all(&w);
	for (int i = 0; i < 11; i++)
		interrupt(TIMER);
	assert_int_equal(one->off, TG_OFF_SWALLOW_STORM);
	assert_int_equal(all->off, TG_OFF_NONE);
	assert_false(w.cpu.next.valid);
	assert_int_equal(machine_fake.nr_ipi, 0);
	assert_true(tg_vecset_has(&w.cpu.swallowed, TIMER));
	assert_int_not_equal(w.cpu.first_swallow_tsc, 0);
}

/* Slow exits: the guest stands still at one RIP, or gets on. */
static void test_storm_of_a_level_triggered_line(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, OTHER, TG_EV_SWALLOW);
	u64 limit = 100, i;

	(void)state;
	w.config.swallow_limit = limit;
	machine_fake.tsc_step = 0;
	world_arm_all(&w);
	for (i = 0; i < 3 * limit; i++) {		/* edges, at an idle guest */
		machine_fake.tsc += 30000;
		interrupt(OTHER);
	}
	assert_int_equal(ev->off, TG_OFF_NONE);
	machine_fake.level[OTHER] = true;
	for (i = 0; i < 3 * limit; i++) {
		machine_fake.tsc += 30000;
		machine_fake.snap.rip += i % limit == 0;	/* gets on, if slowly */
		interrupt(OTHER);
	}
	assert_int_equal(ev->off, TG_OFF_NONE);
	for (i = 0; ev->off == TG_OFF_NONE; i++) {
		machine_fake.tsc += 30000;
		interrupt(OTHER);
	}
	assert_in_range(i, 1, 2 * limit);
	assert_int_equal(ev->off, TG_OFF_SWALLOW_STORM);
	delivers(OTHER);
	assert_int_equal(ev->cpu[1].swallowed, 6 * limit + i - 1);
}

static void test_stall(void **state)
{
	struct tg_event *all = world_event(&w, TG_EVENT_INTERRUPT, TG_ALL, TG_EV_SWALLOW);
	struct tg_event *one = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);
	struct tg_event *trace = world_event(&w, TG_EVENT_INTERRUPT, TIMER, 0);
	struct tg_event *fault_event = world_event(&w, TG_EVENT_EXCEPTION, 6, TG_EV_SWALLOW);
	u64 at, ms = WORLD_KHZ;

	(void)state;
	machine_fake.tsc_step = 0;
	machine_fake.tsc = 1000001;
	world_arm_all(&w);
	assert_false(tg_check_stall(&w.cpu));
	interrupt(TIMER);
	interrupt(OTHER);
	assert_int_equal(w.cpu.first_swallow_tsc, 1000001);
	at = world_records(&w);
	machine_fake.tsc = 1000001 + TG_STALL_MS * ms - 1;
	assert_false(tg_check_stall(&w.cpu));
	machine_fake.tsc++;
	assert_true(tg_check_stall(&w.cpu));
	assert_int_equal(all->off, TG_OFF_SWALLOW_STALL);
	assert_int_equal(one->off, TG_OFF_SWALLOW_STALL);
	assert_int_equal(trace->off, TG_OFF_NONE);
	assert_int_equal(fault_event->off, TG_OFF_NONE);
	assert_int_equal(world_records(&w), at + 2);
	check_note(at, all, 0, TG_NOTE_SWALLOW_STALL);
	check_note(at + 1, one, TIMER, TG_NOTE_SWALLOW_STALL);
	/* raised again once, the higher one first */
	assert_int_equal(machine_fake.nr_ipi, 2);
	assert_int_equal(machine_fake.ipi[0], TIMER);
	assert_int_equal(machine_fake.ipi[1], OTHER);
	assert_int_equal(w.cpu.first_swallow_tsc, 0);
	assert_false(tg_check_stall(&w.cpu));
	assert_int_equal(machine_fake.nr_ipi, 2);
}

/* An interrupt that the guest got ends the wait. */
static void test_stall_not_while_others_arrive(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);

	(void)state;
	world_arm_all(&w);
	for (int i = 0; i < 10; i++) {
		interrupt(TIMER);
		machine_fake.tsc += 1500ull * WORLD_KHZ;
		assert_false(tg_check_stall(&w.cpu));
		w.cpu.next = (struct tg_flight){
			.vector = OTHER, .type = TG_TYPE_INTERRUPT, .valid = true };
		tg_note_injection(&w.cpu);
	}
	assert_int_equal(ev->off, TG_OFF_NONE);
}

static void test_stall_other_cores_events_stay(void **state)
{
	struct tg_event *here = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);
	struct tg_event *there = world_event(&w, TG_EVENT_INTERRUPT, OTHER, TG_EV_SWALLOW);

	(void)state;
	here->core = 1;
	there->core = 2;
	world_arm_all(&w);
	interrupt(TIMER);
	machine_fake.tsc += 3000ull * WORLD_KHZ;
	assert_true(tg_check_stall(&w.cpu));
	assert_int_equal(here->off, TG_OFF_SWALLOW_STALL);
	assert_int_equal(there->off, TG_OFF_NONE);
	assert_int_equal(machine_fake.nr_ipi, 1);
}

/* ---- raised again when the event goes ----------------------------------- */

static void test_raised_once_when_the_event_goes(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);

	(void)state;
	world_arm_all(&w);
	for (int i = 0; i < 5; i++)
		interrupt(TIMER);
	world_arm_all(&w);			/* still there: nothing */
	assert_int_equal(machine_fake.nr_ipi, 0);
	assert_true(tg_vecset_has(&w.cpu.swallowed, TIMER));
	world_arm(&w, NULL, 0);
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], TIMER);
	assert_int_equal(w.cpu.first_swallow_tsc, 0);
	assert_true(tg_vecset_empty(&w.cpu.swallowed));
	world_arm_all(&w);
	world_arm(&w, NULL, 0);
	assert_int_equal(machine_fake.nr_ipi, 1);
	/* and the same when it is only disabled */
	world_arm_all(&w);
	interrupt(TIMER);
	ev->off = TG_OFF_USER;
	tg_take_evset(&w.cpu);
	assert_int_equal(machine_fake.nr_ipi, 2);
}

static void test_raised_only_those_whose_event_went(void **state)
{
	struct tg_event *events[2];

	(void)state;
	events[0] = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);
	events[1] = world_event(&w, TG_EVENT_INTERRUPT, OTHER, TG_EV_SWALLOW);
	world_arm(&w, events, 2);
	interrupt(TIMER);
	interrupt(OTHER);
	world_arm(&w, events, 1);
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], OTHER);
	assert_true(tg_vecset_has(&w.cpu.swallowed, TIMER));
	assert_int_not_equal(w.cpu.first_swallow_tsc, 0);
	world_arm(&w, NULL, 0);
	assert_int_equal(machine_fake.nr_ipi, 2);
	assert_int_equal(machine_fake.ipi[1], TIMER);
}

/* A trace event of the vector that stays does not swallow it. */
static void test_raised_though_a_trace_event_stays(void **state)
{
	struct tg_event *trace = world_event(&w, TG_EVENT_INTERRUPT, TIMER, 0);

	(void)state;
	world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);
	world_arm_all(&w);
	interrupt(TIMER);
	world_arm(&w, &trace, 1);
	assert_int_equal(machine_fake.nr_ipi, 1);
}

/* Nor does an event of another core. */
static void test_raised_though_another_cores_event_stays(void **state)
{
	struct tg_event *here = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);
	struct tg_event *there = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);

	(void)state;
	here->core = 1;
	there->core = 2;
	world_arm_all(&w);
	interrupt(TIMER);
	assert_true(tg_vecset_has(&w.cpu.swallowed, TIMER));
	world_arm(&w, &there, 1);
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(w.cpu.first_swallow_tsc, 0);
}

/* cpu.h: "swallowed and not seen by the guest since". */
static void test_not_raised_when_the_guest_saw_it_since(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW | TG_EV_PID);

	(void)state;
	ev->pid = 1168;
	world_arm_all(&w);
	interrupt(TIMER);
	assert_true(tg_vecset_has(&w.cpu.swallowed, TIMER));
	world_task(&w, 5, 5, "other");
	interrupt(TIMER);			/* delivered */
	w.cpu.next =
		(struct tg_flight){ .vector = TIMER, .type = TG_TYPE_INTERRUPT, .valid = true };
	tg_note_injection(&w.cpu);
	world_arm(&w, NULL, 0);
	assert_int_equal(machine_fake.nr_ipi, 0);
}

/*
 * A one-shot timer that was swallowed is missing, although an IPI came since: the
 * silence after that IPI counts.
 */
static void test_stall_after_another_interrupt(void **state)
{
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);
	u64 limit = (u64)TG_STALL_MS * WORLD_KHZ, since;

	(void)state;
	world_arm_all(&w);
	interrupt(TIMER);
	assert_int_not_equal(w.cpu.first_swallow_tsc, 0);
	machine_fake.tsc += limit / 2;
	since = machine_fake.tsc;
	interrupt(OTHER);			/* the guest gets it */
	tg_note_injection(&w.cpu);
	assert_in_range(w.cpu.first_swallow_tsc, since, since + 10);
	machine_fake.tsc = w.cpu.first_swallow_tsc + limit - 10;
	assert_false(tg_check_stall(&w.cpu));
	machine_fake.tsc = w.cpu.first_swallow_tsc + limit;
	machine_fake.nr_ipi = 0;
	assert_true(tg_check_stall(&w.cpu));
	assert_int_equal(ev->off, TG_OFF_SWALLOW_STALL);
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], TIMER);
}

/*
 * Another CPU turns the event off, by a storm there, and interrupts go on to come: no
 * silence will raise what this CPU swallowed.
 */
static void test_raised_when_turned_off_elsewhere(void **state)
{
	struct tg_event *off = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);
	struct tg_event *on = world_event(&w, TG_EVENT_INTERRUPT, OTHER, TG_EV_SWALLOW);

	(void)state;
	tg_vecset_add(&w.config.answer, TIMER);
	world_arm_all(&w);
	interrupt(TIMER);
	interrupt(OTHER);
	assert_int_not_equal(w.cpu.first_answer_tsc, 0);
	assert_false(tg_check_stall(&w.cpu));
	assert_int_equal(machine_fake.nr_ipi, 0);
	off->off = TG_OFF_SWALLOW_STORM;
	assert_false(tg_check_stall(&w.cpu));
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], TIMER);
	assert_false(tg_vecset_has(&w.cpu.swallowed, TIMER));
	assert_true(tg_vecset_has(&w.cpu.swallowed, OTHER));
	assert_int_not_equal(w.cpu.first_swallow_tsc, 0);
	on->off = TG_OFF_SCRIPT;
	assert_false(tg_check_stall(&w.cpu));
	assert_int_equal(machine_fake.nr_ipi, 2);
	assert_int_equal(machine_fake.ipi[1], OTHER);
	assert_int_equal(w.cpu.first_swallow_tsc, 0);
	assert_int_equal(w.cpu.first_answer_tsc, 0);
	assert_false(tg_check_stall(&w.cpu));
	assert_int_equal(machine_fake.nr_ipi, 2);
}

/* Nor one that swallows the vector in another process, or when its script says so. */
static void test_raised_though_another_that_may_swallow_stays(void **state)
{
	struct tg_event *other = world_event(&w, TG_EVENT_INTERRUPT, TG_ALL,
					     TG_EV_SWALLOW | TG_EV_PID);
	struct tg_event *ev = world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW);

	(void)state;
	other->pid = 4711;
	world_arm_all(&w);
	interrupt(TIMER);
	assert_int_equal(ev->cpu[1].swallowed, 1);
	ev->off = TG_OFF_SWALLOW_STORM;
	assert_false(tg_check_stall(&w.cpu));
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], TIMER);
	interrupt(TIMER);
	delivers(TIMER);
	/* what the other has swallowed stays */
	world_task(&w, 4711, 4711, "other");
	interrupt(OTHER);
	world_task(&w, 1168, 1169, "prog");
	assert_false(tg_check_stall(&w.cpu));
	world_arm(&w, &other, 1);
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_true(tg_vecset_has(&w.cpu.swallowed, OTHER));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fault_limit_exact),
		TEST(test_fault_limit_in_a_row_only),
		TEST(test_fault_limit_each_event_has_its_own),
		TEST(test_INT_NOLOSS_delivered_is_next),
		TEST(test_INJ_SC_int_n_is_no_interrupt),
		TEST(test_INJ_SC_swallowed_gets_one_eoi),
		TEST(test_INJ_SC_not_in_service_is_delivered),
		TEST(test_INJ_SC_not_in_service_is_said),
		TEST(test_storm),
		TEST(test_storm_raises_only_the_others),
		TEST(test_storm_of_one_of_two),
		TEST(test_storm_of_a_level_triggered_line),
		TEST(test_stall),
		TEST(test_stall_not_while_others_arrive),
		TEST(test_stall_after_another_interrupt),
		TEST(test_raised_when_turned_off_elsewhere),
		TEST(test_stall_other_cores_events_stay),
		TEST(test_raised_once_when_the_event_goes),
		TEST(test_raised_only_those_whose_event_went),
		TEST(test_raised_though_a_trace_event_stays),
		TEST(test_raised_though_another_cores_event_stays),
		TEST(test_raised_though_another_that_may_swallow_stays),
		TEST(test_not_raised_when_the_guest_saw_it_since),
	};

	return cmocka_run_group_tests_name("core_swallow", tests, NULL, NULL);
}
