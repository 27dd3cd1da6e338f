/* SPDX-License-Identifier: GPL-2.0 */
/* Segment not present, #NP (0b): a gate that is not. */
#include "lab.inc"

	movb	$NOT_PRESENT, 16 * 0x80 + 5(%rdi)
	int	$0x80
	hlt
