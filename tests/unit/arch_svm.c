// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: what is written into the VMCB for what was found in it. The processor
 * is this file: it has NMIs and interrupts that wait, and an MSR.
 */
#include "core_world.h"

#include "apic.h"
#include "fixup.h"
#include "svm.h"
#include "walk.h"

#define RIP	0x401000u
#define SHADOW	1u

static struct world w;
static struct tg_vcpu vcpu;
static struct vmcb vmcb;
static struct tg_platform platform;
static u8 msrpm[8192];

static struct {
	u64 debugctl;
	bool no_debugctl;
	int vector;		/* waits at the APIC; -1 none */
	unsigned int acknowledged;
	bool nmi;		/* waits behind GIF */
	bool mc;		/* comes in the window */
	bool late_nmi;		/* comes just behind the interrupt */
	u8 code[16];		/* at RIP */
	unsigned int idle_ticks;
	u64 tpr;
} cpu;

int fixup_rdmsr(u32 msr, u64 *v)
{
	assert_int_equal(msr, TGX_MSR_DEBUGCTL);
	*v = cpu.debugctl;
	return cpu.no_debugctl ? -1 : 0;
}

int fixup_wrmsr(u32 msr, u64 v)
{
	assert_int_equal(msr, TGX_MSR_DEBUGCTL);
	cpu.debugctl = v;
	return 0;
}

u32 tg_walk_read(const struct tg_platform *p, u64 cr3, u64 cr4, u64 address, u8 *to, u32 n)
{
	assert_ptr_equal(p, &platform);
	assert_int_equal(cr3, vmcb.cr3);
	assert_int_equal(cr4, vmcb.cr4);
	assert_int_equal(address, vmcb.cs.base + vmcb.rip);
	memcpy(to, cpu.code, n);
	return n;
}

void tg_svm_take_nmi(void)
{
	if (cpu.nmi)
		vcpu.nmi_root++;
	cpu.nmi = false;
}

int tg_svm_acknowledge(struct tg_vcpu *v)
{
	int vector = cpu.vector;

	tg_svm_take_nmi();
	if (cpu.mc) {
		v->mce_pending = true;
		v->nmi_root |= NMI_ROOT_MC;
		cpu.mc = false;
		return -1;
	}
	if (v->nmi_root)
		return -1;
	cpu.acknowledged++;
	cpu.vector = -1;
	if (vector >= 0)
		os_fake.in_service[vector] = true;
	if (cpu.late_nmi)
		v->nmi_root++;
	cpu.late_nmi = false;
	return vector;
}

void svm_fatal(struct tg_vcpu *v, const char *what)
{
	(void)v;
	fail_msg("fatal: %s", what);
	abort();
}

u64 svm_read_tpr(void)
{
	return cpu.tpr;
}

void svm_write_tpr(u64 tpr)
{
	cpu.tpr = tpr;
}

void svm_watch_arm(struct tg_vcpu *v)
{
	(void)v;
}

bool svm_watch_tick(struct tg_vcpu *v, u8 vector)
{
	(void)v;
	(void)vector;
	return false;
}

void svm_watch_swallowed(struct tg_vcpu *v)
{
	(void)v;
	cpu.idle_ticks++;
}

/* The post stage is arch_svm_post.c's. */
bool tg_apic_enabled(void)
{
	return false;
}

bool tg_apic_pending(u8 vector)
{
	(void)vector;
	return false;
}

bool tg_apic_level(u8 vector)
{
	(void)vector;
	return false;
}

u8 tg_apic_priority(void)
{
	return 0;
}

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	memset(&vcpu, 0, sizeof(vcpu));
	memset(&vmcb, 0, sizeof(vmcb));
	memset(&cpu, 0, sizeof(cpu));
	cpu.vector = -1;
	platform = (struct tg_platform){ .use_nrips = true, .vmrun_loads_cr2 = true };
	vcpu.platform = &platform;
	vcpu.amd = true;
	vcpu.svm.vmcb = &vmcb;
	vcpu.svm.features = SVM_FEATURE_NRIPS;
	vmcb.rip = RIP;
	os_fake.snap.rip = RIP;
	vmcb.rsp = 0x7ffc0000;
	vmcb.rflags = 0x202;
	vmcb.cpl = 3;
	vmcb.dr6 = 0xffff0ff0;
	vmcb.dr7 = 0x400;
	vmcb.cr3 = 0x1234000;
	vmcb.rax = 0xaaa;
	vcpu.svm.launched = true;
	vmcb.cs.attr = 0x2fb;		/* 64-bit code */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

