/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An IDT of the program's own, of 0x81 gates: SIDT says so before and behind it, its gates are as
 * it made them, INT 80 goes through it, and INT 81 is #GP, for its limit.
 */
#include "lab.inc"

	cld
	mov	%rdi, %rsi		/* with the clock's gate, 2 */
	lea	idt(%rip), %rdi
	mov	%rdi, %rbx
	mov	$256, %ecx
	rep movsq
	mov	%rbx, %rdi
	SET_GATE 0x80, handler
	SET_GATE 13, stopped
	sidt	was(%rip)
	mov	%rbx, own + 2(%rip)
	lidt	own(%rip)
	sidt	is(%rip)
	cmp	%rbx, is + 2(%rip)
	jne	wrong
	cmpw	$16 * 0x81 - 1, is(%rip)
	jne	wrong
	cmp	%rbx, was + 2(%rip)
	je	wrong
	cmpb	$INTERRUPT_GATE, 16 * 0x80 + 5(%rbx)
	jne	wrong
	PUTCHAR	'S'
	int	$0x80
	PUTCHAR	'E'
	PUTCHAR	'\n'
	int	$0x81
wrong:	PUTCHAR	'?'
	hlt
handler:
	PUTCHAR	'H'
	iretq
stopped:
	hlt

	.balign	8
was:	.fill	16
is:	.fill	16
own:	.word	16 * 0x81 - 1
	.quad	0
	.balign	16
idt:	.fill	16 * 256
