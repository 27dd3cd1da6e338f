/* SPDX-License-Identifier: GPL-2.0 */
/*
 * General registers to the stack and back: root mode's and the lab's assembly.
 */
#ifndef TG_ARCH_ASM_REGS_H
#define TG_ARCH_ASM_REGS_H

#ifdef __ASSEMBLER__
/* All but RSP, as struct root_frame and struct lab_frame begin. */
	.macro PUSH_REGS
	.irp reg, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	push %\reg
	.endr
	.endm

	.macro POP_REGS
	.irp reg, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax
	pop %\reg
	.endr
	.endm

/* Those that a function leaves as they were (System V ABI). */
	.macro PUSH_CALLEE_SAVED
	.irp reg, rbp, rbx, r12, r13, r14, r15
	push %\reg
	.endr
	.endm

	.macro POP_CALLEE_SAVED
	.irp reg, r15, r14, r13, r12, rbx, rbp
	pop %\reg
	.endr
	.endm
#endif

#endif
