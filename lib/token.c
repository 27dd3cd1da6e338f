// SPDX-License-Identifier: GPL-2.0
/*
 * Splits a command into words, "strings" and {braces}. Comments are removed
 * outside of strings and braces; \{ \} \" stand for the character itself.
 * A backslash before anything else is kept: \x12 and \n12 are numbers.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trapgate.h"

enum scan_end { SCAN_OK, SCAN_STRING, SCAN_BRACES, SCAN_COMMENT, SCAN_STRAY, SCAN_MANY };

struct scan {
	const char *in;
	const char *text;		/* of the command, its start */
	char *out;			/* next byte of the token store */
	char *plain;			/* next byte of the collapsed text */
	struct tg_tokens *tokens;	/* NULL: only look for the end */
};

static bool scan_escape(const char *p)
{
	return p[0] == '\\' && (p[1] == '{' || p[1] == '}' || p[1] == '"');
}

static void scan_put(struct scan *s, char c)
{
	if (s->tokens)
		*s->out++ = c;
}

static void scan_plain(struct scan *s, const char *from, const char *to)
{
	if (!s->tokens)
		return;
	for (; from < to; from++)
		*s->plain++ = (*from == '\n' || *from == '\r' || *from == '\t') ? ' ' : *from;
}

/* At the opening quote; leaves s->in behind the closing one. */
static enum scan_end scan_string(struct scan *s)
{
	for (s->in++; *s->in && *s->in != '"'; s->in++) {
		if (scan_escape(s->in))
			s->in++;
		scan_put(s, *s->in);
	}
	if (!*s->in)
		return SCAN_STRING;
	s->in++;
	return SCAN_OK;
}

/* Puts what may hold braces that are none: a string, a character, a comment. */
static bool scan_script_text(struct scan *s)
{
	const char *end = s->in;

	if (*end == '"') {
		for (end++; *end && *end != '"' && *end != '\n'; end++)
			if (*end == '\\' && end[1])
				end++;
	} else if (*end == '\'' && end[1] && end[1] != '\\' && end[2] == '\'') {
		end += 2;
	} else if (*end == '\'' && end[1] == '\\' && end[2] && end[3] == '\'') {
		end += 3;
	} else if (end[0] == '/' && end[1] == '/') {
		end += strcspn(end, "\n");
	} else if (end[0] == '/' && end[1] == '*') {
		end = strstr(end + 2, "*/");
		end = end ? end + 1 : s->in + strlen(s->in) - 1;
	} else {
		return false;
	}
	for (; s->in < end && *s->in; s->in++)
		scan_put(s, *s->in);
	if (*s->in)
		scan_put(s, *s->in);
	else
		s->in--;
	return true;
}

/*
 * At the opening brace. The text within is kept as it is, escapes too. The path in
 * {file:PATH} is no script: slashes and quotes mean nothing.
 */
static enum scan_end scan_braces(struct scan *s)
{
	bool is_path = !strncmp(s->in + 1, "file:", 5);
	int depth = 1;

	for (s->in++; *s->in; s->in++) {
		if (!is_path && scan_script_text(s))
			continue;
		if (scan_escape(s->in)) {
			scan_put(s, *s->in++);
		} else if (*s->in == '{') {
			depth++;
		} else if (*s->in == '}' && --depth == 0) {
			s->in++;
			return SCAN_OK;
		}
		scan_put(s, *s->in);
	}
	return SCAN_BRACES;
}

static bool scan_comment_starts(const char *p)
{
	return p[0] == '/' && (p[1] == '/' || p[1] == '*');
}

/* Blanks and comments. */
static enum scan_end scan_skip(struct scan *s)
{
	for (;;) {
		while (isspace((unsigned char)*s->in))
			s->in++;
		if (!scan_comment_starts(s->in))
			return SCAN_OK;
		if (s->in[1] == '/') {
			s->in += strcspn(s->in, "\n");
			continue;
		}
		s->in = strstr(s->in + 2, "*/");
		if (!s->in)
			return SCAN_COMMENT;
		s->in += 2;
	}
}

