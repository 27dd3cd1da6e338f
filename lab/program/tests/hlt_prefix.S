/* SPDX-License-Identifier: GPL-2.0 */
/* A HLT with prefixes is one. */
#include "lab.inc"

	.byte	0x66, 0xf3, 0xf4
	int	$0x80
	hlt
