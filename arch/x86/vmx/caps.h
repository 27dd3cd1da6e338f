/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The choice of VM-execution, exit and entry controls: a pure function of the
 * capability MSRs (CTL-ENABLE), unit-tested against those of real processors.
 */
#ifndef TG_ARCH_VMX_CAPS_H
#define TG_ARCH_VMX_CAPS_H

#include "../../../core/types.h"

/* As read: IA32_VMX_BASIC, the TRUE control MSRs, and so on; 0 where absent. */
struct vmx_caps {
	u64 basic;
	u64 pin, proc, exit, entry;	/* low: bits that must be 1; high: may be 1 */
	u64 proc2;
	u64 proc3;			/* IA32_VMX_PROCBASED_CTLS3: bits that may be 1 */
	u64 misc;
	u64 cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
	u64 ept_vpid;
	u32 instructions;	/* VMX_PROC2_*: CPUID says they exist, and a guest needs the bit */
};

struct vmx_ctls {
	u32 pin, proc, proc2, exit, entry;	/* with nothing armed */
	u64 proc3;
	bool vpid;
	bool timer;		/* VMX-preemption timer there */
	u8 timer_shift;		/* it counts TSC bit this number */
	bool mtf;		/* monitor trap flag there */
	bool cet;		/* CET state is switched, */
	bool lbr;		/* and IA32_LBR_CTL */
	bool hlt;		/* an entry may find the guest halted */
	bool int_n;		/* INT n can be seen: timer and descriptor-table exiting */
};

/*
 * Returns 0, or -1 with *why naming what the processor lacks, in words. nested: it is another
 * hypervisor's, which flushes only what it knows of: no VPID, so that every transition flushes.
 */
int vmx_choose_ctls(const struct vmx_caps *caps, bool nested, struct vmx_ctls *ctls,
		    const char **why);

/*
 * CR0 and CR4 as VMX operation demands them (IA32_VMX_CR0_FIXED0 ...). Returns
 * 0, or -1 with *why when the guest's own values do not fit.
 */
int vmx_check_cr(const struct vmx_caps *caps, u64 cr0, u64 cr4, const char **why);

#endif
