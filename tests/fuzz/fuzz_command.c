// SPDX-License-Identifier: GPL-2.0
/*
 * Random command lines through tokeniser, parser and completion, under the
 * sanitizers: whatever comes in, the answer is a valid event or a sentence.
 *
 * As a program: build/unit/cli_fuzz [COUNT [SEED]]. With -DTG_LIBFUZZER and
 * clang -fsanitize=fuzzer: a libFuzzer target.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)							\
	do {									\
		if (!(condition)) {						\
			fprintf(stderr, "%s:%d: %s\ninput: %s\n", __FILE__,	\
				__LINE__, #condition, input);			\
			abort();						\
		}								\
	} while (0)

static void check_event(const char *input, const struct tg_tokens *tokens,
			enum tg_event_type type, unsigned int radix)
{
	struct tg_command_ctx ctx = { .radix = radix, .default_pid = radix == 10 ? 7 : 0 };
	struct tg_error err = { };
	struct tg_event_command cmd;
	int rc = tg_command_event(tokens, type, &ctx, &cmd, &err);
	char text[512];

	CHECK(rc <= 0 && err.code == rc);
	CHECK(!rc == !*err.message);
	if (rc)
		return;
	CHECK(!(cmd.flags & ~TG_EV_ALL_FLAGS));
	CHECK(cmd.spec.vector == TG_ALL ||
	      (cmd.spec.vector < TG_NR_VECTORS &&
	       (cmd.spec.vector < TG_FIRST_INTERRUPT) == (type == TG_EVENT_EXCEPTION)));
	CHECK(memchr(cmd.spec.comm, 0, sizeof(cmd.spec.comm)));
	CHECK(memchr(cmd.spec.command, 0, sizeof(cmd.spec.command)));
	CHECK(!(cmd.flags & TG_EV_PID) == !cmd.spec.pid || cmd.flags & TG_EV_PID);
	CHECK(!((cmd.flags & TG_EV_PID) && (cmd.flags & TG_EV_COMM)));
	tg_format_event(&cmd.spec, cmd.flags, text, sizeof(text));
	json_decref(json_spec(&cmd.spec, cmd.flags));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *candidates[COMPLETE_MAX], *word;
	char *input = malloc(size + 1);
	struct tg_tokens tokens;
	struct tg_error err = { };
	int rc;

	if (!input)
		return 0;
	memcpy(input, data, size);
	input[size] = '\0';
	rc = tg_token_split(input, &tokens, &err);
	CHECK(!rc == !*err.message);
	CHECK(rc || !tg_token_open(input));
	if (!rc) {
		CHECK(tokens.count <= TG_MAX_TOKENS);
		for (unsigned int radix = 10; radix <= 16; radix += 6) {
			check_event(input, &tokens, TG_EVENT_EXCEPTION, radix);
			check_event(input, &tokens, TG_EVENT_INTERRUPT, radix);
		}
		tg_token_free(&tokens);
	}
	complete_line(input, candidates, &word);
	free(input);
	return 0;
}

#ifndef TG_LIBFUZZER

static unsigned long long random_state;

static unsigned int random_below(unsigned int n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state >> 33) % n;
}

/* Words that the parser knows, and what breaks parsers. */
static const char *const words[] = {
	"!exception", "!interrupt", "pid", "core", "sc", "stage", "imm", "force", "script", "code",
	"condition", "asm", "buffer", "output", "when", "all", "on", "off", "pre", "post", "yes",
	"no", "name:", "name:nginx", "#PF", "de", "e", "1f", "20", "ff", "0n14", "0x", "x1", "\\n9",
	"1`0", "ffffffff", "100000000", "ffffffffffffffffff", "-1", "{", "}", "\\{", "\\}", "\"",
	"\\\"", "//",
	"/*", "*/", "\n", "\t", "\\", "0", "settings", "radix", "events", "\x80\xff", "{}", "",
};

static void random_line(char *line, size_t size)
{
	unsigned int count = random_below(12);

	line[0] = '\0';
	for (unsigned int i = 0; i < count; i++) {
		const char *word = words[random_below(sizeof(words) / sizeof(words[0]))];

		if (strlen(line) + strlen(word) + 2 > size)
			break;
		strcat(line, word);
		if (random_below(4))
			strcat(line, " ");
	}
	while (*line && random_below(3) == 0)
		line[random_below((unsigned int)strlen(line))] = (char)(1 + random_below(255));
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 30000;
	char line[256];

	random_state = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x7261707467617465ull;
	printf("[ RUN      ] fuzz_command: %lu lines\n", count);
	for (unsigned long i = 0; i < count; i++) {
		random_line(line, sizeof(line));
		LLVMFuzzerTestOneInput((const uint8_t *)line, strlen(line));
	}
	printf("[       OK ] fuzz_command\n");
	return 0;
}

#endif
