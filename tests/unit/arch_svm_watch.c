// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: when the local APIC's timer is started for a tick of root mode's, and whose it is
 * when it comes. The timer is this file.
 */
#include <unistd.h>

#include "svm_fake.h"

#include "apic.h"

#define TIMER	0xecu
#define CALL	0xfbu
#define OTHER	0x30u

static struct {
	bool idle, tick_out;
	unsigned int ticks, stops;
} timer;

bool tg_apic_timer_is(u8 vector)
{
	return vector == TIMER;
}

u8 tg_apic_timer_vector(void)
{
	return TIMER;
}

bool tg_apic_timer_idle(void)
{
	return timer.idle;
}

u64 tg_apic_tick(u64 ticks)
{
	timer.ticks++;
	timer.idle = false;
	return ticks;
}

bool tg_apic_tick_is_ours(u64 due)
{
	(void)due;
	return timer.tick_out;
}

void tg_apic_tick_stop(void)
{
	timer.stops++;
}

static u8 msrpm[8192], none[8192];

/* The guest's writes of the timer's deadline. */
static bool deadline_exits(void)
{
	return memcmp(msrpm, none, sizeof(none));
}

static int setup(void **state)
{
	fake_setup(state);
	memset(&timer, 0, sizeof(timer));
	platform.core.tsc_khz = WORLD_KHZ;
	vcpu.svm.msrpm = msrpm;
	memset(msrpm, 0, sizeof(msrpm));
	vcpu.core.watch_stall = true;
	return 0;
}

/* One that has run out may not have raised its interrupt yet: it would be lost (INT-NOLOSS). */
static void test_int_noloss_tick_for_the_timer_only(void **state)
{
	(void)state;
	timer.idle = true;
	tg_vecset_add(&vcpu.core.swallowed, CALL);
	svm_watch_swallowed(&vcpu);
	assert_int_equal(timer.ticks, 0);
	tg_vecset_add(&vcpu.core.swallowed, TIMER);
	svm_watch_swallowed(&vcpu);
	assert_int_equal(timer.ticks, 1);
	assert_true(deadline_exits());
}

/* A storm has ended the event, and what was swallowed was raised: it is no tick of ours. */
static void test_int_noloss_raised_timer_is_the_guests(void **state)
{
	(void)state;
	timer.idle = true;
	tg_vecset_add(&vcpu.core.swallowed, TIMER);
	svm_watch_swallowed(&vcpu);
	timer.tick_out = timer.idle = true;
	tg_vecset_del(&vcpu.core.swallowed, TIMER);
	assert_false(svm_watch_tick(&vcpu, TIMER));
	assert_int_equal(machine_fake.nr_eoi, 0);
}

static void test_running_timer_stays(void **state)
{
	(void)state;
	tg_vecset_add(&vcpu.core.swallowed, TIMER);
	svm_watch_swallowed(&vcpu);
	assert_int_equal(timer.ticks, 0);
}

static void test_tick_comes(void **state)
{
	(void)state;
	timer.idle = true;
	tg_vecset_add(&vcpu.core.swallowed, TIMER);
	svm_watch_swallowed(&vcpu);
	/* the guest's: it has set the timer since */
	assert_false(svm_watch_tick(&vcpu, TIMER));
	assert_false(svm_watch_tick(&vcpu, CALL));
	timer.tick_out = timer.idle = true;
	assert_true(svm_watch_tick(&vcpu, TIMER));
	assert_int_equal(machine_fake.nr_eoi, 1);
	assert_int_equal(timer.ticks, 2);		/* and the next */
	vcpu.core.watch_stall = false;
	svm_watch_arm(&vcpu);
	assert_int_equal(timer.stops, 1);
	assert_false(deadline_exits());
	assert_false(svm_watch_tick(&vcpu, TIMER));
}

static void interrupt(u8 vector)
{
	machine_fake.pending[vector] = true;
	fake_exit(SVM_EXIT_INTR);
}

/*
 * Another CPU turns the event off behind the look of tg_check_stall(), and before this one
 * arms: with nothing armed nobody looks again.
 */
static void test_int_noloss_raised_when_nothing_is_armed(void **state)
{
	(void)state;
	fake_hook(TIMER, TG_EV_SWALLOW);
	interrupt(TIMER);
	assert_true(tg_vecset_has(&vcpu.core.swallowed, TIMER));
	w.event[0]->off = TG_OFF_SWALLOW_STORM;
	svm_arm(&vcpu);
	assert_false(vcpu.core.watch_stall);
	assert_false(fake_intercepts(SVM_EXIT_HLT));
	assert_int_equal(machine_fake.nr_ipi, 1);
	assert_int_equal(machine_fake.ipi[0], TIMER);
	assert_true(tg_vecset_empty(&vcpu.core.swallowed));
	assert_int_equal(vcpu.core.first_swallow_tsc, 0);
}

