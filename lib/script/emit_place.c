// SPDX-License-Identifier: GPL-2.0
/* Places: variables, memory, the guest's registers; loads and stores. */
#include "emit.h"

static bool is_gpr(const struct expr *e)
{
	return e->kind == E_REG && e->reg->width == 64 && e->reg->reg < TG_NR_GPRS &&
	       e->reg->reg != TG_REG_RSP;
}

void emit_pointer(struct emit *m, struct expr *address, struct place *p)
{
	struct expr *base = address;
	u64 offset = 0;

	*p = (struct place){ .kind = P_MEMORY };
	if (address->kind == E_BINARY && (address->op == T_PLUS || address->op == T_MINUS) &&
	    address->right->kind == E_NUMBER && address->type->size == 8 &&
	    address->left->type->size == 8) {
		offset = address->right->value;
		if (address->type->kind == TY_POINTER)
			offset *= address->type->base->size;
		offset = address->op == T_MINUS ? -offset : offset;
		if (fits32(offset))
			base = address->left;
		else
			offset = 0;
	}
	p->offset = (s32)offset;
	while (base->kind == E_CAST && base->left->type->size == 8 && base->type->size == 8 &&
	       base->left->type->kind != TY_FLOAT)
		base = base->left;
	if (is_gpr(base)) {
		p->kind = P_GUEST_MEMORY;
		p->reg = base->reg->reg;
		return;
	}
	p->reg = emit_expr(m, base, ANY);
}

/* A guest register's value in a register of ours, where LDQR does not do. */
static void need_base(struct emit *m, struct place *p)
{
	int reg;

	if (p->kind != P_GUEST_MEMORY)
		return;
	reg = emit_temp(m);
	emit_insn(m, TG_OP_LDR, reg, p->reg, 0, 0);
	p->kind = P_MEMORY;
	p->reg = reg;
}

static void var_place(struct emit *m, const struct var *v, struct place *p)
{
	bool aggregate = v->type->kind == TY_ARRAY || v->type->kind == TY_STRUCT;

	*p = (struct place){ .kind = P_VAR, .reg = v->reg };
	if (v->is_global && !aggregate) {
		p->kind = P_GLOBAL;
		p->offset = (s32)v->offset;
	} else if (v->in_memory) {
		p->kind = P_MEMORY;
		p->reg = emit_temp(m);
		emit_insn(m, v->is_global ? TG_OP_LEAG : TG_OP_LEAF, p->reg, 0, 0, (s32)v->offset);
	}
}

static void add_offset(struct emit *m, struct place *p, u64 by)
{
	u64 sum = (u64)(s64)p->offset + by;
	int reg;

	if (fits32(sum)) {
		p->offset = (s32)sum;
		return;
	}
	need_base(m, p);
	reg = emit_temp(m);
	emit_number(m, reg, by);
	emit_insn(m, TG_OP_ADD, reg, reg, p->reg, 0);
	p->reg = reg;
}

static void index_place(struct emit *m, struct expr *e, struct place *p)
{
	const struct type *t = e->left->type;
	int index, reg;

	if (t->kind == TY_ARRAY)
		emit_place(m, e->left, p);
	else
		emit_pointer(m, e->left, p);
	if (e->right->kind == E_NUMBER) {
		add_offset(m, p, e->right->value * e->type->size);
		return;
	}
	need_base(m, p);
	index = emit_expr(m, e->right, ANY);
	if (t->kind == TY_ARRAY)
		emit_insn(m, TG_OP_CHK, index, TG_ERR_INDEX, 0, (s32)t->count);
	reg = emit_temp(m);
	if (e->type->size > 1) {
		emit_insn(m, TG_OP_MULI, reg, index, 0, (s32)e->type->size);
		index = reg;
	}
	emit_insn(m, TG_OP_ADD, reg, index, p->reg, 0);
	p->reg = reg;
}

void emit_place(struct emit *m, struct expr *e, struct place *p)
{
	switch (e->kind) {
	case E_VAR:
		var_place(m, e->var, p);
		break;
	case E_REG:
		*p = (struct place){ .kind = P_GUEST, .name = e->reg };
		break;
	case E_MEMBER:
		if (e->arrow)
			emit_pointer(m, e->left, p);
		else
			emit_place(m, e->left, p);
		add_offset(m, p, e->member->offset);
		break;
	case E_INDEX:
		index_place(m, e, p);
		break;
	default:			/* *pointer; or a structure as a value */
		emit_pointer(m, e->left, p);
	}
}

int emit_address(struct emit *m, struct expr *e, int want)
{
	struct place p;
	int top = m->top;

	emit_place(m, e, &p);
	if (p.kind == P_GLOBAL) {
		m->top = top;
		want = emit_dest(m, want);
		emit_insn(m, TG_OP_LEAG, want, 0, 0, p.offset);
		return want;
	}
	need_base(m, &p);
	m->top = top;
	want = emit_dest(m, want);
	if (p.offset)
		emit_insn(m, TG_OP_ADDI, want, p.reg, 0, p.offset);
	else if (p.reg != want)
		emit_insn(m, TG_OP_MOV, want, p.reg, 0, 0);
	return want;
}

/* ---- the guest's registers --------------------------------------------------------- */

static void read_whole(struct emit *m, const struct reg_name *r, int to)
{
	if (r->reg < TG_NR_GPRS && r->reg != TG_REG_RSP)
		emit_insn(m, TG_OP_LDR, to, r->reg, 0, 0);
	else
		emit_insn(m, TG_OP_LDX, to, 0, 0, r->reg);
}

