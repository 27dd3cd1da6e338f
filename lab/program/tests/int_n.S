/* SPDX-License-Identifier: GPL-2.0 */
/* INT n through a gate of the program's own, and through a default one. */
#include "lab.inc"

	SET_GATE 0x81, handler
	int	$0x81
	int	$0x80
	hlt
handler:
	iretq
