/* SPDX-License-Identifier: GPL-2.0 */
/* Ends operation, then loads a GDT of its own that has no data segment at 0x18: SS is null. */
#include "lab.inc"

	mov	%cr4, %rax
	and	$~0x2000, %eax		/* VMXE */
	mov	%rax, %cr4
	mov	$0xc0000080, %ecx	/* EFER.SVME */
	rdmsr
	and	$~0x1000, %eax
	wrmsr
	lea	gdt(%rip), %rax
	mov	%rax, own + 2(%rip)
	lgdt	own(%rip)
	push	$0x10
	lea	1f(%rip), %rax
	push	%rax
	lretq
1:	xor	%eax, %eax
	mov	%eax, %ss
	hlt

	.balign	8
own:	.word	3 * 8 - 1
	.quad	0
	.balign	8
gdt:	.quad	0, 0, 0x00af9b000000ffff
