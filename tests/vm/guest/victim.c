// SPDX-License-Identifier: GPL-2.0
/*
 * victim CPU READY [SECONDS]: spins on that CPU until it gets a signal of a fault, and
 * prints which: "SIGFPE code=1 address=0x401234 here=1", here: RIP is in its loop. Makes
 * the file READY once it spins, with its pid in it. "none" after SECONDS (default 20).
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ucontext.h>
#include <time.h>
#include <unistd.h>

extern const char victim_loop[], victim_end[];
static volatile int stop;

static void caught(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	unsigned long rip = (unsigned long)uc->uc_mcontext.gregs[REG_RIP];
	char line[100];
	int n = snprintf(line, sizeof(line), "%s%s code=%d address=0x%lx here=%d\n",
			 "SIG", sigabbrev_np(sig), info->si_code, (unsigned long)info->si_addr,
			 rip >= (unsigned long)victim_loop && rip <= (unsigned long)victim_end);

	_exit(write(1, line, (size_t)n) == n ? 0 : 1);
}

static void late(int sig)
{
	(void)sig;
	stop = 1;
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGBUS };
	struct sigaction sa = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
	cpu_set_t set;
	FILE *ready;

	if (argc < 3)
		return 2;
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[1]), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return 3;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	signal(SIGALRM, late);
	alarm(argc > 3 ? (unsigned int)atoi(argv[3]) : 20);
	ready = fopen(argv[2], "w");
	if (!ready || fprintf(ready, "%d\n", (int)getpid()) < 0 || fclose(ready))
		return 4;
	asm volatile(".globl victim_loop, victim_end\n"
		     "victim_loop: cmpl $0, %0\n"
		     "je victim_loop\n"
		     "victim_end: nop" : : "m"(stop) : "cc", "memory");
	puts("none");
	return 0;
}
