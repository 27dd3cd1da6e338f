// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-V: the guest's registers for scripts. FS, GS, LDTR and TR are in the processor
 * (doc/amd-v.md, "What is switched"). Root mode.
 */
#include "../guest_regs.h"
#include "backend.h"

#define ATTR_L	(1u << 9)

/* Of what VMSAVE saves, to fields that VMRUN does not look at. */
static tg_root void save_hidden(const struct tg_vcpu *v)
{
	asm volatile("vmsave %%rax" : : "a"(v->svm.vmcb_pa) : "memory");
}

static tg_root u64 descriptor(const struct tg_vcpu *v, enum guest_field field)
{
	const struct vmcb *c = v->svm.vmcb;

	switch (field) {
	case FIELD_FS:
		return x86_read_fs();
	case FIELD_GS:
		return x86_read_gs();
	case FIELD_GDTR:
		return c->gdtr.base;
	case FIELD_IDTR:
		return c->idtr.base;
	case FIELD_LDTR:
		save_hidden(v);
		return tg_read(c->ldtr.base);
	default:
		save_hidden(v);
		return tg_read(c->tr.base);
	}
}

static tg_root u64 *plain(struct vmcb *c, enum guest_field field)
{
	switch (field) {
	case FIELD_RSP:
		return &c->rsp;
	case FIELD_RIP:
		return &c->rip;
	case FIELD_RFLAGS:
		return &c->rflags;
	case FIELD_CR0:
		return &c->cr0;
	case FIELD_CR3:
		return &c->cr3;
	case FIELD_CR4:
	case FIELD_PAGING:
		return &c->cr4;
	case FIELD_DR6:
		return &c->dr6;
	case FIELD_DR7:
		return &c->dr7;
	default:
		return NULL;
	}
}

tg_root u64 svm_field(const struct tg_vcpu *v, enum guest_field field)
{
	const u64 *at = plain(v->svm.vmcb, field);

	if (at)
		return *at;
	switch (field) {
	case FIELD_CS:
		return v->svm.vmcb->cs.sel;
	case FIELD_DS:
		return v->svm.vmcb->ds.sel;
	case FIELD_ES:
		return v->svm.vmcb->es.sel;
	case FIELD_SS:
		return v->svm.vmcb->ss.sel;
	default:
		return descriptor(v, field);
	}
}

tg_root void svm_set_field(struct tg_vcpu *v, enum guest_field field, u64 value)
{
	struct vmcb *c = v->svm.vmcb;
	u64 *at = plain(c, field);

	if (at)
		*at = value;
	else if (field == FIELD_GDTR)
		c->gdtr.base = value;
	else if (field == FIELD_IDTR)
		c->idtr.base = value;
	/* else: as it is, see possible() */
	c->clean = 0;
}

tg_root void svm_forget_translations(struct tg_vcpu *v)
{
	v->svm.vmcb->tlb_control = SVM_TLB_FLUSH_ALL;	/* until the next exit */
}

tg_root bool svm_is_64(const struct tg_vcpu *v)
{
	return v->svm.vmcb->cs.attr & ATTR_L;
}

/* The shadow was of the instruction that RIP has left. */
tg_root void svm_fit_state(struct tg_vcpu *v, bool moved)
{
	if (moved)
		v->svm.vmcb->int_state &= ~SVM_SHADOW;
}

/* The TPR is CR8. Out of line, so that the unit tests can play it (svm_fake.c). */
tg_root u64 svm_read_tpr(void)
{
	return x86_read_cr8();
}

tg_root void svm_write_tpr(u64 tpr)
{
	x86_write_cr8(tpr);
}
