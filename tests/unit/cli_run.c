// SPDX-License-Identifier: GPL-2.0
/*
 * The whole command over the fake kernel: modes, exit status, what goes to
 * stdout and what to stderr, and that a refused command changed nothing.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_fake.h"
#include "session.h"

#define RUN(...) fake_run(&f, &r, __VA_ARGS__, NULL)

static struct fake f;
static struct fake_result r;

static int setup(void **state)
{
	(void)state;
	fake_init(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(f.opened, f.closed);
	fake_free(&f);
	return 0;
}

static void add_pending(__u32 event, unsigned int cpu, __u64 ns)
{
	f.pending[f.nr_pending++] = fake_record(event, cpu, ns);
}

static void test_usage(void **state)
{
	(void)state;
	RUN("-x");
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "trapgate: unknown option '-x'");
	RUN("--nonsense");
	assert_int_equal(r.status, 2);
	RUN("--json", "-xy");
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "trapgate: unknown option '-x'\nTry 'trapgate --help'.\n");
	RUN("--quiet=1");
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "unknown option '--quiet=1'");
	RUN("-e");
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "option '-e' needs a value");
	RUN("status");
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "unexpected 'status': a command needs -e before it (-e 'status')");
	RUN("--", "true");
	assert_int_equal(r.status, 2);
	assert_contains(r.err, "there is nothing to trace: add an event with -e");
	RUN("-e", "status", "--");
	assert_int_equal(r.status, 2);
	RUN("--ring", "5000", "-e", "status");
	assert_int_equal(r.status, 2);
	RUN("--for", "-1", "-e", "status");
	assert_int_equal(r.status, 2);
	RUN("--for", "nan", "-e", "status");
	assert_int_equal(r.status, 2);
	RUN("--for", "1");
	assert_int_equal(r.status, 2);
	RUN("--for", "1", "-e", "!exception", "--", "true");
	assert_int_equal(r.status, 2);
	RUN("-o", "a", "-o", "b");
	assert_int_equal(r.status, 2);
	assert_int_equal(f.opened, 0);
	RUN("--help");
	assert_int_equal(r.status, 0);
	assert_contains(r.out, "usage: trapgate");
	RUN("-V");
	assert_string_equal(r.out, "trapgate " TRAPGATE_VERSION "\n");
}

static void test_commands(void **state)
{
	(void)state;
	RUN("-e", "load vmm", "-e", "STATUS", "-e", "stats");
	assert_int_equal(r.status, 0);
	assert_contains(r.out, "the hypervisor is loaded: VT-x, 2 of 2 CPUs virtualised\n");
	assert_contains(r.out, "local debugging, the hypervisor is loaded\n");
	assert_contains(r.out, "memory per CPU   196 KiB\n");
	assert_contains(r.out, "\nCPU virt      exits  exception  interrupt        nmi     window  "
			       "    other"
			       "    inj-exc    inj-int    inj-nmi     queued  swallowed   root-nmi "
			       "   vmreads"
			       "   vmwrites    flushes    atomics\n");
	assert_contains(r.out, "\n  0 yes         100         60 ");
	assert_contains(r.out, "\n  1 yes         101         60 ");
	assert_string_equal(r.err, "");
	assert_int_equal(f.loads, 1);
	RUN("-e", "load vmm", "-e", "load vmm", "-e", "unload vmm", "-e", "status");
	assert_int_equal(r.status, 0);
	assert_contains(r.out, "the hypervisor is loaded already");
	assert_contains(r.out, "the hypervisor is unloaded");
	RUN("-e", "unload vmm");
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "trapgate: cannot unload the hypervisor: it is not loaded\n");
}

static void refused(const char *command, const char *message)
{
	int events = (int)f.nr_added, loads = f.loads;

	RUN("-e", command);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, message);
	assert_string_equal(r.out, "");
	assert_int_equal(f.nr_added, events);
	assert_int_equal(f.loads, loads);
}

static void test_refused(void **state)
{
	static const char *const table[][2] = {
		{ "evnts", "trapgate: unknown command 'evnts': did you mean 'events'?\n" },
		{ "frobnicate",
		  "trapgate: unknown command 'frobnicate': 'help' lists the commands\n" },
		{ "!exception 20", "use !interrupt 20" },
		{ "load", "please specify what to load: load vmm" },
		{ "load kvm", "cannot load 'kvm': only vmm is possible" },
		{ "load vmm now", "unknown parameter 'now'" },
		{ "unload", "please specify what to unload" },
		{ "status now", "unknown parameter 'now': 'status' takes no parameters" },
		{ "stats 1", "unknown parameter '1'" },
		{ "exit now", "unknown parameter 'now'" },
		{ "help frob", "no help for 'frob'" },
		{ "help a b", "unknown parameter 'b'" },
		{ "sleep", "please specify the milliseconds: sleep N" },
		{ "sleep soon", "time 'soon' is not a number: write hexadecimal digits" },
		{ "sleep 100000000", "time '100000000' is too large" },
		{ "sleep 1 2", "unknown parameter '2'" },
		{ "wait", "there is nothing to wait for" },
		{ "wait x1g", "count 'x1g' is not a number" },
		{ "events x", "unknown parameter 'x': use events e, events d or events c, and" },
		{ "events e", "please specify which: events e N, or events e all" },
		{ "events d zz", "'zz' is not the number of an event" },
		{ "events c -1", "'-1' is not the number of an event" },
		{ "events c 100000000", "is not the number of an event" },
		{ "events d 5", "there is no event 5 (5): 'events' lists them" },
		{ "events d 10", "there is no event 0x10 (16)" },
		{ "events e 1 2", "unknown parameter '2'" },
		{ "events sc on", "'events sc' does not exist yet: add the event with 'sc on'" },
		{ "settings radix 8", "radix '8' is invalid: 10 or 16" },
		{ "settings radix 0x10", "radix '0x10' is invalid" },
		{ "settings color on",
		  "unknown setting 'color': the settings are radix, swallow-limit, fuel, "
		  "script-time, "
		  "script-errors, allow-write-protect and jit\n" },
		{ "settings radix 10 16", "unknown parameter '16'" },
		{ "settings swallow-limit 0",
		  "swallow-limit 0x0 (0) is out of range: 1 to 0n1000000" },
		{ "settings swallow-limit 0n1000001", "is out of range" },
		{ "settings swallow-limit many", "is not a number" },
		{ "settings swallow-limit fffffffffffffffff", "is not a number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		refused(table[i][0], table[i][1]);
	assert_int_equal(f.swallow_limit, 1000);
}

static void test_first_error_ends(void **state)
{
	(void)state;
	RUN("-e", "foo", "-e", "status");
	assert_int_equal(r.status, 1);
	assert_string_equal(r.out, "");
	assert_int_equal(f.opened, 0);
}

static void test_trace(void **state)
{
	(void)state;
	add_pending(0, 0, 2000);
	add_pending(0, 1, 1000);
	RUN("--for", "0.05", "-e", "!exception e");
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out,
		"event 0: !exception 0xe (14) #PF pid all core all sc off stage pre; "
		"the instruction int 0xe is not seen\n"
		"    0.000001   1 1168/1169       prog              0 0e #PF "
		"rip 0x0000000000401136 cpl 3 delivered error 0x6 user write not-present "
		"address 0x000000000dead000\n"
		"    0.000002   0 1168/1169       prog              0 0e #PF "
		"rip 0x0000000000401136 cpl 3 delivered error 0x6 user write not-present "
		"address 0x000000000dead000\n"
		"event 0: 2 hits, 0 swallowed, 0 lost: !exception e\n");
	assert_int_equal(f.loads, 1);
	add_pending(0, 0, 2000);
	f.nr_added = 0;
	RUN("-q", "--for", "0.05", "-e", "!exception e");
	assert_string_equal(r.out,
		"    0.000002   0 1168/1169       prog              0 0e #PF "
		"rip 0x0000000000401136 cpl 3 delivered error 0x6 user write not-present "
		"address 0x000000000dead000\n");
}

static void test_wait_and_exit(void **state)
{
	(void)state;
	add_pending(0, 0, 2000);
	add_pending(0, 0, 3000);
	RUN("-q", "-e", "!exception e", "-e", "wait 2", "-e", "events", "-e", "exit");
	assert_int_equal(r.status, 0);
	assert_contains(r.out,
			"0\t(enabled)\thits 2 swallowed 0 lost 0\tpid 1234\t    !exception e\n");
}

static void test_events(void **state)
{
	(void)state;
	RUN("-e", "events");
	assert_string_equal(r.out, "no active/disabled events\n");
	RUN("-e", "!exception 0", "-e", "!interrupt ec sc on force", "-e", "events d 0",
	    "-e", "events",
	    "-e", "event e 0", "-e", "events", "-e", "events c 1", "-e", "events",
	    "-e", "events C ALL",
	    "-e", "events");
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out,
		"event 0: !exception 0x0 (0) #DE pid all core all sc off stage pre; "
		"the instruction int 0x0 is not seen\n"
		"event 1: !interrupt 0xec (236) pid all core all sc on stage pre force\n"
		"event 0 disabled\n"
		"0\t(disabled)\thits 0 swallowed 0 lost 0\tpid 1234\t    !exception 0\n"
		"1\t(enabled)\thits 0 swallowed 0 lost 0\tpid 1234\t    !interrupt ec sc on force\n"
		"event 0 enabled\n"
		"0\t(enabled)\thits 0 swallowed 0 lost 0\tpid 1234\t    !exception 0\n"
		"1\t(enabled)\thits 0 swallowed 0 lost 0\tpid 1234\t    !interrupt ec sc on force\n"
		"event 1 cleared\n"
		"0\t(enabled)\thits 0 swallowed 0 lost 0\tpid 1234\t    !exception 0\n"
		"all events cleared\n"
		"no active/disabled events\n");
}

/* Disabled by the hypervisor: with the reason. Of somebody else: said so. */
static void test_events_foreign(void **state)
{
	(void)state;
	f.events[2] = (struct fake_event){
		.used = 1, .off_reason = TG_OFF_SWALLOW_FAULT, .owner = 77, .hits = 1000,
		.swallowed = 1000, .lost = 3,
		.spec = { .type = TG_EVENT_EXCEPTION, .vector = 6, .core = TG_ALL,
			  .command = "!exception 6 "
				     "sc on                                                      "
				     "and more" },
	};
	RUN("-e", "events", "-e", "status");
	assert_contains(r.out, "2\t(disabled: swallow limit: the same fault at one RIP)\thits 1000 "
			       "swallowed 1000 lost 3\tpid 77 (not ours)\t    !exception 6 "
			       "sc on                                                    ...\n");
	assert_contains(r.out, "events           1\n");
	f.events[2] = (struct fake_event){
		.used = 1, .off_reason = TG_OFF_SWALLOW_STALL,
		.spec = { .type = TG_EVENT_INTERRUPT, .vector = TG_ALL, .core = TG_ALL },
	};
	RUN("--json", "-e", "events");
	assert_contains(r.out, "\"enabled\":false,\"off_reason\":\"a CPU got no interrupt for "
			       "too long\",");
}

