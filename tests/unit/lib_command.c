// SPDX-License-Identifier: GPL-2.0
/*
 * Tokens and event commands: every option with good, missing, malformed,
 * out-of-range and duplicate values.
 */
#include <errno.h>

#include "cli_fake.h"

static struct tg_error error;

static int parse(const char *text, unsigned int radix, __u32 default_pid,
		 struct tg_event_command *cmd)
{
	struct tg_command_ctx ctx = { .radix = radix, .default_pid = default_pid };
	enum tg_event_type type;
	struct tg_tokens tokens;
	int rc;

	memset(&error, 0, sizeof(error));
	rc = tg_token_split(text, &tokens, &error);
	if (rc)
		return rc;
	type = strstr(text, "nterrupt") ? TG_EVENT_INTERRUPT : TG_EVENT_EXCEPTION;
	rc = tg_command_event(&tokens, type, &ctx, cmd, &error);
	tg_token_free(&tokens);
	return rc;
}

struct good {
	const char *text;
	__u32 vector, core, pid, flags;
	const char *comm;
};

static void test_good(void **state)
{
	static const struct good table[] = {
		{ "!exception", TG_ALL, TG_ALL, 0, 0, "" },
		{ "!exception 0", 0, TG_ALL, 0, 0, "" },
		{ "!exception 1f", 0x1f, TG_ALL, 0, 0, "" },
		{ "!exception 0n14", 14, TG_ALL, 0, 0, "" },
		{ "!exception 0xE", 14, TG_ALL, 0, 0, "" },
		{ "!exception #PF", 14, TG_ALL, 0, 0, "" },
		{ "!exception pf", 14, TG_ALL, 0, 0, "" },
		{ "!exception Nmi", 2, TG_ALL, 0, 0, "" },
		{ "!exception de", 0, TG_ALL, 0, 0, "" },
		{ "!exception db", 1, TG_ALL, 0, 0, "" },
		{ "!interrupt", TG_ALL, TG_ALL, 0, 0, "" },
		{ "!interrupt 20", 0x20, TG_ALL, 0, 0, "" },
		{ "!interrupt de", 0xde, TG_ALL, 0, 0, "" },
		{ "!interrupt ff", 0xff, TG_ALL, 0, 0, "" },
		{ "!exception e pid 490", 14, TG_ALL, 0x490, TG_EV_PID, "" },
		{ "!exception e pid 0n490", 14, TG_ALL, 490, TG_EV_PID, "" },
		{ "!exception pid 490 e", 14, TG_ALL, 0x490, TG_EV_PID, "" },
		{ "!exception e pid ALL", 14, TG_ALL, 0, 0, "" },
		{ "!exception e pid 7fffffff", 14, TG_ALL, 0x7fffffff, TG_EV_PID, "" },
		{ "!exception e pid name:nginx", 14, TG_ALL, 0, TG_EV_COMM, "nginx" },
		{ "!exception e pid NAME:Nginx", 14, TG_ALL, 0, TG_EV_COMM, "Nginx" },
		{ "!exception e pid name:123456789012345", 14, TG_ALL, 0, TG_EV_COMM,
		  "123456789012345" },
		{ "!exception e pid \"name:Web Content\"", 14, TG_ALL, 0, TG_EV_COMM,
		  "Web Content" },
		{ "!exception e pid name:\"Web Content\"", 14, TG_ALL, 0, TG_EV_COMM,
		  "Web Content" },
		{ "!exception e core 1", 14, 1, 0, 0, "" },
		{ "!exception e core 10", 14, 16, 0, 0, "" },
		{ "!exception e core all", 14, TG_ALL, 0, 0, "" },
		{ "!exception 6 sc on", 6, TG_ALL, 0, TG_EV_SWALLOW, "" },
		{ "!exception 6 SC ON", 6, TG_ALL, 0, TG_EV_SWALLOW, "" },
		{ "!exception 6 sc off", 6, TG_ALL, 0, 0, "" },
		{ "!exception 6 stage pre", 6, TG_ALL, 0, 0, "" },
		{ "!exception 6 imm yes", 6, TG_ALL, 0, TG_EV_IMMEDIATE, "" },
		{ "!exception 6 imm no", 6, TG_ALL, 0, 0, "" },
		{ "!exception 6 force", 6, TG_ALL, 0, TG_EV_FORCE, "" },
		{ "!interrupt ec sc on force imm yes core 1 pid 5 stage pre", 0xec, 1, 5,
		  TG_EV_SWALLOW | TG_EV_FORCE | TG_EV_IMMEDIATE | TG_EV_PID, "" },
		{ "!exception /* all of it */ e // really", 14, TG_ALL, 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct tg_event_command cmd;

		if (parse(table[i].text, 16, 0, &cmd))
			fail_msg("%s: %s", table[i].text, error.message);
		assert_int_equal(cmd.spec.vector, table[i].vector);
		assert_int_equal(cmd.spec.core, table[i].core);
		assert_int_equal(cmd.spec.pid, table[i].pid);
		assert_int_equal(cmd.flags, table[i].flags);
		assert_string_equal(cmd.spec.comm, table[i].comm);
		assert_int_equal(cmd.spec.stage, TG_STAGE_PRE);
		assert_int_equal(cmd.spec.action, TG_ACTION_TRACE);
	}
}

struct bad {
	const char *text;
	int code;
	const char *message;
};

static const struct bad bad_table[] = {
	/* vector */
	{ "!exception 20", -EINVAL,
	  "vector '20' is 0x20 (32), an interrupt: !exception takes 00 to 1f, use !interrupt 20" },
	{ "!exception ff", -EINVAL, "use !interrupt ff" },
	{ "!exception 100", -ERANGE, "vector '100' is too large: !exception takes 00 to 1f" },
	{ "!exception ffffffffffffffffffff", -ERANGE, "is too large" },
	{ "!interrupt 1f", -EINVAL,
	  "vector '1f' is 0x1f (31), an exception: !interrupt takes 20 to ff, use !exception 1f" },
	{ "!interrupt #PF", -EINVAL,
	  "vector '#PF' is 0xe (14), an exception: !interrupt takes 20 to ff, use !exception #PF" },
	{ "!interrupt 100", -ERANGE, "vector '100' is too large: !interrupt takes 20 to ff" },
	{ "!exception #ZZ", -EINVAL,
	  "'#ZZ' is neither a vector (00 to 1f, or a name such as #PF) nor an option" },
	{ "!exception -1", -EINVAL, "'-1' is neither a vector" },
	{ "!interrupt zz", -EINVAL, "'zz' is neither a vector (20 to ff) nor an option" },
	{ "!exception e d", -EINVAL, "unknown parameter 'd'" },
	{ "!exception \"\"", -EINVAL, "'' is neither a vector" },
	{ "!exception e pit 5", -EINVAL, "unknown option 'pit': did you mean 'pid'?" },
	{ "!exception cor 1", -EINVAL, "unknown option 'cor': did you mean 'core'?" },
	{ "!exception {e}", -EINVAL, "braces need an option before them: when, script" },
	/* pid */
	{ "!exception e pid", -EINVAL, "please specify a value for 'pid': P|all|name:COMMAND" },
	{ "!exception e pid xyz", -EINVAL,
	  "pid 'xyz' is not a number: write hexadecimal digits, or 0n and decimal digits; "
	  "or all, or name:COMMAND" },
	{ "!exception e pid core 1", -EINVAL, "pid 'core' is not a number" },
	{ "!exception e pid -1", -EINVAL, "pid '-1' is not a number" },
	{ "!exception e pid 80000000", -ERANGE,
	  "pid '80000000' is too large: the maximum is 0x7fffffff (0n2147483647)" },
	{ "!exception e pid fffffffffffffffff", -ERANGE, "is too large" },
	{ "!exception e pid 5 pid 5", -EINVAL, "option 'pid' is given twice" },
	{ "!exception e pid all PID 5", -EINVAL, "option 'pid' is given twice" },
	{ "!exception e pid name:", -EINVAL, "pid 'name:' needs a command name, such as" },
	{ "!exception e pid name:1234567890123456", -EINVAL,
	  "command name '1234567890123456' has 16 characters, but the kernel keeps 15 at most" },
	{ "!exception e pid {5}", -EINVAL, "'pid' takes no braces: write P|all|name:COMMAND" },
	/* core */
	{ "!exception e core", -EINVAL, "please specify a value for 'core': C|all" },
	{ "!exception e core one", -EINVAL, "core 'one' is not a number" },
	{ "!exception e core ffffffff", -ERANGE, "core 'ffffffff' is too large" },
	{ "!exception e core 100000000", -ERANGE, "core '100000000' is too large" },
	{ "!exception e core 1 core 0", -EINVAL, "option 'core' is given twice" },
	/* sc */
	{ "!exception e sc", -EINVAL, "please specify a value for 'sc': on|off" },
	{ "!exception e sc yes", -EINVAL,
	  "sc 'yes' is invalid: on (the guest does not get the event) or off" },
	{ "!exception e sc on sc on", -EINVAL, "option 'sc' is given twice" },
	/* stage */
	{ "!exception e stage", -EINVAL, "please specify a value for 'stage': pre|post|all" },
	{ "!exception e sc on stage post pid 5", -EINVAL,
	  "sc on and stage post cannot be used together: an event that the guest does not get "
	  "has no post stage" },
	{ "!exception e stage all sc on pid 5", -EINVAL,
	  "sc on and stage all cannot be used together" },
	{ "!exception e stage now", -EINVAL, "stage 'now' is invalid" },
	{ "!exception e stage pre stage pre", -EINVAL, "option 'stage' is given twice" },
	/* imm, force */
	{ "!exception e imm", -EINVAL, "please specify a value for 'imm': yes|no" },
	{ "!exception e imm on", -EINVAL, "imm 'on' is invalid: yes or no" },
	{ "!exception e imm yes imm yes", -EINVAL, "option 'imm' is given twice" },
	{ "!exception e force force", -EINVAL, "option 'force' is given twice" },
	/* what is to come */
	{ "!exception e SCRIPT", -EINVAL,
	  "'script' needs braces: script {...}|{file:PATH}" },
	{ "!exception e script x", -EINVAL, "'script' needs braces: script" },
	{ "!exception e when 1", -EINVAL, "'when' needs braces: when {EXPR}" },
	{ "!exception e when {1} when {2}", -EINVAL, "option 'when' is given twice" },
	{ "!exception e script { }", -EINVAL, "the braces of 'script' are empty" },
	{ "!exception e when {}", -EINVAL, "the braces of 'when' are empty" },
	{ "!exception e trace trace", -EINVAL, "option 'trace' is given twice" },
	{ "!exception e buffer 100", -EINVAL, "buffer needs a script or a condition" },
	{ "!exception e buffer 0 script {x}", -EINVAL, "a buffer needs at least one byte" },
	{ "!exception e buffer 100001 script {x}", -ERANGE, "buffer '100001' is too large" },
	{ "!exception e script {1} script {2} script {3} script {4} script {5} script {6} "
	  "script {7} script {8} script {9}",
	  -EINVAL, "an event has at most 8 actions" },
	{ "!exception e code {90}", -EOPNOTSUPP, "option 'code' does not exist yet: use script" },
	{ "!exception e condition {90}", -EOPNOTSUPP,
	  "option 'condition' does not exist yet: use when" },
	{ "!exception e asm code {nop}", -EOPNOTSUPP,
	  "option 'asm' does not exist yet: it is a part of code" },
	{ "!exception e output {a}", -EOPNOTSUPP,
	  "option 'output' does not exist yet: records go" },
	/* tokens */
	{ "!exception e pid \"name:a", -EINVAL, "a string is not closed" },
	{ "!exception e script {", -EINVAL, "braces are not closed" },
	{ "!exception e }", -EINVAL, "there is a '}' without a '{'" },
	{ "!exception e /* x", -EINVAL, "a comment is not closed" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_table) / sizeof(bad_table[0]); i++) {
		struct tg_event_command cmd;
		int rc = parse(bad_table[i].text, 16, 0, &cmd);

		if (!rc)
			fail_msg("accepted: %s", bad_table[i].text);
		assert_contains(error.message, bad_table[i].message);
		assert_int_equal(rc, bad_table[i].code);
		assert_int_equal(error.code, rc);
	}
}

