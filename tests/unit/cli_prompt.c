// SPDX-License-Identifier: GPL-2.0
/*
 * The prompt on a pseudo terminal: editing, completion, continuation, Ctrl-C,
 * history, and records that come while a line is being typed.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli_fake.h"
#include "session.h"

static int terminal;
static pid_t child;
static char seen[65536];
static size_t seen_length;
static char home[] = "/tmp/trapgate-home-XXXXXX";

static __u64 start_ns;

static __u64 clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;
}

static __u64 clock_tsc(void *ctx)
{
	(void)ctx;
	return FAKE_TSC0 + clock_ns() - start_ns;
}

/* The child: the command over a fake whose second record is young. */
static int child_main(char **argv)
{
	static struct fake f;
	int argc = 0, status;

	while (argv[argc])
		argc++;
	fake_init(&f);
	f.sys.tsc = clock_tsc;
	start_ns = clock_ns();
	f.pending[f.nr_pending++] = fake_record(0, 0, 1000);
	f.pending[f.nr_pending++] = fake_record(0, 0, 2500000000);
	status = trapgate_main(argc, argv, &f.sys);
	if (!f.opened || f.opened == f.closed)
		return status;
	return 99;
}

static void begin(char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 40 };

	seen_length = 0;
	seen[0] = '\0';
	fflush(stdout);
	child = forkpty(&terminal, NULL, NULL, &size);
	assert_true(child >= 0);
	if (!child) {
		alarm(60);			/* never hang the suite */
		setenv("HOME", home, 1);
		setenv("TERM", "xterm", 1);
		exit(child_main(argv));
	}
}

/* Waits until text was seen behind what was expected before. */
static void expect_at(const char *text, int line)
{
	__u64 end = clock_ns() + 20000000000ull;

	for (;;) {
		struct pollfd fd = { .fd = terminal, .events = POLLIN };
		char *at = strstr(seen, text);
		ssize_t n = 0;

		if (at) {
			at += strlen(text);
			seen_length -= (size_t)(at - seen);
			memmove(seen, at, seen_length + 1);
			return;
		}
		if (clock_ns() < end && poll(&fd, 1, 200) > 0)
			n = read(terminal, seen + seen_length, sizeof(seen) - seen_length - 1);
		if (clock_ns() >= end || n < 0) {
			print_error("expected: %s\nin:       %s\n", text, seen);
			_fail(__FILE__, line);
		}
		seen_length += (size_t)n;
		seen[seen_length] = '\0';
	}
}

#define expect(text) expect_at(text, __LINE__)

static void type(const char *text)
{
	assert_int_equal(write(terminal, text, strlen(text)), strlen(text));
}

static void end(int expected)
{
	int status;

	/* What it still writes must be read, or it cannot end. */
	while (read(terminal, seen, sizeof(seen) - 1) > 0)
		continue;
	assert_int_equal(waitpid(child, &status, 0), child);
	close(terminal);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected);
}

/* libedit never frees the names given with EL_ADDFN. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:wcsdup\n";
}

static char *no_options[] = { (char *)"trapgate", NULL };

static void test_commands(void **state)
{
	(void)state;
	begin(no_options);
	expect("'help' lists the commands");
	expect("trapgate> ");
	type("settings radix 10\r");
	expect("radix 10 (numbers without a prefix are decimal)");
	expect("trapgate> ");
	type("frob\r");
	expect("unknown command 'frob': 'help' lists the commands");
	expect("trapgate> ");
	type("exit\r");
	end(0);
}

static void test_end_of_file(void **state)
{
	(void)state;
	begin(no_options);
	expect("trapgate> ");
	type("\004");
	end(0);
}

static void test_editing(void **state)
{
	(void)state;
	begin(no_options);
	expect("trapgate> ");
	type("settings radix 1x\1770\001\005\r");	/* backspace, home, end */
	expect("radix 10 (");
	expect("trapgate> ");
	type("\020\1776\r");				/* history: radix 1, then 6 */
	expect("radix 16 (");
	type("exit\r");
	end(0);
}

static void test_continuation(void **state)
{
	(void)state;
	begin(no_options);
	expect("trapgate> ");
	type("help {\r");
	expect("\n> ");
	type("more }\r");
	expect("no help for ");
	expect("trapgate> ");
	type("help {\r");
	expect("\n> ");
	type("\003");					/* Ctrl-C: given up */
	expect("^C");
	expect("trapgate> ");
	type("exit\r");
	end(0);
}

static void test_completion(void **state)
{
	(void)state;
	begin(no_options);
	expect("trapgate> ");
	type("sett\tra\t10\r");
	expect("radix 10 (");
	expect("trapgate> ");
	type("!e\t");
	expect("xception ");
	type("\003");
	expect("^C");
	expect("trapgate> ");
	type("s\t");
	expect("status  settings  stats  sleep");
	type("\025exit\r");
	end(0);
}

static void test_records_while_typing(void **state)
{
	(void)state;
	begin(no_options);
	expect("trapgate> ");
	type("load vmm\r!exception e\r");
	expect("event 0: !exception 0xe (14) #PF");
	expect("    0.000001   0 1168/1169 ");
	type("settings rad");
	expect("settings rad");
	/* The young record: above the line, that is drawn again behind it. */
	expect("    2.500000   0 1168/1169 ");
	expect("address 0x000000000dead000");
	expect("trapgate> settings rad");
	type("ix\r");
	expect("radix 16 (");
	type("exit\r");
	end(0);
}

static void test_wait_ends(void **state)
{
	(void)state;
	begin(no_options);
	expect("trapgate> ");
	type("load vmm\r!exception e\rwait\r");
	expect("    2.500000   0 1168/1169 ");
	type("\003");
	expect("trapgate> ");
	type("events\r");
	expect("(enabled)");
	type("exit\r");
	end(0);
}

static void test_terminated(void **state)
{
	(void)state;
	begin(no_options);
	expect("trapgate> ");
	kill(child, SIGTERM);
	end(0);
}

static void test_history_file(void **state)
{
	char path[64], command[128];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/.trapgate_history", home);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	begin(no_options);
	expect("trapgate> ");
	type("\020\020");				/* exit, and what was before */
	type("\025exit\r");
	end(0);
	snprintf(command, sizeof(command), "rm -r %s", home);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_end_of_file),
		cmocka_unit_test(test_editing),
		cmocka_unit_test(test_continuation),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_records_while_typing),
		cmocka_unit_test(test_wait_ends),
		cmocka_unit_test(test_terminated),
		cmocka_unit_test(test_history_file),
	};

	if (!mkdtemp(home))
		return 1;
	return cmocka_run_group_tests_name("cli_prompt", tests, NULL, NULL);
}