/* Arms the events made so far and lets the backend run with them. */
static void armed(void)
{
	world_arm_all(&w);
	vcpu.core = w.cpu;
	svm_arm(&vcpu);
	vmcb.clean = SVM_CLEAN_ALL;
}

static void hook(u32 vector, u32 flags)
{
	world_event(&w, vector < 32 ? TG_EVENT_EXCEPTION : TG_EVENT_INTERRUPT, vector, flags);
	armed();
}

int svm_handle_exit(struct tg_vcpu *v, u32 code)
{
	switch (code) {
	case SVM_EXIT_NMI:
		svm_on_nmi(v);
		break;
	case SVM_EXIT_IRET:
		svm_nmi_on_iret(v);
		break;
	case SVM_EXIT_ICEBP:
		svm_on_icebp(v);
		break;
	case SVM_EXIT_SWINT:
		svm_on_int_n(v);
		break;
	case SVM_EXIT_VINTR:
		svm_close_window(v);
		break;
	default:
		assert_int_equal(code, SVM_EXIT_INVD);
	}
	return SVM_RESUME;
}

static void other_exit(u32 code)
{
	int action;

	vmcb.eventinj = 0;
	vmcb.exitcode = code;
	vmcb.tlb_control = 0;
	vcpu.reg[REG_RBX] = 0xb0b;
	action = tg_svm_exit(&vcpu);
	assert_true(action == SVM_RESUME || action == SVM_INJECTED);
	assert_int_equal(vmcb.rax, 0xaaa);
	assert_int_equal(vcpu.reg[REG_RBX], 0xb0b);
}

static void exception(u8 vector, u64 error, u64 address)
{
	vmcb.exitinfo1 = error;
	vmcb.exitinfo2 = address;
	other_exit(SVM_EXIT_EXCEPTION + vector);
}

#define INJ(type, vector) (SVM_EV_VALID | (u64)(type) << 8 | (vector))
#define INJ_ERROR(type, vector, error) \
	(INJ(type, vector) | SVM_EV_ERROR | (u64)(error) << 32)
#define NMI_INJECTED INJ(SVM_EV_NMI, 2)

static bool intercepts(u32 exit)
{
	return exit < 0x80 ? vmcb.intercept[0] & SVM_I1(exit) : vmcb.intercept[1] & SVM_I2(exit);
}

/* ---- arming ---------------------------------------------------------------- */

static void test_arm(void **state)
{
	(void)state;
	armed();
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13);	/* is_svm_insn() */
	assert_false(intercepts(SVM_EXIT_INTR));
	assert_false(intercepts(SVM_EXIT_ICEBP));
	hook(14, 0);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13 | 1u << 14);
	hook(1, 0);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13 | 1u << 14 | 1u << 1);
	assert_true(intercepts(SVM_EXIT_ICEBP));
	hook(TG_ALL, 0);		/* interrupts */
	assert_true(intercepts(SVM_EXIT_INTR));
	world_arm(&w, NULL, 0);
	vcpu.core = w.cpu;
	svm_arm(&vcpu);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13);
	assert_false(intercepts(SVM_EXIT_INTR));
	assert_false(vmcb.clean & SVM_CLEAN_INTERCEPTS);
}

