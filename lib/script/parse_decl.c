// SPDX-License-Identifier: GPL-2.0
/* Types, declarations, structures, functions. */
#include "compile.h"

#define AGGREGATE_MAX	8192u		/* bytes of an array or structure */

static struct var *typedef_find(struct compiler *c, struct text name)
{
	for (struct var *v = c->typedefs; v; v = v->next)
		if (text_same(v->name, name))
			return v;
	return NULL;
}

bool parse_is_type(struct compiler *c)
{
	return c->token.kind == T_TYPE || c->token.kind == T_STRUCT ||
	       (c->token.kind == T_WORD && typedef_find(c, c->token.text));
}

static const struct type *integer_type(u64 size, bool is_unsigned)
{
	switch (size) {
	case 1:
		return is_unsigned ? &type_u8 : &type_s8;
	case 2:
		return is_unsigned ? &type_u16 : &type_s16;
	case 4:
		return is_unsigned ? &type_u32 : &type_s32;
	default:
		return is_unsigned ? &type_u64 : &type_s64;
	}
}

/* From how often each word was there; NULL: no type. */
static const struct type *type_of_words(const u8 n[W_UNSIGNED + 1], u32 total)
{
	u32 sign = n[W_SIGNED] + n[W_UNSIGNED], rest = total - sign - n[W_INT];

	if (sign > 1 || n[W_INT] > 1)
		return NULL;
	if (n[W_VOID] || n[W_BOOL] || n[W_FLOAT] || n[W_DOUBLE]) {
		if (total != 1)
			return NULL;
		return n[W_VOID] ? &type_void : n[W_BOOL] ? &type_bool : n[W_FLOAT] ? &type_float :
			&type_double;
	}
	if (n[W_CHAR])
		return rest == 1 && !n[W_INT] ? integer_type(1, n[W_UNSIGNED]) : NULL;
	if (n[W_SHORT])
		return rest == 1 ? integer_type(2, n[W_UNSIGNED]) : NULL;
	if (n[W_LONG])
		return rest == n[W_LONG] && rest <= 2 ? integer_type(8, n[W_UNSIGNED]) : NULL;
	return integer_type(4, n[W_UNSIGNED]);
}

const struct type *parse_type(struct compiler *c)
{
	u8 n[W_UNSIGNED + 1] = { 0 };
	struct pos pos = c->token.pos;
	const struct type *t;
	u32 total = 0;

	if (c->token.kind == T_WORD) {
		t = typedef_find(c, c->token.text)->type;
		lex_next(c);
		return t;
	}
	if (c->token.kind == T_STRUCT) {
		lex_next(c);
		if (c->token.kind != T_WORD) {
			error_at(c, c->token.pos, NULL, "expected the name of a structure, not %s",
				 token_name(c, &c->token));
			return NULL;
		}
		t = &type_tag(c, c->token.text)->type;
		lex_next(c);
		return t;
	}
	for (; c->token.kind == T_TYPE; total++) {
		if (n[c->token.value] < 3)
			n[c->token.value]++;
		lex_next(c);
	}
	t = type_of_words(n, total);
	if (!t)
		error_at(c, pos, NULL, n[W_DOUBLE] && n[W_LONG] ? "there is no long double" :
			 "undefined variable type: these words together are not a type");
	return t;
}

const struct type *parse_stars(struct compiler *c, const struct type *t)
{
	while (parse_accept(c, T_STAR))
		t = type_pointer(c, t);
	return t;
}

static bool is_complete(struct compiler *c, const struct type *t, struct pos pos)
{
	if (t->kind == TY_STRUCT && !t->tag->defined) {
		error_at(c, pos, "a pointer to it would be possible",
			 "incomplete struct type cannot be used by value: struct %.*s",
			 (int)t->tag->name.length, t->tag->name.at);
		return false;
	}
	if (t->kind == TY_VOID) {
		error_at(c, pos, NULL, "a variable cannot be void");
		return false;
	}
	return true;
}

