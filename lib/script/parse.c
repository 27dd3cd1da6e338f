// SPDX-License-Identifier: GPL-2.0
/* Statements, and the script as a whole. */
#include "compile.h"

bool parse_accept(struct compiler *c, enum token_kind kind)
{
	if (c->token.kind != kind)
		return false;
	lex_next(c);
	return true;
}

const char *token_name(struct compiler *c, const struct token *t)
{
	if (t->kind == T_END)
		return "the end";
	if (t->kind == T_STRING)
		return "a string";
	if (t->kind == T_FLOAT)
		return "a number";
	if (!t->text.length)
		return "a number";
	return arena_printf(c, "'%s%.*s'",
			    t->kind == T_PSEUDO ? "$" : t->kind == T_GLOBAL ? "." : "",
			    (int)t->text.length, t->text.at);
}

bool parse_expect(struct compiler *c, enum token_kind kind, const char *what)
{
	if (parse_accept(c, kind))
		return true;
	error_at(c, c->token.pos, NULL, "expected %s, not %s", what, token_name(c, &c->token));
	return false;
}

/* To behind the end of the statement that has an error in it. */
void parse_skip(struct compiler *c)
{
	u32 braces = 0;

	for (;;) {
		switch (c->token.kind) {
		case T_END:
			return;
		case T_LBRACE:
			braces++;
			break;
		case T_RBRACE:
			if (!braces)
				return;
			if (!--braces) {
				lex_next(c);
				return;
			}
			break;
		case T_SEMICOLON:
			if (!braces) {
				lex_next(c);
				return;
			}
			break;
		default:
			break;
		}
		lex_next(c);
	}
}

static struct stmt *stmt_new(struct compiler *c, enum stmt_kind kind)
{
	struct stmt *s = NEW(c, stmt);

	s->kind = kind;
	s->pos = c->token.pos;
	return s;
}

/* What `one` reads, up to `}`, which is read, or the end. */
static struct stmt *parse_list(struct compiler *c, struct pos open,
			       struct stmt *(*one)(struct compiler *c))
{
	struct stmt *block = stmt_new(c, S_BLOCK), **end = &block->body;

	while (c->token.kind != T_RBRACE) {
		if (c->token.kind == T_END) {
			error_at(c, open, NULL, "this '{' has no '}'");
			return block;
		}
		*end = one(c);
		while (*end)
			end = &(*end)->next;
	}
	lex_next(c);
	return block;
}

struct stmt *parse_block(struct compiler *c, const char *what)
{
	struct pos open = c->token.pos;
	struct stmt *s;

	if (c->token.kind != T_LBRACE) {
		error_at(c, open, "braces are needed, for one statement, too",
			 "expected '{' behind %s, not %s", what, token_name(c, &c->token));
		return NULL;
	}
	if (!parse_enter(c))
		return NULL;
	lex_next(c);
	s = parse_list(c, open, parse_statement);
	c->nest--;
	return s;
}

static struct expr *parse_paren(struct compiler *c, const char *what)
{
	struct expr *e;

	if (!parse_expect(c, T_LPAREN, arena_printf(c, "'(' behind %s", what)))
		return NULL;
	c->chain = 0;
	e = parse_expr(c);
	if (e && c->token.kind == T_ASSIGN) {
		error_at(c, c->token.pos, "== compares", "an assignment cannot be a condition");
		return NULL;
	}
	return e && parse_expect(c, T_RPAREN, "')' behind the condition") ? e : NULL;
}

static struct stmt *parse_if(struct compiler *c);

/* At the `if` behind else, or `elsif`. */
static struct stmt *parse_elsif(struct compiler *c)
{
	struct stmt *s;

	if (c->elsifs == CHAIN_MAX) {
		error_at(c, c->token.pos, NULL, "more than 1000 elsif");
		longjmp(c->give_up, 2);
	}
	c->elsifs++;
	s = parse_if(c);
	c->elsifs--;
	return s;
}

/* At `if` or `elsif`. */
static struct stmt *parse_if(struct compiler *c)
{
	struct stmt *s = stmt_new(c, S_IF);

	lex_next(c);
	s->left = parse_paren(c, "if");
	if (!s->left)
		return NULL;
	s->body = parse_block(c, "the condition");
	if (!s->body)
		return NULL;
	if (c->token.kind == T_ELSIF) {
		s->other = parse_elsif(c);
		return s->other ? s : NULL;
	}
	if (c->token.kind != T_ELSE)
		return s;
	lex_next(c);
	s->other = c->token.kind == T_IF ? parse_elsif(c) : parse_block(c, "else");
	return s->other ? s : NULL;
}

