// SPDX-License-Identifier: GPL-2.0
/*
 * workload NAME [N]	real work with a result that can be checked:
 *   forks N	N processes, each adds its part to a sum through a pipe
 *   tree N	N files written, walked, read back and removed
 *   timers N	N periods of setitimer, timerfd and nanosleep
 *   signals N	N signals back and forth between two processes
 *   pipes N	N tokens back and forth between two CPUs
 *   calls N	N function calls from one CPU to the other, which is busy
 *   futex N	N turns of two threads under a mutex and a condition
 *   memory N	N pages mapped, touched, copied on write and unmapped
 * workload clock-start FILE, clock-end FILE PPM
 *		CLOCK_MONOTONIC against the CMOS clock over the time between
 * Exit status: 0 right, 1 wrong (it says what), 2 usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <linux/membarrier.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int wrong(const char *what, long have, long want)
{
	fprintf(stderr, "workload: %s is %ld, not %ld\n", what, have, want);
	return 1;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return 1;
	return status != 0;
}

static int do_forks(long n)
{
	uint64_t sum = 0, part;
	int p[2], bad = 0;

	if (pipe(p))
		return 1;
	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return wrong("fork", -errno, 0);
		if (!pid) {
			part = i * i;
			_exit(write(p[1], &part, 8) != 8);
		}
		bad |= reap(pid);
		if (read(p[0], &part, 8) != 8)
			return wrong("read", errno, 0);
		sum += part;
	}
	if (bad || sum != (uint64_t)n * (n - 1) * (2 * n - 1) / 6)
		return wrong("sum", sum, n * (n - 1) * (2 * n - 1) / 6);
	return 0;
}

static long walked, walked_bytes;

static int visit(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)w;
	if (type == FTW_F) {
		walked++;
		walked_bytes += st->st_size;
		return unlink(path);
	}
	return type == FTW_DP ? rmdir(path) : 1;
}

static int do_tree(long n)
{
	char dir[] = "/tmp/workXXXXXX", path[64];
	long bytes = 0;

	mkdir("/tmp", 0777);
	if (!mkdtemp(dir))
		return wrong("mkdtemp", errno, 0);
	for (long i = 0; i < n; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%ld", dir, i % 10);
		mkdir(path, 0777);
		snprintf(path, sizeof(path), "%s/%ld/%ld", dir, i % 10, i);
		f = fopen(path, "w");
		if (!f)
			return wrong("fopen", errno, 0);
		for (long j = 0; j < i % 300; j++)
			fputc(i, f);
		bytes += i % 300;
		fclose(f);
	}
	walked = walked_bytes = 0;
	if (nftw(dir, visit, 16, FTW_DEPTH | FTW_PHYS))
		return wrong("nftw", errno, 0);
	if (walked != n)
		return wrong("files", walked, n);
	return walked_bytes == bytes ? 0 : wrong("bytes", walked_bytes, bytes);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

#define PERIOD_NS	10000000ll

/* setitimer: each period one signal, none early, and the total time right. */
static int check_itimer(long n)
{
	struct itimerval it = {
		{ 0, PERIOD_NS / 1000 }, { 0, PERIOD_NS / 1000 },
	};
	int64_t start, took;

	alarms = 0;
	signal(SIGALRM, on_alarm);
	start = now_ns();
	setitimer(ITIMER_REAL, &it, NULL);
	while (alarms < n)
		pause();
	took = now_ns() - start;
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_REAL, &it, NULL);
	if (took < n * PERIOD_NS)
		return wrong("itimer ns (early)", took, n * PERIOD_NS);
	return 0;
}

