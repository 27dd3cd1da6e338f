// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: NMIs and their blocking, which svm/nmi.c keeps; what comes when interrupts are let in,
 * and the window for what waits behind a shadow.
 */
#include "svm_fake.h"

#define AT_IRET		0x9000u

static void nmi(void)
{
	svm_fake.nmi = true;
	fake_exit(SVM_EXIT_NMI);
}

static void in_handler(void)
{
	fake_arm();
	nmi();
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vcpu.core.exits_nmi, 1);
	assert_int_equal(vcpu.core.root_nmis, 0);
	assert_true(vcpu.svm.nmi.masked);
	assert_true(fake_intercepts(SVM_EXIT_IRET));
	vmcb.rip = 0x8000;
	vmcb.rsp = 0x100000;
}

static void at_iret(void)
{
	vmcb.rip = AT_IRET;
	fake_exit(SVM_EXIT_IRET);
}

static void test_win_nmi_ends_behind_iret(void **state)
{
	(void)state;
	in_handler();
	at_iret();
	assert_false(fake_intercepts(SVM_EXIT_IRET));
	assert_int_equal(vmcb.rflags, 0x202);
	vmcb.rip = RIP;
	fake_exit(SVM_EXIT_INTR);
	assert_false(vcpu.svm.nmi.masked);
	nmi();
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
}

static void test_nmi_virt_one_pending(void **state)
{
	(void)state;
	in_handler();
	nmi();
	assert_int_equal(vmcb.eventinj, 0);
	nmi();
	assert_int_equal(vmcb.eventinj, 0);
	assert_true(vcpu.core.nmi_pending);
	at_iret();				/* with one waiting: a step */
	assert_true(vcpu.svm.nmi.step);
	assert_int_equal(vmcb.rflags, 0x302);
	assert_int_equal(vmcb.intercept_exceptions, ~(1u << 2));
	vmcb.rip = RIP;				/* IRET has popped TF=0 */
	vmcb.rflags = 0x202;
	vmcb.dr6 = 0xffff4ff0;
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.dr6, 0xffff0ff0);
	assert_false(vmcb.clean & (SVM_CLEAN_DR | SVM_CLEAN_INTERCEPTS));
	assert_int_equal(vmcb.rflags, 0x202);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13);
	assert_int_equal(vcpu.core.injected_nmis, 2);
	assert_int_equal(vcpu.core.root_nmis, 0);
	assert_false(vcpu.core.nmi_pending);
}

static void test_nmi_virt_step_keeps_the_guests_db(void **state)
{
	(void)state;
	in_handler();
	nmi();
	vmcb.rflags = 0x102;			/* the handler steps itself */
	at_iret();
	vmcb.rip = RIP;
	vmcb.rflags = 0x202;
	vmcb.dr6 = 0xffff4ff0;
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 1));
	assert_int_equal(vmcb.dr6, 0xffff4ff0);
	assert_true(vcpu.core.nmi_pending);	/* behind it */
}

static void test_nmi_virt_step_keeps_a_breakpoint(void **state)
{
	(void)state;
	in_handler();
	nmi();
	at_iret();
	vmcb.rip = RIP;
	vmcb.rflags = 0x202;
	vmcb.dr6 = 0xffff4ff1;
	vmcb.dr7 = 0x402;
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 1));
	assert_int_equal(vmcb.dr6, 0xffff0ff1);
}

static void test_nmi_virt_iret_pops_tf(void **state)
{
	(void)state;
	in_handler();
	nmi();
	at_iret();
	vmcb.rip = RIP;
	vmcb.rflags = 0x302;			/* TF of whom it returns to */
	vmcb.dr6 = 0xffff4ff0;
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.rflags, 0x302);
}

