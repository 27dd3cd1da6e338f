// SPDX-License-Identifier: GPL-2.0
/*
 * Interpreter of verified bytecode. Runs in root mode. The instructions' effects
 * are in TG_INSNS; here are the words they use.
 *
 * Dispatch: root objects have neither jump tables nor indirect branches without
 * retpoline, which costs some 30 cycles an instruction. So this switch is a tree
 * of compares, seven deep, that a branch predictor with history gets right; and
 * instructions that do much (compare with a constant and branch, load through a
 * guest register, increment a global) keep their number down.
 */
#include "guest.h"

#define FAIL(kind, value) \
	do { run->error_value = (u64)(value); error = TG_ERR_##kind; goto fail; } while (0)
#define CHECK(condition, kind, value) \
	do { if (!(condition)) FAIL(kind, value); } while (0)
#define CHECK_KIND(condition, kind, value) \
	do { \
		if (!(condition)) { \
			error = (kind); \
			run->error_value = (value); \
			goto fail; \
		} \
	} while (0)
/* Of 32 bits: the division is one of 64 all the same, and nothing says that B is small. */
#define DIVIDE(bits) \
	do { \
		CHECK(C, DIVIDE, 0); \
		CHECK(C != ~0ull || (B != ~0ull << ((bits) - 1) && B != ~0ull << 63), \
		      OVERFLOW, 0); \
	} while (0)
#define TRY(call) \
	do { error = (call); if (error) goto fail; } while (0)

#define PAY(n) \
	do { \
		fuel -= (n); \
		if (__builtin_expect(fuel < 0, 0)) { \
			run->slice = fuel; \
			TRY(tg_run_refill(run)); \
			fuel = run->slice; \
		} \
	} while (0)
#define JUMP(distance) \
	do { \
		s32 d_ = (distance); \
		if (d_ < 0) \
			PAY(-d_); \
		pc += d_; \
	} while (0)

/* Fields, taken from the instruction's word where an effect needs them. */
#define a	((u32)(u8)(word >> 8))
#define b	((u32)(u8)(word >> 16))
#define c	((u32)(u8)(word >> 24))
#define bc	((s32)(s16)(word >> 16))
#define imm	((s32)(word >> 32))
#define A	r[a]
#define B	r[b]
#define C	r[c]
#define GUEST(n)	run->gpr[n]
#define GLOBAL(offset)	(*(u64 *)(globals + (offset)))
#define FRAME_ADDRESS(below) TG_ADDR(TG_SEG_FRAME, frame - (u32)(below))
#define LOAD(to, address, size) \
	do { u64 v_; TRY(tg_mem_load(run, address, size, &v_)); to = v_; } while (0)
#define STORE(from, address, size) TRY(tg_mem_store(run, address, size, from))
#define READ_REG(to, reg) \
	do { u64 v_; TRY(tg_run_get(run, (u32)(reg), &v_)); to = v_; } while (0)
#define WRITE_REG(from, reg) TRY(tg_run_set(run, (u32)(reg), from))

#define CALL(window, number) \
	do { \
		const struct tg_func *f_ = &funcs[number]; \
		u64 *to_ = r + (window) + 1; \
		CHECK(to_ + f_->regs <= end && depth && frame + f_->mem <= TG_SCRIPT_MEM_MAX, \
		      STACK, 0); \
		PAY((s64)f_->count + f_->mem / 8); \
		r[window] = (u64)(pc - code) | (u64)(window) << 32; \
		depth--; \
		tg_mem_zero(run->seg[TG_SEG_FRAME].base + frame, f_->mem); \
		frame += f_->mem; \
		run->seg[TG_SEG_FRAME].size = frame; \
		r = to_; \
		pc = code + f_->start; \
	} while (0)
/* The caller finds the result where the link was, in its register `window`. */
#define RETURN(mem) \
	do { \
		u64 link_ = r[-1]; \
		r[-1] = r[0]; \
		frame -= (u32)(mem); \
		run->seg[TG_SEG_FRAME].size = frame; \
		depth++; \
		r -= (link_ >> 32) + 1; \
		pc = code + (u32)link_; \
	} while (0)
/* What a helper does pays from run->slice. */
#define OUTSIDE(call) \
	do { \
		run->slice = fuel; \
		TRY(call); \
		fuel = run->slice; \
	} while (0)
#define HELPER(window, number)	OUTSIDE(tg_helper_call(run, (u32)(number), r + (window)))
#define PRINTF(window, nr, format) \
	OUTSIDE(tg_print_format(run, (const char *)run->program->consts + (format), \
				r + (window), nr))
#define EXIT()	do { error = TG_ERR_NONE; goto out; } while (0)

tg_root u32 tg_run_get(struct tg_run *run, u32 reg, u64 *value)
{
	if (reg < TG_NR_GPRS && reg != TG_REG_RSP) {
		*value = run->gpr[reg];
		return TG_ERR_NONE;
	}
	return tg_guest_get(run, reg, value);
}

tg_root u32 tg_run_set(struct tg_run *run, u32 reg, u64 value)
{
	if (reg < TG_NR_GPRS && reg != TG_REG_RSP) {
		run->gpr[reg] = value;
		return TG_ERR_NONE;
	}
	run->error_value = value;
	tg_run_forget_page(run);	/* perhaps other page tables */
	return tg_guest_set(run, reg, value);
}

tg_root u32 tg_run_clock(struct tg_run *run)
{
	u64 now = tg_hw_tsc();

	tg_guest_let_in(run);
	if (!run->deadline)
		run->deadline = now + run->tsc_limit;
	else if (now > run->deadline)
		return TG_ERR_TIME;
	return TG_ERR_NONE;
}

tg_root u32 tg_run_refill(struct tg_run *run)
{
	u64 need = (u64)-run->slice, grant = need + TG_RUN_SLICE;

	if (run->fuel < need)
		return TG_ERR_FUEL;
	if (grant > run->fuel)
		grant = run->fuel;
	run->fuel -= grant;
	run->slice += (s64)grant;
	return tg_run_clock(run);
}

tg_root u32 tg_script_line(const struct tg_program *p, u32 insn)
{
	u32 line = 0;

	for (u32 i = 0; i < p->image->nr_lines && p->lines[i].insn <= insn; i++)
		line = p->lines[i].line;
	return line;
}

tg_root void tg_run_end(struct tg_run *run)
{
	if (run->nr_locks)
		tg_sync_release(run);
	if (run->text_used)
		tg_print_flush(run);
}

tg_root void tg_run_begin(struct tg_run *run)
{
	u64 slice = run->fuel_limit < TG_RUN_SLICE ? run->fuel_limit : TG_RUN_SLICE;
	u32 mem = run->program->funcs->mem;

	run->slice = (s64)slice;
	run->fuel = run->fuel_limit - slice;
	run->deadline = 0;
	run->depth = TG_SCRIPT_DEPTH - 1;
	run->seg[TG_SEG_FRAME].size = mem;
	if (mem)
		tg_mem_zero(run->seg[TG_SEG_FRAME].base, mem);
}

tg_root void tg_script_interpret(struct tg_run *run)
{
	const struct tg_program *program = run->program;
	const struct tg_insn *code = program->insns, *pc = code;
	const struct tg_func *funcs = program->funcs;
	u64 *r = run->stack, *end = r + TG_SCRIPT_STACK;
	u8 *globals = run->seg[TG_SEG_GLOBALS].base;
	u32 depth = TG_SCRIPT_DEPTH - 1, frame = funcs->mem, error;
	s64 fuel;

	tg_run_begin(run);
	fuel = run->slice;
	for (;;) {
		u64 word = *(const u64 *)pc++;

		switch ((enum tg_op)(u8)word) {
#define TG_OP_CASE(name, fa, fb, fc, fimm, ...) \
		case TG_OP_##name: \
			__VA_ARGS__; \
			continue;
		TG_INSNS(TG_OP_CASE)
#undef TG_OP_CASE
		case TG_NR_OPS:
			break;
		}
		__builtin_unreachable();
	}
fail:
	run->error_insn = (u32)(pc - code) - 1;
out:
	run->error = error;
	tg_run_end(run);
}

/*
 * Translated code is called through a pointer: with a retpoline in root mode, once
 * a run. The kernel's objtool takes its call for one that it does not know, and
 * gives the whole module up.
 */
#ifdef __KERNEL__
__asm__(".pushsection .discard.func_stack_frame_non_standard, \"aw\"\n\t"
	".long tg_script_run - .\n\t"
	".popsection");
#endif
tg_root void tg_script_run(struct tg_run *run)
{
	const struct tg_program *p = run->program;

	if (!p->code) {
		tg_script_interpret(run);
		return;
	}
	p->code(run);
}
