// SPDX-License-Identifier: GPL-2.0
/*
 * Verifies a function's code in two passes. The first finds the starts of loops. The
 * second checks operands by the table of instructions, and which registers are
 * written on every way to each instruction. A jump forward leaves its set at the
 * target, where sets are intersected. At the start of a loop only the function's
 * variables are assumed to be written, not what was temporary in front of it; a jump
 * back must bring what was assumed. Code that nothing reaches is assumed to have
 * everything, which a real jump to it would have to bring. Process context.
 */
#include "format.h"
#include "verify_func.h"

#define MARK_WAITED	1u		/* a jump forward left a set */
#define MARK_LOOP	2u		/* a jump back comes here */

struct pass {
	const struct tg_program *p;
	const struct tg_func *f;
	struct tg_verify_work *w;
	struct tg_regset set;
	u32 number, at;			/* of the function; the instruction */
	bool reached;
};

static const struct {
	char a, b, c, imm;
} shape[] = {
#define SHAPE(name, fa, fb, fc, fimm, ...) [TG_OP_##name] = { #fa[0], #fb[0], #fc[0], #fimm[0] },
	TG_INSNS(SHAPE)
};
_Static_assert(TG_ARRAY_SIZE(shape) == TG_NR_OPS, "a shape for each instruction");

static const u8 reg_writable[] = {
#define REG_WRITABLE(name, yes) [TG_REG_##name] = yes,
	TG_REGS(REG_WRITABLE)
};

static const struct {
	u8 args, result;
} helper_shape[] = {
#define HELPER_SHAPE(name, nr, has) [TG_HELPER_##name] = { nr, has },
	TG_HELPERS(HELPER_SHAPE)
};
_Static_assert(TG_ARRAY_SIZE(helper_shape) == TG_NR_HELPERS, "a shape for each helper");

static bool has(const struct tg_regset *s, u32 reg)
{
	return s->bit[reg / 64] >> reg % 64 & 1;
}

static void add(struct tg_regset *s, u32 reg)
{
	s->bit[reg / 64] |= 1ull << reg % 64;
}

static void remove_from(struct tg_regset *s, u32 reg)
{
	for (u32 i = 0; i < TG_ARRAY_SIZE(s->bit); i++) {
		if (i * 64 >= reg)
			s->bit[i] = 0;
		else if (i * 64 + 64 > reg)
			s->bit[i] &= (1ull << reg % 64) - 1;
	}
}

static enum tg_reject check_reg(const struct pass *v, u32 reg, bool read)
{
	if (reg >= v->f->regs)
		return TG_REJECT_REGISTER;
	return read && !has(&v->set, reg) ? TG_REJECT_UNSET : TG_REJECT_NONE;
}

/* One of the fields a, b, c. */
static enum tg_reject check_field(const struct pass *v, char kind, u32 value)
{
	switch (kind) {
	case '-':
		return value ? TG_REJECT_UNUSED : TG_REJECT_NONE;
	case 'D':
	case 'W':
		return check_reg(v, value, false);
	case 'S':
	case 'M':
		return check_reg(v, value, true);
	case 'G':
		return value < TG_NR_GPRS && value != TG_REG_RSP ? TG_REJECT_NONE : TG_REJECT_GUEST;
	case 'E':
		return value == TG_ERR_INDEX || value == TG_ERR_SHIFT ? TG_REJECT_NONE
								      : TG_REJECT_CONSTANT;
	default:
		return TG_REJECT_NONE;	/* J, K, N: looked at elsewhere */
	}
}

static enum tg_reject check_imm(const struct pass *v, char kind, s32 imm)
{
	const struct tg_image *h = v->p->image;

	switch (kind) {
	case '-':
		return imm ? TG_REJECT_UNUSED : TG_REJECT_NONE;
	case 'P':
		return imm >= 1 ? TG_REJECT_NONE : TG_REJECT_CONSTANT;
	case 'H':
		return imm >= 0 && imm < 64 ? TG_REJECT_NONE : TG_REJECT_CONSTANT;
	case 'R':
	case 'Y':
		if (imm < 0 || imm >= TG_NR_REGS)
			return TG_REJECT_GUEST;
		return kind == 'R' || reg_writable[imm] ? TG_REJECT_NONE : TG_REJECT_READ_ONLY;
	case 'V':
		return imm >= 0 && imm % 8 == 0 && imm <= (s32)TG_SCRIPT_GLOBALS_MAX - 8 ?
			TG_REJECT_NONE : TG_REJECT_VARIABLE;
	case 'F':
		return imm >= 1 && (u32)imm <= v->f->mem ? TG_REJECT_NONE : TG_REJECT_FRAME;
	case 'C':
	case 'T':
		return imm >= 0 && (u32)imm < h->const_size ? TG_REJECT_NONE : TG_REJECT_CONST;
	case 'U':
		return imm >= 1 && (u32)imm < h->nr_funcs ? TG_REJECT_NONE : TG_REJECT_CALLEE;
	case 'L':
		return imm >= 0 && imm < TG_NR_HELPERS ? TG_REJECT_NONE : TG_REJECT_HELPER;
	case 'Q':
		return v->number && (u32)imm == v->f->mem ? TG_REJECT_NONE : TG_REJECT_RETURN;
	default:
		return TG_REJECT_NONE;	/* I; J: looked at elsewhere */
	}
}

/* args registers from first on are read; those from window on are lost. */
static enum tg_reject check_window(struct pass *v, u32 window, u32 first, u32 args, bool result)
{
	if (first + args > v->f->regs)
		return TG_REJECT_WINDOW;
	for (u32 i = 0; i < args; i++)
		if (!has(&v->set, first + i))
			return TG_REJECT_UNSET;
	remove_from(&v->set, window);
	if (result)
		add(&v->set, window);
	return TG_REJECT_NONE;
}