static void test_nmi_virt_iret_faults(void **state)
{
	(void)state;
	in_handler();
	nmi();
	at_iret();
	fake_exception(13, 0x18, 0);	/* at the IRET, TF of ours on */
	assert_int_equal(vmcb.rflags, 0x10202);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x18));
	assert_false(vcpu.svm.nmi.masked);
	assert_true(vcpu.core.nmi_pending);
	assert_true(fake_intercepts(SVM_EXIT_IRET));	/* at the latest there */
	vmcb.rip = 0x8800;
	fake_exit(SVM_EXIT_IRET);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
}

static void test_nmi_while_at_iret(void **state)
{
	(void)state;
	in_handler();
	at_iret();
	nmi();					/* before the IRET was executed */
	assert_int_equal(vmcb.eventinj, 0);
	assert_true(vcpu.svm.nmi.masked);
	assert_true(vcpu.svm.nmi.step);
	assert_int_equal(vmcb.rflags, 0x302);
	fake_exit(SVM_EXIT_INVD);	/* whatever: still there, TF again */
	assert_true(vcpu.svm.nmi.step);
	assert_int_equal(vmcb.rflags, 0x302);
}

#define WINDOW (SVM_INT_V_IRQ | SVM_INT_V_IGN_TPR | SVM_INT_V_INTR_MASKING)

/* The exit of a hypervisor below us that does not know the shadow. */
static void test_nmi_waits_for_the_end_of_stis_shadow(void **state)
{
	(void)state;
	fake_arm();
	svm_fake.tpr = 3;
	vmcb.int_state = SHADOW;
	nmi();
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.int_ctl, WINDOW | 3);
	assert_true(fake_intercepts(SVM_EXIT_VINTR));
	assert_false(vmcb.clean & SVM_CLEAN_INT_CTL);
	assert_int_equal(vmcb.rflags, 0x202);
	assert_int_equal(vmcb.int_state, SHADOW);
	vmcb.rip = RIP + 1;
	vmcb.int_state = 0;
	vmcb.int_ctl = WINDOW | 5;		/* the guest has set its TPR */
	fake_exit(SVM_EXIT_VINTR);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.int_ctl & WINDOW, 0);
	assert_false(vmcb.clean & SVM_CLEAN_INT_CTL);
	assert_false(fake_intercepts(SVM_EXIT_VINTR));
	assert_int_equal(svm_fake.tpr, 5);
}

static void test_nmi_does_not_wait_for_mov_ss(void **state)
{
	(void)state;
	fake_arm();
	vmcb.int_state = SHADOW;
	vmcb.rflags = 2;
	nmi();
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
}

static void test_int_window_for_the_shadow(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	machine_fake.pending[0xec] = true;
	vmcb.int_state = SHADOW;
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(svm_fake.acknowledged, 0);
	assert_int_equal(vmcb.int_ctl, WINDOW);
	assert_int_equal(vmcb.int_state, SHADOW);
	vmcb.int_state = 0;
	fake_exit(SVM_EXIT_VINTR);
	assert_int_equal(vmcb.int_ctl & WINDOW, 0);
	assert_int_equal(vmcb.eventinj, 0);
	fake_exit(SVM_EXIT_INTR);	/* at once, it is still there */
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0xec));
}

/* The general way, as on processors that need SPEC: no step, no TF of ours. */
static void test_nmi_in_the_acknowledge_window(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	vcpu.slow = SLOW_IBRS;
	machine_fake.pending[0xec] = true;
	svm_fake.nmi = true;
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.rflags, 0x202);
	assert_false(vcpu.svm.nmi.step);
}

static void test_mc_in_the_acknowledge_window(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	vcpu.slow = SLOW_IBRS;
	svm_fake.mc = true;
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 18));
}

static void test_own_step_that_does_not_move(void **state)
{
	(void)state;
	in_handler();
	nmi();
	at_iret();
	vmcb.dr6 = 0xffff4ff0;
	fake_exception(1, 0, 0);	/* IRET to itself */
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.dr6, 0xffff0ff0);
}

static void test_stale_hit_in_dr6(void **state)
{
	(void)state;
	in_handler();
	nmi();
	at_iret();
	vmcb.rip = RIP;
	vmcb.rflags = 0x202;
	vmcb.dr6 = 0xffff4ff1;			/* of long ago: DR7 has none on */
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
}

