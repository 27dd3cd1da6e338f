// SPDX-License-Identifier: GPL-2.0
/*
 * A dumped VMCS in words. Runs in the kernel, after the CPU has left. The rules
 * are those of SDM volume 3, "Checks on Guest Non-Register State" and "VM-Entry
 * Control Fields".
 */
#include "../../../core/deliver.h"
#include "vmcs.h"
#include "dump.h"

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

static bool is_canonical(u64 a)
{
	return x86_canonical(a, get(VMCS_GUEST_CR4) & TGX_CR4_LA57 ? 57 : 48) == a;
}

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
	return tf != !!(pending & TG_DR6_BS);
}

static bool bad_extint_if(void)
{
	return injects(TG_TYPE_INTERRUPT) && !(get(VMCS_GUEST_RFLAGS) & TG_RFLAGS_IF);
}

static bool bad_extint_blocking(void)
{
	return injects(TG_TYPE_INTERRUPT) && (get(VMCS_GUEST_BLOCKING) & 3);
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
	bool soft = injects(TG_TYPE_INT_N) || injects(TG_TYPE_INT1) ||
		    injects(TG_TYPE_INT3_INTO);

	return soft && (get(VMCS_ENTRY_LENGTH) < 1 || get(VMCS_ENTRY_LENGTH) > 15);
}

static bool bad_rflags(void)
{
	return (get(VMCS_GUEST_RFLAGS) & 0xffffffffffc08028ull) || !(get(VMCS_GUEST_RFLAGS) & 2);
}

static bool bad_rip(void)
{
	return (get(VMCS_GUEST_CS_AR) & 0x2000) && !is_canonical(get(VMCS_GUEST_RIP));
}

static bool bad_activity(void)
{
	return get(VMCS_GUEST_ACTIVITY) == 1 && (get(VMCS_GUEST_BLOCKING) & 3);
}

static bool bad_state(void)
{
	return get(VMCS_GUEST_ACTIVITY) > 3;
}

static bool bad_type(void)
{
	return injects(1) || injects(7);
}

static bool bad_vector(void)
{
	u8 vector = get(VMCS_ENTRY_INFO) & VMX_INFO_VECTOR;

	return (injects(TG_TYPE_NMI) && vector != TG_VEC_NMI) ||
	       (injects(TG_TYPE_EXCEPTION) && vector >= TG_FIRST_INTERRUPT);
}

static bool bad_error_flag(void)
{
	u64 info = get(VMCS_ENTRY_INFO);

	return (info & VMX_INFO_VALID) && (info & VMX_INFO_ERROR) &&
	       (!injects(TG_TYPE_EXCEPTION) || !tg_has_error_code(info & VMX_INFO_VECTOR));
}

static bool bad_cr0(void)
{
	u64 cr0 = get(VMCS_GUEST_CR0);

	return ((cr0 & TGX_CR0_PG) && !(cr0 & TGX_CR0_PE)) || !(cr0 & TGX_CR0_NE) || cr0 >> 32;
}

#define CR4_PAE (1ull << 5)

static bool bad_cr4(void)
{
	return !(get(VMCS_GUEST_CR4) & TGX_CR4_VMXE);
}

static bool bad_long_mode(void)
{
	return (get(VMCS_ENTRY) & VMX_ENTRY_GUEST64) &&
	       (!(get(VMCS_GUEST_CR4) & CR4_PAE) || !(get(VMCS_GUEST_CR0) & TGX_CR0_PG));
}

/* Linear address masking, CPUID.(7,1):EAX[26]: it is switched by bits of CR3. */
static bool has_lam(void)
{
	u32 a = 7, b, c = 1, d;

	x86_cpuid(&a, &b, &c, &d);
	return a >> 26 & 1;
}

static bool bad_cr3(void)
{
	u64 high = get(VMCS_GUEST_CR3) & (~0ull << 52);

	return has_lam() ? high & ~TGX_CR3_LAM : high;
}

static bool bad_dr7(void)
{
	return (get(VMCS_ENTRY) & VMX_ENTRY_DEBUG) && get(VMCS_GUEST_DR7) >> 32;
}

static bool bad_debugctl(void)
{
	return (get(VMCS_ENTRY) & VMX_ENTRY_DEBUG) && (get(VMCS_GUEST_DEBUGCTL) & ~0xffc7ull);
}

