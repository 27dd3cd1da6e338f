// SPDX-License-Identifier: GPL-2.0
/*
 * Registers for scripts, vendor-neutral part: which values are possible. Root mode.
 * Nothing that is set here can make an entry fail (SDM volume 3, "Checks on the Guest
 * State Area"; APM volume 2, "Canonicalization and Consistency Checks").
 */
#include "../../core/action.h"
#include "../../core/machine.h"
#include "guest_regs.h"
#include "svm/backend.h"
#include "walk.h"

static tg_root u64 field(const struct tg_vcpu *v, enum guest_field which)
{
	return v->amd ? svm_field(v, which) : vmx_field(v, which);
}

static tg_root void set_field(struct tg_vcpu *v, enum guest_field which, u64 value)
{
	if (v->amd)
		svm_set_field(v, which, value);
	else
		vmx_set_field(v, which, value);
}

tg_root u64 guest_cr3(const struct tg_vcpu *v)
{
	return field(v, FIELD_CR3);
}

tg_root u64 guest_cr4(const struct tg_vcpu *v)
{
	return field(v, FIELD_PAGING);
}

/* AMD-V: on the short way RAX is in the VMCB alone; svm_skip() keeps both the same. */
tg_root u64 *tg_guest_regs_begin(struct tg_cpu *cpu)
{
	struct tg_vcpu *v = tg_vcpu_of(cpu);

	if (v->amd)
		v->reg[REG_RAX] = v->svm.vmcb->rax;
	return v->reg;
}

/* Attention: the short ways do not load all registers. */
tg_root void tg_guest_regs_end(struct tg_cpu *cpu, bool changed)
{
	struct tg_vcpu *v = tg_vcpu_of(cpu);

	if (v->amd && v->svm.gif) {
		v->svm.gif = false;
		svm_close_gif(v);
	}
	if (!changed)
		return;
	if (v->amd)
		v->svm.vmcb->rax = v->reg[REG_RAX];
	cpu->unsettled = true;
}

static tg_root u64 read_dr(u32 n)
{
	u64 v;

	switch (n) {
	case 0:
		asm volatile("mov %%db0, %0" : "=r"(v));
		return v;
	case 1:
		asm volatile("mov %%db1, %0" : "=r"(v));
		return v;
	case 2:
		asm volatile("mov %%db2, %0" : "=r"(v));
		return v;
	default:
		asm volatile("mov %%db3, %0" : "=r"(v));
		return v;
	}
}

static tg_root void write_dr(u32 n, u64 v)
{
	switch (n) {
	case 0:
		asm volatile("mov %0, %%db0" : : "r"(v));
		return;
	case 1:
		asm volatile("mov %0, %%db1" : : "r"(v));
		return;
	case 2:
		asm volatile("mov %0, %%db2" : : "r"(v));
		return;
	default:
		asm volatile("mov %0, %%db3" : : "r"(v));
	}
}

/* TG_REG_* from RIP to DR7 that are a field of both vendors; NR_FIELDS: none. */
static tg_root enum guest_field field_of(u32 reg)
{
	static const u8 fields[] = {
		[TG_REG_RSP] = FIELD_RSP, [TG_REG_RIP] = FIELD_RIP, [TG_REG_RFLAGS] = FIELD_RFLAGS,
		[TG_REG_CS] = FIELD_CS, [TG_REG_DS] = FIELD_DS, [TG_REG_ES] = FIELD_ES,
		[TG_REG_FS] = FIELD_FS, [TG_REG_GS] = FIELD_GS, [TG_REG_SS] = FIELD_SS,
		[TG_REG_GDTR] = FIELD_GDTR, [TG_REG_IDTR] = FIELD_IDTR, [TG_REG_LDTR] = FIELD_LDTR,
		[TG_REG_TR] = FIELD_TR, [TG_REG_CR0] = FIELD_CR0, [TG_REG_CR2] = NR_FIELDS,
		[TG_REG_CR3] = FIELD_CR3, [TG_REG_CR4] = FIELD_CR4, [TG_REG_CR8] = NR_FIELDS,
		[TG_REG_DR0] = NR_FIELDS, [TG_REG_DR1] = NR_FIELDS, [TG_REG_DR2] = NR_FIELDS,
		[TG_REG_DR3] = NR_FIELDS, [TG_REG_DR6] = FIELD_DR6, [TG_REG_DR7] = FIELD_DR7,
	};

	return reg < TG_ARRAY_SIZE(fields) ? fields[reg] : NR_FIELDS;
}

