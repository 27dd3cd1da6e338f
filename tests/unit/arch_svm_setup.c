// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: what it is refused for, in words and with nothing changed, and what a CPU's
 * first VMCB says. The processor (CPUID, MSRs, registers) is the test's.
 */
#include "core_world.h"

#include "hv.h"
#include "x86.h"

static struct {
	u32 max_leaf, svm_ecx, asids, features, srso;
	u64 efer, vm_cr, hsave, bp_cfg, cr[5], dr6, dr7;
	unsigned int writes;		/* WRMSR so far */
	bool no_vm_cr;			/* reading it faults */
	long launch;			/* what the first VMRUN says */
	unsigned int launches;
	u64 launch_efer, launch_hsave, launch_bp_cfg;	/* as they were then */
} cpu;

static u64 fake_rdmsr(u32 msr);

int tg_host_rdmsr(u32 msr, u64 *value)
{
	if (cpu.no_vm_cr && msr == 0xc0010114)
		return -5;
	*value = fake_rdmsr(msr);
	return 0;
}

static u64 fake_rdmsr(u32 msr)
{
	switch (msr) {
	case TGX_MSR_EFER:
		return cpu.efer;
	case 0xc0010114:		/* VM_CR */
		if (cpu.no_vm_cr)
			fail_msg("#GP");
		return cpu.vm_cr;
	case 0xc0010117:		/* VM_HSAVE_PA */
		return cpu.hsave;
	case 0xc001102e:
		return cpu.bp_cfg;
	}
	fail_msg("RDMSR %x", msr);
	return 0;
}

static void fake_wrmsr(u32 msr, u64 v)
{
	cpu.writes++;
	if (msr == TGX_MSR_EFER)
		cpu.efer = v;
	else if (msr == 0xc0010117)
		cpu.hsave = v;
	else if (msr == 0xc001102e)
		cpu.bp_cfg = v;
	else
		fail_msg("WRMSR %x", msr);
}

static void fake_cpuid(u32 *a, u32 *b, u32 *c, u32 *d)
{
	u32 leaf = *a;

	*a = *b = *c = *d = 0;
	if (leaf == 0x80000000)
		*a = cpu.max_leaf;
	else if (leaf == 0x80000001)
		*c = cpu.svm_ecx;
	else if (leaf == 0x8000000a)
		*b = cpu.asids, *d = cpu.features;
	else if (leaf == 0x80000021)
		*a = cpu.srso;
}

static u64 fake_cr0(void) { return cpu.cr[0]; }
static u64 fake_cr2(void) { return cpu.cr[2]; }
static u64 fake_cr3(void) { return cpu.cr[3]; }
static u64 fake_cr4(void) { return cpu.cr[4]; }
static u64 fake_dr6(void) { return cpu.dr6; }
static u64 fake_dr7(void) { return cpu.dr7; }
static u16 fake_cs(void) { return 0x10; }
static u16 fake_ss(void) { return 0x18; }
static u16 fake_none(void) { return 0; }
static u32 fake_lar(u16 sel) { return sel == 0x10 ? 0xa09b00 : 0xc09300; }
static u32 fake_lsl(u16 sel) { return sel == 0x10 ? 0xffffffff : 0xfffff; }
static struct x86_dtr fake_gdtr(void) { return (struct x86_dtr){ .limit = 0x7f, .base = 0x1000 }; }
static struct x86_dtr fake_idtr(void) { return (struct x86_dtr){ .limit = 0xfff, .base = 0x2000 }; }

#define x86_rdmsr	fake_rdmsr
#define x86_wrmsr	fake_wrmsr
#define x86_cpuid	fake_cpuid
#define x86_read_cr0	fake_cr0
#define x86_read_cr2	fake_cr2
#define x86_read_cr3	fake_cr3
#define x86_read_cr4	fake_cr4
#define x86_read_dr6	fake_dr6
#define x86_read_dr7	fake_dr7
#define x86_read_cs	fake_cs
#define x86_read_ss	fake_ss
#define x86_read_ds	fake_none
#define x86_read_es	fake_none
#define x86_lar		fake_lar
#define x86_lsl		fake_lsl
#define x86_sgdt	fake_gdtr
#define x86_sidt	fake_idtr
#include "../../arch/x86/svm/setup.c"

struct x86_dtr tg_root_idtr(void)
{
	return (struct x86_dtr){ .limit = 0xfff, .base = 0x3000 };
}

long tg_svm_launch(struct tg_vcpu *v)
{
	assert_int_equal(v->state, TG_VCPU_IN);
	cpu.launches++;
	cpu.launch_efer = cpu.efer;
	cpu.launch_hsave = cpu.hsave;
	cpu.launch_bp_cfg = cpu.bp_cfg;
	return cpu.launch;
}

#define PA 0x7000u

