// SPDX-License-Identifier: GPL-2.0
/*
 * A fault in root mode: expected ones go on at their fixup, #MC is the guest's,
 * all others are bugs. Root mode, on the fault stack.
 */
#include "../../core/action.h"
#include "hv.h"
#include "root.h"

#define MSR_MCG_STATUS	0x17au
#define MCG_STATUS_EIPV	(1u << 1)

/* Goes on where the instruction at RIP said, or the script that it is of. */
static tg_root bool fix_up(struct tg_vcpu *v, struct root_frame *f)
{
	u64 to = v->fixup;

	if (!to && v->core.script)
		to = tg_run_fault(&v->core.script->run, f->rip, f->rax, f->rcx);
	if (!to)
		return false;
	f->rip = to;
	v->fixup = 0;
	return true;
}

/*
 * MCE-ROOT: the guest gets it at the next entry, this one included. What reads poisoned
 * memory must not read it again, nor anything else of the guest's: a second #MC before the
 * guest has ended the first shuts the machine down (SDM volume 3, "IA32_MCG_STATUS MSR":
 * MCIP).
 */
static tg_root void machine_check(struct tg_vcpu *v, struct root_frame *f)
{
	if (x86_rdmsr(MSR_MCG_STATUS) & MCG_STATUS_EIPV)	/* by the instruction at RIP */
		fix_up(v, f);
	v->mce_pending = true;
	if (v->core.script)
		tg_run_forget_page(&v->core.script->run);	/* guest_mem.c is asked again */
	__atomic_fetch_or(&v->nmi_root, NMI_ROOT_MC, __ATOMIC_RELAXED);
	if (f->rip >= (u64)tg_vmx_commit && f->rip < (u64)tg_vmx_commit_end)
		f->rip = (u64)tg_vmx_late_nmi;
	if (f->rip == (u64)tg_svm_halting)
		f->rip++;		/* as an NMI there */
}

tg_root void tg_root_fault(struct root_frame *f)
{
	struct tg_vcpu *v = this_vcpu();

	if (f->vector == TG_VEC_MC) {
		machine_check(v, f);
		return;
	}
	if ((f->vector == TG_VEC_GP || f->vector == TG_VEC_UD || f->vector == TG_VEC_PF) &&
	    fix_up(v, f)) {
		if (f->vector == TG_VEC_PF)
			/* it is the guest's (INJ-CR2) */
			x86_write_cr2(v->amd ? v->svm.vmcb->cr2 : v->cr2);
		return;
	}
	/*
	 * No cause on real processors: an exit turns TF and DR7 off. Emulators
	 * forget it.
	 */
	if (f->vector == TG_VEC_DB) {
		f->rflags &= ~TG_RFLAGS_TF;
		return;
	}
	v->departure.reason = f->vector;
	v->departure.qualification = f->rip;
	tg_root_fault_fatal(v, "a fault in root mode (vector, RIP below)");
}
