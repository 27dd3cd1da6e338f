// SPDX-License-Identifier: GPL-2.0
/*
 * Types of expressions. NULL stands for an expression with an error that was noted.
 * What has a type was checked already.
 */
#include <string.h>

#include "compile.h"

static struct expr *bad_operands(struct compiler *c, struct expr *e, const char *what)
{
	error_at(c, e->pos, NULL, "%s cannot be used with %s and %s", what,
		 type_name(c, e->left->type), type_name(c, e->right->type));
	return NULL;
}

u32 const_add(struct compiler *c, const void *data, u32 size)
{
	u32 offset = c->const_size;

	if (offset + size > c->const_room) {
		u32 room = (c->const_room + size) * 2 + 256;
		char *more = arena(c, room);

		if (offset)
			memcpy(more, c->consts, offset);
		c->consts = more;
		c->const_room = room;
	}
	if (size)
		memcpy(c->consts + offset, data, size);
	c->const_size += size;
	return offset;
}

static struct expr *check_string(struct compiler *c, struct expr *e)
{
	u32 end = e->wide ? 2 : 1;

	if (e->wide && c->const_size % 2)
		const_add(c, "", 1);
	if (c->const_size + e->name.length + 16 > TG_SCRIPT_CONST_MAX) {
		error_at(c, e->pos, NULL, "the strings are longer than 10000 bytes (hexadecimal)");
		return NULL;
	}
	e->value = const_add(c, e->name.at, e->name.length);
	const_add(c, "\0", end);
	e->type = type_pointer(c, e->wide ? &type_u16 : &type_s8);
	return e;
}

static struct expr *use_var(struct expr *e, struct var *v)
{
	e->kind = E_VAR;
	e->var = v;
	e->type = v->type;
	return e;
}

/* ffu: meant as an unsigned number, perhaps */
static bool is_like_number(struct text t)
{
	for (u32 i = 0; i + 1 < t.length; i++)
		if (!memchr("0123456789abcdefABCDEF_", t.at[i], 23))
			return false;
	return t.length > 1 && (t.at[t.length - 1] | 0x20) == 'u';
}

static struct expr *check_name(struct compiler *c, struct expr *e)
{
	struct var *v = var_find(c, e->name);

	if (v)
		return use_var(e, v);
	error_at(c, e->pos, is_like_number(e->name) ?
		 arena_printf(c, "the unsigned number is 0%.*s", (int)e->name.length, e->name.at) :
		 "assign it first, or write .name for a global variable, which starts at 0",
		 "unresolved variable '%.*s'", (int)e->name.length, e->name.at);
	return NULL;
}

static struct expr *check_member(struct compiler *c, struct expr *e)
{
	const struct type *t;

	e->left = e->arrow ? check_value(c, e->left) : check_expr(c, e->left);
	if (!e->left)
		return NULL;
	t = e->left->type;
	if (e->arrow ? t->kind != TY_POINTER || t->base->kind != TY_STRUCT : t->kind != TY_STRUCT) {
		error_at(c, e->pos, e->arrow ? "cast it: ((struct name *)x)->member" : NULL,
			 "%s is not a %sstructure", type_name(c, t),
			 e->arrow ? "pointer to a " : "");
		return NULL;
	}
	t = e->arrow ? t->base : t;
	if (!t->tag->defined) {
		error_at(c, e->pos, NULL, "unknown struct tag '%.*s'", (int)t->tag->name.length,
			 t->tag->name.at);
		return NULL;
	}
	e->member = type_member(t, e->name);
	if (!e->member) {
		error_at(c, e->pos, NULL, "struct %.*s has no member '%.*s'",
			 (int)t->tag->name.length, t->tag->name.at, (int)e->name.length,
			 e->name.at);
		return NULL;
	}
	e->type = e->member->type;
	return e;
}

/* What a pointer points to can be used. */
static bool is_usable(struct compiler *c, const struct type *t, struct pos pos)
{
	if (t->kind == TY_STRUCT && !t->tag->defined) {
		error_at(c, pos, NULL, "unknown struct tag '%.*s'", (int)t->tag->name.length,
			 t->tag->name.at);
		return false;
	}
	if (t->kind == TY_VOID)
		error_at(c, pos, "cast it to the type that is there", "void has no size");
	return t->kind != TY_VOID;
}

static struct expr *check_index(struct compiler *c, struct expr *e)
{
	e->left = check_expr(c, e->left);
	e->right = check_value(c, e->right);
	if (!e->left || !e->right)
		return NULL;
	if (e->left->type->kind != TY_ARRAY && e->left->type->kind != TY_POINTER) {
		error_at(c, e->pos, NULL, "%s is not an array", type_name(c, e->left->type));
		return NULL;
	}
	if (!type_is_integer(e->right->type)) {
		error_at(c, e->right->pos, NULL, "an index cannot be %s",
			 type_name(c, e->right->type));
		return NULL;
	}
	if (!is_usable(c, e->left->type->base, e->pos))
		return NULL;
	if (e->left->type->kind == TY_ARRAY && e->right->kind == E_NUMBER &&
	    e->right->value >= e->left->type->count) {
		error_at(c, e->right->pos, NULL, "index %llx is not in the array of %x",
			 (unsigned long long)e->right->value, e->left->type->count);
		return NULL;
	}
	e->type = e->left->type->base;
	return e;
}

