/* SPDX-License-Identifier: GPL-2.0 */
/* Page fault, #PF (0e): the handler reads CR2 and halts. */
#include "lab.inc"

	SET_GATE 14, handler
	movabs	$0x123456789000, %rbx
	mov	%eax, (%rbx)
	hlt
handler:
	mov	%cr2, %rax
	hlt
