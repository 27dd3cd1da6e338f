// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: exceptions, NMIs and interrupts decoded for the core, and what it
 * decides encoded for the entry. Root mode.
 */
#include "../../core/dispatch.h"
#include "../../core/os.h"
#include "vmx_insn.h"

tg_root struct tg_flight vmx_decode(u32 info, u32 error, u32 len)
{
	struct tg_flight f = {
		.vector = info & VMX_INFO_VECTOR,
		.type = (info & VMX_INFO_TYPE) >> 8,
		.valid = info & VMX_INFO_VALID,
		.has_error = info & VMX_INFO_ERROR,
		.error = error,
		.insn_len = len,
	};

	return f;
}

static tg_always_inline bool has_length(u8 type)
{
	return type >= TG_TYPE_SOFT_INT && type <= TG_TYPE_SOFT_EXCEPTION;
}

/* What was being delivered when the exit happened; .valid tells if anything. */
static tg_root struct tg_flight first_event(void)
{
	u32 info = vmcs_read(VMCS_IDTV_INFO);
	u8 type = (info & VMX_INFO_TYPE) >> 8;
	u32 error = 0, len = 0;

	if (!(info & VMX_INFO_VALID))
		return (struct tg_flight){ 0 };
	if (info & VMX_INFO_ERROR)
		error = vmcs_read(VMCS_IDTV_ERROR);
	if (has_length(type))
		len = vmcs_read(VMCS_EXIT_LENGTH);
	return vmx_decode(info, error, len);
}

static tg_root void set_blocking(u32 clear, u32 set)
{
	u32 old = vmcs_read(VMCS_GUEST_BLOCKING), new = (old & ~clear) | set;

	if (new != old)
		vmcs_write(VMCS_GUEST_BLOCKING, new);
}

/*
 * The entry checks tie BS of the pending debug exceptions to TF while STI or
 * MOV SS blocks, and a #DB exit has cleared it (INJ-PENDDBG).
 */
static tg_root void fix_pending_debug(void)
{
	u64 old, new;

	if (!(vmcs_read(VMCS_GUEST_BLOCKING) & (TG_BLOCK_STI | TG_BLOCK_MOVSS)))
		return;
	old = vmcs_read(VMCS_GUEST_PENDING_DB);
	new = tg_pending_debug(old, vmcs_read(VMCS_GUEST_RFLAGS), vmcs_read(VMCS_GUEST_DEBUGCTL));
	if (new != old)
		vmcs_write(VMCS_GUEST_PENDING_DB, new);
}

/* What delivery of a #DB does besides the frame; an exit has not done it. */
static tg_root void commit_db(u64 causes)
{
	u64 dr7 = vmcs_read(VMCS_GUEST_DR7), debugctl = vmcs_read(VMCS_GUEST_DEBUGCTL);

	x86_write_dr6(tg_dr6_after_db(x86_read_dr6(), causes));
	if (dr7 & TGX_DR7_GD)
		vmcs_write(VMCS_GUEST_DR7, dr7 & ~TGX_DR7_GD);
	if (debugctl & (TGX_DEBUGCTL_LBR | TGX_DEBUGCTL_BTF))
		vmcs_write(VMCS_GUEST_DEBUGCTL,
			   debugctl & ~(TGX_DEBUGCTL_LBR | TGX_DEBUGCTL_BTF));
}

tg_root void vmx_skip_insn(struct tg_vcpu *v)
{
	u64 rflags = vmcs_read(VMCS_GUEST_RFLAGS);

	v->core.has_snapshot = false;
	vmcs_write(VMCS_GUEST_RIP, vmcs_read(VMCS_GUEST_RIP) + vmcs_read(VMCS_EXIT_LENGTH));
	set_blocking(TG_BLOCK_STI | TG_BLOCK_MOVSS, 0);
	if (rflags & TG_RFLAGS_RF)
		vmcs_write(VMCS_GUEST_RFLAGS, rflags & ~TG_RFLAGS_RF);
	if (rflags & TG_RFLAGS_TF)
		vmcs_write(VMCS_GUEST_PENDING_DB,
			   tg_pending_debug(vmcs_read(VMCS_GUEST_PENDING_DB), rflags,
					    vmcs_read(VMCS_GUEST_DEBUGCTL)));
}

