// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: the post stage by an interrupt of root mode's own, and requests (svm/post.c): what
 * is pending at the local APIC, what is in service, the TPR.
 */
#include "svm_fake.h"

#include "action.h"
#include "apic.h"

#define HANDLER	0xffffffff81000000ull

static int setup(void **state)
{
	fake_setup(state);
	svm_fake.tpr = 1;
	return 0;
}

static void hook(u32 vector, u32 stage, u32 flags)
{
	world_event(&w, vector < 32 ? TG_EVENT_EXCEPTION : TG_EVENT_INTERRUPT, vector,
		    flags)->stage =
		stage;
	fake_arm();
}

static int leave_guest(u32 code, u64 intinfo)
{
	vmcb.eventinj = 0;
	vmcb.exitcode = code;
	vmcb.exitintinfo = intinfo;
	return tg_svm_exit(&vcpu);
}

static void exception(u8 vector)
{
	vmcb.exitinfo1 = 0;
	assert_int_equal(leave_guest(SVM_EXIT_EXCEPTION + vector, 0), SVM_RESUME);
}

static void interrupt(u8 vector)
{
	machine_fake.pending[vector] = true;
	assert_int_equal(leave_guest(SVM_EXIT_INTR, 0), SVM_RESUME);
}

/* The entry is made for the exit behind the delivery, with that vector pending for it. */
static void is_due(u8 vector)
{
	assert_true(vmcb.eventinj & SVM_EV_VALID);
	assert_int_equal(vcpu.svm.host_if, 1);
	assert_true(vmcb.int_ctl & SVM_INT_V_INTR_MASKING);
	assert_int_equal(vmcb.int_ctl & SVM_INT_V_TPR, 1);
	assert_int_equal(svm_fake.tpr, 0);
	assert_int_equal(vmcb.intercept_exceptions, ~(1u << 2));
	assert_true(vmcb.intercept[0] & SVM_I1(SVM_EXIT_INTR));
	assert_false(vmcb.clean & SVM_CLEAN_INT_CTL);
	assert_true(machine_fake.pending[vector]);
	assert_true(vector >> 4 > tg_apic_priority() >> 4);
}

/* And all is as it was. */
static void is_over(bool interrupts)
{
	assert_int_equal(vcpu.svm.host_if, 0);
	assert_false(vmcb.int_ctl & SVM_INT_V_INTR_MASKING);
	assert_int_equal(svm_fake.tpr, 1);
	assert_false(!!(vmcb.intercept[0] & SVM_I1(SVM_EXIT_INTR)) != interrupts);
	assert_false(machine_fake.pending[0xff]);
	assert_false(machine_fake.in_service[0xff]);
	assert_false(vcpu.core.attention);
	assert_false(vcpu.core.posting.valid);
}

static void arrives(u32 code)
{
	vmcb.rip = machine_fake.snap.rip = HANDLER;
	vmcb.rflags = 2;
	vmcb.cpl = 0;
	leave_guest(code, 0);
}

static u32 posts(void)
{
	u32 i, n = 0;

	w.cpu = vcpu.core;
	for (i = 0; i < world_records(&w); i++) {
		const struct tg_record *r = world_record(&w, i);

		n += r->kind == TG_REC_TRAP && r->stage == TG_STAGE_POST && r->rip == HANDLER;
	}
	return n;
}

static u32 notes(void)
{
	u32 i, n = 0;

	w.cpu = vcpu.core;
	for (i = 0; i < world_records(&w); i++)
		n += world_record(&w, i)->note == TG_NOTE_POST_UNSEEN;
	return n;
}

static void test_inj_post_exception(void **state)
{
	(void)state;
	hook(6, TG_STAGE_ALL, 0);
	machine_fake.pending[0x41] = true;		/* the guest's; its IF will be 0 */
	exception(6);
	is_due(0xff);
	assert_int_equal(machine_fake.nr_ipi, 1);
	arrives(SVM_EXIT_INTR);
	is_over(false);
	assert_int_equal(vmcb.eventinj, 0);
	assert_true(machine_fake.pending[0x41]);
	assert_int_equal(machine_fake.nr_eoi, 1);
	assert_int_equal(machine_fake.eoi[0], 0xff);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 6 | 1u << 13);
	assert_int_equal(posts(), 1);
}

