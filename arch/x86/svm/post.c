// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: the exit behind the delivery of an injected event, before the handler's first
 * instruction (INJ-POST). Root mode.
 *
 * With V_INTR_MASKING the host's IF decides about physical interrupts, not the guest's
 * (APM "Virtualizing the Local APIC"): with IF=1 at VMRUN one that is pending exits as
 * soon as the injected event has been delivered. Root mode sends one to itself: vector
 * 0xff, which Linux has for spurious interrupts and never sends, so that it is the
 * highest whatever else is pending, and ends it before the guest goes on. The TPR does
 * not count meanwhile: the processor's is 0, the guest's is V_TPR, as in
 * svm_open_window(). Below an interrupt of class 0xf in service nothing comes: then a
 * note says that the post stage could not be seen.
 *
 * An injected interrupt of that class would be such a one itself. It is given back to
 * the APIC: ended, sent again, and acknowledged once it has been delivered, so that it
 * is in service when its handler starts. Higher ones that came meanwhile are taken out of
 * the way and sent again. Another of the same vector, come before the handler, merges
 * with it as in the APIC.
 *
 * All exceptions are intercepted for that entry: a fault of the delivery exits with
 * EXITINTINFO, and then nothing has been delivered.
 */
#include "../../../core/dispatch.h"
#include "../apic.h"
#include "backend.h"

#define MARKER		0xffu
#define HIGHEST_CLASS	0xfu
#define TRIES		300u

static tg_always_inline u32 class_of(u32 vector)
{
	return vector >> 4;
}

static tg_root void masking_on(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	v->svm.post_masking = !(c->int_ctl & SVM_INT_V_INTR_MASKING);
	if (v->svm.post_masking)	/* else svm_open_window() has done it */
		c->int_ctl = (c->int_ctl & ~SVM_INT_V_TPR) | (svm_read_tpr() & SVM_INT_V_TPR) |
			     SVM_INT_V_INTR_MASKING;
	svm_write_tpr(0);
	svm_dirty(v, SVM_CLEAN_INT_CTL);
}

static tg_root void masking_off(struct tg_vcpu *v)
{
	struct vmcb *c = v->svm.vmcb;

	svm_write_tpr(c->int_ctl & SVM_INT_V_TPR);
	if (v->svm.post_masking)
		c->int_ctl &= ~SVM_INT_V_INTR_MASKING;
	v->svm.post_masking = false;
	svm_dirty(v, SVM_CLEAN_INT_CTL);
}

/* Pending at the APIC, from us or from somebody else before. */
static tg_root bool make_pending(struct tg_vcpu *v, u8 vector, bool merge)
{
	u32 i;

	v->svm.post_vector = vector;
	v->svm.post_marker = merge || !tg_apic_pending(vector);
	if (v->svm.post_marker)
		tg_hw_apic_self_ipi(vector);
	for (i = 0; i < TRIES && !tg_apic_pending(vector); i++)
		asm volatile("pause");
	return tg_apic_pending(vector);
}

/*
 * Puts the vector, which is pending, into service. An NMI makes an attempt vain. What is
 * higher and edge-triggered is sent again; the I/O APIC does that itself for a level.
 */
static tg_root void acknowledge(struct tg_vcpu *v, u8 vector)
{
	struct tg_vecset others = { { 0 } };
	int got;
	u32 i;

	for (i = 0; i < TRIES && !tg_hw_apic_in_service(vector); i++) {
		got = tg_svm_acknowledge(v);
		if (got < 0 || (u8)got == vector)
			continue;
		if (!tg_hw_apic_in_service(got))
			continue;	/* spurious */
		if (!tg_hw_apic_level(got))
			tg_vecset_add(&others, got);
		tg_hw_apic_eoi();
	}
	while ((got = tg_vecset_highest(&others)) >= 0) {
		tg_vecset_del(&others, got);
		tg_hw_apic_self_ipi(got);
	}
}

static tg_root void take_back(struct tg_vcpu *v)
{
	if (!v->svm.post_marker)
		return;		/* the guest's own: it stays pending */
	v->svm.post_marker = false;
	acknowledge(v, v->svm.post_vector);
	if (!v->svm.post_own && tg_hw_apic_in_service(v->svm.post_vector))
		tg_hw_apic_eoi();
}

/* False: it cannot be had. core.next is what the entry injects. */
static tg_root bool prepare(struct tg_vcpu *v)
{
	const struct tg_flight *f = &v->core.next;
	bool own = f->type == TG_TYPE_INTERRUPT && class_of(f->vector) == HIGHEST_CLASS &&
		   tg_hw_apic_in_service(f->vector);

	if (!tg_apic_enabled() || (own && tg_hw_apic_level(f->vector)))
		return false;
	if (!own && class_of(tg_apic_priority()) == HIGHEST_CLASS)
		return false;
	if (own)
		tg_hw_apic_eoi();	/* it is the highest in service */
	tg_post_begin(&v->core, f);
	v->svm.post_own = own;
	if (make_pending(v, own ? f->vector : MARKER, own))
		return true;
	take_back(v);
	v->core.posting.valid = false;
	return false;
}

tg_root void svm_post_arm(struct tg_vcpu *v)
{
	masking_on(v);
	if (!prepare(v)) {
		masking_off(v);
		tg_post_unseen(&v->core, &v->core.next);
		return;
	}
	v->svm.host_if = 1;
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_INTR), true);
	svm_set_exceptions(v);
}

/* First of all at the exit behind such an entry, whatever it is for. */
tg_root void svm_post_exit(struct tg_vcpu *v, u32 code)
{
	bool delivered = !(v->svm.vmcb->exitintinfo & SVM_EV_VALID) && code != SVM_EXIT_SHUTDOWN &&
			 code != SVM_EXIT_INVALID && code != SVM_EXIT_EXCEPTION + TG_VEC_DF;

	v->svm.host_if = 0;
	take_back(v);
	masking_off(v);
	tg_post_end(&v->core, delivered);
	/* The marker goes first here: with it the event would never arrive. */
	if (tg_unlikely(!delivered && code == SVM_EXIT_INTR)) {
		tg_post_unseen(&v->core, &v->core.posting);
		v->core.posting.posts = false;
	}
	svm_intercept(v, 0, SVM_I1(SVM_EXIT_INTR), v->svm.interrupts);
	svm_set_exceptions(v);
}