/* [n][m]...: of the innermost first. */
static const struct type *parse_dim(struct compiler *c, const struct type *t, struct pos pos)
{
	struct expr *e;
	u64 count;

	if (!parse_accept(c, T_LBRACKET))
		return t;
	e = parse_expr(c);
	if (!e || !parse_expect(c, T_RBRACKET, "']'") || !parse_enter(c))
		return NULL;
	t = parse_dim(c, t, pos);
	c->nest--;
	if (!t || !is_complete(c, t, pos))
		return NULL;
	if (!fold_constant(c, e, &count))
		return NULL;
	if (!count || count > AGGREGATE_MAX || count * t->size > AGGREGATE_MAX) {
		error_at(c, e->pos, "at most 2000 bytes (hexadecimal)",
			 "invalid or overflowing array size");
		return NULL;
	}
	return type_array(c, t, (u32)count);
}

const struct type *parse_dims(struct compiler *c, const struct type *t)
{
	return parse_dim(c, t, c->token.pos);
}

/* Behind an error in a list, to behind its end. */
static void skip_list(struct compiler *c)
{
	for (u32 open = 1; open && c->token.kind != T_END && c->token.kind != T_SEMICOLON;
	     lex_next(c)) {
		if (c->token.kind == T_LBRACE)
			open++;
		else if (c->token.kind == T_RBRACE)
			open--;
	}
}

static struct init *parse_init(struct compiler *c)
{
	struct init *i = NEW(c, init), **end = &i->list;
	bool failed = false;

	i->pos = c->token.pos;
	c->chain = 0;
	if (c->token.kind != T_LBRACE) {
		i->expr = parse_expr(c);
		return i->expr ? i : NULL;
	}
	i->is_list = true;
	if (!parse_enter(c))
		return NULL;
	lex_next(c);
	while (c->token.kind != T_RBRACE) {
		*end = parse_init(c);
		failed = !*end;
		if (failed)
			break;
		end = &(*end)->next;
		if (!parse_accept(c, T_COMMA))
			break;
	}
	c->nest--;
	if (!failed && parse_expect(c, T_RBRACE, "'}' behind the values"))
		return i;
	skip_list(c);
	return NULL;
}

/* What a name may be; c->token is it. */
static bool is_new_name(struct compiler *c, bool global)
{
	const struct token *t = &c->token;
	const char *hint = NULL;

	if (t->kind == T_WORD && builtin_find(t->text)) {
		error_at(c, t->pos, NULL, "%s is a function", token_name(c, t));
		return false;
	}
	if (t->kind == T_WORD || (global && t->kind == T_GLOBAL))
		return true;
	if (t->kind == T_NUMBER)
		hint = "a word of only hexadecimal digits is a number";
	else if (t->kind == T_REGISTER)
		hint = "names of registers are taken";
	error_at(c, t->pos, hint, "expected a name, not %s", token_name(c, t));
	return false;
}

/* One name with its stars, dimensions and value. */
static struct stmt *parse_declarator(struct compiler *c, const struct type *base,
				     const struct type *full, bool in_struct)
{
	struct stmt *s = NEW(c, stmt);

	s->kind = S_DECL;
	s->type = full ? full : parse_stars(c, base);
	s->pos = c->token.pos;
	s->name = c->token.text;
	if (!(in_struct && s->name.length &&
	      (c->token.kind == T_REGISTER || c->token.kind == T_NUMBER)) &&
	    !is_new_name(c, !in_struct))
		return NULL;
	if (c->token.kind == T_GLOBAL)
		s->op = T_GLOBAL;
	lex_next(c);
	s->type = parse_dims(c, s->type);
	if (!s->type || !is_complete(c, s->type, s->pos))
		return NULL;
	if (!in_struct && parse_accept(c, T_ASSIGN)) {
		s->value = parse_init(c);
		if (!s->value)
			return NULL;
		/* int x = y = 3: y is set first */
		if (c->token.kind == T_ASSIGN && s->value->expr) {
			struct stmt *set = NEW(c, stmt);

			set->kind = S_ASSIGN;
			set->op = T_ASSIGN;
			set->pos = c->token.pos;
			set->left = s->value->expr;
			lex_next(c);
			set->right = parse_expr(c);
			s->init = set;
			if (!set->right)
				return NULL;
		}
	}
	return s;
}