/* Whatever the exit is: first the post stage, then itself. */
static void test_inj_post_other_exit(void **state)
{
	(void)state;
	hook(6, TG_STAGE_ALL, 0);
	exception(6);
	vmcb.exitinfo1 = 0x10;
	vmcb.exitinfo2 = HANDLER;
	arrives(SVM_EXIT_EXCEPTION + 14);	/* the handler is not mapped */
	is_over(false);
	assert_int_equal(posts(), 1);
	assert_int_equal(vmcb.eventinj & 0xffffffff, SVM_EV_VALID | SVM_EV_ERROR | 3 << 8 | 14);
}

static void test_inj_post_nmi_in_the_window(void **state)
{
	(void)state;
	hook(6, TG_STAGE_ALL, 0);
	exception(6);
	svm_fake.nmi = true;
	arrives(SVM_EXIT_INTR);
	assert_int_equal(posts(), 1);
	assert_int_equal(svm_fake.opened, 2);
	assert_false(machine_fake.in_service[0xff]);
	/* it goes on to the guest */
	assert_int_equal(vmcb.eventinj, SVM_EV_VALID | 2 << 8 | 2);
}

/* A spurious interrupt is in service nowhere; the marker behind it is, and must be ended. */
static void test_inj_post_spurious(void **state)
{
	(void)state;
	hook(0xff, TG_STAGE_ALL, 0);
	svm_fake.spurious = true;
	assert_int_equal(leave_guest(SVM_EXIT_INTR, 0), SVM_RESUME);
	is_due(0xff);
	arrives(SVM_EXIT_INTR);
	is_over(true);
	assert_int_equal(machine_fake.nr_eoi, 1);
	assert_int_equal(machine_fake.eoi[0], 0xff);
	assert_int_equal(posts(), 1);
}

/* Nothing of anybody else's is ended for one that comes instead of the marker. */
static void test_inj_post_spurious_in_the_window(void **state)
{
	(void)state;
	hook(6, TG_STAGE_ALL, 0);
	machine_fake.in_service[0x41] = true;
	exception(6);
	is_due(0xff);
	svm_fake.spurious = true;
	arrives(SVM_EXIT_INTR);
	is_over(false);
	assert_true(machine_fake.in_service[0x41]);
	assert_int_equal(machine_fake.nr_eoi, 1);
	assert_int_equal(machine_fake.eoi[0], 0xff);
	assert_int_equal(machine_fake.nr_ipi, 1);
}

/* Where the marker would go before the event, the event goes without: for ever, else. */
static void test_inj_post_marker_first(void **state)
{
	(void)state;
	hook(6, TG_STAGE_ALL, 0);
	exception(6);
	is_due(0xff);
	leave_guest(SVM_EXIT_INTR, SVM_EV_VALID | 3 << 8 | 6);
	assert_int_equal(vmcb.eventinj & 0xffffffff, SVM_EV_VALID | 3 << 8 | 6);
	assert_int_equal(vcpu.svm.host_if, 0);
	assert_int_equal(posts(), 0);
	assert_int_equal(notes(), 1);
}

int tg_guest_register_set(struct tg_cpu *core, const struct tg_trap *trap, u32 reg, u64 value)
{
	(void)core;
	(void)trap;
	assert_int_equal(reg, TG_REG_CR3);
	vmcb.cr3 = value;
	vmcb.tlb_control = SVM_TLB_FLUSH_ALL;	/* as svm_forget_translations() */
	return 0;
}

