// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier: the image's parts here, its functions in verify_func.c. Process
 * context; no allocation.
 */
#include "verify_func.h"

#define KNOWN_FUNC_FLAGS TG_FUNC_RESULT

static const char *const reject_text[] = {
#define REJECT_TEXT(name, text) [TG_REJECT_##name] = text,
	TG_REJECTS(REJECT_TEXT)
};
_Static_assert(TG_ARRAY_SIZE(reject_text) == TG_NR_REJECTS, "a sentence for each");

static const char *const error_text[] = {
#define ERROR_TEXT(name, text) [TG_ERR_##name] = text,
	TG_RUN_ERRORS(ERROR_TEXT)
};
_Static_assert(TG_ARRAY_SIZE(error_text) == TG_NR_ERRS, "a sentence for each");

const char *tg_script_reject_text(enum tg_reject reject)
{
	return reject < TG_NR_REJECTS ? reject_text[reject] : "?";
}

const char *tg_script_error_text(enum tg_run_error error)
{
	return error < TG_NR_ERRS ? error_text[error] : "?";
}

/* The header, and where everything is. */
static enum tg_reject take_apart(void *start, u32 size, struct tg_program *p)
{
	const struct tg_image *h = start;
	struct tg_image_layout at;

	if (size < sizeof(*h))
		return TG_REJECT_SIZE;
	if (h->magic != TG_IMAGE_MAGIC)
		return TG_REJECT_MAGIC;
	if (h->flags || h->reserved[0] || h->reserved[1])
		return TG_REJECT_HEADER;
	if (!h->nr_insns || h->nr_insns > TG_SCRIPT_INSNS_MAX || !h->nr_funcs ||
	    h->nr_funcs > TG_SCRIPT_FUNCS_MAX || h->nr_lines > h->nr_insns ||
	    h->nr_globals > TG_SCRIPT_GLOBALS_MAX / 8 || h->nr_files > 255 ||
	    h->names_size % 8 || h->names_size > TG_SCRIPT_CONST_MAX || !h->names_size ||
	    h->const_size % 8 || h->const_size > TG_SCRIPT_CONST_MAX)
		return TG_REJECT_COUNT;
	at = tg_image_layout(h);
	if (h->size != size || at.end != size)
		return TG_REJECT_SIZE;
	p->image = h;
#define TAKE(part, count, type) p->part = (type *)((u8 *)start + at.part);
	TG_IMAGE_PARTS(TAKE)
	p->code = NULL;
	return TG_REJECT_NONE;
}

static enum tg_reject check_texts(const struct tg_program *p)
{
	const struct tg_image *h = p->image;
	u32 ends = 0;

	for (u32 i = 0; i < h->names_size; i++)
		ends += !p->names[i];
	if (p->names[h->names_size - 1] || ends < h->nr_files)
		return TG_REJECT_NAMES;
	if (h->const_size && p->consts[h->const_size - 1])
		return TG_REJECT_CONSTS;
	return TG_REJECT_NONE;
}

static enum tg_reject check_funcs(const struct tg_program *p)
{
	u32 next = 0;

	for (u32 i = 0; i < p->image->nr_funcs; i++) {
		const struct tg_func *f = &p->funcs[i];

		if (f->start != next || !f->count || f->count > p->image->nr_insns - next)
			return TG_REJECT_FUNC_RANGE;
		next += f->count;
		if (!f->regs || f->regs > TG_SCRIPT_REGS_MAX || f->params > f->regs ||
		    f->vars > f->regs || f->params > TG_SCRIPT_ARGS_MAX || f->mem % 8 ||
		    f->mem > TG_SCRIPT_MEM_MAX || f->name >= p->image->names_size ||
		    f->flags & ~KNOWN_FUNC_FLAGS)
			return TG_REJECT_FUNC;
	}
	if (next != p->image->nr_insns)
		return TG_REJECT_FUNC_RANGE;
	return p->funcs->params || p->funcs->flags ? TG_REJECT_MAIN : TG_REJECT_NONE;
}

