// SPDX-License-Identifier: GPL-2.0
/*
 * The state behind a failed entry or an unexpected exit, read in root mode.
 * vmx/explain.c says what is wrong with it.
 */
#include "vmcs.h"
#include "dump.h"
#include "backend.h"

struct vmx_dump tg_vmx_dumped;

#define F(name) { VMCS_##name, #name }
const struct vmx_dump_name tg_vmx_dump_names[] = {
	F(REASON), F(QUALIFICATION), F(INSN_ERROR), F(EXIT_INFO), F(EXIT_ERROR), F(IDTV_INFO),
	F(IDTV_ERROR), F(EXIT_LENGTH), F(PIN), F(PROC), F(PROC2), F(EXIT), F(ENTRY),
	F(EXCEPTION_BITMAP), F(ENTRY_INFO), F(ENTRY_ERROR), F(ENTRY_LENGTH),
	F(GUEST_RIP), F(GUEST_RSP), F(GUEST_RFLAGS), F(GUEST_CR0), F(GUEST_CR3), F(GUEST_CR4),
	F(GUEST_DR7), F(GUEST_DEBUGCTL), F(GUEST_BLOCKING), F(GUEST_ACTIVITY), F(GUEST_PENDING_DB),
	F(GUEST_CS), F(GUEST_CS_AR), F(GUEST_CS_LIMIT), F(GUEST_CS_BASE),
	F(GUEST_SS), F(GUEST_SS_AR), F(GUEST_SS_LIMIT), F(GUEST_SS_BASE),
	F(GUEST_DS), F(GUEST_DS_AR), F(GUEST_ES), F(GUEST_ES_AR),
	F(GUEST_FS), F(GUEST_FS_AR), F(GUEST_FS_BASE), F(GUEST_GS), F(GUEST_GS_AR),
	F(GUEST_GS_BASE), F(GUEST_TR), F(GUEST_TR_AR), F(GUEST_TR_LIMIT), F(GUEST_TR_BASE),
	F(GUEST_LDTR), F(GUEST_LDTR_AR), F(GUEST_GDTR_BASE), F(GUEST_GDTR_LIMIT),
	F(GUEST_IDTR_BASE), F(GUEST_IDTR_LIMIT), F(LINK), F(CR4_SHADOW),
};
#undef F

_Static_assert(TG_ARRAY_SIZE(tg_vmx_dump_names) == VMX_DUMP_FIELDS, "dump fields");

tg_root void tg_vmx_dump(struct tg_vcpu *v)
{
	u32 i;

	for (i = 0; i < VMX_DUMP_FIELDS; i++)
		if (vmx_try_read(tg_vmx_dump_names[i].field, &tg_vmx_dumped.value[i]))
			tg_vmx_dumped.value[i] = ~0ull;
	tg_vmx_dumped.cpu = v->core.id;
	tg_vmx_dumped.nr = VMX_DUMP_FIELDS;
}
