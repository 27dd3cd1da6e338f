// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: what the coming entry is made to do: controls, windows, the timer, and the
 * event that it injects. Root mode.
 */
#include "../../../core/dispatch.h"
#include "../../../core/machine.h"
#include "event.h"

static tg_always_inline void set_proc(struct tg_vcpu *v, u32 proc)
{
	if (tg_likely(proc == v->vmx.proc))
		return;
	v->vmx.proc = proc;
	vmcs_write(VMCS_PROC, proc);
}

static tg_always_inline void set_pin(struct tg_vcpu *v, u32 pin)
{
	if (tg_likely(pin == v->vmx.pin))
		return;
	v->vmx.pin = pin;
	vmcs_write(VMCS_PIN, pin);
}

#define STALL_POLL_MS	100u

/*
 * The preemption timer, in TSC ticks; 0: off, 1: exit before the next
 * instruction. Returns the pin-based controls with its bit.
 */
static tg_root tg_noinline u32 set_timer(struct tg_vcpu *v, u64 ticks, u32 pin)
{
	u64 t = ticks >> v->vmx.ctls.timer_shift;

	if (!v->vmx.ctls.timer)
		return pin;
	if (!ticks)
		return pin & ~VMX_PIN_TIMER;
	if (t > 0xffffffffu)
		t = 0xffffffffu;
	if (t != v->vmx.timer || !(v->vmx.pin & VMX_PIN_TIMER)) {
		v->vmx.timer = t;
		vmcs_write(VMCS_TIMER, t);
	}
	return pin | VMX_PIN_TIMER;
}

/* The pin-based controls with the timer's bit as it must be at the entry. */
static tg_always_inline u32 plan_timer(struct tg_vcpu *v, u32 pin)
{
	u64 khz = v->platform->core.tsc_khz;

	if (tg_unlikely(v->core.posting.valid))
		return vmx_post_timer(v, pin);
	if (tg_unlikely(v->mce_pending))
		return set_timer(v, 1, pin);
	if (tg_unlikely(v->core.watch_stall))
		return set_timer(v, STALL_POLL_MS * khz, pin);
	return pin & ~VMX_PIN_TIMER;
}

/*
 * Interrupt exiting is off while one waits for the window, as it would exit
 * again at once. The window comes before any interrupt is delivered.
 */
static tg_always_inline u32 plan_interrupts(struct tg_vcpu *v, u32 pin)
{
	if (v->vmx.want_extint && !v->core.irq_waiting)
		return pin | VMX_PIN_EXTINT;
	return pin & ~VMX_PIN_EXTINT;
}

tg_root void vmx_plan_timer(struct tg_vcpu *v)
{
	set_pin(v, plan_timer(v, v->vmx.pin));
}

tg_root void vmx_arm(struct tg_vcpu *v)
{
	struct tg_arm arm = tg_arm(&v->core);

	if (v->int_n_seen)
		arm.exceptions = ~(1u << TG_VEC_NMI);	/* none through the shadow */
	if (arm.exceptions != v->vmx.exception_bitmap) {
		v->vmx.exception_bitmap = arm.exceptions;
		if (!v->core.posting.valid)	/* else that is all of them */
			vmcs_write(VMCS_EXCEPTION_BITMAP, arm.exceptions);
	}
	v->vmx.want_extint = arm.interrupts || v->core.inject;
	if (!v->vmx.want_extint)
		v->core.irq_waiting = false;	/* the guest gets it natively */
	/* Deeper than C1 the preemption timer stands still, and with it the watch. */
	set_proc(v, v->core.watch_stall ? v->vmx.proc | VMX_PROC_MWAIT
					: v->vmx.proc & ~VMX_PROC_MWAIT);
	set_pin(v, plan_timer(v, plan_interrupts(v, v->vmx.pin)));
}

/*
 * The guest can take an interrupt now, so the APIC may hand one out: which one,
 * and in what order, is its business (INT-PRIO). It must not be acknowledged
 * any earlier: while the guest is in a handler before its EOI, that EOI would
 * end the higher one just acknowledged, and the handler's own would stay in
 * service for ever.
 */
static tg_always_inline void take_interrupt(struct tg_vcpu *v)
{
	int vector = tg_root_acknowledge(v);

	v->core.irq_waiting = false;
	if (vector >= 0)
		tg_handle_interrupt(&v->core, vector);
}

static tg_always_inline void write_injection(struct tg_vcpu *v)
{
	if (tg_unlikely(v->core.next.posts))
		vmx_post_arm(v);
	write_event(&v->core.next);
	tg_note_injection(&v->core);
	v->core.next.valid = false;
}

/*
 * An entry that injects drops the pending debug exceptions, so these go first; in HLT
 * it may inject #DB and #MC only (SDM "Checks on Guest Non-Register State").
 */
