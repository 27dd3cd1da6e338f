/* SPDX-License-Identifier: GPL-2.0 */
/* General protection, #GP (0d): a selector beyond the GDT. */
#include "lab.inc"

	mov	$0x1230, %eax
	mov	%eax, %ds
	hlt
