// SPDX-License-Identifier: GPL-2.0
/*
 * Runs tests/script/NAME.ds and compares with what their comments say, a line each:
 *
 *   // expect: TEXT		a line that the script prints
 *   // error: L:C: TEXT	a compile error, in order; // hint: TEXT its hint
 *   // runtime: L: TEXT	how the run ends
 *   // value: HEX		of an expression; the file is one then, as with
 *   // expression: yes
 *   // after: NAME=HEX		a register after the run
 *   // reg: NAME=HEX		before it; // mem: ADDRESS HEXBYTES, // rom: the same, read-only
 *   // page: ADDRESS HEXBYTES	before it: zeros, a page in all
 *   // fuel: N  // buffer: HEX  // arg: TEXT
 *
 * Every line of the expectations must be met, and nothing else may be said. What
 * compiles must pass the verifier. Everything is done twice: interpreted, and
 * translated to machine code.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/script.h"

#define FOLDER	"tests/script"
#define ARGS	12

struct text {
	char *at;
	size_t size;
	FILE *f;
};

static struct text out, want;

static void take(void *ctx, const char *text, size_t size)
{
	(void)ctx;
	fwrite(text, 1, size, out.f);
}

static void text_open(struct text *t)
{
	t->f = open_memstream(&t->at, &t->size);
	if (!t->f)
		abort();
}

static void text_close(struct text *t)
{
	fclose(t->f);
}

static char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	if (!f || !text) {
		free(text);
		return NULL;
	}
	*size = fread(text, 1, (1 << 20) - 1, f);
	fclose(f);
	return text;
}

#define PAGE	4096u

static void add_memory(struct tg_host *h, const char *text, bool writable, bool page)
{
	unsigned char bytes[PAGE] = { 0 };
	unsigned int byte;
	size_t n = 0;
	char *s;
	unsigned long long address = strtoull(text, &s, 16);

	for (int used; n < PAGE && sscanf(s, " %2x%n", &byte, &used) == 1; s += used)
		bytes[n++] = (unsigned char)byte;
	if (tg_host_memory(h, address, bytes, page ? PAGE : n, writable))
		abort();
}

static void set_reg(struct tg_host *h, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals)
		abort();
	*equals = '\0';
	if (tg_host_set(h, text, strtoull(equals + 1, NULL, 16)))
		abort();
}

struct script_case {
	struct tg_host *host;
	const char *args[ARGS];
	unsigned int nr_args;
	bool expression;
	char *after[ARGS];
	unsigned int nr_after;
};

static bool is_word(const char *word, const char *known)
{
	return !strcmp(word, known);
}

/* One comment: the word, and what is behind the colon and a blank. */
static void directive(struct script_case *t, const char *word, char *rest)
{
	if (is_word(word, "expect"))
		fprintf(want.f, "%s\n", rest);
	else if (is_word(word, "error") || is_word(word, "hint") || is_word(word, "runtime"))
		fprintf(want.f, "%s: %s\n", word, rest);
	else if (is_word(word, "value"))
		t->expression = fprintf(want.f, "value: %s\n", rest);
	else if (is_word(word, "expression"))
		t->expression = true;
	else if (is_word(word, "reg"))
		set_reg(t->host, rest);
	else if (is_word(word, "mem") || is_word(word, "rom"))
		add_memory(t->host, rest, is_word(word, "mem"), false);
	else if (is_word(word, "page"))
		add_memory(t->host, rest, true, true);
	else if (is_word(word, "fuel"))
		tg_host_fuel(t->host, strtoull(rest, NULL, 10));
	else if (is_word(word, "buffer"))
		tg_host_buffer(t->host, strtoull(rest, NULL, 16));
	else if (is_word(word, "arg"))
		t->args[t->nr_args++] = rest;
	else if (is_word(word, "after"))
		t->after[t->nr_after++] = rest;
}

