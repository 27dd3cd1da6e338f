/* SPDX-License-Identifier: GPL-2.0 */
/* Invalid TSS, #TS (0a): the gate names an IST stack beyond the TSS. */
#include "lab.inc"

	sub	$16, %rsp
	sgdt	(%rsp)
	mov	2(%rsp), %rbx
	movw	$83, 0x40(%rbx)		/* the TSS ends before IST 7 */
	andb	$0xf9, 0x45(%rbx)
	mov	$0x40, %eax
	ltr	%ax
	SET_GATE 0x80, handler, INTERRUPT_GATE, 7
	int	$0x80
handler:
	hlt
