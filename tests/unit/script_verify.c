// SPDX-License-Identifier: GPL-2.0
/* Each reason to reject an image, once, at the place where it is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../core/script/verify.h"

#define MOST	64
#define I(name, a, b, c, imm) { TG_OP_##name, a, b, c, imm }
#define J16(name, a, distance, imm) \
	{ TG_OP_##name, a, (u8)(distance), (u8)((distance) >> 8), imm }

/* An image in parts, put together before each verification. */
struct parts {
	struct tg_image h;
	struct tg_insn insn[MOST];
	struct tg_func func[MOST];
	struct tg_global global[4];
	struct tg_line line[8];
	char names[16], consts[64];
	u32 cut;
};

static struct tg_verify_work work;
static u64 image[1024];
static u32 where;

static void *append(void *at, const void *data, size_t size)
{
	memcpy(at, data, size);
	return (char *)at + size;
}

static enum tg_reject verify(struct parts *p)
{
	struct tg_program program;
	void *at = image + sizeof(p->h) / 8;

	at = append(at, p->insn, p->h.nr_insns * sizeof(p->insn[0]));
	at = append(at, p->func, p->h.nr_funcs * sizeof(p->func[0]));
	at = append(at, p->global, p->h.nr_globals * sizeof(p->global[0]));
	at = append(at, p->line, p->h.nr_lines * sizeof(p->line[0]));
	at = append(at, p->names, p->h.names_size);
	at = append(at, p->consts, p->h.const_size);
	if (!p->h.size)
		p->h.size = (u32)((char *)at - (char *)image);
	memcpy(image, &p->h, sizeof(p->h));
	return tg_script_verify(image, p->h.size - p->cut, &program, &work, &where);
}

/* Something good with a bit of everything; insns replace its code. */
static struct parts *make(const struct tg_insn *insns, u32 nr)
{
	static const struct tg_insn plain[] = { I(LI, 0, 0, 0, 1), I(EXIT, 0, 0, 0, 0) };
	static struct parts p;

	if (!insns) {
		insns = plain;
		nr = 2;
	}
	memset(&p, 0, sizeof(p));
	memcpy(p.insn, insns, nr * sizeof(*insns));
	p.h = (struct tg_image){ .magic = TG_IMAGE_MAGIC, .nr_insns = nr, .nr_funcs = 1,
				 .nr_globals = 1,
				 .nr_lines = 1, .nr_files = 1, .names_size = 8, .const_size = 16 };
	p.func[0] = (struct tg_func){ .count = nr, .regs = 8, .vars = 4, .mem = 16 };
	p.global[0] = (struct tg_global){ .offset = 8, .size = 8 };
	strcpy(p.consts, "%d %s");
	strcpy(p.consts + 8, "%q");
	return &p;
}

#define CODE(...) \
	make((const struct tg_insn[]){ __VA_ARGS__ }, \
	     sizeof((const struct tg_insn[]){ __VA_ARGS__ }) / sizeof(struct tg_insn))

#define REJECTS(p, reason) assert_int_equal(verify(p), TG_REJECT_##reason)
#define REJECTS_AT(p, reason, at) \
	do { REJECTS(p, reason); assert_int_equal(where, at); } while (0)

static const struct tg_insn end = I(EXIT, 0, 0, 0, 0);

/* Function 1 behind the script's code, with two parameters and a result. */
static struct parts *add_func(struct parts *p, const struct tg_insn *insns, u32 nr)
{
	memcpy(p->insn + p->h.nr_insns, insns, nr * sizeof(*insns));
	p->func[p->h.nr_funcs++] = (struct tg_func){ .start = p->h.nr_insns, .count = nr, .regs = 4,
						     .params = 2,
						     .vars = 2, .flags = TG_FUNC_RESULT };
	p->h.nr_insns += nr;
	return p;
}

static const struct tg_insn func_code[] = { I(ADD, 0, 0, 1, 0), I(RET, 0, 0, 0, 0) };

static struct parts *with_func(struct parts *p)
{
	return add_func(p, func_code, 2);
}

