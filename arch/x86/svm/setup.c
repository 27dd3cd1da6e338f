// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: is it there and free, and bringing one CPU into operation with the
 * running kernel as its guest. Runs in the kernel; cpu_enter with interrupts
 * off, on the CPU concerned. No nested paging: the guest's tables are its own.
 */
#include "../root.h"
#include "backend.h"

#define ERR_ACCES	(-13)
#define ERR_NODEV	(-19)
#define ERR_INVAL	(-22)
#define ERR_OPNOTSUPP	(-95)

#define CPUID_SVM_ECX	(1u << 2)	/* 8000_0001 */
#define CPUID_SKINIT	(1u << 12)	/* the same */
/* 8000_0021 EAX, "SRSO": speculative return stack overflow. */
#define CPUID_SRSO_NO		(1u << 29)
#define CPUID_SRSO_USER_NO	(1u << 30)	/* not from user mode to the kernel */
#define CPUID_SRSO_MSR_FIX	(1u << 31)	/* BP_CFG.BpSpecReduce is there */

static u32 extended_cpuid(u32 leaf, u32 *ebx, u32 *ecx, u32 *edx)
{
	u32 a = 0x80000000, b, c = 0, d;

	x86_cpuid(&a, &b, &c, &d);
	*ebx = *ecx = *edx = 0;
	if (a < leaf || a > 0x8000ffff)
		return 0;
	a = leaf;
	x86_cpuid(&a, ebx, ecx, edx);
	return a;
}

static int svm_probe(const char **why)
{
	u32 b, c, d;
	u64 vm_cr;

	extended_cpuid(0x80000001, &b, &c, &d);
	if (!(c & CPUID_SVM_ECX)) {
		*why = "the processor has no AMD-V";
		return ERR_NODEV;
	}
	if (tg_host_rdmsr(SVM_MSR_VM_CR, &vm_cr)) {
		*why = "CPUID shows AMD-V, and its MSR VM_CR is not there: the hypervisor below "
		       "does not give it to its guests; switch on nested virtualization there";
		return ERR_OPNOTSUPP;
	}
	/* APM "Enabling SVM": which of the two it is, the lock bit tells. */
	if (vm_cr & SVM_VM_CR_SVMDIS) {
		*why = vm_cr & SVM_VM_CR_LOCK
			       ? "AMD-V is locked off by the firmware (VM_CR.SVMDIS): switch on "
				 "\"SVM mode\" in its setup"
			       : "AMD-V is disabled (VM_CR.SVMDIS): switch on \"SVM mode\" in the "
				 "firmware's setup";
		return ERR_ACCES;
	}
	extended_cpuid(0x8000000a, &b, &c, &d);
	if (b < 2) {
		*why = "the processor has no address-space identifiers (ASID) for guests";
		return ERR_OPNOTSUPP;
	}
	return 0;
}

/* EFER.SVME is the claim, which KVM looks at, too. */
static const char *svm_in_use(void)
{
	if (!(x86_rdmsr(TGX_MSR_EFER) & TGX_EFER_SVME))
		return NULL;
	return "AMD-V is in use (EFER.SVME is set), by KVM as far as known: stop its virtual "
	       "machines or unload kvm_amd; since Linux 6.12 it holds AMD-V from load on unless "
	       "booted with kvm.enable_virt_at_load=0";
}

/*
 * SPEC: what the kernel's mitigations are worth for root mode, whose returns are plain. The
 * untraining of the kernel's returns is not: a barrier at each exit. The kernel's barrier at
 * its entry is, from CPL 0.
 */
static u32 slow_flags(const struct tg_platform *p)
{
	u32 flags = 0;

	if (p->mitigations & TG_MITIGATION_ENTRY)
		flags |= SLOW_IBPB;
	if (p->mitigations & (TG_MITIGATION_RETURNS | TG_MITIGATION_EXIT))
		flags |= SLOW_IBPB_ALL;
	return flags;
}

/*
 * SPEC: Zen 5 is immune to SRSO between a program and the kernel, and not between a guest
 * and its host, which the kernel and root mode are. Kernels from before it know nothing of
 * that, so CPUID is asked.
 */
static void choose_mitigations(struct tg_vcpu *v)
{
	u32 m = v->platform->mitigations, b, c, d, a = extended_cpuid(0x80000021, &b, &c, &d);
	u32 flags = slow_flags(v->platform);

	if ((m & TG_MITIGATION_ANY) && (a & CPUID_SRSO_USER_NO) && !(a & CPUID_SRSO_NO)) {
		v->svm.reduces = (a & CPUID_SRSO_MSR_FIX) && (m & TG_MITIGATION_BP_CFG);
		if (!v->svm.reduces)
			flags |= SLOW_IBPB_ALL;
	}
	if (m & TG_MITIGATION_BARRIER)
		v->slow |= flags;
}

