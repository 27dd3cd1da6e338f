// SPDX-License-Identifier: GPL-2.0
/* Conversions, calls and initial values. */
#include "../../core/script/format.h"
#include "compile.h"

/* An array as the address of its first element. */
struct expr *check_value(struct compiler *c, struct expr *e)
{
	struct expr *a;

	e = check_expr(c, e);
	if (!e || e->type->kind != TY_ARRAY)
		return e;
	a = expr_new(c, E_UNARY, e->pos);
	a->op = T_AND;
	a->left = e;
	a->type = type_pointer(c, e->type->base);
	return a;
}

struct expr *check_condition(struct compiler *c, struct expr *e)
{
	e = check_value(c, e);
	if (e && !type_is_scalar(e->type)) {
		error_at(c, e->pos, NULL, "%s cannot be a condition", type_name(c, e->type));
		return NULL;
	}
	if (e && e->type->kind == TY_FLOAT) {
		struct expr *zero = expr_new(c, E_FLOAT, e->pos),
			    *test = expr_new(c, E_BINARY, e->pos);

		zero->type = &type_double;
		test->op = T_NE;
		test->left = check_cast(c, e, &type_double);
		test->right = zero;
		test->type = &type_s64;
		return test;
	}
	return e;
}

bool check_lvalue(struct compiler *c, struct expr *e)
{
	switch (e->kind) {
	case E_VAR:
	case E_INDEX:
		return true;
	case E_MEMBER:
		return e->arrow || check_lvalue(c, e->left);
	case E_UNARY:
		if (e->op == T_STAR)
			return true;
		break;
	case E_REG:
		if (!e->wide)
			return true;
		error_at(c, e->pos, NULL, "pseudo-register $%s cannot be assigned", e->reg->name);
		return false;
	default:
		break;
	}
	/* A literal, not what was computed from some. */
	error_at(c, e->pos, e->kind == E_NUMBER && e->name.length && *e->name.at > '9' ?
		 "a word of only hexadecimal digits is a number" : NULL,
		 "this cannot be assigned, nor has it an address");
	return false;
}

/* Between scalars; allowed or not is not asked. */
struct expr *check_cast(struct compiler *c, struct expr *e, const struct type *t)
{
	struct expr *cast;

	if (type_same(e->type, t))
		return e;
	cast = expr_new(c, E_CAST, e->pos);
	cast->left = e;
	cast->of = cast->type = t;
	return fold(c, cast);
}

static bool same_but_sign(const struct type *a, const struct type *b)
{
	return a->kind == TY_INT && b->kind == TY_INT && a->size == b->size;
}

struct expr *check_convert(struct compiler *c, struct expr *e, const struct type *t,
			   const char *what)
{
	const struct type *from = e->type;

	if (t->kind == TY_STRUCT && type_same(t, from))
		return e;
	if (type_is_number(t) && type_is_number(from))
		return check_cast(c, e, t);
	if (t->kind == TY_POINTER && (from->kind == TY_POINTER || type_is_integer(from))) {
		if (from->kind == TY_POINTER && !type_same(t, from) && t->base->kind != TY_VOID &&
		    from->base->kind != TY_VOID && !same_but_sign(t->base, from->base)) {
			error_at(c, e->pos, "a cast makes it right", "%s is %s, not %s", what,
				 type_name(c, t), type_name(c, from));
			return NULL;
		}
		return check_cast(c, e, t);
	}
	if (type_is_integer(t) && t->size == 8 && from->kind == TY_POINTER)
		return check_cast(c, e, t);
	error_at(c, e->pos, NULL, "%s is %s, not %s", what, type_name(c, t), type_name(c, from));
	return NULL;
}

/* ---- built-in functions ----------------------------------------------------------- */

static struct expr *helper(struct compiler *c, struct expr *e, const struct builtin *b)
{
	e->kind = E_BUILTIN;
	e->builtin = b;
	e->type = b->result ? &type_s64 : &type_void;
	(void)c;
	return e;
}

static struct expr *load(struct compiler *c, struct expr *address, u32 size, struct pos pos)
{
	static const struct builtin loads[] = { [1] = { "db", BI_LOAD, 1, 1, true, "i" },
		[2] = { "dw", BI_LOAD, 2, 1, true, "i" }, [4] = { "dd", BI_LOAD, 4, 1, true, "i" },
		[8] = { "dq", BI_LOAD, 8, 1, true, "i" } };
	struct expr *e = expr_new(c, E_BUILTIN, pos);

	e->builtin = &loads[size];
	e->args = address;
	e->nr_args = 1;
	e->type = &type_s64;
	return e;
}

static struct expr *number(struct compiler *c, u64 value, struct pos pos)
{
	struct expr *e = expr_new(c, E_NUMBER, pos);

	e->value = value;
	e->type = &type_s64;
	return e;
}

