/* SPDX-License-Identifier: GPL-2.0 */
/* INT3 and INT n with n = 3: the same gate, two types, and lengths of their own. */
#include "lab.inc"

	SET_GATE 3, handler
	int3
a:	.byte	0xcd, 3
b:	PUTCHAR	'\n'
	hlt
handler:
	lea	a(%rip), %rax
	cmp	%rax, (%rsp)
	je	1f
	lea	b(%rip), %rax
	cmp	%rax, (%rsp)
	jne	wrong
	PUTCHAR	'n'
	iretq
1:	PUTCHAR	'3'
	iretq
wrong:	PUTCHAR	'?'
	hlt
