/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Offsets in struct tg_vcpu that assembly uses; vcpu.h checks them.
 */
#ifndef TG_ARCH_ASM_OFFSETS_H
#define TG_ARCH_ASM_OFFSETS_H

#define VCPU_SELF	0
#define VCPU_RAX	8
#define VCPU_RCX	16
#define VCPU_RDX	24
#define VCPU_RBX	32
#define VCPU_RSP	40
#define VCPU_RBP	48
#define VCPU_RSI	56
#define VCPU_RDI	64
#define VCPU_R8		72
#define VCPU_R9		80
#define VCPU_R10	88
#define VCPU_R11	96
#define VCPU_R12	104
#define VCPU_R13	112
#define VCPU_R14	120
#define VCPU_R15	128
#define VCPU_CR2	136
#define VCPU_ROOT_RSP	144
#define VCPU_NMI_ROOT	152
#define VCPU_SLOW	156
#define VCPU_FIXUP	160
#define VCPU_VERW	168
#define VCPU_ACKNOWLEDGED 172
#define VCPU_RIP	176
#define VCPU_RFLAGS	184
#define VCPU_VMCB	192
#define VCPU_VMCB_PA	200
#define VCPU_HOST_IF	208

/*
 * Root mode's stack, aligned to its size: 24 KiB main (calls of translated scripts, 256
 * deep, take 4), 3 KiB #MC, 1 KiB NMI, 4 KiB faults. The lowest word points to the vcpu.
 */
#define ROOT_STACK_SIZE	32768
#define ROOT_STACK_MAIN	24576
#define ROOT_STACK_MC	27648
#define ROOT_STACK_NMI	28672

/*
 * Bits of VCPU_SLOW, why an exit cannot take the short way alone. What an exit from CPL 3
 * or an entry to it must do against speculation:
 */
#define SLOW_IBRS	2
#define SLOW_VERW	4
#define SLOW_IBPB	8
/* The same as SLOW_IBPB, and at exits from CPL 0, too. */
#define SLOW_IBPB_ALL	64
/* An entry to CPL 3 (AMD-V): what the divider holds of a division goes. */
#define SLOW_DIVIDER	128
/* INT n is looked for (vmx/int_n.c); a post stage is due (vmx/post.c). */
#define SLOW_INT_N	16
#define SLOW_POST	32
/* VT-x: no entry may find the guest halted. */
#define SLOW_NO_HLT	256

/*
 * What an exit ends in: see the entry code of the backends. INJECTED: of the guest's
 * registers only those have changed that C may change, and the entry injects an event.
 */
#define SVM_INJECTED	0
#define SVM_RESUME	1
#define SVM_LEAVE	2	/* out of operation */
#define VMX_INJECTED	0
#define VMX_RESUME	1
#define VMX_LEAVE	2	/* out of operation */

#define ROOT_CS		0x10	/* as Linux' own, so that leaving needs no far jump */
#define ROOT_DS		0x18
#define ROOT_TR		0x40

#define ROOT_IST_NMI	1
#define ROOT_IST_FAULT	2
#define ROOT_IST_MC	3	/* it may hit the handler of a fault */

#endif