static u8 pages[TG_PAGES_PER_CPU * TG_PAGE] __attribute__((aligned(4096)));
static struct tg_platform platform;
static struct tg_vcpu v;
static const char *why;

static int good(void **state)
{
	(void)state;
	memset(pages, 0, sizeof(pages));
	platform = (struct tg_platform){ 0 };
	v = (struct tg_vcpu){ .platform = &platform };
	cpu = (typeof(cpu)){
		.max_leaf = 0x80000021, .svm_ecx = 1 << 2, .asids = 16,
		.features = SVM_FEATURE_NRIPS,
		.efer = 0xd01, .vm_cr = 8, .hsave = 0x5000,
		.cr = { 0x80050033, 0, 0xdead000, 0x1234000, 0x6f0 }, .dr6 = 0xffff0ff1,
		.dr7 = 0x402, .bp_cfg = 1ull << 33,
	};
	why = NULL;
	return 0;
}

/* Refused with such an error and sentence, by the probe and by each CPU, and nothing is changed. */
static void refused(int err, const char *sentence)
{
	u64 efer = cpu.efer, hsave = cpu.hsave;

	assert_int_equal(tg_svm_ops.probe(&why), err);
	assert_string_equal(why, sentence);
	why = NULL;
	tg_svm_ops.cpu_prepare(&v, pages, PA);
	assert_int_equal(tg_svm_ops.cpu_enter(&v, &why), err);
	assert_string_equal(why, sentence);
	assert_int_equal(cpu.writes, 0);
	assert_int_equal(cpu.launches, 0);
	assert_int_equal(cpu.efer, efer);
	assert_int_equal(cpu.hsave, hsave);
	assert_int_equal(v.state, TG_VCPU_OUT);
}

static void test_refuse_no_svm(void **state)
{
	(void)state;
	cpu.svm_ecx = ~(1u << 2);
	refused(-19, "the processor has no AMD-V");
	good(NULL);
	cpu.max_leaf = 0x80000000;		/* no such leaf */
	refused(-19, "the processor has no AMD-V");
	good(NULL);
	cpu.max_leaf = 0;			/* no extended ones at all */
	refused(-19, "the processor has no AMD-V");
}

static void test_refuse_disabled_by_firmware(void **state)
{
	(void)state;
	cpu.vm_cr = SVM_VM_CR_SVMDIS | SVM_VM_CR_LOCK;
	refused(-13, "AMD-V is locked off by the firmware (VM_CR.SVMDIS): switch on \"SVM mode\" "
		     "in its setup");
	cpu.vm_cr = SVM_VM_CR_SVMDIS;
	refused(-13,
		"AMD-V is disabled (VM_CR.SVMDIS): switch on \"SVM mode\" in the firmware's setup");
}

static void test_refuse_no_vm_cr(void **state)
{
	(void)state;
	cpu.no_vm_cr = true;
	refused(-95, "CPUID shows AMD-V, and its MSR VM_CR is not there: the hypervisor below "
		     "does not give it to its guests; switch on nested virtualization there");
}

static void test_refuse_no_asids(void **state)
{
	(void)state;
	cpu.asids = 1;
	refused(-95, "the processor has no address-space identifiers (ASID) for guests");
	cpu.asids = 2;
	assert_int_equal(tg_svm_ops.probe(&why), 0);
}

static void test_refuse_in_use(void **state)
{
	(void)state;
	assert_null(tg_svm_ops.in_use());
	cpu.efer |= TGX_EFER_SVME;
	assert_non_null(strstr(tg_svm_ops.in_use(), "EFER.SVME is set"));
	assert_non_null(strstr(tg_svm_ops.in_use(), "unload kvm_amd"));
	assert_non_null(strstr(tg_svm_ops.in_use(), "kvm.enable_virt_at_load=0"));
	assert_int_equal(cpu.writes, 0);
}

