// SPDX-License-Identifier: GPL-2.0
/* Variables and statements: what names mean, and that types fit. */
#include <stdlib.h>
#include <string.h>

#include "compile.h"

/* ---- variables ------------------------------------------------------------------ */

/*
 * The innermost with this name; else that of the whole function; else the latest of
 * those whose block has ended: a HyperDbg script may use a variable after the block
 * that set it.
 */
struct var *var_find(struct compiler *c, struct text name)
{
	struct var *found = NULL;

	for (struct var *v = c->scope; v; v = v->outer)
		if (text_same(v->name, name))
			return v;
	for (struct var *v = c->func ? c->func->vars : NULL; v; v = v->next) {
		if (!text_same(v->name, name))
			continue;
		if (v->implicit)
			return v;
		found = v;
	}
	if (found)
		found->zero = true;
	return found;
}

struct var *var_add(struct compiler *c, struct text name, const struct type *type, struct pos pos)
{
	struct var *v = NEW(c, var);

	v->name = name;
	v->type = type;
	v->pos = pos;
	v->reg = -1;
	v->in_memory = type->kind == TY_ARRAY || type->kind == TY_STRUCT;
	*c->func->vars_end = v;
	c->func->vars_end = &v->next;
	v->outer = c->scope;
	c->scope = v;
	return v;
}

/* type NULL: as it is known, or unsigned long. */
struct var *global_find(struct compiler *c, struct text name, const struct type *type,
			struct pos pos)
{
	struct var *v;
	int place;

	for (v = c->globals; v; v = v->next)
		if (text_same(v->name, name))
			break;
	if (v && (!type || type_same(type, v->type)))
		return v;
	if (v) {
		error_at(c, pos, NULL, "global variable .%.*s has type %s already",
			 (int)name.length, name.at, type_name(c, v->type));
		return NULL;
	}
	v = NEW(c, var);
	v->name = name;
	v->type = type ? type : &type_u64;
	v->pos = pos;
	v->is_global = v->in_memory = true;
	place = tg_globals_place(c->o->globals, name.at, name.length, (v->type->size + 7) & ~7u);
	if (place < 0) {
		error_at(c, pos, NULL, place == -1 ? "no room for another global variable" :
			 "another script uses a global variable of this name and another size");
		return NULL;
	}
	v->offset = (u32)place;
	v->next = c->globals;
	c->globals = v;
	return v;
}

static bool declared_here(const struct compiler *c, struct text name, const struct var *outside)
{
	for (const struct var *v = c->scope; v != outside; v = v->outer)
		if (text_same(v->name, name))
			return true;
	return false;
}

/* ---- statements ------------------------------------------------------------------ */

static void check_stmt(struct compiler *c, struct stmt *s, const struct var *outside);

/* A scope of its own; conditional: it may be left out. */
static void check_block(struct compiler *c, struct stmt *s, bool conditional)
{
	struct var *outside = c->scope;

	c->depth += conditional;
	for (struct stmt *i = s->kind == S_BLOCK ? s->body : s; i;
	     i = s->kind == S_BLOCK ? i->next : NULL)
		check_stmt(c, i, outside);
	c->depth -= conditional;
	c->scope = outside;
}

static bool is_new_variable(struct compiler *c, const struct stmt *s)
{
	return s->left->kind == E_NAME && s->op == T_ASSIGN && !var_find(c, s->left->name);
}

/* x = value, where x is new: unsigned long, of the function. Also after an error: it is one. */
static void make_variable(struct compiler *c, struct stmt *s)
{
	struct var *v = NEW(c, var);
	bool is_float = s->right && s->right->type->kind == TY_FLOAT;

	if (is_float)
		error_at(c, s->left->pos,
			 arena_printf(c, "double %.*s = ...;", (int)s->left->name.length,
				      s->left->name.at),
			 "a floating-point variable must be declared");
	v->name = s->left->name;
	v->type = is_float ? s->right->type : &type_u64;
	v->pos = s->left->pos;
	v->reg = -1;
	v->implicit = true;
	v->zero = c->depth;
	*c->func->vars_end = v;
	c->func->vars_end = &v->next;
	s->left->kind = E_VAR;
	s->left->var = v;
	s->left->type = v->type;
}

static struct expr *target(struct compiler *c, struct expr *e)
{
	e = check_expr(c, e);
	return e && check_lvalue(c, e) ? e : NULL;
}

