/* SPDX-License-Identifier: GPL-2.0 */
/* INT 80 from CPL 3 through a gate of DPL 3, and INT 81 through one of DPL 0: #GP. */
#include "lab.inc"

	SET_GATE 0x80, handler, USER_GATE
	mov	%rsp, %rbx
	push	$0x2b
	push	%rbx
	push	$2
	push	$0x33
	lea	user(%rip), %rax
	push	%rax
	iretq
user:	int	$0x80
	int	$0x81
handler:
	iretq