static tg_root bool take_request(struct tg_vcpu *v)
{
	struct tg_flight *next = &v->core.next;

	if (v->core.next.valid || vmcs_read(VMCS_GUEST_PENDING_DB) ||
	    !tg_inject_take(&v->core, vmx_guest_cpl()))
		return false;
	if (vmcs_read(VMCS_GUEST_ACTIVITY) != VMX_ACTIVITY_ACTIVE)
		vmcs_write(VMCS_GUEST_ACTIVITY, VMX_ACTIVITY_ACTIVE);
	if (next->type == TG_TYPE_EXCEPTION && next->vector == TG_VEC_PF) {
		v->cr2 = next->address;
		x86_write_cr2(next->address);
	}
	if (tg_pushes_rf(next))
		vmx_set_rf(v, true);
	v->core.has_rflags = false;
	v->core.has_snapshot = false;
	return true;
}

static tg_root tg_noinline void requests(struct tg_vcpu *v)
{
	/* Interrupts exit as long as one waits: that is where it is looked for. */
	if (take_request(v) || !v->vmx.want_extint || !v->core.inject)
		vmx_arm(v);
}

/*
 * One event for this entry, and the windows for the others.
 *
 * An entry that injects an interrupt, NMI or hardware exception drops the
 * pending debug exceptions (SDM "Delivery of Pending Debug Exceptions after VM
 * Entry"), a single step behind an emulated instruction for one: they go first,
 * and the windows open behind them.
 */
static tg_root tg_noinline void arbitrate(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;
	struct tg_gate g = {
		.busy = core->next.valid || vmcs_read(VMCS_GUEST_PENDING_DB),
		.nmi = core->nmi_pending, .interrupt = core->irq_waiting,
		.rflags = guest_rflags(v), .blocking = vmcs_read(VMCS_GUEST_BLOCKING),
	};
	struct tg_plan plan = tg_arbitrate(&g);
	u32 proc = v->vmx.proc & ~(VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW);

	if (!core->posting.valid)		/* else it is post.c's */
		proc &= ~VMX_PROC_MTF;
	if (plan.inject_nmi) {
		tg_next_nmi(core);
	} else if (plan.inject_interrupt) {
		take_interrupt(v);
	}
	if (plan.int_window)
		proc |= VMX_PROC_INT_WINDOW;
	if (plan.nmi_window)
		proc |= VMX_PROC_NMI_WINDOW;
	if (plan.step && v->vmx.ctls.mtf)
		proc |= VMX_PROC_MTF;
	if (core->irq_waiting && !(v->vmx.proc & VMX_PROC_INT_WINDOW))
		core->queued_interrupts++;
	core->unsettled = proc & (VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW | VMX_PROC_MTF) ||
			  v->mce_pending;
	set_proc(v, proc);
	set_pin(v, plan_timer(v, plan_interrupts(v, v->vmx.pin)));
}

/*
 * NMIs and #MC that came in root mode, and what waits for its turn. The order is that of
 * "One event an entry" (doc/delivery.md): an exception that is on its way (core.next),
 * #MC, what the user asked for, and then arbitrate(): NMI, interrupt.
 */
tg_root void vmx_before_entry(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;

	if (tg_read(v->nmi_root))
		vmx_root_nmis(v);
	if (v->mce_pending && !core->next.valid) {
		v->mce_pending = false;
		vmx_raise(v, TG_VEC_MC, 0);
	}
	if (tg_unlikely(core->inject))
		requests(v);
	if (core->nmi_pending || v->mce_pending || core->irq_waiting || core->unsettled)
		arbitrate(v);
	if (core->next.valid)
		write_injection(v);
	tg_post_settle(core);
}

/*
 * What an entry that failed was to inject, into core.next: it is still in the VMCS (SDM
 * "VM-Entry Failures During or After Loading Guest State").
 */
tg_root void vmx_take_back(struct tg_vcpu *v)
{
	u32 info = vmcs_read(VMCS_ENTRY_INFO);
	struct tg_flight *next = &v->core.next;

	if (!(info & VMX_INFO_VALID))
		return;
	next->word = info & TG_FLIGHT_EVENT;
	next->error = info & VMX_INFO_ERROR ? vmcs_read(VMCS_ENTRY_ERROR) : 0;
	next->address = 0;
	if (tg_has_length(next->type))
		next->insn_len = vmcs_read(VMCS_ENTRY_LENGTH);
	tg_post_again(&v->core, next);
}

tg_root void vmx_late_nmi(struct tg_vcpu *v)
{
	bool injecting;

	v->core.has_snapshot = false;
	v->core.has_rflags = false;
	vmx_root_nmis(v);
	if (tg_unlikely(v->core.inject))
		vmx_arm(v);		/* interrupts exit, where it is looked for */
	if (!v->core.nmi_pending && !v->mce_pending)
		return;
	/* What the VMCS holds for injection stays, the rest gets windows. */
	injecting = vmcs_read(VMCS_ENTRY_INFO) & VMX_INFO_VALID;
	v->core.next.valid = injecting;
	arbitrate(v);
	if (!injecting && v->core.next.valid)
		write_injection(v);
	v->core.next.valid = false;
}
