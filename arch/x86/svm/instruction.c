// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: one handler per exit code. Root mode, GIF=0.
 *
 * Contract: a handler returns SVM_RESUME to go on in the guest, with whatever
 * core.next says to be injected, or SVM_LEAVE to take the CPU out of operation.
 * Handlers that stand in for an instruction skip it themselves (svm_skip_insn);
 * nothing is skipped by default. A code without a handler never resumes: the
 * state is dumped and the machine panics.
 */
#include "../../../core/dispatch.h"
#include "../fixup.h"
#include "../root.h"
#include "backend.h"

/* What waited for it goes before the entry, or an exit for it comes at once. */
static tg_root int exit_window(struct tg_vcpu *v)
{
	v->core.exits_window++;
	svm_close_window(v);
	return SVM_RESUME;
}

static tg_root int exit_nmi(struct tg_vcpu *v)
{
	svm_on_nmi(v);
	return SVM_RESUME;
}

static tg_root int exit_icebp(struct tg_vcpu *v)
{
	svm_on_icebp(v);
	return SVM_RESUME;
}

static tg_root int exit_int_n(struct tg_vcpu *v)
{
	svm_on_int_n(v);
	return SVM_RESUME;
}

static tg_root int exit_iret(struct tg_vcpu *v)
{
	v->core.exits_window++;
	svm_nmi_on_iret(v);
	return SVM_RESUME;
}

static tg_root int exit_hlt(struct tg_vcpu *v)
{
	svm_on_hlt(v);
	return SVM_RESUME;
}

/* Only intercepted while swallowed interrupts are watched: it may end at any time. */
static tg_root int exit_mwait(struct tg_vcpu *v)
{
	svm_skip_insn(v, 3);
	return SVM_RESUME;
}

/* The same, with the intercept of ports. */
static tg_root int exit_io(struct tg_vcpu *v)
{
	svm_on_idle_port(v);
	return SVM_RESUME;
}

/* LEAVE: it waits behind GIF and is taken natively once that is 1. */
static tg_root int exit_init(struct tg_vcpu *v)
{
	v->state = TG_VCPU_LEFT;
	return SVM_LEAVE;
}

/*
 * LEAVE: a kernel loads its IDT before its CPU is ours; later only what gives the
 * machine away does (machine_kexec(), a reset by triple fault). After a panic
 * Linux from 6.6 on clears SVME for KVM alone, so this is the last that is seen
 * of it before the tables no longer map us.
 */
static tg_root int exit_lidt(struct tg_vcpu *v)
{
	if (v->svm.vmcb->cpl) {
		svm_raise(v, TG_VEC_GP, 0);
		return SVM_RESUME;
	}
	v->state = TG_VCPU_LEFT;
	return SVM_LEAVE;
}

/* INJ-TRIPLE: reported with the chain that led to it, then the reset it is. */
static tg_root int exit_shutdown(struct tg_vcpu *v)
{
	v->departure.triple = true;
	svm_fatal(v, "triple fault");
}

/* Dropping dirty lines would drop root mode's, too: write them back. */
static tg_root int exit_invd(struct tg_vcpu *v)
{
	asm volatile("wbinvd" : : : "memory");
	svm_skip_insn(v, 2);
	return SVM_RESUME;
}

/* Without us EFER.SVME is 0, and all of them are #UD (EXIT-BASE). */
static tg_root int exit_svm_insn(struct tg_vcpu *v)
{
	svm_raise(v, TG_VEC_UD, 0);
	return SVM_RESUME;
}

/*
 * LEAVE: an emergency sees EFER.SVME set and says STGI before it clears it
 * (cpu_svm_disable() of Linux); GIF is 1 for the guest at any time.
 */
static tg_root int exit_stgi(struct tg_vcpu *v)
{
	if (v->svm.vmcb->cpl)
		svm_raise(v, TG_VEC_UD, 0);
	else
		svm_skip_insn(v, 3);
	return SVM_RESUME;
}

static tg_root int hypercall(struct tg_vcpu *v)
{
	bool leaves = tg_root_hypercall(v);

	svm_skip_insn(v, 3);
	return leaves ? SVM_LEAVE : SVM_RESUME;
}

static tg_root int exit_vmmcall(struct tg_vcpu *v)
{
	const struct vmcb *c = v->svm.vmcb;

	if (!c->cpl && c->rip == (u64)tg_svm_hypercall_site)
		return hypercall(v);
	/* To the hypervisor below, for the kernel; from here it would take a user
	 * program's call for the kernel's.
	 */
	if (v->platform->nested && !c->cpl && !tg_svm_forward_vmmcall(v->reg))
		svm_skip_insn(v, 3);
	else
		svm_raise(v, TG_VEC_UD, 0);
	return SVM_RESUME;
}

/*
 * The guest's EFER. Clearing SVME (panic, kdump, kexec, emergency reboot) takes
 * the CPU out, and the instruction runs natively. Other bits: the processor is
 * asked, by setting them for root mode for a moment; LME cannot change with
 * paging on, as without us.
 */