/* *p: of integers, the 8 bytes there. */
static struct expr *check_deref(struct compiler *c, struct expr *e)
{
	e->left = check_value(c, e->left);
	if (!e->left)
		return NULL;
	if (e->left->type->kind == TY_POINTER) {
		e->type = e->left->type->base;
		return is_usable(c, e->type, e->pos) ? e : NULL;
	}
	if (!type_is_integer(e->left->type)) {
		error_at(c, e->pos, NULL, "%s is not an address", type_name(c, e->left->type));
		return NULL;
	}
	e->type = &type_u64;
	return e;
}

static void mark_address(struct expr *e)
{
	while (e->kind == E_MEMBER || e->kind == E_INDEX) {
		if (e->kind == E_MEMBER ? e->arrow : e->left->type->kind == TY_POINTER)
			return;
		e = e->left;
	}
	if (e->kind == E_VAR)
		e->var->in_memory = true;
}

static struct expr *check_address(struct compiler *c, struct expr *e)
{
	e->left = check_expr(c, e->left);
	if (!e->left)
		return NULL;
	if (e->left->kind == E_REG) {
		error_at(c, e->pos, NULL, "a register has no address");
		return NULL;
	}
	if (!check_lvalue(c, e->left))
		return NULL;
	mark_address(e->left);
	e->type = type_pointer(c, e->left->type);
	return e;
}

static struct expr *check_unary(struct compiler *c, struct expr *e)
{
	const struct type *t;

	if (e->op == T_STAR)
		return check_deref(c, e);
	if (e->op == T_AND)
		return check_address(c, e);
	e->left = e->op == T_BANG ? check_condition(c, e->left) : check_value(c, e->left);
	if (!e->left)
		return NULL;
	t = e->left->type;
	if (e->op == T_BANG) {
		e->type = &type_s64;
		return fold(c, e);
	}
	if (!type_is_number(t) || (t->kind == TY_FLOAT && e->op == T_TILDE)) {
		error_at(c, e->pos, NULL, "this operator cannot be used with %s", type_name(c, t));
		return NULL;
	}
	e->left = check_cast(c, e->left, type_promoted(t));
	e->type = e->left->type;
	return e->op == T_PLUS ? e->left : fold(c, e);
}

/* Pointers, numbers and a null: what == and < compare. */
static struct expr *check_compare(struct compiler *c, struct expr *e)
{
	const struct type *l = e->left->type, *r = e->right->type, *t;

	if (!type_is_scalar(l) || !type_is_scalar(r))
		return bad_operands(c, e, "this comparison");
	if (l->kind == TY_POINTER || r->kind == TY_POINTER) {
		if (l->kind == TY_FLOAT || r->kind == TY_FLOAT)
			return bad_operands(c, e, "this comparison");
		t = &type_u64;
	} else {
		t = type_common(l, r);
	}
	e->left = check_cast(c, e->left, t);
	e->right = check_cast(c, e->right, t);
	e->type = &type_s64;
	return fold(c, e);
}

static struct expr *check_pointers(struct compiler *c, struct expr *e)
{
	const struct type *l = e->left->type, *r = e->right->type;

	if (l->kind == TY_POINTER && !is_usable(c, l->base, e->pos))
		return NULL;
	if (e->op == T_MINUS && l->kind == TY_POINTER && r->kind == TY_POINTER) {
		if (!type_same(l, r)) {
			error_at(c, e->pos, NULL,
				 "pointers of different types are subtracted: %s and %s",
				 type_name(c, l), type_name(c, r));
			return NULL;
		}
		e->type = &type_s64;
		return e;
	}
	if (e->op == T_PLUS && type_is_integer(l) && r->kind == TY_POINTER) {
		struct expr *swap = e->left;

		e->left = e->right;
		e->right = swap;
		return check_pointers(c, e);
	}
	if (l->kind != TY_POINTER || !type_is_integer(r))
		return bad_operands(c, e, e->op == T_PLUS ? "+" : "-");
	e->right = check_cast(c, e->right, &type_s64);
	e->type = l;
	return e;
}

static struct expr *check_arithmetic(struct compiler *c, struct expr *e)
{
	const struct type *l = e->left->type, *r = e->right->type, *t;
	bool additive = e->op == T_PLUS || e->op == T_MINUS;

