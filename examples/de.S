/* SPDX-License-Identifier: GPL-2.0 */
/* Divide error, #DE (00). */
#include "lab.inc"

	xor	%ecx, %ecx
	div	%ecx
	hlt
