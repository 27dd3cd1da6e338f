/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the hosts (Linux, the lab) and a vendor's backend. Decode
 * and encode happen behind it; nothing here knows what an event is.
 */
#ifndef TG_ARCH_HV_H
#define TG_ARCH_HV_H

#include "vcpu.h"

/* What the guest kernel asks of root mode (tg_hypercall). */
enum tg_hypercall {
	TG_CALL_REARM = 1,	/* take over core.wanted */
	TG_CALL_LEAVE = 2,	/* out of operation */
};

#define TG_PAGES_PER_CPU 3u	/* zeroed pages the backend needs, 4 KiB each */

struct tg_hv_ops {
	const char *name;

	/*
	 * Is the vendor's virtualization there and free? 0, or -errno with *why
	 * a sentence. Process context, any CPU; changes nothing.
	 */
	int (*probe)(const char **why);

	/* Gives the backend its pages (virtual and physical). Process context. */
	void (*cpu_prepare)(struct tg_vcpu *v, void *const va[], const u64 pa[]);

	/*
	 * Puts this CPU into operation; the caller goes on as guest. Interrupts
	 * off. The host has set CR4.VMXE / will show EFER.SVME by its own means.
	 * 0, or -errno with *why; then nothing has changed.
	 */
	int (*cpu_enter)(struct tg_vcpu *v, const char **why);

	/* From the guest kernel at CPL 0: traps to root mode. 0 or -errno. */
	long (*hypercall)(enum tg_hypercall call);
};

extern const struct tg_hv_ops tg_vmx_ops;

/* ---- host side, for both vendors --------------------------------------- */

/* Root mode's IDT; the same on all CPUs. Filled once. Process context. */
void tg_root_idt_init(void);

/* Fills GDT, TSS and stack pointers of root mode. Process context. */
void tg_root_world_init(struct tg_vcpu *v);

/* The hosts implement it: says what happened and stops the machine (panic), or
 * resets it after a triple fault. Runs in the guest kernel's world, with the
 * CPU out of operation, on root mode's stack, interrupts off.
 */
void tg_os_fatal(struct tg_vcpu *v) __attribute__((noreturn));

#endif