static void test_nmi_goes_before_the_interrupt(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	machine_fake.pending[0xec] = true;
	svm_fake.nmi = true;
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(svm_fake.acknowledged, 0);	/* it waits at the APIC */
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_NMI, 2));
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0xec));
}

static void test_nmi_behind_the_acknowledged_interrupt(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	machine_fake.pending[0xec] = true;
	svm_fake.late_nmi = true;
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0xec));
	assert_true(vcpu.core.nmi_pending);
	assert_true(fake_intercepts(SVM_EXIT_IRET));
	vmcb.rip = 0x8000;
	fake_exit(SVM_EXIT_IRET);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
}

static void test_vnmi(void **state)
{
	(void)state;
	vcpu.svm.features |= SVM_FEATURE_VNMI;
	fake_arm();
	nmi();
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.int_ctl & SVM_INT_V_NMI, SVM_INT_V_NMI);
	assert_false(vmcb.clean & SVM_CLEAN_INT_CTL);
	assert_false(fake_intercepts(SVM_EXIT_IRET));
	assert_int_equal(vcpu.core.injected_nmis, 1);
}

static void test_inj_sc_nmi(void **state)
{
	(void)state;
	fake_hook(2, TG_EV_SWALLOW);
	nmi();
	assert_int_equal(vmcb.eventinj, 0);
	assert_false(vcpu.svm.nmi.masked);
	assert_false(vcpu.core.nmi_pending);
	assert_int_equal(world_records(&w), 1);
}

static void nmi_comes(void)
{
	vcpu.nmi_root++;
	machine_fake.on_snapshot = NULL;
}

/* It comes while a script of the interrupt runs, or of another event: it waits for no exit. */
static void test_nmi_virt_in_a_script(void **state)
{
	(void)state;
	fake_hook(0x41, 0);
	/* not on the short way: something else was looked at first */
	vcpu.core.unsettled = true;
	machine_fake.pending[0x41] = true;
	machine_fake.on_snapshot = nmi_comes;
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0x41));
	assert_int_equal(vcpu.nmi_root, 0);
	assert_true(vcpu.core.nmi_pending);
	assert_true(fake_intercepts(SVM_EXIT_IRET));
	fake_exit(SVM_EXIT_INVD);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
}

/* The same of a script of #MC, which runs before the entry, after the NMIs of before. */
static void test_nmi_virt_in_a_script_of_mc(void **state)
{
	(void)state;
	fake_hook(18, 0);
	vcpu.core.unsettled = true;
	vcpu.mce_pending = true;
	machine_fake.on_snapshot = nmi_comes;
	fake_exit(SVM_EXIT_INVD);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 18));
	assert_int_equal(vcpu.nmi_root, 0);
	assert_true(vcpu.core.nmi_pending);
	assert_true(fake_intercepts(SVM_EXIT_IRET));
}

#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_nmi_virt_in_a_script), T(test_nmi_virt_in_a_script_of_mc),
		T(test_nmi_goes_before_the_interrupt),
		T(test_nmi_behind_the_acknowledged_interrupt),
		T(test_win_nmi_ends_behind_iret), T(test_nmi_virt_one_pending),
		T(test_nmi_virt_step_keeps_the_guests_db),
		T(test_nmi_virt_step_keeps_a_breakpoint), T(test_nmi_virt_iret_pops_tf),
		T(test_nmi_virt_iret_faults), T(test_nmi_while_at_iret),
		T(test_nmi_waits_for_the_end_of_stis_shadow),
		T(test_nmi_does_not_wait_for_mov_ss), T(test_int_window_for_the_shadow),
		T(test_nmi_in_the_acknowledge_window),
		T(test_mc_in_the_acknowledge_window), T(test_own_step_that_does_not_move),
		T(test_stale_hit_in_dr6), T(test_vnmi), T(test_inj_sc_nmi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
