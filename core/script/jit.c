// SPDX-License-Identifier: GPL-2.0
/* The translator: functions and common code. Process context; no allocation. */
#include "jit_func.h"

static const u8 places[MAPPED] = { RBP, R13, R14, RSI, RDI, R8, R9, R10, R11 };
static const u8 simple_places[MAPPED] = { RSI, R8, R9, R10, R11, RBP, R13, R14, RBX };

/* C functions keep them. */
#define KEPT	(1u << RBX | 1u << RBP | 1u << R12 | 1u << R13 | 1u << R14 | 1u << R15)

/* Operands by the table of instructions. */
static const struct {
	char a, b, c, imm;
} shape[] = {
#define SHAPE(name, fa, fb, fc, fimm, ...) [TG_OP_##name] = { #fa[0], #fb[0], #fc[0], #fimm[0] },
	TG_INSNS(SHAPE)
};

static s32 jump_of(const struct tg_insn *insn)
{
	if (shape[insn->op].imm == 'J')
		return insn->imm;
	return shape[insn->op].b == 'J' ? TG_INSN_BC(insn) : 0;
}

/* How many loops each instruction is in, as differences. */
static void find_loops(struct jit *j)
{
	const struct tg_insn *code = j->p->insns + j->f->start;

	for (u32 i = 0; i <= j->f->count; i++)
		j->w->loops[i] = 0;
	for (u32 i = 0; i < j->f->count; i++) {
		s32 back = jump_of(&code[i]);

		if (back >= 0)
			continue;
		j->w->loops[(s32)i + 1 + back]++;
		j->w->loops[i + 1]--;
	}
}

static bool is_reg(char kind)
{
	return kind == 'D' || kind == 'S' || kind == 'M';
}

/* The most used registers, an innermost loop counting eight times its outer one. */
void jit_map(struct jit *j)
{
	u32 use[TG_SCRIPT_REGS_MAX] = { 0 };
	s32 depth = 0;

	find_loops(j);
	for (u32 i = 0; i < j->f->count; i++) {
		const struct tg_insn *insn = &j->p->insns[j->f->start + i];
		u32 weight;

		depth += j->w->loops[i];
		weight = 1u << (3 * (depth < 5 ? depth : 5));
		if (is_reg(shape[insn->op].a))
			use[insn->a] += weight;
		if (is_reg(shape[insn->op].b))
			use[insn->b] += weight;
		if (is_reg(shape[insn->op].c))
			use[insn->c] += weight;
	}
	for (u32 i = 0; i < TG_SCRIPT_REGS_MAX; i++)
		j->hw[i] = -1;
	for (j->nr_mapped = 0; j->nr_mapped < MAPPED; j->nr_mapped++) {
		u32 best = 0;

		for (u32 i = 1; i < j->f->regs; i++)
			if (use[i] > use[best])
				best = i;
		if (use[best] < (j->simple ? 1 : 2))
			break;
		use[best] = 0;
		j->mapped[j->nr_mapped] = (u8)best;
		j->hw[best] = (s8)j->places[j->nr_mapped];
	}
}

u32 jit_use(struct jit *j, u32 reg, u32 scratch)
{
	if (j->hw[reg] >= 0)
		return (u32)j->hw[reg];
	asm_rm(&j->o, OP_MOV, true, scratch, R12, (s32)reg * 8);
	return scratch;
}

void jit_load(struct jit *j, u32 to, u32 reg)
{
	u32 from = jit_use(j, reg, to);

	if (from != to)
		asm_rr(&j->o, OP_MOV, true, to, from);
}

u32 jit_dest(const struct jit *j, u32 reg, u32 scratch)
{
	return j->hw[reg] >= 0 ? (u32)j->hw[reg] : scratch;
}

void jit_store(struct jit *j, u32 reg, u32 from)
{
	if (j->hw[reg] < 0)
		asm_rm(&j->o, OP_STORE, true, from, R12, (s32)reg * 8);
	else if ((u32)j->hw[reg] != from)
		asm_rr(&j->o, OP_MOV, true, (u32)j->hw[reg], from);
}

static bool is_kept(const struct jit *j, u32 i)
{
	return KEPT >> j->places[i] & 1;
}

void jit_flush(struct jit *j, bool all)
{
	for (u32 i = 0; i < j->nr_mapped; i++)
		if (all || !is_kept(j, i))
			asm_rm(&j->o, OP_STORE, true, j->places[i], R12, j->mapped[i] * 8);
}

void jit_reload(struct jit *j, bool all)
{
	for (u32 i = 0; i < j->nr_mapped; i++)
		if (all || !is_kept(j, i))
			asm_rm(&j->o, OP_MOV, true, j->places[i], R12, j->mapped[i] * 8);
}