	if (additive && (l->kind == TY_POINTER || r->kind == TY_POINTER))
		return check_pointers(c, e);
	if (!type_is_number(l) || !type_is_number(r))
		return bad_operands(c, e, "this operator");
	if ((l->kind == TY_FLOAT || r->kind == TY_FLOAT) && !additive && e->op != T_STAR &&
	    e->op != T_SLASH) {
		error_at(c, e->pos, NULL, "unsupported floating-point operation");
		return NULL;
	}
	if (e->op == T_SHL || e->op == T_SHR) {
		e->left = check_cast(c, e->left, type_promoted(l));
		e->right = check_cast(c, e->right, type_promoted(r));
		e->type = e->left->type;
		return fold(c, e);
	}
	t = type_common(l, r);
	e->left = check_cast(c, e->left, t);
	e->right = check_cast(c, e->right, t);
	e->type = t;
	return fold(c, e);
}

static struct expr *check_binary(struct compiler *c, struct expr *e)
{
	if (e->op == T_ANDAND || e->op == T_OROR) {
		e->left = check_condition(c, e->left);
		e->right = check_condition(c, e->right);
		e->type = &type_s64;
		return e->left && e->right ? fold(c, e) : NULL;
	}
	e->left = check_value(c, e->left);
	e->right = check_value(c, e->right);
	if (!e->left || !e->right)
		return NULL;
	if (e->op >= T_EQ && e->op <= T_GE)
		return check_compare(c, e);
	return check_arithmetic(c, e);
}

static struct expr *check_ternary(struct compiler *c, struct expr *e)
{
	const struct type *l, *r, *t;

	e->left = check_condition(c, e->left);
	e->right = check_value(c, e->right);
	e->third = check_value(c, e->third);
	if (!e->left || !e->right || !e->third)
		return NULL;
	l = e->right->type;
	r = e->third->type;
	if (type_same(l, r)) {
		t = l;
	} else if (type_is_number(l) && type_is_number(r)) {
		t = type_common(l, r);
	} else if (l->kind == TY_POINTER && type_is_integer(r)) {
		t = l;
	} else if (r->kind == TY_POINTER && type_is_integer(l)) {
		t = r;
	} else {
		error_at(c, e->pos, NULL, "?: cannot choose between %s and %s", type_name(c, l),
			 type_name(c, r));
		return NULL;
	}
	if (t->kind == TY_VOID || t->kind == TY_STRUCT) {
		error_at(c, e->pos, NULL, "?: cannot choose between values of %s", type_name(c, t));
		return NULL;
	}
	e->right = check_cast(c, e->right, t);
	e->third = check_cast(c, e->third, t);
	e->type = t;
	return fold(c, e);
}

static struct expr *check_sizeof(struct compiler *c, struct expr *e)
{
	const struct type *t = e->of;

	if (!t) {
		e->left = check_expr(c, e->left);
		if (!e->left)
			return NULL;
		t = e->left->type;
	}
	if (!is_usable(c, t, e->pos))
		return NULL;
	e->kind = E_NUMBER;
	e->value = t->size;
	e->type = &type_s64;
	return e;
}

static struct expr *check_cast_expr(struct compiler *c, struct expr *e)
{
	const struct type *from;

	e->left = check_value(c, e->left);
	if (!e->left)
		return NULL;
	from = e->left->type;
	if (!type_is_scalar(e->of) || !type_is_scalar(from) ||
	    (e->of->kind == TY_POINTER && from->kind == TY_FLOAT) ||
	    (e->of->kind == TY_FLOAT && from->kind == TY_POINTER)) {
		error_at(c, e->pos, NULL, "%s cannot be cast to %s", type_name(c, from),
			 type_name(c, e->of));
		return NULL;
	}
	return check_cast(c, e->left, e->of);
}

/* The lexer gives the bits of a double. */
static struct expr *check_float(struct expr *e)
{
	double wide;
	float narrow;
	u32 bits;

	e->type = e->wide ? &type_float : &type_double;
	if (e->wide) {
		memcpy(&wide, &e->value, sizeof(wide));
		narrow = (float)wide;
		memcpy(&bits, &narrow, sizeof(bits));
		e->value = bits;
	}
	return e;
}

struct expr *check_expr(struct compiler *c, struct expr *e)
{
	if (!e || e->type)
		return e;
	switch (e->kind) {
	case E_FLOAT:
		return check_float(e);
	case E_STRING:
		return check_string(c, e);
	case E_NAME:
		return check_name(c, e);
	case E_GLOBAL:
		e->var = global_find(c, e->name, NULL, e->pos);
		return e->var ? use_var(e, e->var) : NULL;
	case E_REG:
		e->type = &type_s64;
		return e;
	case E_UNARY:
		return check_unary(c, e);
	case E_BINARY:
		return check_binary(c, e);
	case E_COND:
		return check_ternary(c, e);
	case E_CALL:
		e = check_call(c, e);
		if (e && e->type->kind == TY_VOID) {
			error_at(c, e->pos, NULL, "this function returns no value");
			return NULL;
		}
		return e;
	case E_CAST:
		return check_cast_expr(c, e);
	case E_SIZEOF:
		return check_sizeof(c, e);
	case E_MEMBER:
		return check_member(c, e);
	case E_INDEX:
		return check_index(c, e);
	default:
		return e;
	}
}