static void good(void **state)
{
	(void)state;
	REJECTS(make(NULL, 0), NONE);
	REJECTS(with_func(CODE(I(LI, 1, 0, 0, 1), I(LI, 2, 0, 0, 1), I(CALL, 0, 0, 0, 1),
			       I(MOV, 3, 0, 0, 0), end)),
		NONE);
	REJECTS(CODE(I(LI, 0, 0, 0, 1), I(LI, 1, 0, 0, 1), I(PRINTF, 0, 0, 2, 0), end), NONE);
	REJECTS(CODE(I(LEAF, 0, 0, 0, 16), I(LEAC, 1, 0, 0, 15), I(LEAG, 2, 0, 0, 4088),
		     J16(INCG, 0, 5, 0), end), NONE);
	/* A loop that keeps variables and loses temporaries. */
	REJECTS(CODE(I(LI, 0, 0, 0, 1), I(LI, 6, 0, 0, 1), I(HELPER, 5, 0, 0, TG_HELPER_RDTSC),
		     J16(JNEI, 0, -2, 7), end), NONE);
}

static void header(void **state)
{
	struct parts *p;

	(void)state;
	p = make(NULL, 0);
	p->cut = 8;
	REJECTS(p, SIZE);
	p = make(NULL, 0);
	verify(p);
	p->cut = p->h.size - 20;
	REJECTS(p, SIZE);
	p = make(NULL, 0);
	verify(p);
	p->h.size += 8;
	REJECTS(p, SIZE);
	/* The image is as long as its parts, but says otherwise. */
	p = make(NULL, 0);
	verify(p);
	p->h.size += 8;
	p->cut = 8;
	REJECTS(p, SIZE);
	/* Shorter than a header, of which nothing may be read. */
	p = make(NULL, 0);
	verify(p);
	p->h.magic++;
	p->cut = p->h.size - (u32)sizeof(p->h) + 1;
	REJECTS(p, SIZE);
	p = make(NULL, 0);
	p->h.magic++;
	REJECTS(p, MAGIC);
	p = make(NULL, 0);
	p->h.flags = 1;
	REJECTS(p, HEADER);
	p = make(NULL, 0);
	p->h.reserved[0] = 1;
	REJECTS(p, HEADER);
	p = make(NULL, 0);
	p->h.reserved[1] = 1;
	REJECTS(p, HEADER);
}

/* With a header that says so, but not as much behind it. */
static enum tg_reject verify_header(const struct tg_image *h)
{
	struct tg_program program;

	memcpy(image, h, sizeof(*h));
	return tg_script_verify(image, h->size, &program, &work, &where);
}

static void counts(void **state)
{
	struct parts *p;

	(void)state;
#define COUNT(member, value) \
	do { p = make(NULL, 0); verify(p); p->h.member = (value); REJECTS(p, COUNT); } while (0)
	COUNT(nr_insns, 0);
	p = make(NULL, 0);
	verify(p);
	p->h.nr_insns = p->h.nr_lines = 0;
	REJECTS(p, COUNT);
#define TOO_MANY(member, value) \
	do { \
		p = make(NULL, 0); \
		verify(p); \
		p->h.member = (value); \
		assert_int_equal(verify_header(&p->h), TG_REJECT_COUNT); \
	} while (0)
	TOO_MANY(nr_insns, TG_SCRIPT_INSNS_MAX + 1);
	TOO_MANY(nr_funcs, TG_SCRIPT_FUNCS_MAX + 1);
	TOO_MANY(nr_globals, TG_SCRIPT_GLOBALS_MAX / 8 + 1);
	TOO_MANY(names_size, TG_SCRIPT_CONST_MAX + 8);
	TOO_MANY(const_size, TG_SCRIPT_CONST_MAX + 8);
	COUNT(nr_funcs, 0);
	COUNT(nr_lines, 3);
	COUNT(nr_files, 256);
	COUNT(names_size, 0);
	COUNT(names_size, 12);
	COUNT(const_size, 12);
}

static void texts(void **state)
{
	struct parts *p = make(NULL, 0);

	(void)state;
	memset(p->names, 'x', 8);
	REJECTS(p, NAMES);
	p = make(NULL, 0);
	memset(p->names + 1, 'x', 7);
	REJECTS(p, NAMES);
	p = make(NULL, 0);
	p->h.nr_files = 9;
	REJECTS(p, NAMES);
	p = make(NULL, 0);
	p->consts[15] = 'x';
	REJECTS(p, CONSTS);
}

