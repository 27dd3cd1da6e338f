// SPDX-License-Identifier: GPL-2.0
/* Memory, source files and diagnostics of a compilation. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

#define CHUNK_SIZE	16384u
#define FILE_MAX_BYTES	(4u << 20)

void *arena(struct compiler *c, size_t size)
{
	struct chunk *k = c->chunks;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (!k || k->size - k->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		k = malloc(sizeof(*k) + room);
		if (!k)
			longjmp(c->give_up, 1);
		k->next = c->chunks;
		k->used = 0;
		k->size = room;
		c->chunks = k;
	}
	p = k->data + k->used;
	k->used += size;
	return memset(p, 0, size);
}

void arena_free(struct compiler *c)
{
	while (c->chunks) {
		struct chunk *next = c->chunks->next;

		free(c->chunks);
		c->chunks = next;
	}
}

char *arena_printf(struct compiler *c, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = arena(c, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

bool text_is(struct text t, const char *word)
{
	return !strncmp(t.at, word, t.length) && !word[t.length];
}

bool text_same(struct text a, struct text b)
{
	return a.length == b.length && !memcmp(a.at, b.at, a.length);
}

/* ---- diagnostics ------------------------------------------------------------- */

/* For a terminal: bytes that may be controls are shown as a point. */
static char *harmless(char *line)
{
	for (char *s = line; s && *s; s++) {
		if (((u8)*s < 0x20 && *s != '\t') || *s == 0x7f)
			*s = '.';
		else if ((u8)*s == 0xc2 && (u8)s[1] >= 0x80 && (u8)s[1] < 0xa0)
			s[0] = s[1] = '.';
	}
	return line;
}

static char *line_copy(const struct compiler *c, struct pos pos)
{
	const char *at, *end, *e;

	if (pos.file >= c->nr_files)
		return strdup("");
	at = c->files[pos.file].text;
	end = c->files[pos.file].end;
	for (u32 line = 1; line < pos.line && at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		at = newline ? newline + 1 : end;
	}
	for (e = at; e < end && *e && *e != '\n' && *e != '\r'; e++)
		;
	return harmless(strndup(at, (size_t)(e - at)));
}

void error_at(struct compiler *c, struct pos pos, const char *hint, const char *fmt, ...)
{
	struct tg_diag *d;
	va_list ap;

	c->errors++;
	/* What follows from an error at the same place says nothing new. */
	if (c->diags->nr && pos.file == c->last_error.file && pos.line == c->last_error.line &&
	    pos.column == c->last_error.column)
		return;
	if (c->diags->nr == TG_DIAGS_MAX) {
		c->diags->more = true;
		longjmp(c->give_up, 2);
	}
	c->last_error = pos;
	d = &c->diags->diag[c->diags->nr];
	memset(d, 0, sizeof(*d));
	d->line = pos.line;
	d->column = pos.column;
	d->width = pos.width ? pos.width : 1;
	d->file = strdup(pos.file < c->nr_files ? c->files[pos.file].name : "?");
	d->source = line_copy(c, pos);
	d->hint = hint ? strdup(hint) : NULL;
	va_start(ap, fmt);
	if (vasprintf(&d->message, fmt, ap) < 0)
		d->message = NULL;
	va_end(ap);
	harmless(d->message);
	c->diags->nr++;
	if (!d->file || !d->source || !d->message || (hint && !d->hint))
		longjmp(c->give_up, 1);
}

void tg_diags_free(struct tg_diags *d)
{
	for (unsigned int i = 0; i < d->nr; i++) {
		free(d->diag[i].file);
		free(d->diag[i].message);
		free(d->diag[i].hint);
		free(d->diag[i].source);
	}
	memset(d, 0, sizeof(*d));
}

/* Blanks and tabs up to the column, then carets up to the end of the line. */
static char *caret_line(const struct tg_diag *d)
{
	size_t length = strlen(d->source), before = d->column - 1, width = d->width;
	char *text;

	if (before > length)
		before = length;
	if (before + width > length)
		width = length > before ? length - before : 1;
	text = malloc(before + width + 1);
	if (!text)
		return NULL;
	for (size_t i = 0; i < before; i++)
		text[i] = d->source[i] == '\t' ? '\t' : ' ';
	memset(text + before, '^', width);
	text[before + width] = '\0';
	return text;
}

char *tg_diag_text(const struct tg_diag *d)
{
	char *caret = caret_line(d), *text = NULL;

	if (caret && asprintf(&text, "%s:%u:%u: error: %s\n%s\n%s\n%s%s%s", d->file, d->line,
			      d->column, d->message, d->source, caret, d->hint ? "hint: " : "",
			      d->hint ? d->hint : "", d->hint ? "\n" : "") < 0)
		text = NULL;
	free(caret);
	return text;
}

/* ---- files --------------------------------------------------------------------- */

void source_add(struct compiler *c, const char *name, const char *text, size_t size)
{
	struct source *s = &c->files[c->nr_files];
	struct reader *r = &c->readers[c->nr_readers++];

	s->name = arena_printf(c, "%s", name);
	s->text = text;
	s->end = text + size;
	s->number = (u16)c->nr_files++;
	memset(r, 0, sizeof(*r));
	r->at = r->line_start = s->text;
	r->end = s->end;
	r->line = 1;
	r->file = s->number;
}

/* The file's bytes in the arena; NULL and errno. */
static char *read_file(struct compiler *c, const char *path, size_t *size)
{
	FILE *f = fopen(path, "re");
	char *text;

	if (!f)
		return NULL;
	*size = 0;
	text = malloc(FILE_MAX_BYTES + 1);
	if (text)
		*size = fread(text, 1, FILE_MAX_BYTES + 1, f);
	if (text && !ferror(f) && *size <= FILE_MAX_BYTES) {
		char *copy;

		fclose(f);
		/* On failure arena() does not return: give back first what can be. */
		copy = realloc(text, *size + 1);
		if (copy)
			text = copy;
		copy = arena(c, *size + 1);
		memcpy(copy, text, *size);
		free(text);
		return copy;
	}
	if (text && *size > FILE_MAX_BYTES)
		errno = EFBIG;
	free(text);
	fclose(f);
	return NULL;
}

bool source_include(struct compiler *c, struct text path, struct pos pos)
{
	const char *from = c->files[pos.file].name, *slash = strrchr(from, '/');
	const char *full, *text;
	size_t size;

	if (path.length && path.at[0] == '/')
		slash = NULL;
	if (!path.length || memchr(path.at, '\0', path.length)) {
		error_at(c, pos, NULL, "#include needs the name of a file");
		return false;
	}
	full = arena_printf(c, "%.*s%.*s", slash ? (int)(slash - from + 1) : 0, from,
			    (int)path.length, path.at);
	if (c->nr_readers == INCLUDE_MAX || c->nr_files == FILES_MAX) {
		error_at(c, pos, "does the file include itself?", "too many files are included");
		return false;
	}
	text = read_file(c, full, &size);
	if (!text) {
		error_at(c, pos, "names are relative to the file that has the #include",
			 "cannot read '%s': %s", full, strerror(errno));
		return false;
	}
	source_add(c, full, text, size);
	return true;
}
