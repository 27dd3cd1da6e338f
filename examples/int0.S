/* SPDX-License-Identifier: GPL-2.0 */
/* The classic first step: N, int 0, whose handler says H and halts. */
#include "lab.inc"

	SET_GATE 0, handler
	PUTCHAR	'N'
	int	$0
	PUTCHAR	'?'
	hlt
handler:
	PUTCHAR	'H'
	PUTCHAR	'\n'
	hlt
