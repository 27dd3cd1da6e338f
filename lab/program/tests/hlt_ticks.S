/* SPDX-License-Identifier: GPL-2.0 */
/* HLT in a loop, woken by 50 interrupts of a timer that works, for longer than 200 ms. */
#include "lab.inc"

	SET_GATE 0x41, handler
	mov	$0xfee00000, %ebx
	xor	%ecx, %ecx
	movl	$0xb, 0x3e0(%rbx)	/* divide by 1 */
	movl	$0x20041, 0x320(%rbx)	/* periodic */
	movl	$5000000, 0x380(%rbx)
	sti
1:	hlt
	jmp	1b
handler:
	inc	%ecx
	movl	$0, 0xb0(%rbx)
	cmp	$50, %ecx
	je	2f
	iretq
2:	hlt				/* with IF=0 */
