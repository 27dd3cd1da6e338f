// SPDX-License-Identifier: GPL-2.0
/* The encoder. Process context; no state but *o. */
#include "jit_asm.h"

void asm_byte(struct jit_out *o, u32 byte)
{
	if (o->at < o->size)
		o->code[o->at] = (u8)byte;
	o->at++;
}

void asm_u32(struct jit_out *o, u32 value)
{
	for (int i = 0; i < 4; i++, value >>= 8)
		asm_byte(o, value & 0xff);
}

void asm_u64(struct jit_out *o, u64 value)
{
	asm_u32(o, (u32)value);
	asm_u32(o, (u32)(value >> 32));
}

/* Whether ModRM's reg field is part of the opcode, and no register. */
static bool is_group(u32 op)
{
	return op == 0x81 || op == 0x83 || op == 0xc1 || op == 0xc7 || op == 0xd3 || op == 0xf7;
}

/* REX and opcode; a byte register needs a REX to be SIL, DIL... */
static void opcode(struct jit_out *o, u32 op, bool wide, u32 reg, u32 rm)
{
	o->used |= (is_group(op) ? 0 : 1u << reg) | 1u << rm;
	asm_byte(o, 0x40 | (wide ? 8 : 0) | (reg >> 3) << 2 | rm >> 3);
	if (op > 0xff)
		asm_byte(o, op >> 8);
	asm_byte(o, op & 0xff);
}

void asm_rr(struct jit_out *o, u32 op, bool wide, u32 reg, u32 rm)
{
	opcode(o, op, wide, reg, rm);
	asm_byte(o, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void asm_rm(struct jit_out *o, u32 op, bool wide, u32 reg, u32 base, s32 disp)
{
	bool is_short = disp == (s8)disp;

	opcode(o, op, wide, reg, base);
	asm_byte(o, (is_short ? 0x40 : 0x80) | (reg & 7) << 3 | (base & 7));
	if ((base & 7) == RSP)
		asm_byte(o, 0x24);
	if (is_short)
		asm_byte(o, (u8)disp);
	else
		asm_u32(o, (u32)disp);
}

void asm_group1(struct jit_out *o, u32 n, u32 reg, s32 imm)
{
	bool is_short = imm == (s8)imm;

	asm_rr(o, is_short ? 0x83 : 0x81, true, n, reg);
	if (is_short)
		asm_byte(o, (u8)imm);
	else
		asm_u32(o, (u32)imm);
}

void asm_group1_rm(struct jit_out *o, u32 n, u32 base, s32 disp, s32 imm)
{
	bool is_short = imm == (s8)imm;

	asm_rm(o, is_short ? 0x83 : 0x81, true, n, base, disp);
	if (is_short)
		asm_byte(o, (u8)imm);
	else
		asm_u32(o, (u32)imm);
}

void asm_shift(struct jit_out *o, u32 n, u32 reg, u32 count)
{
	asm_rr(o, 0xc1, true, n, reg);
	asm_byte(o, count);
}

void asm_shift_cl(struct jit_out *o, u32 n, u32 reg)
{
	asm_rr(o, 0xd3, true, n, reg);
}

void asm_group3(struct jit_out *o, u32 n, u32 reg)
{
	asm_rr(o, 0xf7, true, n, reg);
}

void asm_number(struct jit_out *o, u32 reg, u64 value)
{
	if (!value) {
		asm_rr(o, OP_XOR, false, reg, reg);
	} else if ((u64)(s64)(s32)value == value) {
		asm_rr(o, 0xc7, true, 0, reg);
		asm_u32(o, (u32)value);
	} else {
		o->used |= 1u << reg;
		asm_byte(o, 0x48 | reg >> 3);
		asm_byte(o, 0xb8 | (reg & 7));
		asm_u64(o, value);
	}
}

void asm_jump(struct jit_out *o, u32 to)
{
	asm_byte(o, 0xe9);
	asm_u32(o, to - (o->at + 4));
}

void asm_jcc(struct jit_out *o, u32 cc, u32 to)
{
	asm_byte(o, 0x0f);
	asm_byte(o, 0x80 | cc);
	asm_u32(o, to - (o->at + 4));
}

void asm_call(struct jit_out *o, u32 to)
{
	asm_byte(o, 0xe8);
	asm_u32(o, to - (o->at + 4));
}

u32 asm_skip(struct jit_out *o, u32 cc)
{
	asm_byte(o, 0x70 | cc);
	asm_byte(o, 0);
	return o->at;
}

void asm_here(struct jit_out *o, u32 skip)
{
	if (skip - 1 < o->size)
		o->code[skip - 1] = (u8)(o->at - skip);
}

u32 asm_skip_far(struct jit_out *o)
{
	asm_byte(o, 0xe9);
	asm_u32(o, 0);
	return o->at;
}

void asm_here_far(struct jit_out *o, u32 skip)
{
	for (u32 i = 0; i < 4; i++)
		if (skip - 4 + i < o->size)
			o->code[skip - 4 + i] = (u8)((o->at - skip) >> (8 * i));
}

void asm_call_c(struct jit_out *o, const void *function)
{
	u64 target = (u64)function;
	s64 distance = (s64)(target - (o->address + o->at + 5));

	/* The same length for both, so that measuring needs no place. */
	if (distance == (s32)distance) {
		asm_byte(o, 0xe8);
		asm_u32(o, (u32)distance);
		asm_byte(o, 0x0f);	/* 7 bytes of NOP */
		asm_byte(o, 0x1f);
		asm_byte(o, 0x80);
		asm_u32(o, 0);
		return;
	}
	asm_byte(o, 0x48);
	asm_byte(o, 0xb8);
	asm_u64(o, target);
	asm_byte(o, 0xff);
	asm_byte(o, 0xd0);
}
