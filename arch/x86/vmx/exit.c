// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: a VM exit, from the entry code (entry.S) to the next entry. Root mode.
 *
 * Exceptions and interrupts with nothing else going on take a short way each, in
 * exception_exit() and interrupt_exit(). Everything else comes to settle(), behind its
 * handler in instruction.c, event.c or here. The order is:
 *
 *   careful_exit()	only if asked for: post stage, a new set of events, INT n
 *   *_exit()		what this exit is for; leaves what goes to the guest in core.next
 *   settle()		a stall of swallowed interrupts, then vmx_before_entry() (arm.c)
 *   resume()		what the entry code must do for a guest at CPL 3
 */
#include "../../../core/dispatch.h"
#include "dump.h"
#include "event.h"

/*
 * Into the guest with nothing, or not surely something, to be injected. SPEC: at
 * CPL 3 after VERW. An entry that injects goes on in the kernel, at CPL 0, which
 * does that itself: VMX_INJECTED.
 */
static tg_always_inline int resume(struct tg_vcpu *v)
{
	if (v->slow & SLOW_VERW)
		v->verw = vmx_guest_cpl() == 3;
	return VMX_RESUME;
}

/* What the frequent exits leave to this one: all of the above may be there. */
static tg_root tg_noinline int settle(struct tg_vcpu *v)
{
	if (v->core.watch_stall && tg_check_stall(&v->core))
		vmx_arm(v);
	vmx_before_entry(v);
	return resume(v);
}

/* The first entry failed: tg_vmx_launch() returns 3, or 4 for a machine check. */
static tg_root int refused_launch(struct tg_vcpu *v)
{
	tg_vmx_dump(v);
	v->reg[REG_RAX] = v->mce_pending ? 4 : 3;
	v->state = TG_VCPU_OUT;
	return VMX_LEAVE;
}

/*
 * Reason 41 is a machine check that came while the entry was made: nothing is wrong with the
 * guest's state, nor has it changed. It gets the #MC, and what was to be injected goes again
 * (SDM "Machine-Check Events During VM Entry").
 */
static tg_root int failed_entry(struct tg_vcpu *v, u32 reason)
{
	bool mce = (reason & VMX_REASON_BASIC) == VMX_REASON_BAD_MCE;

	if (mce)
		v->mce_pending = true;
	if (v->core.exits == v->vmx.exits_before + 1)
		return refused_launch(v);
	if (!mce)
		vmx_fatal(v, "VM entry failed");
	vmx_take_back(v);
	return settle(v);
}

static tg_root tg_noinline int other_exit(struct tg_vcpu *v, u32 reason)
{
	int action;

	v->vmx.trap.ev.word = 0;
	if (tg_unlikely(reason & VMX_REASON_FAILED_ENTRY))
		return failed_entry(v, reason);
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
		vmx_first_event(v, &trap->first, idtv);
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
		vmx_set_blocking(0, TG_BLOCK_NMI);
	return settle(v);
}

static tg_root tg_noinline int swallowed_exit(struct tg_vcpu *v)
{
	vmx_swallow(v, &v->vmx.trap.ev);
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
	if (tg_unlikely((info & VMX_INFO_VECTOR) == TG_VEC_DB))
		vmx_inject_db(v, ev->address, (info & KIND) == KIND_DB);
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
	ev->word = TG_FLIGHT_WORD(TG_TYPE_INTERRUPT, vector);
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
	/* The frequent ones first: neither is a failed entry. */
	if (tg_likely(reason == VMX_REASON_EXCEPTION))
		return exception_exit(v);
	if (reason == VMX_REASON_INTERRUPT)
		return interrupt_exit(v);
	return other_exit(v, reason);
}

/*
 * Where the entry must not find the guest halted it wakes up, as HLT may at any time (SDM
 * "Checks on Guest Non-Register State": IA32_VMX_MISC; no processor is known, but hypervisors
 * may be).
 */
static tg_root void wake_up(void)
{
	if (vmcs_read(VMCS_GUEST_ACTIVITY) == VMX_ACTIVITY_HLT)
		vmcs_write(VMCS_GUEST_ACTIVITY, VMX_ACTIVITY_ACTIVE);
}

/*
 * The same with IA32_SPEC_CTRL to be put back, a new set to take over, INT n to be seen, or
 * a post stage due.
 */
static tg_root tg_noinline int careful_exit(struct tg_vcpu *v, u32 reason)
{
	bool int_n = v->slow & SLOW_INT_N;
	int action;

	if (v->slow & SLOW_NO_HLT)
		wake_up();
	if (v->core.posting.valid)
		vmx_post_exit(v, reason);
	if (tg_read(v->core.wanted) != v->core.evset) {
		tg_take_evset(&v->core);
		vmx_arm(v);
	}
	if (int_n && vmx_int_n_before(v, reason))
		action = settle(v);
	else
		action = one_exit(v, reason);
	if (int_n && action != VMX_LEAVE)
		vmx_int_n_after(v);
	if (v->ibrs_saved) {
		x86_wrmsr(TGX_MSR_SPEC_CTRL, v->guest_spec_ctrl);
		v->ibrs_saved = false;
	}
	return action;
}

tg_root int tg_vmx_exit(struct tg_vcpu *v)
{
	/*
	 * The other upper bits say where the exit was, in an SGX enclave (27) say, and change
	 * nothing in what is to be done (SDM "Basic VM-Exit Information").
	 */
	u32 reason = vmcs_read(VMCS_REASON) & (VMX_REASON_FAILED_ENTRY | VMX_REASON_BASIC);

	v->core.exits++;
	v->core.has_snapshot = false;
	v->core.has_rflags = false;
	if (tg_unlikely(tg_read(v->core.wanted) != v->core.evset ||
			(v->slow & (SLOW_IBRS | SLOW_INT_N | SLOW_POST | SLOW_NO_HLT))))
		return careful_exit(v, reason);
	return one_exit(v, reason);
}

/* An NMI hit the last instructions before the entry (NMI-ROOT). */
tg_root void tg_vmx_late(struct tg_vcpu *v)
{
	if (v->slow & SLOW_INT_N)
		vmx_int_n_before(v, VMX_NO_EXIT);
	vmx_late_nmi(v);
	if (v->slow & SLOW_INT_N)
		vmx_int_n_after(v);
}

/* SPEC: run with the kernel's IA32_SPEC_CTRL, as its own entry code would. */
tg_root void tg_vmx_from_user(void)
{
	struct tg_vcpu *v = this_vcpu();

	v->guest_spec_ctrl = x86_rdmsr(TGX_MSR_SPEC_CTRL);
	x86_wrmsr(TGX_MSR_SPEC_CTRL, v->platform->spec_ctrl);
	v->ibrs_saved = true;
}