struct stmt *parse_declaration(struct compiler *c, const struct type *base, const struct type *full,
			       struct pos pos)
{
	struct stmt *first = NULL, **end = &first;

	do {
		*end = parse_declarator(c, base, full, false);
		if (!*end)
			return NULL;
		end = &(*end)->next;
		full = NULL;
	} while (parse_accept(c, T_COMMA));
	if (c->token.kind == T_LPAREN) {
		error_at(c, pos, NULL, "functions are defined at the top level only");
		return NULL;
	}
	return parse_expect(c, T_SEMICOLON, "';' behind the declaration") ? first : NULL;
}

/* ---- struct --------------------------------------------------------------------- */

static bool add_member(struct compiler *c, struct tag *tag, struct member **end, struct stmt *s)
{
	struct member *m = NEW(c, member);
	u32 align = s->type->align;

	if (type_member(&tag->type, s->name)) {
		error_at(c, s->pos, NULL, "duplicate struct member '%.*s'", (int)s->name.length,
			 s->name.at);
		return true;
	}
	m->name = s->name;
	m->type = s->type;
	m->offset = (tag->type.size + align - 1) / align * align;
	if (m->offset + m->type->size > AGGREGATE_MAX) {
		error_at(c, s->pos, NULL, "the structure is larger than 2000 bytes (hexadecimal)");
		return false;
	}
	tag->type.size = m->offset + m->type->size;
	if (align > tag->type.align)
		tag->type.align = align;
	*end = m;
	return true;
}

static bool parse_members(struct compiler *c, struct tag *tag)
{
	struct member **end = &tag->members;

	while (!parse_accept(c, T_RBRACE)) {
		const struct type *base;

		if (!parse_is_type(c)) {
			error_at(c, c->token.pos, NULL, "expected the type of a member, not %s",
				 token_name(c, &c->token));
			return false;
		}
		base = parse_type(c);
		if (!base)
			return false;
		do {
			struct stmt *s = parse_declarator(c, base, NULL, true);

			if (!s || !add_member(c, tag, end, s))
				return false;
			while (*end)
				end = &(*end)->next;
		} while (parse_accept(c, T_COMMA));
		if (!parse_expect(c, T_SEMICOLON, "';' behind the member"))
			return false;
	}
	tag->type.size = (tag->type.size + tag->type.align - 1) / tag->type.align * tag->type.align;
	if (!tag->members)
		error_at(c, c->token.pos, NULL, "a structure needs a member");
	return true;
}

/* At `struct`: a definition, a declaration of the name, or of variables. */
struct stmt *parse_struct(struct compiler *c)
{
	struct pos pos = c->token.pos;
	const struct type *type = parse_type(c);
	struct tag *tag;

	if (!type)
		return NULL;
	tag = type->tag;
	if (parse_accept(c, T_SEMICOLON))
		return NULL;
	if (c->token.kind == T_LBRACE) {
		if (tag->defined) {
			error_at(c, pos, NULL, "duplicate struct definition '%.*s'",
				 (int)tag->name.length, tag->name.at);
			return NULL;
		}
		lex_next(c);
		if (!parse_members(c, tag)) {
			while (c->token.kind != T_RBRACE && c->token.kind != T_END)
				lex_next(c);
			parse_accept(c, T_RBRACE);
			return NULL;
		}
		tag->defined = true;
		if (parse_accept(c, T_SEMICOLON))
			return NULL;
	}
	/* A function that gives a pointer to a structure. */
	if (c->token.kind == T_STAR || lex_peek(c)->kind == T_LPAREN) {
		const struct type *full = parse_stars(c, type);
		struct token name = c->token;

		if (c->token.kind == T_WORD && lex_peek(c)->kind == T_LPAREN) {
			struct func *f;

			if (c->nest != c->top) {
				error_at(c, name.pos, NULL,
					 "functions are defined at the top level only");
				return NULL;
			}
			lex_next(c);
			f = parse_function(c, full, name);
			if (f) {
				*c->funcs_end = f;
				c->funcs_end = &f->next;
			}
			return NULL;
		}
		return parse_declaration(c, type, full, pos);
	}
	return parse_declaration(c, type, NULL, pos);
}