static void test_msrpm(void **state)
{
	unsigned int i, set = 0;

	(void)state;
	memset(msrpm, 0, sizeof(msrpm));
	svm_intercept_msr(msrpm, 0xc0000080, false, true);	/* EFER: bits 100h, 101h of range 2 */
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

/* ---- exceptions ------------------------------------------------------------ */

static void test_inj_cr2_and_rf(void **state)
{
	(void)state;
	hook(14, 0);
	vmcb.cr2 = 0x1111;
	exception(14, 0x7, 0xdead000);
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
	hook(6, 0);
	exception(6, 0xffff, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	assert_int_equal(world_record(&w, 0)->error, 0);
	assert_int_equal(vmcb.clean, SVM_CLEAN_ALL);
}

static void test_inj_sc_page_fault(void **state)
{
	(void)state;
	hook(14, TG_EV_SWALLOW);
	vmcb.cr2 = 0x1111;
	vmcb.int_state = SHADOW;
	exception(14, 0x4, 0xdead000);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.cr2, 0x1111);
	assert_int_equal(vmcb.rip, RIP);
	assert_int_equal(vmcb.rflags, 0x202);
	assert_int_equal(vmcb.int_state, SHADOW);
}

static void test_injection_ends_shadow(void **state)
{
	(void)state;
	hook(6, 0);
	vmcb.int_state = SHADOW;
	exception(6, 0, 0);
	assert_int_equal(vmcb.int_state, 0);
}

static void test_inj_rip_int3_nrips(void **state)
{
	(void)state;
	hook(3, 0);
	vmcb.nrip = RIP + 2;			/* with a prefix */
	exception(3, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 3));
	assert_int_equal(vmcb.rip, RIP);
	assert_int_equal(vmcb.nrip, RIP + 2);
	assert_int_equal(vmcb.rflags, 0x202);	/* no RF */
	assert_int_equal(world_record(&w, 0)->type, TG_TYPE_SOFT_EXCEPTION);
	assert_int_equal(world_record(&w, 0)->insn_len, 2);
	assert_int_equal(world_record(&w, 0)->rip, RIP);
}

static void test_inj_rip_int3_decoded(void **state)
{
	static const u8 code[] = { 0x66, 0x48, 0xcc };

	(void)state;
	vcpu.svm.features = 0;
	hook(3, 0);
	memcpy(cpu.code, code, sizeof(code));
	exception(3, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 3));
	assert_int_equal(vmcb.rip, RIP + 3);
	assert_int_equal(vmcb.intercept_exceptions, ~(1u << 2));
	/* its delivery faults: the fault is at the INT3 */
	vmcb.exitintinfo = INJ(SVM_EV_SOFT, 3);
	exception(14, 0, 0x5000);
	assert_int_equal(vmcb.rip, RIP);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 3 | 1u << 13);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 14, 0));
}

static void see_int_n(const u8 *code, size_t size)
{
	hook(0x80, 0);
	hook(3, 0);
	vcpu.int_n_seen = true;
	vmcb.intercept[0] |= SVM_I1(SVM_EXIT_SWINT);
	memcpy(cpu.code, code, size);
	other_exit(SVM_EXIT_SWINT);
}

static void test_inj_type_int_n(void **state)
{
	static const u8 code[] = { 0x66, 0xcd, 0x80 };

	(void)state;
	see_int_n(code, sizeof(code));
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 0x80));
	assert_int_equal(vmcb.rip, RIP);
	assert_int_equal(vmcb.nrip, RIP + 3);
	assert_int_equal(world_record(&w, 0)->type, TG_TYPE_SOFT_INT);
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
	assert_int_equal(world_record(&w, 0)->type, TG_TYPE_SOFT_EXCEPTION);
}

/* Not readable, or something else by now: natively, and nothing is claimed. */
static void test_inj_type_int_n_unreadable(void **state)
{
	static const u8 code[] = { 0x90 };

	(void)state;
	see_int_n(code, sizeof(code));
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.rip, RIP);
	assert_false(intercepts(SVM_EXIT_SWINT));
	assert_false(vcpu.int_n_seen);
	assert_int_equal(world_records(&w), 0);
}

/* It says INT n in EXITINTINFO, since it was injected so; its length is still one. */
static void test_inj_nest_redeliver_int3(void **state)
{
	(void)state;
	vcpu.svm.features = 0;
	world_event(&w, TG_EVENT_EXCEPTION, 3, 0);
	hook(14, TG_EV_SWALLOW);
	cpu.code[0] = 0xcc;
	exception(3, 0, 0);
	assert_int_equal(vmcb.rip, RIP + 1);
	vmcb.exitintinfo = INJ(SVM_EV_SOFT, 3);
	exception(14, 0, 0x5000);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 3));
	assert_int_equal(vmcb.rip, RIP + 1);
	assert_int_equal(world_record(&w, 1)->first_type, TG_TYPE_SOFT_EXCEPTION);
	/* an INT 3 of two bytes is one */
	vmcb.exitintinfo = 0;
	exception(6, 0, 0);
	vmcb.exitintinfo = INJ(SVM_EV_SOFT, 3);
	exception(14, 0, 0x5000);
	assert_int_equal(vmcb.rip, RIP + 3);
	assert_int_equal(world_record(&w, 2)->first_type, TG_TYPE_SOFT_INT);
}

