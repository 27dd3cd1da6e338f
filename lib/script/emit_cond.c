// SPDX-License-Identifier: GPL-2.0
/* Conditions: compare and branch in one instruction where there is one. */
#include "emit.h"

static enum token_kind opposite(enum token_kind op)
{
	switch (op) {
	case T_EQ:
		return T_NE;
	case T_NE:
		return T_EQ;
	case T_LT:
		return T_GE;
	case T_GE:
		return T_LT;
	case T_LE:
		return T_GT;
	default:
		return T_LE;
	}
}

/* The same with the operands exchanged. */
static enum token_kind mirrored(enum token_kind op)
{
	switch (op) {
	case T_LT:
		return T_GT;
	case T_GT:
		return T_LT;
	case T_LE:
		return T_GE;
	case T_GE:
		return T_LE;
	default:
		return op;
	}
}

static enum tg_op immediate_jump(enum token_kind op, bool is_unsigned)
{
	switch (op) {
	case T_EQ:
		return TG_OP_JEQI;
	case T_NE:
		return TG_OP_JNEI;
	case T_LT:
		return is_unsigned ? TG_OP_JLTUI : TG_OP_JLTI;
	case T_LE:
		return is_unsigned ? TG_OP_JLEUI : TG_OP_JLEI;
	case T_GT:
		return is_unsigned ? TG_OP_JGTUI : TG_OP_JGTI;
	default:
		return is_unsigned ? TG_OP_JGEUI : TG_OP_JGEI;
	}
}

static bool is_gpr(const struct expr *e)
{
	return e->kind == E_REG && e->reg->width == 64 && e->reg->reg < TG_NR_GPRS &&
	       e->reg->reg != TG_REG_RSP;
}

static void jump_constant(struct emit *m, struct expr *e, enum token_kind op, bool is_unsigned,
			  s32 value, struct label *to)
{
	int top = m->top, reg;

	if ((op == T_EQ || op == T_NE) && is_gpr(e)) {
		emit_jump(m,
			  emit_insn(m, op == T_EQ ? TG_OP_JEQR : TG_OP_JNER, e->reg->reg, 0, 0,
				    value),
			  to);
		return;
	}
	reg = emit_expr(m, e, ANY);
	m->top = top;
	if (!value && (op == T_EQ || op == T_NE))
		emit_jump(m, emit_insn(m, op == T_EQ ? TG_OP_JZ : TG_OP_JNZ, reg, 0, 0, 0), to);
	else
		emit_jump(m, emit_insn(m, immediate_jump(op, is_unsigned), reg, 0, 0, value), to);
}

static void jump_registers(struct emit *m, struct expr *e, enum token_kind op, bool is_unsigned,
			   struct label *to)
{
	int top = m->top, left = emit_expr(m, e->left, ANY), right = emit_expr(m, e->right, ANY);
	bool swap = op == T_GT || op == T_GE;
	enum tg_op jump;

	if (op == T_EQ || op == T_NE)
		jump = op == T_EQ ? TG_OP_JEQ : TG_OP_JNE;
	else if (op == T_LT || op == T_GT)
		jump = is_unsigned ? TG_OP_JLTU : TG_OP_JLT;
	else
		jump = is_unsigned ? TG_OP_JLEU : TG_OP_JLE;
	m->top = top;
	emit_jump(m, emit_insn(m, jump, swap ? right : left, swap ? left : right, 0, 0), to);
}

static void emit_compare(struct emit *m, struct expr *e, bool sense, struct label *to)
{
	enum token_kind op = sense ? e->op : opposite(e->op);
	const struct type *t = e->left->type;
	bool is_unsigned = !(t->kind == TY_INT && t->is_signed), negate;

	emit_pos(m, e->pos);
	if (t->kind == TY_FLOAT) {
		int top = m->top, reg = emit_float_compare(m, e, &negate, ANY);

		m->top = top;
		emit_jump(m, emit_insn(m, sense != negate ? TG_OP_JNZ : TG_OP_JZ, reg, 0, 0, 0),
			  to);
	} else if (e->right->kind == E_NUMBER && fits32(e->right->value)) {
		jump_constant(m, e->left, op, is_unsigned, (s32)e->right->value, to);
	} else if (e->left->kind == E_NUMBER && fits32(e->left->value)) {
		jump_constant(m, e->right, mirrored(op), is_unsigned, (s32)e->left->value, to);
	} else {
		jump_registers(m, e, op, is_unsigned, to);
	}
}

/* a && b is false when one is; a || b is true when one is. */
static void emit_logic(struct emit *m, struct expr *e, bool sense, struct label *to)
{
	struct label skip = LABEL;

	if ((e->op == T_OROR) == sense) {
		emit_cond(m, e->left, sense, to);
		emit_cond(m, e->right, sense, to);
		return;
	}
	emit_cond(m, e->left, !sense, &skip);
	emit_cond(m, e->right, sense, to);
	emit_label(m, &skip);
}

void emit_cond(struct emit *m, struct expr *e, bool sense, struct label *to)
{
	int top = m->top, reg;

	if (e->kind == E_NUMBER) {
		if (!e->value == !sense)
			emit_jump(m, emit_insn(m, TG_OP_JMP, 0, 0, 0, 0), to);
		return;
	}
	if (e->kind == E_BINARY && (e->op == T_ANDAND || e->op == T_OROR)) {
		emit_logic(m, e, sense, to);
		return;
	}
	if (e->kind == E_BINARY && e->op >= T_EQ && e->op <= T_GE) {
		emit_compare(m, e, sense, to);
		return;
	}
	if (e->kind == E_UNARY && e->op == T_BANG) {
		emit_cond(m, e->left, !sense, to);
		return;
	}
	reg = emit_expr(m, e, ANY);
	m->top = top;
	emit_jump(m, emit_insn(m, sense ? TG_OP_JNZ : TG_OP_JZ, reg, 0, 0, 0), to);
}
