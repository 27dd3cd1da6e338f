// SPDX-License-Identifier: GPL-2.0
/* Scripts in commands: compiled and sent, what they print and how they fail, eval. */
#include <errno.h>
#include <trapgate/bytecode.h>
#include <unistd.h>

#include "cli_fake.h"

static struct fake f;
static struct fake_result r;

#define RUN(...) fake_run(&f, &r, __VA_ARGS__, NULL)

static int setup(void **state)
{
	(void)state;
	fake_init(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_free(&f);
	return 0;
}

static void add_text(unsigned int cpu, __u64 ns, const char *text, bool more)
{
	struct tg_record rec = fake_record(0, cpu, ns);
	struct tg_text_record t = {
		.kind = TG_REC_TEXT, .size = sizeof(t), .tsc = rec.tsc, .cpu = (__u16)cpu,
		.pid = 1168,
		.tid = 1169, .length = (__u8)strlen(text), .flags = more ? TG_TEXTF_MORE : 0,
	};

	memcpy(t.text, text, strlen(text));
	memcpy(&f.pending[f.nr_pending++], &t, sizeof(t));
}

static void test_sent(void **state)
{
	(void)state;
	RUN("-q", "--for", "0.01", "-e",
	    "!exception e when { $error & 4 } script { .x++; } trace script { print(.x); } "
	    "buffer 0n20");
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, 0);
	assert_int_equal(f.last_script.add.spec.action, TG_ACTION_SCRIPT);
	assert_int_equal(f.last_script.nr_actions, 3);
	assert_int_equal(f.last_script.buffer, 24);
	assert_true(f.script_size[0] && f.script_size[1] && f.script_size[3]);
	assert_int_equal(f.last_script.action[1].action, TG_ACTION_TRACE);
	assert_int_equal(f.last_script.action[3].action, 0);
	RUN("-q", "--for", "0.01", "-e", "!exception e when { 1 }");
	assert_int_equal(f.last_script.nr_actions, 1);
	assert_int_equal(f.last_script.action[0].action, TG_ACTION_TRACE);
}

/* Nothing is sent, not even the device is opened. */
static void test_does_not_compile(void **state)
{
	(void)state;
	RUN("-e", "!exception e script { x = 1;\n  y = ; }");
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "script:2:7: error: ");
	assert_contains(r.err, "\n  y = ; \n      ^\n");
	assert_contains(r.err, "trapgate: the script of the event does not compile: 1 error\n");
	assert_int_equal(f.opened, 0);
	RUN("-e", "!exception e when { $nonsense }");
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "the condition of the event does not compile: 1 error");
	RUN("--json", "-e", "!exception e script { x = ; }");
	assert_contains(r.out, "{\"type\":\"diagnostic\",\"file\":\"script\",\"line\":1,"
			       "\"column\":27,\"text\":");
}

/* Places are those in the file of commands. */
static void test_in_files(void **state)
{
	char path[] = "/tmp/cli_actionsXXXXXX", command[200], want[100];
	int fd = mkstemp(path);
	const char *text = "# comment\n!exception e script {\n  a = 1;\n  b = 2 +;\n}\n";

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	RUN("-f", path);
	assert_int_equal(r.status, 1);
	snprintf(want, sizeof(want), "%s:4:10: error: ", path);
	assert_contains(r.err, want);
	assert_int_equal(ftruncate(fd, 0), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(write(fd, "x = 1;\ny = z 5;\n", 16), 16);
	snprintf(command, sizeof(command), "!exception e script { file:%s }", path + 0);
	snprintf(want, sizeof(want), "%s:2:", path);
	snprintf(command, sizeof(command), "!exception e script {file:%s }", path);
	RUN("-e", command);
	assert_contains(r.err, want);
	close(fd);
	unlink(path);
	RUN("-e", command);
	assert_contains(r.err, "cannot read /tmp/cli_actions");
	RUN("-q", "-e", "!exception e script {file:/tmp//no'such.ds}", "-e", "? 1");
	assert_contains(r.err, "cannot read /tmp//no'such.ds");
	RUN("-e", "!exception e script {file:/tmp/no.ds \n x = 1; }");
	assert_contains(r.err, "{file:/tmp/no.ds} must hold a path and nothing else: put the "
			       "script into the file or into the braces");
}

/* The last characters of a text: nothing behind its end is read. */
static void test_character_at_the_end(void **state)
{
	static const char *const ends[] = { "script {'\\", "script {'", "script {'a",
					    "script {'\\n", "script {'a'" };
	struct tg_tokens tokens;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char *text = strdup(ends[i]);

		assert_true(tg_token_open(text));
		assert_int_equal(tg_token_split(text, &tokens, NULL), -EINVAL);
		free(text);
	}
}

