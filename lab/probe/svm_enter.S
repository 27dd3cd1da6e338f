/* SPDX-License-Identifier: GPL-2.0 */
/*
 * void svm_enter(u64 vmcb, struct guest_regs *regs, u64 host_vmcb, u64 flags);
 * The addresses are physical. GIF and IF are 0 afterwards; flags: 1, IF=1 at VMRUN;
 * 2, leave out the VMLOAD of the host's state at the end.
 */
	.text
	.globl	svm_enter
svm_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
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
	mov	0(%r15), %rbx
	mov	8(%r15), %rcx
	mov	16(%r15), %rdx
	mov	24(%r15), %rsi
	mov	32(%r15), %rdi
	mov	40(%r15), %rbp
	mov	48(%r15), %r8
	mov	56(%r15), %r9
	vmload	%rax
	vmrun	%rax
	vmsave	%rax
	cli
	pop	%r14
	pop	%r15
	mov	%rbx, 0(%r15)
	mov	%rcx, 8(%r15)
	mov	%rdx, 16(%r15)
	mov	%rsi, 24(%r15)
	mov	%rdi, 32(%r15)
	mov	%rbp, 40(%r15)
	mov	%r8, 48(%r15)
	mov	%r9, 56(%r15)
	pop	%rax
	test	$2, %r14b
	jnz	1f
	vmload	%rax
1:	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
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
