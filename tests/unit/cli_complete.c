// SPDX-License-Identifier: GPL-2.0
/* What TAB offers. */
#include "cli_fake.h"
#include "session.h"

static void offers(const char *line, const char *expected_word, const char *expected)
{
	const char *list[COMPLETE_MAX], *word;
	int count = complete_line(line, list, &word);
	char text[1024] = "";

	for (int i = 0; i < count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, list[i]);
	}
	assert_string_equal(word, expected_word);
	assert_string_equal(text, expected);
}

static void test_commands(void **state)
{
	(void)state;
	offers("", "", "!exception !interrupt events inject load unload status settings stats "
		       "sleep wait eval print ? .script help exit");
	offers("  !", "!", "!exception !interrupt");
	offers("EVEN", "EVEN", "events");
	offers("help u", "u", "unload");
	offers("frob ", "", "");
	offers("frob", "frob", "");
	offers("load ", "", "vmm");
	offers("settings ", "",
	       "radix swallow-limit fuel script-time script-errors allow-write-protect jit");
	offers("setting radix 1", "1", "10 16");
	offers("settings s", "s", "swallow-limit script-time script-errors");
	offers("settings jit ", "", "on off");
	offers("settings allow-write-protect y", "y", "yes");
	offers("settings fuel ", "", "");
	offers("settings radix 10 ", "", "");
	offers("event ", "", "e d c");
	offers("events d ", "", "all");
	offers("status ", "", "");
	offers("inject ", "", "type error address length core pid force");
	offers("inject 6 type ", "", "interrupt nmi exception int-n int1 int3-into");
	offers("inject 6 type INT3", "INT3", "int3-into");
	offers("inject 6 type so", "so", "");	/* taken, but not offered */
	offers("inject 6 f", "f", "force");
}

static void test_options(void **state)
{
	(void)state;
	offers("!exception #p", "#p", "#PF");
	offers("!exception e p", "p", "pid");
	offers("!exception e pid ", "", "all name:");
	offers("!exception e sc o", "o", "on off");
	offers("!exception e imm ", "", "yes no");
	offers("!exception e stage ", "", "pre post all");
	offers("!interrupt ", "", "pid core sc stage imm force when script trace buffer");
	offers("!interrupt ec core a", "a", "all");
	/* What comes later is not offered. */
	offers("!exception e cod", "cod", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests_name("cli_complete", tests, NULL, NULL);
}