static tg_always_inline bool is_db_exception(const struct tg_flight *f)
{
	return f->vector == TG_VEC_DB && f->type == TG_TYPE_EXCEPTION;
}

/*
 * INJ-RF. Processors save RF as the exception would have pushed it; Bochs does
 * not, and after an instruction that root mode stands in for it is clear.
 */
static tg_root void set_rf(struct tg_vcpu *v)
{
	u64 rflags = v->core.has_snapshot ? v->core.snap.rflags : vmcs_read(VMCS_GUEST_RFLAGS);

	if (!(rflags & TG_RFLAGS_RF))
		vmcs_write(VMCS_GUEST_RFLAGS, rflags | TG_RFLAGS_RF);
}

static tg_root void inject_outcome(struct tg_vcpu *v, const struct tg_flight *ev)
{
	const struct tg_flight *next = &v->core.next;

	/* Also when the pair becomes a #DF: the second fault has loaded CR2. */
	if (ev->vector == TG_VEC_PF && ev->type == TG_TYPE_EXCEPTION)
		v->cr2 = ev->address;
	if (tg_pushes_rf(next))
		set_rf(v);
	if (ev->vector != TG_VEC_DB)
		return;
	fix_pending_debug();
	if (is_db_exception(ev) && is_db_exception(next))
		commit_db(ev->address);
}

static tg_root void swallow_outcome(struct tg_vcpu *v, const struct tg_flight *ev)
{
	if (has_length(ev->type))
		vmx_skip_insn(v);
	else if (is_db_exception(ev))
		set_blocking(TG_BLOCK_STI | TG_BLOCK_MOVSS, 0);
}

static tg_root void handle_trap(struct tg_vcpu *v, struct tg_trap *trap)
{
	switch (tg_handle_exception(&v->core, trap)) {
	case TG_OUT_INJECT:
		inject_outcome(v, &trap->ev);
		break;
	case TG_OUT_SWALLOWED:
		swallow_outcome(v, &trap->ev);
		break;
	case TG_OUT_REDELIVER:
		if (trap->first.type == TG_TYPE_NMI)
			set_blocking(TG_BLOCK_NMI, 0);
		break;
	case TG_OUT_TRIPLE:
		v->departure.triple = true;
		vmx_fatal(v, "triple fault: an exception while #DF was being delivered");
	}
}

/* An exit that is not an exception's, during delivery: the event goes again. */
tg_root void vmx_redeliver(struct tg_vcpu *v)
{
	struct tg_flight first = first_event();

	if (!first.valid)
		return;
	if (first.type == TG_TYPE_NMI)
		set_blocking(TG_BLOCK_NMI, 0);
	v->core.next = first;
}

tg_root void vmx_on_exception(struct tg_vcpu *v)
{
	u32 info = vmcs_read(VMCS_EXIT_INFO);
	struct tg_trap trap = { .ev = vmx_decode(info, 0, 0) };

	trap.first = first_event();
	if (trap.ev.type == TG_TYPE_NMI) {
		v->core.exits_nmi++;
		tg_root_unblock_nmi();
		tg_handle_nmi(&v->core, &trap.first);
		if (trap.first.valid)
			v->core.next = trap.first;
		return;
	}
	v->core.exits_exception++;
	if (trap.ev.has_error)
		trap.ev.error = vmcs_read(VMCS_EXIT_ERROR);
	if (has_length(trap.ev.type))
		trap.ev.insn_len = vmcs_read(VMCS_EXIT_LENGTH);
	if (trap.ev.vector == TG_VEC_PF || is_db_exception(&trap.ev))
		trap.ev.address = vmcs_read(VMCS_QUALIFICATION);
	if ((info & VMX_INFO_UNBLOCK) && trap.ev.vector != TG_VEC_DF && !trap.first.valid)
		set_blocking(0, TG_BLOCK_NMI);	/* INJ-BIT12 */
	handle_trap(v, &trap);
}