static void test_inj_rip_int3_delivered(void **state)
{
	(void)state;
	vcpu.svm.features = 0;
	hook(3, 0);
	cpu.code[0] = 0xcc;
	exception(3, 0, 0);
	assert_int_equal(vmcb.rip, RIP + 1);
	exception(6, 0, 0);			/* later, by chance there */
	assert_int_equal(vmcb.rip, RIP + 1);
}

static void test_rex_is_a_prefix_in_64_bit_mode_only(void **state)
{
	static const u8 code[] = { 0x48, 0xcc };

	(void)state;
	vcpu.svm.features = 0;
	vmcb.cs.attr = 0xcfb;
	hook(3, TG_EV_SWALLOW);
	memcpy(cpu.code, code, sizeof(code));
	exception(3, 0, 0);
	assert_int_equal(vmcb.rip, RIP + 1);
}

static void test_inj_dpl_int1(void **state)
{
	(void)state;
	hook(1, 0);
	vmcb.nrip = RIP + 1;
	other_exit(SVM_EXIT_ICEBP);
	/* as exception: the gate's DPL is not checked */
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 1));
	assert_int_equal(vmcb.rip, RIP + 1);
	assert_int_equal(world_record(&w, 0)->type, TG_TYPE_PRIV_SOFT);
}

static void test_inj_sc_int3_steps(void **state)
{
	(void)state;
	hook(3, TG_EV_SWALLOW);
	vmcb.nrip = RIP + 1;
	vmcb.int_state = SHADOW;
	vmcb.rflags = 0x10302;			/* RF, TF */
	exception(3, 0, 0);
	assert_int_equal(vmcb.rip, RIP + 1);
	assert_int_equal(vmcb.int_state, 0);
	assert_int_equal(vmcb.rflags, 0x302);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 1));
	assert_int_equal(vmcb.dr6, 0xffff4ff0);
}

static void test_exit_skip_btf_does_not_step(void **state)
{
	(void)state;
	armed();
	cpu.debugctl = TGX_DEBUGCTL_BTF;
	vmcb.rflags = 0x302;
	vmcb.nrip = RIP + 3;
	svm_skip_insn(&vcpu, 3);
	svm_prepare_entry(&vcpu);
	assert_int_equal(vmcb.rip, RIP + 3);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.dr6, 0xffff0ff0);
}

static void test_inj_dr6(void **state)
{
	(void)state;
	hook(1, 0);
	vmcb.dr6 = 0xffff6ff1;
	vmcb.dr7 = 0x2401;			/* GD */
	cpu.debugctl = TGX_DEBUGCTL_BTF | TGX_DEBUGCTL_LBR | 1 << 5;
	exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 1));
	assert_int_equal(vmcb.dr6, 0xffff6ff1);	/* as the processor left it */
	assert_int_equal(vmcb.dr7, 0x401);
	assert_int_equal(cpu.debugctl, 1 << 5);
	assert_int_equal(vmcb.rflags, 0x202);	/* #DB says RF by itself */
	assert_int_equal(world_record(&w, 0)->address, 0x6001);
}

static void test_inj_sc_db(void **state)
{
	(void)state;
	hook(1, TG_EV_SWALLOW);
	vmcb.dr6 = 0xffff4ff2;
	cpu.debugctl = TGX_DEBUGCTL_BTF;
	exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.dr6, 0xffff0ff0);
	assert_int_equal(cpu.debugctl, TGX_DEBUGCTL_BTF);
}

static void test_inj_nest_double_fault(void **state)
{
	(void)state;
	hook(13, 0);
	vmcb.exitintinfo = INJ_ERROR(SVM_EV_EXCEPTION, 11, 0x18);
	exception(13, 0x20, 0);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 8, 0));
}

static void test_inj_nest_redeliver(void **state)
{
	(void)state;
	hook(14, TG_EV_SWALLOW);
	vmcb.exitintinfo = INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x30);
	exception(14, 2, 0x7000);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x30));
	/* INT n goes again with its length */
	vmcb.exitintinfo = INJ(SVM_EV_SOFT, 0x80);
	vmcb.nrip = RIP + 2;
	exception(14, 2, 0x7000);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_SOFT, 0x80));
	assert_int_equal(vmcb.nrip, RIP + 2);
	vmcb.exitintinfo = INJ(SVM_EV_INTR, 0x41);
	exception(14, 2, 0x7000);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0x41));
}

