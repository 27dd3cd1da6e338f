/* SPDX-License-Identifier: GPL-2.0 */
/* HLT with IF=1, again and again, and no interrupt comes. */
#include "lab.inc"

	sti
1:	hlt
	jmp	1b
