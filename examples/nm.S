/* SPDX-License-Identifier: GPL-2.0 */
/* Device not available, #NM (07). */
#include "lab.inc"

	mov	%cr0, %rax
	or	$8, %eax
	mov	%rax, %cr0
	fnop
	hlt