static void test_exit_base_svm_insn(void **state)
{
	static const u8 vmrun[] = { 0x48, 0x0f, 0x01, 0xd8 };

	(void)state;
	armed();
	memcpy(cpu.code, vmrun, sizeof(vmrun));
	exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	vmcb.cpl = 0;				/* RAX is not aligned */
	exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	vmcb.cpl = 3;
	exception(13, 0x18, 0);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x18));
	cpu.code[3] = 0xd1;			/* XSETBV */
	exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0));
}

/* ---- interrupts ------------------------------------------------------------ */

static void test_int_delivered(void **state)
{
	(void)state;
	hook(0xec, 0);
	cpu.vector = 0xec;
	other_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0xec));
	assert_int_equal(cpu.acknowledged, 1);
	assert_int_equal(world_records(&w), 1);
}

static void test_int_not_acknowledged_while_busy(void **state)
{
	(void)state;
	hook(0xec, 0);
	cpu.vector = 0xec;
	vmcb.exitintinfo = INJ(SVM_EV_INTR, 0x41);
	other_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0x41));
	assert_int_equal(cpu.acknowledged, 0);
	assert_int_equal(cpu.vector, 0xec);
}

static void test_int_swallowed_is_ended(void **state)
{
	(void)state;
	hook(0xec, TG_EV_SWALLOW);
	cpu.vector = 0xec;
	other_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(os_fake.nr_eoi, 1);
	assert_int_equal(os_fake.eoi[0], 0xec);
	assert_int_equal(cpu.idle_ticks, 1);
}

static void test_nmi_goes_before_the_interrupt(void **state)
{
	(void)state;
	hook(0xec, 0);
	cpu.vector = 0xec;
	cpu.nmi = true;
	other_exit(SVM_EXIT_INTR);
	assert_int_equal(cpu.acknowledged, 0);	/* it waits at the APIC */
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_NMI, 2));
	other_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0xec));
}

static void test_nmi_behind_the_acknowledged_interrupt(void **state)
{
	(void)state;
	hook(0xec, 0);
	cpu.vector = 0xec;
	cpu.late_nmi = true;
	other_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0xec));
	assert_true(vcpu.core.nmi_pending);
	assert_true(intercepts(SVM_EXIT_IRET));
	vmcb.rip = 0x8000;
	other_exit(SVM_EXIT_IRET);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
}

/* The short way and the general one give the same. */
static void test_short_way_is_the_general_one(void **state)
{
	static const u8 vectors[] = { 0, 5, 6, 7, 10, 11, 12, 14, 16, 17, 19, 21 };
	struct vmcb a, b;
	size_t i;

	(void)state;
	world_event(&w, TG_EVENT_EXCEPTION, TG_ALL, 0);
	armed();
	for (i = 0; i < sizeof(vectors); i++) {
		vmcb.rflags = 0x202;
		vmcb.int_state = SHADOW;
		a = vmcb;
		exception(vectors[i], 0x14, 0x123000);
		assert_int_equal(vcpu.core.attention, 0);
		b = vmcb;
		vmcb = a;
		vcpu.core.unsettled = true;
		exception(vectors[i], 0x14, 0x123000);
		assert_memory_equal(&b, &vmcb, sizeof(b));
		assert_int_equal(world_records(&w), 2 * (i + 1));
		assert_memory_equal(&world_record(&w, 2 * i)->address,
				    &world_record(&w, 2 * i + 1)->address,
				    sizeof(struct tg_record) - offsetof(struct tg_record, address));
	}
}

/* ---- NMI ------------------------------------------------------------------- */

#define AT_IRET		0x9000u

static void nmi(void)
{
	cpu.nmi = true;
	other_exit(SVM_EXIT_NMI);
}

static void in_handler(void)
{
	armed();
	nmi();
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_true(vcpu.svm.nmi.masked);
	assert_true(intercepts(SVM_EXIT_IRET));
	vmcb.rip = 0x8000;
	vmcb.rsp = 0x100000;
}

static void at_iret(void)
{
	vmcb.rip = AT_IRET;
	other_exit(SVM_EXIT_IRET);
}

