/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the machine and the kernel on it will do, and what root mode owes to the kernel's
 * mitigations: pure functions of facts, which linux/platform.c asks the kernel for.
 */
#ifndef TG_LINUX_FIT_H
#define TG_LINUX_FIT_H

#include "../core/types.h"

struct tg_facts {
	bool locked_down, xen_pv, encrypted;
	bool call_depth;		/* the kernel counts it in every function */
	bool invlpgb;			/* the kernel flushes with it */
	bool fred;			/* CR4.FRED is set */
	/* mitigations that the kernel has on */
	bool kernel_ibrs, clear_cpu_buf, divider_leaks;
};

/* 0, or -errno with *why in words. */
int tg_fit(const struct tg_facts *f, const char **why);

/* SLOW_*: what root mode owes to mitigations of the kernel, on both vendors. */
u32 tg_fit_slow(const struct tg_facts *f);

#endif