/* The lowest `width` bits. */
static void cut(struct emit *m, int reg, u32 width)
{
	if (width == 32)
		emit_insn(m, TG_OP_ZX32, reg, reg, 0, 0);
	else if (width < 32)
		emit_insn(m, TG_OP_ANDI, reg, reg, 0, (1 << width) - 1);
}

static int read_guest(struct emit *m, const struct reg_name *r, int want)
{
	want = emit_dest(m, want);
	read_whole(m, r, want);
	if (r->shift)
		emit_insn(m, TG_OP_SHRI, want, want, 0, r->shift);
	cut(m, want, r->width);
	return want;
}

static void write_whole(struct emit *m, const struct reg_name *r, int from)
{
	if (r->reg < TG_NR_GPRS && r->reg != TG_REG_RSP)
		emit_insn(m, TG_OP_STR, from, r->reg, 0, 0);
	else
		emit_insn(m, TG_OP_STX, from, 0, 0, r->reg);
}

/* The other bits stay; segment selectors have no others. */
static void write_guest(struct emit *m, const struct reg_name *r, int from)
{
	int top = m->top, whole, part;

	if (r->width == 64) {
		write_whole(m, r, from);
		return;
	}
	whole = emit_temp(m);
	part = emit_temp(m);
	emit_insn(m, TG_OP_MOV, part, from, 0, 0);
	cut(m, part, r->width);
	if (r->reg < TG_REG_CS || r->reg > TG_REG_SS) {
		read_whole(m, r, whole);
		if (r->width == 32) {
			emit_insn(m, TG_OP_SHRI, whole, whole, 0, 32);
			emit_insn(m, TG_OP_SHLI, whole, whole, 0, 32);
		} else {
			emit_insn(m, TG_OP_ANDI, whole, whole, 0,
				  ~(((1 << r->width) - 1) << r->shift));
		}
		if (r->shift)
			emit_insn(m, TG_OP_SHLI, part, part, 0, r->shift);
		emit_insn(m, TG_OP_OR, part, part, whole, 0);
	}
	write_whole(m, r, part);
	m->top = top;
}

/* ---- loads and stores ---------------------------------------------------------------- */

static void canonical(struct emit *m, const struct type *t, int reg)
{
	if (t->kind == TY_BOOL)
		emit_insn(m, TG_OP_BOOL, reg, reg, 0, 0);
	else if (t->kind == TY_INT && t->is_signed && t->size < 8)
		emit_insn(m,
			  t->size == 1 ? TG_OP_SX8 : t->size == 2 ? TG_OP_SX16 : TG_OP_SX32,
			  reg, reg, 0, 0);
}

int emit_load(struct emit *m, const struct place *p, const struct type *t, int want)
{
	static const u8 ops[] = {
		[1] = TG_OP_LDB, [2] = TG_OP_LDH, [4] = TG_OP_LDW, [8] = TG_OP_LDQ
	};
	struct place base = *p;
	int top = m->top;

	if (p->kind == P_VAR) {
		if (want != ANY && want != p->reg)
			emit_insn(m, TG_OP_MOV, want, p->reg, 0, 0);
		return want == ANY ? p->reg : want;
	}
	if (p->kind == P_GUEST)
		return read_guest(m, p->name, want);
	if (p->kind == P_GUEST_MEMORY && t->size == 8) {
		want = emit_dest(m, want);
		emit_insn(m, TG_OP_LDQR, want, p->reg, 0, p->offset);
		return want;
	}
	if (p->kind == P_GLOBAL) {
		want = emit_dest(m, want);
		emit_insn(m, TG_OP_LDG, want, 0, 0, p->offset);
		/* Another script may have another type for it. */
		if (t->size < 8 && !(t->kind == TY_INT && t->is_signed))
			emit_insn(m,
				  t->size == 1 ? TG_OP_ZX8 : t->size == 2 ? TG_OP_ZX16 : TG_OP_ZX32,
				  want, want, 0, 0);
		canonical(m, t, want);
		return want;
	}
	need_base(m, &base);
	m->top = top;
	want = emit_dest(m, want);
	emit_insn(m, ops[t->size], want, base.reg, 0, base.offset);
	canonical(m, t, want);
	return want;
}

void emit_store(struct emit *m, const struct place *p, const struct type *t, int from)
{
	static const u8 ops[] = {
		[1] = TG_OP_STB, [2] = TG_OP_STH, [4] = TG_OP_STW, [8] = TG_OP_STQ
	};
	struct place base = *p;
	int top = m->top;

	switch (p->kind) {
	case P_VAR:
		if (p->reg != from)
			emit_insn(m, TG_OP_MOV, p->reg, from, 0, 0);
		break;
	case P_GLOBAL:
		emit_insn(m, TG_OP_STG, from, 0, 0, p->offset);
		break;
	case P_GUEST:
		write_guest(m, p->name, from);
		break;
	default:
		need_base(m, &base);
		emit_insn(m, ops[t->size], from, base.reg, 0, base.offset);
	}
	m->top = top;
}

void emit_copy(struct emit *m, int to, int from, u32 size)
{
	int top = m->top, args[3] = { to, from, emit_temp(m) };

	emit_number(m, args[2], size);
	emit_helper(m, TG_HELPER_MEMCPY, args, 3, ANY);
	m->top = top;
}
