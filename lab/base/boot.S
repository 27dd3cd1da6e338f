/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry of a lab program: the boot sector (vm/boot.S) jumps here in 64-bit mode
 * with the first 4 GiB mapped one to one and interrupts off. Switches to page
 * tables of our own (4 GiB one to one; the first 2 GiB once more where the
 * program is linked, as Linux maps its kernel) and to the program's stack.
 */
#include "memory.h"

#define PRESENT_RW	3
#define LARGE		0x80

	.section .text.boot, "ax"
	.code64
	.globl	_start
_start:	cld
	mov	$lab_pml4 - LAB_HIGH, %eax
	mov	%rax, %cr3
	mov	$1f, %rax
	jmp	*%rax
1:	mov	$lab_stack_end, %rsp
	mov	$__bss_start, %rdi
	mov	$__bss_end, %rcx
	sub	%rdi, %rcx
	xor	%eax, %eax
	rep stosb
	xor	%ebp, %ebp
	call	lab_start
1:	hlt
	jmp	1b

	.section .data.tables, "aw"
	.balign	4096
	.globl	lab_pml4
lab_pml4:
	.quad	low - LAB_HIGH + PRESENT_RW
	.fill	510, 8, 0
	.quad	high - LAB_HIGH + PRESENT_RW
low:	.quad	directories - LAB_HIGH + PRESENT_RW
	.quad	directories - LAB_HIGH + 0x1000 + PRESENT_RW
	.quad	directories - LAB_HIGH + 0x2000 + PRESENT_RW
	.quad	directories - LAB_HIGH + 0x3000 + PRESENT_RW
	.fill	508, 8, 0
high:	.fill	510, 8, 0
	.quad	directories - LAB_HIGH + PRESENT_RW
	.quad	directories - LAB_HIGH + 0x1000 + PRESENT_RW
directories:
	.set	page, 0
	.rept	2048
	.quad	page + LARGE + PRESENT_RW
	.set	page, page + 0x200000
	.endr

	/* Not in .bss, which is cleared while this stack is in use. */
	.section .data.stack, "aw"
	.balign	4096
	.fill	0x8000
	.globl	lab_stack_end
lab_stack_end:

	.section .note.GNU-stack, "", @progbits
