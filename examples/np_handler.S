/* SPDX-License-Identifier: GPL-2.0 */
/*
 * INT 80 through a gate that is not present, from CPL 3: #NP at the INT, with the gate's number
 * and the IDT's bit, and without EXT. Its handler makes the gate, and the INT runs again.
 */
#include "lab.inc"

	SET_GATE 0x80, handler, USER_GATE & 0x7f
	SET_GATE 11, absent
	mov	%rsp, %rbx
	push	$0x2b
	push	%rbx
	push	$2
	push	$0x33
	lea	user(%rip), %rax
	push	%rax
	iretq
user:	int	$0x80
	ud2
absent:
	cmpl	$16 * 0x80 / 2 + 2, (%rsp)
	jne	wrong
	lea	user(%rip), %rax
	cmp	%rax, 8(%rsp)
	jne	wrong
	orb	$0x80, 16 * 0x80 + 5(%rdi)
	PUTCHAR	'N'
	add	$8, %rsp
	iretq
handler:
	lea	user + 2(%rip), %rax
	cmp	%rax, (%rsp)
	jne	wrong
	PUTCHAR	'H'
	PUTCHAR	'\n'
	hlt
wrong:	PUTCHAR	'?'
	hlt