void jit_fail(struct jit *j, u32 error, int value)
{
	if (value < 0) {
		value = RAX;
		asm_number(&j->o, RAX, 0);
	}
	asm_rm(&j->o, OP_STORE, true, (u32)value, j->base, RUN_AT(error_value));
	asm_number(&j->o, RCX, j->at);
	asm_number(&j->o, RAX, error);
	asm_jump(&j->o, j->fail);
}

void jit_fail_rax(struct jit *j)
{
	u32 fine;

	asm_rr(&j->o, OP_TEST, false, RAX, RAX);
	fine = asm_skip(&j->o, CC_E);
	asm_number(&j->o, RCX, j->at);
	asm_jump(&j->o, j->fail);
	asm_here(&j->o, fine);
}

void jit_pay(struct jit *j, u32 fuel)
{
	u32 enough;

	asm_group1(&j->o, G_SUB, R15, (s32)fuel);
	enough = asm_skip(&j->o, CC_NS);
	asm_number(&j->o, RCX, j->at);
	asm_call(&j->o, j->pay);
	asm_here(&j->o, enough);
}

static const u8 saved[] = { RBX, RBP, R12, R13, R14, R15 };

/* Of them, those that the program uses; the number of pushes. */
static bool is_saved(const struct jit *j, u32 i)
{
	return j->used >> saved[i] & 1;
}

static u32 nr_saved(const struct jit *j)
{
	u32 nr = 0;

	for (u32 i = 0; i < sizeof(saved); i++)
		nr += is_saved(j, i);
	return nr;
}

/* An odd number: the stack is aligned in the function called. */
static const u8 lost[] = { RCX, RSI, RDI, R8, R9, R10, R11 };

static void push(struct jit_out *o, u32 reg)
{
	asm_byte(o, 0x40 | reg >> 3);
	asm_byte(o, 0x50 | (reg & 7));
}

static void pop(struct jit_out *o, u32 reg)
{
	asm_byte(o, 0x40 | reg >> 3);
	asm_byte(o, 0x58 | (reg & 7));
}

/* Simple programs: what the call loses, and the stack aligned. */
void jit_before_call(struct jit *j)
{
	u32 pushes = 1 + nr_saved(j);

	if (!j->simple) {
		jit_flush(j, false);
		return;
	}
	push(&j->o, RDI);
	for (u32 i = 0; i < j->nr_mapped; i++) {
		if (is_kept(j, i))
			continue;
		push(&j->o, j->places[i]);
		pushes++;
	}
	if (pushes % 2 == 0)		/* the return address is another */
		push(&j->o, RDI);
}

void jit_after_call(struct jit *j)
{
	u32 pushes = 1 + nr_saved(j);

	if (!j->simple) {
		jit_reload(j, false);
		return;
	}
	for (u32 i = 0; i < j->nr_mapped; i++)
		pushes += !is_kept(j, i);
	if (pushes % 2 == 0)
		pop(&j->o, RDI);
	for (u32 i = j->nr_mapped; i--; )
		if (!is_kept(j, i))
			pop(&j->o, j->places[i]);
	pop(&j->o, RDI);
}

static void store_number(struct jit *j, s32 at, bool wide, u32 value)
{
	asm_rm(&j->o, 0xc7, wide, 0, j->base, at);
	asm_u32(&j->o, value);
}

static void entry(struct jit *j)
{
	struct jit_out *o = &j->o;
	u32 used;

	for (u32 i = 0; i < sizeof(saved); i++)
		if (is_saved(j, i))
			push(o, saved[i]);
	if (!j->simple) {
		if (nr_saved(j) % 2 == 0)
			asm_group1(o, G_SUB, RSP, 8);
		asm_rr(o, OP_MOV, true, RBX, RDI);
		asm_call_c(o, (const void *)tg_run_begin);
		asm_rm(o, OP_STORE, true, RSP, RBX, RUN_AT(native_sp));
	} else if (j->loads) {
		store_number(j, SEG_AT(TG_SEG_FRAME, size), true, 0);
	}
	used = o->used;			/* these loads are no use of what they load */
	if (j->used >> R12 & 1)
		asm_rm(o, OP_MOV, true, R12, j->base, RUN_AT(stack));
	if (j->used >> R15 & 1)
		asm_rm(o, OP_MOV, true, R15, j->base, RUN_AT(slice));
	o->used = used;
}

