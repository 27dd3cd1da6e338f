// SPDX-License-Identifier: GPL-2.0
/* Images as text. The image was made by the compiler, or verified. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

static const struct {
	const char *name;
	char a, b, c, imm;
} insns[] = {
#define DUMP_INSN(name, fa, fb, fc, fimm, ...) \
	[TG_OP_##name] = { #name, #fa[0], #fb[0], #fc[0], #fimm[0] },
	TG_INSNS(DUMP_INSN)
};

static const char *const regs[] = {
#define DUMP_REG(name, writable) [TG_REG_##name] = #name,
	TG_REGS(DUMP_REG)
};

static const char *const helpers[] = {
#define DUMP_HELPER(name, args, result) [TG_HELPER_##name] = #name,
	TG_HELPERS(DUMP_HELPER)
};

static void put_lower(FILE *out, const char *word)
{
	for (; *word; word++)
		fputc(*word >= 'A' && *word <= 'Z' ? *word | 0x20 : *word, out);
}

static void put_reg(FILE *out, const char *mark, unsigned int reg)
{
	fputs(mark, out);
	put_lower(out, reg < TG_NR_REGS ? regs[reg] : "?");
}

static void put_field(FILE *out, const char **comma, char kind, unsigned int value)
{
	if (kind == '-' || kind == 'J' || kind == 'K')
		return;
	fputs(*comma, out);
	*comma = ", ";
	if (kind == 'G')
		put_reg(out, "@", value);
	else if (kind == 'N' || kind == 'E')
		fprintf(out, "%u", value);
	else
		fprintf(out, "r%u", value);
}

static void put_imm(FILE *out, const char **comma, char kind, int imm, unsigned int at,
		    const char *(*func_name)(const void *ctx, int number), const void *ctx)
{
	if (kind == '-')
		return;
	fputs(*comma, out);
	*comma = ", ";
	switch (kind) {
	case 'J':
		fprintf(out, "%u", at + 1 + (unsigned int)imm);
		break;
	case 'R':
	case 'Y':
		put_reg(out, "@", (unsigned int)imm);
		break;
	case 'L':
		put_lower(out, imm >= 0 && imm < TG_NR_HELPERS ? helpers[imm] : "?");
		break;
	case 'U':
		fputs(func_name(ctx, imm), out);
		break;
	case 'V':
		fprintf(out, "global+%#x", (unsigned int)imm);
		break;
	case 'F':
		fprintf(out, "frame-%#x", (unsigned int)imm);
		break;
	case 'C':
	case 'T':
		fprintf(out, "const+%#x", (unsigned int)imm);
		break;
	default:
		fprintf(out, imm < 0 ? "-%#x" : "%#x",
			imm < 0 ? -(unsigned int)imm : (unsigned int)imm);
	}
}

struct parts {
	const struct tg_insn *insns;
	const struct tg_func *funcs;
	const struct tg_line *lines;
	const char *names;
};

static const char *func_name(const void *ctx, int number)
{
	const struct parts *p = ctx;

	return p->names + p->funcs[number].name;
}

static void put_insn(FILE *out, const struct parts *p, unsigned int at)
{
	const struct tg_insn *i = &p->insns[at];
	const char *comma = " ";

	fprintf(out, "%5u  ", at);
	put_lower(out, insns[i->op].name);
	put_field(out, &comma, insns[i->op].a, i->a);
	put_field(out, &comma, insns[i->op].b, i->b);
	put_field(out, &comma, insns[i->op].c, i->c);
	if (insns[i->op].b == 'K')
		put_imm(out, &comma, 'I', TG_INSN_BC(i), at, func_name, p);
	put_imm(out, &comma, insns[i->op].imm, i->imm, at, func_name, p);
	if (insns[i->op].b == 'J')
		put_imm(out, &comma, 'J', TG_INSN_BC(i), at, func_name, p);
	fputc('\n', out);
}

static void put_func(FILE *out, const struct tg_image *h, const struct parts *p,
		     unsigned int number)
{
	const struct tg_func *f = &p->funcs[number];
	unsigned int line = 0;

	fprintf(out, "function %u %s: %u parameters, %u registers, %u bytes\n", number,
		number ? p->names + f->name : "(script)", f->params, f->regs, f->mem);
	while (line < h->nr_lines && p->lines[line].insn < f->start)
		line++;
	for (unsigned int i = f->start; i < f->start + f->count; i++) {
		if (line < h->nr_lines && p->lines[line].insn == i)
			fprintf(out, "line %u\n", p->lines[line++].line & 0xffffff);
		put_insn(out, p, i);
	}
}

char *tg_script_dump(const struct tg_image *h)
{
	struct parts p;
	const struct tg_global *globals;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	p.insns = (const struct tg_insn *)(h + 1);
	p.funcs = (const struct tg_func *)(p.insns + h->nr_insns);
	globals = (const struct tg_global *)(p.funcs + h->nr_funcs);
	p.lines = (const struct tg_line *)(globals + h->nr_globals);
	p.names = (const char *)(p.lines + h->nr_lines);
	for (unsigned int i = 0; i < h->nr_globals; i++)
		fprintf(out, "global .%s: offset %#x, %u bytes\n", p.names + globals[i].name,
			globals[i].offset, globals[i].size);
	for (unsigned int i = 0; i < h->nr_funcs; i++)
		put_func(out, h, &p, i);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
