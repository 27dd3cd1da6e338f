// SPDX-License-Identifier: GPL-2.0
/* Tokens from text. Comments, #include and $arg are done here. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

static const struct {
	const char *word;
	u8 kind, type;
} keywords[] = {
	{ "if", T_IF, 0 }, { "elsif", T_ELSIF, 0 }, { "else", T_ELSE, 0 }, { "while", T_WHILE, 0 },
	{ "do", T_DO, 0 }, { "for", T_FOR, 0 }, { "break", T_BREAK, 0 },
	{ "continue", T_CONTINUE, 0 },
	{ "return", T_RETURN, 0 }, { "struct", T_STRUCT, 0 }, { "typedef", T_TYPEDEF, 0 },
	{ "sizeof", T_SIZEOF, 0 }, { "void", T_TYPE, W_VOID }, { "bool", T_TYPE, W_BOOL },
	{ "char", T_TYPE, W_CHAR }, { "short", T_TYPE, W_SHORT }, { "int", T_TYPE, W_INT },
	{ "long", T_TYPE, W_LONG }, { "float", T_TYPE, W_FLOAT }, { "double", T_TYPE, W_DOUBLE },
	{ "signed", T_TYPE, W_SIGNED }, { "unsigned", T_TYPE, W_UNSIGNED },
};

/* Longest first. */
static const struct {
	char text[4];
	u8 length, kind;
} puncts[] = {
	{ "<<=", 3, T_SHL_SET }, { ">>=", 3, T_SHR_SET },
	{ "->", 2, T_ARROW }, { "++", 2, T_INC }, { "--", 2, T_DEC }, { "<<", 2, T_SHL },
	{ ">>", 2, T_SHR }, { "&&", 2, T_ANDAND }, { "||", 2, T_OROR }, { "==", 2, T_EQ },
	{ "!=", 2, T_NE }, { "<=", 2, T_LE }, { ">=", 2, T_GE }, { "+=", 2, T_ADD_SET },
	{ "-=", 2, T_SUB_SET }, { "*=", 2, T_MUL_SET }, { "/=", 2, T_DIV_SET },
	{ "%=", 2, T_MOD_SET },
	{ "&=", 2, T_AND_SET }, { "^=", 2, T_XOR_SET }, { "|=", 2, T_OR_SET },
	{ "(", 1, T_LPAREN }, { ")", 1, T_RPAREN }, { "{", 1, T_LBRACE }, { "}", 1, T_RBRACE },
	{ "[", 1, T_LBRACKET }, { "]", 1, T_RBRACKET }, { ",", 1, T_COMMA },
	{ ";", 1, T_SEMICOLON },
	{ "?", 1, T_QUESTION }, { ":", 1, T_COLON }, { ".", 1, T_DOT }, { "!", 1, T_BANG },
	{ "~", 1, T_TILDE }, { "+", 1, T_PLUS }, { "-", 1, T_MINUS }, { "*", 1, T_STAR },
	{ "/", 1, T_SLASH }, { "%", 1, T_PERCENT }, { "&", 1, T_AND }, { "^", 1, T_XOR },
	{ "|", 1, T_OR }, { "=", 1, T_ASSIGN }, { "<", 1, T_LT }, { ">", 1, T_GT },
};

static bool is_word(const struct reader *r, const char *s)
{
	return s < r->end && (isalnum((unsigned char)*s) || *s == '_');
}

static struct pos pos_of(const struct reader *r, const char *at, u32 width)
{
	struct pos pos = { .file = r->file, .line = r->line };

	if (r->arg)
		return r->arg_pos;
	pos.column = (u32)(at - r->line_start) + 1;
	pos.width = width > 0xffff ? 0xffff : (u16)width;
	return pos;
}

static void newline(struct reader *r)
{
	r->line++;
	r->line_start = r->at;
}

static void skip_block(struct compiler *c, struct reader *r)
{
	const char *start = r->at;
	struct pos pos = pos_of(r, start, 2);

	for (r->at += 2; r->end - r->at >= 2; ) {
		if (r->at[0] == '*' && r->at[1] == '/') {
			r->at += 2;
			return;
		}
		if (*r->at++ == '\n')
			newline(r);
	}
	r->at = r->end;
	error_at(c, pos, NULL, "this comment has no end");
}