/* As KVM does while it has virtual machines. Two CPUs may share the register. */
static void reduce_speculation(struct tg_vcpu *v)
{
	u64 old;

	if (!v->svm.reduces)
		return;
	old = x86_rdmsr(TGX_MSR_BP_CFG);
	if (old & TGX_BP_SPEC_REDUCE)
		return;
	x86_wrmsr(TGX_MSR_BP_CFG, old | TGX_BP_SPEC_REDUCE);
	v->svm.reduced = true;
}

static void svm_cpu_put_back(struct tg_vcpu *v)
{
	if (v->svm.reduced)
		x86_wrmsr(TGX_MSR_BP_CFG, x86_rdmsr(TGX_MSR_BP_CFG) & ~TGX_BP_SPEC_REDUCE);
	v->svm.reduced = false;
}

/*
 * Two pages in a row for the MSR permission map, the VMCB, the host save area. The
 * VMCB is never at 2 MiB: with SNP on the host that would fault (KVM's
 * snp_safe_alloc_page()).
 */
static void svm_cpu_prepare(struct tg_vcpu *v, void *va, u64 pa)
{
	u32 b, c, d;

	v->amd = true;
	choose_mitigations(v);
	v->svm.msrpm = va;
	v->svm.msrpm_pa = pa;
	v->svm.vmcb = va + 2 * TG_PAGE;
	v->svm.vmcb_pa = pa + 2 * TG_PAGE;
	v->svm.hsave_pa = pa + 3 * TG_PAGE;
	extended_cpuid(0x80000001, &b, &c, &d);
	v->svm.has_skinit = c & CPUID_SKINIT;
	extended_cpuid(0x8000000a, &b, &c, &v->svm.features);
	svm_intercept_msr(v->svm.msrpm, TGX_MSR_EFER, false, true);
	svm_intercept_msr(v->svm.msrpm, SVM_MSR_HSAVE_PA, true, true);
}

#define INTERCEPT_ALWAYS_1							\
	(SVM_I1(SVM_EXIT_NMI) | SVM_I1(SVM_EXIT_INIT) | SVM_I1(SVM_EXIT_INVD) |	\
	 SVM_I1(SVM_EXIT_INVLPGA) | SVM_I1(SVM_EXIT_MSR) | SVM_I1(SVM_EXIT_SHUTDOWN))
/* VMRUN must be; of the others EXIT-BASE: without us they are #UD. */
#define INTERCEPT_ALWAYS_2							\
	(SVM_I2(SVM_EXIT_VMRUN) | SVM_I2(SVM_EXIT_VMMCALL) |			\
	 SVM_I2(SVM_EXIT_VMLOAD) | SVM_I2(SVM_EXIT_VMSAVE) |			\
	 SVM_I2(SVM_EXIT_STGI) | SVM_I2(SVM_EXIT_CLGI) | SVM_I2(SVM_EXIT_SKINIT))

/* One bit a port; C-states have eight in a row (MSR CSTATE_BASE_ADDR). */
void tg_svm_idle_ports(u8 *map, u16 first)
{
	u32 port;

	for (port = first; port < first + 8u; port++)
		map[port / 8] |= 1u << port % 8;
}

static void fill_controls(struct tg_vcpu *v, struct vmcb *c)
{
	c->intercept[0] = INTERCEPT_ALWAYS_1;
	if (v->platform->lidt_leaves)
		c->intercept[0] |= SVM_I1(SVM_EXIT_IDTR_WRITE);
	v->int_n_seen = v->platform->see_int_n;
	if (v->int_n_seen)
		c->intercept[0] |= SVM_I1(SVM_EXIT_SWINT);
	c->intercept[1] = INTERCEPT_ALWAYS_2;
	c->msrpm_pa = v->svm.msrpm_pa;
	c->iopm_pa = v->platform->iopm_pa;
	c->asid = 1;				/* the same on all CPUs: INVLPGB */
	c->tlb_control = SVM_TLB_FLUSH_ALL;	/* then: svm_flush_always() */
	v->core.flushes++;
	if (v->svm.features & SVM_FEATURE_VNMI)
		c->int_ctl = SVM_INT_V_NMI_ENABLE;
	if (v->svm.features & SVM_FEATURE_TLBI)
		c->nested_ctl = SVM_NESTED_TLBI;
}