/* Swallowed while the watch was off here: from now on somebody looks, at a busy CPU, too. */
static void test_arming_starts_the_tick(void **state)
{
	(void)state;
	timer.idle = true;
	world_event(&w, TG_EVENT_INTERRUPT, OTHER, 0);
	world_event(&w, TG_EVENT_INTERRUPT, TIMER, TG_EV_SWALLOW)->off = TG_OFF_SWALLOW_STALL;
	fake_arm();
	assert_false(vcpu.core.watch_stall);
	w.event[1]->off = TG_OFF_NONE;		/* the control side, before it publishes */
	interrupt(TIMER);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(timer.ticks, 0);
	svm_arm(&vcpu);
	assert_true(vcpu.core.watch_stall);
	assert_true(fake_intercepts(SVM_EXIT_HLT));
	assert_int_equal(timer.ticks, 1);
	assert_true(deadline_exits());
	svm_arm(&vcpu);
	assert_int_equal(timer.ticks, 1);
}

/* The guest's HLT, one byte, with an event armed that swallows interrupts; IF=0. */
static void halt_masked(void)
{
	vmcb.rflags = 2;
	vmcb.cpl = 0;
	vmcb.nrip = vmcb.rip + 1;
	assert_true(fake_intercepts(SVM_EXIT_HLT));
	alarm(10);
	fake_exit(SVM_EXIT_HLT);
	alarm(0);
}

/* kvm_wait: a spinlock's owner wakes the CPU by what is neither interrupt nor NMI. */
static void test_int_hlt_masked_is_a_real_one(void **state)
{
	(void)state;
	fake_hook(OTHER, TG_EV_SWALLOW);
	halt_masked();
	assert_int_equal(svm_fake.halts, 1);
	assert_int_equal(vmcb.rip, RIP + 1);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(svm_fake.opened, 0);
	/* An interrupt that is pending does not end it, and stays. */
	machine_fake.pending[OTHER] = true;
	halt_masked();
	assert_int_equal(svm_fake.halts, 2);
	assert_int_equal(vmcb.rip, RIP + 2);
	assert_int_equal(vmcb.eventinj, 0);
	assert_true(machine_fake.pending[OTHER]);
}

/* An NMI does, unless it is swallowed (INJ-ACT). */
static void test_inj_act_hlt_masked_nmi(void **state)
{
	(void)state;
	world_event(&w, TG_EVENT_INTERRUPT, OTHER, TG_EV_SWALLOW);
	fake_hook(TG_VEC_NMI, 0);
	svm_fake.nmis_in_halt = 1;
	halt_masked();
	assert_int_equal(svm_fake.halts, 1);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.rip, RIP + 1);
	w.event[1]->flags |= TG_EV_SWALLOW;
	fake_arm();
	vcpu.svm.nmi.masked = false;
	svm_fake.nmis_in_halt = 2;
	halt_masked();
	assert_int_equal(svm_fake.halts, 4);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.rip, RIP + 2);
}

/* IN of so many bits from the port of C2, of two bytes. */
static void idle_port(u32 info)
{
	vmcb.exitinfo1 = 0x414u << 16 | info;
	vmcb.exitinfo2 = vmcb.rip + 2;
	vmcb.exitcode = 0x7b;
	vmcb.rax = 0x1122334455667788;
	assert_int_equal(tg_svm_exit(&vcpu), SVM_RESUME);
}

/* An idle CPU of every Zen: neither HLT nor MWAIT. It goes on, and is looked at. */
static void test_int_noloss_idle_by_port(void **state)
{
	static const struct {
		u32 info;
		u64 rax;
	} t[] = {
		{ 0x11, 0x1122334455667700 }, { 0x21, 0x1122334455660000 }, { 0x41, 0 },
	};

	(void)state;
	fake_hook(OTHER, TG_EV_SWALLOW);
	assert_false(fake_intercepts(0x7b));		/* no such ports */
	platform.iopm_pa = 0x8000;
	svm_arm(&vcpu);
	assert_true(fake_intercepts(0x7b));
	for (u32 i = 0; i < TG_ARRAY_SIZE(t); i++) {
		vmcb.rip = RIP;
		idle_port(t[i].info);
		assert_int_equal(vmcb.rip, RIP + 2);
		assert_int_equal(vmcb.rax, t[i].rax);
		assert_true(fake_intercepts(0x7b));
	}
	w.event[0]->off = TG_OFF_USER;
	svm_arm(&vcpu);
	assert_false(fake_intercepts(0x7b));
}

/* OUT, INS: natively, and not watched any more. */
static void test_idle_port_otherwise(void **state)
{
	static const u32 infos[] = { 0x10, 0x15 };

	(void)state;
	fake_hook(OTHER, TG_EV_SWALLOW);
	platform.iopm_pa = 0x8000;
	for (u32 i = 0; i < TG_ARRAY_SIZE(infos); i++) {
		svm_arm(&vcpu);
		assert_true(fake_intercepts(0x7b));
		vmcb.clean = SVM_CLEAN_ALL;
		idle_port(infos[i]);
		assert_int_equal(vmcb.rip, RIP);
		assert_int_equal(vmcb.rax, 0x1122334455667788);
		assert_false(fake_intercepts(0x7b));
		assert_false(vmcb.clean & SVM_CLEAN_INTERCEPTS);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_int_noloss_tick_for_the_timer_only),
		T(test_int_noloss_raised_timer_is_the_guests),
		T(test_running_timer_stays),
		T(test_tick_comes),
		T(test_int_noloss_raised_when_nothing_is_armed),
		T(test_arming_starts_the_tick),
		T(test_int_hlt_masked_is_a_real_one),
		T(test_inj_act_hlt_masked_nmi),
		T(test_int_noloss_idle_by_port),
		T(test_idle_port_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
