// SPDX-License-Identifier: GPL-2.0
/*
 * VT-x: the guest's registers for scripts. Root mode.
 */
#include "../guest_regs.h"
#include "../../../core/deliver.h"
#include "backend.h"

#define CS_L		(1u << 13)

static tg_root u32 vmcs_field_of(enum guest_field field)
{
	static const u16 fields[NR_FIELDS] = {
		[FIELD_RSP] = VMCS_GUEST_RSP, [FIELD_RIP] = VMCS_GUEST_RIP,
		[FIELD_RFLAGS] = VMCS_GUEST_RFLAGS, [FIELD_CS] = VMCS_GUEST_CS,
		[FIELD_DS] = VMCS_GUEST_DS, [FIELD_ES] = VMCS_GUEST_ES, [FIELD_FS] = VMCS_GUEST_FS,
		[FIELD_GS] = VMCS_GUEST_GS, [FIELD_SS] = VMCS_GUEST_SS,
		[FIELD_GDTR] = VMCS_GUEST_GDTR_BASE, [FIELD_IDTR] = VMCS_GUEST_IDTR_BASE,
		[FIELD_LDTR] = VMCS_GUEST_LDTR_BASE, [FIELD_TR] = VMCS_GUEST_TR_BASE,
		[FIELD_CR0] = VMCS_GUEST_CR0, [FIELD_CR3] = VMCS_GUEST_CR3,
		[FIELD_CR4] = VMCS_GUEST_CR4, [FIELD_DR7] = VMCS_GUEST_DR7,
		[FIELD_PAGING] = VMCS_GUEST_CR4,
	};

	return fields[field];
}

/* CR0's mask and CR4's have bits that the guest sees in the shadow. */
tg_root u64 vmx_field(const struct tg_vcpu *v, enum guest_field field)
{
	u64 mask;

	(void)v;
	if (field == FIELD_DR6)
		return x86_read_dr6();
	if (field == FIELD_CR0) {
		mask = vmcs_read(VMCS_CR0_MASK);
		return (vmcs_read(VMCS_GUEST_CR0) & ~mask) | (vmcs_read(VMCS_CR0_SHADOW) & mask);
	}
	if (field == FIELD_CR4) {
		mask = vmcs_read(VMCS_CR4_MASK);
		return (vmcs_read(VMCS_GUEST_CR4) & ~mask) | (vmcs_read(VMCS_CR4_SHADOW) & mask);
	}
	return vmcs_read(vmcs_field_of(field));
}

tg_root void vmx_set_field(struct tg_vcpu *v, enum guest_field field, u64 value)
{
	u64 mask;

	(void)v;
	if (field == FIELD_DR6) {
		x86_write_dr6(value);
		return;
	}
	/* Bits that are ours stay: the caller has refused to change them. */
	if (field == FIELD_CR0 || field == FIELD_CR4) {
		mask = vmcs_read(field == FIELD_CR0 ? VMCS_CR0_MASK : VMCS_CR4_MASK);
		value = (value & ~mask) | (vmcs_read(vmcs_field_of(field)) & mask);
	}
	vmcs_write(vmcs_field_of(field), value);
}

tg_root void vmx_forget_translations(struct tg_vcpu *v)
{
	if (v->vmx.ctls.vpid && vmx_invvpid_all())
		vmx_fatal(v, "INVVPID failed");
}

tg_root bool vmx_entry_injects_interrupt(void)
{
	u32 info = vmcs_read(VMCS_ENTRY_INFO);	/* an exit has cleared what was there */

	return (info & VMX_INFO_VALID) && (info & VMX_INFO_TYPE) >> 8 == TG_TYPE_INTERRUPT;
}

tg_root bool vmx_is_64(const struct tg_vcpu *v)
{
	(void)v;
	return vmcs_read(VMCS_GUEST_CS_AR) & CS_L;
}

/*
 * SDM "Checks on Guest Non-Register State": no blocking by STI with IF=0; BS of the
 * pending debug exceptions as TF says while the guest is blocked or halted. Blocking
 * was of the instruction that RIP has left.
 */
tg_root void vmx_fit_state(struct tg_vcpu *v, bool moved)
{
	u64 rflags = vmcs_read(VMCS_GUEST_RFLAGS), pending = vmcs_read(VMCS_GUEST_PENDING_DB), fit;
	u32 blocking = vmcs_read(VMCS_GUEST_BLOCKING), keep = blocking;

	(void)v;
	if (moved)
		keep &= ~(TG_BLOCK_STI | TG_BLOCK_MOVSS);
	if (!(rflags & TG_RFLAGS_IF))
		keep &= ~TG_BLOCK_STI;
	if (keep != blocking)
		vmcs_write(VMCS_GUEST_BLOCKING, keep);
	if (!(keep & (TG_BLOCK_STI | TG_BLOCK_MOVSS)) &&
	    vmcs_read(VMCS_GUEST_ACTIVITY) != VMX_ACTIVITY_HLT)
		return;
	fit = tg_pending_debug(pending, rflags, vmcs_read(VMCS_GUEST_DEBUGCTL));
	if (fit != pending)
		vmcs_write(VMCS_GUEST_PENDING_DB, fit);
}
