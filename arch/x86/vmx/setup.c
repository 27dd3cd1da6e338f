// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: is it there and free, and bringing one CPU into VMX non-root operation
 * with the running kernel as its guest. Runs in the kernel; cpu_enter with
 * interrupts off, on the CPU concerned.
 */
#include "backend.h"
#include "../root.h"
#include "dump.h"

#define MSR_VMX_BASIC		0x480
#define MSR_VMX_PIN		0x481
#define MSR_VMX_PROC		0x482
#define MSR_VMX_EXIT		0x483
#define MSR_VMX_ENTRY		0x484
#define MSR_VMX_MISC		0x485
#define MSR_VMX_CR0_FIXED0	0x486
#define MSR_VMX_PROC2		0x48b
#define MSR_VMX_EPT_VPID	0x48c
#define MSR_VMX_TRUE_PIN	0x48d
#define MSR_VMX_PROC3		0x492

#define BASIC_TRUE		(1ull << 55)
#define FEATURE_LOCKED		(1ull << 0)
#define FEATURE_VMX_IN_SMX	(1ull << 1)
#define FEATURE_VMX		(1ull << 2)

#define ERR_ACCES	(-13)
#define ERR_NODEV	(-19)
#define ERR_BUSY	(-16)
#define ERR_IO		(-5)
#define ERR_INVAL	(-22)
#define ERR_OPNOTSUPP	(-95)

static bool cpu_has_vmx(void)
{
	u32 a = 1, b, c = 0, d;

	x86_cpuid(&a, &b, &c, &d);
	return c >> 5 & 1;
}

/* All 0 where there is no such leaf: Intel would answer with the last one's. */
static void cpuid(u32 leaf, u32 sub, u32 out[4])
{
	u32 b, c = 0, d;

	out[0] = leaf & 0x80000000;
	x86_cpuid(&out[0], &b, &c, &d);
	if (out[0] < leaf) {
		out[0] = out[1] = out[2] = out[3] = 0;
		return;
	}
	out[0] = leaf;
	out[2] = sub;
	x86_cpuid(&out[0], &out[1], &out[2], &out[3]);
}

/* SDM "Secondary Processor-Based VM-Execution Controls": those with an enable bit. */
static u32 instructions_there(void)
{
	u32 leaf[4], there = 0;

	cpuid(7, 0, leaf);
	there |= leaf[1] >> 10 & 1 ? VMX_PROC2_INVPCID : 0;
	there |= leaf[2] >> 5 & 1 ? VMX_PROC2_USER_WAIT : 0;
	cpuid(0xd, 1, leaf);
	there |= leaf[0] >> 3 & 1 ? VMX_PROC2_XSAVES : 0;
	cpuid(0x80000001, 0, leaf);
	there |= leaf[3] >> 27 & 1 ? VMX_PROC2_RDTSCP : 0;
	return there;
}

/* Shadow stacks; without them, IA32_INTERRUPT_SSP_TABLE_ADDR is not there either. */
static bool cpu_has_cet_ss(void)
{
	u32 leaf[4];

	cpuid(7, 0, leaf);
	return leaf[2] >> 7 & 1;
}

static void read_caps(struct vmx_caps *c)
{
	int k;

	*c = (struct vmx_caps){ .basic = x86_rdmsr(MSR_VMX_BASIC) };
	k = c->basic & BASIC_TRUE ? MSR_VMX_TRUE_PIN - MSR_VMX_PIN : 0;
	c->pin = x86_rdmsr(MSR_VMX_PIN + k);
	c->proc = x86_rdmsr(MSR_VMX_PROC + k);
	c->exit = x86_rdmsr(MSR_VMX_EXIT + k);
	c->entry = x86_rdmsr(MSR_VMX_ENTRY + k);
	c->misc = x86_rdmsr(MSR_VMX_MISC);
	c->cr0_fixed0 = x86_rdmsr(MSR_VMX_CR0_FIXED0);
	c->cr0_fixed1 = x86_rdmsr(MSR_VMX_CR0_FIXED0 + 1);
	c->cr4_fixed0 = x86_rdmsr(MSR_VMX_CR0_FIXED0 + 2);
	c->cr4_fixed1 = x86_rdmsr(MSR_VMX_CR0_FIXED0 + 3);
	if (c->proc >> 32 & VMX_PROC_SECONDARY)
		c->proc2 = x86_rdmsr(MSR_VMX_PROC2);
	/* The MSR is there if VPID or EPT (bit 1) can be enabled. */
	if (c->proc2 >> 32 & (VMX_PROC2_VPID | 2))
		c->ept_vpid = x86_rdmsr(MSR_VMX_EPT_VPID);
	if (c->proc >> 32 & VMX_PROC_TERTIARY)
		c->proc3 = x86_rdmsr(MSR_VMX_PROC3);
	c->instructions = instructions_there();
}

