/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proves that an image may run in root mode; nothing in user space is trusted.
 * What it proves: every opcode, operand and jump is valid; no register is read
 * that was not written; helpers get what they take; without recursion, calls
 * stay within the stacks (with it, CALL checks while it runs). What remains for
 * the run: fuel, division, shifts, indices, memory.
 */
#ifndef TG_SCRIPT_VERIFY_H
#define TG_SCRIPT_VERIFY_H

#include "run.h"

/* X(NAME, sentence) */
#define TG_REJECTS(X) \
X(NONE,		"accepted") \
X(SIZE,		"the image's size is not what its header says") \
X(MAGIC,	"this is no script image") \
X(HEADER,	"a reserved member of the header is not 0") \
X(COUNT,	"a count in the header is out of range") \
X(NAMES,	"the names do not end with NUL, or are fewer than the files") \
X(CONSTS,	"the constants do not end with NUL") \
X(FUNC_RANGE,	"a function's instructions do not follow those of the one before") \
X(FUNC,		"a member of a function is out of range") \
X(MAIN,		"function 0 has parameters or a result") \
X(GLOBAL,	"a global variable is out of range") \
X(LINE,		"the line table is not sorted or out of range") \
X(OPCODE,	"unknown opcode") \
X(UNUSED,	"an unused operand is not 0") \
X(REGISTER,	"a register outside of the function's window") \
X(GUEST,	"no such guest register") \
X(READ_ONLY,	"a value that cannot be written") \
X(CONSTANT,	"a constant is out of range") \
X(JUMP,		"a jump leaves the function") \
X(FALL,		"the last instruction of a function does not end it") \
X(UNSET,	"a register is read that may not have been written") \
X(UNSET_LOOP,	"a loop begins with registers that its jump back may lack") \
X(VARIABLE,	"no such global variable") \
X(FRAME,	"an address outside of the function's memory") \
X(CONST,	"an offset outside of the constants") \
X(FORMAT,	"a malformed format") \
X(FORMAT_ARGS,	"a format does not take as many values as it is given") \
X(CALLEE,	"a call of a function that does not exist, or of the script itself") \
X(HELPER,	"no such helper") \
X(WINDOW,	"arguments reach beyond the function's registers") \
X(RETURN,	"a return that does not fit the function") \
X(DEPTH,	"calls are nested too deep") \
X(STACK,	"calls need too many registers") \
X(MEMORY,	"calls need too much memory")

enum tg_reject {
#define TG_REJECT_ENUM(name, text) TG_REJECT_##name,
	TG_REJECTS(TG_REJECT_ENUM)
#undef TG_REJECT_ENUM
	TG_NR_REJECTS
};

/* The registers of a window that hold something. */
struct tg_regset {
	u64 bit[TG_SCRIPT_REGS_MAX / 64];
};

/* Room to work in; any content. */
struct tg_verify_work {
	struct tg_regset state[TG_SCRIPT_INSNS_MAX];
	u8 mark[TG_SCRIPT_INSNS_MAX];
	u32 depth[TG_SCRIPT_FUNCS_MAX];
	u32 regs[TG_SCRIPT_FUNCS_MAX];
	u32 mem[TG_SCRIPT_FUNCS_MAX];
	u8 colour[TG_SCRIPT_FUNCS_MAX];
	struct {
		u32 func, at;
	} path[TG_SCRIPT_FUNCS_MAX];
};

/*
 * Verifies image[0..size), aligned to 8 bytes, which must not change any more, and
 * takes it apart into *program. Returns enum tg_reject; *insn: the instruction that
 * it is about, if it is about one. Process context; may take some milliseconds.
 */
enum tg_reject tg_script_verify(void *image, u32 size, struct tg_program *program,
				struct tg_verify_work *work, u32 *insn);

/* The sentence of a reject; of a run error, with its %llx. */
const char *tg_script_reject_text(enum tg_reject reject);
const char *tg_script_error_text(enum tg_run_error error);

#endif
