/* SPDX-License-Identifier: GPL-2.0 */
/* Debug exception, #DB (01): one single step. */
#include "lab.inc"

	SET_GATE 1, handler
	pushf
	orl	$0x100, (%rsp)
	popf
	nop
	hlt
handler:
	andl	$~0x100, 16(%rsp)
	iretq
