/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processor's instructions and constants that the backends need, spelled
 * out here because root mode may not use the kernel's inlines (paravirt, static
 * keys, tracepoints, %gs). Names are the SDM's.
 */
#ifndef TG_ARCH_X86_H
#define TG_ARCH_X86_H

#include "../../core/types.h"

#define TGX_MSR_APIC_BASE	0x1b
#define TGX_MSR_FEATURE_CONTROL	0x3a
#define TGX_MSR_SPEC_CTRL	0x48
#define TGX_MSR_PRED_CMD	0x49
#define TGX_MSR_BIOS_UPDT_TRIG	0x79
#define TGX_MSR_PLATFORM_INFO	0xce
#define TGX_MSR_MISC_FEATURES	0x140
#define TGX_MSR_SYSENTER_CS	0x174
#define TGX_MSR_SYSENTER_ESP	0x175
#define TGX_MSR_SYSENTER_EIP	0x176
#define TGX_MSR_DEBUGCTL	0x1d9
#define TGX_MSR_DS_AREA		0x600
#define TGX_MSR_S_CET		0x6a2
#define TGX_MSR_ISST		0x6a8
#define TGX_MSR_X2APIC		0x800
#define TGX_MSR_LBR_CTL		0x14ce
#define TGX_MSR_EFER		0xc0000080
#define TGX_MSR_BP_CFG		0xc001102e	/* AMD, from Zen 4 on */
#define TGX_MSR_FS_BASE		0xc0000100
#define TGX_MSR_GS_BASE		0xc0000101

#define TGX_EFER_LME		(1ull << 8)
#define TGX_EFER_LMA		(1ull << 10)
#define TGX_EFER_SVME		(1ull << 12)
#define TGX_PRED_IBPB		1ull
#define TGX_BP_SPEC_REDUCE	(1ull << 4)

#define TGX_APIC_X2APIC		(1u << 10)
#define TGX_APIC_EOI		0x0b
#define TGX_APIC_PPR		0x0a
#define TGX_APIC_SVR		0x0f
#define TGX_SVR_ENABLED		(1u << 8)
#define TGX_APIC_ISR		0x10
#define TGX_APIC_TMR		0x18
#define TGX_APIC_IRR		0x20
#define TGX_APIC_ICR		0x30
#define TGX_APIC_ID		0x02
#define TGX_APIC_ICR2		0x31
#define TGX_ICR_BUSY		(1u << 12)
#define TGX_ICR_ASSERT		(1u << 14)
#define TGX_ICR_SELF		(1u << 18)
#define TGX_ICR_INIT		(5u << 8)
#define TGX_APIC_LVT_TIMER	0x32
#define TGX_APIC_TIMER_COUNT	0x38
#define TGX_APIC_TIMER_NOW	0x39
#define TGX_LVT_MASKED		(1u << 16)
#define TGX_LVT_ONESHOT		0u	/* bits 18:17 */
#define TGX_LVT_DEADLINE	2u
#define TGX_MSR_TSC_DEADLINE	0x6e0

#define TGX_CR0_PE	(1ull << 0)
#define TGX_CR0_NE	(1ull << 5)
#define TGX_CR0_WP	(1ull << 16)
#define TGX_CR0_PG	(1ull << 31)
#define TGX_CR3_LAM	(3ull << 61)	/* U57 and U48: a process' own */
#define TGX_CR4_PAE	(1ull << 5)
#define TGX_CR4_PGE	(1ull << 7)
#define TGX_CR4_LA57	(1ull << 12)
#define TGX_CR4_VMXE	(1ull << 13)
#define TGX_CR4_PCIDE	(1ull << 17)
#define TGX_CR4_OSXSAVE	(1ull << 18)
#define TGX_CR4_KL	(1ull << 19)
#define TGX_CR4_SMAP	(1ull << 21)
#define TGX_CR4_PKE	(1ull << 22)
#define TGX_CR4_CET	(1ull << 23)
#define TGX_CR4_PKS	(1ull << 24)
#define TGX_CR4_UINTR	(1ull << 25)
#define TGX_CR4_LASS	(1ull << 27)
#define TGX_CR4_FRED	(1ull << 32)
/*
 * Of CR4, what root mode does without and the kernel may have: PCIDs, protection keys,
 * shadow stacks, user interrupts, and what guards the kernel against user addresses.
 */
#define TGX_CR4_NOT_ROOT (TGX_CR4_PCIDE | TGX_CR4_SMAP | TGX_CR4_PKE | TGX_CR4_CET |	\
			  TGX_CR4_PKS | TGX_CR4_UINTR | TGX_CR4_LASS)

#define TGX_DEBUGCTL_LBR	(1ull << 0)
#define TGX_DEBUGCTL_BTF	(1ull << 1)
#define TGX_DR7_GD		(1ull << 13)
#define TGX_CET_SUPPRESS	(1ull << 10)
#define TGX_CET_TRACKER		(1ull << 11)

