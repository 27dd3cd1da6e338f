/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compiled scripts: the image that user space makes and the kernel verifies,
 * and its instructions, each defined once in TG_INSNS.
 *
 * The machine: 64-bit registers in windows. A function sees its window, at most
 * 256 registers; operands name them by number. Byte-addressed memory of the
 * frame, zeroed at entry, holds arrays, structures and variables whose address
 * is taken. Every instruction has 8 bytes. Integers narrower than 64 bits are
 * kept sign- or zero-extended; double is its bit pattern, float its 32 bits.
 *
 * Addresses whose top byte is TG_ADDR_TAG name the script's own storage
 * (TG_SEGMENTS); no guest address looks like that, since it is not canonical,
 * with 5-level paging neither. All others are guest-virtual.
 *
 * Fuel: a backward jump costs the instructions it jumps over and a call those of
 * the function called, so that no instruction is executed unpaid but the main
 * program's, once. Helpers that work on ranges pay for each 8 bytes.
 */
#ifndef TRAPGATE_BYTECODE_H
#define TRAPGATE_BYTECODE_H

#include <linux/types.h>

#define TG_IMAGE_MAGIC		0x31534754u	/* "TGS1" */
#define TG_SCRIPT_INSNS_MAX	32767u		/* any jump fits 16 bits */
#define TG_SCRIPT_FUNCS_MAX	256u
#define TG_SCRIPT_REGS_MAX	256u		/* of one function */
#define TG_SCRIPT_MEM_MAX	16384u		/* frame memory of all active functions */
#define TG_SCRIPT_CONST_MAX	65536u
#define TG_SCRIPT_GLOBALS_MAX	4096u		/* bytes of global variables of all scripts */
#define TG_SCRIPT_IMAGE_MAX	(1u << 20)
#define TG_SCRIPT_STACK		4096u		/* registers of all active functions */
#define TG_SCRIPT_DEPTH		256u		/* active functions */
#define TG_SCRIPT_ARGS_MAX	16u		/* of a function, of printf */

struct tg_insn {
	__u8 op;			/* TG_OP_* */
	__u8 a, b, c;			/* b, c also: s16 at b */
	__s32 imm;
};

/* The field b and c as one signed number. */
#define TG_INSN_BC(insn) ((__s16)((insn)->b | (insn)->c << 8))

/*
 * Operands of a (first column), b, c and imm:
 *   D S M	register: written, read, both
 *   G		a guest's general register, 0 rax ... 15 r15
 *   W		first register of a window; what is in it and above is lost
 *   N		how many values in the window
 *   E		kind of error, TG_ERR_*
 *   K		with c: signed 16-bit constant
 *   J		jump, relative to the next instruction; in b with c: 16 bits
 *   I		any constant		P	a constant of 1 or more
 *   H		shift count 0..63
 *   R Y	a register or value of enum tg_reg; Y: that can be written
 *   V		offset of a global variable, 8-aligned
 *   F C	offset in the frame's memory; in the constants
 *   T		offset of a printf format in the constants
 *   U L	a function's number; a helper's, TG_HELPER_*
 *   Q		bytes of frame memory of this function
 *   -		must be 0
 *
 * The effect is C for the interpreter: A, B, C are the registers, imm, bc and
 * the fields of the instruction as they are; the words in capitals are of
 * core/script/interp.c. Arithmetic wraps at 64 bits.
 *
 * X(NAME, a, b, c, imm, effect)
 */
