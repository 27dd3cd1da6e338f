/* SPDX-License-Identifier: GPL-2.0 */
/* A triple fault: no gate is there for #GP, nor for #DF. */
#include "lab.inc"

	movb	$NOT_PRESENT, 16 * 8 + 5(%rdi)
	movb	$NOT_PRESENT, 16 * 11 + 5(%rdi)
	movb	$NOT_PRESENT, 16 * 13 + 5(%rdi)
	mov	$0x1230, %eax
	mov	%eax, %ds
	hlt
