// SPDX-License-Identifier: GPL-2.0
/* Constants computed while compiling, by the rules of the run. */
#include "compile.h"

static bool is_number(const struct expr *e)
{
	return e && e->kind == E_NUMBER;
}

static struct expr *constant(struct expr *e, u64 value)
{
	e->kind = E_NUMBER;
	e->value = type_canonical(e->type, value);
	return e;
}

/* false: left for the run, or an error. bits: of the left operand's type. */
static bool divide(struct compiler *c, struct expr *e, u64 a, u64 b, bool is_signed, u64 *r)
{
	u64 least = e->type->size == 4 ? (u64)INT32_MIN : (u64)INT64_MIN;

	if (!b) {
		error_at(c, e->pos, NULL, "division by zero");
		return false;
	}
	if (is_signed && b == ~0ull) {
		if (a == least) {
			error_at(c, e->pos, NULL, "the smallest number divided by -1 does not fit");
			return false;
		}
		*r = e->op == T_SLASH ? -a : 0;
	} else if (is_signed) {
		*r = e->op == T_SLASH ? (u64)((s64)a / (s64)b) : (u64)((s64)a % (s64)b);
	} else {
		*r = e->op == T_SLASH ? a / b : a % b;
	}
	return true;
}

static bool shift(struct compiler *c, struct expr *e, u64 a, u64 b, u64 *r)
{
	if (b >= e->type->size * 8) {
		error_at(c, e->pos, NULL, "shift by %llx: the width of the value is not larger",
			 (unsigned long long)b);
		return false;
	}
	if (e->op == T_SHL)
		*r = a << b;
	else
		*r = e->type->is_signed ? (u64)((s64)a >> b) : a >> b;
	return true;
}

static bool compare(const struct expr *e, u64 a, u64 b)
{
	const struct type *t = e->left->type;
	bool less = t->kind == TY_INT && t->is_signed ? (s64)a < (s64)b : a < b;

	switch (e->op) {
	case T_EQ:
		return a == b;
	case T_NE:
		return a != b;
	case T_LT:
		return less;
	case T_LE:
		return less || a == b;
	case T_GT:
		return !less && a != b;
	default:
		return !less;
	}
}

static bool binary(struct compiler *c, struct expr *e, u64 a, u64 b, u64 *r)
{
	switch (e->op) {
	case T_PLUS:
		*r = a + b;
		return true;
	case T_MINUS:
		*r = a - b;
		return true;
	case T_STAR:
		*r = a * b;
		return true;
	case T_AND:
		*r = a & b;
		return true;
	case T_OR:
		*r = a | b;
		return true;
	case T_XOR:
		*r = a ^ b;
		return true;
	case T_SLASH:
	case T_PERCENT:
		return divide(c, e, a, b, e->type->is_signed, r);
	case T_SHL:
	case T_SHR:
		return shift(c, e, a, b, r);
	case T_ANDAND:
		*r = a && b;
		return true;
	case T_OROR:
		*r = a || b;
		return true;
	default:
		*r = compare(e, a, b);
		return true;
	}
}

static struct expr *fold_binary(struct compiler *c, struct expr *e)
{
	u64 value;

	/* The right side need not be known, nor run. */
	if (e->op == T_ANDAND && is_number(e->left) && !e->left->value)
		return constant(e, 0);
	if (e->op == T_OROR && is_number(e->left) && e->left->value)
		return constant(e, 1);
	if (is_number(e->right) && type_is_integer(e->type) && !is_number(e->left)) {
		/* Known to fail, whatever the left is. */
		if ((e->op == T_SLASH || e->op == T_PERCENT) && !e->right->value) {
			error_at(c, e->pos, NULL, "division by zero");
			return NULL;
		}
		if ((e->op == T_SHL || e->op == T_SHR) && !shift(c, e, 0, e->right->value, &value))
			return NULL;
	}
	if (!is_number(e->left) || !is_number(e->right) || !type_is_integer(e->type))
		return e;
	return binary(c, e, e->left->value, e->right->value, &value) ? constant(e, value) : NULL;
}

static struct expr *fold_unary(struct expr *e)
{
	if (e->op == T_MINUS && e->left->kind == E_FLOAT) {
		e->kind = E_FLOAT;
		e->value = e->left->value ^ 1ull << (e->type->size * 8 - 1);
		return e;
	}
	if (!is_number(e->left) || !type_is_integer(e->type))
		return e;
	switch (e->op) {
	case T_MINUS:
		return constant(e, -e->left->value);
	case T_TILDE:
		return constant(e, ~e->left->value);
	case T_BANG:
		return constant(e, !e->left->value);
	default:
		return e;
	}
}

/* e's parts are checked, and folded; NULL: an error was noted. */
struct expr *fold(struct compiler *c, struct expr *e)
{
	switch (e->kind) {
	case E_BINARY:
		return fold_binary(c, e);
	case E_UNARY:
		return fold_unary(e);
	case E_CAST:
		if (is_number(e->left) && e->of->kind != TY_FLOAT && e->of->kind != TY_VOID)
			return constant(e, e->left->value);
		return e;
	case E_COND:
		if (!is_number(e->left))
			return e;
		return e->left->value ? e->right : e->third;
	default:
		return e;
	}
}

/* The size of an array, before names mean anything: literals, sizeof, operators. */
bool fold_constant(struct compiler *c, struct expr *e, u64 *value)
{
	struct expr *folded = check_expr(c, e);

	if (!folded)
		return false;
	if (folded->kind != E_NUMBER) {
		error_at(c, e->pos, NULL, "the size of an array must be a constant");
		return false;
	}
	*value = folded->value;
	return true;
}