#define TG_INSNS(X) \
X(MOV,		D, S, -, -, A = B) \
X(LI,		D, -, -, I, A = (u64)(s64)imm) \
X(LIH,		M, -, -, I, A = (u32)A | (u64)(u32)imm << 32) \
X(ADD,		D, S, S, -, A = B + C) \
X(SUB,		D, S, S, -, A = B - C) \
X(MUL,		D, S, S, -, A = B * C) \
X(AND,		D, S, S, -, A = B & C) \
X(OR,		D, S, S, -, A = B | C) \
X(XOR,		D, S, S, -, A = B ^ C) \
X(SHL,		D, S, S, -, CHECK(C < 64, SHIFT, C); A = B << C) \
X(SHR,		D, S, S, -, CHECK(C < 64, SHIFT, C); A = B >> C) \
X(SAR,		D, S, S, -, CHECK(C < 64, SHIFT, C); A = (u64)((s64)B >> C)) \
X(DIVU,		D, S, S, -, CHECK(C, DIVIDE, 0); A = B / C) \
X(MODU,		D, S, S, -, CHECK(C, DIVIDE, 0); A = B % C) \
X(DIVS,		D, S, S, -, DIVIDE(64); A = (u64)((s64)B / (s64)C)) \
X(MODS,		D, S, S, -, DIVIDE(64); A = (u64)((s64)B % (s64)C)) \
X(DIVS32,	D, S, S, -, DIVIDE(32); A = (u64)((s64)B / (s64)C)) \
X(MODS32,	D, S, S, -, DIVIDE(32); A = (u64)((s64)B % (s64)C)) \
X(ADDI,		D, S, -, I, A = B + (u64)(s64)imm) \
X(RSBI,		D, S, -, I, A = (u64)(s64)imm - B) \
X(MULI,		D, S, -, I, A = B * (u64)(s64)imm) \
X(ANDI,		D, S, -, I, A = B & (u64)(s64)imm) \
X(ORI,		D, S, -, I, A = B | (u64)(s64)imm) \
X(XORI,		D, S, -, I, A = B ^ (u64)(s64)imm) \
X(SHLI,		D, S, -, H, A = B << imm) \
X(SHRI,		D, S, -, H, A = B >> imm) \
X(SARI,		D, S, -, H, A = (u64)((s64)B >> imm)) \
X(DIVUI,	D, S, -, P, A = B / (u64)imm) \
X(MODUI,	D, S, -, P, A = B % (u64)imm) \
X(DIVSI,	D, S, -, P, A = (u64)((s64)B / imm)) \
X(MODSI,	D, S, -, P, A = (u64)((s64)B % imm)) \
X(NEG,		D, S, -, -, A = -B) \
X(NOT,		D, S, -, -, A = ~B) \
X(SX8,		D, S, -, -, A = (u64)(s64)(s8)B) \
X(SX16,		D, S, -, -, A = (u64)(s64)(s16)B) \
X(SX32,		D, S, -, -, A = (u64)(s64)(s32)B) \
X(ZX8,		D, S, -, -, A = (u8)B) \
X(ZX16,		D, S, -, -, A = (u16)B) \
X(ZX32,		D, S, -, -, A = (u32)B) \
X(BOOL,		D, S, -, -, A = B != 0) \
X(LNOT,		D, S, -, -, A = B == 0) \
X(SEQ,		D, S, S, -, A = B == C) \
X(SNE,		D, S, S, -, A = B != C) \
X(SLT,		D, S, S, -, A = (s64)B < (s64)C) \
X(SLE,		D, S, S, -, A = (s64)B <= (s64)C) \
X(SLTU,		D, S, S, -, A = B < C) \
X(SLEU,		D, S, S, -, A = B <= C) \
X(JMP,		-, -, -, J, JUMP(imm)) \
X(JZ,		S, -, -, J, if (!A) JUMP(imm)) \
X(JNZ,		S, -, -, J, if (A) JUMP(imm)) \
X(JEQ,		S, S, -, J, if (A == B) JUMP(imm)) \
X(JNE,		S, S, -, J, if (A != B) JUMP(imm)) \
X(JLT,		S, S, -, J, if ((s64)A < (s64)B) JUMP(imm)) \
X(JLE,		S, S, -, J, if ((s64)A <= (s64)B) JUMP(imm)) \
X(JLTU,		S, S, -, J, if (A < B) JUMP(imm)) \
X(JLEU,		S, S, -, J, if (A <= B) JUMP(imm)) \
X(JEQI,		S, J, -, I, if (A == (u64)(s64)imm) JUMP(bc)) \
X(JNEI,		S, J, -, I, if (A != (u64)(s64)imm) JUMP(bc)) \
X(JLTI,		S, J, -, I, if ((s64)A < imm) JUMP(bc)) \
X(JLEI,		S, J, -, I, if ((s64)A <= imm) JUMP(bc)) \
X(JGTI,		S, J, -, I, if ((s64)A > imm) JUMP(bc)) \
X(JGEI,		S, J, -, I, if ((s64)A >= imm) JUMP(bc)) \
X(JLTUI,	S, J, -, I, if (A < (u64)(s64)imm) JUMP(bc)) \
X(JLEUI,	S, J, -, I, if (A <= (u64)(s64)imm) JUMP(bc)) \
X(JGTUI,	S, J, -, I, if (A > (u64)(s64)imm) JUMP(bc)) \
X(JGEUI,	S, J, -, I, if (A >= (u64)(s64)imm) JUMP(bc)) \
X(JEQR,		G, J, -, I, if (GUEST(a) == (u64)(s64)imm) JUMP(bc)) \
X(JNER,		G, J, -, I, if (GUEST(a) != (u64)(s64)imm) JUMP(bc)) \
X(LDR,		D, G, -, -, A = GUEST(b)) \
X(STR,		S, G, -, -, GUEST(b) = A) \
X(LDX,		D, -, -, R, READ_REG(A, imm)) \
X(STX,		S, -, -, Y, WRITE_REG(A, imm)) \
X(LDB,		D, S, -, I, LOAD(A, B + (u64)(s64)imm, 1)) \
X(LDH,		D, S, -, I, LOAD(A, B + (u64)(s64)imm, 2)) \
X(LDW,		D, S, -, I, LOAD(A, B + (u64)(s64)imm, 4)) \
X(LDQ,		D, S, -, I, LOAD(A, B + (u64)(s64)imm, 8)) \
X(LDQR,		D, G, -, I, LOAD(A, GUEST(b) + (u64)(s64)imm, 8)) \
X(STB,		S, S, -, I, STORE(A, B + (u64)(s64)imm, 1)) \
X(STH,		S, S, -, I, STORE(A, B + (u64)(s64)imm, 2)) \
X(STW,		S, S, -, I, STORE(A, B + (u64)(s64)imm, 4)) \
X(STQ,		S, S, -, I, STORE(A, B + (u64)(s64)imm, 8)) \
X(LDG,		D, -, -, V, A = tg_read(GLOBAL(imm))) \
X(STG,		S, -, -, V, tg_write(GLOBAL(imm), A)) \
X(INCG,		-, K, -, V, tg_write(GLOBAL(imm), tg_read(GLOBAL(imm)) + (u64)(s64)bc)) \
X(LEAF,		D, -, -, F, A = FRAME_ADDRESS(imm)) \
X(LEAG,		D, -, -, V, A = TG_ADDR(TG_SEG_GLOBALS, imm)) \
X(LEAC,		D, -, -, C, A = TG_ADDR(TG_SEG_CONSTS, imm)) \
X(CHK,		S, E, -, P, CHECK_KIND(A < (u64)imm, b, A)) \
X(CALL,		W, -, -, U, CALL(a, imm)) \
X(RET,		-, -, -, Q, RETURN(imm)) \
X(HELPER,	W, -, -, L, HELPER(a, imm)) \
X(PRINTF,	W, -, N, T, PRINTF(a, c, imm)) \
X(EXIT,		-, -, -, -, EXIT()) \
X(EXITV,	S, -, -, -, run->value = A; EXIT())

