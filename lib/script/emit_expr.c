// SPDX-License-Identifier: GPL-2.0
/* Values. A value's register: a variable's own, or a temporary above the others. */
#include "emit.h"

static int move_to(struct emit *m, int from, int want)
{
	if (want == ANY || want == from)
		return from;
	emit_insn(m, TG_OP_MOV, want, from, 0, 0);
	return want;
}

/* Arithmetic in 64 bits, back to the type's width. */
static void narrow(struct emit *m, const struct type *t, int reg)
{
	if (t->kind == TY_INT && t->size == 4)
		emit_insn(m, t->is_signed ? TG_OP_SX32 : TG_OP_ZX32, reg, reg, 0, 0);
}

/* The arguments may lie in temporaries that the window takes over: lower ones first. */
int emit_helper(struct emit *m, enum tg_helper helper, const int *args, int nr, int want)
{
	int old = m->top, window;

	for (int i = 0; i < nr; i++)
		if (args[i] >= m->top)
			m->top = args[i] + 1;
	window = emit_temp(m);
	for (int i = 0; i < nr; i++) {
		int to = i ? emit_temp(m) : window;

		emit_insn(m, TG_OP_MOV, to, args[i], 0, 0);
	}
	emit_insn(m, TG_OP_HELPER, window, 0, 0, (s32)helper);
	m->top = old;
	if (want == ANY) {
		want = emit_temp(m);
		if (want == window)
			return want;
	}
	return move_to(m, window, want);
}

/* The arguments go straight to the window. */
static int emit_window(struct emit *m, struct expr *args, u32 before)
{
	int window = m->top;

	for (u32 i = 0; i < before; i++)
		emit_temp(m);
	for (struct expr *a = args; a; a = a->next) {
		int to = emit_temp(m);

		emit_expr(m, a, to);
		m->top = to + 1;
	}
	if (m->top == window)
		emit_temp(m);
	return window;
}

static int emit_result(struct emit *m, int window, bool result, int want)
{
	m->top = window;
	if (!result)
		return window;
	if (want == ANY)
		return emit_temp(m);
	return move_to(m, window, want);
}

static int emit_printf(struct emit *m, struct expr *e)
{
	int window = emit_window(m, e->args->next, 0);

	emit_insn(m, TG_OP_PRINTF, window, 0, (int)e->nr_args - 1, (s32)e->args->value);
	m->top = window;
	return window;
}

static int emit_builtin(struct emit *m, struct expr *e, int want)
{
	int window;

	if (e->builtin->kind == BI_PRINTF)
		return emit_printf(m, e);
	window = emit_window(m, e->args, 0);
	emit_insn(m, TG_OP_HELPER, window, 0, 0, e->builtin->code);
	return emit_result(m, window, e->builtin->result, want);
}

int emit_call(struct emit *m, struct expr *e, int want)
{
	int window;

	emit_pos(m, e->pos);
	if (e->kind == E_BUILTIN && e->builtin->kind == BI_LOAD) {
		static const struct type *const types[] = {
			[1] = &type_u8, [2] = &type_u16, [4] = &type_u32, [8] = &type_u64
		};
		int top = m->top;
		struct place p;

		emit_pointer(m, e->args, &p);
		m->top = top;
		return emit_load(m, &p, types[e->builtin->code], want);
	}
	if (e->kind == E_BUILTIN)
		return emit_builtin(m, e, want);
	window = emit_window(m, e->args, 1);
	emit_insn(m, TG_OP_CALL, window, 0, 0, (s32)e->func->number);
	return emit_result(m, window, e->type->kind != TY_VOID, want);
}

/* ---- integers ------------------------------------------------------------------- */

/* The form with a constant; 0: there is none. */
static enum tg_op immediate_op(enum token_kind op, bool is_signed)
{
	switch (op) {
	case T_PLUS:
		return TG_OP_ADDI;
	case T_STAR:
		return TG_OP_MULI;
	case T_AND:
		return TG_OP_ANDI;
	case T_OR:
		return TG_OP_ORI;
	case T_XOR:
		return TG_OP_XORI;
	case T_SHL:
		return TG_OP_SHLI;
	case T_SHR:
		return is_signed ? TG_OP_SARI : TG_OP_SHRI;
	case T_SLASH:
		return is_signed ? TG_OP_DIVSI : TG_OP_DIVUI;
	case T_PERCENT:
		return is_signed ? TG_OP_MODSI : TG_OP_MODUI;
	default:
		return TG_OP_MOV;
	}
}

static enum tg_op register_op(enum token_kind op, const struct type *t)
{
	bool is32 = t->size == 4;

