/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TG_SCRIPT_INSN_LEN_H
#define TG_SCRIPT_INSN_LEN_H

#include "../types.h"

#define TG_INSN_MAX	15u

/*
 * Bytes of the instruction at the start of code[0..size), in 64- or 32-bit mode; 0
 * when there is none, or its end is behind size. Opcodes that are not defined get
 * the length their map gives them. Any context.
 */
u32 tg_insn_length(const u8 *code, u32 size, bool is64);

#endif
