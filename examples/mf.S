/* SPDX-License-Identifier: GPL-2.0 */
/* x87 error, #MF (10). */
#include "lab.inc"

	fninit
	push	$0x37b
	fldcw	(%rsp)
	fld1
	fldz
	fdivrp
	fwait
	hlt
