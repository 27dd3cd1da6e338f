/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMCB (APM 2, appendix B) and its bits, as far as the probes use them. On
 * purpose not the product's header: a mistake there shall not be repeated here.
 */
#ifndef PROBE_SVM_H
#define PROBE_SVM_H

#include "guest.h"

struct vmcb_segment {
	u16 selector, attributes;
	u32 limit;
	u64 base;
};

struct vmcb {
	u32 intercept_cr, intercept_dr, intercept_exception, intercept1, intercept2;
	u8 reserved0[0x40 - 0x14];
	u64 iopm, msrpm, tsc_offset;
	u32 asid;
	u8 tlb_control, reserved1[3];
	u64 vintr, shadow, exit_code, info1, info2, exit_int_info, nested;
	u8 reserved2[0xa8 - 0x98];
	u64 event, nested_cr3, lbr, clean, next_rip;
	u8 fetched, bytes[15];
	u8 reserved3[0x400 - 0xe0];
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved4[0x4cb - 0x4a0];
	u8 cpl;
	u32 reserved5;
	u64 efer;
	u8 reserved6[0x548 - 0x4d8];
	u64 cr4, cr3, cr0, dr7, dr6, flags, rip;
	u8 reserved7[0x5d8 - 0x580];
	u64 rsp;
	u8 reserved8[0x5f8 - 0x5e0];
	u64 rax, star, lstar, cstar, sfmask, kernel_gs_base;
	u64 sysenter_cs, sysenter_esp, sysenter_eip, cr2;
	u8 reserved9[0x668 - 0x648];
	u64 pat, debugctl, br_from, br_to, excp_from, excp_to;
	u8 reserved10[0x1000 - 0x698];
} __attribute__((packed, aligned(4096)));

_Static_assert(__builtin_offsetof(struct vmcb, exit_code) == 0x70, "VMCB");
_Static_assert(__builtin_offsetof(struct vmcb, event) == 0xa8, "VMCB");
_Static_assert(__builtin_offsetof(struct vmcb, rip) == 0x578, "VMCB");
_Static_assert(__builtin_offsetof(struct vmcb, cr2) == 0x640, "VMCB");
_Static_assert(sizeof(struct vmcb) == 0x1000, "VMCB");

#define I1_INTR		(1u << 0)
#define I1_NMI		(1u << 1)
#define I1_INIT		(1u << 3)
#define I1_VINTR	(1u << 4)
#define I1_CPUID	(1u << 18)
#define I1_IRET		(1u << 20)
#define I1_SWINT	(1u << 21)
#define I1_INVD		(1u << 22)
#define I1_HLT		(1u << 24)
#define I1_MSR		(1u << 28)
#define I1_SHUTDOWN	(1u << 31)
#define I2_VMRUN	(1u << 0)
#define I2_VMMCALL	(1u << 1)
#define I2_STGI		(1u << 4)
#define I2_ICEBP	(1u << 8)

#define X_EXCEPTION	0x40
#define X_INTR		0x60
#define X_NMI		0x61
#define X_VINTR		0x64
#define X_IRET		0x74
#define X_SWINT		0x75
#define X_HLT		0x78
#define X_SHUTDOWN	0x7f
#define X_VMMCALL	0x81

#define EVENT_VALID	(1u << 31)
#define EVENT_ERROR	(1u << 11)
#define EVENT_TYPE(t)	((t) << 8)
#define EVENT_INTR	EVENT_TYPE(0)
#define EVENT_NMI	EVENT_TYPE(2)
#define EVENT_EXCEPTION	EVENT_TYPE(3)
#define EVENT_SOFT	EVENT_TYPE(4)

#define V_IRQ		(1ull << 8)
#define V_IGN_TPR	(1ull << 20)
#define V_INTR_MASKING	(1ull << 24)

#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_KERNEL_GS	0xc0000102
#define MSR_FS_BASE	0xc0000100
#define MSR_VM_CR	0xc0010114
#define MSR_VM_HSAVE	0xc0010117
#define EFER_SVME	(1u << 12)

extern struct vmcb *const vmcb;
extern u64 host_if;		/* the host's IF at VMRUN; matters under V_INTR_MASKING */

/* Whether SVM is there and on; makes it ready. */
bool svm_init(void);

/*
 * A fresh guest at the start of the code: CPL 0, IF=0, all gates lead to a
 * VMMCALL of their own, intercepts VMRUN, VMMCALL and SHUTDOWN.
 */
void guest(const struct guest_code *code);
void guest_user(void);		/* the same at CPL 3, IOPL 3 */
void guest_user32(void);	/* the same at CPL 3 in compatibility mode */
void guest_breakpoints_off(u64 dr7);

/* One VMRUN. GIF stays 0: host_open() or host_gif(). */
u32 run(void);
void run_and_leave(void);	/* the same without the VMLOAD of the host's state */
void host_vmload(void);
void host_gif(void);		/* STGI with IF=0, CLGI: NMIs are taken */
void host_open(void);		/* stgi; sti; nop; cli; clgi: interrupts are taken */
void host_close(void);		/* host_open() and leave GIF=1: the end of a probe */
bool has_nrips(void);
u64 guest_frame(unsigned int word);	/* the words at the guest's RSP */
void saw_exit(void);		/* exit code and RIP in words; for a gate: its frame */

extern const struct probe exception_probes[], inject_probes[], interrupt_probes[],
	step_probes[], nest_probes[], misc_probes[];

#endif