static enum scan_end scan_word(struct scan *s)
{
	while (*s->in && !isspace((unsigned char)*s->in) && !scan_comment_starts(s->in)) {
		if (*s->in == '{')
			return SCAN_OK;
		if (*s->in == '}')
			return SCAN_STRAY;
		if (*s->in == '"') {
			enum scan_end end = scan_string(s);

			if (end)
				return end;
			continue;
		}
		if (scan_escape(s->in))
			s->in++;
		scan_put(s, *s->in++);
	}
	return SCAN_OK;
}

static void scan_place(const struct scan *s, struct tg_token *token, const char *at)
{
	const char *line = at;

	while (line > s->text && line[-1] != '\n')
		line--;
	token->column = (unsigned int)(at - line);
	token->line = 0;
	for (const char *c = s->text; c < line; c++)
		token->line += *c == '\n';
}

static enum scan_end scan_token(struct scan *s)
{
	enum tg_token_kind kind = TG_TOKEN_WORD;
	const char *start = s->in;
	char *text = s->out;
	enum scan_end end;

	if (*s->in == '{') {
		kind = TG_TOKEN_BRACES;
		end = scan_braces(s);
	} else if (*s->in == '"') {
		kind = TG_TOKEN_STRING;
		end = scan_string(s);
	} else {
		end = scan_word(s);
	}
	if (end || !s->tokens)
		return end;
	if (s->tokens->count == TG_MAX_TOKENS)
		return SCAN_MANY;
	scan_put(s, '\0');
	if (s->tokens->count)
		*s->plain++ = ' ';
	scan_plain(s, start, s->in);
	scan_place(s, &s->tokens->token[s->tokens->count], start + (kind != TG_TOKEN_WORD));
	s->tokens->token[s->tokens->count].kind = kind;
	s->tokens->token[s->tokens->count++].text = text;
	return SCAN_OK;
}

static enum scan_end scan_all(struct scan *s)
{
	for (;;) {
		enum scan_end end = scan_skip(s);

		if (end)
			return end;
		if (!*s->in)
			return SCAN_OK;
		end = scan_token(s);
		if (end)
			return end;
	}
}

bool tg_token_open(const char *text)
{
	struct scan s = { .in = text };
	enum scan_end end = scan_all(&s);

	return end == SCAN_STRING || end == SCAN_BRACES || end == SCAN_COMMENT;
}

int tg_token_split(const char *text, struct tg_tokens *tokens, struct tg_error *err)
{
	static const char *const message[] = {
		[SCAN_STRING] = "a string is not closed: '\"' is missing at the end",
		[SCAN_BRACES] = "braces are not closed: '}' is missing at the end",
		[SCAN_COMMENT] = "a comment is not closed: '*/' is missing at the end",
		[SCAN_STRAY] = "there is a '}' without a '{': write \\} for the character itself",
		[SCAN_MANY] = "too many words in one command: the maximum is 64",
	};
	/* A token is never longer than its source, its NUL takes the blank's place. */
	size_t room = 2 * strlen(text) + 2;
	struct scan s = { .in = text, .text = text, .tokens = tokens };
	enum scan_end end;

	memset(tokens, 0, sizeof(*tokens));
	tokens->store = malloc(room);
	tokens->plain = malloc(room);
	if (!tokens->store || !tokens->plain) {
		tg_token_free(tokens);
		return tg_error_set(err, -ENOMEM, "out of memory");
	}
	s.out = tokens->store;
	s.plain = tokens->plain;
	end = scan_all(&s);
	*s.plain = '\0';
	if (end) {
		tg_token_free(tokens);
		return tg_error_set(err, -EINVAL, "%s", message[end]);
	}
	return 0;
}

void tg_token_free(struct tg_tokens *tokens)
{
	free(tokens->store);
	free(tokens->plain);
	memset(tokens, 0, sizeof(*tokens));
}
