// SPDX-License-Identifier: GPL-2.0
/* Runs one after the other, what ends them, what they leave; both engines. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "script/script.h"
#include "../../core/script/jit.h"
#include "../../core/script/verify.h"

static struct tg_host *h;
static struct tg_image *image;
static struct tg_globals globals;
static char printed[1000];

static void take(void *ctx, const char *text, size_t size)
{
	(void)ctx;
	strncat(printed, text, size);
}

static int setup(void **state)
{
	h = tg_host_new(take, NULL);
	(void)state;
	return !h;
}

static int teardown(void **state)
{
	(void)state;
	tg_host_free(h);
	free(image);
	tg_globals_free(&globals);
	image = NULL;
	return 0;
}

static void load(const char *text, bool jit)
{
	struct tg_script_options o = { .name = "test", .text = text, .size = strlen(text),
				       .globals = &globals };
	struct tg_diags diags;
	char why[200];

	free(image);
	tg_host_jit(h, jit);
	assert_int_equal(tg_script_compile(&o, &image, &diags), 0);
	assert_int_equal(tg_host_load(h, image, why, sizeof(why)), 0);
	printed[0] = '\0';
}

static struct tg_host_result run(void)
{
	struct tg_host_result r;

	tg_host_run(h, &r);
	return r;
}

static uint64_t global(const char *name)
{
	int place = tg_globals_place(&globals, name, strlen(name), 8);

	assert_true(place >= 0);
	return tg_host_global(h, (uint32_t)place);
}

static void globals_stay(void **state)
{
	(void)state;
	for (int jit = 0; jit < 2; jit++) {
		load("x = x2 = 5; .n += 1; print(.n); int y; print(y); y = 7;", jit);
		assert_int_equal(run().error, 0);
		assert_int_equal(run().error, 0);
	}
	assert_int_equal(global("n"), 4);
	assert_string_equal(printed, "3\n0\n4\n0\n");
	/* Another script sees the same one. */
	load(".other = .n * 10;", true);
	run();
	assert_int_equal(global("other"), 0x40);
}

static void time_ends(void **state)
{
	(void)state;
	tg_host_fuel(h, 1ull << 50);
	tg_host_time(h, 20);
	for (int jit = 0; jit < 2; jit++) {
		struct tg_host_result r;
		struct timespec a, b;

		load("spinlock_lock(&.l);\nwhile (1) {\n.n++;\n}", jit);
		clock_gettime(CLOCK_MONOTONIC, &a);
		r = run();
		clock_gettime(CLOCK_MONOTONIC, &b);
		assert_int_equal(r.error, TG_ERR_TIME);
		assert_string_equal(r.message, "it took too long");
		assert_int_equal(r.line, 2);
		assert_true((b.tv_sec - a.tv_sec) * 1000 +
			    (b.tv_nsec - a.tv_nsec) / 1000000 < 2000);
		assert_true(global("n") > 1000);
		assert_int_equal(global("l"), 0);
		/* A lock that somebody else holds. */
		load(".taken = 1;\nspinlock_lock(&.taken);", jit);
		assert_int_equal(run().error, TG_ERR_TIME);
		assert_int_equal(global("taken"), 1);
	}
}

static void locks_end(void **state)
{
	static const char *const texts[] = {
		"spinlock_lock(&.l); spinlock_lock(&.m); print(.l + .m);",
		"spinlock_lock(&.l); spinlock_lock(&.m); print(.l + .m); x = poi(0);",
		"void f1x() { spinlock_lock(&.l); spinlock_lock(&.m); print(.l + .m); "
		"x = 5 / .zero; } f1x();",
	};
	static const unsigned int errors[] = { TG_ERR_NONE, TG_ERR_READ, TG_ERR_DIVIDE };

	(void)state;
	for (int i = 0; i < 6; i++) {
		load(texts[i / 2], i % 2);
		assert_int_equal(run().error, errors[i / 2]);
		assert_string_equal(printed, "2\n");
		assert_int_equal(global("l") + global("m"), 0);
	}
}

/* The page read last is forgotten between runs, and is the guest's memory of now. */
static void memory_changes(void **state)
{
	static unsigned char page[8192] = { 1 };

	(void)state;
	assert_int_equal(tg_host_memory(h, 0x1000, page, sizeof(page), true), 0);
	for (int jit = 0; jit < 2; jit++) {
		load("print(poi(1000)); eq(1000, 5); print(poi(1000)); "
		     "eq(1ffc, ffffffff`ffffffff); "
		     "print(poi(1ff8)); print(poi(1ffc)); print(poi(2000)); print(db(1000)); "
		     "eq(1000, 1); "
		     "eq(1ffc, 0);", jit);
		assert_int_equal(run().error, 0);
		assert_string_equal(printed,
				    "1\n5\nffffffff00000000\nffffffffffffffff\nffffffff\n5\n");
	}
}