static struct stmt *parse_while(struct compiler *c)
{
	struct stmt *s = stmt_new(c, S_WHILE);

	lex_next(c);
	s->left = parse_paren(c, "while");
	if (!s->left)
		return NULL;
	s->body = parse_block(c, "the condition");
	return s->body ? s : NULL;
}

static struct stmt *parse_do(struct compiler *c)
{
	struct stmt *s = stmt_new(c, S_DO);

	lex_next(c);
	s->body = parse_block(c, "do");
	if (!s->body || !parse_expect(c, T_WHILE, "'while' behind the block of do"))
		return NULL;
	s->left = parse_paren(c, "while");
	return s->left && parse_expect(c, T_SEMICOLON, "';'") ? s : NULL;
}

/* = value, op= value, behind an lvalue. a = b = c sets b first. */
static struct stmt *parse_assign(struct compiler *c, struct expr *left)
{
	struct stmt *s = stmt_new(c, S_ASSIGN);

	s->op = c->token.kind;
	s->left = left;
	if (!parse_chain(c))
		return NULL;
	lex_next(c);
	s->right = parse_expr(c);
	if (!s->right)
		return NULL;
	if (c->token.kind == T_ASSIGN) {
		s->init = parse_assign(c, s->right);
		return s->init ? s : NULL;
	}
	return s;
}

static bool is_lvalue(const struct expr *e)
{
	return e->kind == E_NAME || e->kind == E_GLOBAL || e->kind == E_REG;
}

/*
 * A call, an assignment, ++ or --; without the semicolon. As the update of a for also
 * a variable alone, with which nothing is done.
 */
static struct stmt *parse_simple(struct compiler *c, bool update)
{
	struct pos pos = c->token.pos;
	struct expr *e = parse_expr(c);
	struct stmt *s;

	if (!e)
		return NULL;
	if (c->token.kind >= T_ASSIGN && c->token.kind <= T_OR_SET)
		return parse_assign(c, e);
	if (c->token.kind == T_INC || c->token.kind == T_DEC) {
		s = stmt_new(c, S_STEP);
		s->op = c->token.kind;
		s->left = e;
		lex_next(c);
		return s;
	}
	if (e->kind != E_CALL && !(update && is_lvalue(e) && c->token.kind == T_RPAREN)) {
		/* A missing semicolon is seen at the next word. */
		error_at(c, e->kind == E_NAME || e->kind == E_NUMBER ? pos : e->pos,
			 "a statement is an assignment, a call, ++ or --",
			 "this is not a statement");
		return NULL;
	}
	s = stmt_new(c, S_CALL);
	s->pos = e->pos;
	s->left = e;
	return s;
}

static struct stmt *parse_for_parts(struct compiler *c, struct stmt *s)
{
	if (c->token.kind == T_SEMICOLON) {
		lex_next(c);
	} else if (parse_is_type(c)) {
		struct pos pos = c->token.pos;
		const struct type *type = parse_type(c);

		s->init = type ? parse_declaration(c, type, NULL, pos) : NULL;
		if (!s->init)
			return NULL;
	} else {
		s->init = parse_simple(c, false);
		if (!s->init || !parse_expect(c, T_SEMICOLON, "';' behind the start of for"))
			return NULL;
	}
	if (c->token.kind != T_SEMICOLON) {
		s->left = parse_expr(c);
		if (!s->left)
			return NULL;
	}
	if (!parse_expect(c, T_SEMICOLON, "';' behind the condition of for"))
		return NULL;
	if (c->token.kind != T_RPAREN) {
		s->step = parse_simple(c, true);
		if (!s->step)
			return NULL;
	}
	return parse_expect(c, T_RPAREN, "')' behind the parts of for") ? s : NULL;
}

static struct stmt *parse_for(struct compiler *c)
{
	struct stmt *s = stmt_new(c, S_FOR);

	lex_next(c);
	if (!parse_expect(c, T_LPAREN, "'(' behind for") || !parse_for_parts(c, s)) {
		/* What follows an error goes on behind the block. */
		while (c->token.kind != T_LBRACE && c->token.kind != T_RBRACE &&
		       c->token.kind != T_END)
			lex_next(c);
		return NULL;
	}
	s->body = parse_block(c, "for");
	return s->body ? s : NULL;
}

static struct stmt *parse_return(struct compiler *c)
{
	struct stmt *s = stmt_new(c, S_RETURN);

