/* SPDX-License-Identifier: GPL-2.0 */
/* INT 80 through a gate with IST 3: its handler is on that stack, and IRET takes it back. */
#include "lab.inc"

	SET_GATE 0x80, handler, INTERRUPT_GATE, 3
	mov	0x34(%rsi), %rbx	/* the TSS's IST 3 */
	mov	%rsp, %rbp
	int	$0x80
	cmp	%rsp, %rbp
	jne	wrong
	PUTCHAR	'E'
	PUTCHAR	'\n'
	hlt
handler:
	lea	40(%rsp), %rcx		/* SS, RSP, RFLAGS, CS, RIP */
	cmp	%rcx, %rbx
	jne	wrong
	cmp	%rbp, 24(%rsp)
	jne	wrong
	PUTCHAR	'I'
	iretq
wrong:	PUTCHAR	'?'
	hlt
