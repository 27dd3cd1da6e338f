/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What raise.c (runs the cases), raise_cases.c (says what each must give) and
 * raise_check.c (reads a trace) share.
 */
#ifndef RAISE_H
#define RAISE_H

#include <stdint.h>
#include <stdio.h>

/* Fixed addresses, above where a randomised heap can be. */
#define RAISE_NO_MAP	0x60000000ul	/* nothing there */
#define RAISE_RO	0x60010000ul	/* read-only, present */
#define RAISE_NONE	0x60020000ul	/* PROT_NONE, was present */
#define RAISE_NX	0x60030000ul	/* no execute, present */
#define RAISE_DEMAND	0x61000000ul	/* anonymous, not touched */
#define RAISE_KERNEL	0xffff800000001000ul	/* kernel half, nothing there */

#define RAISE_NO_SIGNAL	0
#define RAISE_ANY	(-2)		/* not the same on every kernel */

enum raise_hw { HW_NONE, HW_EXEC, HW_WRITE, HW_RW };

struct raise_case {
	const char *name;
	void (*run)(void);
	const char *at;			/* the raising instruction */
	/* what the hardware raises, as a trace record has it */
	int vector;
	int type;			/* enum tg_trap_type */
	int cpl;
	int records;			/* per raise; 0: not intercepted */
	int max_records;		/* 0: exactly .records */
	long error;			/* -1: none */
	int has_address;
	uint64_t address;
	uint64_t rip;			/* 0: somewhere in the kernel */
	/* what the program's handler gets */
	int signo;			/* RAISE_NO_SIGNAL */
	int code;
	uint64_t sig_addr;
	long sig_err;
	uint64_t sig_rip;
	enum raise_hw hw;		/* which breakpoint the parent sets */
	long result;			/* RAX, for cases without a signal */
};

extern struct raise_case raise_cases[];
void raise_for_this_machine(void);	/* first: changes the cases that depend on it */
const struct raise_case *raise_find(const char *name);
void raise_list(FILE *out);
int raise_check(const char *name, long count, const char *file);

#endif
