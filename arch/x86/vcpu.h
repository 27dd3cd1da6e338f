/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One virtualised CPU: the guest's registers while root mode runs, root mode's
 * own world, and the core's part. The bottom of root mode's stack points here
 * (this_vcpu), on VT-x HOST_GS_BASE, too. All of it lies in memory whose mapping
 * cannot change while loaded (the direct map).
 */
#ifndef TG_ARCH_VCPU_H
#define TG_ARCH_VCPU_H

#include "../../core/cpu.h"
#include "asm_offsets.h"
#include "svm/vmcb.h"
#include "vmx/caps.h"
#include "x86.h"

enum tg_vcpu_state {
	TG_VCPU_OUT = 0,	/* not in VMX/SVM operation */
	TG_VCPU_IN = 1,
	TG_VCPU_LEFT = 2,	/* the guest made it leave: VMXOFF, CR4.VMXE, INIT */
};

struct tg_ram {
	u64 start, end;		/* physical; end is behind it */
};

/*
 * What the kernel does against speculation, as far as the backends need it to choose what
 * root mode does (SLOW_*).
 */
enum tg_mitigation {
	TG_MITIGATION_RETURNS = 1,	/* untrains its own returns when a program enters it */
	TG_MITIGATION_ENTRY = 2,	/* a branch predictor barrier then */
	TG_MITIGATION_EXIT = 4,		/* the barrier behind exits of virtual machines */
	TG_MITIGATION_BARRIER = 8,	/* the processor has it (IBPB) */
	TG_MITIGATION_ANY = 16,		/* they are not switched off as a whole */
	TG_MITIGATION_BP_CFG = 32,	/* MSR BP_CFG can be read */
};

/* Facts about the machine, the same for all CPUs; the host fills it at load. */
struct tg_platform {
	struct tg_config core;
	u64 root_cr3;		/* page-table root: kernel half only */
	u64 text_entry;		/* the kernel's top-level entry for the module's code */
	bool pti;		/* CR3 bits 12 and 11 tell user from kernel half */
	u32 slow;		/* SLOW_* */
	u32 mitigations;	/* enum tg_mitigation */
	u64 spec_ctrl;		/* IA32_SPEC_CTRL for root mode (with SLOW_IBRS) */
	bool nested;		/* another hypervisor is below us */
	bool see_int_n;		/* INT n is an event, where that can be (the lab) */
	bool lidt_leaves;	/* AMD-V: a LIDT gives the machine away (exit_lidt()) */
	u64 iopm_pa;		/* AMD-V: I/O permission map with the ports of C-states; or 0 */
	bool cpuid_faulting;	/* IA32_MISC_FEATURES_ENABLES there */
	volatile u32 *apic;	/* xAPIC registers, mapped for good */
	u64 direct_map, direct_map_size;	/* all RAM, mapped in root mode */
	const struct tg_ram *ram;	/* what of it is RAM, ascending; for scripts */
	u32 nr_ram;
	u64 pte_mask;		/* of the physical address in an entry; encryption bit not in it */
	u32 pgd_shift;		/* bits of an address below the top-level index */
};

/* Why a CPU leaves and where it goes on. */
struct tg_departure {
	bool fatal;		/* on to tg_host_fatal() instead of the guest */
	bool init;		/* wait for SIPI, as after INIT */
	bool triple;		/* the guest shut down: report, then reset */
	const char *what;	/* for fatal: in words */
	u64 reason, qualification;
};

/* INT n on VT-x (vmx/int_n.c). */
struct vmx_int_n {
	u64 base;		/* the guest's IDTR */
	u32 limit;
	bool shadowed;		/* the VMCS has the shadow's instead */
	bool step_wanted;	/* the guest stands at an LIDT, SIDT or the like, */
	bool stepping;		/* and does it by itself, with TF of ours: before that */
	u64 rip, rflags, debugctl;
	u32 blocking;
};

struct vmx_cpu {
	u64 vmxon_pa, vmcs_pa, msr_bitmap_pa;	/* of pages the host allocated */
	struct vmx_ctls ctls;
	u32 pin, proc, exception_bitmap;	/* as now in the VMCS */
	u32 timer;				/* preemption timer at the next entries */
	u64 cr4_fixed1;				/* IA32_VMX_CR4_FIXED1 */
	bool has_isst;				/* IA32_INTERRUPT_SSP_TABLE_ADDR is there */
	bool want_extint;			/* interrupts are armed */
	u64 exits_before;			/* the launch */
	struct tg_trap trap;			/* this exit's event; .ev.word 0: none */
	bool first_rf;				/* RF that trap.first is to push again */
	struct vmx_int_n int_n;
	u32 unknown_exits, unknown_reason;	/* instructions answered with #UD; the last */
};

/* What the guest can still be in the way of an NMI, where the CPU does not say. */
struct svm_nmi {
	bool masked;		/* one was injected, and its IRET has not completed */
	bool at_iret;		/* masked, but the guest is let through the IRET at */
	bool step;		/* ... these, with TF of ours set */
	bool guest_tf;		/* TF as the guest had it before the step */
	u64 rip, rsp;
};

