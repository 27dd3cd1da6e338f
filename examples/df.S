/* SPDX-License-Identifier: GPL-2.0 */
/* Double fault, #DF (08): #NP while #GP is delivered. */
#include "lab.inc"

	movb	$NOT_PRESENT, 16 * 13 + 5(%rdi)
	mov	$0x1230, %eax
	mov	%eax, %ds
	hlt