static void test_echo(void **state)
{
	char command[64], expected[128];

	(void)state;
	snprintf(command, sizeof(command), "!exception #PF pid 0n%d core 1", getpid());
	snprintf(expected, sizeof(expected),
		 "event 0: !exception 0xe (14) #PF pid 0x%x (%d) core 0x1 (1) sc off stage pre; "
		 "the instruction int 0xe is not seen\n",
		 getpid(), getpid());
	RUN("-e", command, "-e", "exit");
	assert_int_equal(r.status, 0);
	assert_contains(r.out, expected);
	assert_int_equal(f.last_flags, TG_EV_PID);
}

static void test_other_base(void **state)
{
	char command[64], expected[160], hex[32];

	(void)state;
	RUN("-e", "!exception e pid 7ffffff0");
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "trapgate: no process 0x7ffffff0 (2147483632)\n");
	/* The decimal digits of our own pid, read as hexadecimal. */
	snprintf(hex, sizeof(hex), "%d", getpid());
	snprintf(command, sizeof(command), "!exception e pid %s", hex);
	snprintf(expected, sizeof(expected), "; %s in decimal is cli_run: write 0n%s\n", hex, hex);
	f.fail[4] = -ESRCH;
	RUN("-e", command);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, expected);
	snprintf(command, sizeof(command), "!exception 0xe pid %x", getpid());
	snprintf(expected, sizeof(expected), "%x in hexadecimal is cli_run: write 0x%x\n", getpid(),
		 getpid());
	RUN("-e", "settings radix 10", "-e", command);
	if (strspn(command + 19, "0123456789") == strlen(command + 19))
		assert_contains(r.err, expected);
	else
		assert_contains(r.err, "is not a number");
	f.fail[4] = 0;
	RUN("-e", "!exception e core 7");
	assert_contains(r.err, "cannot add the event: core 7 does not exist");
}

