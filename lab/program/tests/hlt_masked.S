/* SPDX-License-Identifier: GPL-2.0 */
/* An interrupt during HLT with IF=0 does not wake it: the APIC's timer, 20 ms under Bochs. */
#include "lab.inc"

	mov	$0xfee00000, %ebx
	movl	$0xb, 0x3e0(%rbx)	/* divide by 1 */
	movl	$0x41, 0x320(%rbx)
	movl	$2000000, 0x380(%rbx)
	hlt
	int	$0x80
	hlt