/* The operator of `op=`. */
static enum token_kind plain_op(enum token_kind op)
{
	static const u8 plain[] = { T_PLUS, T_MINUS, T_STAR, T_SLASH, T_PERCENT,
				    T_SHL,  T_SHR,   T_AND,  T_XOR,   T_OR };

	return plain[op - T_ADD_SET];
}

/* left op= right as left = left op right; left is evaluated twice, without effects. */
static struct expr *compound(struct compiler *c, struct stmt *s, enum token_kind op)
{
	struct expr *e = expr_new(c, E_BINARY, s->pos);

	e->op = op;
	e->left = s->left;
	e->right = s->right;
	return check_expr(c, e);
}

static bool has_call(const struct expr *e)
{
	if (!e)
		return false;
	if (e->kind == E_CALL || (e->kind == E_BUILTIN && e->builtin->kind != BI_LOAD))
		return true;
	return has_call(e->left) || has_call(e->right) || has_call(e->third);
}

static void check_assign(struct compiler *c, struct stmt *s)
{
	if (s->init) {			/* a = b = c: b is set, then a from b */
		check_assign(c, s->init);
		s->right = s->init->left;
	}
	if (s->op == T_ASSIGN) {
		s->right = check_value(c, s->right);
		if (is_new_variable(c, s))
			make_variable(c, s);
		s->left = s->right ? target(c, s->left) : NULL;
	} else if (!s->right) {
		s->left = NULL;
	} else {
		s->left = target(c, s->left);
		if (s->left && has_call(s->left)) {
			error_at(c, s->pos, "put the address into a variable first",
				 "a function called on the left side would be called twice");
			s->left = NULL;
		}
		s->right = s->left ? compound(c, s, plain_op(s->op)) : NULL;
		s->op = T_ASSIGN;
	}
	if (s->left && s->right)
		s->right = check_convert(c, s->right, s->left->type, "the variable");
	if (!s->right)
		s->left = NULL;
}

static void check_step(struct compiler *c, struct stmt *s)
{
	struct expr *one = expr_new(c, E_NUMBER, s->pos);

	one->value = 1;
	one->type = &type_s64;
	s->right = one;
	s->kind = S_ASSIGN;
	s->op = s->op == T_INC ? T_ADD_SET : T_SUB_SET;
	check_assign(c, s);
}

static void check_return(struct compiler *c, struct stmt *s)
{
	const struct type *result = c->func->result;

	if (c->func == &c->main && !c->o->expression) {
		error_at(c, s->pos, NULL, "return outside of a function");
		return;
	}
	if (s->left)
		s->left = check_value(c, s->left);
	else if (c->func != &c->main && result->kind != TY_VOID)
		error_at(c, s->pos, NULL, "not returning a value in non-void function");
	if (c->func == &c->main) {
		if (s->left && (!type_is_scalar(s->left->type) || s->left->type->kind == TY_FLOAT))
			error_at(c, s->left->pos, "printf prints others",
				 "the value must be an integer, not %s",
				 type_name(c, s->left->type));
		return;
	}
	if (s->left && result->kind == TY_VOID)
		error_at(c, s->pos, NULL, "returning a value in void function");
	else if (s->left)
		s->left = check_convert(c, s->left, result, "the result");
}

static void check_decl(struct compiler *c, struct stmt *s, const struct var *outside)
{
	if (s->op == T_GLOBAL) {
		if (s->init) {
			error_at(c, s->init->pos, "in two statements",
				 "only one variable is declared with a value");
			return;
		}
		s->var = global_find(c, s->name, s->type, s->pos);
		if (s->var && s->value)
			check_init(c, s);
		return;
	}
	if (declared_here(c, s->name, outside))
		error_at(c, s->pos, NULL, "'%.*s' is declared already", (int)s->name.length,
			 s->name.at);
	if (s->init) {
		check_assign(c, s->init);
		if (!s->init->left)
			return;
		s->value->expr = s->init->left;
	}
	if (s->value)
		check_init(c, s);
	if (!s->var)
		s->var = var_add(c, s->name, s->type, s->pos);
}

static void check_loop(struct compiler *c, struct stmt *s)
{
	struct var *outside = c->scope;

	if (s->kind == S_FOR && s->init)
		for (struct stmt *i = s->init; i; i = i->next)
			check_stmt(c, i, outside);
	if (s->left && s->kind != S_DO)
		s->left = check_condition(c, s->left);
	c->loops++;
	check_block(c, s->body, true);
	if (s->step) {
		c->depth++;
		check_stmt(c, s->step, outside);
		c->depth--;
	}
	c->loops--;
	if (s->kind == S_DO)
		s->left = check_condition(c, s->left);
	c->scope = outside;
}

