/* SPDX-License-Identifier: GPL-2.0 */
/* For assembly: the guest's registers, from and to the struct guest_regs at R15. */
#include "../../arch/x86/asm_regs.h"

	.macro	LOAD_GUEST
	.set	reg_at, 0
	.irp	reg, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9
	mov	reg_at(%r15), %\reg
	.set	reg_at, reg_at + 8
	.endr
	.endm

	.macro	STORE_GUEST
	.set	reg_at, 0
	.irp	reg, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9
	mov	%\reg, reg_at(%r15)
	.set	reg_at, reg_at + 8
	.endr
	.endm