static void back(struct jit *j)
{
	struct jit_out *o = &j->o;

	if (!j->simple) {
		asm_rm(o, OP_MOV, true, RSP, RBX, RUN_AT(native_sp));
		asm_rr(o, OP_MOV, true, RDI, RBX);
		asm_call_c(o, (const void *)tg_run_end);
		if (nr_saved(j) % 2 == 0)
			asm_group1(o, G_ADD, RSP, 8);
	}
	for (u32 i = sizeof(saved); i--; )
		if (is_saved(j, i))
			pop(o, saved[i]);
	asm_byte(o, 0xc3);
}

void jit_leave(struct jit *j)
{
	store_number(j, RUN_AT(error), false, TG_ERR_NONE);
	if (j->simple)
		back(j);
	else
		asm_jump(&j->o, j->leave);
}

/* The end of a run, refilling the fuel. */
static void common_code(struct jit *j)
{
	struct jit_out *o = &j->o;

	j->w->fault = o->at;		/* RAX: the address, RDX: the instruction */
	asm_rm(o, OP_STORE, true, RAX, j->base, RUN_AT(error_value));
	asm_rr(o, OP_MOV, false, RCX, RDX);
	asm_number(o, RAX, TG_ERR_READ);
	j->fail = o->at;		/* RAX: the error, RCX: the instruction */
	asm_rm(o, OP_STORE, false, RAX, j->base, RUN_AT(error));
	asm_rm(o, OP_STORE, false, RCX, j->base, RUN_AT(error_insn));
	j->leave = o->at;
	back(j);
	if (j->simple)
		return;
	j->pay = o->at;			/* RCX: the instruction */
	for (u32 i = 0; i < sizeof(lost); i++)
		push(o, lost[i]);
	asm_rm(o, OP_STORE, true, R15, RBX, RUN_AT(slice));
	asm_rr(o, OP_MOV, true, RDI, RBX);
	asm_call_c(o, (const void *)tg_run_refill);
	for (u32 i = sizeof(lost); i--; )
		pop(o, lost[i]);
	asm_rm(o, OP_MOV, true, R15, RBX, RUN_AT(slice));
	asm_rr(o, OP_TEST, false, RAX, RAX);
	asm_jcc(o, CC_NE, j->fail);
	asm_byte(o, 0xc3);
}

/* What a simple program does not have: see jit_func.h. */
static void look_at_program(struct jit *j)
{
	j->simple = !j->p->funcs[0].mem;
	j->loads = false;
	for (u32 i = 0; i < j->p->image->nr_insns; i++) {
		const struct tg_insn *insn = &j->p->insns[i];

		switch (insn->op) {
		case TG_OP_LDB ... TG_OP_LDQR:
			j->loads = true;
			break;
		case TG_OP_LDX ... TG_OP_STX:
		case TG_OP_STB ... TG_OP_STQ:
		case TG_OP_CALL ... TG_OP_PRINTF:
			j->simple = false;
			break;
		default:
			if (jump_of(insn) < 0)
				j->simple = false;
		}
	}
	j->base = j->simple ? RDI : RBX;
	j->places = j->simple ? simple_places : places;
}

static void function(struct jit *j, u32 number)
{
	j->f = &j->p->funcs[number];
	j->w->func_at[number] = j->o.at;
	jit_map(j);
	for (u32 i = 0; i < j->nr_mapped; i++)
		if (j->mapped[i] < j->f->params)
			asm_rm(&j->o, OP_MOV, true, j->places[i], R12, j->mapped[i] * 8);
	for (j->at = j->f->start; j->at < j->f->start + j->f->count; j->at++) {
		j->w->at[j->at] = j->o.at;
		jit_insn(j, &j->p->insns[j->at]);
	}
}

/*
 * Three times: the first finds which registers are used, the second where everything
 * will be, which depends on no distance.
 */
u32 tg_jit_translate(const struct tg_program *p, u8 *code, u64 address, u32 size,
		     struct tg_jit_work *work)
{
	struct jit j = { .p = p, .w = work, .used = ~0u };

	for (u32 i = 0; i < p->image->nr_insns; i++)
		work->at[i] = 0;
	for (u32 i = 0; i < p->image->nr_funcs; i++)
		work->func_at[i] = 0;
	look_at_program(&j);
	for (int pass = 0; pass < 3; pass++) {
		j.o = (struct jit_out){ .code = code,
					.size = pass == 2 ? size : 0,
					.address = address };
		entry(&j);
		for (u32 i = 0; i < p->image->nr_funcs; i++)
			function(&j, i);
		common_code(&j);
		/* which registers are used decides what is saved, and so where everything is */
		if (pass == 2 && (j.o.used != j.used || (size && j.o.at > size)))
			return 0;
		j.used = j.o.used;
	}
	return j.o.at;
}
