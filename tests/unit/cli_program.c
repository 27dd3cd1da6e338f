// SPDX-License-Identifier: GPL-2.0
/* trapgate ... -- PROG: whose events, whose streams, whose exit status. */
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
	/* No child is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return 0;
}

static void test_streams(void **state)
{
	(void)state;
	f.pending[f.nr_pending++] = fake_record(0, 0, 1000);
	RUN("-e", "!exception 0", "--", "sh", "-c", "echo to-out; echo to-err >&2; exit 7");
	assert_int_equal(r.status, 7);
	assert_string_equal(r.out, "to-out\n");
	assert_contains(r.err, "to-err\n");
	assert_contains(r.err, "event 0: !exception 0x0 (0) #DE pid 0x");
	assert_contains(r.err, " and children core all sc off stage pre; "
			       "the instruction int 0x0 is not seen\n");
	assert_contains(r.err, " 0 0e #PF rip ");
	assert_contains(r.err, "event 0: 1 hits, 0 swallowed, 0 lost: !exception 0\n");
	assert_int_equal(f.last_flags, TG_EV_PID | TG_EV_FOLLOW);
	assert_int_equal(f.loads, 1);
}

static void test_stdin_passes(void **state)
{
	(void)state;
	fake_run_input(&f, "hello\n", &r, "-q", "-e", "!exception", "--", "cat", NULL);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "hello\n");
	assert_string_equal(r.err, "");
}

/* The events hook the process that becomes the program. */
static void test_pid(void **state)
{
	char pid[32];

	(void)state;
	RUN("-e", "!exception", "--", "sh", "-c", "echo $$");
	snprintf(pid, sizeof(pid), "%u\n", f.last_spec.pid);
	assert_string_equal(r.out, pid);
	f.nr_added = 0;
	RUN("-e", "!exception pid all", "--", "true");
	assert_int_equal(f.last_flags, 0);
}

static void test_status(void **state)
{
	(void)state;
	RUN("-q", "-e", "!exception", "--", "false");
	assert_int_equal(r.status, 1);
	RUN("-q", "-e", "!exception", "--", "sh", "-c", "kill -SEGV $$");
	assert_int_equal(r.status, 128 + SIGSEGV);
	RUN("-q", "-e", "!exception", "--", "sh", "-c", "kill -TERM $$");
	assert_int_equal(r.status, 128 + SIGTERM);
	RUN("-e", "!exception", "--", "/nonexistent/prog");
	assert_int_equal(r.status, 127);
	assert_contains(r.err,
			"trapgate: cannot run '/nonexistent/prog': No such file or directory\n");
	RUN("-e", "!exception", "--", "/etc/passwd");
	assert_int_equal(r.status, 126);
	assert_contains(r.err, "trapgate: cannot run '/etc/passwd': Permission denied\n");
	RUN("--json", "-e", "!exception", "--", "sh", "-c", "exit 3");
	assert_contains(r.err, "\"status\":3}\n");
}

static void test_failed_command(void **state)
{
	(void)state;
	RUN("-e", "!exception 0", "-e", "!exception zz", "--", "echo", "ran");
	assert_int_equal(r.status, 1);
	assert_string_equal(r.out, "");
	assert_contains(r.err, "trapgate: 'zz' is neither a vector");
	f.fail[2] = -EBUSY;
	f.reason = "KVM holds VT-x: rmmod kvm_intel";
	RUN("-e", "!exception 0", "--", "echo", "ran");
	assert_int_equal(r.status, 1);
	assert_string_equal(r.out, "");
	assert_string_equal(r.err, "trapgate: cannot load the hypervisor: KVM holds VT-x: rmmod "
				   "kvm_intel\n");
	f.fail[2] = 0;
	RUN("-e", "!exception", "-e", "wait", "--", "echo", "ran");
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "'wait' cannot be used before the program has started");
	RUN("-e", "!exception", "-e", "exit", "--", "echo", "ran");
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "");
}

static void test_output_file(void **state)
{
	char path[] = "/tmp/trapgate-test-XXXXXX", text[512];
	int fd = mkstemp(path);
	ssize_t n;

	(void)state;
	f.pending[f.nr_pending++] = fake_record(0, 0, 1000);
	RUN("-q", "-o", path, "-e", "!exception 0", "--", "echo", "hi");
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "hi\n");
	assert_string_equal(r.err, "");
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_contains(text, " 0e #PF ");
	close(fd);
	unlink(path);
	f.nr_added = 0;
	f.pending[f.nr_pending++] = fake_record(0, 0, 1000);
	RUN("-q", "-o", "/dev/full", "-e", "!exception 0", "--", "echo", "hi");
	assert_int_equal(r.status, 1);
	assert_string_equal(r.out, "hi\n");	/* the program is not hurt */
	assert_contains(r.err, "cannot write to /dev/full: No space left on device");
}

/* SIGTERM for the command is passed to the program; SIGPIPE is as it was. */
static void test_signals(void **state)
{
	pid_t pid = fork(), done;
	int status = 0;

	(void)state;
	if (!pid) {
		usleep(500000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	RUN("-q", "-e", "!exception", "--", "sh", "-c",
	    "trap 'echo got; exit 5' TERM; i=0; while [ $i -lt 100 ]; do sleep 0.05; "
	    "i=$((i+1)); done");
	assert_int_equal(r.status, 5);
	assert_string_equal(r.out, "got\n");
	done = waitpid(pid, &status, 0);
	assert_int_equal(done, pid);
	RUN("-q", "-e", "!exception", "--", "sh", "-c", "kill -PIPE $$");
	assert_int_equal(r.status, 128 + SIGPIPE);
	RUN("-q", "-e", "!exception", "--", "grep", "SigBlk", "/proc/self/status");
	assert_string_equal(r.out, "SigBlk:\t0000000000000000\n");
}

/* Ended before the program started: not its success. */
static void test_interrupted_early(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		usleep(400000);
		kill(getppid(), SIGINT);
		_exit(0);
	}
	RUN("-q", "-e", "sleep 0n5000", "--", "echo", "ran");
	assert_int_equal(r.status, 1);
	assert_string_equal(r.out, "");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The process is killed while it waits for its start: no hang. */
static void test_killed_early(void **state)
{
	pid_t killer = fork();

	(void)state;
	if (!killer) {
		char path[64], list[64] = "";
		pid_t victim;
		FILE *file;

		usleep(400000);
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getppid(),
			 getppid());
		file = fopen(path, "r");
		if (!file || !fgets(list, sizeof(list), file))
			_exit(1);
		fclose(file);
		for (char *p = strtok(list, " "); p; p = strtok(NULL, " ")) {
			victim = (pid_t)atoi(p);
			if (victim > 0 && victim != getpid())
				kill(victim, SIGKILL);
		}
		_exit(0);
	}
	RUN("-q", "-e", "!exception", "-e", "sleep 0n900", "--", "true");
	assert_int_equal(r.status, 128 + SIGKILL);
	assert_int_equal(waitpid(killer, NULL, 0), killer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_streams, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stdin_passes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pid, setup, teardown),
		cmocka_unit_test_setup_teardown(test_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_command, setup, teardown),
		cmocka_unit_test_setup_teardown(test_output_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_early, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed_early, setup, teardown),
	};

	return cmocka_run_group_tests_name("cli_program", tests, NULL, NULL);
}