enum tg_op {
#define TG_OP_ENUM(name, a, b, c, imm, ...) TG_OP_##name,
	TG_INSNS(TG_OP_ENUM)
#undef TG_OP_ENUM
	TG_NR_OPS
};

/* ---- where values come from -------------------------------------------------- */

#define TG_ADDR_TAG	0x5cull
#define TG_ADDR(segment, offset) \
	(TG_ADDR_TAG << 56 | (__u64)(segment) << 48 | (__u32)(offset))

/* name, may the script write to it */
#define TG_SEGMENTS(X) \
X(NONE, 0) X(FRAME, 1) X(GLOBALS, 1) X(CONSTS, 0) X(BUFFER, 1) X(INFO, 0)

enum tg_segment {
#define TG_SEG_ENUM(name, writable) TG_SEG_##name,
	TG_SEGMENTS(TG_SEG_ENUM)
#undef TG_SEG_ENUM
	TG_NR_SEGS
};

/*
 * Registers and values of the interrupted guest. The first 16 are the general
 * registers in the processor's order (LDR, STR); all are for LDX, the writable
 * ones for STX. X(NAME, writable)
 */
#define TG_REGS(X) \
X(RAX, 1) X(RCX, 1) X(RDX, 1) X(RBX, 1) X(RSP, 1) X(RBP, 1) X(RSI, 1) X(RDI, 1) \
X(R8, 1) X(R9, 1) X(R10, 1) X(R11, 1) X(R12, 1) X(R13, 1) X(R14, 1) X(R15, 1) \
X(RIP, 1) X(RFLAGS, 1) X(CS, 1) X(DS, 1) X(ES, 1) X(FS, 1) X(GS, 1) X(SS, 1) \
X(GDTR, 1) X(IDTR, 1) X(LDTR, 1) X(TR, 1) \
X(CR0, 1) X(CR2, 1) X(CR3, 1) X(CR4, 1) X(CR8, 1) \
X(DR0, 1) X(DR1, 1) X(DR2, 1) X(DR3, 1) X(DR6, 1) X(DR7, 1) \
X(PID, 0) X(TID, 0) X(PNAME, 0) X(CORE, 0) X(PROC, 0) X(THREAD, 0) X(PEB, 0) X(TEB, 0) \
X(BUFFER, 0) X(CONTEXT, 0) X(EVENT_TAG, 0) X(EVENT_ID, 0) X(EVENT_STAGE, 0) \
X(DATE, 0) X(TIME, 0) X(ERROR, 0) X(ADDRESS, 0) X(CPL, 0) X(VECTOR, 0) X(NAME, 0) X(TSC, 0)

