// SPDX-License-Identifier: GPL-2.0
/* Statements. No temporary outlives its statement. */
#include "emit.h"

/* .x = .x + constant: one instruction. */
static bool emit_increment(struct emit *m, struct expr *left, struct expr *right)
{
	struct expr *same, *by;
	u64 value;

	if (left->kind != E_VAR || !left->var->is_global || left->type->size != 8 ||
	    !type_is_integer(left->type) || right->kind != E_BINARY ||
	    (right->op != T_PLUS && right->op != T_MINUS))
		return false;
	same = right->left;
	by = right->right;
	if (right->op == T_PLUS && same->kind == E_NUMBER) {
		same = right->right;
		by = right->left;
	}
	if (same->kind != E_VAR || same->var != left->var || by->kind != E_NUMBER)
		return false;
	value = right->op == T_MINUS ? -by->value : by->value;
	if ((u64)(s64)(s16)value != value)
		return false;
	emit_insn(m, TG_OP_INCG, 0, (u8)value, (u8)(value >> 8), (s32)left->var->offset);
	return true;
}

static void emit_struct(struct emit *m, struct expr *left, struct expr *right)
{
	int to = emit_address(m, left, ANY), from = emit_address(m, right, ANY);

	emit_copy(m, to, from, left->type->size);
}

static void emit_assign(struct emit *m, struct expr *left, struct expr *right)
{
	struct place p;
	int from;

	if (left->type->kind == TY_STRUCT) {
		emit_struct(m, left, right);
		return;
	}
	if (emit_increment(m, left, right))
		return;
	if (left->kind == E_VAR && !left->var->in_memory) {
		emit_expr(m, right, left->var->reg);
		return;
	}
	from = emit_expr(m, right, ANY);
	emit_pos(m, left->pos);
	emit_place(m, left, &p);
	emit_store(m, &p, left->type, from);
}

static void emit_assign_stmt(struct emit *m, struct stmt *s)
{
	int top = m->top;

	if (s->init)
		emit_assign_stmt(m, s->init);
	emit_pos(m, s->left->pos);
	emit_assign(m, s->left, s->right);
	m->top = top;
}

/* ---- declarations --------------------------------------------------------------- */

static void emit_init(struct emit *m, struct init *i, const struct type *t, int base, u32 offset)
{
	struct member *member = t->kind == TY_STRUCT ? t->tag->members : NULL;
	struct place p = { .kind = P_MEMORY, .reg = base, .offset = (s32)offset };
	int top = m->top;

	if (!i->is_list && t->kind == TY_STRUCT) {
		int to = emit_temp(m), from = emit_address(m, i->expr, ANY);

		emit_insn(m, TG_OP_ADDI, to, base, 0, (s32)offset);
		emit_copy(m, to, from, t->size);
	} else if (!i->is_list) {
		emit_store(m, &p, t, emit_expr(m, i->expr, ANY));
	} else if (member) {
		for (struct init *k = i->list; k; k = k->next, member = member->next)
			emit_init(m, k, member->type, base, offset + member->offset);
	} else {
		for (struct init *k = i->list; k; k = k->next, offset += t->base->size)
			emit_init(m, k, t->base, base, offset);
	}
	m->top = top;
}

/* Whether every byte gets a value from the list. */
static bool is_full(const struct init *i, const struct type *t)
{
	const struct member *member = t->kind == TY_STRUCT ? t->tag->members : NULL;
	u32 nr = 0;

	if (!i)
		return false;
	if (!i->is_list)
		return true;
	for (const struct init *k = i->list; k; k = k->next, nr++) {
		if (!is_full(k, member ? member->type : t->base))
			return false;
		member = member ? member->next : NULL;
	}
	return t->kind == TY_STRUCT ? !member : nr == t->count;
}

/* In a loop the variable has the values of the turn before. */
static void emit_clear(struct emit *m, int base, u32 size)
{
	static const u8 ops[] = {
		[1] = TG_OP_STB, [2] = TG_OP_STH, [4] = TG_OP_STW, [8] = TG_OP_STQ
	};
	int top = m->top, args[2] = { base, emit_temp(m) };

	if (size > 64) {
		emit_number(m, args[1], size);
		emit_helper(m, TG_HELPER_MEMZERO, args, 2, ANY);
	} else {
		emit_insn(m, TG_OP_LI, args[1], 0, 0, 0);
		for (u32 at = 0, step; at < size; at += step) {
			step = size - at >= 8 ? 8 : size - at >= 4 ? 4 : size - at >= 2 ? 2 : 1;
			emit_insn(m, ops[step], args[1], base, 0, (s32)at);
		}
	}
	m->top = top;
}