/* What a script behind the delivery asks for is asked for at the entry. */
static void test_inj_post_script_flushes(void **state)
{
	static const struct tg_insn insns[] = {
		{ .op = TG_OP_LI, .imm = 0x5000 }, { .op = TG_OP_STX, .imm = TG_REG_CR3 },
		{ .op = TG_OP_EXIT },
	};
	static const struct tg_func func = { .count = 3, .regs = 1 };
	static const struct tg_image image = { .nr_insns = 3, .nr_funcs = 1 };
	static struct tg_script script = {
		.program = { .insns = insns, .funcs = &func, .image = &image },
		.flags = TG_SCRIPT_WRITES, .number = 1,
	};
	static u64 globals[TG_SCRIPT_GLOBALS_MAX / 8];
	static struct tg_actions actions = { .nr = 1, .action = { &script },
					     .globals = (u8 *)globals };
	static struct tg_script_cpu s;

	(void)state;
	w.config.fuel = 1000;
	w.config.script_time = 10;
	w.config.script_errors = 1;
	world_event(&w, TG_EVENT_EXCEPTION, 6, 0)->actions = &actions;
	w.event[0]->stage = TG_STAGE_POST;
	world_arm_all(&w);
	vcpu.core = w.cpu;
	tg_action_init(&vcpu.core, &s);
	svm_arm(&vcpu);
	exception(6);
	is_due(0xff);
	vmcb.tlb_control = 0;
	arrives(SVM_EXIT_INTR);
	assert_int_equal(s.run.error, 0);
	assert_int_equal(vmcb.cr3, 0x5000);
	assert_int_equal(vmcb.tlb_control, SVM_TLB_FLUSH_ALL);
	leave_guest(SVM_EXIT_INTR, 0);
	assert_int_equal(vmcb.tlb_control, 0);
}

/* One that somebody else sent stays the guest's. */
static void test_inj_post_marker_of_the_guest(void **state)
{
	(void)state;
	hook(6, TG_STAGE_ALL, 0);
	machine_fake.pending[0xff] = true;
	exception(6);
	is_due(0xff);
	assert_int_equal(machine_fake.nr_ipi, 0);
	arrives(SVM_EXIT_INTR);
	assert_true(machine_fake.pending[0xff]);
	assert_int_equal(svm_fake.opened, 0);
	assert_int_equal(machine_fake.nr_eoi, 0);
	assert_int_equal(posts(), 1);
}

static void cannot_be_seen(void)
{
	hook(6, TG_STAGE_ALL, 0);
	exception(6);
	assert_true(vmcb.eventinj & SVM_EV_VALID);
	assert_int_equal(notes(), 1);
	is_over(false);
	assert_int_equal(machine_fake.nr_ipi, 0);
	assert_int_equal(machine_fake.nr_eoi, 0);
	assert_int_equal(posts(), 0);
}

static void test_inj_post_below_class_f(void **state)
{
	(void)state;
	machine_fake.in_service[0xf6] = true;
	cannot_be_seen();
	assert_true(machine_fake.in_service[0xf6]);
}

static void test_inj_post_apic_off(void **state)
{
	(void)state;
	svm_fake.apic_off = true;
	cannot_be_seen();
}

/* The guest's TPR of class f is no hindrance: it is virtual meanwhile. */
static void test_inj_post_tpr(void **state)
{
	(void)state;
	svm_fake.tpr = 15;
	hook(6, TG_STAGE_ALL, 0);
	exception(6);
	assert_int_equal(vmcb.int_ctl & SVM_INT_V_TPR, 15);
	assert_int_equal(vcpu.svm.host_if, 1);
	arrives(SVM_EXIT_INTR);
	assert_int_equal(svm_fake.tpr, 15);
	assert_int_equal(posts(), 1);
}

static void test_inj_post_interrupt(void **state)
{
	(void)state;
	hook(0x41, TG_STAGE_ALL, 0);
	interrupt(0x41);
	is_due(0xff);
	assert_true(machine_fake.in_service[0x41]);
	arrives(SVM_EXIT_INTR);
	is_over(true);
	assert_true(machine_fake.in_service[0x41]);
	assert_int_equal(machine_fake.nr_eoi, 1);
	assert_int_equal(posts(), 1);
}

