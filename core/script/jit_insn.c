// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions that need nothing from outside. Each function takes a group of the
 * effects in TG_INSNS. Process context.
 */
#include "jit_func.h"

static u32 alu_op(u8 op)
{
	switch (op) {
	case TG_OP_ADD:
		return OP_ADD;
	case TG_OP_SUB:
		return OP_SUB;
	case TG_OP_MUL:
		return OP_IMUL;
	case TG_OP_AND:
		return OP_AND;
	case TG_OP_OR:
		return OP_OR;
	default:
		return OP_XOR;
	}
}

static void with(struct jit *j, u32 op, u32 to, u32 reg)
{
	if (j->hw[reg] >= 0)
		asm_rr(&j->o, op, true, to, (u32)j->hw[reg]);
	else
		asm_rm(&j->o, op, true, to, R12, (s32)reg * 8);
}

static void alu(struct jit *j, const struct tg_insn *i)
{
	u32 to = jit_dest(j, i->a, RAX), left = i->b, right = i->c;

	/* The right operand must not be overwritten first. */
	if (j->hw[right] == (s8)to && left != right) {
		if (i->op == TG_OP_SUB) {
			to = RAX;
		} else {
			left = i->c;
			right = i->b;
		}
	}
	jit_load(j, to, left);
	with(j, alu_op(i->op), to, right);
	jit_store(j, i->a, to);
}

static void alu_constant(struct jit *j, const struct tg_insn *i)
{
	static const u8 group[] = { [TG_OP_ADDI] = G_ADD, [TG_OP_ANDI] = G_AND, [TG_OP_ORI] = G_OR,
				    [TG_OP_XORI] = G_XOR };
	u32 to = jit_dest(j, i->a, RAX), from;

	if (i->op == TG_OP_MULI) {
		from = jit_use(j, i->b, RAX);
		asm_rr(&j->o, 0x69, true, to, from);
		asm_u32(&j->o, (u32)i->imm);
	} else if (i->op == TG_OP_RSBI) {
		jit_load(j, RCX, i->b);
		asm_number(&j->o, to, (u64)(s64)i->imm);
		asm_rr(&j->o, OP_SUB, true, to, RCX);
	} else {
		jit_load(j, to, i->b);
		asm_group1(&j->o, group[i->op], to, i->imm);
	}
	jit_store(j, i->a, to);
}

static void shift(struct jit *j, const struct tg_insn *i)
{
	static const u8 group[] = {
		[TG_OP_SHL] = G_SHL,  [TG_OP_SHR] = G_SHR,  [TG_OP_SAR] = G_SAR,
		[TG_OP_SHLI] = G_SHL, [TG_OP_SHRI] = G_SHR, [TG_OP_SARI] = G_SAR
	};
	u32 to, fine;

	if (i->op >= TG_OP_SHLI) {
		to = jit_dest(j, i->a, RAX);
		jit_load(j, to, i->b);
		asm_shift(&j->o, group[i->op], to, (u32)i->imm);
		jit_store(j, i->a, to);
		return;
	}
	jit_load(j, RCX, i->c);
	asm_group1(&j->o, G_CMP, RCX, 63);
	fine = asm_skip(&j->o, CC_BE);
	jit_fail(j, TG_ERR_SHIFT, RCX);
	asm_here(&j->o, fine);
	jit_load(j, RAX, i->b);
	asm_shift_cl(&j->o, group[i->op], RAX);
	jit_store(j, i->a, RAX);
}

static void check_smallest(struct jit *j, u32 bits)
{
	u32 fine;

	asm_number(&j->o, RDX, ~0ull << (bits - 1));
	asm_rr(&j->o, OP_CMP, true, RAX, RDX);
	fine = asm_skip(&j->o, CC_NE);
	jit_fail(j, TG_ERR_OVERFLOW, -1);
	asm_here(&j->o, fine);
}