struct x86_dtr {
	u16 limit;
	u64 base;
} __attribute__((packed));

#define X86_READ_REG(name, reg)							\
static tg_always_inline u64 x86_read_##name(void)				\
{										\
	u64 v;									\
	asm volatile("mov %%" #reg ", %0" : "=r"(v));				\
	return v;								\
}
#define X86_WRITE_REG(name, reg)						\
static tg_always_inline void x86_write_##name(u64 v)				\
{										\
	asm volatile("mov %0, %%" #reg : : "r"(v) : "memory");			\
}
#define X86_RW_REG(name) X86_READ_REG(name, name) X86_WRITE_REG(name, name)

X86_RW_REG(cr0)
X86_RW_REG(cr2)
X86_RW_REG(cr3)
X86_RW_REG(cr4)
X86_RW_REG(cr8)
X86_RW_REG(dr6)
X86_RW_REG(dr7)

#define X86_READ_SEG(name)							\
static tg_always_inline u16 x86_read_##name(void)				\
{										\
	u16 v;									\
	asm volatile("mov %%" #name ", %0" : "=rm"(v));				\
	return v;								\
}
#define X86_WRITE_SEG(name)							\
static tg_always_inline void x86_write_##name(u16 v)				\
{										\
	asm volatile("mov %0, %%" #name : : "rm"(v) : "memory");		\
}

X86_READ_SEG(cs)
X86_READ_SEG(ss)
X86_READ_SEG(ds)
X86_READ_SEG(es)
X86_READ_SEG(fs)
X86_READ_SEG(gs)
X86_WRITE_SEG(ds)
X86_WRITE_SEG(es)
X86_WRITE_SEG(fs)
X86_WRITE_SEG(gs)

static tg_always_inline u16 x86_str(void)
{
	u16 v;

	asm volatile("str %0" : "=rm"(v));
	return v;
}

static tg_always_inline u16 x86_sldt(void)
{
	u16 v;

	asm volatile("sldt %0" : "=rm"(v));
	return v;
}

static tg_always_inline void x86_ltr(u16 v)
{
	asm volatile("ltr %0" : : "rm"(v) : "memory");
}

static tg_always_inline void x86_lldt(u16 v)
{
	asm volatile("lldt %0" : : "rm"(v) : "memory");
}

static tg_always_inline struct x86_dtr x86_sgdt(void)
{
	struct x86_dtr d;

	asm volatile("sgdt %0" : "=m"(d));
	return d;
}

static tg_always_inline struct x86_dtr x86_sidt(void)
{
	struct x86_dtr d;

	asm volatile("sidt %0" : "=m"(d));
	return d;
}

static tg_always_inline void x86_lgdt(const struct x86_dtr *d)
{
	asm volatile("lgdt %0" : : "m"(*d) : "memory");
}

static tg_always_inline void x86_lidt(const struct x86_dtr *d)
{
	asm volatile("lidt %0" : : "m"(*d) : "memory");
}

/* Segment limit and access rights; 0 and "unusable" for what cannot be read. */
static tg_always_inline u32 x86_lsl(u16 sel)
{
	u32 v = 0;

	asm volatile("lsl %1, %0" : "+r"(v) : "r"((u32)sel) : "cc");
	return v;
}

static tg_always_inline u32 x86_lar(u16 sel)
{
	u32 v = 0;

	asm volatile("lar %1, %0" : "+r"(v) : "r"((u32)sel) : "cc");
	return v;
}

/* An address whose lower bits the processor uses, 48 of them or 57, made canonical. */
static tg_always_inline u64 x86_canonical(u64 address, u32 bits)
{
	return (u64)((s64)(address << (64 - bits)) >> (64 - bits));
}

#ifdef TG_HOST_TEST
void x86_invlpg(u64 address);
#else
static tg_always_inline void x86_invlpg(u64 address)
{
	asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}
#endif

/* Interrupts off, and nothing more until an NMI. */
static tg_always_inline void x86_halt(void)
{
	asm volatile("cli; hlt");
}

static tg_always_inline void x86_write_ss(u16 v)
{
	asm volatile("mov %0, %%ss" : : "rm"(v) : "memory");
}

static tg_always_inline u64 x86_rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (u64)hi << 32 | lo;
}

static tg_always_inline void x86_wrmsr(u32 msr, u64 v)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

static tg_always_inline void x86_cpuid(u32 *a, u32 *b, u32 *c, u32 *d)
{
	asm volatile("cpuid" : "+a"(*a), "=b"(*b), "+c"(*c), "=d"(*d) : : "memory");
}

static tg_always_inline u64 x86_rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (u64)hi << 32 | lo;
}

#endif