static void skip_blanks(struct compiler *c, struct reader *r)
{
	while (r->at < r->end) {
		char ch = *r->at;

		if (ch == '\n') {
			r->at++;
			newline(r);
		} else if (ch == ' ' || ch == '\t' || ch == '\r' || ch == '\f' || ch == '\v') {
			r->at++;
		} else if (ch == '/' && r->end - r->at > 1 && r->at[1] == '/') {
			while (r->at < r->end && *r->at != '\n')
				r->at++;
		} else if (ch == '/' && r->end - r->at > 1 && r->at[1] == '*') {
			skip_block(c, r);
		} else {
			return;
		}
	}
}

/* ---- numbers ------------------------------------------------------------------ */

static int digit_of(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch = (char)(ch | 0x20);
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : 99;
}

static const char *base_name(int base)
{
	return base == 2 ? "a binary" : base == 8 ? "an octal" :
	       base == 10 ? "a decimal" : "a hexadecimal";
}

static int base_of(const char **s, const char *end)
{
	if (end - *s < 2 || **s != '0')
		return 16;
	switch ((*s)[1]) {
	case 'x': case 'X':
		*s += 2;
		return 16;
	case 'n': case 'N':
		*s += 2;
		return 10;
	case 'y': case 'Y':
		*s += 2;
		return 2;
	case 'o': case 'O': case 't': case 'T':
		*s += 2;
		return 8;
	default:
		return 16;
	}
}

/* The word [s, end) as a number. */
static void lex_number(struct compiler *c, struct token *t, const char *s, const char *end)
{
	int base = base_of(&s, end);
	bool any = false, over = false;

	t->kind = T_NUMBER;
	if (end[-1] == 'u' || end[-1] == 'U') {
		t->is_unsigned = true;
		end--;
	}
	for (; s < end; s++) {
		int digit = digit_of(*s);

		if (*s == '`' || *s == '_')
			continue;
		if (digit >= base) {
			error_at(c, t->pos,
				 "numbers are hexadecimal: 0n is the prefix of decimal ones",
				 "'%c' is not %s digit", *s, base_name(base));
			return;
		}
		any = true;
		over |= t->value > (~0ull - (u64)digit) / (u64)base;
		t->value = t->value * (u64)base + (u64)digit;
	}
	if (!any)
		error_at(c, t->pos, NULL, "a number without digits");
	else if (over)
		error_at(c, t->pos, NULL, "the number does not fit 64 bits");
}

/* 1.5 .5 11. 1.5e-3 1.5f: r->at is at the start, the point is there. */
static void lex_float(struct compiler *c, struct reader *r, struct token *t)
{
	const char *start = r->at;
	char text[400], *end;
	double value;
	size_t n = 0;

	while (r->at < r->end && isdigit((unsigned char)*r->at))
		r->at++;
	r->at++;
	while (r->at < r->end && isdigit((unsigned char)*r->at))
		r->at++;
	if (r->at < r->end && (*r->at | 0x20) == 'e' && r->end - r->at > 1 &&
	    (isdigit((unsigned char)r->at[1]) ||
	     ((r->at[1] == '-' || r->at[1] == '+') && r->end - r->at > 2 &&
	      isdigit((unsigned char)r->at[2]))))
		for (r->at += 2; r->at < r->end && isdigit((unsigned char)*r->at); )
			r->at++;
	n = (size_t)(r->at - start);
	t->wide = r->at < r->end && (*r->at | 0x20) == 'f';
	r->at += t->wide;
	t->kind = T_FLOAT;
	t->pos = pos_of(r, start, (u32)(r->at - start));
	if (is_word(r, r->at) || n >= sizeof(text)) {
		while (is_word(r, r->at))
			r->at++;
		error_at(c, t->pos, "digits of floating-point numbers are decimal",
			 "invalid floating-point literal");
		return;
	}
	memcpy(text, start, n);
	text[n] = '\0';
	errno = 0;
	value = t->wide ? (double)strtof(text, &end) : strtod(text, &end);
	if (errno == ERANGE && (value > 1 || value == 0))
		error_at(c, t->pos, NULL, "the floating-point literal is out of range");
	memcpy(&t->value, &value, sizeof(t->value));
}

/* ---- strings ---------------------------------------------------------------------- */

static u32 lex_hex_escape(struct reader *r, u32 most, u32 *count)
{
	u32 value = 0;

	for (*count = 0; *count < most && r->at < r->end && digit_of(*r->at) < 16; (*count)++)
		value = value * 16 + (u32)digit_of(*r->at++);
	return value;
}