/* RAX / RCX: the smallest number by -1; of 32 bits: the one of 64, too */
static void check_overflow(struct jit *j, bool is32)
{
	u32 fine;

	asm_group1(&j->o, G_CMP, RCX, -1);
	fine = asm_skip(&j->o, CC_NE);
	if (is32)
		check_smallest(j, 32);
	check_smallest(j, 64);
	asm_here(&j->o, fine);
}

static void divide(struct jit *j, const struct tg_insn *i)
{
	bool constant = i->op >= TG_OP_DIVUI, is32 = i->op == TG_OP_DIVS32 || i->op == TG_OP_MODS32;
	bool is_unsigned = i->op == TG_OP_DIVU || i->op == TG_OP_MODU || i->op == TG_OP_DIVUI ||
			   i->op == TG_OP_MODUI;
	bool rest = i->op == TG_OP_MODU || i->op == TG_OP_MODS || i->op == TG_OP_MODS32 ||
		    i->op == TG_OP_MODUI || i->op == TG_OP_MODSI;
	u32 fine;

	jit_load(j, RAX, i->b);
	if (constant) {
		asm_number(&j->o, RCX, (u64)i->imm);
	} else {
		jit_load(j, RCX, i->c);
		asm_rr(&j->o, OP_TEST, true, RCX, RCX);
		fine = asm_skip(&j->o, CC_NE);
		jit_fail(j, TG_ERR_DIVIDE, -1);
		asm_here(&j->o, fine);
		if (!is_unsigned)
			check_overflow(j, is32);
	}
	if (is_unsigned) {
		asm_number(&j->o, RDX, 0);
	} else {
		asm_byte(&j->o, 0x48);	/* CQO */
		asm_byte(&j->o, 0x99);
	}
	asm_group3(&j->o, is_unsigned ? G_DIV : G_IDIV, RCX);
	jit_store(j, i->a, rest ? RDX : RAX);
}

static void extend(struct jit *j, const struct tg_insn *i)
{
	static const u16 ops[] = {
		[TG_OP_SX8] = OP_MOVSX8, [TG_OP_SX16] = OP_MOVSX16, [TG_OP_SX32] = OP_MOVSXD,
		[TG_OP_ZX8] = OP_MOVZX8, [TG_OP_ZX16] = OP_MOVZX16, [TG_OP_ZX32] = OP_MOV
	};
	u32 from = jit_use(j, i->b, RAX), to = jit_dest(j, i->a, RAX);

	asm_rr(&j->o, ops[i->op], i->op != TG_OP_ZX32, to, from);
	jit_store(j, i->a, to);
}

static void set(struct jit *j, u32 cc, u32 to)
{
	asm_byte(&j->o, 0x0f);
	asm_byte(&j->o, 0x90 | cc);
	asm_byte(&j->o, 0xc0);		/* AL */
	asm_rr(&j->o, OP_MOVZX8, false, RAX, RAX);
	jit_store(j, to, RAX);
}

static void unary(struct jit *j, const struct tg_insn *i)
{
	u32 to;

	if (i->op == TG_OP_BOOL || i->op == TG_OP_LNOT) {
		u32 from = jit_use(j, i->b, RAX);

		asm_rr(&j->o, OP_TEST, true, from, from);
		set(j, i->op == TG_OP_BOOL ? CC_NE : CC_E, i->a);
		return;
	}
	to = jit_dest(j, i->a, RAX);
	jit_load(j, to, i->b);
	if (i->op != TG_OP_MOV)
		asm_group3(&j->o, i->op == TG_OP_NEG ? G_NEG : G_NOT, to);
	jit_store(j, i->a, to);
}

static void compare(struct jit *j, const struct tg_insn *i)
{
	static const u8 cc[] = { [TG_OP_SEQ] = CC_E,  [TG_OP_SNE] = CC_NE, [TG_OP_SLT] = CC_L,
				 [TG_OP_SLE] = CC_LE, [TG_OP_SLTU] = CC_B, [TG_OP_SLEU] = CC_BE };
	u32 left = jit_use(j, i->b, RAX);

	with(j, OP_CMP, left, i->c);
	set(j, cc[i->op], i->a);
}

