/* SPDX-License-Identifier: GPL-2.0 */
/* SIMD floating point, #XM (13). */
#include "lab.inc"

	mov	%cr4, %rax
	or	$0x600, %eax
	mov	%rax, %cr4
	push	$0x1d80
	ldmxcsr	(%rsp)
	xor	%eax, %eax
	cvtsi2ss %eax, %xmm0
	mov	$1, %eax
	cvtsi2ss %eax, %xmm1
	divss	%xmm0, %xmm1
	hlt
