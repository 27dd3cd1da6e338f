/* SPDX-License-Identifier: GPL-2.0 */
/* A GDT of the program's own, without a TSS: the default gates want 0x10 to be 64-bit code. */
#include "lab.inc"

	lea	gdt(%rip), %rax
	mov	%rax, own + 2(%rip)
	lgdt	own(%rip)
	push	$0x10
	lea	1f(%rip), %rax
	push	%rax
	lretq
1:	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %ss
	PUTCHAR	'G'
	int	$0x80
	hlt

	.balign	8
own:	.word	4 * 8 - 1
	.quad	0
	.balign	8
gdt:	.quad	0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