static bool bad_table_base(void)
{
	return !is_canonical(get(VMCS_GUEST_GDTR_BASE)) || !is_canonical(get(VMCS_GUEST_IDTR_BASE));
}

static bool bad_table_limit(void)
{
	return get(VMCS_GUEST_GDTR_LIMIT) >> 16 || get(VMCS_GUEST_IDTR_LIMIT) >> 16;
}

static bool bad_base(void)
{
	return !is_canonical(get(VMCS_GUEST_FS_BASE)) || !is_canonical(get(VMCS_GUEST_GS_BASE)) ||
	       !is_canonical(get(VMCS_GUEST_TR_BASE));
}

#define AR_TYPE		0xfull
#define AR_S		(1ull << 4)
#define AR_P		(1ull << 7)
#define AR_L		(1ull << 13)
#define AR_D		(1ull << 14)
#define AR_UNUSABLE	(1ull << 16)
#define AR_DPL(ar)	((ar) >> 5 & 3)
#define BUSY_TSS	11

static bool bad_tr(void)
{
	u64 ar = get(VMCS_GUEST_TR_AR);

	return (ar & AR_UNUSABLE) || (ar & AR_S) || !(ar & AR_P) || (ar & AR_TYPE) != BUSY_TSS ||
	       (get(VMCS_GUEST_TR) & 4);
}

static bool bad_cs(void)
{
	u64 ar = get(VMCS_GUEST_CS_AR);

	return (ar & AR_UNUSABLE) || !(ar & AR_S) || !(ar & AR_P) || !(ar & 8) || !(ar & 1) ||
	       ((get(VMCS_ENTRY) & VMX_ENTRY_GUEST64) && (ar & AR_L) && (ar & AR_D));
}

static bool bad_ss(void)
{
	u64 ar = get(VMCS_GUEST_SS_AR);

	return AR_DPL(ar) != (get(VMCS_GUEST_SS) & 3) ||
	       (!(ar & AR_UNUSABLE) && (!(ar & AR_S) || !(ar & AR_P) || (ar & 0xb) != 3));
}

static bool bad_msr(void)
{
	return (get(VMCS_REASON) & VMX_REASON_BASIC) == VMX_REASON_BAD_MSR;
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
	{ bad_bs, "pending debug exceptions: BS must be 1 exactly if TF=1 and BTF=0, "
		  "as STI or MOV SS blocks or the CPU is halted" },
	{ bad_extint_if, "an external interrupt is injected with RFLAGS.IF=0" },
	{ bad_extint_blocking,
	  "an external interrupt is injected under blocking by STI or MOV SS" },
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
	{ bad_state, "there is no such activity state" },
	{ bad_type, "an event of a reserved type is injected" },
	{ bad_vector, "an NMI with a vector other than 2, or an exception above 31, is injected" },
	{ bad_error_flag, "an error code is injected with an event that has none" },
	{ bad_cr0, "CR0: PG without PE, NE clear, or bits 63:32 set" },
	{ bad_cr4, "CR4.VMXE must be 1 in the guest" },
	{ bad_long_mode, "an IA-32e mode guest needs CR4.PAE and CR0.PG" },
	{ bad_cr3, "CR3 has bits set beyond the physical addresses" },
	{ bad_dr7, "DR7 bits 63:32 must be 0" },
	{ bad_debugctl, "reserved bits of IA32_DEBUGCTL" },
	{ bad_table_base, "the base of GDTR or IDTR is not canonical" },
	{ bad_table_limit, "bits 31:16 of the limit of GDTR or IDTR must be 0" },
	{ bad_base, "the base of FS, GS or TR is not canonical" },
	{ bad_tr, "TR must be a present and busy TSS of the GDT" },
	{ bad_cs, "CS must be a present and accessed code segment, with L and D not both set" },
	{ bad_ss, "SS: the DPL must be the RPL, and the segment present and writable" },
	{ bad_msr, "an MSR of the entry's MSR-load list was refused" },
};

const char *tg_vmx_broken_rule(const struct tg_vcpu *v, u32 i)
{
	u32 k;

	(void)v;
	for (k = 0; k < TG_ARRAY_SIZE(rules); k++)
		if (rules[k].broken() && i-- == 0)
			return rules[k].words;
	return NULL;
}
