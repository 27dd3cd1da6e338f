// SPDX-License-Identifier: GPL-2.0
/* AMD-V: what is written into the VMCB for what was found in it. */
#include "svm_fake.h"

/* ---- arming ---------------------------------------------------------------- */

static void test_arm(void **state)
{
	(void)state;
	fake_arm();
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13);	/* is_svm_insn() */
	assert_false(fake_intercepts(SVM_EXIT_INTR));
	assert_false(fake_intercepts(SVM_EXIT_ICEBP));
	fake_hook(14, 0);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13 | 1u << 14);
	fake_hook(1, 0);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13 | 1u << 14 | 1u << 1);
	assert_true(fake_intercepts(SVM_EXIT_ICEBP));
	fake_hook(TG_ALL, 0);		/* interrupts */
	assert_true(fake_intercepts(SVM_EXIT_INTR));
	world_arm(&w, NULL, 0);
	vcpu.core = w.cpu;
	svm_arm(&vcpu);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13);
	assert_false(fake_intercepts(SVM_EXIT_INTR));
	assert_false(vmcb.clean & SVM_CLEAN_INTERCEPTS);
}

/* Each of the 32 by itself, and all of them; NMI has an intercept of its own. */
static void test_arm_all_exceptions(void **state)
{
	const u32 always = 1u << 13, nmi = 1u << 2;
	u32 vector;

	(void)state;
	for (vector = 0; vector < 32; vector++)
		world_event(&w, TG_EVENT_EXCEPTION, vector, 0);
	for (vector = 0; vector < 32; vector++) {
		world_arm(&w, &w.event[vector], 1);
		vcpu.core = w.cpu;
		svm_arm(&vcpu);
		assert_int_equal(vmcb.intercept_exceptions, ((1u << vector) | always) & ~nmi);
		assert_int_equal(fake_intercepts(SVM_EXIT_ICEBP), vector == 1);
	}
	fake_arm();
	assert_int_equal(vmcb.intercept_exceptions, ~nmi);
	assert_false(fake_intercepts(SVM_EXIT_INTR));
	world_arm(&w, NULL, 0);
	vcpu.core = w.cpu;
	svm_arm(&vcpu);
	assert_int_equal(vmcb.intercept_exceptions, always);
}

static void test_arm_all_at_once(void **state)
{
	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, TG_ALL, 0);
	fake_arm();
	assert_int_equal(vmcb.intercept_exceptions, ~(1u << 2));
}

/* A processor may go on with the intercepts of before where the clean bit says so. */
static void test_arm_marks_intercepts(void **state)
{
	struct tg_event *ud, *timer;

	(void)state;
	ud = world_event(&w, TG_EVENT_EXCEPTION, 6, 0);
	timer = world_event(&w, TG_EVENT_INTERRUPT, 0xec, 0);
	fake_arm();
	world_arm(&w, &ud, 1);			/* the interrupts' word alone */
	vcpu.core = w.cpu;
	svm_arm(&vcpu);
	assert_false(vmcb.clean & SVM_CLEAN_INTERCEPTS);
	fake_arm();
	world_arm(&w, &timer, 1);		/* the exceptions' alone */
	vcpu.core = w.cpu;
	svm_arm(&vcpu);
	assert_false(vmcb.clean & SVM_CLEAN_INTERCEPTS);
	vmcb.clean = SVM_CLEAN_ALL;
	svm_arm(&vcpu);				/* nothing changes */
	assert_int_equal(vmcb.clean, SVM_CLEAN_ALL);
}