static enum tg_reject check_printf(struct pass *v, const struct tg_insn *insn)
{
	int count = tg_format_count((const char *)v->p->consts + insn->imm);

	if (count < 0)
		return TG_REJECT_FORMAT;
	if (count != insn->c || count > (int)TG_SCRIPT_ARGS_MAX)
		return TG_REJECT_FORMAT_ARGS;
	return check_window(v, insn->a, insn->a, insn->c, false);
}

static enum tg_reject check_effect(struct pass *v, const struct tg_insn *insn)
{
	const struct tg_func *callee;

	switch (insn->op) {
	case TG_OP_CALL:
		callee = &v->p->funcs[insn->imm];
		return check_window(v, insn->a, insn->a + 1u, callee->params,
				    callee->flags & TG_FUNC_RESULT);
	case TG_OP_HELPER:
		return check_window(v, insn->a, insn->a, helper_shape[insn->imm].args,
				    helper_shape[insn->imm].result);
	case TG_OP_PRINTF:
		return check_printf(v, insn);
	case TG_OP_RET:
		return v->f->flags & TG_FUNC_RESULT && !has(&v->set, 0) ? TG_REJECT_UNSET
									: TG_REJECT_NONE;
	case TG_OP_EXIT:
	case TG_OP_EXITV:
		return v->number ? TG_REJECT_RETURN : TG_REJECT_NONE;
	default:
		if (shape[insn->op].a == 'D')
			add(&v->set, insn->a);
		return TG_REJECT_NONE;
	}
}

static enum tg_reject check_jump(struct pass *v, s64 distance)
{
	s64 to = (s64)v->at + 1 + distance;
	struct tg_regset *there;

	if (to < v->f->start || to >= (s64)v->f->start + v->f->count)
		return TG_REJECT_JUMP;
	there = &v->w->state[to];
	for (u32 i = 0; i < TG_ARRAY_SIZE(there->bit); i++) {
		if (to <= v->at) {
			if (there->bit[i] & ~v->set.bit[i])
				return TG_REJECT_UNSET_LOOP;
		} else if (v->w->mark[to] & MARK_WAITED) {
			there->bit[i] &= v->set.bit[i];
		} else {
			there->bit[i] = v->set.bit[i];
		}
	}
	v->w->mark[to] |= MARK_WAITED;
	return TG_REJECT_NONE;
}

/* Which registers are written here, from above and from jumps. */
static void arrive(struct pass *v)
{
	struct tg_regset *here = &v->w->state[v->at];

	for (u32 i = 0; i < TG_ARRAY_SIZE(here->bit); i++) {
		u64 above = v->reached ? v->set.bit[i] : ~0ull;

		here->bit[i] = v->w->mark[v->at] & MARK_WAITED ? here->bit[i] & above : above;
	}
	if (v->w->mark[v->at] & MARK_LOOP)
		remove_from(here, v->f->vars);
	v->set = *here;
	v->reached = true;
}

/* Marks where jumps back go; where to is checked later. */
static void mark_loops(struct pass *v)
{
	for (u32 i = 0; i < v->f->count; i++) {
		const struct tg_insn *insn = &v->p->insns[v->f->start + i];
		s64 to = i + 1;

		if (insn->op >= TG_NR_OPS)
			continue;
		if (shape[insn->op].imm == 'J')
			to += insn->imm;
		else if (shape[insn->op].b == 'J')
			to += TG_INSN_BC(insn);
		if (to >= 0 && to <= i)
			v->w->mark[v->f->start + to] |= MARK_LOOP;
	}
}

static bool ends(u8 op)
{
	return op == TG_OP_JMP || op == TG_OP_RET || op == TG_OP_EXIT || op == TG_OP_EXITV;
}

static enum tg_reject check_insn(struct pass *v, const struct tg_insn *insn)
{
	enum tg_reject reject;

	if (insn->op >= TG_NR_OPS)
		return TG_REJECT_OPCODE;
	reject = check_field(v, shape[insn->op].a, insn->a);
	if (!reject)
		reject = check_field(v, shape[insn->op].b, insn->b);
	/* A 16-bit field at b has c as its upper half. */
	if (!reject && shape[insn->op].b != 'J' && shape[insn->op].b != 'K')
		reject = check_field(v, shape[insn->op].c, insn->c);
	if (!reject)
		reject = check_imm(v, shape[insn->op].imm, insn->imm);
	if (!reject)
		reject = check_effect(v, insn);
	if (!reject && shape[insn->op].imm == 'J')
		reject = check_jump(v, insn->imm);
	if (!reject && shape[insn->op].b == 'J')
		reject = check_jump(v, TG_INSN_BC(insn));
	return reject;
}

enum tg_reject tg_verify_func(const struct tg_program *p, u32 number,
			      struct tg_verify_work *work, u32 *at)
{
	struct pass v = {
		.p = p, .f = &p->funcs[number], .w = work, .number = number, .reached = true
	};
	u32 end = v.f->start + v.f->count;

	for (u32 i = 0; i < v.f->params; i++)
		add(&v.set, i);
	for (u32 i = v.f->start; i < end; i++)
		work->mark[i] = 0;
	mark_loops(&v);
	for (v.at = v.f->start; v.at < end; v.at++) {
		const struct tg_insn *insn = &p->insns[v.at];
		enum tg_reject reject;

		*at = v.at;
		arrive(&v);
		reject = check_insn(&v, insn);
		if (reject)
			return reject;
		v.reached = !ends(insn->op);
	}
	return v.reached ? TG_REJECT_FALL : TG_REJECT_NONE;
}