	switch (op) {
	case T_PLUS:
		return TG_OP_ADD;
	case T_MINUS:
		return TG_OP_SUB;
	case T_STAR:
		return TG_OP_MUL;
	case T_AND:
		return TG_OP_AND;
	case T_OR:
		return TG_OP_OR;
	case T_XOR:
		return TG_OP_XOR;
	case T_SHL:
		return TG_OP_SHL;
	case T_SHR:
		return t->is_signed ? TG_OP_SAR : TG_OP_SHR;
	case T_SLASH:
		return !t->is_signed ? TG_OP_DIVU : is32 ? TG_OP_DIVS32 : TG_OP_DIVS;
	default:
		return !t->is_signed ? TG_OP_MODU : is32 ? TG_OP_MODS32 : TG_OP_MODS;
	}
}

static bool needs_narrow(enum token_kind op)
{
	return op == T_PLUS || op == T_MINUS || op == T_STAR || op == T_SHL;
}

/* x op constant; false when the constant has no such form. */
static bool emit_immediate(struct emit *m, enum token_kind op, const struct type *t,
			   struct expr *left, u64 value, int *want)
{
	bool divide = op == T_SLASH || op == T_PERCENT;
	int top = m->top, reg;

	if (op == T_MINUS) {
		op = T_PLUS;
		value = -value;
	}
	if (!fits32(value) || (divide && (s64)value < 1))
		return false;
	reg = emit_expr(m, left, ANY);
	m->top = top;
	*want = emit_dest(m, *want);
	emit_insn(m, immediate_op(op, t->is_signed), *want, reg, 0, (s32)value);
	if (needs_narrow(op))
		narrow(m, t, *want);
	return true;
}

static bool commutes(enum token_kind op)
{
	return op == T_PLUS || op == T_STAR || op == T_AND || op == T_OR || op == T_XOR;
}

static int emit_registers(struct emit *m, struct expr *e, int want)
{
	const struct type *t = e->type;
	int top = m->top, left = emit_expr(m, e->left, ANY), right = emit_expr(m, e->right, ANY);

	if ((e->op == T_SHL || e->op == T_SHR) && t->size == 4)
		emit_insn(m, TG_OP_CHK, right, TG_ERR_SHIFT, 0, 32);
	m->top = top;
	want = emit_dest(m, want);
	emit_insn(m, register_op(e->op, t), want, left, right, 0);
	if (needs_narrow(e->op))
		narrow(m, t, want);
	return want;
}

static int emit_integer(struct emit *m, struct expr *e, int want)
{
	if (e->right->kind == E_NUMBER &&
	    emit_immediate(m, e->op, e->type, e->left, e->right->value, &want))
		return want;
	if (e->left->kind == E_NUMBER && commutes(e->op) &&
	    emit_immediate(m, e->op, e->type, e->right, e->left->value, &want))
		return want;
	if (e->left->kind == E_NUMBER && e->op == T_MINUS && fits32(e->left->value)) {
		int top = m->top, reg = emit_expr(m, e->right, ANY);

		m->top = top;
		want = emit_dest(m, want);
		emit_insn(m, TG_OP_RSBI, want, reg, 0, (s32)e->left->value);
		narrow(m, e->type, want);
		return want;
	}
	return emit_registers(m, e, want);
}

/* ---- pointers ------------------------------------------------------------------- */

static int emit_pointers(struct emit *m, struct expr *e, int want)
{
	u32 size = e->left->type->base->size;
	int top = m->top, left = emit_expr(m, e->left, ANY), right;

	if (e->right->kind == E_NUMBER && e->type->kind == TY_POINTER) {
		u64 by = e->right->value * size;

		by = e->op == T_MINUS ? -by : by;
		if (fits32(by)) {
			m->top = top;
			want = emit_dest(m, want);
			emit_insn(m, TG_OP_ADDI, want, left, 0, (s32)by);
			return want;
		}
	}
	right = emit_expr(m, e->right, ANY);
	if (e->type->kind != TY_POINTER) {
		m->top = top;
		want = emit_dest(m, want);
		emit_insn(m, TG_OP_SUB, want, left, right, 0);
		if (size > 1)
			emit_insn(m, TG_OP_DIVSI, want, want, 0, (s32)size);
		return want;
	}
	if (size > 1) {
		int scaled = emit_temp(m);

		emit_insn(m, TG_OP_MULI, scaled, right, 0, (s32)size);
		right = scaled;
	}
	m->top = top;
	want = emit_dest(m, want);
	emit_insn(m, e->op == T_PLUS ? TG_OP_ADD : TG_OP_SUB, want, left, right, 0);
	return want;
}

/* ---- truth ----------------------------------------------------------------------- */