static enum tg_reject check_tables(const struct tg_program *p)
{
	for (u32 i = 0; i < p->image->nr_globals; i++) {
		const struct tg_global *g = &p->globals[i];

		if (g->offset % 8 || g->size % 8 || !g->size || g->size > TG_SCRIPT_GLOBALS_MAX ||
		    g->offset > TG_SCRIPT_GLOBALS_MAX - g->size || g->reserved ||
		    g->name >= p->image->names_size)
			return TG_REJECT_GLOBAL;
	}
	for (u32 i = 0; i < p->image->nr_lines; i++)
		if (p->lines[i].insn >= p->image->nr_insns ||
		    (i && p->lines[i].insn <= p->lines[i - 1].insn))
			return TG_REJECT_LINE;
	return TG_REJECT_NONE;
}

/* What a function needs with all it calls; false when it is not known yet. */
static bool measure(const struct tg_program *p, struct tg_verify_work *w, u32 top)
{
	u32 number = w->path[top].func;
	const struct tg_func *f = &p->funcs[number];

	for (; w->path[top].at < f->count; w->path[top].at++) {
		const struct tg_insn *insn = &p->insns[f->start + w->path[top].at];
		u32 callee = (u32)insn->imm;

		if (insn->op != TG_OP_CALL || w->colour[callee] == 1)
			continue;	/* recursion: CALL's checks bound it */
		if (!w->colour[callee])
			return false;
		if (w->depth[number] < w->depth[callee] + 1)
			w->depth[number] = w->depth[callee] + 1;
		if (w->regs[number] < insn->a + 1 + w->regs[callee])
			w->regs[number] = insn->a + 1 + w->regs[callee];
		if (w->mem[number] < f->mem + w->mem[callee])
			w->mem[number] = f->mem + w->mem[callee];
	}
	return true;
}

static void enter(const struct tg_program *p, struct tg_verify_work *w, u32 top, u32 number)
{
	w->path[top].func = number;
	w->path[top].at = 0;
	w->colour[number] = 1;		/* on the path; 2: measured */
	w->depth[number] = 1;
	w->regs[number] = p->funcs[number].regs;
	w->mem[number] = p->funcs[number].mem;
}

/* Each function is entered once, its instructions are read once: linear. */
static enum tg_reject check_calls(const struct tg_program *p, struct tg_verify_work *w)
{
	u32 top = 0;

	for (u32 i = 0; i < p->image->nr_funcs; i++)
		w->colour[i] = 0;
	enter(p, w, 0, 0);
	for (;;) {
		u32 number = w->path[top].func;

		if (!measure(p, w, top)) {
			const struct tg_func *f = &p->funcs[number];

			top++;
			enter(p, w, top, (u32)p->insns[f->start + w->path[top - 1].at].imm);
			continue;
		}
		w->colour[number] = 2;
		if (w->depth[number] > TG_SCRIPT_DEPTH)
			return TG_REJECT_DEPTH;
		if (w->regs[number] > TG_SCRIPT_STACK)
			return TG_REJECT_STACK;
		if (w->mem[number] > TG_SCRIPT_MEM_MAX)
			return TG_REJECT_MEMORY;
		if (!top--)
			return TG_REJECT_NONE;
	}
}

enum tg_reject tg_script_verify(void *image, u32 size, struct tg_program *program,
				struct tg_verify_work *work, u32 *insn)
{
	enum tg_reject reject = take_apart(image, size, program);

	*insn = 0;
	if (!reject)
		reject = check_texts(program);
	if (!reject)
		reject = check_funcs(program);
	if (!reject)
		reject = check_tables(program);
	for (u32 i = 0; !reject && i < program->image->nr_funcs; i++)
		reject = tg_verify_func(program, i, work, insn);
	if (!reject)
		reject = check_calls(program, work);
	return reject;
}
