/* SPDX-License-Identifier: GPL-2.0 */
/* Alignment check, #AC (11), at CPL 3. */
#include "lab.inc"

	mov	%cr0, %rax
	or	$0x40000, %eax
	mov	%rax, %cr0
	mov	%rsp, %rbx
	push	$0x2b
	push	%rbx
	push	$0x40002
	push	$0x33
	lea	user(%rip), %rax
	push	%rax
	iretq
user:	mov	-63(%rbx), %eax
	nop