tg_root int tg_guest_register_get(struct tg_cpu *cpu, u32 reg, u64 *value)
{
	struct tg_vcpu *v = tg_vcpu_of(cpu);
	enum guest_field which = field_of(reg);

	if (which != NR_FIELDS) {
		*value = field(v, which);
		return 0;
	}
	if (reg == TG_REG_CR2)
		*value = v->amd ? v->svm.vmcb->cr2 : v->cr2;
	else if (reg == TG_REG_CR8)
		*value = v->amd && (v->svm.vmcb->int_ctl & SVM_INT_V_INTR_MASKING) ?
			 v->svm.vmcb->int_ctl & SVM_INT_V_TPR : x86_read_cr8();
	else if (reg >= TG_REG_DR0 && reg <= TG_REG_DR3)
		*value = read_dr(reg - TG_REG_DR0);
	else
		return -1;
	return 0;
}

/* ---- what is possible --------------------------------------------------------------- */

#define CR4_PCIDE	(1ull << 17)
#define RFLAGS_FIXED1	2ull
#define RFLAGS_FIXED0	(~0ull << 22 | 0x8028)
#define RFLAGS_VM	(1ull << 17)
#define CR0_WP		(1ull << 16)
#define CR0_NW		(1ull << 29)
#define CR0_CD		(1ull << 30)
/* MP EM TS WP AM; the others are the mode of the machine, or ours. */
#define CR0_FREE	(0xeull | CR0_WP | 1ull << 18)
/* AMD-V, too; a VM entry does not load them (SDM "Loading Guest Control Registers"). */
#define CR0_CACHE	(CR0_NW | CR0_CD)
/* TSD DE PCE UMIP FSGSBASE SMEP SMAP PKE */
#define CR4_FREE	(1ull << 2 | 1ull << 3 | 1ull << 8 | 1ull << 11 | 1ull << 16 | \
			 1ull << 20 | 1ull << 21 | 1ull << 22)
#define DR7_FIXED1	(1ull << 10)
#define DR7_FIXED0	(0xffffffff0000d800ull & ~0xffff0000ull)
#define PAGE_SIZE_	4096u

static tg_root bool canonical(const struct tg_vcpu *v, u64 address)
{
	return x86_canonical(address, guest_cr4(v) & TGX_CR4_LA57 ? 57 : 48) == address;
}

static tg_root bool is_64(const struct tg_vcpu *v)
{
	return v->amd ? svm_is_64(v) : vmx_is_64(v);
}

static tg_root bool is_interrupt(const struct tg_flight *f)
{
	return f->valid && f->type == TG_TYPE_INTERRUPT;
}

/*
 * Whether the entry may inject an interrupt: the event itself, what was being delivered when
 * it was raised, what was chosen before an NMI came in root mode.
 */
static tg_root bool injects_interrupt(const struct tg_vcpu *v, const struct tg_trap *trap)
{
	if (trap && (is_interrupt(&trap->ev) || is_interrupt(&trap->first)))
		return true;
	return is_interrupt(&v->core.next) || (!v->amd && vmx_entry_injects_interrupt());
}

static tg_root bool rflags_possible(const struct tg_vcpu *v, const struct tg_trap *trap, u64 value)
{
	if ((value & (RFLAGS_FIXED0 | RFLAGS_VM)) || !(value & RFLAGS_FIXED1))
		return false;
	/* VT-x refuses the entry then (SDM "Checks on Guest RIP, RFLAGS, and SSP"). */
	return (value & TG_RFLAGS_IF) || !injects_interrupt(v, trap);
}

static tg_root bool cr0_possible(const struct tg_vcpu *v, u64 value)
{
	u64 changed = value ^ field(v, FIELD_CR0);

	if (changed & ~(v->amd ? CR0_FREE | CR0_CACHE : CR0_FREE))
		return false;
	if ((value & CR0_NW) && !(value & CR0_CD))
		return false;
	return (value & CR0_WP) || !(guest_cr4(v) & TGX_CR4_CET);
}

