// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the program stands in a HLT, exactly. HLT exits until it has once; then the control
 * is off, and the HLT runs. All that can wake it exits, and turns the control on again: an NMI's
 * exit with RIP behind that HLT has found it halted. Root mode; the linker puts this between the
 * entry code and the C part of an exit.
 */
#include "halted.h"
#include "../arch/x86/svm.h"
#include "../arch/x86/vmx_insn.h"

#define REASON_HLT	12
#define PROC_HLT	(1u << 7)

u64 halted_at;
static u64 behind;		/* a HLT that runs or has just run; 0: none */

int __real_tg_vmx_exit(struct tg_vcpu *v);
int __wrap_tg_vmx_exit(struct tg_vcpu *v);
int __real_tg_svm_exit(struct tg_vcpu *v);
int __wrap_tg_svm_exit(struct tg_vcpu *v);

static void vmx_halt_exits(bool on)
{
	u64 proc = vmcs_read(VMCS_PROC);

	vmcs_write(VMCS_PROC, on ? proc | PROC_HLT : proc & ~(u64)PROC_HLT);
}

/* True: run it. Behind an NMI's exit may come others, before its handler is there. */
static bool is_hlt(bool hlt, bool nmi, u64 rip)
{
	if (hlt)
		halted_at = 0;
	else if (nmi)
		halted_at = rip == behind ? rip : 0;
	behind = hlt ? rip + 1 : 0;
	return hlt;
}

int __wrap_tg_vmx_exit(struct tg_vcpu *v)
{
	u32 reason = vmcs_read(VMCS_REASON);
	bool nmi = reason == VMX_REASON_EXCEPTION &&
		   (vmcs_read(VMCS_EXIT_INFO) & VMX_INFO_TYPE) == TG_TYPE_NMI << 8;
	int action;

	if (is_hlt(reason == REASON_HLT, nmi, vmcs_read(VMCS_GUEST_RIP))) {
		vmx_halt_exits(false);
		return VMX_RESUME;
	}
	action = __real_tg_vmx_exit(v);
	if (action != VMX_LEAVE)
		vmx_halt_exits(true);
	return action;
}

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
	if (action != SVM_LEAVE)
		svm_intercept(v, 0, SVM_I1(SVM_EXIT_HLT), true);
	return action;
}
