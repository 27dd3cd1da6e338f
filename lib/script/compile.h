/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the compiler's phases share: source text, tokens, types, the tree. All of
 * it lives in one arena that ends with the compilation.
 *
 * lex.c makes tokens; parse*.c the tree; check*.c finds what names mean, gives
 * every expression its type and makes conversions explicit; emit*.c the code.
 */
#ifndef TG_SCRIPT_COMPILE_H
#define TG_SCRIPT_COMPILE_H

#include <setjmp.h>
#include "../../core/types.h"
#include "script.h"

#define NEST_MAX	150u		/* nested statements and expressions */
#define CHAIN_MAX	1000u		/* a + b + ..., a = b = ..., elsif ... elsif ... */
#define INCLUDE_MAX	16u		/* nested #include and $arg */
#define FILES_MAX	200u

/* ---- names of the language --------------------------------------------------- */

struct text {
	const char *at;
	u32 length;
};

bool text_is(struct text t, const char *word);
bool text_same(struct text a, struct text b);

struct reg_name {
	const char *name;
	u8 reg;				/* enum tg_reg */
	u8 shift, width;		/* the bits that it names */
};

const struct reg_name *reg_find(struct text name);
const struct reg_name *pseudo_find(struct text name);
/* The nearest of the names in the language, for hints; NULL: none is near. */
const char *name_near(struct text name, bool pseudo);

enum builtin_kind {
	BI_HELPER,			/* code: enum tg_helper */
	BI_LOAD,			/* code: bytes */
	BI_HI, BI_LOW, BI_HI_PA, BI_LOW_PA, BI_NEG, BI_NOT, BI_REFERENCE, BI_PRINTF,
	BI_UNSUPPORTED,
};

struct builtin {
	const char *name;
	u8 kind, code, args;
	bool result;
	const char *params;		/* a letter each: i integer, v &variable */
};

const struct builtin *builtin_find(struct text name);

/* ---- types -------------------------------------------------------------------- */

enum type_kind { TY_VOID, TY_BOOL, TY_INT, TY_FLOAT, TY_POINTER, TY_ARRAY, TY_STRUCT };

struct type {
	enum type_kind kind;
	bool is_signed;
	u32 size, align;
	const struct type *base;	/* of pointers and arrays */
	u32 count;			/* of arrays */
	struct tag *tag;		/* of structures */
};

struct member {
	struct text name;
	const struct type *type;
	u32 offset;
	struct member *next;
};

struct tag {
	struct text name;
	struct type type;
	bool defined;
	struct member *members;
	struct tag *next;
};

extern const struct type type_void, type_bool, type_float, type_double,
	type_s8, type_u8, type_s16, type_u16, type_s32, type_u32, type_s64, type_u64;

/* ---- tokens --------------------------------------------------------------------- */

struct pos {
	u16 file;
	u16 width;
	u32 line, column;		/* from 1 */
};

enum token_kind {
	T_END, T_BAD, T_NUMBER, T_FLOAT, T_STRING, T_WORD, T_GLOBAL, T_REGISTER, T_PSEUDO, T_SYMBOL,
	/* keywords */
	T_IF, T_ELSIF, T_ELSE, T_WHILE, T_DO, T_FOR, T_BREAK, T_CONTINUE, T_RETURN, T_STRUCT,
	T_TYPEDEF, T_SIZEOF, T_TYPE, T_INCLUDE,
	/* punctuation */
	T_LPAREN, T_RPAREN, T_LBRACE, T_RBRACE, T_LBRACKET, T_RBRACKET, T_COMMA, T_SEMICOLON,
	T_QUESTION, T_COLON, T_DOT, T_ARROW, T_INC, T_DEC, T_BANG, T_TILDE,
	T_PLUS, T_MINUS, T_STAR, T_SLASH, T_PERCENT, T_SHL, T_SHR, T_AND, T_XOR, T_OR,
	T_ANDAND, T_OROR, T_EQ, T_NE, T_LT, T_LE, T_GT, T_GE,
	T_ASSIGN, T_ADD_SET, T_SUB_SET, T_MUL_SET, T_DIV_SET, T_MOD_SET, T_SHL_SET, T_SHR_SET,
	T_AND_SET, T_XOR_SET, T_OR_SET,
};

/* Words of types: counted in a set. */
enum type_word {
	W_VOID, W_BOOL, W_CHAR, W_SHORT, W_INT, W_LONG, W_FLOAT, W_DOUBLE, W_SIGNED, W_UNSIGNED
};

