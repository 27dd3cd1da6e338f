/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vector table: one row per vector that has a name. SDM volume 3, chapter
 * "Interrupt and Exception Handling"; AMD APM volume 2, chapter 8.
 *
 * X(vector, mnemonic, name, error, class)
 *   error: NONE, CODE (a meaningful error code is pushed), ZERO (always 0)
 *   class: of the double-fault table: BENIGN, CONTRIBUTORY, PAGEFAULT,
 *          DOUBLEFAULT. It counts for hardware exceptions only.
 */
#ifndef TRAPGATE_VECTORS_H
#define TRAPGATE_VECTORS_H

#define TG_VECTORS(X)								\
	X(0x00, "#DE", "divide error",			NONE, CONTRIBUTORY)	\
	X(0x01, "#DB", "debug",				NONE, BENIGN)		\
	X(0x02, "NMI", "non-maskable interrupt",	NONE, BENIGN)		\
	X(0x03, "#BP", "breakpoint",			NONE, BENIGN)		\
	X(0x04, "#OF", "overflow",			NONE, BENIGN)		\
	X(0x05, "#BR", "bound range exceeded",		NONE, BENIGN)		\
	X(0x06, "#UD", "invalid opcode",		NONE, BENIGN)		\
	X(0x07, "#NM", "device not available",		NONE, BENIGN)		\
	X(0x08, "#DF", "double fault",			ZERO, DOUBLEFAULT)	\
	X(0x09, "CSO", "coprocessor segment overrun",	NONE, BENIGN)		\
	X(0x0a, "#TS", "invalid TSS",			CODE, CONTRIBUTORY)	\
	X(0x0b, "#NP", "segment not present",		CODE, CONTRIBUTORY)	\
	X(0x0c, "#SS", "stack-segment fault",		CODE, CONTRIBUTORY)	\
	X(0x0d, "#GP", "general protection",		CODE, CONTRIBUTORY)	\
	X(0x0e, "#PF", "page fault",			CODE, PAGEFAULT)	\
	X(0x10, "#MF", "x87 floating-point error",	NONE, BENIGN)		\
	X(0x11, "#AC", "alignment check",		ZERO, BENIGN)		\
	X(0x12, "#MC", "machine check",			NONE, BENIGN)		\
	X(0x13, "#XM", "SIMD floating point",		NONE, BENIGN)		\
	X(0x14, "#VE", "virtualization",		NONE, PAGEFAULT)	\
	X(0x15, "#CP", "control protection",		CODE, CONTRIBUTORY)	\
	X(0x1c, "#HV", "hypervisor injection",		NONE, BENIGN)		\
	X(0x1d, "#VC", "VMM communication",		CODE, CONTRIBUTORY)	\
	X(0x1e, "#SX", "security",			CODE, CONTRIBUTORY)

/* Vectors below this are exceptions (and NMI), the rest are interrupts. */
#define TG_FIRST_INTERRUPT	0x20
#define TG_NR_VECTORS		0x100

#endif
