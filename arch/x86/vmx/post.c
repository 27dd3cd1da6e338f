// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: the exit behind the delivery of an injected event, before the handler's first
 * instruction (INJ-POST). Root mode.
 *
 * A VMX-preemption timer of 0 exits there (SDM "VMX-Preemption Timer"), and so does the
 * monitor trap flag with an injecting entry (SDM "Monitor Trap Flag"), which serves where
 * there is no timer. Meanwhile all exceptions are intercepted: a fault of the delivery
 * exits with IDT-vectoring information and is combined as ever, and whatever else comes
 * behind the delivery, a pending #DB say, exits at the handler's first instruction, too.
 * So any exit without that information has the post stage before everything else.
 */
#include "../../../core/dispatch.h"
#include "backend.h"

#define ALL_EXCEPTIONS	(~(1u << TG_VEC_NMI))	/* NMIs exit by a control of their own */

/* What the timer has to be at an entry with the post stage due. */
tg_root u32 vmx_post_timer(struct tg_vcpu *v, u32 pin)
{
	if (!v->vmx.ctls.timer)
		return pin & ~VMX_PIN_TIMER;
	if (v->vmx.timer || !(v->vmx.pin & VMX_PIN_TIMER)) {
		v->vmx.timer = 0;
		vmcs_write(VMCS_TIMER, 0);
	}
	return pin | VMX_PIN_TIMER;
}

tg_root void vmx_post_arm(struct tg_vcpu *v)
{
	tg_post_begin(&v->core, &v->core.next);
	v->slow |= SLOW_POST;
	vmcs_write(VMCS_EXCEPTION_BITMAP, ALL_EXCEPTIONS);
	vmx_plan_timer(v);
	if (!v->vmx.ctls.timer) {
		v->vmx.proc |= VMX_PROC_MTF;
		vmcs_write(VMCS_PROC, v->vmx.proc);
	}
}

/*
 * Whether the event has arrived. A triple fault, a task switch and a #DF made by the
 * processor have no IDT-vectoring information, and end the delivery.
 */
static tg_root bool delivered(u32 reason)
{
	if ((reason & VMX_REASON_FAILED_ENTRY) || reason == VMX_REASON_TRIPLE ||
	    reason == VMX_REASON_TASK_SWITCH)
		return false;
	if (vmcs_read(VMCS_IDTV_INFO) & VMX_INFO_VALID)
		return false;
	return reason != VMX_REASON_EXCEPTION ||
	       (vmcs_read(VMCS_EXIT_INFO) & VMX_INFO_VECTOR) != TG_VEC_DF;
}

/* First of all at the exit behind such an entry. */
tg_root void vmx_post_exit(struct tg_vcpu *v, u32 reason)
{
	v->slow &= ~SLOW_POST;
	v->vmx.trap.ev.word = 0;		/* vmx_snapshot(): nothing is known of CPL */
	tg_post_end(&v->core, delivered(reason));
	if (reason & VMX_REASON_FAILED_ENTRY)
		return;
	vmcs_write(VMCS_EXCEPTION_BITMAP, v->vmx.exception_bitmap);
	if (v->vmx.proc & VMX_PROC_MTF) {
		v->vmx.proc &= ~VMX_PROC_MTF;
		vmcs_write(VMCS_PROC, v->vmx.proc);
	}
	vmx_plan_timer(v);
}
