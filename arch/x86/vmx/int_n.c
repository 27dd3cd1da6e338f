// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: INT n as an event, which no exception intercept sees. Root mode, with SLOW_INT_N.
 *
 * While the guest runs its IDTR points to a shadow IDT, all of whose gates are not
 * present and open to CPL 3: whatever is delivered through it exits, with the event in the
 * IDT-vectoring information. All exceptions are intercepted, so that is INT n, or an
 * interrupt that no event wants. It is injected as what it was, through the guest's
 * own IDT, where the processor makes all its checks; the preemption timer, at 0, exits behind
 * the delivery, and the shadow is back before the handler's first instruction (SDM
 * "VM-Entry Controls", "VMX-Preemption Timer").
 *
 * The guest sees its own IDTR: descriptor-table exiting stops LIDT, SIDT and the like,
 * which the guest then does by itself, one step with TF, on its own IDTR.
 */
#include "../../../core/dispatch.h"
#include "backend.h"

#define GATE_CLOSED	(0x6eull << 40 | (u64)ROOT_CS << 16)	/* P=0, DPL 3, interrupt gate */
#define DB_CAUSES	(TG_DR6_B | TG_DR6_BD | TG_DR6_INVERTED)
#define SHADOWS		(TG_BLOCK_STI | TG_BLOCK_MOVSS)

static const struct {
	u64 low, high;
} shadow_idt[TG_NR_VECTORS] __attribute__((aligned(4096))) = {
	[0 ... TG_NR_VECTORS - 1] = { GATE_CLOSED, 0 },
};

static tg_root void set_idtr(u64 base, u32 limit)
{
	vmcs_write(VMCS_GUEST_IDTR_BASE, base);
	vmcs_write(VMCS_GUEST_IDTR_LIMIT, limit);
}

static tg_root bool steps_natively(u64 rflags, u64 debugctl)
{
	return (rflags & TG_RFLAGS_TF) && !(debugctl & TGX_DEBUGCTL_BTF);
}

/*
 * One instruction with TF and without IF: no interrupt is to come between STI and it, and the
 * shadow of STI cannot stay, as TF under it would be a #DB at once.
 */
static tg_root void begin_step(struct tg_vcpu *v)
{
	struct vmx_int_n *s = &v->vmx.int_n;
	u64 pending;

	s->stepping = true;
	s->rip = vmcs_read(VMCS_GUEST_RIP);
	s->rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	s->debugctl = vmcs_read(VMCS_GUEST_DEBUGCTL);
	s->blocking = vmcs_read(VMCS_GUEST_BLOCKING);
	vmcs_write(VMCS_PROC2, v->vmx.ctls.proc2);
	vmcs_write(VMCS_GUEST_RFLAGS, (s->rflags | TG_RFLAGS_TF) & ~TG_RFLAGS_IF);
	vmcs_write(VMCS_GUEST_DEBUGCTL, s->debugctl & ~TGX_DEBUGCTL_BTF);
	if (s->blocking & TG_BLOCK_STI)
		vmcs_write(VMCS_GUEST_BLOCKING, s->blocking & ~TG_BLOCK_STI);
	/*
	 * Under MOV SS the entry wants BS with TF, and it comes behind the instruction
	 * (INJ-PENDDBG); without, a step before this instruction has been taken.
	 */
	pending = vmcs_read(VMCS_GUEST_PENDING_DB) & ~TG_DR6_BS;
	vmcs_write(VMCS_GUEST_PENDING_DB,
		   s->blocking & TG_BLOCK_MOVSS ? pending | TG_DR6_BS : pending);
}

