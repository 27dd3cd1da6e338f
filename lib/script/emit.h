/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the emitter share. */
#ifndef TG_SCRIPT_EMIT_H
#define TG_SCRIPT_EMIT_H

#include "compile.h"

#define ANY		(-1)		/* the value may be in any register */
#define VAR_REGS	180		/* variables of a function in registers */
#define TEMP_REGS	250		/* and with temporaries */

/* A place to jump to; jumps forward wait in a list through their imm. */
struct label {
	int at;				/* -1: not known yet */
	int waiting;			/* last insn that jumps here, -1: none */
};

#define LABEL	((struct label){ -1, -1 })

struct loop {
	struct label *out, *again;
	struct loop *outer;
};

struct emit {
	struct compiler *c;
	struct tg_insn *insns;
	u32 nr, room;
	struct tg_line *lines;
	u32 nr_lines, lines_room;
	u32 line;			/* of what is emitted */
	struct loop *loop;

	struct func *func;
	u32 start;			/* of the function */
	int top, most;			/* registers in use; the most ever */
	u32 mem;
};

/* Where an lvalue is. */
enum place_kind { P_VAR, P_GLOBAL, P_MEMORY, P_GUEST, P_GUEST_MEMORY };

struct place {
	enum place_kind kind;
	int reg;			/* variable, base, or guest's register */
	s32 offset;			/* of the global variable, from the base */
	const struct reg_name *name;
};

/* emit.c */
u32 emit_insn(struct emit *m, enum tg_op op, int a, int b, int c, s32 imm);
void emit_jump(struct emit *m, u32 insn, struct label *to);
void emit_label(struct emit *m, struct label *l);
void emit_pos(struct emit *m, struct pos pos);
int emit_temp(struct emit *m);
/* want, or a temporary register */
int emit_dest(struct emit *m, int want);
void emit_number(struct emit *m, int reg, u64 value);
bool fits32(u64 value);

/* emit_expr.c: returns the register, which is want unless that is ANY. */
int emit_expr(struct emit *m, struct expr *e, int want);
int emit_call(struct emit *m, struct expr *e, int want);
int emit_helper(struct emit *m, enum tg_helper helper, const int *args, int nr, int want);

/* emit_cast.c */
int emit_cast(struct emit *m, struct expr *e, int want);
int emit_float_binary(struct emit *m, struct expr *e, int want);
/* 1 or 0 in a register; *negate: it is the opposite */
int emit_float_compare(struct emit *m, struct expr *e, bool *negate, int want);

/* emit_cond.c: jumps to the label if e's truth is sense, else goes on. */
void emit_cond(struct emit *m, struct expr *e, bool sense, struct label *to);

/* emit_place.c */
void emit_place(struct emit *m, struct expr *e, struct place *p);
int emit_load(struct emit *m, const struct place *p, const struct type *t, int want);
void emit_store(struct emit *m, const struct place *p, const struct type *t, int from);
int emit_address(struct emit *m, struct expr *e, int want);
/* The memory at an address: base and offset. */
void emit_pointer(struct emit *m, struct expr *address, struct place *p);
void emit_copy(struct emit *m, int to, int from, u32 size);

/* emit_stmt.c */
void emit_stmt(struct emit *m, struct stmt *s);

#endif
