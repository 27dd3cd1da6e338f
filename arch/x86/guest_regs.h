/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's registers as scripts see them, behind both vendors. Root mode.
 */
#ifndef TG_ARCH_GUEST_REGS_H
#define TG_ARCH_GUEST_REGS_H

#include "vcpu.h"

/* What the vendors keep for the guest, by their own means. */
enum guest_field {
	FIELD_RSP, FIELD_RIP, FIELD_RFLAGS, FIELD_CS, FIELD_DS, FIELD_ES, FIELD_FS, FIELD_GS,
	FIELD_SS, FIELD_GDTR, FIELD_IDTR, FIELD_LDTR, FIELD_TR, FIELD_CR0, FIELD_CR3, FIELD_CR4,
	FIELD_DR6, FIELD_DR7,
	FIELD_PAGING,		/* CR4 with its bits that choose how pages are found */
	NR_FIELDS
};

u64 vmx_field(const struct tg_vcpu *v, enum guest_field field);
void vmx_set_field(struct tg_vcpu *v, enum guest_field field, u64 value);
u64 svm_field(const struct tg_vcpu *v, enum guest_field field);
void svm_set_field(struct tg_vcpu *v, enum guest_field field, u64 value);

/* The guest's translations are gone at the next entry. */
void vmx_forget_translations(struct tg_vcpu *v);
void svm_forget_translations(struct tg_vcpu *v);

/* RIP or RFLAGS were set: what the state of blocking and pending traps needs of them. */
void vmx_fit_state(struct tg_vcpu *v, bool moved);
void svm_fit_state(struct tg_vcpu *v, bool moved);

bool vmx_is_64(const struct tg_vcpu *v);	/* CS.L */
bool svm_is_64(const struct tg_vcpu *v);

/* Whether the coming entry holds an external interrupt already. */
bool vmx_entry_injects_interrupt(void);

u64 guest_cr3(const struct tg_vcpu *v);
u64 guest_cr4(const struct tg_vcpu *v);		/* FIELD_PAGING */

#endif