enum tg_reg {
#define TG_REG_ENUM(name, writable) TG_REG_##name,
	TG_REGS(TG_REG_ENUM)
#undef TG_REG_ENUM
	TG_NR_REGS
};

#define TG_NR_GPRS	16u

/* ---- helpers ------------------------------------------------------------------ */

/*
 * What is not one instruction: arguments in the window's first registers, a
 * result, if there is one, in its first. X(NAME, arguments, result)
 */
#define TG_HELPERS(X) \
X(MEMCPY, 3, 0) X(MEMCMP, 3, 1) X(MEMCPY_PA, 3, 0) X(MEMZERO, 2, 0) \
X(STRLEN, 1, 1) X(STRCMP, 2, 1) X(STRNCMP, 3, 1) \
X(WCSLEN, 1, 1) X(WCSCMP, 2, 1) X(WCSNCMP, 3, 1) \
X(EB, 2, 1) X(ED, 2, 1) X(EQ, 2, 1) \
X(DB_PA, 1, 1) X(DW_PA, 1, 1) X(DD_PA, 1, 1) X(DQ_PA, 1, 1) \
X(EB_PA, 2, 1) X(ED_PA, 2, 1) X(EQ_PA, 2, 1) \
X(CHECK_ADDRESS, 1, 1) X(VIRTUAL_TO_PHYSICAL, 1, 1) X(PHYSICAL_TO_VIRTUAL, 1, 1) \
X(DISASSEMBLE_LEN64, 1, 1) X(DISASSEMBLE_LEN32, 1, 1) \
X(INTERLOCKED_INCREMENT, 1, 1) X(INTERLOCKED_DECREMENT, 1, 1) X(INTERLOCKED_EXCHANGE, 2, 1) \
X(INTERLOCKED_EXCHANGE_ADD, 2, 1) X(INTERLOCKED_COMPARE_EXCHANGE, 3, 1) \
X(SPINLOCK_LOCK, 1, 0) X(SPINLOCK_UNLOCK, 1, 0) X(SPINLOCK_LOCK_CUSTOM_WAIT, 2, 0) \
X(PAUSE, 0, 0) X(FLUSH, 0, 0) X(MICROSLEEP, 1, 0) X(RDTSC, 0, 1) X(RDTSCP, 0, 1) \
X(EVENT_ENABLE, 1, 0) X(EVENT_DISABLE, 1, 0) X(EVENT_CLEAR, 1, 0) X(EVENT_SC, 1, 0) \
X(EVENT_INJECT, 2, 0) X(EVENT_INJECT_ERROR_CODE, 3, 0) \
X(PRINT, 1, 0) X(FORMATS, 1, 0) X(TEST_STATEMENT, 1, 0) \
X(DADD, 2, 1) X(DSUB, 2, 1) X(DMUL, 2, 1) X(DDIV, 2, 1) \
X(DEQ, 2, 1) X(DLT, 2, 1) X(DLE, 2, 1) \
X(D_FROM_S64, 1, 1) X(D_FROM_U64, 1, 1) X(D_TO_S64, 1, 1) X(D_TO_U64, 1, 1) \
X(F_FROM_S64, 1, 1) X(F_FROM_U64, 1, 1) X(F_FROM_D, 1, 1) X(D_FROM_F, 1, 1)

