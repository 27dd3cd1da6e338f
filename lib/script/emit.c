// SPDX-License-Identifier: GPL-2.0
/* Code and image: instructions, jumps, functions, tables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

bool fits32(u64 value)
{
	return (u64)(s64)(s32)value == value;
}

static void *grow(struct emit *m, void *old, u32 used, u32 *room, size_t size)
{
	void *more;

	if (used < *room)
		return old;
	*room = *room * 2 + 256;
	more = arena(m->c, *room * size);
	if (used)
		memcpy(more, old, used * size);
	return more;
}

void emit_pos(struct emit *m, struct pos pos)
{
	m->line = (u32)pos.file << 24 | (pos.line & 0xffffff);
}

u32 emit_insn(struct emit *m, enum tg_op op, int a, int b, int c, s32 imm)
{
	if (!m->nr_lines || m->lines[m->nr_lines - 1].line != m->line) {
		m->lines = grow(m, m->lines, m->nr_lines, &m->lines_room, sizeof(*m->lines));
		m->lines[m->nr_lines++] = (struct tg_line){ m->nr, m->line };
	}
	if (m->nr == TG_SCRIPT_INSNS_MAX) {
		error_at(m->c, m->c->main.body->pos, NULL,
			 "the script is too long: it has more than 32767 instructions");
		longjmp(m->c->give_up, 2);
	}
	m->insns = grow(m, m->insns, m->nr, &m->room, sizeof(*m->insns));
	m->insns[m->nr] = (struct tg_insn){ (u8)op, (u8)a, (u8)b, (u8)c, imm };
	return m->nr++;
}

static bool is_short(u8 op)
{
	return op >= TG_OP_JEQI && op <= TG_OP_JNER;
}

static void set_target(struct emit *m, u32 insn, int target)
{
	struct tg_insn *i = &m->insns[insn];
	s32 distance = target - (s32)insn - 1;

	if (is_short(i->op)) {
		i->b = (u8)distance;
		i->c = (u8)(distance >> 8);
	} else {
		i->imm = distance;
	}
}

/* The waiting ones are linked as distances, too: 0 ends the list. */
static int next_waiting(struct emit *m, u32 insn)
{
	const struct tg_insn *i = &m->insns[insn];
	s32 back = is_short(i->op) ? TG_INSN_BC(i) : i->imm;

	return back ? (int)insn - (u16)back : -1;
}

void emit_jump(struct emit *m, u32 insn, struct label *to)
{
	struct tg_insn *i = &m->insns[insn];
	u32 back = to->waiting < 0 ? 0 : insn - (u32)to->waiting;

	if (to->at >= 0) {
		set_target(m, insn, to->at);
		return;
	}
	if (is_short(i->op)) {
		i->b = (u8)back;
		i->c = (u8)(back >> 8);
	} else {
		i->imm = (s32)back;
	}
	to->waiting = (int)insn;
}

void emit_label(struct emit *m, struct label *l)
{
	l->at = (int)m->nr;
	while (l->waiting >= 0) {
		u32 insn = (u32)l->waiting;

		l->waiting = next_waiting(m, insn);
		set_target(m, insn, l->at);
	}
}

int emit_temp(struct emit *m)
{
	if (m->top >= TEMP_REGS) {
		struct pos pos = { .file = (u16)(m->line >> 24),
				   .line = m->line & 0xffffff,
				   .column = 1 };

		error_at(m->c, pos, "split it into several statements",
			 "this expression needs too many temporary values");
		longjmp(m->c->give_up, 2);
	}
	if (m->top + 1 > m->most)
		m->most = m->top + 1;
	return m->top++;
}

int emit_dest(struct emit *m, int want)
{
	return want == ANY ? emit_temp(m) : want;
}

void emit_number(struct emit *m, int reg, u64 value)
{
	emit_insn(m, TG_OP_LI, reg, 0, 0, (s32)value);
	if (!fits32(value))
		emit_insn(m, TG_OP_LIH, reg, 0, 0, (s32)(value >> 32));
}

/* ---- functions ------------------------------------------------------------------ */

static void place_in_memory(struct emit *m, struct var *v)
{
	u32 align = v->type->align < 8 && v->type->kind != TY_STRUCT && v->type->kind != TY_ARRAY ?
		v->type->align : 8;

	v->in_memory = true;
	m->mem = (m->mem + align - 1) / align * align;
	v->offset = m->mem;
	m->mem += v->type->size;
	if (m->mem > TG_SCRIPT_MEM_MAX / 2)
		error_at(m->c, v->pos, NULL,
			 "the variables need more than 2000 bytes (hexadecimal)");
}

static void place_vars(struct emit *m, struct func *f)
{
	u32 nr = 0;

	for (struct var *v = f->vars; v; v = v->next, nr++) {
		if (v->in_memory)
			place_in_memory(m, v);
		if (nr < f->nr_params || (!v->in_memory && m->top < VAR_REGS))
			v->reg = m->top++;
		else if (!v->in_memory)
			place_in_memory(m, v);
	}
	if (m->top > m->most)
		m->most = m->top;
}

/* Parameters that live in memory, variables that may be read before they are set. */
static void emit_entry(struct emit *m, struct func *f)
{
	u32 nr = 0;

	for (struct var *v = f->vars; v; v = v->next, nr++) {
		if (nr < f->nr_params && v->in_memory) {
			int base = emit_temp(m);
			struct place p = { .kind = P_MEMORY, .reg = base };

			emit_insn(m, TG_OP_LEAF, base, 0, 0, (s32)v->offset);
			emit_store(m, &p, v->type, v->reg);
			m->top--;
		} else if (nr >= f->nr_params && !v->in_memory && v->zero) {
			emit_insn(m, TG_OP_LI, v->reg, 0, 0, 0);
		}
	}
}

