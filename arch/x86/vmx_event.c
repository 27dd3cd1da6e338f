// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: exceptions, NMIs and interrupts decoded for the core, and what it
 * decides encoded for the entry. Root mode.
 */
#include "../../core/dispatch.h"
#include "../../core/os.h"
#include "vmx_insn.h"

_Static_assert(TG_FLIGHT_VECTOR == VMX_INFO_VECTOR && TG_FLIGHT_TYPE == VMX_INFO_TYPE &&
	       TG_FLIGHT_ERROR == VMX_INFO_ERROR && TG_FLIGHT_VALID == VMX_INFO_VALID,
	       "struct tg_flight has the layout of the interruption information");

/* What was being delivered when the exit happened, if IDT-vectoring is valid. */
static tg_root tg_noinline void first_event(struct tg_vcpu *v, struct tg_flight *first, u32 info)
{
	first->word = info & TG_FLIGHT_EVENT;
	first->error = info & VMX_INFO_ERROR ? vmcs_read(VMCS_IDTV_ERROR) : 0;
	first->address = 0;
	if (tg_has_length(first->type))
		first->insn_len = vmcs_read(VMCS_EXIT_LENGTH);
	tg_post_again(&v->core, first);
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
	v->core.has_rflags = false;
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

static tg_always_inline bool is_pf_exception(const struct tg_flight *f)
{
	return f->vector == TG_VEC_PF && f->type == TG_TYPE_EXCEPTION;
}

/* RFLAGS of the guest at this exit, read once. */
static tg_always_inline u64 guest_rflags(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;

	if (!core->has_snapshot && !v->core.has_rflags) {
		core->snap.rflags = vmcs_read(VMCS_GUEST_RFLAGS);
		v->core.has_rflags = true;
	}
	return core->snap.rflags;
}

/*
 * INJ-RF. Processors save RF as the exception would have pushed it; Bochs does
 * not, and after an instruction that root mode stands in for it is clear.
 */
static tg_always_inline void set_rf(struct tg_vcpu *v)
{
	u64 rflags = v->core.has_snapshot ? v->core.snap.rflags : vmcs_read(VMCS_GUEST_RFLAGS);

	if (!(rflags & TG_RFLAGS_RF))
		vmcs_write(VMCS_GUEST_RFLAGS, rflags | TG_RFLAGS_RF);
}

/* A #DB or INT1 goes to the guest, or a pair whose second it was. */
static tg_root tg_noinline void inject_db(u64 causes, bool commit)
{
	if (commit)
		commit_db(causes);
	fix_pending_debug();		/* BTF says, too */
}

static tg_always_inline void set_cr2(struct tg_vcpu *v, u64 address)
{
	v->cr2 = address;
	x86_write_cr2(address);
}

/* ev goes to the guest as core.next: itself, or the #DF that it has become. */
static tg_root void inject_outcome(struct tg_vcpu *v, const struct tg_flight *ev)
{
	const struct tg_flight *next = &v->core.next;

	/* Also when the pair becomes a #DF: the second fault has loaded CR2. */
	if (is_pf_exception(ev))
		set_cr2(v, ev->address);
	if (tg_pushes_rf(next))
		set_rf(v);
	if (ev->vector == TG_VEC_DB)
		inject_db(ev->address, is_db_exception(ev) && is_db_exception(next));
}

static tg_root void swallow_outcome(struct tg_vcpu *v, const struct tg_flight *ev)
{
	if (tg_has_length(ev->type) && tg_rip_stays(&v->core))
		vmx_skip_insn(v);
	else if (is_db_exception(ev))
		set_blocking(TG_BLOCK_STI | TG_BLOCK_MOVSS, 0);
}

/* Whatever else became of a trap than an injection. */
static tg_root tg_noinline void other_outcome(struct tg_vcpu *v, const struct tg_trap *trap,
					      enum tg_outcome outcome)
{
	if (outcome == TG_OUT_SWALLOWED) {
		swallow_outcome(v, &trap->ev);
	} else if (outcome == TG_OUT_REDELIVER) {
		if (trap->first.type == TG_TYPE_NMI)
			set_blocking(TG_BLOCK_NMI, 0);
	} else {
		v->departure.triple = true;
		vmx_fatal(v, "triple fault: an exception while #DF was being delivered");
	}
}

tg_root tg_noinline void vmx_handle_trap(struct tg_vcpu *v, struct tg_trap *trap)
{
	enum tg_outcome outcome = tg_handle_exception(&v->core, trap);

	if (outcome == TG_OUT_INJECT)
		inject_outcome(v, &trap->ev);
	else
		other_outcome(v, trap, outcome);
}

/* An exit that is not an exception's, during delivery: the event goes again. */
tg_root void vmx_redeliver(struct tg_vcpu *v)
{
	u32 info = vmcs_read(VMCS_IDTV_INFO);

	if (!(info & VMX_INFO_VALID))
		return;
	first_event(v, &v->core.next, info);
	if (v->core.next.type == TG_TYPE_NMI)
		set_blocking(TG_BLOCK_NMI, 0);
}

/* A fault of an instruction that root mode stands in for: seen by events, too. */
tg_root void vmx_raise(struct tg_vcpu *v, u8 vector, u32 error)
{
	struct tg_trap trap = { .ev = tg_exception(vector, error) };

	vmx_handle_trap(v, &trap);
}

tg_root void vmx_root_nmis(struct tg_vcpu *v)
{
	/* However many came: one can be in service and one pending. */
	if (!(TG_ATOMIC(&v->core, __atomic_exchange_n(&v->nmi_root, 0, __ATOMIC_RELAXED)) &
	      ~NMI_ROOT_MC))
		return;
	v->core.root_nmis++;
	tg_handle_nmi(&v->core, NULL);
}

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

static tg_always_inline void write_event(const struct tg_flight *f)
{
	if (f->has_error)
		vmcs_write(VMCS_ENTRY_ERROR, f->error & 0xffff);
	else if (tg_has_length(f->type))
		vmcs_write(VMCS_ENTRY_LENGTH, f->insn_len);
	vmcs_write(VMCS_ENTRY_INFO, f->word & TG_FLIGHT_EVENT);
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

	if (plan.inject_nmi) {
		tg_next_nmi(core);
	} else if (plan.inject_interrupt) {
		take_interrupt(v);
	}
	if (plan.int_window)
		proc |= VMX_PROC_INT_WINDOW;
	if (plan.nmi_window)
		proc |= VMX_PROC_NMI_WINDOW;
	if (core->irq_waiting && !(v->vmx.proc & VMX_PROC_INT_WINDOW))
		core->queued_interrupts++;
	core->unsettled = proc & (VMX_PROC_INT_WINDOW | VMX_PROC_NMI_WINDOW) || v->mce_pending;
	set_proc(v, proc);
	set_pin(v, plan_timer(v, plan_interrupts(v, v->vmx.pin)));
}

/* NMIs and #MC that came in root mode, and what waits for its turn. */
static tg_root tg_noinline void before_entry(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;

	if (tg_read(v->nmi_root))
		vmx_root_nmis(v);
	if (v->mce_pending && !core->next.valid) {
		v->mce_pending = false;
		vmx_raise(v, TG_VEC_MC, 0);
	}
	if (tg_unlikely(core->inject))
		vmx_take_request(v);
	if (core->nmi_pending || v->mce_pending || core->irq_waiting || core->unsettled)
		arbitrate(v);
	if (core->next.valid)
		write_injection(v);
	tg_post_settle(core);
}

static tg_root void late_nmi(struct tg_vcpu *v)
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

/* An NMI hit the last instructions before the entry (NMI-ROOT). */
tg_root void tg_vmx_late(struct tg_vcpu *v)
{
	if (v->spec & SPEC_INT_N)
		vmx_soft_before(v, VMX_NO_EXIT);
	late_nmi(v);
	if (v->spec & SPEC_INT_N)
		vmx_soft_after(v);
}

/*
 * Into the guest with nothing, or not surely something, to be injected. SPEC: at
 * CPL 3 after VERW. An entry that injects goes on in the kernel, at CPL 0, which
 * does that itself: VMX_INJECTED.
 */
static tg_always_inline int resume(struct tg_vcpu *v)
{
	if (v->spec & SPEC_VERW)
		v->verw = vmx_guest_cpl() == 3;
	return VMX_RESUME;
}

/* What the frequent exits leave to this one: all of the above may be there. */
static tg_root tg_noinline int settle(struct tg_vcpu *v)
{
	if (v->core.watch_stall && tg_check_stall(&v->core))
		vmx_arm(v);
	before_entry(v);
	return resume(v);
}

static tg_root tg_noinline int other_exit(struct tg_vcpu *v, u32 reason)
{
	int action;

	v->vmx.trap.ev.word = 0;
	action = vmx_handle_exit(v, reason);
	if (action == VMX_RESUME)
		return settle(v);
	return action;
}

static tg_root tg_noinline int nmi_exit(struct tg_vcpu *v)
{
	const struct tg_flight *first = &v->vmx.trap.first;

	v->core.exits_nmi++;
	tg_root_unblock_nmi();
	tg_handle_nmi(&v->core, first);
	if (first->valid)
		v->core.next = *first;
	return settle(v);
}

/* An NMI, or an exception during delivery of another event or in IRET. */
static tg_root tg_noinline int nested_exit(struct tg_vcpu *v, u32 info, u32 idtv)
{
	struct tg_trap *trap = &v->vmx.trap;

	if (idtv & VMX_INFO_VALID)
		first_event(v, &trap->first, idtv);
	if (trap->ev.type == TG_TYPE_NMI)
		return nmi_exit(v);
	v->core.exits_exception++;
	vmx_handle_trap(v, trap);
	/*
	 * INJ-BIT12: swallowed, so the IRET runs again, from where it was (SDM "Resuming
	 * Guest Software after Handling an Exception"). Passed on, the fault finds NMIs
	 * unblocked, as without us.
	 */
	if ((info & VMX_INFO_UNBLOCK) && trap->ev.vector != TG_VEC_DF && !trap->first.valid &&
	    !v->core.next.valid)
		set_blocking(0, TG_BLOCK_NMI);
	return settle(v);
}

static tg_root tg_noinline int swallowed_exit(struct tg_vcpu *v)
{
	other_outcome(v, &v->vmx.trap, TG_OUT_SWALLOWED);
	return settle(v);
}

/* The exception goes behind what waits, or what waits behind it. */
static tg_root tg_noinline int contended_exit(struct tg_vcpu *v)
{
	v->core.next = v->vmx.trap.ev;
	return settle(v);
}

#define KIND		(VMX_INFO_TYPE | VMX_INFO_VECTOR)
#define KIND_PF		(TG_TYPE_EXCEPTION << 8 | TG_VEC_PF)
#define KIND_DB		(TG_TYPE_EXCEPTION << 8 | TG_VEC_DB)

/*
 * The way of most events: read what the exit says, ask the events, put it back.
 * What is live across tg_dispatch() lies in trap, so that no register need be
 * saved for it. Root mode's NMIs are not looked for here: the last instructions
 * before the entry do, and come to tg_vmx_late().
 */
static tg_root tg_noinline int exception_exit(struct tg_vcpu *v)
{
	u32 info = vmcs_read(VMCS_EXIT_INFO), idtv = vmcs_read(VMCS_IDTV_INFO);
	struct tg_flight *ev = &v->vmx.trap.ev;

	ev->word = info & TG_FLIGHT_EVENT;
	ev->error = 0;
	ev->address = 0;
	v->vmx.trap.first.word = 0;
	if (info & VMX_INFO_ERROR)
		ev->error = vmcs_read(VMCS_EXIT_ERROR);
	else if (tg_has_length((info & VMX_INFO_TYPE) >> 8))
		ev->insn_len = vmcs_read(VMCS_EXIT_LENGTH);
	if ((info & KIND) == KIND_PF || (info & KIND) == KIND_DB)
		ev->address = vmcs_read(VMCS_QUALIFICATION);
	if (tg_unlikely((idtv & VMX_INFO_VALID) || (info & VMX_INFO_UNBLOCK) ||
			(info & VMX_INFO_TYPE) == TG_TYPE_NMI << 8))
		return nested_exit(v, info, idtv);
	v->core.exits_exception++;
	if (tg_unlikely(tg_dispatch(&v->core, &v->vmx.trap, 0) != TG_DELIVERED))
		return swallowed_exit(v);
	info = ev->word;
	if ((info & KIND) == KIND_PF)
		set_cr2(v, ev->address);
	if (tg_likely(tg_pushes_rf(ev)))
		set_rf(v);
	if (tg_unlikely((info & VMX_INFO_VECTOR) == TG_VEC_DB))
		inject_db(ev->address, (info & KIND) == KIND_DB);
	if (tg_unlikely(v->core.attention))
		return contended_exit(v);
	write_event(ev);
	tg_note_exception(&v->core, ev);
	return VMX_INJECTED;
}

/*
 * Not acknowledged yet: see take_interrupt(). Such an exit comes behind the
 * debug traps of the instruction before and saves none as pending, unless MOV SS
 * blocks, and then nothing is injected (SDM "Saving Non-Register State"). With
 * nothing else to attend to the controls stay as they are.
 */
static tg_root tg_noinline int interrupt_exit(struct tg_vcpu *v)
{
	struct tg_gate g = { .interrupt = true };
	struct tg_flight *ev = &v->vmx.trap.ev;
	int vector;

	v->core.exits_interrupt++;
	ev->word = 0;
	if (tg_unlikely(v->core.attention))
		goto wait;
	g.rflags = guest_rflags(v);
	g.blocking = vmcs_read(VMCS_GUEST_BLOCKING);
	if (tg_unlikely(!tg_arbitrate(&g).inject_interrupt))
		goto wait;
	vector = tg_root_acknowledge(v);
	if (tg_unlikely(vector < 0))
		return resume(v);
	ev->word = TG_FLIGHT_WORD(TG_TYPE_EXTERNAL, vector);
	ev->error = 0;
	ev->address = 0;
	v->vmx.trap.first.word = 0;
	if (tg_unlikely(!tg_interrupt_passes(&v->core, &v->vmx.trap)))
		return v->core.attention ? settle(v) : resume(v);
	if (tg_unlikely(v->core.attention))
		return contended_exit(v);
	vmcs_write(VMCS_ENTRY_INFO, ev->word);
	tg_note_interrupt(&v->core, ev);
	return VMX_INJECTED;
wait:
	v->core.irq_waiting = true;
	return settle(v);
}

static tg_always_inline int one_exit(struct tg_vcpu *v, u32 reason)
{
	/* The frequent ones first: neither has any of the upper bits set. */
	if (tg_likely(reason == VMX_REASON_EXCEPTION))
		return exception_exit(v);
	if (reason == VMX_REASON_INTERRUPT)
		return interrupt_exit(v);
	return other_exit(v, reason);
}

/*
 * The same with IA32_SPEC_CTRL to be put back, a new set to take over, INT n to be seen, or
 * a post stage due.
 */
static tg_root tg_noinline int careful_exit(struct tg_vcpu *v, u32 reason)
{
	bool soft = v->spec & SPEC_INT_N;
	int action;

	if (v->core.posting.valid)
		vmx_post_exit(v, reason);
	if (tg_read(v->core.wanted) != v->core.evset) {
		tg_take_evset(&v->core);
		vmx_arm(v);
	}
	if (soft && vmx_soft_before(v, reason))
		action = settle(v);
	else
		action = one_exit(v, reason);
	if (soft && action != VMX_LEAVE)
		vmx_soft_after(v);
	if (v->ibrs_saved) {
		x86_wrmsr(TGX_MSR_SPEC_CTRL, v->guest_spec_ctrl);
		v->ibrs_saved = false;
	}
	return action;
}

tg_root int tg_vmx_exit(struct tg_vcpu *v)
{
	u32 reason = vmcs_read(VMCS_REASON);

	v->core.exits++;
	v->core.has_snapshot = false;
	v->core.has_rflags = false;
	if (tg_unlikely(tg_read(v->core.wanted) != v->core.evset ||
			(v->spec & (SPEC_IBRS | SPEC_INT_N | SPEC_POST))))
		return careful_exit(v, reason);
	return one_exit(v, reason);
}

#define PF_USER		(1u << 2)
#define PF_SHADOW_STACK	(1u << 6)

/*
 * A page fault of a user-mode access: at CPL 3 then, which saves a VMREAD. WRUSS,
 * the kernel's write to a user's shadow stack, is one at CPL 0 (SDM "Determination
 * of Access Rights"): not taken for one here.
 */
static tg_always_inline bool user_fault(const struct tg_flight *ev)
{
	return is_pf_exception(ev) && (ev->error & (PF_USER | PF_SHADOW_STACK)) == PF_USER;
}

tg_root void vmx_snapshot(const struct tg_vcpu *v, struct tg_snapshot *s)
{
	s->rip = vmcs_read(VMCS_GUEST_RIP);
	s->rsp = vmcs_read(VMCS_GUEST_RSP);
	if (!v->core.has_rflags)
		s->rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	s->cr3 = vmcs_read(VMCS_GUEST_CR3);
	s->cpl = user_fault(&v->vmx.trap.ev) ? 3 : vmx_guest_cpl();
}