/* All as it would be without the step. True: the exit was for its #DB alone. */
static tg_root bool end_step(struct tg_vcpu *v, u32 reason)
{
	const u64 flags = TG_RFLAGS_TF | TG_RFLAGS_IF;
	struct vmx_int_n *s = &v->vmx.int_n;
	bool native = steps_natively(s->rflags, s->debugctl);
	bool moved = vmcs_read(VMCS_GUEST_RIP) != s->rip;
	u64 pending = vmcs_read(VMCS_GUEST_PENDING_DB), causes;
	struct tg_trap trap = { .ev = tg_exception(TG_VEC_DB, 0) };

	s->stepping = false;
	vmcs_write(VMCS_PROC2, v->vmx.ctls.proc2 | VMX_PROC2_DESC_TABLE);
	vmcs_write(VMCS_GUEST_RFLAGS,
		   (vmcs_read(VMCS_GUEST_RFLAGS) & ~flags) | (s->rflags & flags));
	vmcs_write(VMCS_GUEST_DEBUGCTL, s->debugctl);
	if (!moved && reason != VMX_REASON_EXCEPTION && (s->blocking & SHADOWS)) {
		/* it has not begun: under its shadow again */
		vmcs_write(VMCS_GUEST_BLOCKING, s->blocking);
		vmcs_write(VMCS_GUEST_PENDING_DB,
			   tg_pending_debug(pending, s->rflags, s->debugctl));
		return false;
	}
	if ((pending & TG_DR6_BS) && !native)
		vmcs_write(VMCS_GUEST_PENDING_DB, pending & ~TG_DR6_BS);
	if (reason != VMX_REASON_EXCEPTION || native ||
	    (vmcs_read(VMCS_EXIT_INFO) & (VMX_INFO_TYPE | VMX_INFO_VECTOR)) !=
	    (TG_TYPE_EXCEPTION << 8 | TG_VEC_DB))
		return false;
	causes = vmcs_read(VMCS_QUALIFICATION);
	if (!(causes & TG_DR6_BS))
		return false;
	/* a breakpoint of the guest's own on the operand, too */
	trap.ev.address = causes & ~TG_DR6_BS;
	if (causes & DB_CAUSES)
		vmx_handle_trap(v, &trap);
	return true;
}

/* The fault is the shadow's: its gates are not present, or the guest's tables have no shadow. */
static tg_root bool is_shadows(u32 exit_info)
{
	u32 vector = exit_info & VMX_INFO_VECTOR;

	return (exit_info & VMX_INFO_TYPE) >> 8 == TG_TYPE_EXCEPTION &&
	       (vector == TG_VEC_NP || vector == TG_VEC_PF);
}

/* What came through the shadow: INT n is an event, all else goes again, unseen. */
static tg_root bool through_shadow(struct tg_vcpu *v)
{
	struct tg_trap *trap = &v->vmx.trap;
	u32 info = vmcs_read(VMCS_IDTV_INFO);

	if (!(info & VMX_INFO_VALID) || !is_shadows(vmcs_read(VMCS_EXIT_INFO)))
		return false;
	v->core.exits_exception++;
	if ((info & VMX_INFO_TYPE) >> 8 != TG_TYPE_INT_N) {
		vmx_redeliver(v);
		vmx_set_rf(v, v->vmx.first_rf);
		return true;
	}
	vmx_set_rf(v, false);		/* the exit has saved that of the gate's #NP */
	*trap = (struct tg_trap){ .ev = { .word = info & TG_FLIGHT_EVENT } };
	trap->ev.insn_len = vmcs_read(VMCS_EXIT_LENGTH);
	vmx_handle_trap(v, trap);
	return true;
}

tg_root bool vmx_int_n_before(struct tg_vcpu *v, u32 reason)
{
	struct vmx_int_n *s = &v->vmx.int_n;
	bool shadowed = s->shadowed;

	v->vmx.trap.ev.word = 0;
	s->shadowed = false;
	s->step_wanted = false;
	if (shadowed) {
		set_idtr(s->base, s->limit);
	} else {
		s->base = vmcs_read(VMCS_GUEST_IDTR_BASE);
		s->limit = vmcs_read(VMCS_GUEST_IDTR_LIMIT);
	}
	vmx_plan_timer(v);
	if (s->stepping)
		return end_step(v, reason);
	if (reason == VMX_REASON_GDTR_IDTR || reason == VMX_REASON_LDTR_TR) {
		s->step_wanted = true;
		return true;
	}
	return reason == VMX_REASON_EXCEPTION && shadowed && through_shadow(v);
}

tg_root void vmx_int_n_after(struct tg_vcpu *v)
{
	struct vmx_int_n *s = &v->vmx.int_n;

	if (vmcs_read(VMCS_ENTRY_INFO) & VMX_INFO_VALID) {
		v->vmx.timer = 0;
		vmcs_write(VMCS_TIMER, 0);
		v->vmx.pin |= VMX_PIN_TIMER;
		vmcs_write(VMCS_PIN, v->vmx.pin);
	} else if (s->step_wanted) {
		begin_step(v);
	} else {
		set_idtr((u64)shadow_idt, sizeof(shadow_idt) - 1);
		s->shadowed = true;
	}
}
