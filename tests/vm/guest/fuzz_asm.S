/* SPDX-License-Identifier: GPL-2.0 */
/* Entry to and exit from the generated code of fuzz.c. */
	.text

/* fuzz_enter(code, stack) */
	.globl	fuzz_enter
fuzz_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, fuzz_saved_rsp
	mov	%rsi, %rsp
	mov	%rdi, %rcx
	movabs	$0x1111111111111111, %rax
	mov	$0x30100000, %ebx		/* FUZZ_WATCH */
	xor	%edx, %edx
	mov	$0x30100100, %esi
	mov	$0x30100140, %edi
	movabs	$0x2222222222222222, %rbp
	mov	$8, %r8d
	mov	$9, %r9d
	mov	$10, %r10d
	mov	$11, %r11d
	mov	$12, %r12d
	mov	$13, %r13d
	mov	$14, %r14d
	mov	$15, %r15d
	pushq	$0x202
	popfq
	jmp	*%rcx

	.globl	fuzz_done
fuzz_done:
	mov	fuzz_saved_rsp, %rsp
	pushq	$0x202
	popfq
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/* EFLAGS.AC and NT stay as they were when a handler is called. */
	.globl	fuzz_handler
fuzz_handler:
	pushq	$0x202
	popfq
	jmp	fuzz_handler_c

	.section .note.GNU-stack, "", @progbits
