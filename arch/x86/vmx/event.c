// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: an exception that comes during the delivery of another event, or of an
 * instruction that root mode stands in for, decoded for the core; and what the core
 * decides brought to the guest's state. The short way decodes in exit.c. Root mode.
 */
#include "../../../core/dispatch.h"
#include "../../../core/machine.h"
#include "event.h"

_Static_assert(TG_FLIGHT_VECTOR == VMX_INFO_VECTOR && TG_FLIGHT_TYPE == VMX_INFO_TYPE &&
	       TG_FLIGHT_ERROR == VMX_INFO_ERROR && TG_FLIGHT_VALID == VMX_INFO_VALID,
	       "struct tg_flight has the layout of the interruption information");

/*
 * INJ-RF: the RF that this event had, whose delivery has exited. The exit has saved that of the
 * fault in the delivery, 1 (SDM "Saving RIP, RSP, RFLAGS, and SSP"). Software events push 0,
 * faults 1. Of what the last entry injected the exit before it has read RFLAGS. What comes
 * past our exits pushes 0 but within a REP, which cannot be told any more.
 */
static tg_root bool rf_of_first(const struct tg_vcpu *v, const struct tg_flight *first)
{
	bool injected = first->type == TG_TYPE_NMI ||
			(first->type == TG_TYPE_INTERRUPT && v->vmx.want_extint) ||
			(first->type == TG_TYPE_EXCEPTION &&
			 v->vmx.exception_bitmap >> first->vector & 1);

	if (tg_pushes_rf(first))
		return true;
	return injected && (v->core.snap.rflags & TG_RFLAGS_RF);
}

tg_root void vmx_set_rf(struct tg_vcpu *v, bool rf)
{
	u64 old = vmcs_read(VMCS_GUEST_RFLAGS);
	u64 new = rf ? old | TG_RFLAGS_RF : old & ~TG_RFLAGS_RF;

	v->core.snap.rflags = new;	/* for rf_of_first(), should its delivery exit again */
	if (new == old)
		return;
	vmcs_write(VMCS_GUEST_RFLAGS, new);
	v->core.has_snapshot = false;
	v->core.has_rflags = false;
}

/*
 * What was being delivered when the exit happened, if IDT-vectoring is valid. Before the
 * events see the exit: they read RFLAGS anew.
 */
tg_root void vmx_first_event(struct tg_vcpu *v, struct tg_flight *first, u32 info)
{
	first->word = info & TG_FLIGHT_EVENT;
	first->error = info & VMX_INFO_ERROR ? vmcs_read(VMCS_IDTV_ERROR) : 0;
	first->address = 0;
	if (tg_has_length(first->type))
		first->insn_len = vmcs_read(VMCS_EXIT_LENGTH);
	v->vmx.first_rf = rf_of_first(v, first);
	tg_post_again(&v->core, first);
}

tg_root void vmx_set_blocking(u32 clear, u32 set)
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
	vmx_set_blocking(TG_BLOCK_STI | TG_BLOCK_MOVSS, 0);
	if (rflags & TG_RFLAGS_RF)
		vmcs_write(VMCS_GUEST_RFLAGS, rflags & ~TG_RFLAGS_RF);
	if (rflags & TG_RFLAGS_TF)
		vmcs_write(VMCS_GUEST_PENDING_DB,
			   tg_pending_debug(vmcs_read(VMCS_GUEST_PENDING_DB), rflags,
					    vmcs_read(VMCS_GUEST_DEBUGCTL)));
}

/* A #DB or INT1 goes to the guest, or a pair whose second it was. */
tg_root void vmx_inject_db(struct tg_vcpu *v, u64 causes, bool commit)
{
	guest_rflags(v);		/* for rf_of_first() */
	if (commit)
		commit_db(causes);
	fix_pending_debug();		/* BTF says, too */
}

/* ev goes to the guest as core.next: itself, or the #DF that it has become. */
static tg_root void inject_outcome(struct tg_vcpu *v, const struct tg_flight *ev)
{
	const struct tg_flight *next = &v->core.next;

	/* Also when the pair becomes a #DF: the second fault has loaded CR2. */
	if (is_pf_exception(ev))
		set_cr2(v, ev->address);
	/* not saved where root mode stood in for the instruction */
	if (tg_pushes_rf(next))
		vmx_set_rf(v, true);
	if (ev->vector == TG_VEC_DB)
		vmx_inject_db(v, ev->address, is_db_exception(ev) && is_db_exception(next));
}

tg_root void vmx_swallow(struct tg_vcpu *v, const struct tg_flight *ev)
{
	if (tg_has_length(ev->type) && tg_rip_stays(&v->core))
		vmx_skip_insn(v);
	else if (is_db_exception(ev))
		vmx_set_blocking(TG_BLOCK_STI | TG_BLOCK_MOVSS, 0);
}

/* Whatever else became of a trap than an injection. */
static tg_root tg_noinline void other_outcome(struct tg_vcpu *v, const struct tg_trap *trap,
					      enum tg_outcome outcome)
{
	if (outcome == TG_OUT_SWALLOWED) {
		vmx_swallow(v, &trap->ev);
	} else if (outcome == TG_OUT_REDELIVER) {
		vmx_set_rf(v, v->vmx.first_rf);
		if (trap->first.type == TG_TYPE_NMI)
			vmx_set_blocking(TG_BLOCK_NMI, 0);
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
	vmx_first_event(v, &v->core.next, info);
	if (v->core.next.type == TG_TYPE_NMI)
		vmx_set_blocking(TG_BLOCK_NMI, 0);
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

/*
 * A page fault of a user-mode access: at CPL 3 then, which saves a VMREAD. WRUSS,
 * the kernel's write to a user's shadow stack, is one at CPL 0 (SDM "Determination
 * of Access Rights"): not taken for one here.
 */
static tg_always_inline bool user_fault(const struct tg_flight *ev)
{
	return is_pf_exception(ev) && (ev->error & (TG_PF_USER | TG_PF_SHADOW_STACK)) == TG_PF_USER;
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