static void funcs(void **state)
{
	struct parts *p;

	(void)state;
#define FUNC(member, value, reason) \
	do { p = make(NULL, 0); p->func[0].member = (value); REJECTS(p, reason); } while (0)
	FUNC(start, 1, FUNC_RANGE);
	FUNC(count, 0, FUNC_RANGE);
	FUNC(count, 1, FUNC_RANGE);
	FUNC(count, 3, FUNC_RANGE);
	FUNC(regs, 0, FUNC);
	FUNC(regs, 257, FUNC);
	FUNC(vars, 9, FUNC);
	FUNC(params, 9, FUNC);
	FUNC(mem, 12, FUNC);
	FUNC(mem, TG_SCRIPT_MEM_MAX + 8, FUNC);
	FUNC(name, 8, FUNC);
	FUNC(flags, 2, FUNC);
	FUNC(params, 1, MAIN);
	FUNC(flags, TG_FUNC_RESULT, MAIN);
	p = make(NULL, 0);
	p->func[0].regs = p->func[0].vars = 0;
	REJECTS(p, FUNC);
	p = with_func(make(NULL, 0));
	p->func[1].regs = 64;
	p->func[1].params = TG_SCRIPT_ARGS_MAX;
	REJECTS(p, NONE);
	p->func[1].params++;
	REJECTS(p, FUNC);
	/* Nothing of its own, and a sum that comes out right. */
	p = with_func(make(NULL, 0));
	p->func[0].count = 0;
	p->func[1].start = 0;
	p->func[1].count = 4;
	REJECTS(p, FUNC_RANGE);
	p->func[0].count = p->func[1].start = ~0u;
	p->func[1].count = 5;
	REJECTS(p, FUNC_RANGE);
}

static void tables(void **state)
{
	struct parts *p;

	(void)state;
#define GLOBAL(member, value) \
	do { p = make(NULL, 0); p->global[0].member = (value); REJECTS(p, GLOBAL); } while (0)
	GLOBAL(offset, 4);
	GLOBAL(offset, TG_SCRIPT_GLOBALS_MAX);
	GLOBAL(size, 0);
	GLOBAL(size, 12);
	GLOBAL(size, TG_SCRIPT_GLOBALS_MAX + 8);
	GLOBAL(name, 8);
	GLOBAL(reserved, 1);
	p = make(NULL, 0);
	p->line[0].insn = 2;
	REJECTS(p, LINE);
	p = make(NULL, 0);
	p->h.nr_lines = 2;
	REJECTS(p, LINE);
}

static void operands(void **state)
{
	(void)state;
	REJECTS_AT(CODE(I(LI, 0, 0, 0, 0), { TG_NR_OPS, 0, 0, 0, 0 }, end), OPCODE, 1);
	REJECTS(CODE({ 255, 0, 0, 0, 0 }, end), OPCODE);
	REJECTS(CODE(I(LI, 0, 1, 0, 0), end), UNUSED);
	REJECTS(CODE(I(LI, 0, 0, 1, 0), end), UNUSED);
	REJECTS(CODE(I(LI, 1, 0, 0, 0), I(MOV, 0, 1, 0, 1), end), UNUSED);
	REJECTS(CODE(I(EXIT, 1, 0, 0, 0)), UNUSED);
	REJECTS(CODE(I(LI, 8, 0, 0, 0), end), REGISTER);
	REJECTS(CODE(I(LI, 0, 0, 0, 0), I(ADD, 0, 0, 8, 0), end), REGISTER);
	REJECTS(CODE(I(LDR, 0, 16, 0, 0), end), GUEST);
	REJECTS(CODE(I(LDR, 0, TG_REG_RSP, 0, 0), end), GUEST);
	REJECTS(CODE(J16(JEQR, 16, 0, 0), end), GUEST);
	REJECTS(CODE(I(LDX, 0, 0, 0, TG_NR_REGS), end), GUEST);
	REJECTS(CODE(I(LDX, 0, 0, 0, -1), end), GUEST);
	REJECTS(CODE(I(LI, 0, 0, 0, 0), I(STX, 0, 0, 0, TG_REG_PID), end), READ_ONLY);
	REJECTS(CODE(I(LI, 0, 0, 0, 0), I(SHLI, 0, 0, 0, 64), end), CONSTANT);
	REJECTS(CODE(I(LI, 0, 0, 0, 0), I(SHRI, 0, 0, 0, -1), end), CONSTANT);
	REJECTS(CODE(I(LI, 0, 0, 0, 0), I(DIVUI, 0, 0, 0, 0), end), CONSTANT);
	REJECTS(CODE(I(LI, 0, 0, 0, 0), I(MODSI, 0, 0, 0, -1), end), CONSTANT);
	REJECTS(CODE(I(LI, 0, 0, 0, 0), I(CHK, 0, TG_ERR_DIVIDE, 0, 4), end), CONSTANT);
	REJECTS(CODE(I(LDG, 0, 0, 0, 4), end), VARIABLE);
	REJECTS(CODE(I(LDG, 0, 0, 0, -8), end), VARIABLE);
	REJECTS(CODE(J16(INCG, 0, 1, TG_SCRIPT_GLOBALS_MAX), end), VARIABLE);
	REJECTS(CODE(I(LEAF, 0, 0, 0, 17), end), FRAME);
	REJECTS(CODE(I(LEAF, 0, 0, 0, 0), end), FRAME);
	REJECTS(CODE(I(LEAC, 0, 0, 0, 16), end), CONST);
	REJECTS(CODE(I(PRINTF, 0, 0, 0, -1), end), CONST);
}