static void test_msrpm(void **state)
{
	static u8 msrpm[8192];
	unsigned int i, set = 0;

	(void)state;
	/* EFER: bits 100h, 101h of range 2 */
	svm_intercept_msr(msrpm, 0xc0000080, false, true);
	assert_int_equal(msrpm[0x800 + 0x20], 2);
	svm_intercept_msr(msrpm, 0xc0010117, true, true);
	assert_int_equal(msrpm[0x1000 + 0x117 / 4], 3 << (0x117 % 4 * 2));
	svm_intercept_msr(msrpm, 0x6e0, false, true);
	assert_int_equal(msrpm[0x6e0 / 4], 2);
	svm_intercept_msr(msrpm, 0x6e0, false, false);
	assert_int_equal(msrpm[0x6e0 / 4], 0);
	for (i = 0; i < sizeof(msrpm); i++)
		set += __builtin_popcount(msrpm[i]);
	assert_int_equal(set, 3);
}

/* TLB: at every entry, as a hypervisor below knows nothing of our ASID. */
static void test_tlb_nested(void **state)
{
	(void)state;
	fake_arm();
	fake_exit(SVM_EXIT_INVD);
	assert_int_equal(vmcb.tlb_control, 0);
	platform.nested = true;
	fake_exit(SVM_EXIT_INVD);
	assert_int_equal(vmcb.tlb_control, SVM_TLB_FLUSH_ALL);
	assert_false(vcpu.core.unsettled);	/* the short ways stay open */
}

/* ---- exceptions ------------------------------------------------------------ */

static void test_inj_cr2_and_rf(void **state)
{
	(void)state;
	fake_hook(14, 0);
	vmcb.cr2 = 0x1111;
	fake_exception(14, 0x7, 0xdead000);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 14, 7));
	assert_int_equal(vmcb.cr2, 0xdead000);
	assert_false(vmcb.clean & SVM_CLEAN_CR2);
	assert_int_equal(vmcb.rflags, 0x10202);
	assert_int_equal(vmcb.rip, RIP);
	assert_int_equal(world_record(&w, 0)->address, 0xdead000);
	assert_int_equal(world_record(&w, 0)->error, 7);
}

static void test_inj_err_without_code(void **state)
{
	(void)state;
	fake_hook(6, 0);
	fake_exception(6, 0xffff, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	assert_int_equal(world_record(&w, 0)->error, 0);
	assert_int_equal(vmcb.clean, SVM_CLEAN_ALL);
}

static void test_inj_sc_page_fault(void **state)
{
	(void)state;
	fake_hook(14, TG_EV_SWALLOW);
	vmcb.cr2 = 0x1111;
	vmcb.int_state = SHADOW;
	fake_exception(14, 0x4, 0xdead000);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.cr2, 0x1111);
	assert_int_equal(vmcb.rip, RIP);
	assert_int_equal(vmcb.rflags, 0x202);
	assert_int_equal(vmcb.int_state, SHADOW);
}

static void test_injection_ends_shadow(void **state)
{
	(void)state;
	fake_hook(6, 0);
	vmcb.int_state = SHADOW;
	fake_exception(6, 0, 0);
	assert_int_equal(vmcb.int_state, 0);
}

static void test_inj_rip_int3_nrips(void **state)
{
	(void)state;
	fake_hook(3, 0);
	vmcb.nrip = RIP + 2;			/* with a prefix */
	fake_exception(3, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 3));
	assert_int_equal(vmcb.rip, RIP);
	assert_int_equal(vmcb.nrip, RIP + 2);
	assert_int_equal(vmcb.rflags, 0x202);	/* no RF */
	assert_int_equal(world_record(&w, 0)->type, TG_TYPE_INT3_INTO);
	assert_int_equal(world_record(&w, 0)->insn_len, 2);
	assert_int_equal(world_record(&w, 0)->rip, RIP);
}

