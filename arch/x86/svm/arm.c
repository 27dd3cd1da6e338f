// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: what the coming VMRUN is made to do: intercepts, the window, and the event that
 * it injects. Root mode, GIF=0.
 */
#include "../../../core/dispatch.h"
#include "backend.h"

/*
 * The window for what a shadow holds up: the VINTR intercept comes when the guest
 * has IF=1 and no shadow. Physical interrupts must not overtake it, so they are
 * masked meanwhile, whatever the guest's IF (V_INTR_MASKING, with the host's IF
 * 0); the guest's TPR is the VMCB's for that time. Processors do not exit under
 * a shadow, KVM below us does.
 */
tg_root void svm_open_window(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	if (c->int_ctl & SVM_INT_V_IRQ)
		return;
	c->int_ctl = (c->int_ctl & ~SVM_INT_V_TPR) | (svm_read_tpr() & SVM_INT_V_TPR) |
		     SVM_INT_V_IRQ | SVM_INT_V_IGN_TPR | SVM_INT_V_INTR_MASKING;
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_VINTR), true);
	svm_dirty(v, SVM_CLEAN_INT_CTL);
}

tg_root void svm_close_window(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	if (!(c->int_ctl & SVM_INT_V_IRQ))
		return;
	svm_write_tpr(c->int_ctl & SVM_INT_V_TPR);
	c->int_ctl &= ~(SVM_INT_V_IRQ | SVM_INT_V_IGN_TPR | SVM_INT_V_INTR_MASKING);
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_VINTR), false);
	svm_dirty(v, SVM_CLEAN_INT_CTL);
}

/*
 * #GP always: is_svm_insn(). All while a step looks for the end of an IRET
 * (svm/nmi.c), while RIP was moved for an injection, as a fault of its delivery is
 * the instruction's, and while a post stage is due (svm/post.c).
 */
tg_root void svm_set_exceptions(struct tg_vcpu *v)
{
	bool moved = v->svm.injected_next != v->svm.injected_rip && v->svm.injected_next;
	bool all = v->svm.nmi.step || moved || v->core.posting.valid;
	u32 bits = all ? ~0u : v->svm.exceptions | 1u << TG_VEC_GP;

	bits &= ~(1u << TG_VEC_NMI);		/* an intercept of its own */

	if (v->svm.vmcb->intercept_exceptions != bits) {
		v->svm.vmcb->intercept_exceptions = bits;
		svm_dirty(v, SVM_CLEAN_INTERCEPTS);
	}
	svm_intercept(v, 1, SVM_I2(SVM_EXIT_ICEBP), bits & (1u << TG_VEC_DB));
}

tg_root void svm_arm(struct tg_vcpu *v)
{
	struct tg_arm arm = tg_arm(&v->core);

	v->svm.exceptions = arm.exceptions;
	svm_set_exceptions(v);
	v->svm.interrupts = arm.interrupts || v->core.inject;
	if (!v->svm.interrupts)
		v->core.irq_waiting = false;	/* the guest gets it natively */
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_INTR), v->svm.interrupts || v->core.posting.valid);
	svm_watch_arm(v);
}

/*
 * With V_INTR_MASKING off the exit comes exactly when the guest could take an
 * interrupt, and the APIC has not handed it out yet: it does so now (INT-NOLOSS,
 * INT-PRIO), unless something else goes first. Then it exits again.
 */
static tg_root void take_interrupt(struct tg_vcpu *v)
{
	int vector;

	v->core.irq_waiting = false;
	if (v->core.next.valid)
		return;
	if (v->svm.vmcb->int_state & SVM_SHADOW) {
		svm_open_window(v);
		return;
	}
	vector = tg_svm_acknowledge(v);
	if (tg_read(v->nmi_root))
		svm_root_nmis(v);
	if (vector < 0 || svm_watch_tick(v, vector))
		return;
	tg_handle_interrupt(&v->core, vector);
	if (!v->core.next.valid)
		svm_watch_swallowed(v);
}

/*
 * Types of EVENTINJ. An INT3 or INTO goes as software interrupt: the gate's DPL
 * is checked (INJ-DPL) as for the instruction; INT1 as exception: it is not.
 */
static tg_always_inline enum svm_event_type event_type(u8 type)
{
	switch (type) {
	case TG_TYPE_INTERRUPT:
		return SVM_EV_INTR;
	case TG_TYPE_NMI:
		return SVM_EV_NMI;
	case TG_TYPE_INT_N:
	case TG_TYPE_INT3_INTO:
		return SVM_EV_SOFT;
	}
	return SVM_EV_EXCEPTION;
}

/* The return address pushed is the next instruction's: NEXT_RIP, where the
 * processor has it and the type is software interrupt; else RIP has to move.
 */