static void test_radix_10(void **state)
{
	struct tg_event_command cmd;

	(void)state;
	assert_int_equal(parse("!exception 14 pid 490 core 10", 10, 0, &cmd), 0);
	assert_int_equal(cmd.spec.vector, 14);
	assert_int_equal(cmd.spec.pid, 490);
	assert_int_equal(cmd.spec.core, 10);
	assert_int_equal(parse("!exception 0xe pid x490", 10, 0, &cmd), 0);
	assert_int_equal(cmd.spec.pid, 0x490);
	assert_int_equal(parse("!exception e", 10, 0, &cmd), -EINVAL);
	assert_int_equal(parse("!exception pid 1f", 10, 0, &cmd), -EINVAL);
	assert_contains(error.message, "write decimal digits, or 0x and hexadecimal digits");
}

static void test_default_pid(void **state)
{
	struct tg_event_command cmd;

	(void)state;
	assert_int_equal(parse("!exception 0", 16, 77, &cmd), 0);
	assert_int_equal(cmd.flags, TG_EV_PID | TG_EV_FOLLOW);
	assert_int_equal(cmd.spec.pid, 77);
	assert_int_equal(parse("!exception 0 pid all", 16, 77, &cmd), 0);
	assert_int_equal(cmd.flags, 0);
	assert_int_equal(cmd.spec.pid, 0);
	assert_int_equal(parse("!exception 0 pid 5", 16, 77, &cmd), 0);
	assert_int_equal(cmd.flags, TG_EV_PID);
	assert_int_equal(cmd.spec.pid, 5);
	assert_int_equal(parse("!exception 0 pid name:a", 16, 77, &cmd), 0);
	assert_int_equal(cmd.flags, TG_EV_COMM);
	assert_int_equal(cmd.spec.pid, 0);
}

