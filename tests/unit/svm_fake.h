/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processor and the local APIC of the arch_svm tests: a VMCB and what a VMRUN would
 * leave in it, NMIs that wait behind GIF, MSRs. What is pending and what is in service at
 * the APIC is machine_fake's.
 */
#ifndef SVM_FAKE_H
#define SVM_FAKE_H

#include "core_world.h"

#include "svm/backend.h"

#define RIP	0x401000u
#define SHADOW	1u

struct svm_fake {
	u64 debugctl;
	u8 code[16];			/* at RIP */
	bool nmi;			/* waits behind GIF */
	unsigned int halts;		/* HLT with IF=0 in root mode, */
	unsigned int nmis_in_halt;	/* so many of which an NMI ends */
	unsigned int idle_ticks;	/* calls of svm_watch_swallowed() */
	/* the local APIC */
	bool apic_off;
	u64 tpr;
	unsigned int opened;		/* how often interrupts were let in */
	unsigned int acknowledged;	/* and one was handed out */
	/* when they are let in next: */
	bool mc;			/* #MC comes */
	bool spurious;			/* the APIC has nothing any more */
	int late;			/* arrives at the APIC; 0 none */
	bool late_nmi;			/* comes just behind the interrupt */
};

extern struct svm_fake svm_fake;
extern struct world w;
extern struct tg_vcpu vcpu;
extern struct vmcb vmcb;
extern struct tg_platform platform;

/* For cmocka: a guest in 64-bit user mode at RIP, with nothing armed. */
int fake_setup(void **state);
int fake_teardown(void **state);

/* Arms the events made so far and lets the backend run with them. */
void fake_arm(void);
/* The same with another event, for pre records. */
void fake_hook(u32 vector, u32 flags);
/* An exit; RAX and RBX of the guest must survive it. */
void fake_exit(u32 code);
void fake_exception(u8 vector, u64 error, u64 address);

bool fake_intercepts(u32 exit);

#define INJ(type, vector) (SVM_EV_VALID | (u64)(type) << 8 | (vector))
#define INJ_ERROR(type, vector, error) \
	(INJ(type, vector) | SVM_EV_ERROR | (u64)(error) << 32)
#define NMI_INJECTED INJ(SVM_EV_NMI, 2)

#endif