/* Behind the backslash. */
static u32 lex_escape(struct compiler *c, struct reader *r, bool wide)
{
	static const char names[] = "ntr\\\"'0", values[] = "\n\t\r\\\"'";
	const char *at = r->at, *found;
	u32 count, value;

	found = r->at < r->end && *r->at ? strchr(names, *r->at) : NULL;
	if (found) {
		r->at++;
		return (u8)values[found - names];
	}
	if (r->at < r->end && *r->at == 'x') {
		r->at++;
		value = lex_hex_escape(r, wide ? 4 : 2, &count);
		if (!count)
			error_at(c, pos_of(r, at - 1, 2), NULL, "\\x without digits");
		return value;
	}
	error_at(c, pos_of(r, at - 1, 2), "known are \\n \\t \\r \\0 \\\\ \\\" \\' and \\xHH",
		 "unknown escape sequence");
	if (r->at < r->end)
		r->at++;
	return 0;
}

/* A code point from UTF-8; bytes that are none stand for themselves. */
static u32 next_utf8(struct reader *r)
{
	u8 lead = (u8)*r->at++;
	u32 more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0, value;

	if (!more || r->end - r->at < (long)more)
		return lead;
	value = lead & (0x3fu >> more);
	for (u32 i = 0; i < more; i++)
		if ((r->at[i] & 0xc0) != 0x80)
			return lead;
	for (; more; more--)
		value = value << 6 | (*r->at++ & 0x3f);
	return value;
}

static u32 put_wide(char *to, u32 value)
{
	u16 unit[2] = { (u16)value, 0 };

	if (value < 0x10000) {
		memcpy(to, unit, 2);
		return 2;
	}
	unit[0] = (u16)(0xd800 | ((value - 0x10000) >> 10 & 0x3ff));
	unit[1] = (u16)(0xdc00 | (value & 0x3ff));
	memcpy(to, unit, 4);
	return 4;
}

/* r->at is behind the opening quote. The bytes, with a NUL of the right width. */
static void lex_string(struct compiler *c, struct reader *r, struct token *t, const char *start)
{
	/* A byte of text makes at most two of the string. */
	const char *newline_at = memchr(r->at, '\n', (size_t)(r->end - r->at));
	size_t most = (size_t)((newline_at ? newline_at : r->end) - r->at);
	char *bytes = arena(c, most * 2 + 2);
	u32 n = 0;

	t->kind = T_STRING;
	while (r->at < r->end && *r->at != '"' && *r->at != '\n') {
		bool escaped = *r->at == '\\';
		u32 value;

		if (escaped) {
			r->at++;
			value = lex_escape(c, r, t->wide);
		} else {
			value = t->wide ? next_utf8(r) : (u8)*r->at++;
		}
		if (t->wide)
			n += put_wide(bytes + n, value);
		else
			bytes[n++] = (char)value;
	}
	t->text = (struct text){ bytes, n };
	if (r->at == r->end || *r->at != '"') {
		t->pos = pos_of(r, start, (u32)(r->at - start));
		error_at(c, t->pos, "a string ends in its line: \\n stands for a new one",
			 "this string has no end");
		return;
	}
	r->at++;
	t->pos = pos_of(r, start, (u32)(r->at - start));
}

static void lex_char(struct compiler *c, struct reader *r, struct token *t)
{
	const char *start = r->at++;

	t->kind = T_NUMBER;
	if (r->at < r->end && *r->at == '\\') {
		r->at++;
		t->value = lex_escape(c, r, false);
	} else if (r->at < r->end && *r->at != '\'' && *r->at != '\n') {
		t->value = (u8)*r->at++;
	}
	if (r->at == r->end || *r->at != '\'' || r->at - start == 1) {
		error_at(c, pos_of(r, start, 1), NULL, "a character in quotes is one byte: 'x'");
		while (is_word(r, r->at) || (r->at < r->end && (u8)*r->at >= 0x80))
			r->at++;
	}
	if (r->at < r->end && *r->at == '\'')
		r->at++;
	t->pos = pos_of(r, start, (u32)(r->at - start));
}

/* ---- words -------------------------------------------------------------------------- */

static bool lex_keyword(struct token *t)
{
	for (size_t i = 0; i < TG_ARRAY_SIZE(keywords); i++) {
		if (keywords[i].word[0] == t->text.at[0] && text_is(t->text, keywords[i].word)) {
			t->kind = keywords[i].kind;
			t->value = keywords[i].type;
			return true;
		}
	}
	return false;
}

