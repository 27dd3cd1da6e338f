/* SPDX-License-Identifier: GPL-2.0 */
/* Breakpoint, INT3 (03): a trap, so it goes on behind. */
#include "lab.inc"

	int3
	PUTCHAR	'b'
	PUTCHAR	'\n'
	hlt
