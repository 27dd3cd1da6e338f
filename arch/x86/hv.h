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
	TG_CALL_INJECT = 3,	/* vcpu.request; returns an enum tg_inject_error */
	TG_CALL_EVAL = 16,	/* tg_action_eval() */
};

#define TG_PAGES_ORDER	2	/* 4 pages in a row, zeroed, are what a backend needs per CPU */
#define TG_PAGES_PER_CPU (1u << TG_PAGES_ORDER)
#define TG_PAGE 4096u

struct tg_hv_ops {
	const char *name;
	bool own_tss;		/* root mode has a TSS of its own: gates with IST */
	u64 claim_cr4;		/* CR4 bits the host sets by its own means, and clears after */

	/*
	 * Is the vendor's virtualization there (else -ENODEV), and can it be used
	 * (else another -errno, with *why a sentence)? Process context, any CPU;
	 * changes nothing.
	 */
	int (*probe)(const char **why);

	/*
	 * NULL, or a sentence: somebody else uses it on this CPU. Interrupts off.
	 */
	const char *(*in_use)(void);

	/* Gives the backend its pages. Process context. */
	void (*cpu_prepare)(struct tg_vcpu *v, void *va, u64 pa);

	/*
	 * Puts this CPU into operation; the caller goes on as guest. Interrupts
	 * off, claim_cr4 set. 0, or -errno with *why; then nothing has changed.
	 */
	int (*cpu_enter)(struct tg_vcpu *v, const char **why);

	/*
	 * Puts back what may stay while other CPUs are in operation; NULL: nothing. On each
	 * CPU, interrupts off, when all have left.
	 */
	void (*cpu_put_back)(struct tg_vcpu *v);

	/* From the guest kernel at CPL 0: traps to root mode. 0 or -errno. */
	long (*hypercall)(enum tg_hypercall call);

	/*
	 * NULL, or a sentence: this CPU, in operation, has no means for the post stage.
	 */
	const char *(*no_post)(const struct tg_vcpu *v);

	/*
	 * Whether this CPU, in operation, exits by itself to look for a stall of swallowed
	 * interrupts, also while the guest is halted.
	 */
	bool (*can_watch)(const struct tg_vcpu *v);

	/*
	 * After the end (tg_host_fatal): field i of the state and its name, and the
	 * rules of the entry that it breaks, in words; NULL after the last.
	 */
	const char *(*dump_field)(const struct tg_vcpu *v, u32 i, u64 *value);
	const char *(*broken_rule)(const struct tg_vcpu *v, u32 i);
};

extern const struct tg_hv_ops tg_vmx_ops, tg_svm_ops;

/* ---- host side, for both vendors --------------------------------------- */

/*
 * Root mode's IDT; the same on all CPUs. Filled before the first CPU enters.
 * ist: NMI and faults have stacks of their own. Process context.
 */
void tg_root_idt_init(bool ist);

/* AMD-V: puts the ports of C-states into an I/O permission map of 12 KiB. Any context. */
#define TG_IOPM_ORDER	2	/* pages; zeroed */
void tg_svm_idle_ports(u8 *map, u16 first);

/* Fills GDT, TSS and stack pointers of root mode. Process context. */
void tg_root_world_init(struct tg_vcpu *v);

/*
 * The hosts implement it: an MSR that may not be there; 0, or less where it faults. In the
 * kernel, any context.
 */
int tg_host_rdmsr(u32 msr, u64 *value);

/* The hosts implement it: says what happened and stops the machine (panic), or
 * resets it after a triple fault. Runs in the guest kernel's world, with the
 * CPU out of operation, on root mode's stack, interrupts off.
 */
void tg_host_fatal(struct tg_vcpu *v) __attribute__((noreturn));

#endif