/* The comments at a line's start; text is a copy that is cut into pieces. */
static void read_directives(struct script_case *t, char *text)
{
	for (char *line = text, *next; line; line = next) {
		char word[16];
		int used = 0;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (sscanf(line, "// %15[a-z]:%n", word, &used) == 1 && used)
			directive(t, word, line[used] ? line + used + 1 : line + used);
	}
}

static void say_diags(const struct tg_diags *d)
{
	for (unsigned int i = 0; i < d->nr; i++) {
		char *text = tg_diag_text(&d->diag[i]);

		fprintf(out.f, "error: %u:%u: %s\n", d->diag[i].line, d->diag[i].column,
			d->diag[i].message);
		if (d->diag[i].hint)
			fprintf(out.f, "hint: %s\n", d->diag[i].hint);
		free(text);
	}
	if (d->more)
		fputs("error: more\n", out.f);
}

static void run(struct script_case *t, struct tg_image *image)
{
	struct tg_host_result r;
	char why[200];

	free(tg_script_dump(image));
	if (tg_host_load(t->host, image, why, sizeof(why))) {
		fprintf(out.f, "rejected: %s\n", why);
		return;
	}
	tg_host_run(t->host, &r);
	if (r.error)
		fprintf(out.f, "runtime: %u: %s\n", r.line, r.message);
	else if (t->expression)
		fprintf(out.f, "value: %llx\n", (unsigned long long)r.value);
	for (unsigned int i = 0; i < t->nr_after; i++) {
		char *equals = strchr(t->after[i], '=');
		uint64_t value;

		*equals = '\0';
		if (tg_host_get(t->host, t->after[i], &value) ||
		    value != strtoull(equals + 1, NULL, 16))
			fprintf(out.f, "after: %s=%llx\n", t->after[i], (unsigned long long)value);
	}
}

static int run_case(const char *path, bool jit)
{
	struct script_case t = { .host = tg_host_new(take, NULL) };
	struct tg_script_options o = { .name = path };
	struct tg_image *image;
	struct tg_diags diags;
	char *text = read_file(path, &o.size), *copy;
	int failed;

	if (!text || !t.host)
		abort();
	copy = strdup(text);
	text_open(&out);
	text_open(&want);
	read_directives(&t, copy);
	tg_host_jit(t.host, jit);
	o.text = text;
	o.expression = t.expression;
	o.args = t.args;
	o.nr_args = t.nr_args;
	o.kallsyms = FOLDER "/kallsyms";
	if (tg_script_compile(&o, &image, &diags))
		say_diags(&diags);
	else
		run(&t, image);
	text_close(&out);
	text_close(&want);
	failed = strcmp(out.at, want.at) || (!*want.at && !t.nr_after);
	if (failed)
		printf("FAIL: %s%s\n--- wanted\n%s--- got\n%s", path, jit ? " translated" : "",
		       want.at, out.at);
	else
		printf("PASS: %s%s\n", path, jit ? " translated" : "");
	tg_diags_free(&diags);
	tg_host_free(t.host);
	free(image);
	free(out.at);
	free(want.at);
	free(copy);
	free(text);
	return failed;
}

static int is_script(const struct dirent *e)
{
	return !fnmatch("*.ds", e->d_name, 0);
}

/* All, or those named. */
int main(int argc, char **argv)
{
	struct dirent **list;
	int nr = argc > 1 ? 0 : scandir(FOLDER, &list, is_script, alphasort), failed = 0;

	for (int i = 1; i < argc; i++)
		failed += run_case(argv[i], false) + run_case(argv[i], true);
	for (int i = 0; i < nr; i++) {
		char path[400];

		snprintf(path, sizeof(path), FOLDER "/%s", list[i]->d_name);
		failed += run_case(path, false) + run_case(path, true);
		free(list[i]);
	}
	if (argc == 1) {
		if (nr < 1)
			printf("FAIL: no scripts in %s\n", FOLDER);
		else
			free(list);
	}
	return failed || (argc == 1 && nr < 1);
}