static struct expr *binary(struct compiler *c, enum token_kind op, struct expr *l, struct expr *r)
{
	struct expr *e = expr_new(c, E_BINARY, l->pos);

	e->op = op;
	e->left = l;
	e->right = r;
	return check_expr(c, e);
}

/* Bits 31:16 or 15:0 of what is at the address. */
static struct expr *half(struct compiler *c, struct expr *e, const struct builtin *b)
{
	struct expr *value;

	if (b->kind == BI_HI || b->kind == BI_LOW) {
		value = load(c, e->args, 4, e->pos);
	} else {
		value = expr_new(c, E_BUILTIN, e->pos);
		value->builtin = builtin_find((struct text){ "dd_pa", 5 });
		value->args = e->args;
		value->nr_args = 1;
		value->type = &type_s64;
	}
	if (b->kind == BI_HI || b->kind == BI_HI_PA)
		value = binary(c, T_SHR, value, number(c, 16, e->pos));
	return binary(c, T_AND, value, number(c, 0xffff, e->pos));
}

static struct expr *unary(struct compiler *c, enum token_kind op, struct expr *of, struct pos pos)
{
	struct expr *e = expr_new(c, E_UNARY, pos);

	e->op = op;
	e->left = of;
	return check_expr(c, e);
}

/* An argument that must be the address of a 64-bit variable. */
static bool check_variable(struct compiler *c, const struct expr *e, const char *name)
{
	if (e->type->kind != TY_POINTER ||
	    (type_is_scalar(e->type->base) && e->type->base->size == 8 &&
	     e->type->base->kind != TY_FLOAT))
		return true;
	error_at(c, e->pos, NULL, "%s needs a 64-bit variable, this is %s", name,
		 type_name(c, e->type->base));
	return false;
}

static bool check_arg(struct compiler *c, struct expr **arg, char kind, const struct builtin *b)
{
	struct expr *next = (*arg)->next, *e = check_value(c, *arg);

	if (!e)
		return false;
	if (e->type->kind == TY_FLOAT && kind == 'n') {
		e = check_cast(c, e, &type_double);
	} else if (e->type->kind == TY_FLOAT || !type_is_scalar(e->type)) {
		error_at(c, e->pos, NULL, "%s takes integers, not %s", b->name,
			 type_name(c, e->type));
		return false;
	}
	if (kind == 'v' && !check_variable(c, e, b->name))
		return false;
	if (e->next != next) {			/* shared, or another node */
		struct expr *copy = NEW(c, expr);

		*copy = *e;
		e = copy;
		e->next = next;
	}
	*arg = e;
	return true;
}

static bool check_args(struct compiler *c, struct expr *e, const struct builtin *b)
{
	const char *kind = b->params;
	bool fine = true;

	if (e->nr_args != b->args) {
		error_at(c, e->pos, NULL, "%s takes %u argument%s, not %u", b->name, b->args,
			 b->args == 1 ? "" : "s", e->nr_args);
		return false;
	}
	for (struct expr **a = &e->args; *a; a = &(*a)->next)
		fine &= check_arg(c, a, *kind++, b);
	return fine;
}

static const char *spec_error(const struct tg_format_spec *spec, const struct type *t)
{
	if (spec->conversion == 'f')
		return t->kind == TY_FLOAT ? NULL : "%f takes float or double";
	if (t->kind == TY_FLOAT)
		return "a floating-point value is printed with %f";
	return NULL;
}

/* The format's specifiers against the arguments. */
static bool check_format(struct compiler *c, struct expr *e, const struct expr *format,
			 const struct builtin *b)
{
	struct expr **a = &e->args->next;
	const char *s = format->name.at, *wrong;
	struct tg_format_spec spec;
	bool fine = true;

	while (*s) {
		if (*s++ != '%')
			continue;
		s = tg_format_next(s, &spec);
		if (spec.conversion == '%')
			continue;
		if (!*a || !check_arg(c, a, 'n', b))
			return false;
		wrong = spec_error(&spec, (*a)->type);
		if (wrong) {
			error_at(c, (*a)->pos, NULL, "%s", wrong);
			fine = false;
		}
		a = &(*a)->next;
	}
	return fine;
}

static struct expr *check_printf(struct compiler *c, struct expr *e, const struct builtin *b)
{
	struct expr *format = e->args;
	int count;

