/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Encodes what the translator needs of x86-64 (SDM 2A "Instruction Format"). Nothing
 * is written behind the room; the offset goes on, so that the size is known.
 */
#ifndef TG_SCRIPT_JIT_ASM_H
#define TG_SCRIPT_JIT_ASM_H

#include "jit.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

/* Condition codes of Jcc and SETcc. */
enum { CC_B = 2, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_L = 12, CC_GE, CC_LE, CC_G };

/* Opcodes with ModRM, register first: mov r, rm ... */
enum { OP_ADD = 0x03, OP_OR = 0x0b, OP_AND = 0x23, OP_SUB = 0x2b, OP_XOR = 0x33, OP_CMP = 0x3b,
       OP_MOV = 0x8b, OP_STORE = 0x89, OP_LEA = 0x8d, OP_TEST = 0x85, OP_MOVSXD = 0x63,
       OP_IMUL = 0x0faf, OP_MOVZX8 = 0x0fb6, OP_MOVZX16 = 0x0fb7, OP_MOVSX8 = 0x0fbe,
       OP_MOVSX16 = 0x0fbf };

/* The /n of groups 1 (81), 2 (C1, D3) and 3 (F7). */
enum { G_ADD = 0, G_OR = 1, G_AND = 4, G_SUB = 5, G_XOR = 6, G_CMP = 7 };
enum { G_SHL = 4, G_SHR = 5, G_SAR = 7 };
enum { G_NOT = 2, G_NEG = 3, G_DIV = 6, G_IDIV = 7 };

struct jit_out {
	u32 used;			/* registers in operands, a bit each */
	u8 *code;
	u32 at, size;
	u64 address;
};

void asm_byte(struct jit_out *o, u32 byte);
void asm_u32(struct jit_out *o, u32 value);
void asm_u64(struct jit_out *o, u64 value);
/* 64-bit operation between registers; wide false: 32-bit. */
void asm_rr(struct jit_out *o, u32 op, bool wide, u32 reg, u32 rm);
/* and with memory at base + disp */
void asm_rm(struct jit_out *o, u32 op, bool wide, u32 reg, u32 base, s32 disp);
void asm_group1(struct jit_out *o, u32 n, u32 reg, s32 imm);
void asm_group1_rm(struct jit_out *o, u32 n, u32 base, s32 disp, s32 imm);
void asm_shift(struct jit_out *o, u32 n, u32 reg, u32 count);
void asm_shift_cl(struct jit_out *o, u32 n, u32 reg);
void asm_group3(struct jit_out *o, u32 n, u32 reg);
void asm_number(struct jit_out *o, u32 reg, u64 value);
/* To an offset in the code. */
void asm_jump(struct jit_out *o, u32 to);
void asm_jcc(struct jit_out *o, u32 cc, u32 to);
void asm_call(struct jit_out *o, u32 to);
/* A short jump forward: returns where asm_here() puts its distance. */
u32 asm_skip(struct jit_out *o, u32 cc);
void asm_here(struct jit_out *o, u32 skip);
/* The same with any distance, always taken. */
u32 asm_skip_far(struct jit_out *o);
void asm_here_far(struct jit_out *o, u32 skip);
/* A function of ours. Uses RAX when it is far. */
void asm_call_c(struct jit_out *o, const void *function);

#endif
