// SPDX-License-Identifier: GPL-2.0
/*
 * tgraw info | stats             prints them, one field a line
 * tgraw run [OPTIONS] [-- CMD]   loads, hooks, reads until CMD ends (or
 *                                SIGTERM, or -t seconds), prints the counts
 *	-e V, -i V	an exception or interrupt; hex or "all"
 *	-P		only CMD and what it starts
 *	-p PID, -c CPU	only that process (decimal), that CPU
 *	-s, -f, -d	swallow; force; add it disabled
 *	-o FILE		records as JSON lines     -S FILE  counts (else stdout)
 *	-b BYTES	ring size a CPU           -q	   do not read the rings
 *	-w FILE		create FILE when armed    -t SEC
 *	-L N		swallow limit
 * tgraw match V ROW [-- CMD]     see tgraw_match.c
 * tgraw churn SECONDS SEED       see tgraw_match.c
 * tgraw cycle N HOW              see tgraw_cycle.c
 * tgraw abi                      see tgraw_abi.c
 * Exit status: CMD's; 1 failed; 2 usage; 3 records break the contract.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tgraw.h"

#define MAX_EVENTS	16

struct run {
	struct tg_event_add ev[MAX_EVENTS];
	int nr, own_only, quiet, seconds;
	unsigned int flags, core, pid;
	uint64_t bytes, limit;
	const char *out, *summary, *armed;
	char **cmd;
	int go[2];			/* pipe: the command waits for its events */
};

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: tgraw info|stats|abi|match|churn|run ...\n");
	return 2;
}

static int parse_event(struct run *r, unsigned int type, const char *arg)
{
	char *end = NULL;
	unsigned long v = TG_ALL;

	if (strcmp(arg, "all"))
		v = strtoul(arg, &end, 16);
	if (r->nr == MAX_EVENTS || (end && (end == arg || *end)))
		return -1;
	raw_spec(&r->ev[r->nr++], type, v);
	return 0;
}

static int parse_run(struct run *r, int argc, char **argv)
{
	int c, bad = 0;

	r->core = TG_ALL;
	r->bytes = 1 << 20;
	while ((c = getopt(argc, argv, "+e:i:Pp:c:sfdo:S:b:qw:t:L:")) != -1) {
		switch (c) {
		case 'e': bad |= parse_event(r, TG_EVENT_EXCEPTION, optarg); break;
		case 'i': bad |= parse_event(r, TG_EVENT_INTERRUPT, optarg); break;
		case 'P': r->own_only = 1; break;
		case 'p': r->pid = atoi(optarg); r->flags |= TG_EV_PID; break;
		case 'c': r->core = atoi(optarg); break;
		case 's': r->flags |= TG_EV_SWALLOW; break;
		case 'f': r->flags |= TG_EV_FORCE; break;
		case 'd': r->flags |= TG_EV_DISABLED; break;
		case 'o': r->out = optarg; break;
		case 'S': r->summary = optarg; break;
		case 'b': r->bytes = strtoull(optarg, NULL, 0); break;
		case 'q': r->quiet = 1; break;
		case 'w': r->armed = optarg; break;
		case 't': r->seconds = atoi(optarg); break;
		case 'L': r->limit = strtoull(optarg, NULL, 0); break;
		default: bad = -1;
		}
	}
	r->cmd = argv[optind] ? argv + optind : NULL;
	return bad || (r->own_only && !r->cmd) ? -1 : 0;
}

/* Starts the command; it waits until run_release(). */
static pid_t run_start(struct run *r)
{
	pid_t pid;
	char c;

	if (pipe(r->go))
		return -1;
	pid = fork();
	if (pid)
		return pid;
	close(r->go[1]);
	if (read(r->go[0], &c, 1) != 1)
		_exit(125);
	close(r->go[0]);
	execvp(r->cmd[0], r->cmd);
	perror(r->cmd[0]);
	_exit(127);
}

static int run_release(struct run *r)
{
	int err = write(r->go[1], "g", 1) == 1 ? 0 : -errno;

	close(r->go[0]);
	close(r->go[1]);
	return err;
}