/* timerfd counts what was missed: the sum is the elapsed time, exactly. */
static int check_timerfd(long n)
{
	struct itimerspec it = {
		{ 0, PERIOD_NS }, { 0, PERIOD_NS },
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	int64_t start = now_ns(), before;
	uint64_t sum = 0, got;

	timerfd_settime(fd, 0, &it, NULL);
	while (sum < (uint64_t)n) {
		if (read(fd, &got, 8) != 8)
			return wrong("timerfd read", errno, 0);
		sum += got;
	}
	before = now_ns();
	close(fd);
	if (before - start < (int64_t)sum * PERIOD_NS)
		return wrong("timerfd ns (early)", before - start, sum * PERIOD_NS);
	/* Late by a whole second is a lost interrupt, whatever the machine. */
	if (before - start > (int64_t)sum * PERIOD_NS + 1000000000ll)
		return wrong("timerfd ns (late)", before - start, sum * PERIOD_NS);
	return 0;
}

static int check_nanosleep(long n)
{
	struct timespec nap = { 0, PERIOD_NS };

	for (long i = 0; i < n; i++) {
		int64_t start = now_ns(), took;

		if (nanosleep(&nap, NULL))
			return wrong("nanosleep", errno, 0);
		took = now_ns() - start;
		if (took < PERIOD_NS)
			return wrong("nanosleep ns (early)", took, PERIOD_NS);
		if (took > PERIOD_NS + 1000000000ll)
			return wrong("nanosleep ns (late)", took, PERIOD_NS);
	}
	return 0;
}

static int do_timers(long n)
{
	return check_itimer(n) || check_timerfd(n) || check_nanosleep(n);
}

static int do_signals(long n)
{
	pid_t parent = getpid(), pid;
	sigset_t set;
	int sig, bad = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (!pid) {
		for (long i = 0; i < n; i++)
			if (sigwait(&set, &sig) || kill(parent, SIGUSR1))
				_exit(1);
		_exit(0);
	}
	for (long i = 0; i < n && !bad; i++)
		bad = kill(pid, SIGUSR1) || sigwait(&set, &sig);
	return bad || reap(pid) ? wrong("signals", 0, n) : 0;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	/* With one CPU both stay where they are. */
	if (sched_setaffinity(0, sizeof(set), &set) && errno != EINVAL)
		_exit(1);
}

static int do_pipes(long n)
{
	int to[2], from[2];
	uint64_t token = 1, want = 1;
	pid_t pid;

	if (pipe(to) || pipe(from))
		return 1;
	pid = fork();
	if (!pid) {
		pin(1);
		for (long i = 0; i < n; i++) {
			if (read(to[0], &token, 8) != 8)
				_exit(1);
			token = token * 6364136223846793005 + 1;
			if (write(from[1], &token, 8) != 8)
				_exit(1);
		}
		_exit(0);
	}
	pin(0);
	for (long i = 0; i < n; i++) {
		want = want * 6364136223846793005 + 1;
		if (write(to[1], &token, 8) != 8 || read(from[0], &token, 8) != 8)
			return wrong("pipe", errno, 0);
		if (token != want)
			return wrong("token", token, want);
	}
	return reap(pid);
}

static int membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0) ? -errno : 0;
}

/*
 * A memory barrier for all who want it interrupts the CPUs on which such a process runs:
 * one function call each, whatever idles.
 */
