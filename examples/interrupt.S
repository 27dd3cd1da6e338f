/* SPDX-License-Identifier: GPL-2.0 */
/* An interrupt (41) that the CPU sends to itself, and HLT that it wakes from. */
#include "lab.inc"

	mov	$0xfee00300, %ebx
	movl	$0x44041, (%rbx)
	PUTCHAR	'i'
	PUTCHAR	'\n'
	sti
	nop
	cli
	hlt
