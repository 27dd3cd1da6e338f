// SPDX-License-Identifier: GPL-2.0
/* Expressions: Pratt's method, a binding power for each operator. */
#include "compile.h"

/* Comparisons are one level, weaker than | ^ & are not: as HyperDbg's conditions. */
static const u8 power[] = {
	[T_OROR] = 1, [T_ANDAND] = 2, [T_OR] = 3, [T_XOR] = 4, [T_AND] = 5,
	[T_EQ] = 6, [T_NE] = 6, [T_LT] = 6, [T_LE] = 6, [T_GT] = 6, [T_GE] = 6,
	[T_SHL] = 7, [T_SHR] = 7, [T_PLUS] = 8, [T_MINUS] = 8,
	[T_STAR] = 9, [T_SLASH] = 9, [T_PERCENT] = 9, [T_OR_SET] = 0,
};

static struct expr *parse_binary(struct compiler *c, u32 least);

struct expr *expr_new(struct compiler *c, enum expr_kind kind, struct pos pos)
{
	struct expr *e = NEW(c, expr);

	e->kind = kind;
	e->pos = pos;
	return e;
}

bool parse_enter(struct compiler *c)
{
	if (c->nest < NEST_MAX) {
		c->nest++;
		return true;
	}
	error_at(c, c->token.pos, "split it into smaller ones", "this is nested too deeply");
	return false;
}

/* What is read in a loop makes a tree as deep as what is nested. */
bool parse_chain(struct compiler *c)
{
	if (c->chain++ < CHAIN_MAX)
		return true;
	error_at(c, c->token.pos, "split it into several",
		 "the statement has more than 1000 operators");
	return false;
}

/* `(` was read; arguments up to `)`. */
static bool parse_args(struct compiler *c, struct expr *call)
{
	struct expr **end = &call->args;

	if (parse_accept(c, T_RPAREN))
		return true;
	do {
		*end = parse_expr(c);
		if (!*end)
			return false;
		end = &(*end)->next;
		call->nr_args++;
	} while (parse_accept(c, T_COMMA));
	return parse_expect(c, T_RPAREN, "')' behind the arguments");
}

static struct expr *parse_call(struct compiler *c)
{
	struct expr *e = expr_new(c, E_CALL, c->token.pos);

	e->name = c->token.text;
	lex_next(c);
	lex_next(c);
	return parse_args(c, e) ? e : NULL;
}

static struct expr *parse_group(struct compiler *c)
{
	struct expr *e;

	lex_next(c);
	e = parse_expr(c);
	if (!e || !parse_expect(c, T_RPAREN, "')'"))
		return NULL;
	e->grouped = true;
	return e;
}

static struct expr *parse_symbol(struct compiler *c)
{
	struct expr *e = expr_new(c, E_NUMBER, c->token.pos);
	const struct token *t = &c->token;
	char why[200];

	e->type = &type_s64;
	if (tg_symbol_find(c->o->kallsyms,
			   arena_printf(c, "%.*s", (int)t->module.length, t->module.at),
			   arena_printf(c, "%.*s", (int)t->text.length, t->text.at), &e->value, why,
			   sizeof(why)))
		error_at(c, t->pos, NULL, "%s", why);
	lex_next(c);
	return e;
}

static struct expr *parse_pseudo(struct compiler *c)
{
	const struct token *t = &c->token;
	struct expr *e = expr_new(c, E_REG, t->pos);

	e->reg = t->reg;
	e->wide = true;			/* cannot be assigned */
	if (!t->reg) {
		const char *near = name_near(t->text, true);

		error_at(c, t->pos, near ? arena_printf(c, "did you mean '$%s'?", near) : NULL,
			 "there is no '$%.*s'", (int)t->text.length, t->text.at);
		e = NULL;
	}
	lex_next(c);
	return e;
}

static struct expr *parse_literal(struct compiler *c)
{
	const struct token *t = &c->token;
	struct expr *e = expr_new(c, t->kind == T_NUMBER ? E_NUMBER : t->kind == T_FLOAT ? E_FLOAT :
				  E_STRING, t->pos);

	e->value = t->value;
	e->wide = t->wide;
	e->name = t->text;
	if (t->kind == T_NUMBER)
		e->type = t->is_unsigned ? &type_u64 : &type_s64;
	lex_next(c);
	return e;
}

/* (type).name: the lexer took the point for that of a member. */
static struct expr *parse_dot(struct compiler *c)
{
	struct expr *e = expr_new(c, E_GLOBAL, c->token.pos);

	lex_next(c);
	e->name = c->token.text;
	if (c->token.kind != T_WORD && c->token.kind != T_REGISTER && c->token.kind != T_NUMBER) {
		error_at(c, c->token.pos, NULL, "expected a name behind '.', not %s",
			 token_name(c, &c->token));
		return NULL;
	}
	lex_next(c);
	return e;
}

static struct expr *parse_primary(struct compiler *c)
{
	const struct token *t = &c->token;
	struct expr *e;