static void test_inj_rip_int3_decoded(void **state)
{
	static const u8 code[] = { 0x66, 0x48, 0xcc };

	(void)state;
	vcpu.svm.features = 0;
	fake_hook(3, 0);
	memcpy(svm_fake.code, code, sizeof(code));
	fake_exception(3, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 3));
	assert_int_equal(vmcb.rip, RIP + 3);
	assert_int_equal(vmcb.intercept_exceptions, ~(1u << 2));
	/* its delivery faults: the fault is at the INT3 */
	vmcb.exitintinfo = INJ(SVM_EV_SOFT, 3);
	fake_exception(14, 0, 0x5000);
	assert_int_equal(vmcb.rip, RIP);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 3 | 1u << 13);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 14, 0));
}

static void test_inj_dpl_int1_before_int_1(void **state)
{
	(void)state;
	fake_hook(1, 0);
	memset(svm_fake.code, 0xf1, 1);
	vmcb.nrip = RIP + 1;
	fake_exit(SVM_EXIT_ICEBP);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 1));
	assert_int_equal(vmcb.rip, RIP + 1);
	/* delivered, and back; INT 1 stands there, and its gate is not for users */
	vmcb.exitintinfo = INJ(SVM_EV_SOFT, 1);
	fake_exception(13, 0xa, 0);
	assert_int_equal(vmcb.rip, RIP + 1);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0xa));
}

static void see_int_n(const u8 *code, size_t size)
{
	fake_hook(0x80, 0);
	fake_hook(3, 0);
	vcpu.int_n_seen = true;
	vmcb.intercept[0] |= SVM_I1(SVM_EXIT_SWINT);
	memcpy(svm_fake.code, code, size);
	fake_exit(SVM_EXIT_SWINT);
}

static void test_inj_type_int_n(void **state)
{
	static const u8 code[] = { 0x66, 0xcd, 0x80 };

	(void)state;
	see_int_n(code, sizeof(code));
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 0x80));
	assert_int_equal(vmcb.rip, RIP);
	assert_int_equal(vmcb.nrip, RIP + 3);
	assert_int_equal(world_record(&w, 0)->type, TG_TYPE_INT_N);
	assert_int_equal(world_record(&w, 0)->vector, 0x80);
	assert_int_equal(world_record(&w, 0)->insn_len, 3);
	assert_int_equal(world_records(&w), 1);
	assert_true(vcpu.int_n_seen);
}

/* QEMU comes here for INT3, which is none. */
static void test_inj_type_int3_as_int_n(void **state)
{
	static const u8 code[] = { 0xcc };

	(void)state;
	see_int_n(code, sizeof(code));
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 3));
	assert_int_equal(vmcb.nrip, RIP + 1);
	assert_int_equal(world_record(&w, 0)->type, TG_TYPE_INT3_INTO);
}

/* Not readable, or something else by now: natively, and nothing is claimed. */
static void test_inj_type_int_n_unreadable(void **state)
{
	static const u8 code[] = { 0x90 };

	(void)state;
	see_int_n(code, sizeof(code));
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.rip, RIP);
	assert_false(fake_intercepts(SVM_EXIT_SWINT));
	assert_false(vcpu.int_n_seen);
	assert_int_equal(world_records(&w), 0);
}

/* It says INT n in EXITINTINFO, since it was injected so; its length is still one. */
static void test_inj_nest_redeliver_int3(void **state)
{
	(void)state;
	vcpu.svm.features = 0;
	world_event(&w, TG_EVENT_EXCEPTION, 3, 0);
	fake_hook(14, TG_EV_SWALLOW);
	svm_fake.code[0] = 0xcc;
	fake_exception(3, 0, 0);
	assert_int_equal(vmcb.rip, RIP + 1);
	vmcb.exitintinfo = INJ(SVM_EV_SOFT, 3);
	fake_exception(14, 0, 0x5000);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 3));
	assert_int_equal(vmcb.rip, RIP + 1);
	assert_int_equal(world_record(&w, 1)->first_type, TG_TYPE_INT3_INTO);
	/* an INT 3 of two bytes is one */
	vmcb.exitintinfo = 0;
	fake_exception(6, 0, 0);
	vmcb.exitintinfo = INJ(SVM_EV_SOFT, 3);
	fake_exception(14, 0, 0x5000);
	assert_int_equal(vmcb.rip, RIP + 3);
	assert_int_equal(world_record(&w, 2)->first_type, TG_TYPE_INT_N);
}