static int emit_compare(struct emit *m, struct expr *e, int want)
{
	const struct type *t = e->left->type;
	bool swap = e->op == T_GT || e->op == T_GE, strict = e->op == T_LT || e->op == T_GT, negate;
	bool is_unsigned = !(t->kind == TY_INT && t->is_signed);
	int top = m->top, left, right;
	enum tg_op op;

	if (t->kind == TY_FLOAT) {
		want = emit_float_compare(m, e, &negate, want);
		if (negate)
			emit_insn(m, TG_OP_LNOT, want, want, 0, 0);
		return want;
	}
	left = emit_expr(m, e->left, ANY);
	right = emit_expr(m, e->right, ANY);
	m->top = top;
	want = emit_dest(m, want);
	if (e->op == T_EQ || e->op == T_NE)
		op = e->op == T_EQ ? TG_OP_SEQ : TG_OP_SNE;
	else if (is_unsigned)
		op = strict ? TG_OP_SLTU : TG_OP_SLEU;
	else
		op = strict ? TG_OP_SLT : TG_OP_SLE;
	emit_insn(m, op, want, swap ? right : left, swap ? left : right, 0);
	return want;
}

/* && and ||: 1 or 0 at the end, since the operands may read the variable `want`. */
static int emit_logic(struct emit *m, struct expr *e, int want)
{
	struct label no = LABEL, end = LABEL;
	int top = m->top;

	emit_cond(m, e, false, &no);
	m->top = top;
	want = emit_dest(m, want);
	emit_insn(m, TG_OP_LI, want, 0, 0, 1);
	emit_jump(m, emit_insn(m, TG_OP_JMP, 0, 0, 0, 0), &end);
	emit_label(m, &no);
	emit_insn(m, TG_OP_LI, want, 0, 0, 0);
	emit_label(m, &end);
	return want;
}

static int emit_choice(struct emit *m, struct expr *e, int want)
{
	struct label no = LABEL, end = LABEL;
	int top = m->top;

	emit_cond(m, e->left, false, &no);
	m->top = top;
	want = emit_dest(m, want);
	top = m->top;
	emit_expr(m, e->right, want);
	m->top = top;
	emit_jump(m, emit_insn(m, TG_OP_JMP, 0, 0, 0, 0), &end);
	emit_label(m, &no);
	emit_expr(m, e->third, want);
	m->top = top;
	emit_label(m, &end);
	return want;
}

static int emit_binary(struct emit *m, struct expr *e, int want)
{
	if (e->op == T_ANDAND || e->op == T_OROR)
		return emit_logic(m, e, want);
	emit_pos(m, e->pos);
	if (e->op >= T_EQ && e->op <= T_GE)
		return emit_compare(m, e, want);
	if (e->type->kind == TY_FLOAT)
		return emit_float_binary(m, e, want);
	if (e->left->type->kind == TY_POINTER)
		return emit_pointers(m, e, want);
	return emit_integer(m, e, want);
}

static int emit_minus_float(struct emit *m, struct expr *e, int want)
{
	int top = m->top, reg = emit_expr(m, e->left, ANY), sign = emit_temp(m);

	emit_number(m, sign, 1ull << (e->type->size * 8 - 1));
	m->top = top;
	want = emit_dest(m, want);
	emit_insn(m, TG_OP_XOR, want, reg, sign, 0);
	return want;
}

static int emit_unary(struct emit *m, struct expr *e, int want)
{
	struct place p;
	int top = m->top, reg;

	if (e->op == T_AND)
		return emit_address(m, e->left, want);
	if (e->op == T_STAR) {
		emit_pos(m, e->pos);
		emit_place(m, e, &p);
		m->top = top;
		return emit_load(m, &p, e->type, want);
	}
	if (e->op == T_MINUS && e->type->kind == TY_FLOAT)
		return emit_minus_float(m, e, want);
	reg = emit_expr(m, e->left, ANY);
	m->top = top;
	want = emit_dest(m, want);
	emit_insn(m,
		  e->op == T_BANG ? TG_OP_LNOT : e->op == T_MINUS ? TG_OP_NEG : TG_OP_NOT,
		  want, reg, 0, 0);
	if (e->op != T_BANG)
		narrow(m, e->type, want);
	return want;
}

int emit_expr(struct emit *m, struct expr *e, int want)
{
	struct place p;
	int top = m->top;

	switch (e->kind) {
	case E_NUMBER:
	case E_FLOAT:
		want = emit_dest(m, want);
		emit_number(m, want, e->value);
		return want;
	case E_STRING:
		want = emit_dest(m, want);
		emit_insn(m, TG_OP_LEAC, want, 0, 0, (s32)e->value);
		return want;
	case E_UNARY:
		return emit_unary(m, e, want);
	case E_BINARY:
		return emit_binary(m, e, want);
	case E_COND:
		return emit_choice(m, e, want);
	case E_CALL:
	case E_BUILTIN:
		return emit_call(m, e, want);
	case E_CAST:
		return emit_cast(m, e, want);
	case E_VAR:
		if (!e->var->in_memory)
			return move_to(m, e->var->reg, want);
		break;
	default:
		break;
	}
	emit_pos(m, e->pos);
	emit_place(m, e, &p);
	m->top = top;
	return emit_load(m, &p, e->type, want);
}
