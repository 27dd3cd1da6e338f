/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For assembly: the 256 entry points \name of an IDT, 16 bytes each, and the first steps that
 * they have in common, up to a whole struct lab_frame.
 */
#include "../../arch/x86/asm_regs.h"

#define ERROR_CODES	0x60227d00	/* 8, 10-14, 17, 21, 29, 30 */

	.macro	GATES name
	.balign	16
	.globl	\name
\name:
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
common:
	PUSH_REGS
	.endm