/* What this CPU can, and the controls that follow; 0, or -errno with *why. */
static int examine(struct vmx_caps *caps, bool nested, struct vmx_ctls *ctls, const char **why)
{
	u64 feature;

	if (!cpu_has_vmx()) {
		*why = "the processor has no VT-x";
		return ERR_NODEV;
	}
	feature = x86_rdmsr(TGX_MSR_FEATURE_CONTROL);
	/* Behind a measured launch (tboot) the other bit counts: VMXON says. */
	if (!(feature & FEATURE_LOCKED) || !(feature & (FEATURE_VMX | FEATURE_VMX_IN_SMX))) {
		*why = "VT-x is locked off by the firmware: switch on \"Intel Virtualization "
		       "Technology\" in its setup";
		return ERR_ACCES;
	}
	read_caps(caps);
	if (vmx_choose_ctls(caps, nested, ctls, why))
		return ERR_OPNOTSUPP;
	if ((x86_read_cr4() & TGX_CR4_CET) && !ctls->cet && x86_rdmsr(TGX_MSR_S_CET)) {
		*why = "the kernel uses supervisor CET and this processor cannot switch it on VM "
		       "exits: boot with ibt=off";
		return ERR_OPNOTSUPP;
	}
	return 0;
}

static int vmx_probe(const char **why)
{
	struct vmx_caps caps;
	struct vmx_ctls ctls;

	return examine(&caps, false, &ctls, why);
}

/* Claimed as KVM does it, so that each sees the other. */
static const char *vmx_in_use(void)
{
	if (!(x86_read_cr4() & TGX_CR4_VMXE))
		return NULL;
	return "VT-x is in use, by KVM as far as known: stop its virtual machines or unload "
	       "kvm_intel; since Linux 6.12 it holds VT-x from load on unless booted with "
	       "kvm.enable_virt_at_load=0";
}

static void vmx_cpu_prepare(struct tg_vcpu *v, void *va, u64 pa)
{
	u32 revision = x86_rdmsr(MSR_VMX_BASIC) & 0x7fffffff;

	*(u32 *)va = revision;
	*(u32 *)(va + TG_PAGE) = revision;
	v->vmx.vmxon_pa = pa;
	v->vmx.vmcs_pa = pa + TG_PAGE;
	v->vmx.msr_bitmap_pa = pa + 2 * TG_PAGE;	/* zero: no MSR exits, but */
	vmx_intercept_wrmsr(va + 2 * TG_PAGE, TGX_MSR_DS_AREA);
	vmx_intercept_wrmsr(va + 2 * TG_PAGE, TGX_MSR_BIOS_UPDT_TRIG);
}

struct vmcs_value {
	u32 field;
	u64 value;
};

static int write_all(const struct vmcs_value *t, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (vmx_try_write(t[i].field, t[i].value))
			return -1;
	return 0;
}