static void test_win_nmi_ends_behind_iret(void **state)
{
	(void)state;
	in_handler();
	at_iret();
	assert_false(intercepts(SVM_EXIT_IRET));
	assert_int_equal(vmcb.rflags, 0x202);
	vmcb.rip = RIP;
	other_exit(SVM_EXIT_INTR);
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
	exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.dr6, 0xffff0ff0);
	assert_int_equal(vmcb.rflags, 0x202);
	assert_int_equal(vmcb.intercept_exceptions, 1u << 13);
	assert_int_equal(vcpu.core.injected_nmis, 2);
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
	exception(1, 0, 0);
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
	exception(1, 0, 0);
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
	exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.rflags, 0x302);
}

static void test_nmi_virt_iret_faults(void **state)
{
	(void)state;
	in_handler();
	nmi();
	at_iret();
	exception(13, 0x18, 0);			/* at the IRET, TF of ours on */
	assert_int_equal(vmcb.rflags, 0x10202);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0x18));
	assert_false(vcpu.svm.nmi.masked);
	assert_true(vcpu.core.nmi_pending);
	assert_true(intercepts(SVM_EXIT_IRET));	/* at the latest there */
	vmcb.rip = 0x8800;
	other_exit(SVM_EXIT_IRET);
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
	other_exit(SVM_EXIT_INVD);		/* whatever: still there, TF again */
	assert_true(vcpu.svm.nmi.step);
	assert_int_equal(vmcb.rflags, 0x302);
}

#define WINDOW (SVM_INT_V_IRQ | SVM_INT_V_IGN_TPR | SVM_INT_V_INTR_MASKING)

/* The exit of a hypervisor below us that does not know the shadow. */
static void test_nmi_waits_for_the_end_of_stis_shadow(void **state)
{
	(void)state;
	armed();
	cpu.tpr = 3;
	vmcb.int_state = SHADOW;
	nmi();
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.int_ctl, WINDOW | 3);
	assert_true(intercepts(SVM_EXIT_VINTR));
	assert_false(vmcb.clean & SVM_CLEAN_INT_CTL);
	assert_int_equal(vmcb.rflags, 0x202);
	assert_int_equal(vmcb.int_state, SHADOW);
	vmcb.rip = RIP + 1;
	vmcb.int_state = 0;
	vmcb.int_ctl = WINDOW | 5;		/* the guest has set its TPR */
	other_exit(SVM_EXIT_VINTR);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.int_ctl & WINDOW, 0);
	assert_false(intercepts(SVM_EXIT_VINTR));
	assert_int_equal(cpu.tpr, 5);
}

static void test_nmi_does_not_wait_for_mov_ss(void **state)
{
	(void)state;
	armed();
	vmcb.int_state = SHADOW;
	vmcb.rflags = 2;
	nmi();
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
}

static void test_int_window_for_the_shadow(void **state)
{
	(void)state;
	hook(0xec, 0);
	cpu.vector = 0xec;
	vmcb.int_state = SHADOW;
	other_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(cpu.acknowledged, 0);
	assert_int_equal(vmcb.int_ctl, WINDOW);
	assert_int_equal(vmcb.int_state, SHADOW);
	vmcb.int_state = 0;
	other_exit(SVM_EXIT_VINTR);
	assert_int_equal(vmcb.int_ctl & WINDOW, 0);
	assert_int_equal(vmcb.eventinj, 0);
	other_exit(SVM_EXIT_INTR);		/* at once, it is still there */
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_INTR, 0xec));
}

/* The general way, as on processors that need SPEC: no step, no TF of ours. */
static void test_nmi_in_the_acknowledge_window(void **state)
{
	(void)state;
	hook(0xec, 0);
	vcpu.spec = SPEC_IBRS;
	cpu.vector = 0xec;
	cpu.nmi = true;
	other_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
	assert_int_equal(vmcb.rflags, 0x202);
	assert_false(vcpu.svm.nmi.step);
}

static void test_mc_in_the_acknowledge_window(void **state)
{
	(void)state;
	hook(0xec, 0);
	vcpu.spec = SPEC_IBRS;
	cpu.mc = true;
	other_exit(SVM_EXIT_INTR);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 18));
}

static void test_own_step_that_does_not_move(void **state)
{
	(void)state;
	in_handler();
	nmi();
	at_iret();
	vmcb.dr6 = 0xffff4ff0;
	exception(1, 0, 0);			/* IRET to itself */
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
	exception(1, 0, 0);
	assert_int_equal(vmcb.eventinj, NMI_INJECTED);
}

