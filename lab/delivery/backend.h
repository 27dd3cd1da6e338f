/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests ask root mode that the seam (arch/x86/hv.h) does not tell: the same
 * questions to both backends, and where the processors differ, by how much.
 */
#ifndef DELIVERY_BACKEND_H
#define DELIVERY_BACKEND_H

#include "../host/host.h"

/* A field that is wrong for the coming entry (broken.c). */
struct breakage {
	const char *name;		/* "lab_exit_fatal_" before it */
	void (*breaks)(struct tg_vcpu *v);
	const char *words;		/* of the broken rule; NULL: an exit nobody asked for */
	const struct piece *piece;	/* NULL: a #UD */
	u32 reason;			/* of the departure, without .words */
};

struct backend {
	char letter;			/* of its own alternatives: .right of struct test */
	u32 others;			/* the flag of tests that are the other's: .flags */
	u32 cpuid_exits;		/* CPUID always exits, or not */
	bool holds_nmis;		/* NMIs wait outside of root mode (GIF) */
	const void *hypercall_site;
	bool (*has_mtf)(void);
	bool (*has_timer)(void);	/* the preemption timer */
	bool (*has_post)(void);		/* what the post stage takes */
	bool (*has_int_n)(void);	/* what it takes to see INT n */
	/* At an exit, behind its C part. */
	u64 (*rip)(const struct tg_vcpu *v);
	bool (*at_user)(const struct tg_vcpu *v);	/* the guest is at CPL 3 */
	bool (*injects)(const struct tg_vcpu *v);	/* the coming entry */
	void (*ask_for_rdtsc)(struct tg_vcpu *v);	/* RDTSC exits from now on */
	/* After host_enter(): the first entry has dropped all translations, and no other does. */
	bool (*flushed)(const struct tg_vcpu *v);
	const struct breakage *breakages;		/* up to one without a name */
};

/* This machine's, after host_init(). */
const struct backend *test_backend(void);

/* The rows of broken.c. */
extern const struct breakage vmx_breakages[], svm_breakages[];

#endif