#define SCRIPT_SETTINGS \
	"fuel 0x0 (0)\nscript-time 0x0 (0)\nscript-errors 0x0 (0)\n" \
	"allow-write-protect no\njit off\n"

static void test_settings(void **state)
{
	(void)state;
	RUN("-e", "settings", "-e", "settings swallow-limit 100", "-e", "settings radix 10", "-e",
	    "settings swallow-limit 100", "-e", "setting");
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out,
		"radix 16 (numbers without a prefix are hexadecimal)\n"
		"swallow-limit 0x3e8 (1000)\n"
		SCRIPT_SETTINGS
		"swallow-limit 0x100 (256)\n"
		"radix 10 (numbers without a prefix are decimal)\n"
		"swallow-limit 0x64 (100)\n"
		"radix 10 (numbers without a prefix are decimal)\n"
		"swallow-limit 0x64 (100)\n"
		SCRIPT_SETTINGS);
	RUN("-e", "help settings");
	assert_contains(r.out, "\nSettings:\n"
		"  radix: 10|16, 16 at the start\n"
		"      base of numbers without a prefix; 0x and 0n always work\n"
		"  swallow-limit: 1 to 0n1000000, 0n1000 at the start\n");
	assert_contains(r.out, "\n  fuel: 1 to 0n1000000000 instructions, 0n100000 at the start\n"
		"      what a run of a script may take\n"
		"  script-time: 1 to 0n1000 ms, 0n10 at the start\n");
	assert_contains(r.out, "\n  allow-write-protect: yes|no, no at the start\n");
	assert_contains(r.out, "\n  jit: on|off, on at the start\n");
}

