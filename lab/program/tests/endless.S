/* SPDX-License-Identifier: GPL-2.0 */
/* The handler goes back to the fault for ever; before it a HLT that is never run. */
#include "lab.inc"

	SET_GATE 6, handler
	ud2
	hlt
handler:
	iretq
