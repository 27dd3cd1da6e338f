/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core/machine.h for the host: a clock that the test turns, a local APIC that is an
 * array, and logs of what the core did to it.
 */
#ifndef MACHINE_FAKE_H
#define MACHINE_FAKE_H

#include "machine.h"

#define MACHINE_FAKE_LOG	1024u
#define MACHINE_FAKE_MEMORY	0x10000u

struct machine_fake {
	u64 tsc, tsc_step;		/* tsc_step is added at each reading */
	struct tg_snapshot snap;
	unsigned int snapshots;		/* how often it was taken */
	bool in_service[256];
	bool level[256];		/* came level-triggered */
	bool pending[256];		/* by IPIs to itself */
	u8 eoi[MACHINE_FAKE_LOG];		/* the vectors that ended; 0: none was there */
	unsigned int nr_eoi;
	u8 ipi[MACHINE_FAKE_LOG];		/* IPIs to itself, in order */
	unsigned int nr_ipi;
	u64 gpr[16];			/* scripts': */
	u8 memory[64];			/* at MACHINE_FAKE_MEMORY, both virtual and physical */
	bool changed;			/* by tg_guest_regs_end() */
	void (*on_snapshot)(void);	/* when it is taken */
	bool amd;			/* memory may only be touched with GIF=1 */
	bool gif;
};

extern struct machine_fake machine_fake;

void machine_fake_reset(void);

/* AMD-V's, if a test has none of its own. */
void svm_stgi(void);
void svm_clgi(void);

#endif
