/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The raising instructions of raise.c. Each case loads every general register
 * with a pattern, so that the signal frame tells whether one was changed, and
 * raises its exception at the label raise_NAME_at. An instruction that raises
 * nothing falls into raise_missed.
 */
	.section .text.raise, "ax"

	.macro	PATTERNS
	movabs	$0xa0a1a2a3a4a5a6a7, %rax
	movabs	$0xb0b1b2b3b4b5b6b7, %rbx
	movabs	$0xc0c1c2c3c4c5c6c7, %rcx
	movabs	$0xd0d1d2d3d4d5d6d7, %rdx
	movabs	$0xe0e1e2e3e4e5e6e7, %rsi
	movabs	$0xf0f1f2f3f4f5f6f7, %rdi
	movabs	$0x5051525354555657, %rbp
	movabs	$0x0801820384058607, %r8
	movabs	$0x0911921394159617, %r9
	movabs	$0x0a21a223a425a627, %r10
	movabs	$0x0b31b233b435b637, %r11
	movabs	$0x0c41c243c445c647, %r12
	movabs	$0x0d51d253d455d657, %r13
	movabs	$0x0e61e263e465e667, %r14
	movabs	$0x0f71f273f475f677, %r15
	.endm

	.macro	CASE name
	.globl	raise_\name
raise_\name:
	PATTERNS
	.endm

	.macro	AT name
	.globl	raise_\name\()_at
raise_\name\()_at:
	.endm

	.macro	MISSED
	jmp	raise_missed
	.endm

/* raise_enter(case): runs it on a stack of its own, at a fixed address. */
	.globl	raise_enter
raise_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, raise_saved_rsp
	fxrstor64 raise_fximage
	mov	$raise_stack_top, %rsp
	pushq	$0x202
	popfq
	jmp	*%rdi

/* All registers after a system call, for the cases without a signal. */
raise_store:
	mov	%rax, raise_regs+0x00
	mov	%rbx, raise_regs+0x08
	mov	%rcx, raise_regs+0x10
	mov	%rdx, raise_regs+0x18
	mov	%rsi, raise_regs+0x20
	mov	%rdi, raise_regs+0x28
	mov	%rbp, raise_regs+0x30
	mov	%rsp, raise_regs+0x38
	mov	%r8, raise_regs+0x40
	mov	%r9, raise_regs+0x48
	mov	%r10, raise_regs+0x50
	mov	%r11, raise_regs+0x58
	mov	%r12, raise_regs+0x60
	mov	%r13, raise_regs+0x68
	mov	%r14, raise_regs+0x70
	mov	%r15, raise_regs+0x78
	movl	$1, raise_stored
	jmp	raise_done

raise_missed:
	movl	$1, raise_was_missed
	.globl	raise_done
raise_done:
	mov	raise_saved_rsp, %rsp
	pushq	$0x202
	popfq
	fninit
	ldmxcsr	raise_fximage+24
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/*
 * The kernel leaves EFLAGS.AC as it was when it calls a handler: clear it
 * before compiled code makes an unaligned access.
 */
	.globl	raise_handler
raise_handler:
	pushq	$0x202
	popfq
	jmp	raise_handler_c

	CASE	de
	xor	%edx, %edx
	xor	%ecx, %ecx
	AT	de
	div	%ecx
	MISSED

	CASE	db_tf
	pushfq
	orl	$0x100, (%rsp)
	popfq
	AT	db_tf
	nop
	nop
	MISSED

/* The trap comes after the instruction that INJ-MOVSS protects. */
	CASE	db_tf_movss
	mov	%ss, %eax
	pushfq
	orl	$0x100, (%rsp)
	popfq
	AT	db_tf_movss
	mov	%eax, %ss
	nop
	nop
	MISSED

	CASE	db_tf_cpuid
	xor	%eax, %eax
	xor	%ecx, %ecx
	pushfq
	orl	$0x100, (%rsp)
	popfq
	AT	db_tf_cpuid
	cpuid
	nop
	MISSED

	CASE	db_hw_write
	AT	db_hw_write
	movl	$1, raise_watched
	nop
	MISSED

	CASE	db_hw_rw
	AT	db_hw_rw
	mov	raise_watched, %eax
	nop
	MISSED

	CASE	db_hw_exec
	nop
	AT	db_hw_exec
	nop
	MISSED

	CASE	int1
	AT	int1
	.byte	0xf1
	MISSED

	CASE	bp
	AT	bp
	int3
	MISSED