/* Given back to the APIC while it is delivered; in service when its handler starts. */
static void test_inj_post_interrupt_of_class_f(void **state)
{
	(void)state;
	hook(0xfb, TG_STAGE_ALL, 0);
	interrupt(0xfb);
	is_due(0xfb);
	assert_false(machine_fake.in_service[0xfb]);
	assert_false(machine_fake.pending[0xff]);
	machine_fake.pending[0xfd] = true;		/* higher ones come */
	svm_fake.late = 0xfe;
	arrives(SVM_EXIT_INTR);
	is_over(true);
	assert_true(machine_fake.in_service[0xfb]);
	assert_false(machine_fake.pending[0xfb]);
	assert_true(machine_fake.pending[0xfd] && machine_fake.pending[0xfe]);
	assert_false(machine_fake.in_service[0xfd] || machine_fake.in_service[0xfe]);
	assert_int_equal(posts(), 1);
}

/* The I/O APIC would send a level-triggered one again at the EOI. */
static void test_inj_post_interrupt_of_class_f_level(void **state)
{
	(void)state;
	machine_fake.level[0xfb] = true;
	hook(0xfb, TG_STAGE_ALL, 0);
	interrupt(0xfb);
	assert_true(vmcb.eventinj & SVM_EV_VALID);
	assert_true(machine_fake.in_service[0xfb]);
	assert_int_equal(machine_fake.nr_eoi, 0);
	assert_int_equal(notes(), 1);
	is_over(true);
}

/* Its delivery faults: in service all the same, as without us. */
static void test_inj_post_interrupt_of_class_f_faults(void **state)
{
	(void)state;
	hook(0xfb, TG_STAGE_ALL, 0);
	interrupt(0xfb);
	vmcb.exitinfo1 = 0xfb * 8 + 3;
	leave_guest(SVM_EXIT_EXCEPTION + 11, SVM_EV_VALID | 0xfb);
	is_over(true);
	assert_true(machine_fake.in_service[0xfb]);
	assert_int_equal(vmcb.eventinj & 0xffffffff, SVM_EV_VALID | SVM_EV_ERROR | 3 << 8 | 11);
	assert_int_equal(posts(), 0);
}

/* Swallowed second: the first again, and its post stage once. */
static void test_inj_post_redelivered(void **state)
{
	(void)state;
	hook(14, TG_STAGE_PRE, TG_EV_SWALLOW);
	hook(6, TG_STAGE_ALL, 0);
	exception(6);
	leave_guest(SVM_EXIT_EXCEPTION + 14, SVM_EV_VALID | 3 << 8 | 6);
	assert_int_equal(vmcb.eventinj, SVM_EV_VALID | 3 << 8 | 6);
	is_due(0xff);
	assert_int_equal(posts(), 0);
	arrives(SVM_EXIT_INTR);
	is_over(false);
	assert_int_equal(posts(), 1);
	assert_int_equal(machine_fake.nr_eoi, 2);
}

/* An exit that is no exception's, during delivery. */
static void test_inj_post_redelivered_after_an_exit(void **state)
{
	(void)state;
	hook(6, TG_STAGE_ALL, 0);
	exception(6);
	leave_guest(SVM_EXIT_INVD, SVM_EV_VALID | 3 << 8 | 6);
	assert_int_equal(vmcb.eventinj, SVM_EV_VALID | 3 << 8 | 6);
	is_due(0xff);
	arrives(SVM_EXIT_INTR);
	assert_int_equal(posts(), 1);
}

/* The window for what waits behind the shadow stays open across it. */
static void test_inj_post_open_window_stays(void **state)
{
	(void)state;
	hook(6, TG_STAGE_ALL, 0);
	svm_open_window(&vcpu);
	vcpu.core.unsettled = true;
	exception(6);
	is_due(0xff);
	arrives(SVM_EXIT_INTR);
	assert_true(vmcb.int_ctl & SVM_INT_V_INTR_MASKING);
	assert_true(vmcb.int_ctl & SVM_INT_V_IRQ);
	assert_int_equal(vcpu.svm.host_if, 0);
	assert_int_equal(svm_fake.tpr, 1);
	assert_int_equal(posts(), 1);
	svm_close_window(&vcpu);
	assert_false(vmcb.int_ctl & SVM_INT_V_INTR_MASKING);
	assert_int_equal(svm_fake.tpr, 1);
}