static int write_controls(struct tg_vcpu *v)
{
	const struct vmx_ctls *c = &v->vmx.ctls;
	const struct vmcs_value t[] = {
		{ VMCS_PIN, c->pin },
		{ VMCS_PROC, c->proc },
		{ VMCS_EXIT, c->exit },
		{ VMCS_ENTRY, c->entry },
		{ VMCS_EXCEPTION_BITMAP, 0 },
		/* #PF: bit 14 of the bitmap alone decides */
		{ VMCS_PF_MASK, 0 },
		{ VMCS_PF_MATCH, 0 },
		{ VMCS_CR3_TARGETS, 0 },
		{ VMCS_EXIT_MSR_STORE_COUNT, 0 },
		{ VMCS_EXIT_MSR_LOAD_COUNT, 0 },
		{ VMCS_ENTRY_MSR_LOAD_COUNT, 0 },
		{ VMCS_ENTRY_INFO, 0 },
		{ VMCS_MSR_BITMAP, v->vmx.msr_bitmap_pa },
		{ VMCS_LINK, ~0ull },
		/* owned: what VMX operation fixes; a change makes the CPU leave */
		{ VMCS_CR0_MASK, TGX_CR0_PE | TGX_CR0_NE | TGX_CR0_PG },
		{ VMCS_CR4_MASK, TGX_CR4_VMXE },
		{ VMCS_CR0_SHADOW, x86_read_cr0() },
		{ VMCS_CR4_SHADOW, x86_read_cr4() },
	};

	if (write_all(t, TG_ARRAY_SIZE(t)))
		return -1;
	if ((c->proc & VMX_PROC_SECONDARY) &&
	    vmx_try_write(VMCS_PROC2, c->proc2 | (v->int_n_seen ? VMX_PROC2_DESC_TABLE : 0)))
		return -1;
	if ((c->proc & VMX_PROC_TERTIARY) && vmx_try_write(VMCS_PROC3, c->proc3))
		return -1;
	if (c->vpid && vmx_try_write(VMCS_VPID, 1))
		return -1;
	if ((c->proc2 & VMX_PROC2_PCONFIG) && vmx_try_write(VMCS_PCONFIG_EXITING, 0))
		return -1;
	if ((c->proc2 & VMX_PROC2_XSAVES) && vmx_try_write(VMCS_XSS_EXITING, 0))
		return -1;
	return 0;
}

static int write_host(struct tg_vcpu *v)
{
	const struct vmcs_value t[] = {
		{ VMCS_HOST_CR0, x86_read_cr0() },
		{ VMCS_HOST_CR3, v->platform->root_cr3 },
		{ VMCS_HOST_CR4, v->host_cr4 },
		{ VMCS_HOST_CS, ROOT_CS },
		{ VMCS_HOST_SS, ROOT_DS },
		{ VMCS_HOST_DS, 0 },
		{ VMCS_HOST_ES, 0 },
		{ VMCS_HOST_FS, 0 },
		{ VMCS_HOST_GS, 0 },
		{ VMCS_HOST_TR, ROOT_TR },
		{ VMCS_HOST_FS_BASE, 0 },
		{ VMCS_HOST_GS_BASE, (u64)v },
		{ VMCS_HOST_TR_BASE, (u64)v->tss },
		{ VMCS_HOST_GDTR_BASE, (u64)v->gdt },
		{ VMCS_HOST_IDTR_BASE, tg_root_idtr().base },
		/* SYSENTER is never executed in root mode; canonical is enough */
		{ VMCS_HOST_SYSENTER_CS, 0 },
		{ VMCS_HOST_SYSENTER_ESP, 0 },
		{ VMCS_HOST_SYSENTER_EIP, 0 },
		{ VMCS_HOST_RSP, v->root_rsp },
		{ VMCS_HOST_RIP, (u64)tg_vmx_exit_entry },
	};
	const struct vmcs_value cet[] = {
		{ VMCS_HOST_S_CET, 0 },
		{ VMCS_HOST_SSP, 0 },
		{ VMCS_HOST_ISST, 0 },
	};

	if (write_all(t, TG_ARRAY_SIZE(t)))
		return -1;
	return v->vmx.ctls.cet ? write_all(cet, TG_ARRAY_SIZE(cet)) : 0;
}

/* Base of a descriptor in the current GDT; system ones have 16 bytes. */
static u64 gdt_base(u16 sel, bool system)
{
	const u64 *d = (const u64 *)(x86_sgdt().base + (sel & ~7u));
	u64 base;

	if (!(sel & ~7u) || (sel & 4))
		return 0;
	base = (d[0] >> 16 & 0xffffff) | (d[0] >> 56 & 0xff) << 24;
	return system ? base | d[1] << 32 : base;
}

#define AR_UNUSABLE	(1u << 16)