/* The sentence of a note names the limit as it is now. */
static void test_limit_in_note(void **state)
{
	(void)state;
	add_pending(0, 0, 1000);
	f.pending[0].kind = TG_REC_NOTE;
	f.pending[0].note = TG_NOTE_SWALLOW_FAULT;
	RUN("--for", "0.05", "-e", "settings swallow-limit 20", "-e",
	    "!exception e sc on force");
	assert_contains(r.out, " at rip 0x0000000000401136 32 times in a row (settings "
			       "swallow-limit)");
}

static void test_lost(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		add_pending(0, 0, 1000u * (unsigned int)i);
	RUN("-q", "--ring", "4K", "--for", "0.05", "-e", "!exception e");
	assert_int_equal(r.status, 0);
	assert_contains(r.out, "8 records lost by event 0: the reader was too slow; "
			       "make the rings larger with --ring 16K\n");
	f.nr_added = 0;
	for (int i = 0; i < 40; i++)
		add_pending(0, 0, 1000u * (unsigned int)i);
	RUN("--ring", "4K", "--json", "--for", "0.05", "-e", "!exception e");
	assert_contains(r.out, "{\"type\":\"lost\",\"event\":0,\"count\":8,\"total\":8,"
			       "\"text\":\"8 records lost");
	assert_contains(r.out, "{\"type\":\"summary\",\"event\":0,\"hits\":40,\"swallowed\":0,"
			       "\"lost\":8,");
}