/* A new set comes with the exit: the event of the old one had its pre record. */
static void test_inj_post_rearmed_meanwhile(void **state)
{
	struct tg_evset *empty = set_new(NULL, 0);

	(void)state;
	hook(6, TG_STAGE_ALL, 0);
	exception(6);
	vcpu.core.wanted = empty;
	arrives(SVM_EXIT_INTR);
	is_over(false);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13);
	assert_int_equal(posts(), 1);
	set_free(empty);
}

/* A request waits until the guest is at CPL 3; interrupts exit meanwhile. */
static void test_request(void **state)
{
	struct tg_inject_spec s = {
		.type = TG_TYPE_EXCEPTION, .vector = 14, .error = 6, .address = 0xdead000,
		.flags = TG_INJECT_F_ERROR | TG_INJECT_F_ADDRESS };

	(void)state;
	hook(6, TG_STAGE_PRE, 0);
	vmcb.cpl = 0;
	assert_int_equal(tg_inject_request(&vcpu.core, &s), TG_INJECT_ERR_NONE);
	leave_guest(SVM_EXIT_INVD, 0);
	assert_int_equal(vmcb.eventinj, 0);
	assert_true(vmcb.intercept[0] & SVM_I1(SVM_EXIT_INTR));
	vmcb.cpl = 3;
	machine_fake.pending[0x41] = true;
	leave_guest(SVM_EXIT_INTR, 0);
	assert_int_equal(vmcb.eventinj, 6ull << 32 | SVM_EV_VALID | SVM_EV_ERROR | 3 << 8 | 14);
	assert_int_equal(vmcb.cr2, 0xdead000);
	assert_true(vmcb.rflags & TG_RFLAGS_RF);
	assert_true(machine_fake.pending[0x41]);	/* behind it */
	is_over(false);
}

/* One that nobody took in time is dropped, and interrupts go natively again. */
static void test_inject_too_late(void **state)
{
	const struct tg_inject_spec s = { .type = TG_TYPE_EXCEPTION, .vector = 6 };

	(void)state;
	hook(6, TG_STAGE_PRE, 0);
	vmcb.cpl = 0;
	assert_int_equal(tg_inject_request(&vcpu.core, &s), TG_INJECT_ERR_NONE);
	leave_guest(SVM_EXIT_INVD, 0);
	assert_true(vmcb.intercept[0] & SVM_I1(SVM_EXIT_INTR));
	machine_fake.tsc += 2000000000ull;
	leave_guest(SVM_EXIT_INVD, 0);
	assert_int_equal(vmcb.eventinj, 0);
	is_over(false);
}

/* A script of the event has read poison: the #MC is the handler's first. */
static void test_mce_root_behind_delivery(void **state)
{
	(void)state;
	hook(6, TG_STAGE_PRE, 0);
	vcpu.mce_pending = true;
	vcpu.nmi_root = NMI_ROOT_MC;
	vcpu.core.unsettled = true;
	exception(6);
	is_due(0xff);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	arrives(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, TG_VEC_MC));
	assert_false(vcpu.mce_pending);
	is_over(false);
	assert_int_equal(posts(), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_mce_root_behind_delivery),
		T(test_inj_post_exception), T(test_inj_post_other_exit),
		T(test_inj_post_nmi_in_the_window),
		T(test_inject_too_late), T(test_inj_post_spurious),
		T(test_inj_post_spurious_in_the_window),
		T(test_inj_post_marker_first), T(test_inj_post_script_flushes),
		T(test_inj_post_marker_of_the_guest), T(test_inj_post_below_class_f),
		T(test_inj_post_apic_off), T(test_inj_post_tpr),
		T(test_inj_post_interrupt), T(test_inj_post_interrupt_of_class_f),
		T(test_inj_post_interrupt_of_class_f_level),
		T(test_inj_post_interrupt_of_class_f_faults),
		T(test_inj_post_redelivered), T(test_inj_post_redelivered_after_an_exit),
		T(test_inj_post_open_window_stays), T(test_inj_post_rearmed_meanwhile),
		T(test_request),
	};

	return cmocka_run_group_tests_name("arch_svm_post", tests, NULL, NULL);
}
