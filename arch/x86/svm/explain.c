// SPDX-License-Identifier: GPL-2.0
/*
 * A VMCB in words. Runs in the kernel, after the CPU has left. The rules are
 * those of APM volume 2, "VMRUN Instruction", "Canonicalization and Consistency
 * Checks", and "Event Injection".
 */
#include "backend.h"

struct dump_field {
	const char *name;
	u16 offset;
	u8 size;
};

#define F(member) { #member, offsetof(struct vmcb, member), sizeof(((struct vmcb *)0)->member) }
static const struct dump_field fields[] = {
	F(exitcode), F(exitinfo1), F(exitinfo2), F(exitintinfo), F(eventinj), F(nrip),
	F(intercept_exceptions), F(intercept[0]), F(intercept[1]), F(int_ctl), F(int_state),
	F(asid), F(tlb_control), F(clean), F(msrpm_pa), F(nested_ctl),
	F(rip), F(rsp), F(rax), F(rflags), F(cpl), F(cr0), F(cr2), F(cr3), F(cr4), F(efer),
	F(dr6), F(dr7),
	F(cs.sel), F(cs.attr), F(cs.limit), F(cs.base), F(ss.sel), F(ss.attr), F(ss.limit),
	F(ss.base), F(ds.sel), F(ds.attr), F(es.sel), F(es.attr),
	F(gdtr.base), F(gdtr.limit), F(idtr.base), F(idtr.limit),
};
#undef F

const char *tg_svm_dump_field(const struct tg_vcpu *v, u32 i, u64 *value)
{
	if (i >= TG_ARRAY_SIZE(fields))
		return NULL;
	*value = 0;
	__builtin_memcpy(value, (const u8 *)v->svm.vmcb + fields[i].offset, fields[i].size);
	return fields[i].name;
}

#define CR0_CD		(1ull << 30)
#define CR0_NW		(1ull << 29)
#define CR4_PAE		(1ull << 5)
#define ATTR_L		(1u << 9)
#define ATTR_D		(1u << 10)
#define HIGH		(~0ull << 32)

static bool long_paging(const struct vmcb *c)
{
	return (c->efer & TGX_EFER_LME) && (c->cr0 & TGX_CR0_PG);
}

static bool no_svme(const struct vmcb *c) { return !(c->efer & TGX_EFER_SVME); }
static bool bad_cache(const struct vmcb *c) { return !(c->cr0 & CR0_CD) && (c->cr0 & CR0_NW); }
static bool high_cr0(const struct vmcb *c) { return c->cr0 & HIGH; }
static bool high_dr6(const struct vmcb *c) { return c->dr6 & HIGH; }
static bool high_dr7(const struct vmcb *c) { return c->dr7 & HIGH; }
static bool high_cr4(const struct vmcb *c) { return c->cr4 & HIGH; }
static bool bad_cr3(const struct vmcb *c) { return c->cr3 >> 52; }
static bool bad_efer(const struct vmcb *c) { return c->efer >> 22; }
static bool no_pae(const struct vmcb *c) { return long_paging(c) && !(c->cr4 & CR4_PAE); }
static bool no_pe(const struct vmcb *c) { return long_paging(c) && !(c->cr0 & TGX_CR0_PE); }
static bool no_vmrun(const struct vmcb *c) { return !(c->intercept[1] & SVM_I2(SVM_EXIT_VMRUN)); }
static bool no_asid(const struct vmcb *c) { return !c->asid; }

static bool l_and_d(const struct vmcb *c)
{
	return long_paging(c) && (c->cs.attr & ATTR_L) && (c->cs.attr & ATTR_D);
}

/* V says nothing: Bochs 3 clears it also where it refuses the entry. */
static u32 injected_type(const struct vmcb *c)
{
	return (c->eventinj & SVM_EV_TYPE) >> 8;
}

static bool bad_type(const struct vmcb *c)
{
	u32 t = injected_type(c);

	return t == 1 || t > SVM_EV_SOFT;
}

static bool bad_vector(const struct vmcb *c)
{
	u8 vector = c->eventinj & SVM_EV_VECTOR;

	return injected_type(c) == SVM_EV_EXCEPTION &&
	       (vector >= TG_FIRST_INTERRUPT || vector == TG_VEC_NMI);
}

static const struct {
	bool (*broken)(const struct vmcb *c);
	const char *words;
} rules[] = {
	{ no_svme, "EFER.SVME must be 1 in the guest" },
	{ bad_cache, "CR0.NW is set and CR0.CD is not" },
	{ high_cr0, "CR0 bits 63:32 must be 0" },
	{ bad_cr3, "CR3 bits 63:52 must be 0" },
	{ high_cr4, "CR4 bits 63:32 must be 0" },
	{ bad_efer, "reserved bits of EFER" },
	{ high_dr6, "DR6 bits 63:32 must be 0" },
	{ high_dr7, "DR7 bits 63:32 must be 0" },
	{ no_pae, "long mode with paging needs CR4.PAE" },
	{ no_pe, "long mode with paging needs CR0.PE" },
	{ l_and_d, "CS.L and CS.D are both set in long mode" },
	{ no_vmrun, "the VMRUN intercept must be set" },
	{ no_asid, "the guest's ASID must not be 0" },
	{ bad_type, "EVENTINJ has a reserved type" },
	{ bad_vector, "EVENTINJ: an exception with a vector that is none" },
};

const char *tg_svm_broken_rule(const struct tg_vcpu *v, u32 i)
{
	u32 k;

	for (k = 0; k < TG_ARRAY_SIZE(rules); k++)
		if (rules[k].broken(v->svm.vmcb) && i-- == 0)
			return rules[k].words;
	return NULL;
}