struct token {
	enum token_kind kind;
	struct pos pos;
	struct text text;		/* the word, the bytes of a string */
	u64 value;			/* number, float's bits, type word */
	bool is_unsigned;		/* 10u */
	bool wide;			/* L"", and 1.5f: float */
	const struct reg_name *reg;
	struct text module;		/* of a symbol */
};

struct source {
	char *name;
	const char *text, *end;
	u16 number;
};

/* Where the lexer reads: a file, or the text of an $arg. */
struct reader {
	const char *at, *end, *line_start;
	const char *arg;		/* name of the argument, or NULL */
	struct pos arg_pos;		/* where it was used */
	u32 line;
	u16 file;
};

/* ---- the tree --------------------------------------------------------------------- */

struct var {
	struct text name;
	const struct type *type;
	struct pos pos;
	struct var *next;		/* of the function */
	struct var *outer;		/* in the scope */
	bool is_global, is_param;
	bool in_memory;			/* an aggregate, or its address is taken */
	bool implicit;			/* made by an assignment: of the whole function */
	bool zero;			/* may be read before it is written */
	int reg;			/* -1: in memory */
	u32 offset;			/* there; of a global */
};

enum expr_kind {
	E_NUMBER, E_FLOAT, E_STRING, E_NAME, E_GLOBAL, E_VAR, E_REG, E_UNARY, E_BINARY, E_COND,
	E_CALL, E_CAST, E_SIZEOF, E_MEMBER, E_INDEX, E_BUILTIN,
};

struct expr {
	enum expr_kind kind;
	enum token_kind op;		/* of unary (T_STAR, T_AND: *, &) and binary */
	struct pos pos;
	const struct type *type;
	u64 value;			/* number, float's bits, string's offset */
	struct text name;		/* string's bytes; name; member */
	bool wide, arrow;
	bool grouped;			/* in parentheses */
	struct expr *left, *right, *third;
	struct expr *args, *next;	/* of calls */
	u32 nr_args;
	const struct type *of;		/* cast, sizeof */
	const struct reg_name *reg;
	struct var *var;
	struct func *func;
	const struct builtin *builtin;
	struct member *member;
};

/* { ... } behind =: an expression or a list. */
struct init {
	struct pos pos;
	struct expr *expr;
	struct init *list, *next;
	bool is_list;
};

enum stmt_kind {
	S_CALL, S_ASSIGN, S_STEP, S_IF, S_WHILE, S_DO, S_FOR, S_BREAK, S_CONTINUE, S_RETURN,
	S_BLOCK,
	S_DECL,
};

struct stmt {
	enum stmt_kind kind;
	enum token_kind op;		/* T_ASSIGN, T_ADD_SET..., T_INC, T_DEC */
	struct pos pos;
	struct stmt *next;
	struct expr *left, *right;	/* assignment; condition, value: left */
	struct stmt *init, *step;	/* of for; a = b = c: init is b = c */
	struct stmt *body, *other;	/* then, else */
	/* a declaration */
	struct text name;
	const struct type *type;
	struct init *value;
	struct var *var;
};

struct func {
	struct text name;
	const struct type *result;
	struct pos pos;
	struct stmt *body;
	struct var *vars, **vars_end;	/* parameters first */
	u32 nr_params, nr_vars;
	u32 number;
	struct func *next;
};

/* ---- the compilation ------------------------------------------------------------------ */

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct compiler {
	const struct tg_script_options *o;
	struct tg_diags *diags;
	jmp_buf give_up;		/* no memory (1), or too many errors (2) */
	struct chunk *chunks;
	struct source files[FILES_MAX];
	u32 nr_files;
	struct pos last_error;
	u32 errors;			/* with those that were not noted */

	struct reader readers[INCLUDE_MAX];
	u32 nr_readers;
	const char *last_end;		/* of the token before, to tell s.x from .x */
	struct pos last_pos;
	struct token token, ahead;
	bool has_ahead;
	u32 nest, top;			/* open braces, groups ...; of these, at the top level */
	u32 chain, elsifs;		/* operators of the statement; open elsif */

	struct tag *tags;
	struct var *typedefs;
	struct var *globals;		/* typed or used in this script */
	struct func *funcs, **funcs_end, main;

	/* checker */
	struct func *func;		/* being checked or emitted */
	struct var *scope;
	u32 depth, loops;		/* of blocks; of loops */

	char *consts;
	u32 const_size, const_room;
};

