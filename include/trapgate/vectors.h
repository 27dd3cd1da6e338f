/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vector table: one row per vector that has a name. SDM volume 3, chapter
 * "Interrupt and Exception Handling"; AMD APM volume 2, chapter 8.
 *
 * X(ID, vector, mnemonic, name, error, class): TG_VEC_ and ID name the number
 *   error: NONE, CODE (a meaningful error code is pushed), ZERO (always 0)
 *   class: of the double-fault table: BENIGN, CONTRIBUTORY, PAGEFAULT,
 *          DOUBLEFAULT. It counts for hardware exceptions only.
 */
#ifndef TRAPGATE_VECTORS_H
#define TRAPGATE_VECTORS_H

#define TG_VECTORS(X)									\
	X(DE,	0x00, "#DE", "divide error",			NONE, CONTRIBUTORY)	\
	X(DB,	0x01, "#DB", "debug",				NONE, BENIGN)		\
	X(NMI,	0x02, "NMI", "non-maskable interrupt",		NONE, BENIGN)		\
	X(BP,	0x03, "#BP", "breakpoint",			NONE, BENIGN)		\
	X(OF,	0x04, "#OF", "overflow",			NONE, BENIGN)		\
	X(BR,	0x05, "#BR", "bound range exceeded",		NONE, BENIGN)		\
	X(UD,	0x06, "#UD", "invalid opcode",			NONE, BENIGN)		\
	X(NM,	0x07, "#NM", "device not available",		NONE, BENIGN)		\
	X(DF,	0x08, "#DF", "double fault",			ZERO, DOUBLEFAULT)	\
	X(CSO,	0x09, "CSO", "coprocessor segment overrun",	NONE, BENIGN)		\
	X(TS,	0x0a, "#TS", "invalid TSS",			CODE, CONTRIBUTORY)	\
	X(NP,	0x0b, "#NP", "segment not present",		CODE, CONTRIBUTORY)	\
	X(SS,	0x0c, "#SS", "stack-segment fault",		CODE, CONTRIBUTORY)	\
	X(GP,	0x0d, "#GP", "general protection",		CODE, CONTRIBUTORY)	\
	X(PF,	0x0e, "#PF", "page fault",			CODE, PAGEFAULT)	\
	X(MF,	0x10, "#MF", "x87 floating-point error",	NONE, BENIGN)		\
	X(AC,	0x11, "#AC", "alignment check",			ZERO, BENIGN)		\
	X(MC,	0x12, "#MC", "machine check",			NONE, BENIGN)		\
	X(XM,	0x13, "#XM", "SIMD floating point",		NONE, BENIGN)		\
	X(VE,	0x14, "#VE", "virtualization",			NONE, PAGEFAULT)	\
	X(CP,	0x15, "#CP", "control protection",		CODE, CONTRIBUTORY)	\
	X(HV,	0x1c, "#HV", "hypervisor injection",		NONE, BENIGN)		\
	X(VC,	0x1d, "#VC", "VMM communication",		CODE, CONTRIBUTORY)	\
	X(SX,	0x1e, "#SX", "security",			CODE, CONTRIBUTORY)

enum {
#define TG_VEC_ENUM(id, vector, ...) TG_VEC_##id = vector,
	TG_VECTORS(TG_VEC_ENUM)
#undef TG_VEC_ENUM
};

/* Vectors below this are exceptions (and NMI), the rest are interrupts. */
#define TG_FIRST_INTERRUPT	0x20
#define TG_NR_VECTORS		0x100

#endif