static void constant(struct jit *j, const struct tg_insn *i)
{
	u32 to = jit_dest(j, i->a, RAX);

	if (i->op == TG_OP_LI) {
		asm_number(&j->o, to, (u64)(s64)i->imm);
	} else {
		jit_load(j, RAX, i->a);
		asm_rr(&j->o, OP_MOV, false, RAX, RAX);
		asm_number(&j->o, RCX, (u64)(u32)i->imm << 32);
		asm_rr(&j->o, OP_OR, true, RAX, RCX);
		to = RAX;
	}
	jit_store(j, i->a, to);
}

/* ---- jumps ------------------------------------------------------------------------ */

static void guest_register(struct jit *j, u32 to, u32 reg)
{
	asm_rm(&j->o, OP_MOV, true, to, j->base, RUN_AT(gpr));
	asm_rm(&j->o, OP_MOV, true, to, to, (s32)reg * 8);
}

/* The flags, and which of them means that it jumps. */
static u32 condition(struct jit *j, const struct tg_insn *i)
{
	static const u8 cc[] = {
		[TG_OP_JZ] = CC_E,     [TG_OP_JNZ] = CC_NE,  [TG_OP_JEQ] = CC_E,
		[TG_OP_JNE] = CC_NE,   [TG_OP_JLT] = CC_L,   [TG_OP_JLE] = CC_LE,
		[TG_OP_JLTU] = CC_B,   [TG_OP_JLEU] = CC_BE, [TG_OP_JEQI] = CC_E,
		[TG_OP_JNEI] = CC_NE,  [TG_OP_JLTI] = CC_L,  [TG_OP_JLEI] = CC_LE,
		[TG_OP_JGTI] = CC_G,   [TG_OP_JGEI] = CC_GE, [TG_OP_JLTUI] = CC_B,
		[TG_OP_JLEUI] = CC_BE, [TG_OP_JGTUI] = CC_A, [TG_OP_JGEUI] = CC_AE,
		[TG_OP_JEQR] = CC_E,   [TG_OP_JNER] = CC_NE,
	};
	u32 left;

	if (i->op == TG_OP_JEQR || i->op == TG_OP_JNER) {
		asm_rm(&j->o, OP_MOV, true, RAX, j->base, RUN_AT(gpr));
		asm_group1_rm(&j->o, G_CMP, RAX, i->a * 8, i->imm);
		return cc[i->op];
	}
	left = jit_use(j, i->a, RAX);
	if (i->op == TG_OP_JZ || i->op == TG_OP_JNZ)
		asm_rr(&j->o, OP_TEST, true, left, left);
	else if (i->op <= TG_OP_JLEU)
		with(j, OP_CMP, left, i->b);
	else
		asm_group1(&j->o, G_CMP, left, i->imm);
	return cc[i->op];
}

/* Back: the fuel decides at once whether it goes on. */
static void jump_back(struct jit *j, s32 distance, u32 to)
{
	asm_group1(&j->o, G_SUB, R15, -distance);
	asm_jcc(&j->o, CC_NS, to);
	asm_number(&j->o, RCX, j->at);
	asm_call(&j->o, j->pay);
	asm_jump(&j->o, to);
}

static void jump(struct jit *j, const struct tg_insn *i)
{
	s32 distance = i->op <= TG_OP_JLEU ? i->imm : TG_INSN_BC(i);
	u32 to = j->w->at[(s32)j->at + 1 + distance], cc, skip;

	if (i->op == TG_OP_JMP) {
		if (distance < 0)
			jump_back(j, distance, to);
		else
			asm_jump(&j->o, to);
		return;
	}
	cc = condition(j, i);
	if (distance >= 0) {
		asm_jcc(&j->o, cc, to);
		return;
	}
	skip = asm_skip(&j->o, cc ^ 1);
	jump_back(j, distance, to);
	asm_here(&j->o, skip);
}

