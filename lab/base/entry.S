/* SPDX-License-Identifier: GPL-2.0 */
/* The entry points of the lab's own IDT; idt.c continues. */
#include "gates.h"

	.text
	GATES	lab_stubs
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	lab_exception
	mov	%rbp, %rsp
	POP_REGS
	add	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
