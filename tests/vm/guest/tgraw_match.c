// SPDX-License-Identifier: GPL-2.0
/*
 * tgraw match V[,V] ROW [-- CMD]: hooks these interrupts on every CPU, runs CMD,
 * and compares, CPU by CPU, the records with the growth of ROW in /proc/interrupts.
 *
 * The two must be equal, so each is read at a moment when neither can move:
 * pinned to the CPU, the row is read before and after the ring's producer
 * index; when both readings agree no interrupt was counted in between, and one
 * that was acknowledged but not yet given to the kernel cannot exist while
 * this program runs in user mode, where interrupts are on.
 *
 * tgraw churn SECONDS SEED: adds, enables, disables and clears events at
 * random from two processes that share one open file; SIGTERM ends it early.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "tgraw.h"

struct snapshot {
	int online;
	uint64_t row, records;
};

/* The column of this CPU in the named row; -1 when there is none. */
static long long row_of(const char *name, unsigned int cpu)
{
	static char buf[65536];
	size_t n = 0, got;
	FILE *f = fopen("/proc/interrupts", "r");
	char *p, *line, *save, want[16], cell[16];
	int column = -1, i;

	if (!f)
		return -1;
	while ((got = fread(buf + n, 1, sizeof(buf) - 1 - n, f)))
		n += got;
	fclose(f);
	buf[n] = 0;
	snprintf(want, sizeof(want), "%s:", name);
	snprintf(cell, sizeof(cell), "CPU%u", cpu);
	line = strtok_r(buf, "\n", &save);
	for (i = 0, p = strtok(line, " "); p; p = strtok(NULL, " "), i++)
		if (!strcmp(p, cell))
			column = i;
	while (column >= 0 && (line = strtok_r(NULL, "\n", &save))) {
		p = strtok(line, " ");
		if (!p || strcmp(p, want))
			continue;
		for (i = 0; p && i <= column; i++)
			p = strtok(NULL, " ");
		return p ? strtoll(p, NULL, 10) : -1;
	}
	return -1;
}

static int snap(struct raw_dev *d, const char *row, unsigned int cpu,
		struct snapshot *s)
{
	const struct tg_ring_head *h = d->ring[cpu].head;
	long long before, after;

	memset(s, 0, sizeof(*s));
	if (raw_pin(cpu))
		return 0;		/* not online */
	for (int tries = 0; tries < 10000; tries++) {
		before = row_of(row, cpu);
		s->records = __atomic_load_n(&h->producer, __ATOMIC_ACQUIRE) +
			     __atomic_load_n(&h->lost, __ATOMIC_ACQUIRE);
		after = row_of(row, cpu);
		if (before < 0 || after < 0)
			break;
		if (before != after)
			continue;
		s->row = before;
		s->online = 1;
		return 0;
	}
	fprintf(stderr, "tgraw: cpu %u: no quiet moment in row %s\n", cpu, row);
	return -1;
}