/* Braces in strings, characters and comments are none. */
static void test_braces(void **state)
{
	(void)state;
	RUN("-q", "--for", "0.01", "-e",
	    "!exception e script { printf(\"}\\\"{\\n\"); x = '}'; /* } */ // }\n y = 1; } sc off");
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, 0);
}

static void test_text(void **state)
{
	(void)state;
	add_text(0, 1000, "a\033[1m", true);
	add_text(1, 2000, "other\n", false);
	add_text(0, 3000, "b\n", false);
	add_text(0, 4000, "open", false);
	f.pending[f.nr_pending++] = fake_record(0, 1, 5000);
	RUN("-q", "-e", "!exception e script { x = 1; } trace", "-e", "wait 5", "-e", "exit");
	assert_int_equal(r.status, 0);
	assert_contains(r.out, "other\na?[1mb\nopen\n    0.000005   1 ");
}

static void test_text_json(void **state)
{
	(void)state;
	add_text(0, 1000, "a \"b\"", true);
	add_text(0, 1001, "c\n", false);
	RUN("-q", "--json", "-e", "!exception e script { x = 1; }", "-e", "wait 2", "-e", "exit");
	assert_contains(r.out, "{\"type\":\"text\",\"event\":0,\"time_ns\":1001,");
	assert_contains(r.out,
			"\"cpu\":0,\"pid\":1168,\"tid\":1169,\"text\":\"a \\\"b\\\"c\\n\"}\n");
}

/* A piece was lost: what is there is shown, and the rest is not put behind it. */
static void test_text_lost(void **state)
{
	(void)state;
	add_text(0, 1000, "first", true);
	f.seq[0] = 0;
	f.pending[f.nr_pending++] = fake_record(1, 0, 1500);
	add_text(0, 2000, "last\n", false);
	RUN("-q", "-e", "!exception e script { x = 1; }", "-e", "wait 3", "-e", "exit");
	assert_contains(r.out, "first");
	assert_contains(r.out, "last\n");
}

static void add_error(__u32 script, __u32 line)
{
	struct tg_record rec = fake_record(0, 0, 1000);

	rec.kind = TG_REC_SCRIPT_ERROR;
	rec.error = TG_ERR_READ;
	rec.address = 0x10;
	rec.rsp = line;
	rec.note = (__u8)script;
	f.pending[f.nr_pending++] = rec;
}

static void test_error(void **state)
{
	(void)state;
	add_error(1, 7);
	RUN("-q", "-e", "!exception e script { x = poi(10); }", "-e", "wait 1", "-e", "exit");
	assert_string_equal(r.out, "event 0: script:7: cannot read the memory at 10\n");
	f.nr_added = 0;
	add_error(0, 2);
	RUN("-q", "--json", "-e", "!exception e when { poi(10) }", "-e", "wait 1", "-e", "exit");
	assert_contains(r.out, "{\"type\":\"script_error\",\"event\":0,");
	assert_contains(r.out, "\"text\":\"cannot read the memory at "
			       "10\",\"script\":0,\"file\":\"script\",\"line\":2}");
}