static void check_if(struct compiler *c, struct stmt *s)
{
	s->left = check_condition(c, s->left);
	check_block(c, s->body, true);
	if (s->other)
		check_block(c, s->other, true);
}

/* outside: the variables around the block that s is in. */
static void check_stmt(struct compiler *c, struct stmt *s, const struct var *outside)
{
	switch (s->kind) {
	case S_BLOCK:
		check_block(c, s, false);
		break;
	case S_CALL:
		s->left =
			s->left->kind == E_CALL ? check_call(c, s->left) : check_value(c, s->left);
		break;
	case S_ASSIGN:
		check_assign(c, s);
		break;
	case S_STEP:
		check_step(c, s);
		break;
	case S_IF:
		check_if(c, s);
		break;
	case S_WHILE:
	case S_DO:
	case S_FOR:
		check_loop(c, s);
		break;
	case S_BREAK:
	case S_CONTINUE:
		if (!c->loops)
			error_at(c, s->pos, NULL, "%s outside of a loop",
				 s->kind == S_BREAK ? "break" : "continue");
		break;
	case S_RETURN:
		check_return(c, s);
		break;
	case S_DECL:
		check_decl(c, s, outside);
		break;
	}
}

/* ---- functions --------------------------------------------------------------------- */

static void check_func(struct compiler *c, struct func *f)
{
	c->func = f;
	c->scope = NULL;
	c->depth = c->loops = 0;
	for (struct var *v = f->vars; v; v = v->next) {
		v->outer = c->scope;
		v->reg = -1;
		c->scope = v;
	}
	if (f->body->kind == S_BLOCK)
		check_block(c, f->body, false);
	else
		check_stmt(c, f->body, NULL);
	for (struct var *v = f->vars; v; v = v->next)
		f->nr_vars++;
	c->func = NULL;
}

static void check_names(struct compiler *c)
{
	u32 number = 1;

	for (struct func *f = c->funcs; f; f = f->next) {
		f->number = number++;
		if (builtin_find(f->name))
			error_at(c, f->pos, NULL, "there is a built-in function %.*s",
				 (int)f->name.length, f->name.at);
		for (struct func *g = c->funcs; g != f; g = g->next)
			if (text_same(f->name, g->name))
				error_at(c, f->pos, NULL, "function %.*s is defined already",
					 (int)f->name.length, f->name.at);
		if (number > TG_SCRIPT_FUNCS_MAX)
			error_at(c, f->pos, NULL, "more than 255 functions");
	}
}

void check_script(struct compiler *c)
{
	check_names(c);
	check_func(c, &c->main);
	for (struct func *f = c->funcs; f; f = f->next)
		check_func(c, f);
}

/* ---- global variables of all scripts --------------------------------------------------- */

int tg_globals_place(struct tg_globals *g, const char *name, size_t length, uint32_t size)
{
	struct tg_global_name *v;

	for (unsigned int i = 0; i < g->nr; i++)
		if (strlen(g->var[i].name) == length && !memcmp(g->var[i].name, name, length))
			return g->var[i].size == size ? (int)g->var[i].offset : -2;
	if (g->used + size > TG_SCRIPT_GLOBALS_MAX)
		return -1;
	if (g->nr == g->room) {
		unsigned int room = g->room ? g->room * 2 : 16;

		v = realloc(g->var, room * sizeof(*v));
		if (!v)
			return -1;
		g->var = v;
		g->room = room;
	}
	v = &g->var[g->nr];
	v->name = strndup(name, length);
	if (!v->name)
		return -1;
	v->offset = g->used;
	v->size = size;
	g->used += size;
	g->nr++;
	return (int)v->offset;
}

/* Forgets those that came after `before`. */
void tg_globals_back(struct tg_globals *g, const struct tg_globals *before)
{
	while (g->nr > before->nr)
		free(g->var[--g->nr].name);
	g->used = before->used;
}

void tg_globals_free(struct tg_globals *g)
{
	for (unsigned int i = 0; i < g->nr; i++)
		free(g->var[i].name);
	free(g->var);
	memset(g, 0, sizeof(*g));
}
