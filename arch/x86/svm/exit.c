// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: a #VMEXIT, from the entry code (entry.S) to the next VMRUN. Root mode, GIF=0.
 *
 * Exceptions and interrupts with nothing else going on take a short way each, in
 * exception_exit() and interrupt_exit(). Everything else comes to general_exit().
 */
#include "../../../core/dispatch.h"
#include "backend.h"

static tg_root void spec_before_entry(struct tg_vcpu *v)
{
	if (v->ibrs_saved) {
		x86_wrmsr(TGX_MSR_SPEC_CTRL, v->guest_spec_ctrl);
		v->ibrs_saved = false;
	}
	/* An entry that injects goes on in the kernel, which does that itself. */
	if (v->slow & (SLOW_VERW | SLOW_DIVIDER))
		v->verw = v->svm.vmcb->cpl == 3 && !(v->svm.vmcb->eventinj & SVM_EV_VALID);
}

/* The first entry failed on the guest state: tg_svm_launch() returns 3. */
static tg_root int refused_launch(struct tg_vcpu *v)
{
	v->reg[REG_RAX] = 3;
	v->state = TG_VCPU_OUT;
	return SVM_LEAVE;
}

static tg_root void on_interrupt(struct tg_vcpu *v)
{
	v->core.exits_interrupt++;
	v->core.irq_waiting = true;
}

/*
 * Any exit, in any state. The order is the point:
 *
 *   1. the post stage of what the last entry injected: its events are those of the old set
 *   2. a new set of events is taken over
 *   3. what the last entry did to the guest's state is put back: svm_after_exit(), and our
 *      own single step, svm_nmi_on_exit()
 *   4. what this exit is for; what was being delivered meanwhile goes again
 *   5. a stall of swallowed interrupts may end events and change what is armed
 *   6. svm_prepare_entry() decides what the entry injects, last, as all of the above may
 *      have something
 */
static tg_root tg_noinline int general_exit(struct tg_vcpu *v, u32 code)
{
	struct vmcb *c = v->svm.vmcb;
	bool own_step = false, post = v->core.posting.valid;
	int action = SVM_RESUME;

	v->reg[REG_RAX] = c->rax;
	c->tlb_control = svm_flush_always(v);	/* done; a script may ask for it again */
	if (tg_unlikely(post))
		svm_post_exit(v, code);
	if (tg_read(v->core.wanted) != v->core.evset) {
		tg_take_evset(&v->core);
		svm_arm(v);
	}
	if (!v->svm.launched) {
		if (code == SVM_EXIT_INVALID)
			return refused_launch(v);
		v->svm.launched = true;
	}
	if (v->svm.injected.valid)
		svm_after_exit(v);
	if (v->svm.nmi.masked || v->svm.nmi.step)
		own_step = svm_nmi_on_exit(v, code);
	if (code - SVM_EXIT_EXCEPTION < TG_FIRST_INTERRUPT) {
		if (!own_step)
			svm_on_exception(v, code - SVM_EXIT_EXCEPTION);
	} else {
		/* Behind a post stage it says nothing of what the guest can take. */
		if (code == SVM_EXIT_INTR && !post)
			on_interrupt(v);
		else if (code != SVM_EXIT_INTR)
			action = svm_handle_exit(v, code);
		svm_redeliver(v);
	}
	if (v->core.watch_stall && tg_check_stall(&v->core))
		svm_arm(v);
	if (action == SVM_RESUME)
		svm_prepare_entry(v);
	if (v->slow)
		spec_before_entry(v);
	c->rax = v->reg[REG_RAX];
	return action;
}

static tg_always_inline void write_event(struct vmcb *c, const struct tg_flight *ev)
{
	c->eventinj = (ev->word & TG_FLIGHT_EVENT) | (u64)ev->error << 32;
	c->int_state &= ~SVM_SHADOW;
}

/*
 * Exceptions with more to them than an error code: INT3 and INTO have a length,
 * #DB has DR6, #GP may be a #UD, #MC is asynchronous.
 */
#define SPECIAL	(1u << TG_VEC_DB | 1u << TG_VEC_BP | 1u << TG_VEC_OF | 1u << TG_VEC_GP | \
		 1u << TG_VEC_DF | 1u << TG_VEC_MC)

/* Something is to be looked at first, or the event, dispatched, is not all there is. */
static tg_root tg_noinline int contended_exit(struct tg_vcpu *v)
{
	if (v->core.attention) {
		v->core.next = v->svm.trap.ev;
		svm_prepare_entry(v);
	}
	return SVM_RESUME;
}

