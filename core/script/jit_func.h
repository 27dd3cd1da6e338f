/* SPDX-License-Identifier: GPL-2.0 */
/* What the translator's files share. */
#ifndef TG_SCRIPT_JIT_FUNC_H
#define TG_SCRIPT_JIT_FUNC_H

#include "jit_asm.h"

#define MAPPED	9u		/* script registers in registers of the processor */

/*
 * RBX the run, R12 the window, R15 the fuel of this slice. RAX, RCX, RDX are for one
 * instruction. A function's most used registers live in RBP, R13, R14, which calls
 * keep, then RSI, RDI, R8...R11; all others, and all around calls of scripts'
 * functions and helpers, in the window.
 *
 * A simple program pays no fuel and calls nothing but, where memory is not near, a
 * function that reads it. The run stays in RDI, and what such a call loses
 * is pushed around it: most of these programs need no register that they must save.
 */
struct jit {
	struct jit_out o;
	const struct tg_program *p;
	const struct tg_func *f;
	struct tg_jit_work *w;
	u32 used;			/* of the processor's registers, a bit each */
	u32 fail, pay, leave;		/* offsets of common code */
	bool simple;			/* the program */
	bool loads;			/* it reads memory */
	u32 base;			/* RDI, RBX: the run */
	const u8 *places;		/* of mapped registers, best first */
	u32 at;				/* the instruction */
	s8 hw[TG_SCRIPT_REGS_MAX];	/* -1: in the window */
	u8 mapped[MAPPED];		/* script registers, by place */
	u32 nr_mapped;
};

#define RUN_AT(member)	((s32)offsetof(struct tg_run, member))
#define SEG_AT(segment, member) \
	((s32)(offsetof(struct tg_run, seg) + (segment) * sizeof(((struct tg_run *)0)->seg[0]) + \
	       offsetof(__typeof__(((struct tg_run *)0)->seg[0]), member)))

void jit_map(struct jit *j);
/* The processor's register with the value: its own, or scratch, loaded. */
u32 jit_use(struct jit *j, u32 reg, u32 scratch);
void jit_load(struct jit *j, u32 to, u32 reg);
void jit_store(struct jit *j, u32 reg, u32 from);
/* Where to compute a result: its own register or scratch, then jit_store() it. */
u32 jit_dest(const struct jit *j, u32 reg, u32 scratch);
/*
 * Around calls in programs that are not simple: mapped registers to the window and
 * back; those that C functions lose, or all.
 */
void jit_flush(struct jit *j, bool all);
void jit_reload(struct jit *j, bool all);
/* Before and after a call of a C function that is not at the end of an instruction. */
void jit_before_call(struct jit *j);
void jit_after_call(struct jit *j);
/* The end of a run without error. */
void jit_leave(struct jit *j);
/* The run ends here with an error; value: a register with the error value, or -1: 0. */
void jit_fail(struct jit *j, u32 error, int value);
/* ...if RAX, an error, is not 0. */
void jit_fail_rax(struct jit *j);
void jit_pay(struct jit *j, u32 fuel);

void jit_insn(struct jit *j, const struct tg_insn *insn);
void jit_outside(struct jit *j, const struct tg_insn *insn);

#endif
