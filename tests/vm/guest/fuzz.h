/* SPDX-License-Identifier: GPL-2.0 */
/* fuzz: what the generator (fuzz_gen.c) and the runner (fuzz.c) share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>

#define FUZZ_CODE	0x30000000ul	/* the program, 64 KiB */
#define FUZZ_WATCH	0x30100000ul	/* data the breakpoints look at */
#define FUZZ_STACK	0x30200800ul	/* the program's stack pointer */
#define FUZZ_RO		0x30300000ul	/* a read-only page */
#define FUZZ_OUT	0x38000000ul	/* nothing there; low bits: where to go on */
#define FUZZ_MAX_SNIPS	64

struct fuzz_prog {
	unsigned char *code;
	unsigned int len;
	unsigned int nr;			/* snippets */
	unsigned int start[FUZZ_MAX_SNIPS + 1];	/* offset of each, and of the end */
	unsigned long dr[4], dr7;		/* 0: none */
	const char *name;			/* of a directed program */
};

/* The same for the same seed and index; the first ones are directed. */
void fuzz_generate(struct fuzz_prog *p, uint64_t seed, unsigned int index);
unsigned int fuzz_nr_directed(void);

#endif
