/* SPDX-License-Identifier: GPL-2.0 */
/* Stack fault, #SS (0c): a stack address that is not canonical; the handler has its own. */
#include "lab.inc"

	movb	$1, 16 * 12 + 4(%rdi)
	movabs	$0x8000000000000000, %rsp
	push	%rax
	hlt