static void test_json(void **state)
{
	(void)state;
	add_pending(0, 0, 1000);
	RUN("--json", "-e", "!exception e", "-e", "wait 1", "-e", "events", "-e", "status", "-e",
	    "settings", "-e", "stats", "-e", "help exit", "-e", "foo");
	assert_int_equal(r.status, 1);
	assert_contains(r.out, "{\"type\":\"session\",\"format\":2,");
	assert_contains(r.out, "{\"type\":\"event_added\",\"event_type\":\"exception\","
			       "\"vector\":14,\"name\":\"#PF\",\"follow\":false,\"sc\":false,"
			       "\"imm\":false,\"force\":false,\"stage\":\"pre\","
			       "\"command\":\"!exception e\",\"event\":0,\"text\":");
	assert_contains(r.out, "{\"type\":\"trap\",\"event\":0,\"time_ns\":1000,");
	assert_contains(r.out, "{\"type\":\"event\",\"event\":0,\"enabled\":true,"
			       "\"off_reason\":\"\",\"hits\":1,\"swallowed\":0,\"lost\":0,"
			       "\"script_errors\":0,\"owner_pid\":1234,\"mine\":true,");
	assert_contains(r.out, "{\"type\":\"status\",\"loaded\":true,\"backend\":\"VT-x\","
			       "\"virtualised_cpus\":2,");
	assert_contains(r.out, "{\"type\":\"setting\",\"name\":\"radix\",\"value\":16}\n");
	assert_contains(r.out,
			"{\"type\":\"setting\",\"name\":\"swallow-limit\",\"value\":1000}\n");
	assert_contains(r.out, "{\"type\":\"setting\",\"name\":\"jit\",\"value\":0}\n");
	assert_contains(r.out, "{\"type\":\"stats\",\"cpu\":1,\"virtualised\":true,\"exits\":101,"
		"\"exits_exception\":60,\"exits_interrupt\":0,\"exits_nmi\":0,\"exits_window\":0,"
		"\"exits_other\":0,\"injected_exceptions\":0,\"injected_interrupts\":0,"
		"\"injected_nmis\":0,\"queued_interrupts\":0,\"swallowed\":0,\"root_nmis\":0,"
		"\"vmreads\":0,\"vmwrites\":0,\"flushes\":7,\"atomics\":0}\n");
	assert_contains(r.out, "{\"type\":\"help\",\"command\":\"exit\",");
	assert_contains(r.out, "{\"type\":\"error\",\"errno\":22,\"text\":\"unknown command 'foo'");
	assert_contains(r.err, "trapgate: unknown command 'foo'");
	for (char *line = strtok(r.out, "\n"); line; line = strtok(NULL, "\n")) {
		assert_int_equal(line[0], '{');
		assert_int_equal(line[strlen(line) - 1], '}');
	}
}

static void test_stdin(void **state)
{
	(void)state;
	fake_run_input(&f, "# comment\n\n  // another\nload vmm\n!exception 0 // last\r\nevents\n"
			   "exit\nfoo\n",
		       &r, NULL);
	assert_int_equal(r.status, 0);
	assert_contains(r.out, "event 0: !exception 0x0");
	assert_contains(r.out, "!exception 0\n");
	fake_run_input(&f, "!exception 0\n", &r, NULL);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "trapgate: stdin:1: cannot add the event: the hypervisor "
			       "is not loaded: use 'load vmm' first\n");
	fake_run_input(&f, "help\n\nsettings {\n1\n}\nhelp", &r, NULL);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "trapgate: stdin:3: unknown setting");
	fake_run_input(&f, "help {\n", &r, NULL);
	assert_contains(r.err,
			"trapgate: stdin:1: braces are not closed: '}' is missing at the end\n");
	fake_run_input(&f, "status", &r, NULL);	/* no newline at the end */
	assert_contains(r.out, "local debugging");
}