static void test_inj_rip_int3_delivered(void **state)
{
	(void)state;
	vcpu.svm.features = 0;
	fake_hook(3, 0);
	svm_fake.code[0] = 0xcc;
	fake_exception(3, 0, 0);
	assert_int_equal(vmcb.rip, RIP + 1);
	fake_exception(6, 0, 0);	/* later, by chance there */
	assert_int_equal(vmcb.rip, RIP + 1);
}

static void test_rex_is_a_prefix_in_64_bit_mode_only(void **state)
{
	static const u8 code[] = { 0x48, 0xcc };

	(void)state;
	vcpu.svm.features = 0;
	vmcb.cs.attr = 0xcfb;
	fake_hook(3, TG_EV_SWALLOW);
	memcpy(svm_fake.code, code, sizeof(code));
	fake_exception(3, 0, 0);
	assert_int_equal(vmcb.rip, RIP + 1);
}

static void test_inj_dpl_int1(void **state)
{
	(void)state;
	fake_hook(1, 0);
	vmcb.nrip = RIP + 1;
	fake_exit(SVM_EXIT_ICEBP);
	/* as exception: the gate's DPL is not checked */
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 1));
	assert_int_equal(vmcb.rip, RIP + 1);
	assert_int_equal(world_record(&w, 0)->type, TG_TYPE_INT1);
}

static void test_inj_sc_int3_steps(void **state)
{
	(void)state;
	fake_hook(3, TG_EV_SWALLOW);
	vmcb.nrip = RIP + 1;
	vmcb.int_state = SHADOW;
	vmcb.rflags = 0x10302;			/* RF, TF */
	fake_exception(3, 0, 0);
	assert_int_equal(vmcb.rip, RIP + 1);
	assert_int_equal(vmcb.int_state, 0);
	assert_int_equal(vmcb.rflags, 0x302);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 1));
	assert_int_equal(vmcb.dr6, 0xffff4ff0);
}

static void test_exit_skip_btf_does_not_step(void **state)
{
	(void)state;
	fake_arm();
	svm_fake.debugctl = TGX_DEBUGCTL_BTF;
	vmcb.rflags = 0x302;
	vmcb.nrip = RIP + 3;
	vmcb.int_state = SHADOW;
	svm_skip_insn(&vcpu, 3);
	svm_prepare_entry(&vcpu);
	assert_int_equal(vmcb.rip, RIP + 3);
	assert_int_equal(vmcb.int_state, 0);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.dr6, 0xffff0ff0);
}

static void test_inj_dr6(void **state)
{
	(void)state;
	fake_hook(1, 0);
	vmcb.dr6 = 0xffff6ff1;
	vmcb.dr7 = 0x2401;			/* GD */
	svm_fake.debugctl = TGX_DEBUGCTL_BTF | TGX_DEBUGCTL_LBR | 1 << 5;
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 1));
	assert_int_equal(vmcb.dr6, 0xffff6ff1);	/* as the processor left it */
	assert_int_equal(vmcb.dr7, 0x401);
	assert_false(vmcb.clean & SVM_CLEAN_DR);
	assert_int_equal(svm_fake.debugctl, 1 << 5);
	assert_int_equal(vmcb.rflags, 0x202);	/* #DB says RF by itself */
	assert_int_equal(world_record(&w, 0)->address, 0x6001);
}

static void test_inj_sc_db(void **state)
{
	(void)state;
	fake_hook(1, TG_EV_SWALLOW);
	vmcb.dr6 = 0xffff4ff2;
	svm_fake.debugctl = TGX_DEBUGCTL_BTF;
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.dr6, 0xffff0ff0);
	assert_false(vmcb.clean & SVM_CLEAN_DR);
	assert_int_equal(svm_fake.debugctl, TGX_DEBUGCTL_BTF);
}