static void test_events(void **state)
{
	(void)state;
	f.script_errors = 7;
	RUN("-q", "--for", "0.01", "-e", "!exception e script { x = 1; }", "-e", "events");
	assert_contains(r.out, "hits 0 swallowed 0 lost 0 errors 7\tpid ");
	RUN("--for", "0.01", "-e", "!exception e script { x = 1; }");
	assert_contains(r.out, "0 lost, 7 script errors: !exception e script { x = 1; }\n");
	f.reason = "script 1 is refused at instruction 5: unknown opcode";
	f.fail[16] = -EINVAL;
	RUN("-e", "!exception e script { x = 1; }");
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "cannot add the event: script 1 is refused at instruction 5: "
			       "unknown opcode");
}

static void test_eval_on_host(void **state)
{
	(void)state;
	RUN("-e", "? 5 + 3", "-e", "eval 0n10 * 2", "-e", "print (1 << 4)",
	    "-e", "? printf(\"}x %d\\n\", 2);",
	    "-e", "?{ v = 1; if (v) { print(v); } }");
	assert_string_equal(r.err, "");
	assert_string_equal(r.out, "8\n14\n10\n}x 2\n1\n");
	assert_int_equal(f.loads, 0);
	RUN("-e", "? x = poi(10);");
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "script:1: run-time error: cannot read the memory at 10\n");
	RUN("-e", "eval");
	assert_contains(r.err, "please specify an expression");
	RUN("-e", "print");
	assert_contains(r.err, "please specify an expression");
	/* As ?, and as HyperDbg's. */
	RUN("-e", "eval print(5);", "-e", "evaluate { x = 1; print(x); }", "-e", "evaluate 2 + 2");
	assert_string_equal(r.err, "");
	assert_string_equal(r.out, "5\n1\n4\n");
	/* Global variables and registers stay, those of a run do not. */
	RUN("-e", "? .a_ = 5; @rax = 6;", "-e", "eval .a_ + @rax", "-e", "? .a_++; print(.a_);",
	    "-e", "? v = v;");
	assert_string_equal(r.out, "b\n6\n");
	assert_contains(r.err, "unresolved variable 'v'");
	RUN("-e", "? for (i = 0; i < 0n1000; i++) { printf(\"%0100d\", i); }");
	assert_string_equal(r.err, "trapgate: 34464 bytes that the script printed are lost: only "
				   "65536 are shown\n");
	RUN("-e", "?");
	assert_contains(r.out, "!exception ");
	f.fail_open = -ENOENT;		/* no module at all */
	RUN("-e", "? 1 + 1");
	assert_string_equal(r.out, "2\n");
}

static void test_eval_in_module(void **state)
{
	(void)state;
	f.eval.value = 0x1234;
	f.eval_text = "hi\n";
	RUN("-e", "load vmm", "-e", "eval $pid", "-q");
	assert_string_equal(r.out, "hi\n1234\n");
	RUN("--json", "-q", "-e", "load vmm", "-e", "eval $pid");
	assert_contains(r.out, "{\"type\":\"eval\",\"where\":\"root\",\"value\":\"0x1234\","
			       "\"text\":\"hi\\n\",\"lost\":0}");
	f.eval.text_lost = 7;
	RUN("--json", "-q", "-e", "load vmm", "-e", "eval $pid");
	assert_contains(r.out, "\"text\":\"hi\\n\",\"lost\":7}");
	RUN("-q", "-e", "load vmm", "-e", "eval $pid");
	assert_contains(r.err, "7 bytes that the script printed are lost");
	f.eval.error = TG_ERR_READ;
	f.eval.error_value = 0x77;
	f.eval.line = 3;
	RUN("-q", "-e", "load vmm", "-e", "? x = poi(77);");
	assert_int_equal(r.status, 1);
	assert_string_equal(r.out, "hi\n");
	assert_contains(r.err, "script:3: run-time error: cannot read the memory at 77\n");
}

