// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the machine and the kernel on it will do: pure functions, any context.
 */
#include "fit.h"
#include "../arch/x86/asm_offsets.h"

#define ERR_PERM	(-1)
#define ERR_OPNOTSUPP	(-95)

static const struct rule {
	size_t fact;			/* a bool in struct tg_facts */
	int err;
	const char *why;
} rules[] = {
#define RULE(fact, err, why) { __builtin_offsetof(struct tg_facts, fact), err, why }
	RULE(locked_down, ERR_PERM,
	     "the kernel is locked down (see kernel_lockdown(7)): a hypervisor would be a way "
	     "around it"),
	RULE(xen_pv, ERR_OPNOTSUPP,
	     "this is a Xen PV guest: it has no virtualization of its own; use an HVM or PVH "
	     "guest"),
	RULE(encrypted, ERR_OPNOTSUPP,
	     "this is an encrypted guest (SEV or TDX): a hypervisor inside of it cannot reach its "
	     "state"),
	RULE(call_depth, ERR_OPNOTSUPP,
	     "the kernel counts call depth in every function (retbleed=stuff), root mode's "
	     "included: boot with retbleed=auto"),
	/* It reaches host or guest, and CPUs come under us one after the other. */
	RULE(invlpgb, ERR_OPNOTSUPP,
	     "the kernel flushes the TLBs of other CPUs with INVLPGB, which a guest cannot do for "
	     "a host: boot with clearcpuid=invlpgb"),
	RULE(fred, ERR_OPNOTSUPP,
	     "the kernel uses FRED event delivery, which is not supported yet: boot with fred=off"),
};

int tg_fit(const struct tg_facts *f, const char **why)
{
	const struct rule *r;

	for (r = rules; r < rules + TG_ARRAY_SIZE(rules); r++) {
		if (*(const bool *)((const char *)f + r->fact)) {
			*why = r->why;
			return r->err;
		}
	}
	return 0;
}

u32 tg_fit_slow(const struct tg_facts *f)
{
	u32 flags = 0;

	if (f->kernel_ibrs)
		flags |= SLOW_IBRS;
	if (f->clear_cpu_buf)
		flags |= SLOW_VERW;
	if (f->divider_leaks)
		flags |= SLOW_DIVIDER;
	return flags;
}
