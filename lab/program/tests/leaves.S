/* SPDX-License-Identifier: GPL-2.0 */
/* Ends VMX or SVM operation, as a kernel may: said is that nothing is seen any more. */
#include "lab.inc"

	int3
	mov	%cr4, %rax
	and	$~0x2000, %eax		/* VMXE */
	mov	%rax, %cr4
	mov	$0xc0000080, %ecx	/* EFER.SVME */
	rdmsr
	and	$~0x1000, %eax
	wrmsr
	int	$0x80
	hlt