static int run_arm(struct run *r, struct raw_dev *d, pid_t child)
{
	int err = raw_load(d);

	if (!err)
		err = raw_rings(d, r->bytes);
	if (!err && r->limit) {
		struct tg_set s = {
			.size = sizeof(s), .setting = TG_SET_SWALLOW_LIMIT,
			.value = r->limit,
		};

		err = ioctl(d->fd, TG_IOC_SET, &s) ? -errno : 0;
	}
	for (int i = 0; !err && i < r->nr; i++) {
		struct tg_event_add *a = &r->ev[i];

		a->flags = r->flags;
		a->spec.core = r->core;
		a->spec.pid = r->pid;
		if (r->own_only) {
			a->flags |= TG_EV_PID | TG_EV_FOLLOW;
			a->spec.pid = child;
		}
		err = raw_add(d, a);
	}
	if (!err && r->armed)
		close(open(r->armed, O_CREAT | O_WRONLY, 0600));
	return err;
}

static int run_until_end(struct run *r, struct raw_dev *d, pid_t child)
{
	time_t end = time(NULL) + r->seconds;
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	int status = 0;

	while (!stop) {
		if (child && waitpid(child, &status, WNOHANG) == child)
			break;
		if (r->seconds && time(NULL) >= end)
			break;
		if (r->quiet)
			poll(NULL, 0, 20);
		else if (!raw_drain(d))
			poll(&p, 1, 20);
	}
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static int tgraw_run(int argc, char **argv)
{
	static struct run r;
	static struct raw_dev d;
	FILE *summary = stdout;
	pid_t child = 0;
	int status;

	if (parse_run(&r, argc, argv))
		return usage();
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	if (raw_open(&d))
		return 1;
	if (r.out && !(d.out = fopen(r.out, "w")))
		return 1;
	if (r.summary && !(summary = fopen(r.summary, "w")))
		return 1;
	if (r.cmd) {
		child = run_start(&r);
		if (child < 0)
			return 1;
	}
	if (run_arm(&r, &d, child))
		return 1;	/* closes the pipe: the command gives up */
	if (child && run_release(&r))
		return 1;
	status = run_until_end(&r, &d, child);
	/* Stop counting, so that hits and records can be compared. */
	for (int i = 0; i < r.nr; i++)
		if (raw_modify(&d, r.ev[i].number, TG_OP_DISABLE))
			return 1;
	return raw_summary(&d, summary) ? 3 : status;
}

static int tgraw_info(void)
{
	static struct raw_dev d;
	struct tg_info i;

	if (raw_open(&d) || raw_info(&d, &i))
		return 1;
	printf("state=%u nr_cpus=%u online=%u virtualised=%u events=%u users=%u\n"
	       "tsc_khz=%u swallow_limit=%llu root_bytes=%llu\n"
	       "backend=%.16s\nversion=%.24s\nreason=%.248s\n",
	       i.state, i.nr_cpus, i.online_cpus, i.virtualised_cpus, i.nr_events,
	       i.nr_users, i.tsc_khz, i.swallow_limit, i.root_bytes_per_cpu,
	       i.backend, i.module_version, i.reason);
	return 0;
}

static int tgraw_stats(void)
{
	static struct raw_dev d;

	if (raw_open(&d))
		return 1;
	for (unsigned int cpu = 0; cpu < d.nr_cpus; cpu++) {
		struct tg_stats s = { .size = sizeof(s), .cpu = cpu };

		if (ioctl(d.fd, TG_IOC_STATS, &s))
			return 1;
		printf("cpu=%u virtualised=%u exits=%llu exception=%llu "
		       "interrupt=%llu nmi=%llu window=%llu other=%llu "
		       "inj_exc=%llu inj_int=%llu inj_nmi=%llu queued=%llu "
		       "swallowed=%llu root_nmis=%llu vmreads=%llu "
		       "vmwrites=%llu flushes=%llu atomics=%llu\n",
		       cpu, s.virtualised, s.exits, s.exits_exception,
		       s.exits_interrupt, s.exits_nmi, s.exits_window,
		       s.exits_other, s.injected_exceptions,
		       s.injected_interrupts, s.injected_nmis,
		       s.queued_interrupts, s.swallowed, s.root_nmis, s.vmreads,
		       s.vmwrites, s.flushes, s.atomics);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage();
	if (!strcmp(argv[1], "info"))
		return tgraw_info();
	if (!strcmp(argv[1], "stats"))
		return tgraw_stats();
	if (!strcmp(argv[1], "run"))
		return tgraw_run(argc - 1, argv + 1);
	if (!strcmp(argv[1], "match"))
		return tgraw_match(argc - 1, argv + 1);
	if (!strcmp(argv[1], "churn"))
		return tgraw_churn(argc - 1, argv + 1);
	if (!strcmp(argv[1], "cycle"))
		return tgraw_cycle(argc - 1, argv + 1);
	if (!strcmp(argv[1], "abi"))
		return tgraw_abi(argc - 1, argv + 1);
	return usage();
}