static bool is_hex_word(struct text t)
{
	bool any = false;

	for (u32 i = 0; i < t.length; i++) {
		if (t.at[i] == '_' || t.at[i] == '`')
			continue;
		if (digit_of(t.at[i]) > 15)
			return false;
		any = true;
	}
	return any;
}

static bool before_paren(const struct reader *r)
{
	const char *s = r->at;

	while (s < r->end && (*s == ' ' || *s == '\t'))
		s++;
	return s < r->end && *s == '(';
}

/* Behind `module`, at '!': the name behind it. */
static void lex_symbol(struct reader *r, struct token *t, const char *start, struct text module)
{
	const char *name = ++r->at;

	while (is_word(r, r->at) || (r->at < r->end && *r->at == '.' && is_word(r, r->at + 1)))
		r->at++;
	t->kind = T_SYMBOL;
	t->module = module;
	t->text = (struct text){ name, (u32)(r->at - name) };
	t->pos = pos_of(r, start, (u32)(r->at - start));
}

static bool at_symbol(const struct reader *r)
{
	return r->end - r->at > 1 && *r->at == '!' && is_word(r, r->at + 1);
}

static void lex_word(struct compiler *c, struct reader *r, struct token *t)
{
	const char *start = r->at;

	while (is_word(r, r->at) || (r->at < r->end && *r->at == '`'))
		r->at++;
	t->text = (struct text){ start, (u32)(r->at - start) };
	t->pos = pos_of(r, start, t->text.length);
	t->kind = T_WORD;
	if (at_symbol(r)) {
		lex_symbol(r, t, start, t->text);
	} else if (isdigit((unsigned char)*start)) {
		lex_number(c, t, start, r->at);
	} else if (is_hex_word(t->text)) {
		if (!before_paren(r) || !builtin_find(t->text))
			lex_number(c, t, start, r->at);
	} else if (memchr(start, '`', t->text.length)) {
		error_at(c, t->pos, NULL, "` can stand in numbers only");
	} else if (!lex_keyword(t)) {
		t->reg = reg_find(t->text);
		if (t->reg)
			t->kind = T_REGISTER;
	}
}

/* @name, $name, .name: r->at is at the mark. */
static void lex_marked(struct compiler *c, struct reader *r, struct token *t)
{
	const char *start = r->at++;

	while (is_word(r, r->at))
		r->at++;
	t->text = (struct text){ start + 1, (u32)(r->at - start - 1) };
	t->pos = pos_of(r, start, (u32)(r->at - start));
	if (*start == '.') {
		t->kind = T_GLOBAL;
	} else if (*start == '@') {
		t->kind = T_REGISTER;
		t->reg = reg_find(t->text);
		if (!t->reg)
			error_at(c, t->pos, "write one such as @rax, @eip, @cr2, @zf",
				 "there is no register '@%.*s'",
				 (int)t->text.length, t->text.at);
	} else {
		t->kind = T_PSEUDO;
		t->reg = pseudo_find(t->text);
	}
}

/* $arg0 ...: the argument's text is read next. True if it was one. */
static bool lex_arg(struct compiler *c, struct token *t)
{
	struct reader *r;
	u64 number = 0;

	if (t->reg || t->text.length < 4 || t->text.length > 6 || memcmp(t->text.at, "arg", 3))
		return false;
	for (u32 i = 3; i < t->text.length; i++) {
		if (!isdigit((unsigned char)t->text.at[i]))
			return false;
		number = number * 10 + (u64)(t->text.at[i] - '0');
	}
	if (number >= c->o->nr_args) {
		error_at(c, t->pos,
			 c->o->nr_args ? arena_printf(c, "the last is $arg%u", c->o->nr_args - 1)
				       : NULL,
			 "there is no $arg%llu", (unsigned long long)number);
		t->kind = T_NUMBER;
		return false;
	}
	if (c->nr_readers == INCLUDE_MAX) {
		error_at(c, t->pos, "does the argument name itself?",
			 "arguments are nested too deep");
		t->kind = T_NUMBER;
		return false;
	}
	r = &c->readers[c->nr_readers++];
	memset(r, 0, sizeof(*r));
	r->arg = c->o->args[number];
	r->at = r->line_start = r->arg;
	r->end = r->at + strlen(r->at);
	r->arg_pos = t->pos;
	r->file = t->pos.file;
	r->line = t->pos.line;
	return true;
}

