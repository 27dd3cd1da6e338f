// SPDX-License-Identifier: GPL-2.0
/*
 * What the tour of `make demo` looks at: a program that raises one exception
 * and says what its own handler was told.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static void on_signal(int number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	printf("program: caught SIG%s, rip %#llx, address %p\n", sigabbrev_np(number),
	       (unsigned long long)user->uc_mcontext.gregs[REG_RIP], info->si_addr);
	fflush(stdout);
	if (number == SIGILL)
		user->uc_mcontext.gregs[REG_RIP] += 2;	/* past UD2 */
	else if (number != SIGTRAP)
		_exit(0);
}

static void divide(void)
{
	volatile int zero = 0;

	printf("program: 7 / 0 = ...\n");
	fflush(stdout);
	printf("program: ... %d\n", 7 / zero);
}

static void breakpoint(void)
{
	__asm__ volatile("int3");
	printf("program: went on after INT3\n");
}

static void undefined(void)
{
	__asm__ volatile("ud2");
	printf("program: went on after UD2\n");
}

static void touch(void)
{
	size_t page = getpagesize();
	volatile char *memory = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		exit(1);
	printf("program: reads %p, writes %p, writes read-only %p\n", (void *)memory,
	       (void *)(memory + page), (void *)(memory + 2 * page));
	fflush(stdout);
	(void)memory[0];
	memory[page] = 1;
	(void)memory[2 * page];
	mprotect((void *)(memory + 2 * page), page, PROT_READ);
	memory[2 * page] = 1;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} acts[] = {
		{ "divide", divide },
		{ "breakpoint", breakpoint },
		{ "undefined", undefined },
		{ "touch", touch },
	};
	static const int signals[] = { SIGFPE, SIGTRAP, SIGILL, SIGSEGV };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	for (size_t i = 0; argc == 2 && i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (!strcmp(argv[1], acts[i].name)) {
			acts[i].run();
			return 0;
		}
	}
	fprintf(stderr, "usage: demo divide|breakpoint|undefined|touch\n");
	return 2;
}