/* What a script printed may be anybody's: a process' name, or its memory. */
static void test_eval_harmless(void **state)
{
	(void)state;
	f.eval_text = "a\033[1m\302\233b\n";
	RUN("-q", "-e", "load vmm", "-e", "? x = 1;");
	assert_string_equal(r.out, "a?[1m??b\n");
	RUN("-q", "--json", "-e", "load vmm", "-e", "? x = 1;");
	assert_contains(r.out, "\"text\":\"a?[1m??b\\n\"");
	f.eval_text = NULL;
	f.fail_open = -ENOENT;
	RUN("-q", "-e", "? printf(\"a%c\\n\", 1b);");
	assert_string_equal(r.out, "a?\n");
}

static void test_eval_names_the_file(void **state)
{
	char path[] = "/tmp/cli_actionsXXXXXX", want[200];
	const char *text = "\n? x = poi(77);\n";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(want, sizeof(want), "%s:2: run-time error: cannot read the memory at 77\n", path);
	RUN("-q", "-f", path);
	assert_contains(r.err, want);
	f.eval.error = TG_ERR_READ;
	f.eval.error_value = 0x77;
	f.eval.line = 2;
	RUN("-q", "-e", "load vmm", "-f", path);
	assert_contains(r.err, want);
	unlink(path);
}

static void test_script_file(void **state)
{
	char path[] = "/tmp/cli_actionsXXXXXX", command[200];
	const char *text = "? printf(\"%s %d $arg11\\n\", \"$arg2\", 0n$arg1); "
			   "strlen(\"$arg0\");\n";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	snprintf(command, sizeof(command), ".script %s 42 \"a b\" 2 3 4 5 6 7 8 9 ten", path);
	RUN("-e", command);
	assert_string_equal(r.err, "");
	assert_string_equal(r.out, "a b 42 ten\n");
	snprintf(command, sizeof(command), ".script %s 42", path);
	RUN("-e", command);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, ":1: there is no $arg11: .script has 1 arguments\n");
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, "? printf(\"$arg0\\n\");\n", 21, 0), 21);
	snprintf(command, sizeof(command), "script %s", path);
	RUN("-e", command);
	snprintf(command, sizeof(command), "%s\n", path);
	assert_string_equal(r.out, command);
	/* itself, for ever */
	assert_int_equal(ftruncate(fd, 0), 0);
	snprintf(command, sizeof(command), ".script %s\n", path);
	assert_int_equal(pwrite(fd, command, strlen(command), 0), strlen(command));
	RUN("-e", command);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, ".script is nested more than 16 deep");
	close(fd);
	unlink(path);
	RUN("-e", ".script");
	assert_contains(r.err, "please specify a file");
}

static void test_settings(void **state)
{
	(void)state;
	RUN("-e", "settings fuel 0n5000", "-e", "settings script-errors 5", "-e",
	    "settings script-time 0n100", "-e", "settings allow-write-protect yes",
	    "-e", "settings jit on");
	assert_string_equal(r.out,
			    "fuel 0x1388 (5000)\nscript-errors 0x5 (5)\nscript-time 0x64 (100)\n"
				   "allow-write-protect yes\njit on\n");
	assert_int_equal(f.setting[TG_SET_FUEL], 5000);
	RUN("-e", "settings fuel 0");
	assert_contains(r.err, "fuel 0x0 (0) is out of range: 1 to 0n1000000000");
	RUN("-e", "settings jit maybe");
	assert_contains(r.err, "jit 'maybe' is invalid: on or off");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sent), TEST(test_does_not_compile), TEST(test_in_files),
		TEST(test_braces),
		TEST(test_text), TEST(test_text_json), TEST(test_text_lost), TEST(test_error),
		TEST(test_events), TEST(test_eval_on_host), TEST(test_eval_in_module),
		TEST(test_eval_harmless),
		TEST(test_eval_names_the_file), TEST(test_character_at_the_end),
		TEST(test_script_file), TEST(test_settings),
	};

	return cmocka_run_group_tests_name("cli_actions", tests, NULL, NULL);
}