static struct vmcb_seg segment(u16 sel)
{
	u32 ar = sel & ~3u ? x86_lar(sel) : 0;

	return (struct vmcb_seg){
		.sel = sel,
		.attr = (ar >> 8 & 0xff) | (ar >> 12 & 0xf00),
		.limit = sel & ~3u ? x86_lsl(sel) : 0,
	};
}

static void fill_guest(struct tg_vcpu *v, struct vmcb *c)
{
	struct x86_dtr gdtr = x86_sgdt(), idtr = x86_sidt();

	c->es = segment(x86_read_es());
	c->cs = segment(x86_read_cs());
	c->ss = segment(x86_read_ss());
	c->ds = segment(x86_read_ds());
	c->gdtr = (struct vmcb_seg){ .limit = gdtr.limit, .base = gdtr.base };
	c->idtr = (struct vmcb_seg){ .limit = idtr.limit, .base = idtr.base };
	c->cpl = 0;
	c->efer = x86_rdmsr(TGX_MSR_EFER);
	c->cr0 = x86_read_cr0();
	c->cr3 = x86_read_cr3();
	c->cr4 = x86_read_cr4();
	c->cr2 = x86_read_cr2();
	c->dr6 = x86_read_dr6();
	c->dr7 = x86_read_dr7();
	c->rflags = 2;				/* interrupts off; the caller restores */
	if (v->svm.features & SVM_FEATURE_SPEC_CTRL)
		c->spec_ctrl = x86_rdmsr(TGX_MSR_SPEC_CTRL);
	if ((v->svm.features & SVM_FEATURE_SSS) && (c->cr4 & TGX_CR4_CET)) {
		c->s_cet = x86_rdmsr(TGX_MSR_S_CET);
		c->isst = x86_rdmsr(TGX_MSR_ISST);
	}
}

static int svm_cpu_enter(struct tg_vcpu *v, const char **why)
{
	u64 efer = x86_rdmsr(TGX_MSR_EFER);
	int err = svm_probe(why);
	long ret;

	if (err)
		return err;
	*v->svm.vmcb = (struct vmcb){ 0 };
	v->svm.exceptions = 0;
	v->svm.nmi = (struct svm_nmi){ 0 };
	v->svm.injected.valid = false;
	v->svm.injected_next = 0;
	v->svm.watch_tsc = 0;
	v->svm.launched = false;
	v->svm.gif = false;
	v->departure = (struct tg_departure){ 0 };
	v->svm.kernel_cr4 = x86_read_cr4();
	v->host_cr4 = v->svm.kernel_cr4 & ~TGX_CR4_NOT_ROOT;
	v->svm.guest_hsave = x86_rdmsr(SVM_MSR_HSAVE_PA);
	v->svm.root_efer = efer | TGX_EFER_SVME;
	v->svm.root_idtr = tg_root_idtr();
	v->svm.kernel_gdtr = x86_sgdt();
	v->svm.kernel_idtr = x86_sidt();
	x86_wrmsr(TGX_MSR_EFER, v->svm.root_efer);
	x86_wrmsr(SVM_MSR_HSAVE_PA, v->svm.hsave_pa);
	fill_controls(v, v->svm.vmcb);
	fill_guest(v, v->svm.vmcb);
	reduce_speculation(v);
	v->state = TG_VCPU_IN;
	ret = tg_svm_launch(v);
	if (!ret)
		return 0;
	/* out of operation again, EFER as it was */
	v->state = TG_VCPU_OUT;
	*why = tg_svm_broken_rule(v, 0) ?: "VMRUN refused the state of the running kernel";
	return ERR_INVAL;
}

/* The local APIC may be off only now and then: svm_post_arm() looks each time. */
static const char *svm_no_post(const struct tg_vcpu *v)
{
	(void)v;
	return NULL;
}

/* By HLT and MWAIT intercepts, and a tick of the local APIC: watch.c. */
static bool svm_can_watch(const struct tg_vcpu *v)
{
	(void)v;
	return true;
}

const struct tg_hv_ops tg_svm_ops = {
	.name = "AMD-V",
	.own_tss = false,
	.probe = svm_probe,
	.in_use = svm_in_use,
	.cpu_prepare = svm_cpu_prepare,
	.cpu_enter = svm_cpu_enter,
	.cpu_put_back = svm_cpu_put_back,
	.hypercall = tg_svm_hypercall,
	.no_post = svm_no_post,
	.can_watch = svm_can_watch,
	.dump_field = tg_svm_dump_field,
	.broken_rule = tg_svm_broken_rule,
};