	lex_next(c);
	if (c->token.kind != T_SEMICOLON) {
		s->left = parse_expr(c);
		if (!s->left)
			return NULL;
	}
	return parse_expect(c, T_SEMICOLON, "';'") ? s : NULL;
}

static struct stmt *parse_word(struct compiler *c, enum stmt_kind kind)
{
	struct stmt *s = stmt_new(c, kind);

	lex_next(c);
	return parse_expect(c, T_SEMICOLON, "';'") ? s : NULL;
}

static struct stmt *parse_inner(struct compiler *c)
{
	struct pos pos = c->token.pos;
	const struct type *type;
	struct stmt *s;

	switch (c->token.kind) {
	case T_LBRACE:
		return parse_block(c, "");
	case T_IF:
		return parse_if(c);
	case T_WHILE:
		return parse_while(c);
	case T_DO:
		return parse_do(c);
	case T_FOR:
		return parse_for(c);
	case T_BREAK:
		return parse_word(c, S_BREAK);
	case T_CONTINUE:
		return parse_word(c, S_CONTINUE);
	case T_RETURN:
		return parse_return(c);
	case T_ELSIF:
	case T_ELSE:
		error_at(c, pos, NULL, "%s without if", token_name(c, &c->token));
		lex_next(c);
		return NULL;
	default:
		break;
	}
	if (parse_is_type(c)) {
		type = parse_type(c);
		return type ? parse_declaration(c, type, NULL, pos) : NULL;
	}
	s = parse_simple(c, false);
	return s && parse_expect(c, T_SEMICOLON, "';'") ? s : NULL;
}

/* NULL for what has no code, and after an error, which was skipped. */
struct stmt *parse_statement(struct compiler *c)
{
	u32 before = c->errors, nest = c->nest, elsifs = c->elsifs;
	struct stmt *s = NULL;

	c->chain = 0;
	switch (c->token.kind) {
	case T_SEMICOLON:
		lex_next(c);
		return NULL;
	case T_TYPEDEF:
		parse_typedef(c);
		break;
	case T_STRUCT:
		s = parse_struct(c);
		break;
	default:
		s = parse_inner(c);
	}
	if (!s && c->errors != before) {
		c->nest = nest;
		c->elsifs = elsifs;
		parse_skip(c);
	}
	return s;
}

static struct stmt *parse_top(struct compiler *c);

/* At `{`, at the top level: what is in it is still there. */
static struct stmt *parse_top_block(struct compiler *c)
{
	struct pos open = c->token.pos;
	struct stmt *block;

	if (!parse_enter(c)) {
		parse_skip(c);
		return NULL;
	}
	c->top++;
	lex_next(c);
	block = parse_list(c, open, parse_top);
	c->top--;
	c->nest--;
	return block;
}

/* At the top level: functions, too. */
static struct stmt *parse_top(struct compiler *c)
{
	struct pos pos = c->token.pos;
	u32 nest = c->nest;
	const struct type *type;

	if (c->token.kind == T_RBRACE) {
		error_at(c, pos, NULL, "this '}' has no '{'");
		lex_next(c);
		return NULL;
	}
	if (c->token.kind == T_LBRACE)
		return parse_top_block(c);
	if (c->token.kind == T_STRUCT || !parse_is_type(c))
		return parse_statement(c);
	c->chain = 0;
	type = parse_type(c);
	if (type) {
		const struct type *full = parse_stars(c, type);

		if (c->token.kind == T_WORD && lex_peek(c)->kind == T_LPAREN) {
			struct token name = c->token;
			struct func *f;

			lex_next(c);
			f = parse_function(c, full, name);
			if (f) {
				*c->funcs_end = f;
				c->funcs_end = &f->next;
				return NULL;
			}
		} else {
			struct stmt *s = parse_declaration(c, type, full, pos);

			if (s)
				return s;
		}
	}
	c->nest = nest;
	parse_skip(c);
	return NULL;
}

void parse_script(struct compiler *c)
{
	struct stmt *block = NEW(c, stmt), **end = &block->body;

	c->main.body = block;
	block->kind = S_BLOCK;
	lex_next(c);
	block->pos = c->token.pos;
	if (c->o->expression) {
		block->kind = S_RETURN;
		block->left = parse_expr(c);
		if (block->left && c->token.kind != T_END)
			error_at(c, c->token.pos, NULL, "expected the end, not %s",
				 token_name(c, &c->token));
		return;
	}
	while (c->token.kind != T_END) {
		*end = parse_top(c);
		while (*end)
			end = &(*end)->next;
	}
}