void parse_typedef(struct compiler *c)
{
	const struct type *t;
	struct var *v;

	lex_next(c);
	if (!parse_is_type(c)) {
		error_at(c, c->token.pos, NULL, "expected a type behind typedef, not %s",
			 token_name(c, &c->token));
		return;
	}
	t = parse_type(c);
	if (!t)
		return;
	t = parse_stars(c, t);
	if (c->token.kind == T_WORD && typedef_find(c, c->token.text)) {
		error_at(c, c->token.pos, NULL, "duplicate typedef name %s",
			 token_name(c, &c->token));
		return;
	}
	if (!is_new_name(c, false))
		return;
	v = NEW(c, var);
	v->name = c->token.text;
	v->type = t;
	v->next = c->typedefs;
	c->typedefs = v;
	lex_next(c);
	parse_expect(c, T_SEMICOLON, "';' behind typedef");
}

/* ---- functions --------------------------------------------------------------------- */

static struct var *parse_param(struct compiler *c, struct func *f)
{
	const struct type *t;
	struct var *v;

	if (!parse_is_type(c)) {
		error_at(c, c->token.pos, NULL, "expected the type of a parameter, not %s",
			 token_name(c, &c->token));
		return NULL;
	}
	t = parse_type(c);
	if (!t)
		return NULL;
	t = parse_stars(c, t);
	if (!is_new_name(c, false))
		return NULL;
	if (!type_is_scalar(t)) {
		error_at(c, c->token.pos, "pass a pointer", "a parameter cannot be %s",
			 type_name(c, t));
		return NULL;
	}
	for (v = f->vars; v; v = v->next) {
		if (text_same(v->name, c->token.text)) {
			error_at(c, c->token.pos, NULL, "two parameters have this name");
			return NULL;
		}
	}
	v = NEW(c, var);
	v->name = c->token.text;
	v->type = t;
	v->pos = c->token.pos;
	v->is_param = true;
	lex_next(c);
	return v;
}

/* At `(`. */
struct func *parse_function(struct compiler *c, const struct type *result, struct token name)
{
	struct func *f = NEW(c, func);

	f->name = name.text;
	f->pos = name.pos;
	f->result = result;
	f->vars_end = &f->vars;
	if (result->kind != TY_VOID && !type_is_scalar(result)) {
		error_at(c, name.pos, "return a pointer", "a function cannot return %s",
			 type_name(c, result));
		return NULL;
	}
	lex_next(c);
	if (c->token.kind == T_TYPE && c->token.value == W_VOID && lex_peek(c)->kind == T_RPAREN)
		lex_next(c);
	while (c->token.kind != T_RPAREN) {
		struct var *v = parse_param(c, f);

		if (!v)
			return NULL;
		*f->vars_end = v;
		f->vars_end = &v->next;
		f->nr_params++;
		if (f->nr_params > TG_SCRIPT_ARGS_MAX) {
			error_at(c, v->pos, NULL, "a function has at most 16 parameters");
			return NULL;
		}
		if (!parse_accept(c, T_COMMA))
			break;
	}
	if (!parse_expect(c, T_RPAREN, "')' behind the parameters"))
		return NULL;
	f->body = parse_block(c, "the parameters");
	return f->body ? f : NULL;
}
