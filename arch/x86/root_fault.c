// SPDX-License-Identifier: GPL-2.0
/*
 * A fault in root mode: expected ones go on at their fixup, #MC is the guest's,
 * all others are bugs. Root mode, on the fault stack.
 */
#include "hv.h"
#include "root.h"

tg_root void tg_root_fault(struct root_frame *f)
{
	struct tg_vcpu *v = this_vcpu();

	if (f->vector == TG_VEC_MC) {
		/* MCE-ROOT: the guest gets it at the next entry, this one included. */
		v->mce_pending = true;
		__atomic_fetch_or(&v->nmi_root, NMI_ROOT_MC, __ATOMIC_RELAXED);
		if (f->rip >= (u64)tg_vmx_commit && f->rip < (u64)tg_vmx_commit_end)
			f->rip = (u64)tg_vmx_late_nmi;
		return;
	}
	if (v->fixup && (f->vector == TG_VEC_GP || f->vector == TG_VEC_UD ||
			 f->vector == TG_VEC_PF)) {
		f->rip = v->fixup;
		v->fixup = 0;
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
