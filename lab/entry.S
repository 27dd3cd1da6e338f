/* SPDX-License-Identifier: GPL-2.0 */
/* The 256 entry points of the IDT; idt.c continues. 16 bytes each. */
#define ERROR_CODES	0x60227d00	/* 8, 10-14, 17, 21, 29, 30 */

	.text
	.balign	16
	.globl	lab_stubs
lab_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	(vector >= 32) || !((ERROR_CODES >> (vector & 31)) & 1)
	push	$0
	.endif
	push	$vector
	jmp	common
	.set	vector, vector + 1
	.endr

common:	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	lab_exception
	mov	%rbp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