static void test_command_text(void **state)
{
	struct tg_event_command cmd;
	char text[600] = "!exception e";

	(void)state;
	assert_int_equal(parse("  !exception \t e  // c\n pid\n name:a ", 16, 0, &cmd), 0);
	assert_string_equal(cmd.spec.command, "!exception e pid name:a");
	strcat(text, " pid 0x");
	memset(text + strlen(text), '0', 400);
	strcat(text, "5");
	assert_int_equal(parse(text, 16, 0, &cmd), 0);
	assert_int_equal(cmd.spec.pid, 5);
	assert_int_equal(strlen(cmd.spec.command), TG_COMMAND_LEN - 1);
	assert_string_equal(cmd.spec.command + TG_COMMAND_LEN - 4, "...");
}

static void split(const char *text, int count, const char *const *expected)
{
	struct tg_tokens tokens;

	assert_int_equal(tg_token_split(text, &tokens, &error), 0);
	assert_int_equal(tokens.count, count);
	for (int i = 0; i < count; i++)
		assert_string_equal(tokens.token[i].text, expected[i]);
	tg_token_free(&tokens);
}

static void test_tokens(void **state)
{
	char many[400] = "";
	struct tg_tokens tokens;

	(void)state;
	split("", 0, NULL);
	split(" \t\r\n", 0, NULL);
	split("a b", 2, (const char *const[]){ "a", "b" });
	split("a{b{c}d}e", 3, (const char *const[]){ "a", "b{c}d", "e" });
	split("{}{}", 2, (const char *const[]){ "", "" });
	split("a \"b c\" d", 3, (const char *const[]){ "a", "b c", "d" });
	split("a \"b\\\"c\"", 2, (const char *const[]){ "a", "b\"c" });
	split("a\\{b \\x12 \\n5", 3, (const char *const[]){ "a{b", "\\x12", "\\n5" });
	split("{a \\} b}", 1, (const char *const[]){ "a \\} b" });
	split("{a // b\n}", 1, (const char *const[]){ "a // b\n" });
	split("a//b}\nc", 2, (const char *const[]){ "a", "c" });
	split("a/*{*/b", 2, (const char *const[]){ "a", "b" });
	split("\"/*\"", 1, (const char *const[]){ "/*" });
	for (int i = 0; i < TG_MAX_TOKENS + 1; i++)
		strcat(many, "a ");
	assert_int_equal(tg_token_split(many, &tokens, &error), -EINVAL);
	assert_contains(error.message, "too many words");
}