static void global_sizes(void **state)
{
	(void)state;
	assert_int_equal(tg_globals_place(&globals, "a", 1, 8), 0);
	assert_int_equal(tg_globals_place(&globals, "b", 1, 16), 8);
	assert_int_equal(tg_globals_place(&globals, "a", 1, 8), 0);
	assert_int_equal(tg_globals_place(&globals, "b", 1, 8), -2);
	assert_int_equal(tg_globals_place(&globals, "c", 1, TG_SCRIPT_GLOBALS_MAX), -1);
	assert_int_equal(tg_globals_place(&globals, "c", 1, TG_SCRIPT_GLOBALS_MAX - 24), 24);
	assert_int_equal(tg_globals_place(&globals, "d", 1, 8), -1);
}

static void bad_guests(void **state)
{
	uint64_t value;

	(void)state;
	assert_true(tg_host_memory(h, 0x1000, "x", 0, true) < 0);
	assert_true(tg_host_memory(h, 0x800000000000, "x", 1, true) < 0);
	assert_true(tg_host_set(h, "nothing", 1) < 0);
	assert_true(tg_host_set(h, "pname", 1) < 0);
	assert_true(tg_host_get(h, "", &value) < 0);
	assert_int_equal(tg_host_set(h, "ah", 0x12), 0);
	assert_int_equal(tg_host_get(h, "rax", &value), 0);
	assert_int_equal(value, 0x1200);
}

/* Not from the compiler, whose numbers of 32 bits are small: RAX / -1. */
static void load_division(uint8_t op, uint64_t number, bool jit)
{
	static const struct tg_insn insns[] = {
		{ .op = TG_OP_LDR, .a = 0, .b = TG_REG_RAX }, { .op = TG_OP_LI, .a = 1, .imm = -1 },
		{ .op = TG_OP_DIVS, .a = 0, .b = 0, .c = 1 }, { .op = TG_OP_EXITV, .a = 0 },
	};
	static const struct tg_func main_func = { .count = 4, .regs = 2 };
	struct tg_insn *insn;
	char why[200];

	free(image);
	image = calloc(1, sizeof(*image) + sizeof(insns) + sizeof(main_func) + 8);
	image->magic = TG_IMAGE_MAGIC;
	image->size = sizeof(*image) + sizeof(insns) + sizeof(main_func) + 8;
	image->nr_insns = 4;
	image->nr_funcs = 1;
	image->names_size = 8;
	insn = (struct tg_insn *)(image + 1);
	memcpy(insn, insns, sizeof(insns));
	insn[2].op = op;
	memcpy(insn + 4, &main_func, sizeof(main_func));
	tg_host_jit(h, jit);
	assert_int_equal(tg_host_set(h, "rax", number), 0);
	assert_int_equal(tg_host_load(h, image, why, sizeof(why)), 0);
}

static void divisions_of_the_smallest(void **state)
{
	static const uint8_t ops[] = { TG_OP_DIVS32, TG_OP_MODS32, TG_OP_DIVS, TG_OP_MODS };

	(void)state;
	for (int i = 0; i < 8; i++) {
		load_division(ops[i / 2], 1ull << 63, i % 2);
		assert_int_equal(run().error, TG_ERR_OVERFLOW);
		load_division(ops[i / 2], ~0ull << 31, i % 2);
		assert_int_equal(run().error, i < 4 ? TG_ERR_OVERFLOW : TG_ERR_NONE);
		load_division(ops[i / 2], (1ull << 63) + 1, i % 2);
		assert_int_equal(run().error, TG_ERR_NONE);
		assert_true(run().value == (i / 2 % 2 ? 0 : ~0ull >> 1));
	}
}

/* What a program does not use, its translation does not save: a store and the way back. */
static void saves_what_it_uses(void **state)
{
	static struct tg_verify_work verify;
	static struct tg_jit_work work;
	struct tg_program program;
	uint8_t code[4096];
	uint32_t insn, size;

	(void)state;
	load("@rax = 5;", false);
	assert_int_equal(tg_script_verify(image, image->size, &program, &verify, &insn), 0);
	size = tg_jit_translate(&program, code, 0x1000, sizeof(code), &work);
	assert_in_range(size, 1, sizeof(code));
	/* REX.B PUSH R8-R15 */
	for (uint32_t i = 0; i + 1 < size; i++)
		assert_false(code[i] == 0x41 && (code[i + 1] & 0xf8) == 0x50);
}

/* ---- texts that are too much ------------------------------------------------------ */

/* text, and then nr times `again`, and `end`: does not compile for this reason. */
static void refused(const char *text, const char *again, int nr, const char *end,
		    const char *message)
{
	struct tg_script_options o = { .name = "test", .globals = &globals };
	struct tg_image *compiled;
	struct tg_diags diags;
	size_t size;
	char *all;
	FILE *f = open_memstream(&all, &size);

	fputs(text, f);
	for (int i = 0; i < nr; i++)
		fputs(again, f);
	fputs(end, f);
	fclose(f);
	o.text = all;
	o.size = size;
	assert_int_equal(tg_script_compile(&o, &compiled, &diags), message ? -EINVAL : 0);
	assert_int_equal(diags.nr, message ? 1 : 0);
	if (message)
		assert_string_equal(diags.diag[0].message, message);
	free(compiled);
	tg_diags_free(&diags);
	free(all);
}