static void emit_decl(struct emit *m, struct stmt *s)
{
	struct var *v = s->var;
	int base;

	if (s->init)
		emit_assign_stmt(m, s->init);
	if (!v->in_memory) {
		if (s->value)
			emit_expr(m, s->value->expr, v->reg);
		else
			emit_insn(m, TG_OP_LI, v->reg, 0, 0, 0);
		return;
	}
	if (v->is_global && type_is_scalar(v->type)) {
		struct place p = { .kind = P_GLOBAL, .offset = (s32)v->offset };

		if (s->value)
			emit_store(m, &p, v->type, emit_expr(m, s->value->expr, ANY));
		return;
	}
	if (v->is_global && !s->value)
		return;
	base = emit_temp(m);
	emit_insn(m, v->is_global ? TG_OP_LEAG : TG_OP_LEAF, base, 0, 0, (s32)v->offset);
	if (!is_full(s->value, v->type))
		emit_clear(m, base, v->type->size);
	if (s->value)
		emit_init(m, s->value, v->type, base, 0);
}

/* ---- control flow ------------------------------------------------------------------ */

static void emit_if(struct emit *m, struct stmt *s)
{
	struct label no = LABEL, end = LABEL;

	if (s->left->kind == E_NUMBER) {	/* one of the two is dead */
		if (s->left->value)
			emit_stmt(m, s->body);
		else if (s->other)
			emit_stmt(m, s->other);
		return;
	}
	emit_cond(m, s->left, false, &no);
	emit_stmt(m, s->body);
	if (s->other) {
		emit_jump(m, emit_insn(m, TG_OP_JMP, 0, 0, 0, 0), &end);
		emit_label(m, &no);
		emit_stmt(m, s->other);
		emit_label(m, &end);
	} else {
		emit_label(m, &no);
	}
}

/*
 * The condition is tested once in front of the loop and then at its end: a jump a
 * turn, and what the loop begins with is known from above.
 */
static void emit_loop(struct emit *m, struct stmt *s)
{
	struct label out = LABEL, again = LABEL, top = LABEL;
	struct loop loop = { &out, &again, m->loop };

	for (struct stmt *i = s->kind == S_FOR ? s->init : NULL; i; i = i->next)
		emit_stmt(m, i);
	if (s->left && s->kind != S_DO)
		emit_cond(m, s->left, false, &out);
	m->loop = &loop;
	emit_label(m, &top);
	emit_stmt(m, s->body);
	emit_label(m, &again);
	if (s->step)
		emit_stmt(m, s->step);
	m->loop = loop.outer;
	emit_pos(m, s->pos);
	if (s->left)
		emit_cond(m, s->left, true, &top);
	else
		emit_jump(m, emit_insn(m, TG_OP_JMP, 0, 0, 0, 0), &top);
	emit_label(m, &out);
}

static void emit_return(struct emit *m, struct stmt *s)
{
	if (!m->func->number) {
		emit_insn(m, TG_OP_EXITV, emit_expr(m, s->left, ANY), 0, 0, 0);
		return;
	}
	if (s->left)
		emit_expr(m, s->left, 0);
	emit_insn(m, TG_OP_RET, 0, 0, 0, 0);
}

void emit_stmt(struct emit *m, struct stmt *s)
{
	int top = m->top;

	emit_pos(m, s->pos);
	switch (s->kind) {
	case S_BLOCK:
		for (struct stmt *i = s->body; i; i = i->next)
			emit_stmt(m, i);
		break;
	case S_CALL:
		emit_expr(m, s->left, ANY);
		break;
	case S_ASSIGN:
		emit_assign_stmt(m, s);
		break;
	case S_IF:
		emit_if(m, s);
		break;
	case S_WHILE:
	case S_DO:
	case S_FOR:
		emit_loop(m, s);
		break;
	case S_BREAK:
		emit_jump(m, emit_insn(m, TG_OP_JMP, 0, 0, 0, 0), m->loop->out);
		break;
	case S_CONTINUE:
		emit_jump(m, emit_insn(m, TG_OP_JMP, 0, 0, 0, 0), m->loop->again);
		break;
	case S_RETURN:
		emit_return(m, s);
		break;
	case S_DECL:
		emit_decl(m, s);
		break;
	case S_STEP:			/* an assignment since it was checked */
		break;
	}
	m->top = top;
}