/* A fault of an instruction that root mode stands in for: seen by events, too. */
tg_root void vmx_raise(struct tg_vcpu *v, u8 vector, u32 error)
{
	struct tg_trap trap = { .ev = tg_exception(vector, error) };

	handle_trap(v, &trap);
}

/* Not acknowledged: see take_interrupt(). */
tg_root void vmx_on_interrupt(struct tg_vcpu *v)
{
	v->core.exits_interrupt++;
	v->core.irq_waiting = true;
}

tg_root void vmx_root_nmis(struct tg_vcpu *v)
{
	/* However many came: one can be in service and one pending. */
	if (!(__atomic_exchange_n(&v->nmi_root, 0, __ATOMIC_RELAXED) & ~NMI_ROOT_MC))
		return;
	v->core.root_nmis++;
	tg_handle_nmi(&v->core, NULL);
}

static tg_root void set_proc(struct tg_vcpu *v, u32 proc)
{
	if (proc == v->vmx.proc)
		return;
	v->vmx.proc = proc;
	vmcs_write(VMCS_PROC, proc);
}

tg_root void vmx_set_pin(struct tg_vcpu *v, u32 pin)
{
	if (pin == v->vmx.pin)
		return;
	v->vmx.pin = pin;
	vmcs_write(VMCS_PIN, pin);
}

#define STALL_POLL_MS	100u

/* The preemption timer, in TSC ticks; 0: off, 1: exit before the next instruction. */
static tg_root void set_timer(struct tg_vcpu *v, u64 ticks)
{
	u64 t = ticks >> v->vmx.ctls.timer_shift;

	if (!v->vmx.ctls.timer)
		return;
	if (!ticks) {
		vmx_set_pin(v, v->vmx.pin & ~VMX_PIN_TIMER);
		return;
	}
	if (t > 0xffffffffu)
		t = 0xffffffffu;
	if (t != v->vmx.timer || !(v->vmx.pin & VMX_PIN_TIMER)) {
		v->vmx.timer = t;
		vmcs_write(VMCS_TIMER, t);
	}
	vmx_set_pin(v, v->vmx.pin | VMX_PIN_TIMER);
}

tg_root void vmx_plan_timer(struct tg_vcpu *v)
{
	u64 khz = v->platform->core.tsc_khz;

	if (v->mce_pending)
		set_timer(v, 1);
	else if (v->core.watch_stall)
		set_timer(v, STALL_POLL_MS * khz);
	else
		set_timer(v, 0);
}

/*
 * The guest can take an interrupt now, so the APIC may hand one out: which one,
 * and in what order, is its business (INT-PRIO). It must not be acknowledged
 * any earlier: while the guest is in a handler before its EOI, that EOI would
 * end the higher one just acknowledged, and the handler's own would stay in
 * service for ever.
 */
static tg_root void take_interrupt(struct tg_vcpu *v)
{
	int vector = tg_root_acknowledge(v);

	v->core.irq_waiting = false;
	if (vector >= 0)
		tg_handle_interrupt(&v->core, vector);
}

/*
 * Interrupt exiting is off while one waits for the window, as it would exit
 * again at once. The window comes before any interrupt is delivered.
 */
static tg_root void set_interrupt_exiting(struct tg_vcpu *v)
{
	if (v->vmx.want_extint && !v->core.irq_waiting)
		vmx_set_pin(v, v->vmx.pin | VMX_PIN_EXTINT);
	else
		vmx_set_pin(v, v->vmx.pin & ~VMX_PIN_EXTINT);
}

tg_root void vmx_arm(struct tg_vcpu *v)
{
	struct tg_arm arm = tg_evset_arm(v->core.evset, v->core.id);

	if (arm.exceptions != v->vmx.exception_bitmap) {
		v->vmx.exception_bitmap = arm.exceptions;
		vmcs_write(VMCS_EXCEPTION_BITMAP, arm.exceptions);
	}
	v->core.watch_stall = arm.swallows_interrupts;
	v->vmx.want_extint = arm.interrupts;
	if (!arm.interrupts)
		v->core.irq_waiting = false;	/* the guest gets it natively */
	set_interrupt_exiting(v);
	/* Deeper than C1 the preemption timer stands still, and with it the watch. */
	set_proc(v, v->core.watch_stall ? v->vmx.proc | VMX_PROC_MWAIT
					: v->vmx.proc & ~VMX_PROC_MWAIT);
	vmx_plan_timer(v);
}