/*
 * The way of most events. An NMI comes in between only while a script runs, whose end looks
 * for it (svm_close_gif): it waits behind GIF.
 * What is live across tg_dispatch() lies in trap, so that no register need be
 * saved for it.
 */
static tg_root tg_noinline int exception_exit(struct tg_vcpu *v, u32 vector)
{
	struct vmcb *c = v->svm.vmcb;
	struct tg_flight *ev = &v->svm.trap.ev;

	if (tg_unlikely((c->exitintinfo & SVM_EV_VALID) || (SPECIAL >> vector & 1)))
		return general_exit(v, SVM_EXIT_EXCEPTION + vector);
	ev->word = TG_FLIGHT_WORD(TG_TYPE_EXCEPTION, vector);
	ev->error = 0;
	ev->address = 0;
	v->svm.trap.first.word = 0;
	if (tg_has_error_code(vector)) {
		ev->has_error = true;
		ev->error = c->exitinfo1;
	}
	if (vector == TG_VEC_PF)
		ev->address = c->exitinfo2;
	v->core.exits_exception++;
	if (tg_unlikely(tg_dispatch(&v->core, &v->svm.trap, 0) != TG_DELIVERED)) {
		ev->valid = false;		/* swallowed: the same instruction again */
		return contended_exit(v);
	}
	c = v->svm.vmcb;
	if (ev->vector == TG_VEC_PF)
		svm_set_cr2(v, ev->address);
	c->rflags |= TG_RFLAGS_RF;		/* INJ-RF: faults, all of them */
	if (tg_unlikely(v->core.attention))
		return contended_exit(v);
	write_event(c, ev);
	tg_note_exception(&v->core, ev);
	return SVM_INJECTED;
}

static tg_root tg_noinline int interrupt_exit(struct tg_vcpu *v)
{
	struct tg_flight *ev = &v->svm.trap.ev;
	int vector;

	if (tg_unlikely((v->svm.vmcb->exitintinfo & SVM_EV_VALID) ||
			(v->svm.vmcb->int_state & SVM_SHADOW)))
		return general_exit(v, SVM_EXIT_INTR);
	v->core.exits_interrupt++;
	vector = tg_svm_acknowledge(v);
	if (tg_unlikely(vector < 0 || tg_read(v->nmi_root)))
		goto unusual;
	ev->word = TG_FLIGHT_WORD(TG_TYPE_INTERRUPT, vector);
	ev->error = 0;
	ev->address = 0;
	v->svm.trap.first.word = 0;
	if (tg_unlikely(!tg_interrupt_passes(&v->core, &v->svm.trap)))
		ev->valid = false;
	if (tg_unlikely(!ev->valid || v->core.attention))
		return contended_exit(v);
	write_event(v->svm.vmcb, ev);
	tg_note_interrupt(&v->core, ev);
	return SVM_INJECTED;
unusual:
	/* An NMI came, before the interrupt or behind it, or nothing. */
	if (vector >= 0)
		tg_handle_interrupt(&v->core, vector);
	svm_prepare_entry(v);
	return SVM_RESUME;
}

tg_root int tg_svm_exit(struct tg_vcpu *v)
{
	u32 code = v->svm.vmcb->exitcode;

	v->core.exits++;
	v->core.has_snapshot = false;
	v->svm.vmcb->clean = SVM_CLEAN_ALL;
	if (tg_unlikely(tg_read(v->core.wanted) != v->core.evset || v->core.attention ||
			v->slow || !v->svm.launched))
		return general_exit(v, code);
	if (tg_likely(code - SVM_EXIT_EXCEPTION < TG_FIRST_INTERRUPT))
		return exception_exit(v, code - SVM_EXIT_EXCEPTION);
	if (code == SVM_EXIT_INTR)
		return interrupt_exit(v);
	return general_exit(v, code);
}

/*
 * SPEC: what the kernel's own entry code does on the way in from user mode, and KVM behind
 * an exit. The kernel's untraining of returns needs its own return thunks; a barrier does it
 * for plain ones. It does so for its own alone, so that what a program has trained for ours
 * is there behind an exit from the kernel, too: SLOW_IBPB_ALL.
 */
tg_root void tg_svm_barrier(struct tg_vcpu *v)
{
	if (v->slow & (SLOW_IBPB | SLOW_IBPB_ALL))
		x86_wrmsr(TGX_MSR_PRED_CMD, TGX_PRED_IBPB);
	if (!(v->slow & SLOW_IBRS) || !v->svm.vmcb->cpl)
		return;
	v->guest_spec_ctrl = x86_rdmsr(TGX_MSR_SPEC_CTRL);
	x86_wrmsr(TGX_MSR_SPEC_CTRL, v->platform->spec_ctrl);
	v->ibrs_saved = true;
}
