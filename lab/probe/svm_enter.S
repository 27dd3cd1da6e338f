/* SPDX-License-Identifier: GPL-2.0 */
/*
 * void svm_enter(u64 vmcb, struct guest_regs *regs, u64 host_vmcb, u64 flags);
 * The addresses are physical. GIF and IF are 0 afterwards; flags: 1, IF=1 at VMRUN;
 * 2, leave out the VMLOAD of the host's state at the end.
 */
#include "guest_regs.h"

	.text
	.globl	svm_enter
svm_enter:
	PUSH_CALLEE_SAVED
	push	%rdx
	push	%rsi
	clgi
	mov	%rdx, %rax
	vmsave	%rax
	push	%rcx
	test	$1, %cl
	jz	1f
	sti
1:	mov	%rdi, %rax
	mov	%rsi, %r15
	LOAD_GUEST
	vmload	%rax
	vmrun	%rax
	vmsave	%rax
	cli
	pop	%r14
	pop	%r15
	STORE_GUEST
	pop	%rax
	test	$2, %r14b
	jnz	1f
	vmload	%rax
1:	POP_CALLEE_SAVED
	ret

	/* What the guest's gates lead to: 16 bytes for each vector. */
	.balign	16
	.globl	guest_stubs
guest_stubs:
	.rept	256
	.balign	16
	vmmcall
	hlt
	.endr
	.balign	16

	.section .note.GNU-stack, "", @progbits