	switch (t->kind) {
	case T_NUMBER:
	case T_FLOAT:
	case T_STRING:
		return parse_literal(c);
	case T_PSEUDO:
		return parse_pseudo(c);
	case T_SYMBOL:
		return parse_symbol(c);
	case T_LPAREN:
		return parse_group(c);
	case T_DOT:
		return parse_dot(c);
	case T_REGISTER:
		e = expr_new(c, E_REG, t->pos);
		e->reg = t->reg;
		lex_next(c);
		return e->reg ? e : NULL;
	case T_WORD:
		if (lex_peek(c)->kind == T_LPAREN)
			return parse_call(c);
		/* fall through */
	case T_GLOBAL:
		e = expr_new(c, t->kind == T_WORD ? E_NAME : E_GLOBAL, t->pos);
		e->name = t->text;
		lex_next(c);
		return e;
	default:
		error_at(c, t->pos, t->kind == T_INC || t->kind == T_DEC ?
			 "++ and -- stand behind a variable, as a statement: x++;" : NULL,
			 "expected a value, not %s", token_name(c, t));
		return NULL;
	}
}

static struct expr *parse_member(struct compiler *c, struct expr *base)
{
	struct expr *e = expr_new(c, E_MEMBER, c->token.pos);

	e->arrow = c->token.kind == T_ARROW;
	lex_next(c);
	e->left = base;
	e->name = c->token.text;
	/* A member's name may be a register's or look like a number. */
	if (!e->name.length || !(c->token.kind == T_WORD || c->token.kind == T_REGISTER ||
				 c->token.kind == T_NUMBER)) {
		error_at(c, c->token.pos, NULL, "expected the name of a member, not %s",
			 token_name(c, &c->token));
		return NULL;
	}
	e->pos = c->token.pos;
	lex_next(c);
	return e;
}

static struct expr *parse_postfix(struct compiler *c)
{
	struct expr *e = parse_primary(c), *index;

	while (e) {
		bool more = c->token.kind == T_DOT || c->token.kind == T_ARROW ||
			    c->token.kind == T_LBRACKET;

		if (more && !parse_chain(c))
			return NULL;
		if (c->token.kind == T_DOT || c->token.kind == T_ARROW) {
			e = parse_member(c, e);
		} else if (c->token.kind == T_LBRACKET) {
			index = expr_new(c, E_INDEX, c->token.pos);
			lex_next(c);
			index->left = e;
			index->right = parse_expr(c);
			if (!index->right || !parse_expect(c, T_RBRACKET, "']'"))
				return NULL;
			e = index;
		} else {
			break;
		}
	}
	return e;
}

static const struct type *parse_type_name(struct compiler *c)
{
	const struct type *t = parse_type(c);

	return t ? parse_dims(c, parse_stars(c, t)) : NULL;
}

static bool peek_is_type(struct compiler *c)
{
	struct token now = c->token;
	bool is;

	c->token = *lex_peek(c);
	is = parse_is_type(c);
	c->token = now;
	return is;
}

static struct expr *parse_unary(struct compiler *c);

static struct expr *parse_sizeof(struct compiler *c)
{
	struct expr *e = expr_new(c, E_SIZEOF, c->token.pos);

	lex_next(c);
	if (c->token.kind == T_LPAREN && peek_is_type(c)) {
		lex_next(c);
		e->of = parse_type_name(c);
		return e->of && parse_expect(c, T_RPAREN, "')'") ? e : NULL;
	}
	e->left = parse_unary(c);
	return e->left ? e : NULL;
}

static struct expr *parse_cast(struct compiler *c)
{
	struct expr *e = expr_new(c, E_CAST, c->token.pos);

	lex_next(c);
	e->of = parse_type_name(c);
	if (!e->of || !parse_expect(c, T_RPAREN, "')'"))
		return NULL;
	e->left = parse_unary(c);
	return e->left ? e : NULL;
}

static struct expr *parse_operator(struct compiler *c)
{
	struct expr *e = expr_new(c, E_UNARY, c->token.pos);

	e->op = c->token.kind;
	lex_next(c);
	e->left = parse_unary(c);
	return e->left ? e : NULL;
}

static struct expr *parse_unary(struct compiler *c)
{
	struct expr *e;

	if (!parse_enter(c))
		return NULL;
	switch (c->token.kind) {
	case T_MINUS:
	case T_PLUS:
	case T_TILDE:
	case T_BANG:
	case T_STAR:
	case T_AND:
		e = parse_operator(c);
		break;
	case T_SIZEOF:
		e = parse_sizeof(c);
		break;
	case T_LPAREN:
		e = peek_is_type(c) ? parse_cast(c) : parse_postfix(c);
		break;
	default:
		e = parse_postfix(c);
	}
	c->nest--;
	return e;
}

static struct expr *parse_binary(struct compiler *c, u32 least)
{
	struct expr *left = parse_unary(c);

	while (left && c->token.kind < TG_ARRAY_SIZE(power) && power[c->token.kind] > least) {
		struct expr *e = expr_new(c, E_BINARY, c->token.pos);

		e->op = c->token.kind;
		if (!parse_chain(c))
			return NULL;
		lex_next(c);
		if (!parse_enter(c))
			return NULL;
		e->left = left;
		e->right = parse_binary(c, power[e->op]);
		c->nest--;
		if (!e->right)
			return NULL;
		left = e;
	}
	return left;
}

struct expr *parse_expr(struct compiler *c)
{
	struct expr *e, *condition;

	if (!parse_enter(c))
		return NULL;
	condition = e = parse_binary(c, 0);
	if (condition && c->token.kind == T_QUESTION) {
		e = expr_new(c, E_COND, c->token.pos);
		lex_next(c);
		e->left = condition;
		e->right = parse_expr(c);
		if (!e->right || !parse_expect(c, T_COLON, "':'"))
			return NULL;
		e->third = parse_expr(c);
		e = e->third ? e : NULL;
	}
	c->nest--;
	return e;
}
