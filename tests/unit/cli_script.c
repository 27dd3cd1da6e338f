// SPDX-License-Identifier: GPL-2.0
/* trapgate script: verbs, options, exit status; what goes to stdout and to stderr. */
#include <sys/stat.h>
#include <unistd.h>

#include "cli_fake.h"
#include "session.h"

#define RUN(...) fake_run(&f, &r, "script", __VA_ARGS__, NULL)

static struct fake f;
static struct fake_result r;
static char folder[] = "/tmp/trapgate-script-XXXXXX", path[64], data[64];

static int setup(void **state)
{
	(void)state;
	fake_init(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(f.opened, 0);
	fake_free(&f);
	return 0;
}

/* NAME.ds with a text, in a folder of its own. */
static void script(const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void usage(void **state)
{
	(void)state;
	fake_run(&f, &r, "script", NULL);
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "script takes check, dump, run or bench, not ''");
	RUN("walk", "x");
	assert_int_equal(r.status, 2);
	RUN("run");
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "script run needs a FILE");
	RUN("run", "--nonsense", path);
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "unknown option '--nonsense'");
	RUN("run", "-xy", path);
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "trapgate: unknown option '-x'\nTry 'trapgate script --help'.\n");
	RUN("run", "--eval=4", path);
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "unknown option '--eval=4'");
	RUN("run", "--reg");
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "option '--reg' needs a value");
	RUN("run", "--reg", "rax", path);
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "--reg 'rax' is not NAME=VALUE");
	RUN("run", "--reg", "rqx=5", path);
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "there is no register 'rqx' that can be set");
	RUN("run", "--reg", "rax=5z", path);
	assert_int_equal(r.status, 2);
	RUN("run", "--reg", "al=1ff", path);
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "--reg 'al=1ff': the register cannot have that value");
	RUN("run", "--reg", "cr8=10", path);
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "--reg 'cr8=10': the register cannot have that value");
	RUN("run", "--reg", "al=ff", path);
	assert_int_equal(r.status, 0);
	RUN("run", "--fuel", "0", path);
	assert_int_equal(r.status, 2);
	RUN("run", "--mem", "nofile", path);
	assert_int_equal(r.status, 2);
	RUN("run", "--mem", "/nonexistent@1000", path);
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "--mem: cannot read /nonexistent");
	RUN("run", "--buffer", "0", path);
	assert_int_equal(r.status, 2);
	RUN("run", "--context", "xyz", path);
	assert_int_equal(r.status, 2);
	RUN("--help");
	assert_int_equal(r.status, 0);
	assert_contains(r.out, "usage: trapgate script");
	assert_string_equal(r.err, "");
}

static void runs(void **state)
{
	(void)state;
	script("test_statement(@rax); printf(\"%llx %d\\n\", $context, $arg1);");
	RUN("run", "--reg", "rax=55", "--context", "e", path, "1 + 1");
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "55\ne 2\n");
	assert_string_equal(r.err, "");
	RUN("run", "--reg", "@rax=0n10", path, "7");
	assert_string_equal(r.out, "a\n0 7\n");
}

static void memory(void **state)
{
	FILE *file = fopen(data, "we");
	char option[100], beside[100], below[100];

	(void)state;
	assert_non_null(file);
	fwrite("\x11\x22\x33\x44\x55\x66\x77\x88", 1, 8, file);
	fclose(file);
	script("print(poi(1000)); eq($buffer, 5); print(poi($buffer));");
	snprintf(option, sizeof(option), "%s@1000", data);
	snprintf(beside, sizeof(beside), "%s@1008", data);
	snprintf(below, sizeof(below), "%s@ff8", data);
	RUN("run", "--mem", option, "--buffer", "10", path);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "8877665544332211\n5\n");
	/* Side by side, but not over each other. */
	RUN("run", "--mem", option, "--mem", beside, "--mem", below, "--buffer", "10", path);
	assert_int_equal(r.status, 0);
	for (int at = 0xff9; at < 0x1008; at++) {
		snprintf(beside, sizeof(beside), "%s@%x", data, at);
		RUN("run", "--mem", option, "--mem", beside, path);
		assert_int_equal(r.status, 2);
	}
	assert_contains(r.err, "overlaps other memory at address 1007");
}

static void run_time_error(void **state)
{
	char want[200];

	(void)state;
	script("print(1);\nx = poi(0);\n");
	RUN("run", path);
	assert_int_equal(r.status, 1);
	assert_string_equal(r.out, "1\n");
	snprintf(want, sizeof(want), "%s:2: run-time error: cannot read the memory at 0\n", path);
	assert_string_equal(r.err, want);
	script("for (i = 0; i < 100; i++) { }");
	RUN("run", "--fuel", "50", path);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "too many instructions");
	RUN("bench", "--fuel", "50", path);
	assert_int_equal(r.status, 1);
	RUN("run", "/nonexistent");
	assert_int_equal(r.status, 1);
	assert_string_equal(r.err,
			    "trapgate: cannot read /nonexistent: No such file or directory\n");
	RUN("run", folder);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "Is a directory");
}

static void compile_error(void **state)
{
	char want[300];

	(void)state;
	script("x = 1;\n\ty = prinf(x);\nz = wrong;\n");
	snprintf(want, sizeof(want),
		 "%s:2:6: error: undefined function 'prinf'\n\ty = prinf(x);\n\t    ^^^^^\n"
		 "hint: did you mean 'printf'?\n", path);
	for (int i = 0; i < 4; i++) {
		static const char *const verbs[] = { "check", "dump", "run", "bench" };

		RUN(verbs[i], path);
		assert_int_equal(r.status, 4);
		assert_string_equal(r.out, "");
		assert_memory_equal(r.err, want, strlen(want));
		assert_contains(r.err, ":3:5: error: unresolved variable 'wrong'\n");
	}
}

/* option: "" for none */
static double bench_ns(const char *option)
{
	if (*option)
		RUN("bench", option, path);
	else
		RUN("bench", path);
	assert_int_equal(r.status, 0);
	return strtod(r.out, NULL);
}

static void checks_and_dumps(void **state)
{
	(void)state;
	script("print(1);");
	RUN("check", path);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "");
	script("if (@rax == 55) { .cnt++; }");
	RUN("dump", path);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "global .cnt: offset 0, 8 bytes\n"
			    "function 0 (script): 0 parameters, 1 registers, 0 bytes\nline 1\n"
			    "    0  jner @rax, 0x55, 2\n    1  incg 0x1, global+0\n    2  exit\n");
	RUN("bench", path);
	assert_int_equal(r.status, 0);
	assert_contains(r.out, " ns a run\n");
	script("s = 0; for (i = 0; i < 0n10000; i++) { s += i; }");
	assert_true(bench_ns("--no-jit") > 2 * bench_ns(""));
	script("@rax * 2");
	RUN("run", "--eval", "--reg", "rax=21", path);
	assert_string_equal(r.out, "42\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(usage, setup, teardown),
		cmocka_unit_test_setup_teardown(runs, setup, teardown),
		cmocka_unit_test_setup_teardown(memory, setup, teardown),
		cmocka_unit_test_setup_teardown(run_time_error, setup, teardown),
		cmocka_unit_test_setup_teardown(compile_error, setup, teardown),
		cmocka_unit_test_setup_teardown(checks_and_dumps, setup, teardown),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/test.ds", folder);
	snprintf(data, sizeof(data), "%s/data", folder);
	script("");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	unlink(data);
	rmdir(folder);
	return failed;
}