static int do_calls(long n)
{
	int ready[2], rc = 0;
	char byte = 0;
	pid_t pid;

	if (pipe(ready))
		return 1;
	pid = fork();
	if (!pid) {
		pin(1);
		if (membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) ||
		    write(ready[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			;
	}
	close(ready[1]);
	pin(0);
	if (read(ready[0], &byte, 1) != 1)
		rc = wrong("membarrier's registration", -1, 0);
	for (long i = 0; !rc && i < n; i++) {
		int error = membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);

		if (error)
			rc = wrong("membarrier", error, 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rc;
}

static struct {
	pthread_mutex_t lock;
	pthread_cond_t turn;
	long count, limit;
} game = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0 };

static void *player(void *side)
{
	pthread_mutex_lock(&game.lock);
	while (game.count < game.limit) {
		if (game.count % 2 == (long)side) {
			game.count++;
			pthread_cond_signal(&game.turn);
		} else {
			pthread_cond_wait(&game.turn, &game.lock);
		}
	}
	pthread_cond_signal(&game.turn);
	pthread_mutex_unlock(&game.lock);
	return NULL;
}

static int do_futex(long n)
{
	pthread_t t[2];

	game.limit = n;
	for (long i = 0; i < 2; i++)
		if (pthread_create(&t[i], NULL, player, (void *)i))
			return wrong("pthread_create", errno, 0);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	return game.count == n ? 0 : wrong("turns", game.count, n);
}

static int do_memory(long n)
{
	size_t size = n * 4096;
	unsigned char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (p == MAP_FAILED)
		return wrong("mmap", errno, 0);
	madvise(p, size, MADV_NOHUGEPAGE);
	for (long i = 0; i < n; i++)
		p[i * 4096 + i % 4096] = i;
	pid = fork();
	if (!pid) {
		for (long i = 0; i < n; i++)
			if (p[i * 4096 + i % 4096]++ != (unsigned char)i)
				_exit(1);
		_exit(0);
	}
	if (reap(pid))
		return wrong("child's memory", 1, 0);
	for (long i = 0; i < n; i++)
		if (p[i * 4096 + i % 4096] != (unsigned char)i)
			return wrong("memory", p[i * 4096 + i % 4096], i & 0xff);
	return munmap(p, size);
}

/* ---- the clocks -------------------------------------------------------------- */

static int cmos(int reg)
{
	int v;

	outb(reg, 0x70);
	v = inb(0x71);
	return (v >> 4) * 10 + (v & 15);
}

/* The moment at which the CMOS clock's second changes; seconds of the day. */
static int cmos_edge(int64_t *mono, long *day)
{
	int64_t limit = now_ns() + 5000000000ll;
	int first;

	if (ioperm(0x70, 2, 1))
		return wrong("ioperm", errno, 0);
	first = cmos(0);
	while (cmos(0) == first)
		if (now_ns() > limit)
			return wrong("CMOS clock: seconds that passed", 0, 1);
	*mono = now_ns();
	*day = cmos(4) % 100 * 3600l + cmos(2) * 60l + cmos(0);
	return 0;
}

static int clock_start(const char *file)
{
	int64_t mono;
	long day;
	FILE *f;

	if (cmos_edge(&mono, &day))
		return 1;
	f = fopen(file, "w");
	if (!f)
		return wrong("open", errno, 0);
	fprintf(f, "%ld %ld\n", (long)mono, day);
	return fclose(f);
}

/* CLOCK_EDGE in the environment: so many seconds late the edges may be seen. */
static int clock_end(const char *file, double limit_ppm)
{
	long mono0, day0, day1, rtc;
	int64_t mono1;
	double ppm;
	FILE *f = fopen(file, "r");

	if (!f || fscanf(f, "%ld %ld", &mono0, &day0) != 2)
		return wrong("start", 0, 1);
	fclose(f);
	if (cmos_edge(&mono1, &day1))
		return 1;
	rtc = (day1 - day0 + 86400) % 86400;
	if (rtc < 2)
		return wrong("seconds of the CMOS clock", rtc, 2);
	ppm = ((mono1 - mono0) / 1e9 / rtc - 1) * 1e6;
	printf("clock: %ld s by CMOS, %.6f s by Linux, %.0f ppm\n", rtc,
	       (mono1 - mono0) / 1e9, ppm);
	if (getenv("CLOCK_EDGE") && fabs(ppm) * rtc / 1e6 < atof(getenv("CLOCK_EDGE")))
		return 0;
	return ppm > limit_ppm || ppm < -limit_ppm;
}

static const struct {
	const char *name;
	int (*run)(long n);
} works[] = {
	{ "forks", do_forks }, { "tree", do_tree }, { "timers", do_timers },
	{ "signals", do_signals }, { "pipes", do_pipes }, { "calls", do_calls },
	{ "futex", do_futex }, { "memory", do_memory },
};

int main(int argc, char **argv)
{
	long n = argc > 2 ? strtol(argv[2], NULL, 0) : 0;

	if (argc == 3 && !strcmp(argv[1], "clock-start"))
		return clock_start(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "clock-end"))
		return clock_end(argv[2], strtod(argv[3], NULL));
	for (size_t i = 0; argc == 3 && n > 0 && i < sizeof(works) / sizeof(works[0]); i++)
		if (!strcmp(argv[1], works[i].name))
			return works[i].run(n);
	fprintf(stderr, "usage: workload NAME N | clock-start FILE | clock-end FILE PPM\n");
	return 2;
}
