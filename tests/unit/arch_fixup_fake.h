/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands in for arch/x86/fixup.h in the unit tests, whose guard it takes: MSRs are
 * the test's own functions, memory is the test's memory, which faults in one page at most.
 */
#ifndef TG_ARCH_FIXUP_H
#define TG_ARCH_FIXUP_H

#include "../../arch/x86/vcpu.h"

/* machine_fake.c: the page that is not there, or read-only; 0: none. */
extern u64 fixup_fake_hole, fixup_fake_read_only;

int fixup_rdmsr(u32 msr, u64 *v);
int fixup_wrmsr(u32 msr, u64 v);
int fixup_xsetbv(u32 reg, u64 v);
int fixup_getsec(u64 *a, u64 b, u64 *c);

void machine_fake_access(void);		/* of memory, by what may be a guest's address */

static inline int fixup_read64(u64 address, u64 *v)
{
	machine_fake_access();
	if (fixup_fake_hole && !((address ^ fixup_fake_hole) >> 12))
		return -1;
	*v = *(const u64 *)address;
	return 0;
}

#define FIXUP_WRITE_HOST(bits)						\
static inline int fixup_write##bits(u64 address, u64 v)			\
{									\
	machine_fake_access();						\
	if ((fixup_fake_hole && !((address ^ fixup_fake_hole) >> 12)) ||	\
	    (fixup_fake_read_only && !((address ^ fixup_fake_read_only) >> 12)))	\
		return -1;						\
	*(u##bits *)address = v;					\
	return 0;							\
}
FIXUP_WRITE_HOST(8)
FIXUP_WRITE_HOST(16)
FIXUP_WRITE_HOST(32)
FIXUP_WRITE_HOST(64)

static inline int fixup_cmpxchg64(u64 address, u64 *old, u64 new)
{
	u64 was = *(u64 *)address;

	machine_fake_access();
	if (was == *old)
		*(u64 *)address = new;
	*old = was;
	return 0;
}

#endif