/* The processor has cleared GD at the exit: swallowed, it guards the debug registers still. */
static void test_inj_sc_db_general_detect(void **state)
{
	(void)state;
	fake_hook(1, TG_EV_SWALLOW);
	vmcb.dr6 = 0xffff2ff0;
	memcpy(svm_fake.code, "\x44\x0f\x23\xf8", 4);	/* MOV to DR15: REX, DR7 */
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.dr7, 0x2400);
	assert_int_equal(vmcb.dr6, 0xffff0ff0);
	assert_false(vmcb.clean & SVM_CLEAN_DR);
	/* BD of an older one, and a step */
	vmcb.dr7 = 0x400;
	vmcb.dr6 = 0xffff6ff0;
	memcpy(svm_fake.code, "\x0f\x22\xd8", 3);		/* MOV to CR3 */
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.dr7, 0x400);
	vmcb.dr6 = 0xffff4ff0;
	memcpy(svm_fake.code, "\x0f\x21\xf8", 3);
	fake_exception(1, 0, 0);
	assert_int_equal(vmcb.dr7, 0x400);
}

static void test_inj_nest_double_fault(void **state)
{
	(void)state;
	fake_hook(13, 0);
	vmcb.exitintinfo = INJ_ERROR(SVM_EV_EXCEPTION, 11, 0x18);
	fake_exception(13, 0x20, 0);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 8, 0));
}

static void test_inj_nest_redeliver(void **state)
{
	(void)state;
	fake_hook(14, TG_EV_SWALLOW);
	vmcb.exitintinfo = INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x30);
	fake_exception(14, 2, 0x7000);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x30));
	assert_int_equal(vmcb.rflags, 0x10202);		/* INJ-RF: a fault pushes it */
	vmcb.rflags = 0x202;
	/* INT n goes again with its length */
	vmcb.exitintinfo = INJ(SVM_EV_SOFT, 0x80);
	vmcb.nrip = RIP + 2;
	fake_exception(14, 2, 0x7000);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 0x80));
	assert_int_equal(vmcb.nrip, RIP + 2);
	vmcb.exitintinfo = INJ(SVM_EV_INTR, 0x41);
	fake_exception(14, 2, 0x7000);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0x41));
	assert_int_equal(vmcb.rflags, 0x202);
	/* behind an exit that is no exception's, too */
	vmcb.exitintinfo = INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x30);
	fake_exit(SVM_EXIT_INVD);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x30));
	assert_int_equal(vmcb.rflags, 0x10202);
}

static void test_exit_base_svm_insn(void **state)
{
	static const u8 vmrun[] = { 0x48, 0x0f, 0x01, 0xd8 };

	(void)state;
	fake_arm();
	memcpy(svm_fake.code, vmrun, sizeof(vmrun));
	fake_exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	vmcb.cpl = 0;				/* RAX is not aligned */
	fake_exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	vmcb.cpl = 3;
	fake_exception(13, 0x18, 0);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x18));
	svm_fake.code[3] = 0xd1;		/* XSETBV */
	fake_exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0));
}

static void test_error_code_of_32_bits(void **state)
{
	(void)state;
	fake_hook(14, 0);
	fake_exception(14, 0x80000004, 0x5000);	/* RMP */
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 14, 0x80000004));
}

static void test_exit_base_skinit(void **state)
{
	static const u8 stgi[] = { 0x0f, 0x01, 0xdc };

	(void)state;
	fake_arm();
	memcpy(svm_fake.code, stgi, sizeof(stgi));
	fake_exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	vcpu.svm.has_skinit = true;
	fake_exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0));
}

/* ---- interrupts ------------------------------------------------------------ */