static void test_file(void **state)
{
	char path[] = "/tmp/trapgate-test-XXXXXX", expected[128];
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	(void)state;
	fprintf(file, "# c\nstatus\n!exception zz\nstatus\n");
	fclose(file);
	RUN("-f", path);
	assert_int_equal(r.status, 1);
	snprintf(expected, sizeof(expected), "trapgate: %s:3: 'zz' is neither a vector", path);
	assert_contains(r.err, expected);
	file = fopen(path, "w");
	fwrite("status\0\n", 8, 1, file);
	fclose(file);
	RUN("-f", path);
	assert_int_equal(r.status, 1);
	unlink(path);
	RUN("-f", path);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "No such file or directory");
	RUN("-f", "/");
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "/:1: cannot read: Is a directory");
}

static void test_output_file(void **state)
{
	char path[] = "/tmp/trapgate-test-XXXXXX", text[512];
	int fd = mkstemp(path);
	ssize_t n;

	(void)state;
	add_pending(0, 0, 1000);
	RUN("-o", path, "--for", "0.05", "-e", "!exception e");
	assert_int_equal(r.status, 0);
	assert_contains(r.out, "event 0: !exception");
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "    0.000001   0 1168/1169       prog              0 0e #PF "
				  "rip 0x0000000000401136 cpl 3 delivered error 0x6 user write "
				  "not-present address 0x000000000dead000\n");
	close(fd);
	unlink(path);
	RUN("-o", "/nonexistent/x", "-e", "status");
	assert_int_equal(r.status, 1);
	assert_contains(r.err,
			"trapgate: cannot write /nonexistent/x: No such file or directory\n");
	f.nr_added = 0;
	add_pending(0, 0, 1000);
	RUN("-o", "/dev/full", "-e", "!exception e");	/* ends by itself */
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "trapgate: cannot write to /dev/full: No space left on device\n");
}

/* Somebody sends a signal while records are awaited. */
static pid_t signal_soon(int signal)
{
	pid_t pid = fork();

	if (!pid) {
		usleep(400000);
		kill(getppid(), signal);
		kill(getppid(), SIGTERM);	/* impatience changes nothing */
		_exit(0);
	}
	return pid;
}

static void test_signals(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const struct timespec none = { 0 };
	sigset_t all;

	(void)state;
	/* The second one may find the command at its end: it is for the command alone. */
	sigemptyset(&all);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&all, signals[i]);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t pid = signal_soon(signals[i]);

		f.nr_added = 0;
		RUN("-e", "!exception e");
		assert_int_equal(r.status, 0);
		assert_contains(r.out, "event 0: 0 hits, 0 swallowed, 0 lost: !exception e\n");
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		while (sigtimedwait(&all, NULL, &none) > 0)
			continue;
		pid = signal_soon(signals[i]);
		RUN("-e", "sleep ffffffff", "-e", "status");
		assert_int_equal(r.status, 0);
		assert_string_equal(r.out, "");
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		while (sigtimedwait(&all, NULL, &none) > 0)
			continue;
	}
	sigprocmask(SIG_UNBLOCK, &all, NULL);
}

/* trapgate ... | head: ends, quietly. */
static void test_broken_pipe(void **state)
{
	int pipe_fds[2], saved;
	char *argv[] = {
		(char *)"trapgate", (char *)"-e", (char *)"!exception e", (char *)"-e",
		(char *)"status", NULL
	};

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	close(pipe_fds[0]);
	fflush(stdout);
	saved = dup(1);
	dup2(pipe_fds[1], 1);
	close(pipe_fds[1]);
	f.pending[f.nr_pending++] = fake_record(0, 0, 1000);
	r.status = trapgate_main(5, argv, &f.sys);
	dup2(saved, 1);
	close(saved);
	clearerr(stdout);
	assert_int_equal(r.status, 1);
	assert_int_equal(f.opened, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_usage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_commands, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_error_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wait_and_exit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events_foreign, setup, teardown),
		cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_base, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit_in_note, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stdin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_output_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken_pipe, setup, teardown),
	};

	return cmocka_run_group_tests_name("cli_run", tests, NULL, NULL);
}
