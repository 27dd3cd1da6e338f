// SPDX-License-Identifier: GPL-2.0
/* Conversions between types, and floating point, which helpers compute. */
#include "emit.h"

/* Whether a canonical value of the one type is one of the other as it is. */
static bool is_same_value(const struct type *from, const struct type *to)
{
	if (to->size == 8)
		return true;
	if (from->size > to->size || to->kind == TY_BOOL)
		return false;
	if (from->kind == TY_BOOL)
		return true;
	if (from->size == to->size)
		return from->is_signed == to->is_signed;
	return !from->is_signed || to->is_signed;
}

static int extend(struct emit *m, const struct type *t, int from, int want)
{
	static const u8 ops[2][5] = {
		{ 0, TG_OP_ZX8, TG_OP_ZX16, 0, TG_OP_ZX32 },
		{ 0, TG_OP_SX8, TG_OP_SX16, 0, TG_OP_SX32 },
	};
	int to = emit_dest(m, want);

	emit_insn(m, t->kind == TY_BOOL ? TG_OP_BOOL : ops[t->is_signed][t->size], to, from, 0, 0);
	return to;
}

static int move(struct emit *m, int from, int want)
{
	if (want != ANY && want != from)
		emit_insn(m, TG_OP_MOV, want, from, 0, 0);
	return want == ANY ? from : want;
}

static int from_integer(struct emit *m, struct expr *e, int want)
{
	const struct type *t = e->left->type;
	bool is_unsigned = !t->is_signed && t->size == 8;
	int top = m->top, arg = emit_expr(m, e->left, ANY);
	enum tg_helper helper;

	if (e->type->size == 8)
		helper = is_unsigned ? TG_HELPER_D_FROM_U64 : TG_HELPER_D_FROM_S64;
	else
		helper = is_unsigned ? TG_HELPER_F_FROM_U64 : TG_HELPER_F_FROM_S64;
	m->top = top;
	return emit_helper(m, helper, &arg, 1, want);
}

/* A float or double as double. */
static int as_double(struct emit *m, struct expr *e)
{
	int reg = emit_expr(m, e, ANY);

	return e->type->size == 8 ? reg : emit_helper(m, TG_HELPER_D_FROM_F, &reg, 1, ANY);
}

static int to_integer(struct emit *m, struct expr *e, int want)
{
	const struct type *t = e->type;
	int top = m->top, arg = as_double(m, e->left), reg;

	if (t->kind == TY_BOOL) {
		int args[2] = { arg, emit_temp(m) };

		emit_number(m, args[1], 0);
		reg = emit_helper(m, TG_HELPER_DEQ, args, 2, ANY);
		m->top = top;
		want = emit_dest(m, want);
		emit_insn(m, TG_OP_LNOT, want, reg, 0, 0);
		return want;
	}
	m->top = top;
	reg = emit_helper(m,
			  t->size == 8 && !t->is_signed ? TG_HELPER_D_TO_U64 : TG_HELPER_D_TO_S64,
			  &arg, 1, want);
	return t->size == 8 ? reg : extend(m, t, reg, reg);
}

int emit_cast(struct emit *m, struct expr *e, int want)
{
	const struct type *from = e->left->type, *to = e->type;
	int top = m->top, reg;

	if (to->kind == TY_FLOAT && from->kind == TY_FLOAT) {
		if (from->size == to->size)
			return emit_expr(m, e->left, want);
		reg = emit_expr(m, e->left, ANY);
		m->top = top;
		return emit_helper(m, to->size == 8 ? TG_HELPER_D_FROM_F : TG_HELPER_F_FROM_D, &reg,
				   1, want);
	}
	if (to->kind == TY_FLOAT)
		return from_integer(m, e, want);
	if (from->kind == TY_FLOAT)
		return to_integer(m, e, want);
	if (is_same_value(from, to))
		return emit_expr(m, e->left, want);
	reg = emit_expr(m, e->left, ANY);
	m->top = top;
	return extend(m, to, reg, want);
}

/* float: in double, then rounded, which gives the same as one rounding would. */
int emit_float_binary(struct emit *m, struct expr *e, int want)
{
	static const u8 helpers[] = { [T_PLUS] = TG_HELPER_DADD, [T_MINUS] = TG_HELPER_DSUB,
				      [T_STAR] = TG_HELPER_DMUL, [T_SLASH] = TG_HELPER_DDIV };
	int top = m->top, args[2], reg;

	args[0] = as_double(m, e->left);
	args[1] = as_double(m, e->right);
	m->top = top;
	if (e->type->size == 8)
		return emit_helper(m, helpers[e->op], args, 2, want);
	reg = emit_helper(m, helpers[e->op], args, 2, ANY);
	m->top = top;
	return emit_helper(m, TG_HELPER_F_FROM_D, &reg, 1, want);
}

int emit_float_compare(struct emit *m, struct expr *e, bool *negate, int want)
{
	bool swap = e->op == T_GT || e->op == T_GE, equal = e->op == T_EQ || e->op == T_NE;
	int top = m->top, args[2], reg;

	args[swap] = as_double(m, e->left);
	args[!swap] = as_double(m, e->right);
	*negate = e->op == T_NE;
	m->top = top;
	reg = emit_helper(m,
			  equal ? TG_HELPER_DEQ :
			  e->op == T_LT || e->op == T_GT ? TG_HELPER_DLT : TG_HELPER_DLE,
			  args, 2, want);
	return move(m, reg, want);
}
