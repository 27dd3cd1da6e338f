/* SPDX-License-Identifier: GPL-2.0 */
/* Where things lie in a lab program; also for the assembler and the linker script. */
#ifndef LAB_MEMORY_H
#define LAB_MEMORY_H

#define LAB_HIGH	0xffffffff80000000	/* the first 2 GiB of memory again */
#define LAB_LOAD	0x1000000		/* physical; KERNEL in vm/image.py */
#define LAB_PROGRAM	0x2000000		/* physical; --load of vm/bare */
#define LAB_ARGUMENTS	0x11000			/* physical; COMMAND_LINE in vm/image.py */

/* Selectors, Linux' own. */
#define LAB_CS		0x10
#define LAB_DS		0x18
#define LAB_USER32_CS	0x23
#define LAB_USER_DS	0x2b
#define LAB_USER_CS	0x33
#define LAB_TSS		0x40

#endif