enum tg_helper {
#define TG_HELPER_ENUM(name, args, result) TG_HELPER_##name,
	TG_HELPERS(TG_HELPER_ENUM)
#undef TG_HELPER_ENUM
	TG_NR_HELPERS
};

/* ---- how a run ends -------------------------------------------------------------- */

/* X(NAME, sentence); %llx is the run's error_value */
#define TG_RUN_ERRORS(X) \
X(NONE,		"no error") \
X(DIVIDE,	"division by zero") \
X(OVERFLOW,	"the smallest number divided by -1 does not fit") \
X(SHIFT,	"shift by %llx: the width of the value is not larger") \
X(INDEX,	"index %llx is not in the array") \
X(READ,		"cannot read the memory at %llx") \
X(WRITE,	"cannot write to the memory at %llx") \
X(READ_ONLY,	"the memory at %llx is read-only") \
X(PHYSICAL,	"physical address %llx is not RAM") \
X(STACK,	"calls are nested too deep") \
X(FUEL,		"too many instructions: is there an endless loop?") \
X(TIME,		"it took too long") \
X(CONVERT,	"the floating-point value does not fit the integer") \
X(SIZE,		"size %llx is not from 1 to 1000000 (hexadecimal)") \
X(ALIGN,	"address %llx is not that of an aligned 64-bit variable of the script") \
X(LOCK_HELD,	"this run holds the lock already: it would wait for ever") \
X(LOCK_FREE,	"this run unlocks a lock that it does not hold") \
X(LOCKS,	"more than 8 locks held") \
X(REGISTER,	"that register cannot hold the value %llx") \
X(NO_REGISTER,	"that value does not exist here") \
X(EVENT,	"there is no event %llx") \
X(INJECT,	"an event of this type and vector cannot be injected: %llx") \
X(SLEEP,	"microsleep of %llx: the maximum is 0x3e8 (1000) microseconds") \
X(TEXT,		"the string at %llx has no end within 1000 characters") \
X(CODE,		"no instruction at %llx") \
X(HERE,		"not possible here") \
X(KERNEL,	"the event interrupted the kernel: only an event with force injects an " \
		"exception there") \
