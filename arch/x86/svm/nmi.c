// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: NMIs for the guest, and its blocking by NMI, which the processor does
 * not keep for injected ones (APM "EVENTINJ", "Virtual NMIs"). After an
 * injection IRET is intercepted. The intercept comes before the IRET; NMIs are
 * unblocked behind it. If one waits, the guest makes that one step with TF set
 * and all exceptions intercepted. Root mode.
 *
 * Without a waiting NMI the guest goes on unhindered, and blocking counts as
 * ended once it is not at that IRET any more. An IRET that faults ends it, too.
 *
 * With vNMI the processor does all this.
 */
#include "../../../core/dispatch.h"
#include "backend.h"

static tg_always_inline bool has_vnmi(const struct tg_vcpu *v)
{
	return v->svm.features & SVM_FEATURE_VNMI;
}

static tg_always_inline bool still_at_iret(const struct tg_vcpu *v)
{
	const struct svm_nmi *n = &v->svm.nmi;

	return n->rip == v->svm.vmcb->rip && n->rsp == v->svm.vmcb->rsp;
}

static tg_root void begin_step(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	v->svm.nmi.step = true;
	v->svm.nmi.guest_tf = c->rflags & TG_RFLAGS_TF;
	v->svm.nmi.rip = c->rip;
	v->svm.nmi.rsp = c->rsp;
	c->rflags |= TG_RFLAGS_TF;
	svm_set_exceptions(v);
}

/*
 * Whatever the exit is, TF of ours goes: with the guest still at the instruction
 * it is in RFLAGS; behind it IRET has loaded RFLAGS, anything else has kept TF.
 */
static tg_root void end_step(struct tg_vcpu *v)
{
	struct svm_nmi *n = &v->svm.nmi;

	n->step = false;
	if (!n->guest_tf && still_at_iret(v))
		v->svm.vmcb->rflags &= ~TG_RFLAGS_TF;
	svm_set_exceptions(v);
}

/* The breakpoints that DR6 names and DR7 has on: DR6 is sticky. */
static tg_always_inline bool hit_breakpoint(const struct vmcb *c)
{
	int i;

	for (i = 0; i < 4; i++)
		if ((c->dr6 >> i & 1) && (c->dr7 >> 2 * i & 3))
			return true;
	return false;
}

/*
 * The #DB of our own step: true, and it is gone, unless the guest has a cause
 * for one, too.
 */
static tg_root bool own_db(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	if (v->svm.nmi.guest_tf)
		return false;
	c->dr6 &= ~TG_DR6_BS;
	svm_dirty(v, SVM_CLEAN_DR);
	return !hit_breakpoint(c);
}

/* At every exit while blocked or stepping; true if the exit was the step's own. */
tg_root bool svm_nmi_on_exit(struct tg_vcpu *v, u32 code)
{
	struct svm_nmi *n = &v->svm.nmi;
	bool stepped = n->step, done = !still_at_iret(v), own = false;
	bool fault = code >= SVM_EXIT_EXCEPTION && code < SVM_EXIT_EXCEPTION + TG_FIRST_INTERRUPT;

	if (stepped) {
		end_step(v);
		if (code == SVM_EXIT_EXCEPTION + TG_VEC_DB && (v->svm.vmcb->dr6 & TG_DR6_BS))
			own = own_db(v);
	}
	if (n->masked && n->at_iret && (done || fault)) {
		n->masked = false;
		n->at_iret = false;
	}
	return own;
}

tg_root void svm_nmi_on_iret(struct tg_vcpu *v)
{
	struct svm_nmi *n = &v->svm.nmi;

	svm_intercept(v, 0, SVM_I1(SVM_EXIT_IRET), false);
	if (!n->masked)
		return;
	n->at_iret = true;
	n->rip = v->svm.vmcb->rip;
	n->rsp = v->svm.vmcb->rsp;
}

static tg_root void inject_virtual(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	v->core.nmi_pending = false;
	v->core.nmi_posts = false;
	v->core.injected_nmis++;
	c->int_ctl |= SVM_INT_V_NMI;
	svm_dirty(v, SVM_CLEAN_INT_CTL);
}

/*
 * NMI-VIRT: injected only without blocking; else svm_nmi_plan() finds a way. Under
 * the shadow of STI it waits, or its IRET would end the shadow before HLT; under
 * that of MOV SS with IF=0 nothing depends on it in 64-bit mode.
 */
static tg_always_inline bool in_sti_shadow(const struct vmcb *c)
{
	return (c->int_state & SVM_SHADOW) && (c->rflags & TG_RFLAGS_IF);
}

tg_root void svm_nmi_inject(struct tg_vcpu *v)
{
	struct svm_nmi *n = &v->svm.nmi;

	if (has_vnmi(v)) {
		/* When the processor delivers it is not to be seen. */
		if (v->core.nmi_posts)
			tg_post_unseen(&v->core, &(const struct tg_flight){ .vector = TG_VEC_NMI });
		inject_virtual(v);
		return;
	}
	if (v->core.next.valid || n->masked || in_sti_shadow(v->svm.vmcb))
		return;
	tg_next_nmi(&v->core);
	n->masked = true;
	n->at_iret = false;
}

/*
 * What lets us know when the next NMI can go. Something is injected first: at
 * the next exit, at the latest when its handler has IF=1 or at its IRET (an NMI there,
 * before it, is as good as any). Under the shadow of STI: the interrupt window.
 */
tg_root void svm_nmi_plan(struct tg_vcpu *v)
{
	struct svm_nmi *n = &v->svm.nmi;
	bool pending = v->core.nmi_pending, busy = v->core.next.valid;

	if (pending && !busy && n->masked && n->at_iret)
		begin_step(v);
	else if (pending && !n->masked)
		svm_open_window(v);
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_IRET),
		      n->masked ? !n->at_iret : pending && busy);
}
