// SPDX-License-Identifier: GPL-2.0
/* Instructions that call: memory, registers behind guest.h, functions, helpers. */
#include "jit_func.h"

static const struct {
	u8 bytes;
	bool wide;
	u16 op;
} accesses[] = {
	[TG_OP_LDB] = { 1, false, OP_MOVZX8 }, [TG_OP_LDH] = { 2, false, OP_MOVZX16 },
	[TG_OP_LDW] = { 4, false, OP_MOV },    [TG_OP_LDQ] = { 8, true, OP_MOV },
	[TG_OP_LDQR] = { 8, true, OP_MOV },    [TG_OP_STB] = { .bytes = 1 },
	[TG_OP_STH] = { .bytes = 2 },	       [TG_OP_STW] = { .bytes = 4 },
	[TG_OP_STQ] = { .bytes = 8 },
};

/* The address, in RAX. */
static void address(struct jit *j, const struct tg_insn *i)
{
	if (i->op == TG_OP_LDQR) {
		asm_rm(&j->o, OP_MOV, true, RAX, j->base, RUN_AT(gpr));
		asm_rm(&j->o, OP_MOV, true, RAX, RAX, i->b * 8);
	} else {
		jit_load(j, RAX, i->b);
	}
	if (i->imm)
		asm_group1(&j->o, G_ADD, RAX, i->imm);
}

/*
 * As tg_mem_load(): at once, where it is in the page read last. RAX, RCX and RDX are for
 * the fault handler (tg_run_fault()).
 */
static void load(struct jit *j, const struct tg_insn *i)
{
	u32 to = jit_dest(j, i->a, RAX), far, done;

	address(j, i);
	asm_rr(&j->o, OP_MOV, true, RCX, RAX);
	asm_rm(&j->o, OP_SUB, true, RCX, j->base, RUN_AT(page));
	asm_rm(&j->o, OP_CMP, true, RCX, j->base, RUN_AT(page_room));
	far = asm_skip(&j->o, CC_AE);
	asm_rm(&j->o, OP_ADD, true, RCX, j->base, RUN_AT(page_at));
	asm_number(&j->o, RDX, j->at);
	asm_rm(&j->o, accesses[i->op].op, accesses[i->op].wide, to, RCX, 0);
	done = asm_skip_far(&j->o);

	asm_here(&j->o, far);
	jit_before_call(j);
	asm_rm(&j->o, OP_LEA, true, RCX, j->base, RUN_AT(scratch));
	if (j->base != RDI)
		asm_rr(&j->o, OP_MOV, true, RDI, j->base);
	asm_rr(&j->o, OP_MOV, true, RSI, RAX);
	asm_number(&j->o, RDX, accesses[i->op].bytes);
	asm_call_c(&j->o, (const void *)tg_mem_load);
	jit_after_call(j);
	jit_fail_rax(j);
	asm_rm(&j->o, OP_MOV, true, to, j->base, RUN_AT(scratch));
	asm_here_far(&j->o, done);
	jit_store(j, i->a, to);
}

static void store(struct jit *j, const struct tg_insn *i)
{
	address(j, i);
	jit_load(j, RCX, i->a);
	jit_flush(j, false);
	asm_rr(&j->o, OP_MOV, true, RSI, RAX);
	asm_rr(&j->o, OP_MOV, true, RDI, RBX);
	asm_number(&j->o, RDX, accesses[i->op].bytes);
	asm_call_c(&j->o, (const void *)tg_mem_store);
	jit_fail_rax(j);
	jit_reload(j, false);
}

static void special(struct jit *j, const struct tg_insn *i)
{
	bool store = i->op == TG_OP_STX;

	if (store)
		jit_load(j, RDX, i->a);
	jit_flush(j, false);
	asm_rr(&j->o, OP_MOV, true, RDI, RBX);
	asm_number(&j->o, RSI, (u64)i->imm);
	if (!store)
		asm_rm(&j->o, OP_LEA, true, RDX, RBX, RUN_AT(scratch));
	asm_call_c(&j->o, store ? (const void *)tg_run_set : (const void *)tg_run_get);
	jit_fail_rax(j);
	jit_reload(j, false);
	if (!store) {
		asm_rm(&j->o, OP_MOV, true, RAX, RBX, RUN_AT(scratch));
		jit_store(j, i->a, RAX);
	}
}

static void stack_error(struct jit *j, u32 cc)
{
	u32 fine = asm_skip(&j->o, cc);

	jit_fail(j, TG_ERR_STACK, -1);
	asm_here(&j->o, fine);
}

