/* SPDX-License-Identifier: GPL-2.0 */
/* Into the world of world.c and back, and its gates. */
#include "../base/gates.h"
#include "../base/memory.h"

	.text
/* void world_switch(const struct world_entry *): CR3, GDTR, IDTR, then in the order popped. */
	.globl	world_switch
world_switch:
	PUSH_CALLEE_SAVED
	mov	%rsp, home(%rip)
	mov	(%rdi), %rax
	mov	8(%rdi), %rbx
	mov	16(%rdi), %rcx
	mov	%rax, %cr3
	lgdt	(%rbx)
	mov	$LAB_TSS, %ebx
	ltr	%bx
	lidt	(%rcx)
	mov	%rdi, %rbx
	call	world_arrived
	lea	24(%rbx), %rsp
	pop	%rcx
	mov	%rcx, %cr2
	pop	%rcx
	mov	%rcx, %dr6
	pop	%rcx
	mov	%rcx, %dr0
	pop	%rcx
	mov	%rcx, %dr1
	pop	%rcx
	mov	%rcx, %dr2
	pop	%rcx
	mov	%rcx, %dr3
	pop	%rax			/* DR7, at last */
	pop	%rbx
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rbp
	pop	%r8
	pop	%r9
	mov	$0x1010101010101010, %r10
	mov	$0x1111111111111111, %r11
	mov	$0x1212121212121212, %r12
	mov	$0x1313131313131313, %r13
	mov	$0x1414141414141414, %r14
	mov	$0x1515151515151515, %r15
	mov	%rax, %dr7
	pop	%rax
	iretq

/* void world_home(void): out of the run, wherever it is. */
	.globl	world_home
world_home:
	cli
	mov	$0x400, %eax
	mov	%rax, %dr7
	call	world_departs
	mov	$lab_pml4 - LAB_HIGH, %rax
	mov	%rax, %cr3
	mov	home(%rip), %rsp
	mov	$LAB_DS, %eax
	mov	%eax, %ss
	mov	%eax, %ds
	mov	%eax, %es
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%rax, %cr8
	call	world_home_tables
	/* ends blocking by NMI, NT and AC */
	mov	%rsp, %rax
	push	$LAB_DS
	push	%rax
	push	$2
	push	$LAB_CS
	push	$1f
	iretq
1:	POP_CALLEE_SAVED
	ret

	GATES	world_stubs
	pushf
	pop	%rsi
	mov	%dr7, %rdx
	mov	$0x400, %eax
	mov	%rax, %dr7
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	world_gate_entered
	mov	%rbp, %rsp
	mov	%rax, %dr7
	POP_REGS
	add	$16, %rsp
	.globl	world_iret
world_iret:
	iretq

	.bss
	.balign	8
home:	.quad	0

	.section .note.GNU-stack, "", @progbits
