/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processor of the arch_vmx tests: a VMCS, registers by name, MSRs, and a log of what
 * was done to them. Exits come from the tests, so also those that no emulator makes.
 * What is pending and what is in service at the local APIC is machine_fake's.
 */
#ifndef VMX_FAKE_H
#define VMX_FAKE_H

#include "core_world.h"

#include "vmx/backend.h"

#define RIP		0x401000u
#define NR_FAKE_MSRS	32u
#define NR_FAKE_REGS	16u

struct vmx_fake {
	u64 field[0x8000];
	struct {
		u32 msr;
		u64 value;
	} msr[NR_FAKE_MSRS];			/* others fault */
	u32 nr_msr;
	struct {
		const char *name;
		u64 value;
	} reg[NR_FAKE_REGS];
	u64 gdt[16];
	u32 cpuid_max;				/* beyond it all bits are set; 0: no end */
	u32 cpuid_7_ebx, cpuid_7_ecx, cpuid_7_1_eax, cpuid_d_1_eax, cpuid_80000001_edx;
	unsigned int invvpid;			/* how often */
	unsigned int pge;			/* writes of CR4 that change PGE */
	unsigned int unblocked;			/* tg_root_unblock_nmi() */
	unsigned int forwarded;			/* hypercalls, to the hypervisor below */
	u64 forwarded_rcx;
	bool no_hypercall;			/* which it does not know: #UD */
	unsigned int acknowledged;
	int vmxon;				/* what VMXON says */
	const char *fatal;			/* vmx_fatal() in the last exit; NULL */
	char log[1024];				/* "cr4 26f0, vmxoff": what was written, in order */
	int length;
};

extern struct vmx_fake vmx_fake;
extern struct world w;
extern struct tg_vcpu vcpu;
extern struct tg_platform platform;

/* For cmocka: a guest in 64-bit user mode at RIP, with nothing armed. */
int fake_setup(void **state);
int fake_teardown(void **state);

/* Arms the events made so far and lets the backend run with them. */
void fake_arm(void);
/* The same with another event, for pre records. */
void fake_hook(u32 vector, u32 flags);

u64 *fake_field(u32 field);
void fake_msr(u32 msr, u64 value);
void fake_log(const char *what);

/*
 * An exit for this reason, as the processor writes it; what the entry injected is gone then,
 * unless that entry failed. VMX_*, or -1 where the machine stops: vmx_fake.fatal.
 */
int fake_exit(u32 reason);
int fake_exception(u32 reason, u8 vector, u64 error, u64 address);

/* Runs what does not come back, or comes back. */
void fake_until_end(void (*run)(struct tg_vcpu *v));

#define INFO(type, vector)	(VMX_INFO_VALID | (u32)(type) << 8 | (vector))
#define FAULT(vector)		INFO(TG_TYPE_EXCEPTION, vector)
#define FAULT_ERROR(vector)	(FAULT(vector) | VMX_INFO_ERROR)
#define INJECTED		(*fake_field(VMCS_ENTRY_INFO))

#endif
