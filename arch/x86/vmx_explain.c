// SPDX-License-Identifier: GPL-2.0
/*
 * A dumped VMCS in words. Runs in the kernel, after the CPU has left. The rules
 * are those of SDM volume 3, "Checks on Guest Non-Register State" and "VM-Entry
 * Control Fields".
 */
#include "vmx.h"
#include "vmx_dump.h"

const char *tg_vmx_dump_field(const struct tg_vcpu *v, u32 i, u64 *value)
{
	(void)v;
	if (i >= tg_vmx_dumped.nr)
		return NULL;
	*value = tg_vmx_dumped.value[i];
	return tg_vmx_dump_names[i].name;
}

u64 tg_vmx_dump_get(u32 field)
{
	u32 i;

	for (i = 0; i < VMX_DUMP_FIELDS; i++)
		if (tg_vmx_dump_names[i].field == field)
			return tg_vmx_dumped.value[i];
	return 0;
}

#define get tg_vmx_dump_get
#define CANONICAL(a) ((u64)((long)((a) << 16) >> 16) == (a))

static bool injects(u32 type)
{
	u64 info = get(VMCS_ENTRY_INFO);

	return (info & VMX_INFO_VALID) && (info & VMX_INFO_TYPE) >> 8 == type;
}

static bool bad_bs(void)
{
	u64 flags = get(VMCS_GUEST_RFLAGS), pending = get(VMCS_GUEST_PENDING_DB);
	bool tf = (flags & TG_RFLAGS_TF) && !(get(VMCS_GUEST_DEBUGCTL) & TGX_DEBUGCTL_BTF);

	if (!(get(VMCS_GUEST_BLOCKING) & 3) && get(VMCS_GUEST_ACTIVITY) != 1)
		return false;
	return tf != !!(pending & (1ull << 14));
}

static bool bad_extint_if(void)
{
	return injects(TG_TYPE_EXTERNAL) && !(get(VMCS_GUEST_RFLAGS) & TG_RFLAGS_IF);
}

static bool bad_extint_blocking(void)
{
	return injects(TG_TYPE_EXTERNAL) && (get(VMCS_GUEST_BLOCKING) & 3);
}

static bool bad_nmi_blocking(void)
{
	return injects(TG_TYPE_NMI) &&
	       (get(VMCS_GUEST_BLOCKING) & (TG_BLOCK_MOVSS | TG_BLOCK_NMI));
}

static bool bad_both_shadows(void)
{
	return (get(VMCS_GUEST_BLOCKING) & 3) == 3;
}

static bool bad_sti_if(void)
{
	return (get(VMCS_GUEST_BLOCKING) & TG_BLOCK_STI) &&
	       !(get(VMCS_GUEST_RFLAGS) & TG_RFLAGS_IF);
}

static bool bad_info_reserved(void)
{
	u64 info = get(VMCS_ENTRY_INFO);

	return (info & VMX_INFO_VALID) && (info & 0x7ffff000u);
}

static bool bad_error(void)
{
	u64 info = get(VMCS_ENTRY_INFO);

	return (info & VMX_INFO_VALID) && (info & VMX_INFO_ERROR) && get(VMCS_ENTRY_ERROR) >> 16;
}

static bool bad_length(void)
{
	bool soft = injects(TG_TYPE_SOFT_INT) || injects(TG_TYPE_PRIV_SOFT) ||
		    injects(TG_TYPE_SOFT_EXCEPTION);

	return soft && (get(VMCS_ENTRY_LENGTH) < 1 || get(VMCS_ENTRY_LENGTH) > 15);
}

static bool bad_rflags(void)
{
	return (get(VMCS_GUEST_RFLAGS) & 0xffffffffffc08028ull) || !(get(VMCS_GUEST_RFLAGS) & 2);
}

static bool bad_rip(void)
{
	return (get(VMCS_GUEST_CS_AR) & 0x2000) && !CANONICAL(get(VMCS_GUEST_RIP));
}

static bool bad_activity(void)
{
	return get(VMCS_GUEST_ACTIVITY) == 1 && (get(VMCS_GUEST_BLOCKING) & 3);
}

static bool bad_link(void)
{
	return get(VMCS_LINK) != ~0ull;
}

struct entry_rule {
	bool (*broken)(void);
	const char *words;
};

static const struct entry_rule rules[] = {
	{ bad_bs, "pending debug exceptions: BS must be 1 exactly if TF=1 and BTF=0, as STI or MOV SS blocks or the CPU is halted" },
	{ bad_extint_if, "an external interrupt is injected with RFLAGS.IF=0" },
	{ bad_extint_blocking, "an external interrupt is injected under blocking by STI or MOV SS" },
	{ bad_nmi_blocking, "an NMI is injected under blocking by NMI or MOV SS" },
	{ bad_both_shadows, "blocking by STI and by MOV SS at once" },
	{ bad_sti_if, "blocking by STI with RFLAGS.IF=0" },
	{ bad_info_reserved, "reserved bits set in the VM-entry interruption information" },
	{ bad_error, "upper half of the VM-entry error code not zero" },
	{ bad_length, "VM-entry instruction length not 1 to 15" },
	{ bad_rflags, "reserved bits of RFLAGS" },
	{ bad_rip, "RIP not canonical in 64-bit mode" },
	{ bad_activity, "halted with blocking by STI or MOV SS" },
	{ bad_link, "VMCS link pointer not ~0" },
};

const char *tg_vmx_broken_rule(const struct tg_vcpu *v, u32 i)
{
	u32 k;

	for (k = 0; k < TG_ARRAY_SIZE(rules); k++)
		if (rules[k].broken() && i-- == 0)
			return rules[k].words;
	return NULL;
}