static void test_int_delivered(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	machine_fake.pending[0xec] = true;
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0xec));
	assert_int_equal(svm_fake.acknowledged, 1);
	assert_int_equal(world_records(&w), 1);
}

static void test_int_not_acknowledged_while_busy(void **state)
{
	(void)state;
	fake_hook(0xec, 0);
	machine_fake.pending[0xec] = true;
	vmcb.exitintinfo = INJ(SVM_EV_INTR, 0x41);
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0x41));
	assert_int_equal(svm_fake.acknowledged, 0);
	assert_true(machine_fake.pending[0xec]);
}

static void test_int_swallowed_is_ended(void **state)
{
	(void)state;
	fake_hook(0xec, TG_EV_SWALLOW);
	machine_fake.pending[0xec] = true;
	fake_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(machine_fake.nr_eoi, 1);
	assert_int_equal(machine_fake.eoi[0], 0xec);
	assert_int_equal(svm_fake.idle_ticks, 1);
}

/* The short way and the general one give the same. */
static void test_short_way_is_the_general_one(void **state)
{
	static const u8 vectors[] = { 0, 5, 6, 7, 10, 11, 12, 14, 16, 17, 19, 21 };
	struct vmcb a, b;
	size_t i;

	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, TG_ALL, 0);
	fake_arm();
	for (i = 0; i < sizeof(vectors); i++) {
		vmcb.rflags = 0x202;
		vmcb.int_state = SHADOW;
		a = vmcb;
		fake_exception(vectors[i], 0x14, 0x123000);
		assert_int_equal(vcpu.core.attention, 0);
		b = vmcb;
		vmcb = a;
		vcpu.core.unsettled = true;
		fake_exception(vectors[i], 0x14, 0x123000);
		assert_memory_equal(&b, &vmcb, sizeof(b));
		assert_int_equal(world_records(&w), 2 * (i + 1));
		assert_memory_equal(&world_record(&w, 2 * i)->address,
				    &world_record(&w, 2 * i + 1)->address,
				    sizeof(struct tg_record) - offsetof(struct tg_record, address));
	}
}

/* ---- in words -------------------------------------------------------------- */

static void good_entry(void)
{
	vmcb.intercept[1] = SVM_I2(SVM_EXIT_VMRUN);
	vmcb.asid = 1;
	vmcb.efer = 0x1d01;
	vmcb.cr0 = 0x80050033;
	vmcb.cr4 = 0x6f0;
}

static void test_exit_fatal_rules(void **state)
{
	static const struct {
		size_t offset;
		u64 flip;
		const char *word;
	} t[] = {
		{ offsetof(struct vmcb, efer), 1 << 12, "SVME" },
		{ offsetof(struct vmcb, cr0), 1 << 29, "NW" },
		{ offsetof(struct vmcb, cr0), 1ull << 32, "CR0 bits" },
		{ offsetof(struct vmcb, cr3), 1ull << 52, "CR3 bits" },
		{ offsetof(struct vmcb, cr4), 1ull << 32, "CR4 bits" },
		{ offsetof(struct vmcb, efer), 1ull << 22, "bits of EFER" },
		{ offsetof(struct vmcb, dr6), 1ull << 32, "DR6" },
		{ offsetof(struct vmcb, dr7), 1ull << 32, "DR7" },
		{ offsetof(struct vmcb, cr4), 1 << 5, "PAE" },
		{ offsetof(struct vmcb, cr0), 1, "CR0.PE" },
		{ offsetof(struct vmcb, eventinj), INJ(1, 1), "reserved type" },
		{ offsetof(struct vmcb, eventinj), INJ(SVM_EV_EXCEPTION, 32), "none" },
	};
	size_t i;

	(void)state;
	good_entry();
	assert_null(tg_svm_broken_rule(&vcpu, 0));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		u64 *field = (u64 *)((u8 *)&vmcb + t[i].offset);

		*field ^= t[i].flip;
		assert_non_null(tg_svm_broken_rule(&vcpu, 0));
		assert_non_null(strstr(tg_svm_broken_rule(&vcpu, 0), t[i].word));
		assert_null(tg_svm_broken_rule(&vcpu, 1));
		*field ^= t[i].flip;
	}
	vmcb.asid = 0;
	assert_non_null(strstr(tg_svm_broken_rule(&vcpu, 0), "ASID"));
	vmcb.asid = 1;
	vmcb.cs.attr |= 1 << 10;
	assert_non_null(strstr(tg_svm_broken_rule(&vcpu, 0), "CS.L and CS.D"));
	vmcb.cs.attr &= ~(1 << 10);
	vmcb.intercept[1] = 0;
	assert_non_null(strstr(tg_svm_broken_rule(&vcpu, 0), "VMRUN intercept"));
}