/* The same checks in the same order as the interpreter's CALL. */
static void call_checks(struct jit *j, const struct tg_insn *i, const struct tg_func *f)
{
	asm_rm(&j->o, OP_LEA, true, RAX, R12, (s32)(i->a + 1u + f->regs) * 8);
	asm_rm(&j->o, OP_MOV, true, RCX, RBX, RUN_AT(stack));
	asm_rm(&j->o, OP_LEA, true, RCX, RCX, (s32)TG_SCRIPT_STACK * 8);
	asm_rr(&j->o, OP_CMP, true, RAX, RCX);
	stack_error(j, CC_BE);
	asm_rm(&j->o, OP_MOV, false, RAX, RBX, RUN_AT(depth));
	asm_rr(&j->o, OP_TEST, false, RAX, RAX);
	stack_error(j, CC_NE);
	if (f->mem) {
		asm_rm(&j->o, OP_MOV, true, RAX, RBX, SEG_AT(TG_SEG_FRAME, size));
		asm_group1(&j->o, G_ADD, RAX, (s32)f->mem);
		asm_group1(&j->o, G_CMP, RAX, (s32)TG_SCRIPT_MEM_MAX);
		stack_error(j, CC_BE);
	}
	jit_pay(j, f->count + f->mem / 8);
}

static void call(struct jit *j, const struct tg_insn *i)
{
	const struct tg_func *f = &j->p->funcs[i->imm];
	s32 move = (i->a + 1) * 8;

	jit_flush(j, true);
	call_checks(j, i, f);
	asm_rm(&j->o, 0x83, false, G_SUB, RBX, RUN_AT(depth));
	asm_byte(&j->o, 1);
	if (f->mem) {
		asm_rm(&j->o, OP_MOV, true, RDI, RBX, SEG_AT(TG_SEG_FRAME, base));
		asm_rm(&j->o, OP_ADD, true, RDI, RBX, SEG_AT(TG_SEG_FRAME, size));
		asm_number(&j->o, RSI, f->mem);
		asm_call_c(&j->o, (const void *)tg_mem_zero);
		asm_rm(&j->o, 0x81, true, G_ADD, RBX, SEG_AT(TG_SEG_FRAME, size));
		asm_u32(&j->o, f->mem);
	}
	asm_group1(&j->o, G_ADD, R12, move);
	asm_group1(&j->o, G_SUB, RSP, 8);
	asm_call(&j->o, j->w->func_at[i->imm]);
	asm_group1(&j->o, G_ADD, RSP, 8);
	asm_group1(&j->o, G_SUB, R12, move);
	jit_reload(j, true);
}

/* The result goes to where the interpreter keeps the link. */
static void ret(struct jit *j, const struct tg_insn *i)
{
	u32 reg;

	if (j->f->flags & TG_FUNC_RESULT) {
		reg = jit_use(j, 0, RAX);
		asm_rm(&j->o, OP_STORE, true, reg, R12, -8);
	}
	if (i->imm) {
		asm_rm(&j->o, 0x81, true, G_SUB, RBX, SEG_AT(TG_SEG_FRAME, size));
		asm_u32(&j->o, (u32)i->imm);
	}
	asm_rm(&j->o, 0x83, false, G_ADD, RBX, RUN_AT(depth));
	asm_byte(&j->o, 1);
	asm_byte(&j->o, 0xc3);
}

static void helper(struct jit *j, const struct tg_insn *i)
{
	jit_flush(j, true);
	asm_rm(&j->o, OP_STORE, true, R15, RBX, RUN_AT(slice));
	asm_rr(&j->o, OP_MOV, true, RDI, RBX);
	if (i->op == TG_OP_HELPER) {
		asm_number(&j->o, RSI, (u64)i->imm);
		asm_rm(&j->o, OP_LEA, true, RDX, R12, i->a * 8);
		asm_call_c(&j->o, (const void *)tg_helper_call);
	} else {
		asm_number(&j->o, RSI, (u64)(j->p->consts + i->imm));
		asm_rm(&j->o, OP_LEA, true, RDX, R12, i->a * 8);
		asm_number(&j->o, RCX, i->c);
		asm_call_c(&j->o, (const void *)tg_print_format);
	}
	asm_rm(&j->o, OP_MOV, true, R15, RBX, RUN_AT(slice));
	jit_fail_rax(j);
	jit_reload(j, true);
}

static void leave(struct jit *j, const struct tg_insn *i)
{
	if (i->op == TG_OP_EXITV) {
		u32 reg = jit_use(j, i->a, RAX);

		asm_rm(&j->o, OP_STORE, true, reg, j->base, RUN_AT(value));
	}
	jit_leave(j);
}

void jit_outside(struct jit *j, const struct tg_insn *insn)
{
	switch (insn->op) {
	case TG_OP_CALL:
		call(j, insn);
		break;
	case TG_OP_RET:
		ret(j, insn);
		break;
	case TG_OP_HELPER:
	case TG_OP_PRINTF:
		helper(j, insn);
		break;
	case TG_OP_EXIT:
	case TG_OP_EXITV:
		leave(j, insn);
		break;
	case TG_OP_LDX:
	case TG_OP_STX:
		special(j, insn);
		break;
	case TG_OP_STB:
	case TG_OP_STH:
	case TG_OP_STW:
	case TG_OP_STQ:
		store(j, insn);
		break;
	default:
		load(j, insn);
	}
}