static void test_error_code_of_32_bits(void **state)
{
	(void)state;
	hook(14, 0);
	exception(14, 0x80000004, 0x5000);	/* RMP */
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 14, 0x80000004));
}

static void test_exit_base_skinit(void **state)
{
	static const u8 stgi[] = { 0x0f, 0x01, 0xdc };

	(void)state;
	armed();
	memcpy(cpu.code, stgi, sizeof(stgi));
	exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	vcpu.svm.has_skinit = true;
	exception(13, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ_ERROR(SVM_EV_EXCEPTION, 13, 0));
}

static void test_vnmi(void **state)
{
	(void)state;
	vcpu.svm.features |= SVM_FEATURE_VNMI;
	armed();
	nmi();
	assert_int_equal(vmcb.eventinj, 0);
	assert_int_equal(vmcb.int_ctl & SVM_INT_V_NMI, SVM_INT_V_NMI);
	assert_false(vmcb.clean & SVM_CLEAN_INT_CTL);
	assert_false(intercepts(SVM_EXIT_IRET));
	assert_int_equal(vcpu.core.injected_nmis, 1);
}

static void test_inj_sc_nmi(void **state)
{
	(void)state;
	hook(2, TG_EV_SWALLOW);
	nmi();
	assert_int_equal(vmcb.eventinj, 0);
	assert_false(vcpu.svm.nmi.masked);
	assert_false(vcpu.core.nmi_pending);
	assert_int_equal(world_records(&w), 1);
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
	vcpu.spec = SPEC_VERW;
	hook(6, 0);
	other_exit(SVM_EXIT_INVD);
	assert_int_equal(vcpu.verw, 1);
	exception(6, 0, 0);
	assert_int_equal(vmcb.eventinj, INJ(SVM_EV_EXCEPTION, 6));
	assert_int_equal(vcpu.verw, 0);
	vmcb.cpl = 0;
	other_exit(SVM_EXIT_INVD);
	assert_int_equal(vcpu.verw, 0);
	vmcb.cpl = 3;
	vcpu.spec = SPEC_IBPB;
	other_exit(SVM_EXIT_INVD);
	assert_int_equal(vcpu.verw, 0);
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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_arm), T(test_msrpm), T(test_inj_cr2_and_rf), T(test_inj_err_without_code),
		T(test_inj_sc_page_fault), T(test_injection_ends_shadow),
		T(test_inj_rip_int3_nrips), T(test_inj_rip_int3_decoded),
		T(test_inj_type_int_n), T(test_inj_type_int3_as_int_n),
		T(test_inj_type_int_n_unreadable),
		T(test_inj_nest_redeliver_int3),
		T(test_inj_rip_int3_delivered), T(test_rex_is_a_prefix_in_64_bit_mode_only),
		T(test_inj_dpl_int1), T(test_inj_sc_int3_steps),
		T(test_exit_skip_btf_does_not_step), T(test_inj_dr6), T(test_inj_sc_db),
		T(test_inj_nest_double_fault), T(test_inj_nest_redeliver),
		T(test_exit_base_svm_insn), T(test_int_delivered),
		T(test_int_not_acknowledged_while_busy), T(test_int_swallowed_is_ended),
		T(test_nmi_goes_before_the_interrupt),
		T(test_nmi_behind_the_acknowledged_interrupt),
		T(test_short_way_is_the_general_one), T(test_win_nmi_ends_behind_iret),
		T(test_nmi_virt_one_pending), T(test_nmi_virt_step_keeps_the_guests_db),
		T(test_nmi_virt_step_keeps_a_breakpoint), T(test_nmi_virt_iret_pops_tf),
		T(test_nmi_virt_iret_faults), T(test_nmi_while_at_iret),
		T(test_nmi_waits_for_the_end_of_stis_shadow),
		T(test_nmi_does_not_wait_for_mov_ss), T(test_int_window_for_the_shadow),
		T(test_nmi_in_the_acknowledge_window), T(test_mc_in_the_acknowledge_window),
		T(test_own_step_that_does_not_move), T(test_stale_hit_in_dr6),
		T(test_error_code_of_32_bits), T(test_exit_base_skinit),
		T(test_vnmi), T(test_inj_sc_nmi),
		T(test_spec_verw), T(test_exit_fatal_rules), T(test_exit_fatal_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
