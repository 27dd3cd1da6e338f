/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMCS as it was when root mode could not go on, and what is wrong with it.
 */
#ifndef TG_ARCH_VMX_DUMP_H
#define TG_ARCH_VMX_DUMP_H

#include "../vcpu.h"

#define VMX_DUMP_FIELDS 58

struct vmx_dump {
	u32 cpu;
	u32 nr;				/* 0: nothing dumped */
	u64 value[VMX_DUMP_FIELDS];
};

struct vmx_dump_name {
	u32 field;
	const char *name;
};

extern struct vmx_dump tg_vmx_dumped;
extern const struct vmx_dump_name tg_vmx_dump_names[VMX_DUMP_FIELDS];

/* Fills tg_vmx_dumped. Root mode. */
void tg_vmx_dump(struct tg_vcpu *v);

/*
 * After leaving, in the kernel: field i's name and value, and the entry checks
 * that fail in words, both one at a time; NULL after the last.
 */
const char *tg_vmx_dump_field(const struct tg_vcpu *v, u32 i, u64 *value);
const char *tg_vmx_broken_rule(const struct tg_vcpu *v, u32 i);
u64 tg_vmx_dump_get(u32 field);

#endif