static tg_root void write_injection(struct tg_vcpu *v)
{
	const struct tg_flight *f = &v->core.next;
	u32 info = VMX_INFO_VALID | (u32)f->type << 8 | f->vector;

	if (f->has_error) {
		info |= VMX_INFO_ERROR;
		vmcs_write(VMCS_ENTRY_ERROR, f->error & 0xffff);
	}
	if (has_length(f->type))
		vmcs_write(VMCS_ENTRY_LENGTH, f->insn_len);
	vmcs_write(VMCS_ENTRY_INFO, info);
	tg_note_injection(&v->core);
	v->core.next.valid = false;
}

/* One event for this entry, and the windows for the others. */
static tg_root void arbitrate(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;
	/*
	 * An entry that injects an interrupt, NMI or hardware exception drops the
	 * pending debug exceptions (SDM "Delivery of Pending Debug Exceptions after
	 * VM Entry"), a single step behind an emulated instruction for one: they go
	 * first, and the windows open behind them.
	 */
	struct tg_gate g = {
		.busy = core->next.valid || vmcs_read(VMCS_GUEST_PENDING_DB), .nmi = core->nmi_pending, .interrupt = core->irq_waiting,
		.rflags = core->has_snapshot ? core->snap.rflags : vmcs_read(VMCS_GUEST_RFLAGS),
		.blocking = vmcs_read(VMCS_GUEST_BLOCKING),
	};
	struct tg_plan plan = tg_arbitrate(&g);
	u32 proc = v->vmx.proc & ~(VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW);

	if (plan.inject_nmi) {
		core->nmi_pending = false;
		core->next = (struct tg_flight){
			.vector = TG_VEC_NMI, .type = TG_TYPE_NMI, .valid = true };
	} else if (plan.inject_interrupt) {
		take_interrupt(v);
	}
	if (plan.int_window)
		proc |= VMX_PROC_INT_WINDOW;
	if (plan.nmi_window)
		proc |= VMX_PROC_NMI_WINDOW;
	if (core->irq_waiting && !(v->vmx.proc & VMX_PROC_INT_WINDOW))
		core->queued_interrupts++;
	set_proc(v, proc);
	set_interrupt_exiting(v);
	vmx_plan_timer(v);
}

/*
 * The same when the injection is already in the VMCS: what it holds stays, the
 * rest gets windows.
 */
tg_root void vmx_arbitrate_late(struct tg_vcpu *v)
{
	bool injecting = vmcs_read(VMCS_ENTRY_INFO) & VMX_INFO_VALID;

	v->core.next.valid = injecting;
	arbitrate(v);
	if (!injecting && v->core.next.valid)
		write_injection(v);
	v->core.next.valid = false;
	v->core.has_snapshot = false;
}

static tg_root void machine_check(struct tg_vcpu *v)
{
	struct tg_trap trap = { .ev = tg_exception(TG_VEC_MC, 0) };

	v->mce_pending = false;
	handle_trap(v, &trap);
}

tg_root void vmx_prepare_entry(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;

	if (tg_read(v->nmi_root))
		vmx_root_nmis(v);
	if (v->mce_pending && !core->next.valid)
		machine_check(v);
	if (core->nmi_pending || v->mce_pending || core->irq_waiting ||
	    (v->vmx.proc & (VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW)))
		arbitrate(v);
	if (core->next.valid)
		write_injection(v);
	core->has_snapshot = false;
}

tg_root void vmx_snapshot(struct tg_snapshot *s)
{
	s->rip = vmcs_read(VMCS_GUEST_RIP);
	s->rsp = vmcs_read(VMCS_GUEST_RSP);
	s->rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	s->cr3 = vmcs_read(VMCS_GUEST_CR3);
	s->cpl = vmcs_read(VMCS_GUEST_SS_AR) >> 5 & 3;
}
