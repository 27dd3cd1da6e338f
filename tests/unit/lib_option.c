// SPDX-License-Identifier: GPL-2.0
/* The rows of options: what derives from them, and that each row is whole. */
#include <errno.h>

#include "cli_fake.h"
#include "session.h"

#define EXCEPTION	TG_OPTION_OF(TG_EVENT_EXCEPTION)
#define INTERRUPT	TG_OPTION_OF(TG_EVENT_INTERRUPT)
#define INJECT		TG_OPTION_OF_INJECT

#define EVENT_USAGE								\
	"[pid P|all|name:COMMAND] [core C|all] [sc on|off] [stage pre|post|all] "	\
	"[imm yes|no] [force] [when {EXPR}] [script {...}|{file:PATH}]... [trace] [buffer N]"
#define INJECT_USAGE								\
	"[type T] [error E] [address A] [length L] [core C] [pid P] [force]"

#define EVENT_NAMES	"pid, core, sc, stage, imm, force, when, script, trace, buffer"
#define INJECT_NAMES	"type, error, address, length, core, pid, force"

static struct tg_error error;

/* What the command says to the words: 0 or -errno, and .message. */
static int parse(const char *text)
{
	struct tg_command_ctx ctx = { .radix = 16 };
	struct tg_event_command event;
	struct tg_inject_spec inject;
	struct tg_tokens tokens;
	__u32 core;
	int rc;

	memset(&error, 0, sizeof(error));
	assert_int_equal(tg_token_split(text, &tokens, &error), 0);
	if (*text == '!')
		rc = tg_command_event(&tokens, text[2] == 'n' ? TG_EVENT_INTERRUPT :
				      TG_EVENT_EXCEPTION, &ctx, &event, &error);
	else
		rc = tg_command_inject(&tokens, 16, &inject, &core, &error);
	tg_token_free(&tokens);
	return rc;
}

static void test_usage(void **state)
{
	char usage[512];

	(void)state;
	assert_string_equal(tg_option_usage(EXCEPTION, usage, sizeof(usage)), EVENT_USAGE);
	assert_string_equal(tg_option_usage(INTERRUPT, usage, sizeof(usage)), EVENT_USAGE);
	assert_string_equal(tg_option_usage(INJECT, usage, sizeof(usage)), INJECT_USAGE);
	assert_string_equal(tg_option_usage(INJECT, usage, 12), "[type T] [e");
	assert_string_equal(tg_option_usage(0, usage, sizeof(usage)), "");
}

static void test_help(void **state)
{
	struct fake f;
	struct fake_result r;

	(void)state;
	fake_init(&f);
	fake_run(&f, &r, "-e", "help !interrupt", NULL);
	assert_contains(r.out, "!interrupt [vector] " EVENT_USAGE "\n");
	assert_contains(r.out, "\n  pid     P|all|name:COMMAND only the process with this id, "
			"or tasks with this command name\n");
	assert_null(strstr(r.out, "condition"));
	fake_run(&f, &r, "--json", "-e", "help inject", NULL);
	assert_contains(r.out, "\"usage\":\"vector " INJECT_USAGE "\"");
	fake_free(&f);
}

