/* SPDX-License-Identifier: GPL-2.0 */
/* Never halts: the run ends at its limit. */
#include "lab.inc"

	jmp	.