static void jumps(void **state)
{
	(void)state;
	REJECTS(CODE(I(JMP, 0, 0, 0, 1), end), JUMP);
	REJECTS(CODE(I(JMP, 0, 0, 0, -2), end), JUMP);
	REJECTS(CODE(J16(JEQR, 0, -2, 0), end), JUMP);
	REJECTS(CODE(J16(JEQR, 0, 1, 0), end), JUMP);
	REJECTS(CODE(I(JMP, 0, 0, 0, INT32_MAX), end), JUMP);
	REJECTS(CODE(I(JMP, 0, 0, 0, INT32_MIN), end), JUMP);
	REJECTS(with_func(CODE(I(JMP, 0, 0, 0, 1), end)), JUMP);
	REJECTS_AT(CODE(I(LI, 0, 0, 0, 1)), FALL, 0);
	REJECTS(CODE(I(LI, 0, 0, 0, 1), I(JZ, 0, 0, 0, -1)), FALL);
	REJECTS(CODE(I(JMP, 0, 0, 0, -1)), NONE);
}

static void unset(void **state)
{
	(void)state;
	REJECTS_AT(CODE(I(MOV, 0, 1, 0, 0), end), UNSET, 0);
	REJECTS(CODE(I(LIH, 0, 0, 0, 0), end), UNSET);
	REJECTS(CODE(I(EXITV, 0, 0, 0, 0)), UNSET);
	/* Written on one of two ways. */
	REJECTS_AT(CODE(J16(JEQR, 0, 1, 0), I(LI, 0, 0, 0, 1), I(MOV, 1, 0, 0, 0), end), UNSET, 2);
	REJECTS(CODE(J16(JEQR, 0, 2, 0), I(LI, 0, 0, 0, 1), I(JMP, 0, 0, 0, 1), I(LI, 0, 0, 0, 2),
		     I(MOV, 1, 0, 0, 0),
		     end), NONE);
	/* A temporary does not live into a loop; a variable that a call loses breaks it. */
	REJECTS(CODE(I(LI, 5, 0, 0, 1), I(MOV, 0, 5, 0, 0), J16(JEQR, 0, -2, 0), end), UNSET);
	REJECTS_AT(CODE(I(LI, 3, 0, 0, 1), I(MOV, 1, 3, 0, 0), I(HELPER, 2, 0, 0, TG_HELPER_RDTSC),
			J16(JEQR, 0, -3, 0), end), UNSET_LOOP, 3);
	/* A helper's and a call's arguments, and what they lose. */
	REJECTS(CODE(I(HELPER, 0, 0, 0, TG_HELPER_STRLEN), end), UNSET);
	REJECTS(CODE(I(HELPER, 0, 0, 0, TG_HELPER_FLUSH), I(MOV, 1, 0, 0, 0), end), UNSET);
	REJECTS(CODE(I(LI, 1, 0, 0, 1), I(HELPER, 0, 0, 0, TG_HELPER_RDTSC), I(MOV, 0, 1, 0, 0),
		     end), UNSET);
	REJECTS(with_func(CODE(I(LI, 1, 0, 0, 1), I(CALL, 0, 0, 0, 1), end)), UNSET);
	REJECTS(CODE(I(LI, 0, 0, 0, 1), I(PRINTF, 0, 0, 2, 0), end), UNSET);
	REJECTS(add_func(CODE(end), (const struct tg_insn[]){ I(MOV, 0, 2, 0, 0),
							      I(RET, 0, 0, 0, 0) }, 2), UNSET);
}