/* The guest's own, as it was; no nested paging, an ASID of its own, one flush. */
static void test_first_vmcb(void **state)
{
	const struct vmcb *c = (const struct vmcb *)(pages + 2 * TG_PAGE);

	(void)state;
	tg_svm_ops.cpu_prepare(&v, pages, PA);
	assert_int_equal(tg_svm_ops.cpu_enter(&v, &why), 0);
	assert_int_equal(v.state, TG_VCPU_IN);
	assert_int_equal(cpu.launches, 1);
	assert_int_equal(cpu.launch_efer, 0x1d01);
	assert_int_equal(cpu.launch_hsave, PA + 3 * TG_PAGE);
	assert_int_equal(v.svm.guest_hsave, 0x5000);
	assert_int_equal(v.svm.vmcb_pa, PA + 2 * TG_PAGE);

	assert_int_equal(c->intercept_cr, 0);
	assert_int_equal(c->intercept_dr, 0);
	/* NMI, INIT, INVD, INVLPGA, MSRs, SHUTDOWN; VMRUN to SKINIT */
	assert_int_equal(c->intercept[0],
			 1u << 1 | 1u << 3 | 1u << 22 | 1u << 26 | 1u << 28 | 1u << 31);
	assert_int_equal(c->intercept[1], 0x7f);
	assert_int_equal(c->asid, 1);
	assert_int_equal(c->tlb_control, 1);
	assert_int_equal(v.core.flushes, 1);
	assert_int_equal(c->nested_ctl, 0);
	assert_int_equal(c->int_ctl, 0);
	assert_int_equal(c->clean, 0);
	assert_int_equal(c->eventinj, 0);
	assert_int_equal(c->msrpm_pa, PA);

	assert_int_equal(c->efer, 0x1d01);
	assert_int_equal(c->cr0, 0x80050033);
	assert_int_equal(c->cr2, 0xdead000);
	assert_int_equal(c->cr3, 0x1234000);
	assert_int_equal(c->cr4, 0x6f0);
	assert_int_equal(c->dr6, 0xffff0ff1);
	assert_int_equal(c->dr7, 0x402);
	assert_int_equal(c->rflags, 2);
	assert_int_equal(c->cs.sel, 0x10);
	assert_int_equal(c->cs.attr, 0xa9b);
	assert_int_equal(c->cs.limit, 0xffffffff);
	assert_int_equal(c->ss.attr, 0xc93);
	assert_int_equal(c->ds.attr, 0);
	assert_int_equal(c->gdtr.base, 0x1000);
	assert_int_equal(c->idtr.limit, 0xfff);
	/* writes of EFER, VM_HSAVE_PA both ways */
	assert_int_equal(pages[0x800 + 0x80 / 4], 2);
	assert_int_equal(pages[0x1000 + 0x117 / 4] >> (0x117 % 4 * 2) & 3, 3);
}

static void test_first_vmcb_features(void **state)
{
	const struct vmcb *c = (const struct vmcb *)(pages + 2 * TG_PAGE);

	(void)state;
	cpu.features = SVM_FEATURE_NRIPS | SVM_FEATURE_VNMI | SVM_FEATURE_TLBI;
	platform.lidt_leaves = true;
	platform.see_int_n = true;
	tg_svm_ops.cpu_prepare(&v, pages, PA);
	assert_int_equal(v.svm.features,
			 SVM_FEATURE_NRIPS | SVM_FEATURE_VNMI | SVM_FEATURE_TLBI);
	assert_int_equal(tg_svm_ops.cpu_enter(&v, &why), 0);
	assert_int_equal(c->int_ctl, SVM_INT_V_NMI_ENABLE);
	assert_int_equal(c->nested_ctl, SVM_NESTED_TLBI);
	assert_int_equal(c->intercept[0] & (1u << 10 | 1u << 21), 1u << 10 | 1u << 21);
	assert_true(v.int_n_seen);
}

/* SPEC: the untraining of the kernel's returns is nothing to root mode's, wherever it exits. */
static void test_spec_barrier(void **state)
{
	static const struct {
		u32 mitigations, slow;
	} t[] = {
		{ 0, 0 },
		{ TG_MITIGATION_BARRIER, 0 },
		{ TG_MITIGATION_RETURNS | TG_MITIGATION_EXIT | TG_MITIGATION_ENTRY, 0 },
		{ TG_MITIGATION_BARRIER | TG_MITIGATION_ENTRY, SLOW_IBPB },
		{ TG_MITIGATION_BARRIER | TG_MITIGATION_RETURNS, SLOW_IBPB_ALL },
		{ TG_MITIGATION_BARRIER | TG_MITIGATION_EXIT, SLOW_IBPB_ALL },
		{ TG_MITIGATION_BARRIER | TG_MITIGATION_RETURNS | TG_MITIGATION_ENTRY,
		  SLOW_IBPB | SLOW_IBPB_ALL },
	};

	(void)state;
	for (u32 i = 0; i < TG_ARRAY_SIZE(t); i++) {
		good(NULL);
		platform.mitigations = t[i].mitigations;
		v.slow = SLOW_VERW;
		tg_svm_ops.cpu_prepare(&v, pages, PA);
		assert_int_equal(v.slow, SLOW_VERW | t[i].slow);
	}
}

#define SRSO_NO		(1u << 29)
#define USER_KERNEL_NO	(1u << 30)
#define MSR_FIX		(1u << 31)
#define ALL_MITIGATIONS	(TG_MITIGATION_BARRIER | TG_MITIGATION_ANY | TG_MITIGATION_BP_CFG)

