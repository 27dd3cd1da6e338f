// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: into root mode's world, out of operation with the guest's state put
 * back into the processor, and what happens when root mode cannot go on. Root
 * mode, GIF=0 until all is back.
 */
#include "../../../core/dispatch.h"
#include "../root.h"
#include "backend.h"

/* Everything cached for ASID 0 goes: a write of CR4 that changes PGE flushes all (TLB). */
tg_root void svm_forget_root(struct tg_vcpu *v)
{
	x86_write_cr4(v->host_cr4 & ~TGX_CR4_PGE);
	x86_write_cr4(v->host_cr4);
}

/* Before the first VMRUN, which saves this world as the one to come back to. */
tg_root void tg_svm_root_world(struct tg_vcpu *v)
{
	struct x86_dtr gdtr = { .limit = sizeof(v->gdt) - 1, .base = (u64)v->gdt };

	v->reg[REG_RAX] = 0;
	v->svm.vmcb->rax = 0;
	/* Everything cached for ASID 0 goes: this world is another (TLB). */
	x86_write_cr4(v->host_cr4 & ~TGX_CR4_PGE);
	x86_write_cr3(v->platform->root_cr3);
	x86_write_cr4(v->host_cr4);
	x86_lgdt(&gdtr);
	x86_lidt(&v->svm.root_idtr);
	x86_write_ss(ROOT_DS);
	x86_write_ds(0);
	x86_write_es(0);
}

/*
 * FS, GS, TR, LDTR and the MSRs of VMSAVE are the guest's all the time. Behind
 * STGI an NMI is Linux' own. Clearing SVME with GIF=0 would leave it at 0.
 */
static tg_root void load_guest(struct tg_vcpu *v)
{
	const struct vmcb *c = v->svm.vmcb;
	struct x86_dtr gdtr = { .limit = c->gdtr.limit, .base = c->gdtr.base };
	struct x86_dtr idtr = { .limit = c->idtr.limit, .base = c->idtr.base };

	x86_wrmsr(TGX_MSR_EFER, c->efer | TGX_EFER_SVME);
	x86_write_cr0(c->cr0);
	x86_write_cr4(v->host_cr4 & ~TGX_CR4_PGE);
	x86_write_cr3(c->cr3 & ~0xfffull);
	x86_write_cr4(c->cr4);
	x86_write_cr3(c->cr3);
	if ((v->svm.features & SVM_FEATURE_SSS) && (c->cr4 & TGX_CR4_CET)) {
		x86_wrmsr(TGX_MSR_S_CET, c->s_cet);
		x86_wrmsr(TGX_MSR_ISST, c->isst);
	}
	if (v->svm.features & SVM_FEATURE_SPEC_CTRL)
		x86_wrmsr(TGX_MSR_SPEC_CTRL, c->spec_ctrl);
	x86_lgdt(&gdtr);
	x86_lidt(&idtr);
	x86_write_ds(root_loadable(c->ds.sel));
	x86_write_es(root_loadable(c->es.sel));
	x86_write_cr2(c->cr2);
	x86_wrmsr(SVM_MSR_HSAVE_PA, v->svm.guest_hsave);
	svm_stgi();
	x86_wrmsr(TGX_MSR_EFER, c->efer & ~TGX_EFER_SVME);
	x86_write_dr6(c->dr6);
	x86_write_dr7(c->dr7);
}

/*
 * Nothing left to try. After a shutdown the VMCB may hold anything, and the
 * machine is to be reset (INJ-TRIPLE).
 */
static tg_root void __attribute__((noreturn)) stop(const struct tg_vcpu *v)
{
	static const struct x86_dtr none;

	if (v->departure.triple) {
		x86_lidt(&none);
		svm_stgi();
		asm volatile("int3");
	}
	for (;;)
		asm volatile("cli; hlt");
}

static tg_root void out_of_operation(struct tg_vcpu *v)
{
	const struct vmcb *c = v->svm.vmcb;

	v->reg[REG_RSP] = c->rsp;
	v->rip = c->rip;
	v->rflags = c->rflags;
	if (v->state == TG_VCPU_IN)
		v->state = TG_VCPU_LEFT;
	if (v->svm.watch_tsc)
		svm_watch_end(v);
	svm_close_window(v);
	tg_raise_all_swallowed(&v->core);
	tg_inject_drop(&v->core);
	/* Interrupts wait at the APIC; NMI and #MC that are ours are raised on the
	 * way out (tg_root_depart).
	 */
	if (v->core.nmi_pending || ((v->svm.features & SVM_FEATURE_VNMI) &&
				    (c->int_ctl & SVM_INT_V_NMI)))
		v->nmi_root |= 1;
	if (v->mce_pending)
		v->nmi_root |= NMI_ROOT_MC;
	v->core.nmi_pending = false;
	v->mce_pending = false;
}

tg_root void tg_svm_leave(struct tg_vcpu *v)
{
	out_of_operation(v);
	load_guest(v);
}

/*
 * What VMRUN refuses, the processor would refuse on the way out, too. And emulators save
 * root mode's state as the guest's when they refuse: then the kernel's tables as they were
 * when we came.
 */
static tg_root void put_right(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	c->cr0 = x86_read_cr0();
	c->cr3 &= ~(~0ull << 52);
	if (!root_is_mapped(v, c->cr3))
		c->cr3 = v->platform->root_cr3;
	/* nothing that the processor may not have */
	c->cr4 = v->host_cr4 | (c->cr4 & v->svm.kernel_cr4 & TGX_CR4_NOT_ROOT);
	c->efer = v->svm.root_efer;
	c->dr6 = (u32)c->dr6;
	c->dr7 = 0x400;
	if (c->idtr.base != v->svm.root_idtr.base)
		return;
	c->gdtr.base = v->svm.kernel_gdtr.base;
	c->gdtr.limit = v->svm.kernel_gdtr.limit;
	c->idtr.base = v->svm.kernel_idtr.base;
	c->idtr.limit = v->svm.kernel_idtr.limit;
}

/*
 * The end: into the kernel's world, and panic there. From CPL 3 the guest's CR3
 * is the user half under PTI (KPTI), and its GS base is not the kernel's.
 */
tg_root void svm_fatal(struct tg_vcpu *v, const char *what)
{
	struct vmcb *c = v->svm.vmcb;
	u64 cr0 = c->cr0, cr3 = c->cr3, cr4 = c->cr4, dr6 = c->dr6, dr7 = c->dr7, efer = c->efer;

	svm_clgi();		/* a script's run may have ended so */
	if (v->departure.fatal)
		stop(v);	/* a fault on the way out */
	v->departure.fatal = true;
	if (!v->departure.what)
		v->departure.what = what;
	if (!v->departure.reason) {
		v->departure.reason = c->exitcode;
		v->departure.qualification = c->exitinfo1;
	}
	out_of_operation(v);
	if (v->platform->pti && (cr3 & 0x1000))
		c->cr3 &= ~0x1800ull;
	put_right(v);
	x86_wrmsr(TGX_MSR_GS_BASE, v->kernel_gs);
	load_guest(v);
	/* for the dump */
	c->cr0 = cr0;
	c->cr3 = cr3;
	c->cr4 = cr4;
	c->efer = efer;
	c->dr6 = dr6;
	c->dr7 = dr7;
	tg_root_to_fatal(v, v->root_rsp);
}