struct svm_cpu {
	struct vmcb *vmcb;	/* first here: VCPU_VMCB, VCPU_VMCB_PA, VCPU_HOST_IF */
	u64 vmcb_pa;
	u64 host_if;		/* VMRUN with IF=1: VCPU_HOST_IF */
	u8 *msrpm;		/* MSR permission map */
	u64 hsave_pa, msrpm_pa;
	u32 features;		/* CPUID 8000_000A EDX */
	bool has_skinit;
	bool reduces;		/* BP_CFG.BpSpecReduce is to be set in operation, */
	bool reduced;		/* and was not before */
	u32 exceptions;		/* intercepted for events */
	u64 guest_hsave;	/* the guest's own VM_HSAVE_PA, which it sees */
	u64 root_efer;
	struct x86_dtr root_idtr;
	struct x86_dtr kernel_gdtr, kernel_idtr;	/* when we came, */
	u64 kernel_cr4;				/* and this */
	struct tg_flight injected;	/* an INT3, INT n, INT1 that the last entry injected, */
	u64 injected_rip, injected_next;	/* its address, and RIP as it was moved */
	u64 watch_tsc;		/* when our tick of the APIC timer is due; 0 none */
	struct svm_nmi nmi;
	struct tg_trap trap;	/* this exit's event, on the short way */
	bool gif;		/* set for a script that runs */
	bool launched;		/* the guest has run */
	bool interrupts;	/* intercepted for events */
	bool post_masking;	/* the post stage has turned V_INTR_MASKING on */
	bool post_marker;	/* it has sent itself an interrupt, */
	u8 post_vector;		/* this one, */
	bool post_own;		/* which is the injected interrupt itself */
};

/* MSRs of a hypervisor below, as the kernel had them; 0: not changed (linux/below.c). */
struct tg_below {
	u64 steal, apf;
};

struct tg_vcpu {
	struct tg_vcpu *self;
	u64 reg[16];		/* rax rcx rdx rbx rsp rbp rsi rdi r8-r15; rsp when leaving */
	u64 cr2;
	u64 root_rsp;
	u32 nmi_root;		/* NMIs that arrived in root mode; bit 31: #MC */
	u32 slow;		/* SLOW_*: why an exit cannot take the short way alone */
	u64 fixup;		/* where a fault of the next instruction goes on; 0 none */
	u32 verw;		/* this entry resumes at CPL 3 */
	int acknowledged;	/* vector, by root mode's interrupt gates */
	u64 rip, rflags;	/* when leaving */
	struct svm_cpu svm;

	struct tg_cpu core;
	struct vmx_cpu vmx;
	const struct tg_platform *platform;
	bool amd;		/* the backend: svm, else vmx */
	u64 host_cr4;		/* root mode's */
	u32 state;		/* enum tg_vcpu_state */
	bool mce_pending;
	bool int_n_seen;	/* INT n goes through core/dispatch.c */
	bool ibrs_saved;
	u64 guest_spec_ctrl;
	u64 kernel_gs;		/* the kernel's per-CPU base on this CPU */
	u64 gdt_rw;		/* writable alias of this CPU's GDT, for LTR */
	struct tg_departure departure;

	u64 gdt[12];
	u8 tss[104] __attribute__((aligned(16)));
	void *stack;		/* ROOT_STACK_SIZE */
	void *pages;		/* the backend's; kept here for the host */
	struct tg_inject_spec request;	/* the host's, for TG_CALL_INJECT */
	bool suspended;		/* out because of suspend: the host brings it back */
	bool claimed;		/* the host has set claim_cr4 in CR4 */
	struct tg_below below;	/* the host's */
};

#define CHECK_OFFSET(member, off) \
	_Static_assert(offsetof(struct tg_vcpu, member) == (off), #member)
CHECK_OFFSET(self, VCPU_SELF);
CHECK_OFFSET(reg, VCPU_RAX);
CHECK_OFFSET(reg[4], VCPU_RSP);
CHECK_OFFSET(reg[15], VCPU_R15);
CHECK_OFFSET(cr2, VCPU_CR2);
CHECK_OFFSET(root_rsp, VCPU_ROOT_RSP);
CHECK_OFFSET(nmi_root, VCPU_NMI_ROOT);
CHECK_OFFSET(slow, VCPU_SLOW);
CHECK_OFFSET(fixup, VCPU_FIXUP);
CHECK_OFFSET(verw, VCPU_VERW);
CHECK_OFFSET(acknowledged, VCPU_ACKNOWLEDGED);
CHECK_OFFSET(rip, VCPU_RIP);
CHECK_OFFSET(rflags, VCPU_RFLAGS);
CHECK_OFFSET(svm.vmcb, VCPU_VMCB);
CHECK_OFFSET(svm.vmcb_pa, VCPU_VMCB_PA);
CHECK_OFFSET(svm.host_if, VCPU_HOST_IF);

#define NMI_ROOT_MC	(1u << 31)

/* The CPU that a core belongs to. Any context. */
static tg_always_inline struct tg_vcpu *tg_vcpu_of(const struct tg_cpu *core)
{
	return (struct tg_vcpu *)((char *)core - offsetof(struct tg_vcpu, core));
}

enum { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI };

/*
 * Root mode: the CPU we run on, from the bottom of the stack, whichever of its
 * parts we are on.
 */
static tg_always_inline struct tg_vcpu *this_vcpu(void)
{
	u64 sp;

	asm("mov %%rsp, %0" : "=r"(sp));
	return *(struct tg_vcpu **)(sp & ~(ROOT_STACK_SIZE - 1ull));
}

#endif