static void lex_punct(struct compiler *c, struct reader *r, struct token *t)
{
	for (size_t i = 0; i < TG_ARRAY_SIZE(puncts); i++) {
		u32 n = puncts[i].length;

		if (r->end - r->at >= (long)n && !memcmp(r->at, puncts[i].text, n)) {
			t->kind = puncts[i].kind;
			t->text = (struct text){ r->at, n };
			t->pos = pos_of(r, r->at, n);
			r->at += n;
			return;
		}
	}
	t->pos = pos_of(r, r->at, 1);
	if (isprint((unsigned char)*r->at))
		error_at(c, t->pos, NULL, "unknown token '%c'", *r->at);
	else
		error_at(c, t->pos, NULL, "unknown token: byte %02x", (u8)*r->at);
	r->at++;
	t->kind = T_BAD;		/* expected nowhere: one error at its place */
}

static bool is_directive(const struct reader *r)
{
	return r->end - r->at >= 8 && !memcmp(r->at, "#include", 8);
}

/* A number with a point: digits, then '.', and no name behind it. */
static bool at_float(const struct reader *r)
{
	const char *s = r->at;

	while (s < r->end && isdigit((unsigned char)*s))
		s++;
	if (s == r->end || *s != '.')
		return false;
	return s > r->at || (s + 1 < r->end && isdigit((unsigned char)s[1]));
}

static void lex_one(struct compiler *c, struct reader *r, struct token *t)
{
	const char *at = r->at;
	/* s.x, a[1].x, f().x: a member; else a global variable */
	bool member = c->last_end == at && at > r->line_start &&
		      (isalnum((unsigned char)at[-1]) || strchr("_)]", at[-1]));

	if (is_directive(r)) {
		t->kind = T_INCLUDE;
		t->text = (struct text){ at, 8 };
		t->pos = pos_of(r, at, 8);
		r->at += 8;
	} else if (*at == '"' || (*at == 'L' && r->end - at > 1 && at[1] == '"')) {
		t->wide = *at == 'L';
		r->at += t->wide ? 2 : 1;
		lex_string(c, r, t, at);
		if (at_symbol(r))
			lex_symbol(r, t, at, t->text);
	} else if (*at == '\'') {
		lex_char(c, r, t);
	} else if ((isdigit((unsigned char)*at) || (*at == '.' && !member)) && at_float(r)) {
		lex_float(c, r, t);
	} else if (isalnum((unsigned char)*at) || *at == '_') {
		lex_word(c, r, t);
	} else if ((*at == '@' || *at == '$' || (*at == '.' && !member)) && is_word(r, at + 1)) {
		lex_marked(c, r, t);
	} else {
		lex_punct(c, r, t);
	}
}

/* Behind #include: "path" and perhaps a semicolon. The file is read next. */
static void lex_include(struct compiler *c, struct reader *r, struct token *t)
{
	struct token path = { .kind = T_END };
	const char *at;

	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
	if (r->at == r->end || *r->at != '"') {
		error_at(c, t->pos, "#include \"path\";", "#include needs the name of a file");
		return;
	}
	at = r->at++;
	lex_string(c, r, &path, at);
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
	if (r->at < r->end && *r->at == ';')
		r->at++;
	source_include(c, path.text, path.pos);
}

static void lex_token(struct compiler *c, struct token *t)
{
	for (;;) {
		struct reader *r = &c->readers[c->nr_readers - 1];

		memset(t, 0, sizeof(*t));
		skip_blanks(c, r);
		if (r->at == r->end) {
			/* Behind the last token, where something is missing. */
			t->pos = c->last_pos.line ? c->last_pos : pos_of(r, r->at, 1);
			t->pos.column += c->last_pos.width;
			t->pos.width = 1;
			if (c->nr_readers == 1)
				return;
			c->nr_readers--;
			continue;
		}
		lex_one(c, r, t);
		c->last_end = r->at;
		c->last_pos = t->pos;
		if (t->kind == T_INCLUDE)
			lex_include(c, r, t);
		else if (t->kind != T_PSEUDO || !lex_arg(c, t))
			return;
	}
}

void lex_next(struct compiler *c)
{
	if (c->has_ahead)
		c->token = c->ahead;
	else
		lex_token(c, &c->token);
	c->has_ahead = false;
}

struct token *lex_peek(struct compiler *c)
{
	if (!c->has_ahead)
		lex_token(c, &c->ahead);
	c->has_ahead = true;
	return &c->ahead;
}
