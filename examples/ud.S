/* SPDX-License-Identifier: GPL-2.0 */
/* Invalid opcode, #UD (06), and a handler that skips it. */
#include "lab.inc"

	SET_GATE 6, handler
	ud2
	hlt
handler:
	addq	$2, (%rsp)
	iretq