static void calls(void **state)
{
	struct parts *p;

	(void)state;
	REJECTS(with_func(CODE(I(CALL, 0, 0, 0, 2), end)), CALLEE);
	REJECTS(with_func(CODE(I(CALL, 0, 0, 0, 0), end)), CALLEE);
	REJECTS(CODE(I(CALL, 0, 0, 0, -1), end), CALLEE);
	REJECTS(CODE(I(HELPER, 0, 0, 0, TG_NR_HELPERS), end), HELPER);
	REJECTS(CODE(I(HELPER, 0, 0, 0, -1), end), HELPER);
	REJECTS(CODE(I(LI, 7, 0, 0, 1), I(HELPER, 7, 0, 0, TG_HELPER_STRCMP), end), WINDOW);
	REJECTS(with_func(CODE(I(LI, 7, 0, 0, 1), I(CALL, 6, 0, 0, 1), end)), WINDOW);
	REJECTS(CODE(I(LI, 7, 0, 0, 1), I(PRINTF, 7, 0, 2, 0), end), WINDOW);
	REJECTS(CODE(I(PRINTF, 0, 0, 1, 8), end), FORMAT);
	REJECTS(CODE(I(LI, 0, 0, 0, 1), I(PRINTF, 0, 0, 1, 0), end), FORMAT_ARGS);
	p = CODE(I(PRINTF, 0, 0, TG_SCRIPT_ARGS_MAX, 0), end);
	p->func[0].regs = 32;
	p->h.const_size = 64;
	for (u32 i = 0; i < TG_SCRIPT_ARGS_MAX; i++)
		strcpy(p->consts + 2 * i, "%d");
	REJECTS(p, UNSET);
	strcat(p->consts, "%d");
	p->insn[0].c++;
	REJECTS(p, FORMAT_ARGS);
	REJECTS(CODE(I(RET, 0, 0, 0, 16)), RETURN);
	p = with_func(CODE(end));
	p->insn[2].imm = 8;
	REJECTS(p, RETURN);
	p = with_func(CODE(end));
	p->insn[2].op = TG_OP_EXIT;
	REJECTS(p, RETURN);
	p = add_func(CODE(end), (const struct tg_insn[]){ I(RET, 0, 0, 0, 0) }, 1);
	p->func[1].params = 0;
	REJECTS(p, UNSET);
	p->func[1].flags = 0;
	REJECTS(p, NONE);
}

/* The script calls 1, 1 calls 2, ... */
static void chain(struct parts *p, u32 nr, u16 regs, u32 mem)
{
	for (u32 i = 0; i < nr; i++) {
		const struct tg_insn code[] = { I(CALL, (u8)(regs - 1), 0, 0, (s32)i + 2),
						I(RET, 0, 0, 0, (s32)mem) };

		add_func(p, code + (i == nr - 1), i == nr - 1 ? 1 : 2);
		p->func[i + 1].params = p->func[i + 1].flags = 0;
		p->func[i + 1].vars = 0;
		p->func[i + 1].regs = regs;
		p->func[i + 1].mem = mem;
	}
}