/* SPEC: immune between a program and the kernel, not between a guest and root mode. */
static void test_spec_guest_to_host(void **state)
{
	static const struct {
		u32 srso, mitigations, slow;
		bool reduces;
	} t[] = {
		{ 0, ALL_MITIGATIONS, 0, false },
		{ MSR_FIX, ALL_MITIGATIONS, 0, false },
		{ SRSO_NO | USER_KERNEL_NO | MSR_FIX, ALL_MITIGATIONS, 0, false },
		{ USER_KERNEL_NO | MSR_FIX, ALL_MITIGATIONS, 0, true },
		{ USER_KERNEL_NO, ALL_MITIGATIONS, SLOW_IBPB_ALL, false },
		/* a hypervisor below shows the bit, and no such MSR */
		{ USER_KERNEL_NO | MSR_FIX, ALL_MITIGATIONS & ~TG_MITIGATION_BP_CFG,
		  SLOW_IBPB_ALL, false },
		{ USER_KERNEL_NO, ALL_MITIGATIONS & ~TG_MITIGATION_BARRIER, 0, false },
		/* mitigations=off */
		{ USER_KERNEL_NO | MSR_FIX, ALL_MITIGATIONS & ~TG_MITIGATION_ANY, 0, false },
	};

	(void)state;
	for (u32 i = 0; i < TG_ARRAY_SIZE(t); i++) {
		good(NULL);
		cpu.srso = t[i].srso;
		platform.mitigations = t[i].mitigations;
		tg_svm_ops.cpu_prepare(&v, pages, PA);
		assert_int_equal(v.slow, t[i].slow);
		assert_int_equal(tg_svm_ops.cpu_enter(&v, &why), 0);
		assert_int_equal(cpu.launch_bp_cfg, 1ull << 33 | (u64)t[i].reduces << 4);
		tg_svm_ops.cpu_put_back(&v);
		assert_int_equal(cpu.bp_cfg, 1ull << 33);
	}
	cpu.max_leaf = 0x80000020;
	cpu.srso = USER_KERNEL_NO;
	v.slow = 0;
	platform.mitigations = ALL_MITIGATIONS;
	tg_svm_ops.cpu_prepare(&v, pages, PA);
	assert_int_equal(v.slow, 0);
}

/* Somebody else has it set: it stays so. And what is set meanwhile stays, too. */
static void test_spec_put_back(void **state)
{
	(void)state;
	cpu.srso = USER_KERNEL_NO | MSR_FIX;
	platform.mitigations = ALL_MITIGATIONS;
	tg_svm_ops.cpu_prepare(&v, pages, PA);
	cpu.bp_cfg = 1 << 4;
	assert_int_equal(tg_svm_ops.cpu_enter(&v, &why), 0);
	tg_svm_ops.cpu_put_back(&v);
	assert_int_equal(cpu.bp_cfg, 1 << 4);
	cpu.bp_cfg = 0;
	assert_int_equal(tg_svm_ops.cpu_enter(&v, &why), 0);
	cpu.bp_cfg |= 1 << 5;
	assert_int_equal(tg_svm_ops.cpu_enter(&v, &why), 0);	/* out and in again */
	tg_svm_ops.cpu_put_back(&v);
	assert_int_equal(cpu.bp_cfg, 1 << 5);
	assert_int_equal(cpu.launches, 3);
}

static void test_idle_ports(void **state)
{
	u8 map[3 * TG_PAGE] = { 0 }, wanted[3 * TG_PAGE] = { 0 };

	(void)state;
	wanted[0x410 / 8] = 0xf0;
	wanted[0x418 / 8] = 0x0f;
	tg_svm_idle_ports(map, 0x414);
	assert_memory_equal(map, wanted, sizeof(map));
	tg_svm_idle_ports(map, 0xffff);		/* within the map */
	platform.iopm_pa = 0x8000;
	tg_svm_ops.cpu_prepare(&v, pages, PA);
	assert_int_equal(tg_svm_ops.cpu_enter(&v, &why), 0);
	assert_int_equal(v.svm.vmcb->iopm_pa, 0x8000);
	assert_int_equal(v.svm.vmcb->intercept[0] & 1u << 27, 0);
}

static void test_first_vmrun_refused(void **state)
{
	(void)state;
	cpu.launch = 3;
	tg_svm_ops.cpu_prepare(&v, pages, PA);
	assert_int_equal(tg_svm_ops.cpu_enter(&v, &why), -22);
	assert_string_equal(why, "VMRUN refused the state of the running kernel");
	assert_int_equal(v.state, TG_VCPU_OUT);
}

#define T(f) cmocka_unit_test_setup(f, good)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_refuse_no_svm), T(test_refuse_disabled_by_firmware), T(test_refuse_no_asids),
		T(test_refuse_no_vm_cr),
		T(test_refuse_in_use), T(test_first_vmcb), T(test_first_vmcb_features),
		T(test_first_vmrun_refused), T(test_spec_barrier), T(test_idle_ports),
		T(test_spec_guest_to_host), T(test_spec_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
