/* SPDX-License-Identifier: GPL-2.0 */
/* A triple fault for want of page tables: what becomes of it is told all the same. */
#include "lab.inc"

	mov	$0x3000000, %eax	/* nothing but zeros */
	mov	%rax, %cr3
	hlt