/* The tree of what is read in a loop is as deep as what is nested: the stack ends somewhere. */
static void long_texts(void **state)
{
	static const char operators[] = "the statement has more than 1000 operators";
	static const char elsifs[] = "more than 1000 elsif";
	static const char temporaries[] = "this expression needs too many temporary values";

	(void)state;
	refused("x = @rax", " + @rax", 999, ";", NULL);
	refused("x = @rax", " + @rax", 1000, ";", operators);
	refused("x = @rax", " + @rax", 300000, ";", operators);
	refused("x = @rax", " && @rax", 300000, ";", operators);
	refused("x = 1", " + 1", 300000, ";", operators);
	refused("if (1", " + 1", 300000, ") { }", operators);
	refused("", "x = ", 1000, "1;", NULL);
	refused("", "x = ", 300000, "1;", operators);
	refused("long x = 1; y = x", "[0]", 300000, ";", operators);
	refused("y = x", ".m", 300000, ";", operators);
	refused("int x[1] = { 1", " + 1", 300000, " };", operators);
	refused("int x = 1", " + 1", 300000, ";", operators);
	refused("int x[300] = { ", "1 + 1, ", 0x300, "};", NULL);
	refused("", "x = 1 + 1;", 2000, "", NULL);
	refused("if (1) { }", " elsif (@rax) { }", 1000, "", NULL);
	refused("if (1) { }", " elsif (@rax) { }", 1001, "", elsifs);
	refused("if (1) { }", " else if (1) { }", 300000, "", elsifs);
	refused("", "if (1) { } elsif (2) { }", 2000, "", NULL);
	refused("", "x = 1;", 32766, "", NULL);
	refused("", "x = 1;", 32767, "",
		"the script is too long: it has more than 32767 instructions");
	refused("int my_f(int p, int q, int r, int s, int t, int v) { return p; } int ",
		"xx, ", 0, "x; x = my_f(1, 2, 3, 4, 5, 6);", NULL);
	refused("int my_f(int p, int q, int r, int s, int t, int v) { return p; } x = ",
		"my_f(1, 2, 3, 4, 5, ", 35,
		"6)))))))))))))))))))))))))))))))))));", NULL);
	refused("int my_f(int p, int q, int r, int s, int t, int v) { return p; } x = ",
		"my_f(1, 2, 3, 4, 5, ", 45,
		"6)))))))))))))))))))))))))))))))))))))))))))));", temporaries);
}

/* A script that does not compile leaves the names of the others as they were. */
static void globals_after_errors(void **state)
{
	(void)state;
	load(".a1_ = 1;", false);
	refused("int .b1_[4]; .c1_ = 1; .a1_ = nosuch;", "", 0, "", "unresolved variable 'nosuch'");
	assert_int_equal(globals.nr, 1);
	assert_int_equal(globals.used, 8);
	refused("int .a1_[4];", "", 0, "",
		"another script uses a global variable of this name and another size");
	assert_int_equal(globals.nr, 1);
	refused(".b1_ = .a1_;", "", 0, "", NULL);
	assert_int_equal(globals.nr, 2);
}

/* What a terminal would take for a command is not shown to it. */
static void harmless_lines(void **state)
{
	struct tg_script_options o = { .name = "test", .text = "x =\t\33[2J\x7f\xc2\x9b;\n",
				       .size = 13 };
	struct tg_diags diags;

	(void)state;
	assert_int_equal(tg_script_compile(&o, &image, &diags), -EINVAL);
	assert_string_equal(diags.diag[0].source, "x =\t.[2J...;");
	tg_diags_free(&diags);
}

/* Programs that use next to no register: what is saved and the stack's alignment. */
static void nearly_nothing(void **state)
{
	static const char *const texts[] = {
		"", "void look() { }", "void look() { } void other() { }", "int words[4];",
		"int words[4]; void look() { }", "void look() { .x = 1; }", "x = 123456789abcdef0;",
		"void look() { x = 1; } int words[4]; words[0] = 2;", "flush();",
		"void look() { } look();",
		"x = @rsp;", "x = 1; void look() { x = 2; }", "microsleep(0);", "x = poi(1000);",
		"void look() { x = poi(1000); }", "while (0) { }", "long look() { return 5; }",
	};
	u64 word = 0;

	(void)state;
	assert_int_equal(tg_host_memory(h, 0x1000, &word, 8, true), 0);
	for (size_t i = 0; i < 2 * sizeof(texts) / sizeof(texts[0]); i++) {
		load(texts[i / 2], i % 2);
		assert_int_equal(run().error, TG_ERR_NONE);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(globals_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(time_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(locks_end, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(global_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_guests, setup, teardown),
		cmocka_unit_test_setup_teardown(divisions_of_the_smallest, setup, teardown),
		cmocka_unit_test_setup_teardown(saves_what_it_uses, setup, teardown),
		cmocka_unit_test_setup_teardown(nearly_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(long_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(globals_after_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(harmless_lines, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