	if (!format || format->kind != E_STRING || format->wide) {
		error_at(c, e->pos, "printf(\"%llx\\n\", @rax);",
			 "printf needs a format string first");
		return NULL;
	}
	/* A NUL in the text would end it for the run. */
	for (u32 i = 0; i < format->name.length; i++) {
		if (!format->name.at[i]) {
			error_at(c, format->pos, NULL, "a format cannot have \\0 in it");
			return NULL;
		}
	}
	count = tg_format_count(format->name.at);
	if (count < 0) {
		error_at(c, format->pos,
			 "known are %d %i %u %x %X %o %b %c %p %s %ws %f %% with - + # 0, width "
			 "(up to 255), .precision (60) and hh h l ll",
			 "malformed format");
		return NULL;
	}
	if (count != (int)e->nr_args - 1) {
		error_at(c, e->pos, NULL, "the format takes %d value%s, %u given", count,
			 count == 1 ? "" : "s", e->nr_args - 1);
		return NULL;
	}
	if (count > (int)TG_SCRIPT_ARGS_MAX) {
		error_at(c, e->pos, "use two calls", "printf takes at most 16 values");
		return NULL;
	}
	if (!check_expr(c, format) || !check_format(c, e, format, b))
		return NULL;
	return helper(c, e, b);
}

struct expr *check_builtin(struct compiler *c, struct expr *e, const struct builtin *b)
{
	if (b->kind == BI_PRINTF)
		return check_printf(c, e, b);
	if (b->kind == BI_UNSUPPORTED) {
		error_at(c, e->pos, NULL, "%s is not supported", b->name);
		return NULL;
	}
	if (b->kind == BI_REFERENCE && e->nr_args == 1)
		return unary(c, T_AND, e->args, e->pos);
	if (!check_args(c, e, b))
		return NULL;
	switch (b->kind) {
	case BI_HI:
	case BI_LOW:
	case BI_HI_PA:
	case BI_LOW_PA:
		return half(c, e, b);
	case BI_NEG:
		return unary(c, T_MINUS, check_cast(c, e->args, &type_s64), e->pos);
	case BI_NOT:
		return unary(c, T_TILDE, check_cast(c, e->args, &type_s64), e->pos);
	default:
		return helper(c, e, b);
	}
}

static struct func *func_find(struct compiler *c, struct text name)
{
	for (struct func *f = c->funcs; f; f = f->next)
		if (text_same(f->name, name))
			return f;
	return NULL;
}

struct expr *check_call(struct compiler *c, struct expr *e)
{
	const struct builtin *b;
	struct var *param;

	if (e->type)
		return e;
	b = builtin_find(e->name);
	if (b)
		return check_builtin(c, e, b);
	e->func = func_find(c, e->name);
	if (!e->func) {
		const char *near = name_near(e->name, false);

		error_at(c, e->pos, near ? arena_printf(c, "did you mean '%s'?", near) : NULL,
			 "undefined function '%.*s'", (int)e->name.length, e->name.at);
		return NULL;
	}
	if (e->nr_args != e->func->nr_params) {
		error_at(c, e->pos, NULL, "%.*s takes %u argument%s, not %u", (int)e->name.length,
			 e->name.at, e->func->nr_params, e->func->nr_params == 1 ? "" : "s",
			 e->nr_args);
		return NULL;
	}
	param = e->func->vars;
	for (struct expr **a = &e->args; *a; a = &(*a)->next, param = param->next) {
		struct expr *next = (*a)->next, *copy, *value = check_value(c, *a);

		value = value ? check_convert(c, value, param->type, "the parameter") : NULL;
		if (!value)
			return NULL;
		copy = NEW(c, expr);
		*copy = *value;
		copy->next = next;
		*a = copy;
	}
	e->type = e->func->result;
	return e;
}

/* ---- initial values --------------------------------------------------------------------- */

static bool init_value(struct compiler *c, struct init *i, const struct type *t);

static bool init_list(struct compiler *c, struct init *i, const struct type *t)
{
	struct member *m = t->kind == TY_STRUCT ? t->tag->members : NULL;
	u32 nr = 0;

	for (struct init *k = i->list; k; k = k->next, nr++) {
		if (t->kind == TY_STRUCT ? !m : nr >= t->count) {
			error_at(c, k->pos, NULL, "more values than %s has", type_name(c, t));
			return false;
		}
		if (!init_value(c, k, m ? m->type : t->base))
			return false;
		m = m ? m->next : NULL;
	}
	return true;
}

static bool init_value(struct compiler *c, struct init *i, const struct type *t)
{
	bool aggregate = t->kind == TY_ARRAY || t->kind == TY_STRUCT;

	if (i->is_list && aggregate)
		return init_list(c, i, t);
	if (i->is_list) {
		error_at(c, i->pos, NULL, "%s takes one value, not a list", type_name(c, t));
		return false;
	}
	if (t->kind == TY_ARRAY) {
		error_at(c, i->pos, "{ 1, 2, 3 }", "an array takes a list of values");
		return false;
	}
	i->expr = check_value(c, i->expr);
	if (i->expr)
		i->expr = check_convert(c, i->expr, t, "the variable");
	return i->expr;
}

void check_init(struct compiler *c, struct stmt *s)
{
	if (!init_value(c, s->value, s->type))
		s->value = NULL;
}
