// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the program stands in a HLT, exactly. HLT exits until it has once; then the control
 * is off, and the HLT runs. All that can wake it exits, and turns the control on again: an NMI's
 * exit with RIP behind that HLT has found it halted. Root mode; the linker puts this between the
 * entry code and the C part of an exit.
 */
#include "halted.h"
#include "../../arch/x86/svm/backend.h"
#include "../../arch/x86/vmx/backend.h"

#define REASON_HLT	12
#define PROC_HLT	(1u << 7)
#define ACTIVITY_HLT	1
#define INSN_MAX	15		/* bytes */

u64 halted_at, halted_rip;
static bool runs;		/* the HLT at halted_rip was let run at the last exit */
static u64 behind;		/* RIP behind it, while the guest stands in it; 0: it does not */

int __real_tg_vmx_exit(struct tg_vcpu *v);
int __wrap_tg_vmx_exit(struct tg_vcpu *v);
void __real_tg_vmx_late(struct tg_vcpu *v);
void __wrap_tg_vmx_late(struct tg_vcpu *v);
int __real_tg_svm_exit(struct tg_vcpu *v);
int __wrap_tg_svm_exit(struct tg_vcpu *v);

/* In vmx.proc, too, or the next change of another control would take it back. */
static void vmx_halt_exits(struct tg_vcpu *v, bool on)
{
	u32 proc = on ? v->vmx.proc | PROC_HLT : v->vmx.proc & ~PROC_HLT;

	if (proc == v->vmx.proc)
		return;
	v->vmx.proc = proc;
	vmcs_write(VMCS_PROC, proc);
}

/*
 * True: run it. Straight behind that exit RIP is still the HLT's, or, prefixes or not, behind
 * it. Behind an NMI's exit may come others, before its handler is there.
 */
static bool is_hlt(bool hlt, bool nmi, u64 rip)
{
	if (hlt) {
		halted_at = 0;
		halted_rip = rip;
		behind = 0;
	} else {
		if (runs)
			behind = rip - halted_rip - 1 < INSN_MAX ? rip : 0;
		else if (rip != behind)
			behind = 0;
		if (nmi)
			halted_at = behind;
	}
	runs = hlt;
	return hlt;
}

/*
 * What is injected wakes it, and nothing else: an interrupt that the guest cannot take exits
 * from HLT, too (SDM "Other Causes of VM Exits"), and leaves the activity state HLT. Bochs'
 * exits say that it is active (hlt-exit-active).
 */
static void vmx_still_halted(void)
{
	if (vmcs_read(VMCS_ENTRY_INFO) & VMX_INFO_VALID || vmcs_read(VMCS_GUEST_RIP) != behind)
		behind = 0;
	else
		vmcs_write(VMCS_GUEST_ACTIVITY, ACTIVITY_HLT);
}

int __wrap_tg_vmx_exit(struct tg_vcpu *v)
{
	u32 reason = vmcs_read(VMCS_REASON);
	bool nmi = reason == VMX_REASON_EXCEPTION &&
		   (vmcs_read(VMCS_EXIT_INFO) & VMX_INFO_TYPE) == TG_TYPE_NMI << 8;
	int action;

	if (is_hlt(reason == REASON_HLT, nmi, vmcs_read(VMCS_GUEST_RIP))) {
		vmx_halt_exits(v, false);
		return VMX_RESUME;
	}
	action = __real_tg_vmx_exit(v);
	if (action == VMX_LEAVE)
		return action;
	vmx_halt_exits(v, true);
	if (behind)
		vmx_still_halted();
	return action;
}

/* Behind the C part, with an NMI that came in root mode. */
void __wrap_tg_vmx_late(struct tg_vcpu *v)
{
	__real_tg_vmx_late(v);
	if (!(vmcs_read(VMCS_ENTRY_INFO) & VMX_INFO_VALID))
		return;
	runs = false;
	behind = 0;
	vmx_halt_exits(v, true);
}

/* No activity state, and nothing exits that does not wake it. */
int __wrap_tg_svm_exit(struct tg_vcpu *v)
{
	u64 code = v->svm.vmcb->exitcode;
	int action;

	if (is_hlt(code == SVM_EXIT_HLT, code == SVM_EXIT_NMI, v->svm.vmcb->rip)) {
		svm_intercept(v, 0, SVM_I1(SVM_EXIT_HLT), false);
		v->svm.vmcb->tlb_control = 0;
		return SVM_RESUME;
	}
	action = __real_tg_svm_exit(v);
	behind = 0;
	if (action != SVM_LEAVE)
		svm_intercept(v, 0, SVM_I1(SVM_EXIT_HLT), true);
	return action;
}
