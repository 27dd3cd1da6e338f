/* SPDX-License-Identifier: GPL-2.0 */
/*
 * int vtx_enter(struct guest_regs *regs, int resume);
 * 0 after an exit, 1 when VMLAUNCH or VMRESUME failed.
 */
#define HOST_RSP	0x6c14

	.text
	.globl	vtx_enter, vtx_exit
vtx_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	mov	$HOST_RSP, %eax
	vmwrite	%rsp, %rax
	mov	%rdi, %r15
	mov	%esi, %r14d
	mov	0(%r15), %rbx
	mov	8(%r15), %rcx
	mov	16(%r15), %rdx
	mov	24(%r15), %rsi
	mov	32(%r15), %rdi
	mov	40(%r15), %rbp
	mov	48(%r15), %r8
	mov	56(%r15), %r9
	test	%r14d, %r14d
	mov	64(%r15), %rax
	jnz	1f
	vmlaunch
	jmp	2f
1:	vmresume
2:	mov	$1, %eax
	pop	%rdi
	jmp	3f
vtx_exit:
	mov	(%rsp), %r15
	mov	%rbx, 0(%r15)
	mov	%rcx, 8(%r15)
	mov	%rdx, 16(%r15)
	mov	%rsi, 24(%r15)
	mov	%rdi, 32(%r15)
	mov	%rbp, 40(%r15)
	mov	%r8, 48(%r15)
	mov	%r9, 56(%r15)
	mov	%rax, 64(%r15)
	pop	%rdi
	xor	%eax, %eax
3:	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