/* An entry that stays at CPL 3 does VERW; one that injects goes on in the kernel, which does. */
static void test_spec_verw(void **state)
{
	(void)state;
	vcpu.slow = SLOW_VERW;
	fake_hook(6, 0);
	fake_exit(SVM_EXIT_INVD);
	assert_int_equal(vcpu.verw, 1);
	fake_exception(6, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	assert_int_equal(vcpu.verw, 0);
	vmcb.cpl = 0;
	fake_exit(SVM_EXIT_INVD);
	assert_int_equal(vcpu.verw, 0);
	vmcb.cpl = 3;
	vcpu.slow = SLOW_IBPB;
	fake_exit(SVM_EXIT_INVD);
	assert_int_equal(vcpu.verw, 0);
	/* The same way on leads by the division that Zen 1 wants. */
	vcpu.slow = SLOW_DIVIDER;
	fake_exit(SVM_EXIT_INVD);
	assert_int_equal(vcpu.verw, 1);
}

static void test_exit_fatal_dump(void **state)
{
	bool seen = false;
	const char *name;
	u64 value;
	u32 i;

	(void)state;
	vmcb.cpl = 2;
	vmcb.rip = 0x123456789abcdef0ull;
	for (i = 0; (name = tg_svm_dump_field(&vcpu, i, &value)); i++) {
		if (!strcmp(name, "rip")) {
			assert_int_equal(value, vmcb.rip);
			seen = true;
		}
		if (!strcmp(name, "cpl"))
			assert_int_equal(value, 2);
	}
	assert_true(seen);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_arm), T(test_arm_all_exceptions), T(test_arm_all_at_once),
		T(test_arm_marks_intercepts), T(test_msrpm), T(test_tlb_nested),
		T(test_inj_cr2_and_rf),
		T(test_inj_err_without_code), T(test_inj_sc_page_fault),
		T(test_injection_ends_shadow), T(test_inj_rip_int3_nrips),
		T(test_inj_dpl_int1_before_int_1),
		T(test_inj_rip_int3_decoded), T(test_inj_type_int_n),
		T(test_inj_type_int3_as_int_n), T(test_inj_type_int_n_unreadable),
		T(test_inj_nest_redeliver_int3), T(test_inj_rip_int3_delivered),
		T(test_rex_is_a_prefix_in_64_bit_mode_only), T(test_inj_dpl_int1),
		T(test_inj_sc_int3_steps), T(test_exit_skip_btf_does_not_step),
		T(test_inj_dr6), T(test_inj_sc_db), T(test_inj_sc_db_general_detect),
		T(test_inj_nest_double_fault),
		T(test_inj_nest_redeliver), T(test_exit_base_svm_insn),
		T(test_int_delivered), T(test_int_not_acknowledged_while_busy),
		T(test_int_swallowed_is_ended), T(test_short_way_is_the_general_one),
		T(test_error_code_of_32_bits), T(test_exit_base_skinit), T(test_spec_verw),
		T(test_exit_fatal_rules), T(test_exit_fatal_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
