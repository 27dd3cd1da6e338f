/* SPDX-License-Identifier: GPL-2.0 */
/* A trap gate (80) leaves IF as it is, an interrupt gate (81) clears it; both push it. */
#include "lab.inc"

	SET_GATE 0x80, handler, TRAP_GATE
	SET_GATE 0x81, handler, INTERRUPT_GATE
	sti
	int	$0x80
	int	$0x81
	PUTCHAR	'\n'
	cli
	hlt
handler:
	PUTCHAR	'0'
	pushfq
	pop	%rcx
	test	$0x200, %ecx
	jz	1f
	PUTCHAR	'1'
1:	testw	$0x200, 16(%rsp)
	jz	wrong
	iretq
wrong:	PUTCHAR	'?'
	hlt