/* Fields of a segment register lie in steps of 2 from those of ES. */
static int write_segment(u32 index, u16 sel, u64 base)
{
	bool usable = sel & ~3u;
	const struct vmcs_value t[] = {
		{ VMCS_GUEST_ES + 2 * index, sel },
		{ VMCS_GUEST_ES_LIMIT + 2 * index, usable ? x86_lsl(sel) : 0 },
		{ VMCS_GUEST_ES_AR + 2 * index, usable ? x86_lar(sel) >> 8 & 0xf0ff : AR_UNUSABLE },
		{ VMCS_GUEST_ES_BASE + 2 * index, base },
	};

	return write_all(t, TG_ARRAY_SIZE(t));
}

static int write_guest_segments(void)
{
	u16 ds = x86_read_ds(), es = x86_read_es(), tr = x86_str(), ldtr = x86_sldt();

	return write_segment(0, es, gdt_base(es, false)) |
	       write_segment(1, x86_read_cs(), 0) |
	       write_segment(2, x86_read_ss(), 0) |
	       write_segment(3, ds, gdt_base(ds, false)) |
	       write_segment(4, x86_read_fs(), x86_rdmsr(TGX_MSR_FS_BASE)) |
	       write_segment(5, x86_read_gs(), x86_rdmsr(TGX_MSR_GS_BASE)) |
	       write_segment(6, ldtr, gdt_base(ldtr, true)) |
	       write_segment(7, tr, gdt_base(tr, true));
}

static int write_guest(struct tg_vcpu *v)
{
	struct x86_dtr gdtr = x86_sgdt(), idtr = x86_sidt();
	const struct vmcs_value t[] = {
		{ VMCS_GUEST_CR0, x86_read_cr0() },
		{ VMCS_GUEST_CR3, x86_read_cr3() },
		{ VMCS_GUEST_CR4, x86_read_cr4() },
		{ VMCS_GUEST_DR7, x86_read_dr7() },
		{ VMCS_GUEST_DEBUGCTL, x86_rdmsr(TGX_MSR_DEBUGCTL) },
		{ VMCS_GUEST_RFLAGS, 2 },	/* interrupts off; the caller restores */
		{ VMCS_GUEST_GDTR_BASE, gdtr.base },
		{ VMCS_GUEST_GDTR_LIMIT, gdtr.limit },
		{ VMCS_GUEST_IDTR_BASE, idtr.base },
		{ VMCS_GUEST_IDTR_LIMIT, idtr.limit },
		{ VMCS_GUEST_SYSENTER_CS, x86_rdmsr(TGX_MSR_SYSENTER_CS) },
		{ VMCS_GUEST_SYSENTER_ESP, x86_rdmsr(TGX_MSR_SYSENTER_ESP) },
		{ VMCS_GUEST_SYSENTER_EIP, x86_rdmsr(TGX_MSR_SYSENTER_EIP) },
		{ VMCS_GUEST_BLOCKING, 0 },
		{ VMCS_GUEST_ACTIVITY, 0 },
		{ VMCS_GUEST_PENDING_DB, 0 },
	};

	if (write_all(t, TG_ARRAY_SIZE(t)) || write_guest_segments())
		return -1;
	if (v->vmx.ctls.lbr && vmx_try_write(VMCS_GUEST_LBR_CTL, x86_rdmsr(TGX_MSR_LBR_CTL)))
		return -1;
	if (!v->vmx.ctls.cet)
		return 0;
	return vmx_try_write(VMCS_GUEST_S_CET, x86_rdmsr(TGX_MSR_S_CET)) |
	       vmx_try_write(VMCS_GUEST_SSP, 0) |
	       vmx_try_write(VMCS_GUEST_ISST, v->vmx.has_isst ? x86_rdmsr(TGX_MSR_ISST) : 0);
}

/* After VMXON and before the launch: nothing stale in any tag (TLB). */
static int flush_all(struct tg_vcpu *v)
{
	u64 cr4 = x86_read_cr4();

	v->core.flushes++;
	x86_write_cr4(cr4 ^ TGX_CR4_PGE);
	x86_write_cr4(cr4);
	return v->vmx.ctls.vpid ? vmx_invvpid_all() : 0;
}

static void failed_launch(const char **why)
{
	u64 error = 0;

	if (vmx_try_read(VMCS_INSN_ERROR, &error))
		error = 0;
	*why = error == 7 ? "VMLAUNCH refused the control fields (VM-instruction error 7)"
	     : error == 8 ? "VMLAUNCH refused the host state (VM-instruction error 8)"
			  : "VMLAUNCH failed";
}

