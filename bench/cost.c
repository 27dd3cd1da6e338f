// SPDX-License-Identifier: GPL-2.0
/*
 * cost WHAT N: what one event costs in ticks of the TSC, seen from user mode.
 *   pf	the first write to a page	ud, bp	UD2 or INT3 and a handler's return
 *   cpuid	one CPUID			getppid	one system call
 *   tick	an interrupt in a loop that does nothing else (N: milliseconds)
 * Prints the median, the smallest and the number of samples. In Bochs the TSC
 * counts instructions, so that a median is exact from boot to boot.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define MAX_SAMPLES 20000

static uint64_t sample[MAX_SAMPLES];
static long nr;

static inline uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static void add(uint64_t ticks)
{
	if (nr < MAX_SAMPLES)
		sample[nr++] = ticks;
}

static int cost_pf(long n)
{
	char *p = mmap(NULL, n * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 1;
	madvise(p, n * 4096, MADV_NOHUGEPAGE);
	for (long i = 0; i < n; i++) {
		uint64_t start = tsc();

		*(volatile char *)(p + i * 4096) = 1;
		add(tsc() - start);
	}
	return munmap(p, n * 4096);
}

static void skip_ud2(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void nothing(int sig)
{
	(void)sig;
}

static int cost_ud(long n)
{
	struct sigaction sa = { .sa_sigaction = skip_ud2, .sa_flags = SA_SIGINFO };

	sigaction(SIGILL, &sa, NULL);
	while (n--) {
		uint64_t start = tsc();

		__asm__ volatile("ud2" ::: "memory");
		add(tsc() - start);
	}
	return 0;
}

static int cost_bp(long n)
{
	signal(SIGTRAP, nothing);
	while (n--) {
		uint64_t start = tsc();

		__asm__ volatile("int3" ::: "memory");
		add(tsc() - start);
	}
	return 0;
}

static int cost_cpuid(long n)
{
	while (n--) {
		uint32_t a = 0, c = 0;
		uint64_t start = tsc();

		__asm__ volatile("cpuid" : "+a"(a), "+c"(c) : : "ebx", "edx");
		add(tsc() - start);
	}
	return 0;
}

static int cost_getppid(long n)
{
	while (n--) {
		uint64_t start = tsc();

		syscall(SYS_getppid);
		add(tsc() - start);
	}
	return 0;
}

/* Gaps between two readings that nothing but an interrupt makes. */
static int cost_tick(long ms)
{
	struct timespec t;
	int64_t end, now;
	uint64_t last = tsc(), this;
	int spin;

	clock_gettime(CLOCK_MONOTONIC, &t);
	end = t.tv_sec * 1000ll + t.tv_nsec / 1000000 + ms;
	do {
		last = tsc();
		for (spin = 0; spin < 100000; spin++) {
			this = tsc();
			if (this - last > 200)
				add(this - last);
			last = this;
		}
		clock_gettime(CLOCK_MONOTONIC, &t);
		now = t.tv_sec * 1000ll + t.tv_nsec / 1000000;
	} while (now < end);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static const struct {
	const char *name;
	int (*run)(long n);
} costs[] = {
	{ "pf", cost_pf }, { "ud", cost_ud }, { "bp", cost_bp },
	{ "cpuid", cost_cpuid }, { "getppid", cost_getppid },
	{ "tick", cost_tick },
};

int main(int argc, char **argv)
{
	long n = argc == 3 ? strtol(argv[2], NULL, 0) : 0;

	/* Their pages must be there before the first measurement. */
	memset(sample, 1, sizeof(sample));
	for (size_t i = 0; n > 0 && i < sizeof(costs) / sizeof(costs[0]); i++) {
		if (strcmp(argv[1], costs[i].name))
			continue;
		if (costs[i].run(n) || !nr)
			return 1;
		qsort(sample, nr, sizeof(sample[0]), by_size);
		printf("%s median=%lu least=%lu samples=%ld\n", argv[1],
		       sample[nr / 2], sample[0], nr);
		return 0;
	}
	fprintf(stderr, "usage: cost pf|ud|bp|cpuid|getppid|tick N\n");
	return 2;
}