/* CD 03 and CD 04 are software interrupts: no exception bitmap sees them. */
	CASE	int_n3
	AT	int_n3
	.byte	0xcd, 0x03
	MISSED

	CASE	int_n4
	AT	int_n4
	.byte	0xcd, 0x04
	MISSED

	CASE	ud
	AT	ud
	ud2
	MISSED

	CASE	gp_hlt
	AT	gp_hlt
	hlt
	MISSED

	CASE	gp_noncanonical
	AT	gp_noncanonical
	mov	(%rax), %ebx
	MISSED

	CASE	gp_int_dpl
	AT	gp_int_dpl
	int	$0x21
	MISSED

	CASE	gp_int1_dpl
	AT	gp_int1_dpl
	.byte	0xcd, 0x01
	MISSED

	CASE	gp_selector
	mov	$0x10, %ecx
	AT	gp_selector
	mov	%ecx, %ss
	MISSED

	CASE	np
	mov	raise_np_selector, %ecx
	AT	np
	mov	%ecx, %es
	MISSED

	CASE	ss
	AT	ss
	mov	(%rbp,%rax), %ecx
	MISSED

	CASE	pf_user_read
	mov	$0x60000008, %eax
	AT	pf_user_read
	mov	(%rax), %ebx
	MISSED

	CASE	pf_user_write
	mov	$0x60000010, %eax
	AT	pf_user_write
	mov	%ebx, (%rax)
	MISSED

	CASE	pf_user_write_prot
	mov	$0x60010018, %eax
	AT	pf_user_write_prot
	mov	%ebx, (%rax)
	MISSED

	CASE	pf_user_read_none
	mov	$0x60020020, %eax
	AT	pf_user_read_none
	mov	(%rax), %ebx
	MISSED

	CASE	pf_user_exec_nx
	mov	$0x60030028, %eax
	AT	pf_user_exec_nx
	jmp	*%rax
	MISSED

	CASE	pf_user_exec
	mov	$0x60000030, %eax
	AT	pf_user_exec
	jmp	*%rax
	MISSED

	CASE	pf_user_kernel
	movabs	$0xffff800000001000, %rax
	AT	pf_user_kernel
	mov	(%rax), %ebx
	MISSED

/* Resolved by the kernel: no signal. */
	CASE	pf_demand
	mov	raise_demand_page, %rax
	AT	pf_demand
	mov	%rbx, (%rax)
	jmp	raise_store

	CASE	pf_kernel_read
	mov	$16, %eax
	mov	raise_pipe, %edi
	mov	$0x5421, %esi
	mov	$0x60000040, %edx
	AT	pf_kernel_read
	syscall
	jmp	raise_store

	CASE	pf_kernel_write
	mov	$16, %eax
	mov	raise_pipe, %edi
	mov	$0x541b, %esi
	mov	$0x60000050, %edx
	AT	pf_kernel_write
	syscall
	jmp	raise_store

	CASE	pf_kernel_copy
	mov	$1, %eax
	mov	raise_pipe+4, %edi
	mov	$0x60000060, %esi
	mov	$1, %edx
	AT	pf_kernel_copy
	syscall
	jmp	raise_store

	CASE	mf
	fldcw	raise_fcw
	fld1
	fldz
	fdivrp	%st, %st(1)
	AT	mf
	fwait
	MISSED

	CASE	xm
	ldmxcsr	raise_mxcsr
	AT	xm
	divps	%xmm0, %xmm1
	MISSED

	CASE	ac
	lea	1(%rsp), %rax
	pushfq
	orl	$0x40000, (%rsp)
	popfq
	AT	ac
	mov	(%rax), %ecx
	MISSED

	.bss
	.balign	4096
	.skip	8192
	.globl	raise_stack_top
raise_stack_top:
	.skip	4096

	.section .rodata
	.balign	4
raise_fcw:	.long	0x037b		/* zero divide not masked */
raise_mxcsr:	.long	0x1d80		/* zero divide not masked */

	.section .note.GNU-stack, "", @progbits