static tg_root int write_efer(struct tg_vcpu *v, u64 value)
{
	struct vmcb *c = v->svm.vmcb;
	u64 lma = c->efer & TGX_EFER_LMA, root = v->svm.root_efer;

	if (!(value & TGX_EFER_SVME)) {
		v->state = TG_VCPU_LEFT;
		return SVM_LEAVE;
	}
	if (((value ^ c->efer) & TGX_EFER_LME) && (c->cr0 & TGX_CR0_PG))
		goto fault;
	if (value & ~root) {
		if (fixup_wrmsr(TGX_MSR_EFER, root | value))
			goto fault;
		x86_wrmsr(TGX_MSR_EFER, root);
	}
	c->efer = (value & ~TGX_EFER_LMA) | lma;
	svm_dirty(v, SVM_CLEAN_CR);
	svm_skip_insn(v, 2);
	return SVM_RESUME;
fault:
	svm_raise(v, TG_VEC_GP, 0);
	return SVM_RESUME;
}

/* VM_HSAVE_PA is root mode's while we are here; the guest sees its own. */
static tg_root int write_msr(struct tg_vcpu *v, u32 msr, u64 value)
{
	if (msr == TGX_MSR_EFER)
		return write_efer(v, value);
	if (msr == TGX_MSR_TSC_DEADLINE)
		svm_watch_end(v);
	if (msr != SVM_MSR_HSAVE_PA && fixup_wrmsr(msr, value)) {
		svm_raise(v, TG_VEC_GP, 0);
		return SVM_RESUME;
	}
	if (msr == SVM_MSR_HSAVE_PA) {
		if (fixup_wrmsr(msr, value)) {
			svm_raise(v, TG_VEC_GP, 0);
			return SVM_RESUME;
		}
		x86_wrmsr(msr, v->svm.hsave_pa);
		v->svm.guest_hsave = value;
	}
	svm_skip_insn(v, 2);
	return SVM_RESUME;
}

/*
 * EFER, VM_HSAVE_PA, and MSRs outside of the permission map: those are #GP
 * natively, or the hypervisor's below us.
 */
static tg_root int exit_msr(struct tg_vcpu *v)
{
	u32 msr = v->reg[REG_RCX];
	u64 value = v->svm.guest_hsave;

	if (v->svm.vmcb->cpl) {
		svm_raise(v, TG_VEC_GP, 0);
		return SVM_RESUME;
	}
	if (v->svm.vmcb->exitinfo1)
		return write_msr(v, msr, v->reg[REG_RDX] << 32 | (u32)v->reg[REG_RAX]);
	if (msr != SVM_MSR_HSAVE_PA && fixup_rdmsr(msr, &value)) {
		svm_raise(v, TG_VEC_GP, 0);
		return SVM_RESUME;
	}
	v->reg[REG_RAX] = (u32)value;
	v->reg[REG_RDX] = value >> 32;
	svm_skip_insn(v, 2);
	return SVM_RESUME;
}

/* One row an exit; a switch, as on VT-x. */
#define SVM_EXITS(X)				\
	X(SVM_EXIT_NMI,		exit_nmi)	\
	X(SVM_EXIT_INIT,	exit_init)	\
	X(SVM_EXIT_VINTR,	exit_window)	\
	X(SVM_EXIT_IDTR_WRITE,	exit_lidt)	\
	X(SVM_EXIT_IRET,	exit_iret)	\
	X(SVM_EXIT_SWINT,	exit_int_n)	\
	X(SVM_EXIT_INVD,	exit_invd)	\
	X(SVM_EXIT_HLT,		exit_hlt)	\
	X(SVM_EXIT_INVLPGA,	exit_svm_insn)	\
	X(SVM_EXIT_IOIO,	exit_io)	\
	X(SVM_EXIT_MSR,		exit_msr)	\
	X(SVM_EXIT_SHUTDOWN,	exit_shutdown)	\
	X(SVM_EXIT_VMRUN,	exit_svm_insn)	\
	X(SVM_EXIT_VMMCALL,	exit_vmmcall)	\
	X(SVM_EXIT_VMLOAD,	exit_svm_insn)	\
	X(SVM_EXIT_VMSAVE,	exit_svm_insn)	\
	X(SVM_EXIT_STGI,	exit_stgi)	\
	X(SVM_EXIT_CLGI,	exit_svm_insn)	\
	X(SVM_EXIT_SKINIT,	exit_svm_insn)	\
	X(SVM_EXIT_ICEBP,	exit_icebp)	\
	X(SVM_EXIT_MWAIT,	exit_mwait)

tg_root int svm_handle_exit(struct tg_vcpu *v, u32 code)
{
#define SVM_CASE(code, handler) case code: return handler(v);
	switch (code) {
	SVM_EXITS(SVM_CASE)
	}
	svm_fatal(v, code == SVM_EXIT_INVALID ? "VMRUN refused the guest state"
					      : "unexpected #VMEXIT");
}