static int launch(struct tg_vcpu *v, const char **why)
{
	long err;

	v->vmx.exits_before = v->core.exits;
	v->state = TG_VCPU_IN;
	err = tg_vmx_launch();
	if (!err)
		return 0;
	v->state = TG_VCPU_OUT;
	if (err == 4) {
		*why = "a machine check came during the first VM entry: try again";
		return ERR_IO;
	}
	if (err == 3) {
		/* already out of VMX operation */
		*why = "VM entry refused the state of the running kernel (see the kernel log)";
		return ERR_INVAL;
	}
	failed_launch(why);
	vmx_vmxoff();
	return ERR_IO;
}

static int enter_operation(struct tg_vcpu *v, const char **why)
{
	if (vmx_vmclear(v->vmx.vmcs_pa) || vmx_vmptrld(v->vmx.vmcs_pa)) {
		*why = "VMCLEAR or VMPTRLD failed";
		return ERR_IO;
	}
	if (write_controls(v) || write_host(v) || write_guest(v)) {
		*why = "the processor refused a VMCS field";
		return ERR_IO;
	}
	if (flush_all(v)) {
		*why = "INVVPID failed";
		return ERR_IO;
	}
	return 0;
}

static int vmx_cpu_enter(struct tg_vcpu *v, const char **why)
{
	struct vmx_caps caps;
	int err = examine(&caps, v->platform->nested, &v->vmx.ctls, why);

	if (err)
		return err;
	if (vmx_check_cr(&caps, x86_read_cr0(), x86_read_cr4(), why))
		return ERR_OPNOTSUPP;
	v->vmx.pin = v->vmx.ctls.pin;
	v->vmx.proc = v->vmx.ctls.proc;
	v->core.unsettled = false;
	v->vmx.exception_bitmap = 0;
	v->vmx.want_extint = false;
	v->core.posting.word = 0;
	v->slow &= ~SLOW_POST;
	v->host_cr4 = x86_read_cr4() & ~TGX_CR4_NOT_ROOT;
	v->departure = (struct tg_departure){ 0 };
	v->int_n_seen = v->platform->see_int_n && v->vmx.ctls.int_n;
	v->slow &= ~(SLOW_INT_N | SLOW_NO_HLT);
	v->slow |= (v->int_n_seen ? SLOW_INT_N : 0) | (v->vmx.ctls.hlt ? 0 : SLOW_NO_HLT);
	v->vmx.cr4_fixed1 = caps.cr4_fixed1;
	v->vmx.has_isst = v->vmx.ctls.cet && cpu_has_cet_ss();
	v->vmx.int_n = (struct vmx_int_n){ 0 };
	err = vmx_vmxon(v->vmx.vmxon_pa);
	if (err == -2) {
		*why = "VMXON faulted: the firmware allows VT-x only inside of a measured launch "
		       "(tboot), or only outside of one";
		return ERR_ACCES;
	}
	if (err) {
		*why = "VMXON failed: something else holds VMX operation on this CPU";
		return ERR_BUSY;
	}
	err = enter_operation(v, why);
	if (err) {
		vmx_vmxoff();
		return err;
	}
	return launch(v, why);
}

static const char *vmx_no_post(const struct tg_vcpu *v)
{
	if (v->vmx.ctls.timer || v->vmx.ctls.mtf)
		return NULL;
	return "the processor has neither a VMX-preemption timer nor a monitor trap flag: no post "
	       "stage";
}

static bool vmx_can_watch(const struct tg_vcpu *v)
{
	return v->vmx.ctls.timer;
}

const struct tg_hv_ops tg_vmx_ops = {
	.name = "VT-x",
	.own_tss = true,
	.claim_cr4 = TGX_CR4_VMXE,
	.probe = vmx_probe,
	.in_use = vmx_in_use,
	.cpu_prepare = vmx_cpu_prepare,
	.cpu_enter = vmx_cpu_enter,
	.hypercall = tg_vmx_hypercall,
	.no_post = vmx_no_post,
	.can_watch = vmx_can_watch,
	.dump_field = tg_vmx_dump_field,
	.broken_rule = tg_vmx_broken_rule,
};