static int run_cmd(struct raw_dev *d, char **cmd)
{
	struct timespec nap = { .tv_nsec = 20000000 };
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return 1;
	if (!pid) {
		execvp(cmd[0], cmd);
		perror(cmd[0]);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		raw_drain(d);
		nanosleep(&nap, NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int compare(const struct snapshot *a, const struct snapshot *b,
		   unsigned int cpu)
{
	uint64_t row = b->row - a->row, records = b->records - a->records;

	if (!a->online && !b->online)
		return 0;
	printf("cpu=%u row=%lu records=%lu %s\n", cpu, row, records,
	       row == records ? "equal" : "DIFFERENT");
	return row != records;
}

/* Hooks "ec" or "fb,fc": the row counts what all of them bring. */
static int match_add(struct raw_dev *d, char *list)
{
	struct tg_event_add a;
	char *save, *v;

	for (v = strtok_r(list, ",", &save); v; v = strtok_r(NULL, ",", &save)) {
		raw_spec(&a, TG_EVENT_INTERRUPT, strtoul(v, NULL, 16));
		if (raw_add(d, &a))
			return -1;
	}
	return 0;
}

int tgraw_match(int argc, char **argv)
{
	static struct snapshot before[RAW_MAX_CPUS], after[RAW_MAX_CPUS];
	static struct raw_dev d;
	uint64_t counted = 0;
	cpu_set_t all;
	int bad = 0, status = 0;
	unsigned int cpu;

	if (argc < 3) {
		fprintf(stderr, "usage: tgraw match VECTOR ROW [-- CMD]\n");
		return 2;
	}
	sched_getaffinity(0, sizeof(all), &all);
	if (raw_open(&d) || raw_load(&d) || raw_rings(&d, 1 << 20) ||
	    match_add(&d, argv[1]))
		return 1;
	for (cpu = 0; cpu < d.nr_cpus; cpu++)
		if (snap(&d, argv[2], cpu, &before[cpu]))
			return 1;
	sched_setaffinity(0, sizeof(all), &all);
	if (argc > 4)
		status = run_cmd(&d, argv + 4);
	else
		sleep(3);
	for (cpu = 0; cpu < d.nr_cpus; cpu++)
		if (snap(&d, argv[2], cpu, &after[cpu]))
			return 1;
	sched_setaffinity(0, sizeof(all), &all);
	for (cpu = 0; cpu < d.nr_cpus; cpu++) {
		bad |= compare(&before[cpu], &after[cpu], cpu);
		counted += after[cpu].row - before[cpu].row;
	}
	if (!counted) {
		fprintf(stderr, "tgraw: nothing was counted, so nothing is shown\n");
		bad = 1;
	}
	if (raw_summary(&d, stdout))
		bad = 1;
	if (raw_lost(&d)) {
		fprintf(stderr, "tgraw: %lu records lost\n", raw_lost(&d));
		bad = 1;
	}
	if (status)
		fprintf(stderr, "tgraw: the command ended with %d\n", status);
	return bad || status;
}

/* ---- churn ---------------------------------------------------------------- */

static uint64_t rng_next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static int churn_add(struct raw_dev *d, uint64_t *rng, unsigned int *number)
{
	static const unsigned int exc[] = { 6, 3, 1, 14, TG_ALL };
	static const unsigned int irq[] = { 0xec, 0xfd, 0xfb, 0x30, TG_ALL };
	struct tg_event_add a;
	uint64_t r = rng_next(rng);

	if (r & 1)
		raw_spec(&a, TG_EVENT_EXCEPTION, exc[(r >> 8) % 5]);
	else
		raw_spec(&a, TG_EVENT_INTERRUPT, irq[(r >> 8) % 5]);
	if (r & 2)
		a.flags |= TG_EV_DISABLED;
	if (r & 4) {
		a.flags |= TG_EV_PID;
		a.spec.pid = getpid();
	}
	if (r & 8)
		a.spec.core = 0;
	if (!ioctl(d->fd, TG_IOC_EVENT_ADD, &a)) {
		*number = a.number;
		return 0;
	}
	if (errno == ENOSPC)
		return 0;
	fprintf(stderr, "tgraw: churn: add: %s: %s\n", strerror(errno), a.reason);
	return 1;
}

#define CHURN_EVENTS	8
static volatile int *churn_stop;		/* shared by the processes */

static void churn_on_term(int sig)
{
	(void)sig;
	*churn_stop = 1;
}

#define NO_EVENT	TG_ALL

/* Changes one of our own: numbers of others are none of our business. */
static int churn_modify(struct raw_dev *d, unsigned int *number, unsigned int op)
{
	struct tg_event_modify m = {
		.size = sizeof(m), .number = *number, .op = op,
	};

	if (*number == NO_EVENT)
		return 0;
	if (op == TG_OP_CLEAR)
		*number = NO_EVENT;
	if (!ioctl(d->fd, TG_IOC_EVENT_MODIFY, &m))
		return 0;
	fprintf(stderr, "tgraw: churn: modify %u: %s: %s\n", m.number,
		strerror(errno), m.reason);
	return 1;
}

static int churn_child(struct raw_dev *d, time_t end, uint64_t rng)
{
	unsigned int number[CHURN_EVENTS], ops = 0, i;
	int bad = 0;

	for (i = 0; i < CHURN_EVENTS; i++)
		number[i] = NO_EVENT;
	while (!bad && !*churn_stop && time(NULL) < end) {
		uint64_t r = rng_next(&rng);

		i = r % CHURN_EVENTS;
		if (number[i] == NO_EVENT)
			bad = churn_add(d, &rng, &number[i]);
		else
			bad = churn_modify(d, &number[i], 1 + (r >> 8) % 3);
		ops++;
	}
	for (i = 0; i < CHURN_EVENTS; i++)
		bad |= churn_modify(d, &number[i], TG_OP_CLEAR);
	printf("churn: %u operations\n", ops);
	fflush(stdout);
	return bad || ops < 30;
}

int tgraw_churn(int argc, char **argv)
{
	static struct raw_dev d;
	int bad = 0, status, running = 2;
	uint64_t seed;
	time_t end;

	if (argc < 3) {
		fprintf(stderr, "usage: tgraw churn SECONDS SEED\n");
		return 2;
	}
	end = time(NULL) + atoi(argv[1]);
	seed = strtoull(argv[2], NULL, 0) * 0x9e3779b97f4a7c15 + 1;
	churn_stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (churn_stop == MAP_FAILED)
		return 1;
	signal(SIGTERM, churn_on_term);
	if (raw_open(&d) || raw_load(&d) || raw_rings(&d, 1 << 16))
		return 1;
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(churn_child(&d, end, seed + i));
		bad |= pid < 0;
	}
	while (running) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0)
			break;
		if (pid > 0) {
			running--;
			bad |= status != 0;
		}
		raw_drain(&d);
		usleep(5000);
	}
	return bad || raw_summary(&d, stdout);
}