static tg_root void point_behind(struct tg_vcpu *v, const struct tg_flight *f)
{
	struct vmcb *c = v->svm.vmcb;

	v->svm.injected = *f;
	v->svm.injected_rip = c->rip;
	if ((v->svm.features & SVM_FEATURE_NRIPS) && event_type(f->type) == SVM_EV_SOFT) {
		c->nrip = c->rip + f->insn_len;
		v->svm.injected_next = c->rip;
		return;
	}
	c->rip += f->insn_len;
	v->svm.injected_next = c->rip;
	svm_set_exceptions(v);
}

static tg_root void write_injection(struct tg_vcpu *v)
{
	const struct tg_flight *f = &v->core.next;
	struct vmcb *c = v->svm.vmcb;
	u64 info = SVM_EV_VALID | (u64)event_type(f->type) << 8 | f->vector;

	if (tg_unlikely(f->posts))
		svm_post_arm(v);
	if (f->has_error)
		info |= SVM_EV_ERROR | (u64)f->error << 32;
	if (tg_has_length(f->type))
		point_behind(v, f);
	c->eventinj = info;
	c->int_state &= ~SVM_SHADOW;
	tg_note_injection(&v->core);
	v->core.next.valid = false;
}

/*
 * Whether this exit came during the delivery of what point_behind() has injected. INT1 was
 * injected as an exception: an INT n of the same vector that stands behind it, and is being
 * delivered at its address, says another type.
 */
static tg_root bool in_injected(const struct tg_vcpu *v)
{
	const struct vmcb *c = v->svm.vmcb;

	return v->svm.injected_next && (c->exitintinfo & SVM_EV_VALID) &&
	       (c->exitintinfo & SVM_EV_VECTOR) == v->svm.injected.vector &&
	       ((c->exitintinfo & SVM_EV_TYPE) >> 8 != SVM_EV_SOFT ||
		event_type(v->svm.injected.type) == SVM_EV_SOFT) &&
	       c->rip == v->svm.injected_next;
}

/*
 * The first thing after the exit that follows an injection of point_behind(): if it
 * came during the delivery, RIP is the instruction's again.
 */
tg_root void svm_after_exit(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	if (in_injected(v))
		c->rip = v->svm.injected_rip;
	else
		v->svm.injected.valid = false;
	v->svm.injected_next = 0;
	svm_set_exceptions(v);
}

static tg_root bool take_request(struct tg_vcpu *v)
{
	struct tg_flight *next = &v->core.next;
	struct vmcb *c = v->svm.vmcb;

	if (v->svm.nmi.step || !tg_inject_take(&v->core, c->cpl))
		return false;
	if (next->type == TG_TYPE_EXCEPTION && next->vector == TG_VEC_PF)
		svm_set_cr2(v, next->address);
	if (tg_pushes_rf(next))
		c->rflags |= TG_RFLAGS_RF;
	v->core.has_snapshot = false;
	return true;
}

static tg_root tg_noinline void requests(struct tg_vcpu *v)
{
	/* Interrupts exit as long as one waits: that is where it is looked for. */
	if (take_request(v) || !v->svm.interrupts || !v->core.inject)
		svm_arm(v);
}

static tg_root void machine_check(struct tg_vcpu *v)
{
	v->mce_pending = false;
	svm_raise(v, TG_VEC_MC, 0);
}

/* What must go the general way at the next exit, too. */
static tg_always_inline void note_unsettled(struct tg_vcpu *v)
{
	v->core.unsettled = v->svm.nmi.masked || v->svm.nmi.step || v->mce_pending ||
			    v->svm.injected.valid || (v->svm.vmcb->int_ctl & SVM_INT_V_IRQ) ||
			    v->svm.vmcb->tlb_control != svm_flush_always(v) ||
			    tg_read(v->nmi_root);	/* scripts of the last moment let one in */
}

tg_root void svm_prepare_entry(struct tg_vcpu *v)
{
	struct tg_cpu *core = &v->core;

	if (v->mce_pending && !core->next.valid)
		machine_check(v);
	if (tg_read(v->nmi_root))
		svm_root_nmis(v);
	if (tg_unlikely(core->inject))
		requests(v);
	if (core->nmi_pending)
		svm_nmi_inject(v);
	if (core->irq_waiting) {
		take_interrupt(v);
		/* what came meanwhile, while its scripts ran, too */
		if (v->mce_pending && !core->next.valid)
			machine_check(v);
		if (tg_read(v->nmi_root))
			svm_root_nmis(v);
		if (core->nmi_pending)
			svm_nmi_inject(v);
	}
	if (core->nmi_pending || v->svm.nmi.masked)
		svm_nmi_plan(v);
	if (core->next.valid) {
		/* Behind its delivery at once: by then a script may have read poison. */
		core->next.posts |= v->mce_pending;
		write_injection(v);
	}
	tg_post_settle(core);
	note_unsettled(v);
}