/* "on|off" is "on" and "off", with completion as in the usage. */
static void check_closed(const struct tg_option *o)
{
	char joined[64] = "";

	if (!o->takes || strpbrk(o->takes, "{ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return;
	for (int i = 0; o->values[i]; i++) {
		strcat(joined, i ? "|" : "");
		strcat(joined, o->values[i]);
	}
	assert_string_equal(joined, o->takes);
}

/* Help and a function, or the reason why there is none; no name twice in a command. */
static void test_rows(void **state)
{
	static const unsigned int users[] = { EXCEPTION, INTERRUPT, INJECT };
	static const char *const refused[] = { "code", "condition", "asm", "output" };
	const struct tg_option *o;

	(void)state;
	for (int i = 0; i < 3; i++) {
		for (o = NULL; (o = tg_option_next(users[i], o));) {
			assert_non_null(o->help);
			assert_non_null(o->take);
			assert_ptr_equal(tg_option_find(users[i], o->name), o);
			assert_true(!o->braces || *o->takes == '{');
			assert_true(!o->values || o->takes);
			check_closed(o);
		}
	}
	for (int i = 0; i < 4; i++) {
		o = tg_option_find(EXCEPTION, refused[i]);
		assert_non_null(o->refused);
		assert_null(tg_option_find(INJECT, refused[i]));
	}
	assert_null(tg_option_find(EXCEPTION, "type"));
	assert_null(tg_option_find(INJECT, "sc"));
	assert_ptr_not_equal(tg_option_find(INJECT, "PID"), tg_option_find(EXCEPTION, "pid"));
}

/* What completion offers is taken: name: alone is but a beginning. */
static void test_values(void **state)
{
	static const struct {
		unsigned int command;
		const char *text;
	} users[] = {
		{ EXCEPTION, "!exception" }, { INTERRUPT, "!interrupt" }, { INJECT, "inject 6" },
	};
	const char *list[COMPLETE_MAX], *word;
	const struct tg_option *o;
	char text[80];
	int count;

	(void)state;
	for (int i = 0; i < 3; i++) {
		for (o = NULL; (o = tg_option_next(users[i].command, o));) {
			snprintf(text, sizeof(text), "%s %s ", users[i].text, o->name);
			count = o->values ? complete_line(text, list, &word) : 0;
			for (int v = 0; v < count; v++) {
				assert_string_equal(list[v], o->values[v]);
				snprintf(text, sizeof(text), "%s %s %s%s", users[i].text, o->name,
					 list[v], strchr(list[v], ':') ? "x" : "");
				if (parse(text))
					fail_msg("%s: %s", text, error.message);
			}
			assert_true(!o->values || !o->values[count]);
		}
	}
}

static void test_sentences(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} table[] = {
		{ "!exception zz", -EINVAL,
		  "'zz' is neither a vector (00 to 1f, or a name such as #PF) nor "
		  "an option (" EVENT_NAMES ")" },
		{ "!interrupt zz", -EINVAL,
		  "'zz' is neither a vector (20 to ff) nor an option (" EVENT_NAMES ")" },
		{ "inject zz", -EINVAL,
		  "'zz' is neither a vector (0 to ff, or a name such as #GP) nor an "
		  "option (" INJECT_NAMES ")" },
		{ "!interrupt ec 7", -EINVAL, "unknown parameter '7': options are " EVENT_NAMES },
		{ "inject 6 7", -EINVAL, "unknown parameter '7': options are " INJECT_NAMES },
		{ "!exception condtion", -EINVAL,
		  "unknown option 'condtion': did you mean 'condition'?" },
		{ "inject 6 stage", -EINVAL,
		  "unknown parameter 'stage': options are " INJECT_NAMES },
		{ "inject 6 core all", -EINVAL,
		  "core 'all' is not a number: write hexadecimal digits, or 0n and decimal "
		  "digits" },
		{ "inject 6 error", -EINVAL, "please specify a value for 'error': E" },
		{ "!exception buffer", -EINVAL, "please specify a value for 'buffer': N" },
		{ "inject 6 error { }", -EINVAL, "please specify a value for 'error': E" },
		{ "!exception buffer { }", -EINVAL, "'buffer' takes no braces: write N" },
		{ "!exception { }", -EINVAL, "braces need an option before them: when, script" },
		{ "inject { }", -EINVAL, "inject takes no braces" },
		{ "inject 6 FORCE force", -EINVAL, "option 'force' is given twice" },
		{ "!exception WHEN {1} when {2}", -EINVAL, "option 'when' is given twice" },
		{ "!exception script {1} SCRIPT {2}", 0, "" },
		{ "!exception Asm", -EOPNOTSUPP,
		  "option 'asm' does not exist yet: it is a part of code and condition" },
		{ "!exception stage now", -EINVAL,
		  "stage 'now' is invalid: pre (before the guest gets it), post (at "
		  "its handler's first instruction) or all (both)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(parse(table[i].text), table[i].code);
		assert_string_equal(error.message, table[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage), cmocka_unit_test(test_help),
		cmocka_unit_test(test_rows), cmocka_unit_test(test_values),
		cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests_name("lib_option", tests, NULL, NULL);
}
