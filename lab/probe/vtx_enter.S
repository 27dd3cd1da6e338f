/* SPDX-License-Identifier: GPL-2.0 */
/*
 * int vtx_enter(struct guest_regs *regs, int resume);
 * 0 after an exit, 1 when VMLAUNCH or VMRESUME failed.
 */
#include "guest_regs.h"

#define HOST_RSP	0x6c14

	.text
	.globl	vtx_enter, vtx_exit
vtx_enter:
	PUSH_CALLEE_SAVED
	push	%rdi
	mov	$HOST_RSP, %eax
	vmwrite	%rsp, %rax
	mov	%rdi, %r15
	mov	%esi, %r14d
	LOAD_GUEST
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
	STORE_GUEST
	mov	%rax, 64(%r15)
	pop	%rdi
	xor	%eax, %eax
3:	POP_CALLEE_SAVED
	ret

	.section .note.GNU-stack, "", @progbits