/* The addresses in the frame are counted from its end. */
static void patch_frame(struct emit *m, u32 start)
{
	m->mem = (m->mem + 7) & ~7u;
	for (u32 i = start; i < m->nr; i++) {
		if (m->insns[i].op == TG_OP_LEAF)
			m->insns[i].imm = (s32)m->mem - m->insns[i].imm;
		else if (m->insns[i].op == TG_OP_RET)
			m->insns[i].imm = (s32)m->mem;
	}
}

static void emit_func(struct emit *m, struct func *f, struct tg_func *out)
{
	m->func = m->c->func = f;
	m->start = m->nr;
	m->top = m->most = 0;
	m->mem = 0;
	m->loop = NULL;
	emit_pos(m, f->number ? f->pos : f->body->pos);
	place_vars(m, f);
	out->vars = (u16)m->top;
	emit_entry(m, f);
	emit_stmt(m, f->body);
	if (!f->number) {
		emit_insn(m, TG_OP_EXIT, 0, 0, 0, 0);
	} else {
		if (f->result->kind != TY_VOID)
			emit_insn(m, TG_OP_LI, 0, 0, 0, 0);
		emit_insn(m, TG_OP_RET, 0, 0, 0, 0);
		if (!m->most)
			m->most = 1;
	}
	patch_frame(m, m->start);
	out->start = m->start;
	out->count = m->nr - m->start;
	out->regs = (u16)(m->most ? m->most : 1);
	out->params = (u16)f->nr_params;
	out->mem = m->mem;
	out->flags = f->number && f->result->kind != TY_VOID ? TG_FUNC_RESULT : 0;
}

/* ---- the image --------------------------------------------------------------------- */

struct names {
	char *text;
	u32 size;
};

static u32 add_name(struct names *n, const char *name, size_t length)
{
	u32 at = n->size;

	if (n->text) {
		memcpy(n->text + at, name, length);
		n->text[at + length] = '\0';
	}
	n->size += (u32)length + 1;
	return at;
}

/* Twice: without text it counts. Files first, then functions and global variables. */
static void collect_names(struct compiler *c, struct names *n, struct tg_func *funcs,
			  struct tg_global *globals)
{
	u32 i = 1;

	for (u32 f = 0; f < c->nr_files; f++)
		add_name(n, c->files[f].name, strlen(c->files[f].name));
	funcs[0].name = add_name(n, "", 0);
	for (struct func *f = c->funcs; f; f = f->next)
		funcs[i++].name = add_name(n, f->name.at, f->name.length);
	i = 0;
	for (struct var *v = c->globals; v; v = v->next, i++) {
		globals[i].name = add_name(n, v->name.at, v->name.length);
		globals[i].offset = v->offset;
		globals[i].size = (v->type->size + 7) & ~7u;
	}
	n->size = (n->size + 7) & ~7u;
}

static void put(struct tg_image *image, u64 at, const void *data, size_t size)
{
	if (size)
		memcpy((char *)image + at, data, size);
}

static int make_image(struct emit *m, struct tg_func *funcs, struct tg_image **image)
{
	struct compiler *c = m->c;
	struct tg_image h = { .magic = TG_IMAGE_MAGIC, .nr_insns = m->nr, .nr_funcs = 1,
			      .nr_lines = m->nr_lines, .nr_files = c->nr_files };
	struct names names = { NULL, 0 };
	struct tg_image_layout at;
	struct tg_global *globals;

	for (struct func *f = c->funcs; f; f = f->next)
		h.nr_funcs++;
	for (struct var *v = c->globals; v; v = v->next)
		h.nr_globals++;
	globals = arena(c, sizeof(*globals) * (h.nr_globals + 1));
	collect_names(c, &names, funcs, globals);
	h.names_size = names.size;
	h.const_size = c->const_size ? (c->const_size + 8) & ~7u : 0;
	at = tg_image_layout(&h);
	h.size = (u32)at.end;
	names.text = arena(c, names.size);
	names.size = 0;
	collect_names(c, &names, funcs, globals);
	*image = calloc(1, h.size);
	if (!*image)
		return -ENOMEM;
	**image = h;
	put(*image, at.insns, m->insns, h.nr_insns * sizeof(*m->insns));
	put(*image, at.funcs, funcs, h.nr_funcs * sizeof(*funcs));
	put(*image, at.globals, globals, h.nr_globals * sizeof(*globals));
	put(*image, at.lines, m->lines, h.nr_lines * sizeof(*m->lines));
	put(*image, at.names, names.text, h.names_size);
	put(*image, at.consts, c->consts, c->const_size);
	return 0;
}

int emit_script(struct compiler *c, struct tg_image **image)
{
	struct emit m = { .c = c };
	struct tg_func *funcs;
	u32 nr = 1;

	for (struct func *f = c->funcs; f; f = f->next)
		nr++;
	funcs = arena(c, nr * sizeof(*funcs));
	emit_func(&m, &c->main, &funcs[0]);
	nr = 1;
	for (struct func *f = c->funcs; f; f = f->next)
		emit_func(&m, f, &funcs[nr++]);
	return c->diags->nr ? -EINVAL : make_image(&m, funcs, image);
}