static void test_open(void **state)
{
	(void)state;
	assert_false(tg_token_open(""));
	assert_false(tg_token_open("events"));
	assert_true(tg_token_open("a {"));
	assert_true(tg_token_open("a { b { }"));
	assert_false(tg_token_open("a { b { } }"));
	assert_true(tg_token_open("a \"b"));
	assert_true(tg_token_open("a /* b"));
	assert_false(tg_token_open("a // {"));
	assert_false(tg_token_open("a }"));
	assert_true(tg_token_open("a {\\}"));
}

static void test_nearest(void **state)
{
	static const char *const words[] = { "events", "exit", "help", "!exception", "!interrupt" };

	(void)state;
	assert_string_equal(tg_command_nearest("evnts", words, 5), "events");
	assert_string_equal(tg_command_nearest("EVENTS", words, 5), "events");
	assert_string_equal(tg_command_nearest("exception", words, 5), "!exception");
	assert_string_equal(tg_command_nearest("!interupt", words, 5), "!interrupt");
	assert_null(tg_command_nearest("frobnicate", words, 5));
	assert_null(tg_command_nearest("", words, 5));
	assert_null(tg_command_nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", words, 5));
}

static void test_types(void **state)
{
	const struct tg_event_type_row *row = tg_event_type_by_command("!INTERRUPT");

	(void)state;
	assert_int_equal(tg_nr_event_types, 2);
	assert_int_equal(row->type, TG_EVENT_INTERRUPT);
	assert_int_equal(row->first, 0x20);
	assert_int_equal(row->last, 0xff);
	assert_null(row->example);
	assert_null(tg_event_type_by_command("interrupt"));
	row = tg_event_type_find(TG_EVENT_EXCEPTION);
	assert_string_equal(row->command, "!exception");
	assert_true(tg_event_type_takes(row, 0x1f));
	assert_false(tg_event_type_takes(row, 0x20));
	assert_true(tg_event_type_takes(row, tg_vector_by_name(row->example)->vector));
	assert_null(tg_event_type_find(3));
	assert_string_equal(tg_command_name(TG_EVENT_EXCEPTION), "!exception");
	assert_string_equal(tg_command_name(TG_EVENT_INTERRUPT), "!interrupt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_radix_10),
		cmocka_unit_test(test_default_pid),
		cmocka_unit_test(test_command_text),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests_name("lib_command", tests, NULL, NULL);
}