/* What is set must be there: the processor has shown it in the old value or in ours. */
static tg_root bool cr4_possible(const struct tg_vcpu *v, u64 value)
{
	u64 old = field(v, FIELD_CR4);

	return !((value ^ old) & ~CR4_FREE) && !(value & ~(old | x86_read_cr4()));
}

static tg_root bool cr3_possible(const struct tg_vcpu *v, u64 value)
{
	const struct tg_platform *p = v->platform;
	u64 at = value & p->pte_mask, low = guest_cr4(v) & CR4_PCIDE ? 0xfff : 0x18;

	/*
	 * With memory encryption the address has a bit that says so, as root mode's own. LAM
	 * as it is: what the process may have is the kernel's to say.
	 */
	if ((value ^ p->root_cr3) & ~p->pte_mask & ~low & ~(guest_cr3(v) & TGX_CR3_LAM))
		return false;
	for (u32 i = 0; i < p->nr_ram; i++)
		if (at >= p->ram[i].start && at + PAGE_SIZE_ <= p->ram[i].end)
			return true;
	return false;
}

static tg_root bool possible(const struct tg_vcpu *v, const struct tg_trap *trap, u32 reg,
			     u64 value)
{
	switch (reg) {
	case TG_REG_RSP:
	case TG_REG_CR2:
		return true;
	case TG_REG_RIP:
		return is_64(v) ? canonical(v, value) : !(value >> 32);
	case TG_REG_RFLAGS:
		return rflags_possible(v, trap, value);
	case TG_REG_GDTR:
	case TG_REG_IDTR:
	case TG_REG_DR0:
	case TG_REG_DR1:
	case TG_REG_DR2:
	case TG_REG_DR3:
		return canonical(v, value);
	case TG_REG_CR0:
		return cr0_possible(v, value);
	case TG_REG_CR3:
		return cr3_possible(v, value);
	case TG_REG_CR4:
		return cr4_possible(v, value);
	case TG_REG_CR8:
		return value < 16;
	case TG_REG_DR6:
		return !(value >> 32);
	case TG_REG_DR7:
		return !(value & DR7_FIXED0) && (value & DR7_FIXED1);
	default:
		/*
		 * Selectors, LDTR, TR: with them goes what the descriptor says, which a
		 * script cannot load.
		 */
		return value == field(v, field_of(reg));
	}
}

static tg_root void set_plain(struct tg_vcpu *v, u32 reg, u64 value)
{
	if (reg == TG_REG_CR2) {
		v->cr2 = value;
		if (v->amd)
			v->svm.vmcb->cr2 = value;
		else
			x86_write_cr2(value);
	} else if (reg == TG_REG_CR8) {
		if (v->amd && (v->svm.vmcb->int_ctl & SVM_INT_V_INTR_MASKING)) {
			v->svm.vmcb->int_ctl = (v->svm.vmcb->int_ctl & ~SVM_INT_V_TPR) | value;
			svm_dirty(v, SVM_CLEAN_INT_CTL);
		} else {
			x86_write_cr8(value);
		}
	} else {
		write_dr(reg - TG_REG_DR0, value);
	}
}

tg_root int tg_guest_register_set(struct tg_cpu *cpu, const struct tg_trap *trap, u32 reg,
				  u64 value)
{
	struct tg_vcpu *v = tg_vcpu_of(cpu);
	enum guest_field which = field_of(reg);

	if (!possible(v, trap, reg, value))
		return -1;
	if (which == NR_FIELDS) {
		set_plain(v, reg, value);
		return 0;
	}
	set_field(v, which, value);
	if (reg == TG_REG_CR0 || reg == TG_REG_CR3 || reg == TG_REG_CR4) {
		cpu->flushes++;
		if (v->amd)
			svm_forget_translations(v);
		else
			vmx_forget_translations(v);
	}
	if (reg == TG_REG_RIP || reg == TG_REG_RFLAGS) {
		if (v->amd)
			svm_fit_state(v, reg == TG_REG_RIP);
		else
			vmx_fit_state(v, reg == TG_REG_RIP);
	}
	return 0;
}
