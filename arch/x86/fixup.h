/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions of root mode that may fault. The fault handler (root_fault.c) goes on
 * at the label that the instruction left in vcpu->fixup. All return 0, or -1
 * when the instruction faulted and did nothing. The unit tests on the host have
 * tests/unit/arch_fixup_fake.h instead.
 */
#ifndef TG_ARCH_FIXUP_H
#define TG_ARCH_FIXUP_H

#include "vcpu.h"

#define FIXUP(insn)								\
	"lea 7f(%%rip), %%r8\n\t"						\
	"mov %%r8, %[fix]\n\t"							\
	insn "\n\t"								\
	"movl $0, %[err]\n"							\
	"7:\n\t"								\
	"movq $0, %[fix]\n\t"

static tg_always_inline int fixup_rdmsr(u32 msr, u64 *v)
{
	u32 lo = 0, hi = 0;
	int err = -1;

	asm volatile(FIXUP("rdmsr")
		     : [err] "+r"(err), "+a"(lo), "+d"(hi), [fix] "+m"(this_vcpu()->fixup)
		     : "c"(msr) : "r8", "memory");
	*v = (u64)hi << 32 | lo;
	return err;
}

static tg_always_inline int fixup_wrmsr(u32 msr, u64 v)
{
	int err = -1;

	asm volatile(FIXUP("wrmsr")
		     : [err] "+r"(err), [fix] "+m"(this_vcpu()->fixup)
		     : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "r8", "memory");
	return err;
}

static tg_always_inline int fixup_xsetbv(u32 reg, u64 v)
{
	int err = -1;

	asm volatile(FIXUP("xsetbv")
		     : [err] "+r"(err), [fix] "+m"(this_vcpu()->fixup)
		     : "c"(reg), "a"((u32)v), "d"((u32)(v >> 32)) : "r8", "memory");
	return err;
}

/* GETSEC[CAPABILITIES]: EAX 0. */
static tg_always_inline int fixup_getsec(u64 *a, u64 b, u64 *c)
{
	int err = -1;

	asm volatile(FIXUP("getsec")
		     : [err] "+r"(err), "+a"(*a), "+c"(*c), [fix] "+m"(this_vcpu()->fixup)
		     : "b"(b) : "r8", "memory");
	return err;
}

/* Memory that may not be mapped. */
static tg_always_inline int fixup_read64(u64 address, u64 *v)
{
	int err = -1;

	*v = 0;
	asm volatile(FIXUP("mov (%[a]), %[v]")
		     : [err] "+r"(err), [v] "+r"(*v), [fix] "+m"(this_vcpu()->fixup)
		     : [a] "r"(address) : "r8", "memory");
	return err;
}

#define FIXUP_WRITE(bits, insn)							\
static tg_always_inline int fixup_write##bits(u64 address, u64 v)		\
{										\
	int err = -1;								\
										\
	asm volatile(FIXUP(insn)						\
		     : [err] "+r"(err), [fix] "+m"(this_vcpu()->fixup)		\
		     : [a] "r"(address), [v] "r"((u##bits)v) : "r8", "memory");	\
	return err;								\
}
FIXUP_WRITE(8, "movb %[v], (%[a])")
FIXUP_WRITE(16, "movw %[v], (%[a])")
FIXUP_WRITE(32, "movl %[v], (%[a])")
FIXUP_WRITE(64, "movq %[v], (%[a])")

/* *old: what was there; new is there now if that is as it was. */
static tg_always_inline int fixup_cmpxchg64(u64 address, u64 *old, u64 new)
{
	int err = -1;

	asm volatile(FIXUP("lock cmpxchgq %[new], (%[a])")
		     : [err] "+r"(err), "+a"(*old), [fix] "+m"(this_vcpu()->fixup)
		     : [a] "r"(address), [new] "r"(new) : "r8", "memory", "cc");
	return err;
}

#endif