X(SYSTEM,	"that interrupt is the kernel's own: only an event with force injects it") \
X(UNMAPPED,	"physical address %llx is RAM that the kernel has unmapped (freed, " \
		"poisoned or secret)") \
X(FATAL,	"the kernel does not survive it in most cases: only an event with force " \
		"injects it")

enum tg_run_error {
#define TG_ERR_ENUM(name, text) TG_ERR_##name,
	TG_RUN_ERRORS(TG_ERR_ENUM)
#undef TG_ERR_ENUM
	TG_NR_ERRS
};

/* ---- the image -------------------------------------------------------------------- */

/*
 * The header; behind it, without gaps, TG_IMAGE_PARTS. Function 0 is the script itself.
 * Names and constants are padded with zeros to 8 bytes. Names are NUL-terminated; the
 * first nr_files are file names.
 */
struct tg_image {
	__u32 magic;
	__u32 size;			/* of everything */
	__u32 flags;			/* 0 */
	__u32 nr_insns;
	__u32 nr_funcs;
	__u32 nr_globals;
	__u32 nr_lines;
	__u32 nr_files;
	__u32 names_size;		/* a multiple of 8 */
	__u32 const_size;		/* a multiple of 8 */
	__u32 reserved[2];		/* 0 */
};

#define TG_FUNC_RESULT	(1u << 0)

struct tg_func {
	__u32 start, count;		/* its instructions */
	__u32 name;			/* offset in names */
	__u32 mem;			/* bytes of frame memory, a multiple of 8 */
	__u16 regs;			/* registers of its window */
	__u16 params;			/* of them filled by the caller */
	__u16 vars;			/* the first ones keep their values at the start of loops */
	__u16 flags;			/* TG_FUNC_* */
};

struct tg_global {
	__u32 name;			/* offset in names */
	__u32 offset, size;		/* in the global variables, multiples of 8 */
	__u32 reserved;			/* 0 */
};

/* From this instruction on; sorted. */
struct tg_line {
	__u32 insn;
	__u32 line;			/* file number << 24 | line */
};

/* X(part, member of the header that counts it, type of one) */
#define TG_IMAGE_PARTS(X) \
X(insns,	nr_insns,	struct tg_insn) \
X(funcs,	nr_funcs,	struct tg_func) \
X(globals,	nr_globals,	struct tg_global) \
X(lines,	nr_lines,	struct tg_line) \
X(names,	names_size,	char) \
X(consts,	const_size,	__u8)

/* Where the parts begin, in bytes from the header's start, and where the last one ends. */
struct tg_image_layout {
#define TG_IMAGE_OFFSET(part, count, type) __u64 part;
	TG_IMAGE_PARTS(TG_IMAGE_OFFSET)
#undef TG_IMAGE_OFFSET
	__u64 end;
};

/* Of any header: 64 bits hold what six counts of 32 bits can add up to. */
static inline struct tg_image_layout tg_image_layout(const struct tg_image *header)
{
	struct tg_image_layout at;
	__u64 next = sizeof(*header);

#define TG_IMAGE_PLACE(part, count, type) \
	at.part = next; \
	next += (__u64)header->count * sizeof(type);
	TG_IMAGE_PARTS(TG_IMAGE_PLACE)
#undef TG_IMAGE_PLACE
	at.end = next;
	return at;
}

_Static_assert(sizeof(struct tg_insn) == 8, "instructions have 8 bytes");
_Static_assert(sizeof(struct tg_image) == 48, "the image is a contract");
_Static_assert(sizeof(struct tg_func) == 24, "the image is a contract");
_Static_assert(sizeof(struct tg_global) == 16, "the image is a contract");
_Static_assert(sizeof(struct tg_line) == 8, "the image is a contract");
_Static_assert(TG_NR_OPS <= 256, "an opcode is a byte");

#endif
