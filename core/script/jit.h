/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verified bytecode to x86-64: the same effects, the same fuel, the same errors as
 * the interpreter. The code keeps the ABI of C functions and uses general registers only.
 */
#ifndef TG_SCRIPT_JIT_H
#define TG_SCRIPT_JIT_H

#include "run.h"

/* Room to work in; any content. */
struct tg_jit_work {
	u32 fault;				/* result: native offset of code_fault */
	u32 at[TG_SCRIPT_INSNS_MAX + 1];	/* native offset of each instruction */
	u32 func_at[TG_SCRIPT_FUNCS_MAX];
	s16 loops[TG_SCRIPT_INSNS_MAX + 1];	/* begin here less those that ended before */
};

/*
 * Translates *p. code: where to write; address: where it will run; size: room there.
 * Returns the bytes needed, 0 when there is no room: with size 0 a measurement. What
 * is written needs no more than it was told. The caller makes it executable, not
 * writable, and says so with tg_jit_use(). Process context.
 */
u32 tg_jit_translate(const struct tg_program *p, u8 *code, u64 address, u32 size,
		     struct tg_jit_work *work);

/* *p is run by its translation of that size, at address, from here on. */
static tg_always_inline void tg_jit_use(struct tg_program *p, u64 address, u32 size,
					const struct tg_jit_work *work)
{
	p->code = (void (*)(struct tg_run *))address;
	p->code_size = size;
	p->code_fault = address + work->fault;
}

#endif