static void check(struct jit *j, const struct tg_insn *i)
{
	u32 reg = jit_use(j, i->a, RAX), fine;

	asm_group1(&j->o, G_CMP, reg, i->imm);
	fine = asm_skip(&j->o, CC_B);
	jit_fail(j, i->b, (int)reg);
	asm_here(&j->o, fine);
}

static void guest(struct jit *j, const struct tg_insn *i)
{
	u32 reg;

	if (i->op == TG_OP_LDR) {
		guest_register(j, RAX, i->b);
		jit_store(j, i->a, RAX);
		return;
	}
	reg = jit_use(j, i->a, RAX);
	asm_rm(&j->o, OP_MOV, true, RCX, j->base, RUN_AT(gpr));
	asm_rm(&j->o, OP_STORE, true, reg, RCX, i->b * 8);
}

static void global(struct jit *j, const struct tg_insn *i)
{
	u32 reg;

	asm_rm(&j->o, OP_MOV, true, RCX, j->base, SEG_AT(TG_SEG_GLOBALS, base));
	switch (i->op) {
	case TG_OP_LDG:
		reg = jit_dest(j, i->a, RAX);
		asm_rm(&j->o, OP_MOV, true, reg, RCX, i->imm);
		jit_store(j, i->a, reg);
		break;
	case TG_OP_STG:
		reg = jit_use(j, i->a, RAX);
		asm_rm(&j->o, OP_STORE, true, reg, RCX, i->imm);
		break;
	default:
		asm_group1_rm(&j->o, G_ADD, RCX, i->imm, TG_INSN_BC(i));
	}
}

static void address(struct jit *j, const struct tg_insn *i)
{
	if (i->op == TG_OP_LEAF) {
		asm_rm(&j->o, OP_MOV, true, RAX, j->base, SEG_AT(TG_SEG_FRAME, size));
		asm_group1(&j->o, G_SUB, RAX, i->imm);
		asm_number(&j->o, RCX, TG_ADDR(TG_SEG_FRAME, 0));
		asm_rr(&j->o, OP_OR, true, RAX, RCX);
	} else {
		asm_number(&j->o, RAX,
			   TG_ADDR(i->op == TG_OP_LEAG ? TG_SEG_GLOBALS : TG_SEG_CONSTS, i->imm));
	}
	jit_store(j, i->a, RAX);
}

typedef void (*jit_fn)(struct jit *j, const struct tg_insn *i);

static const jit_fn translators[] = {
	[TG_OP_MOV] = unary, [TG_OP_LI] = constant, [TG_OP_LIH] = constant,
	[TG_OP_ADD ... TG_OP_XOR] = alu, [TG_OP_SHL ... TG_OP_SAR] = shift,
	[TG_OP_DIVU ... TG_OP_MODS32] = divide, [TG_OP_ADDI ... TG_OP_XORI] = alu_constant,
	[TG_OP_SHLI ... TG_OP_SARI] = shift, [TG_OP_DIVUI ... TG_OP_MODSI] = divide,
	[TG_OP_NEG ... TG_OP_NOT] = unary, [TG_OP_SX8 ... TG_OP_ZX32] = extend,
	[TG_OP_BOOL ... TG_OP_LNOT] = unary, [TG_OP_SEQ ... TG_OP_SLEU] = compare,
	[TG_OP_JMP ... TG_OP_JNER] = jump, [TG_OP_LDR ... TG_OP_STR] = guest,
	[TG_OP_LDX ... TG_OP_STQ] = jit_outside, [TG_OP_LDG ... TG_OP_INCG] = global,
	[TG_OP_LEAF ... TG_OP_LEAC] = address, [TG_OP_CHK] = check,
	[TG_OP_CALL ... TG_OP_EXITV] = jit_outside,
};
_Static_assert(TG_ARRAY_SIZE(translators) == TG_NR_OPS, "a translator for each instruction");

void jit_insn(struct jit *j, const struct tg_insn *insn)
{
	translators[insn->op](j, insn);
}