static void needs(void **state)
{
	struct parts *p = CODE(I(CALL, 7, 0, 0, 1), end);

	(void)state;
	chain(p, 15, 255, 0);
	REJECTS(p, NONE);
	p = CODE(I(CALL, 7, 0, 0, 1), end);
	chain(p, 16, 256, 0);
	REJECTS(p, STACK);
	p = CODE(I(CALL, 7, 0, 0, 1), end);
	chain(p, 2, 1, 8184);
	REJECTS(p, NONE);
	p = CODE(I(CALL, 7, 0, 0, 1), end);
	chain(p, 2, 1, 8192);
	REJECTS(p, MEMORY);
	/* Recursion is bounded while it runs. */
	p = add_func(CODE(I(LI, 1, 0, 0, 1), I(LI, 2, 0, 0, 1), I(CALL, 0, 0, 0, 1), end),
		     (const struct tg_insn[]){ I(MOV, 3, 0, 0, 0), I(CALL, 1, 0, 0, 1),
					       I(RET, 0, 0, 0, 0) }, 3);
	p->func[1].regs = 8;
	REJECTS(p, UNSET);
	p->insn[4] = (struct tg_insn)I(ADD, 2, 0, 1, 0);
	p->insn[5] = (struct tg_insn)I(JMP, 0, 0, 0, 0);
	REJECTS(p, NONE);
}

/* 256 functions: the deepest chain there can be is one too many. */
static void depth(void **state)
{
	static u64 big[8192];
	struct tg_image *h = (struct tg_image *)big;
	u32 nr = TG_SCRIPT_FUNCS_MAX;
	struct tg_insn *insn = (struct tg_insn *)(h + 1);
	struct tg_func *func = (struct tg_func *)(insn + 2 * nr);
	struct tg_program program;

	(void)state;
	*h = (struct tg_image){ .magic = TG_IMAGE_MAGIC, .nr_insns = 2 * nr, .nr_funcs = nr,
				.names_size = 8 };
	h->size = (u32)(sizeof(*h) + 2 * nr * sizeof(*insn) + nr * sizeof(*func) + 8);
	for (u32 i = 0; i < nr; i++) {
		insn[2 * i] = (struct tg_insn)I(CALL, 0, 0, 0, (s32)i + 1);
		insn[2 * i + 1] = (struct tg_insn)I(RET, 0, 0, 0, 0);
		func[i] = (struct tg_func){ .start = 2 * i, .count = 2, .regs = 1 };
	}
	insn[1] = end;
	insn[2 * nr - 2] = (struct tg_insn)I(LI, 0, 0, 0, 0);
	assert_int_equal(tg_script_verify(h, h->size, &program, &work, &where), TG_REJECT_NONE);
	assert_int_equal(work.depth[0], TG_SCRIPT_DEPTH);
}

static void layout(void **state)
{
	struct tg_image h = { .nr_insns = 3, .nr_funcs = 2, .nr_globals = 1, .nr_lines = 4,
			      .names_size = 16, .const_size = 24 };
	struct tg_image_layout at = tg_image_layout(&h);

	(void)state;
	assert_int_equal(at.insns, 48);
	assert_int_equal(at.funcs, 48 + 3 * 8);
	assert_int_equal(at.globals, 72 + 2 * 24);
	assert_int_equal(at.lines, 120 + 16);
	assert_int_equal(at.names, 136 + 4 * 8);
	assert_int_equal(at.consts, 168 + 16);
	assert_int_equal(at.end, 184 + 24);
	h.nr_insns = h.nr_funcs = h.nr_globals = h.nr_lines = 0xffffffff;
	h.names_size = h.const_size = 0xffffffff;
	assert_int_equal(tg_image_layout(&h).end, 48 + 0xffffffffull * (8 + 24 + 16 + 8 + 1 + 1));
}

static void sentences(void **state)
{
	(void)state;
	for (int i = 0; i < TG_NR_REJECTS; i++)
		assert_true(strlen(tg_script_reject_text((enum tg_reject)i)) > 4);
	for (int i = 0; i < TG_NR_ERRS; i++)
		assert_true(strlen(tg_script_error_text((enum tg_run_error)i)) > 4);
	assert_string_equal(tg_script_reject_text(TG_REJECT_UNSET),
			    "a register is read that may not have been written");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good), cmocka_unit_test(header), cmocka_unit_test(counts),
		cmocka_unit_test(texts), cmocka_unit_test(funcs), cmocka_unit_test(tables),
		cmocka_unit_test(operands), cmocka_unit_test(jumps), cmocka_unit_test(unset),
		cmocka_unit_test(calls), cmocka_unit_test(needs), cmocka_unit_test(depth),
		cmocka_unit_test(layout), cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