void *arena(struct compiler *c, size_t size);
#define NEW(c, type) ((struct type *)arena(c, sizeof(struct type)))
void arena_free(struct compiler *c);

/* Notes an error; hint may be NULL. Gives up after the last of TG_DIAGS_MAX. */
void error_at(struct compiler *c, struct pos pos, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
char *arena_printf(struct compiler *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* source.c: opens a file for reading; false when it cannot (and says so). */
bool source_include(struct compiler *c, struct text path, struct pos pos);
void source_add(struct compiler *c, const char *name, const char *text, size_t size);

/* lex.c: c->token becomes the next one. */
void lex_next(struct compiler *c);
struct token *lex_peek(struct compiler *c);	/* the one behind c->token */

/* type.c */
const struct type *type_pointer(struct compiler *c, const struct type *base);
const struct type *type_array(struct compiler *c, const struct type *base, u32 count);
bool type_same(const struct type *a, const struct type *b);
bool type_is_integer(const struct type *t);	/* bool, too */
bool type_is_number(const struct type *t);	/* integer or floating */
bool type_is_scalar(const struct type *t);	/* or pointer */
const char *type_name(struct compiler *c, const struct type *t);
struct member *type_member(const struct type *t, struct text name);
struct tag *type_tag(struct compiler *c, struct text name);
const struct type *type_promoted(const struct type *t);
const struct type *type_common(const struct type *a, const struct type *b);
/* The value as a register holds it. */
u64 type_canonical(const struct type *t, u64 value);

/* parse*.c */
void parse_script(struct compiler *c);
struct expr *parse_expr(struct compiler *c);
void parse_skip(struct compiler *c);
bool parse_accept(struct compiler *c, enum token_kind kind);
bool parse_expect(struct compiler *c, enum token_kind kind, const char *what);
bool parse_is_type(struct compiler *c);
/* Words of a type, without stars. */
const struct type *parse_type(struct compiler *c);
const struct type *parse_stars(struct compiler *c, const struct type *t);
const struct type *parse_dims(struct compiler *c, const struct type *t);
struct stmt *parse_statement(struct compiler *c);
struct stmt *parse_block(struct compiler *c, const char *what);
struct stmt *parse_struct(struct compiler *c);
void parse_typedef(struct compiler *c);
/* full: base with the stars of the first name, where they were read already; or NULL. */
struct stmt *parse_declaration(struct compiler *c, const struct type *base, const struct type *full,
			       struct pos pos);
struct func *parse_function(struct compiler *c, const struct type *result, struct token name);
struct expr *expr_new(struct compiler *c, enum expr_kind kind, struct pos pos);
bool parse_enter(struct compiler *c);
bool parse_chain(struct compiler *c);
const char *token_name(struct compiler *c, const struct token *t);

/* check*.c */
void check_script(struct compiler *c);
struct expr *check_expr(struct compiler *c, struct expr *e);
struct expr *check_value(struct compiler *c, struct expr *e);	/* arrays become pointers */
struct expr *check_condition(struct compiler *c, struct expr *e);
struct expr *check_builtin(struct compiler *c, struct expr *e, const struct builtin *b);
struct expr *check_call(struct compiler *c, struct expr *e);
bool check_lvalue(struct compiler *c, struct expr *e);
/* To the type of what it is assigned to; what: "argument 1", "x". */
struct expr *check_convert(struct compiler *c, struct expr *e, const struct type *t,
			   const char *what);
struct expr *check_cast(struct compiler *c, struct expr *e, const struct type *t);
struct expr *fold(struct compiler *c, struct expr *e);
/* A constant without names' help, for array sizes. */
bool fold_constant(struct compiler *c, struct expr *e, u64 *value);
struct var *var_find(struct compiler *c, struct text name);
struct var *var_add(struct compiler *c, struct text name, const struct type *type, struct pos pos);
void tg_globals_back(struct tg_globals *g, const struct tg_globals *before);
struct var *global_find(struct compiler *c, struct text name, const struct type *type,
			struct pos pos);
void check_init(struct compiler *c, struct stmt *s);
u32 const_add(struct compiler *c, const void *data, u32 size);

/* emit*.c */
int emit_script(struct compiler *c, struct tg_image **image);

#endif
