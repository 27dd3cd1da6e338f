// SPDX-License-Identifier: GPL-2.0
/*
 * What scripts cost: interpreted, translated, and the same work in C by gcc -O2
 * with its loops kept. Thread CPU time, the least of many batches, taken in turns,
 * so that what else runs on the machine hits all alike. The column HyperDbg is what
 * its engine (0.23, built for user mode with -O2, memory reads unchecked) took on
 * the machine where it was measured once: compare orders of magnitude.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "script/script.h"

#define ROUNDS		60
#define BATCH_NS	400000ull
#define NODES		64u		/* of two words */

/* What the C versions work on: as a script's registers and globals, in memory. */
static uint64_t rax = 0x55, rcx, rdx = 3, rbx, x, hits, big, small, zero, miss;
/* Whole pages, as a guest has them. */
static uint64_t words[512] = { 0x1234, 0x5678, 3 }, nodes[512];
static char text[64];

#define KEEP(v)	__asm__ volatile("" : "+r"(v))
#define NOINLINE static __attribute__((noinline))

NOINLINE void c_empty(void)
{
	__asm__ volatile("");
}

NOINLINE void c_cond(void)
{
	if (rax == 0x55)
		x = 1;
	__asm__ volatile("" : : : "memory");
}

NOINLINE void c_cond_false(void)
{
	if (rax == 0x56)
		x = 1;
	__asm__ volatile("" : : : "memory");
}

NOINLINE void c_counter(void)
{
	hits = hits + 1;
	__asm__ volatile("" : : : "memory");
}

NOINLINE void c_for10(void)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < 10; i++) {
		KEEP(i);
		sum = sum + i * 3 - 1;
	}
	x = sum;
	__asm__ volatile("" : : : "memory");
}

static uint64_t poi(uint64_t address)
{
	return *(const volatile uint64_t *)address;
}

NOINLINE void c_poi_chain(void)
{
	if (rax == 0x55 && poi(rcx) == 0x1234 && poi(rcx + 8) && poi(rcx + 16) == rdx)
		hits = hits + 1;
	__asm__ volatile("" : : : "memory");
}

NOINLINE void c_printf(void)
{
	snprintf(text, sizeof(text), "%llx %d\n", (unsigned long long)rax, (int)rdx);
}

NOINLINE void c_sum1000(void)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < 1000; i++) {
		KEEP(i);
		sum = sum + i;
	}
	x = sum;
	__asm__ volatile("" : : : "memory");
}

NOINLINE void c_event(void)
{
	if (rax == 0x55 && rcx) {
		hits = hits + 1;
		if (poi(rcx + 8) >= 0x1000)
			big = big + 1;
		else if (!poi(rcx + 8))
			zero = zero + 1;
		else
			small = small + 1;
	} else {
		miss = miss + 1;
	}
	__asm__ volatile("" : : : "memory");
}

static __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls"))) int fact(int num)
{
	if (num <= 1)
		return 1;
	KEEP(num);
	return num * fact(num - 1);
}

NOINLINE void c_fact(void)
{
	x = (uint64_t)fact(10);
}

NOINLINE void c_nested(void)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < 10; i++) {
		for (uint64_t j = 0; j < 10; j++) {
			for (uint64_t k = 0; k < 10; k++) {
				KEEP(k);
				KEEP(i);
				sum = sum + i * j + k;
			}
		}
	}
	x = sum;
	__asm__ volatile("" : : : "memory");
}

NOINLINE void c_walk(void)
{
	uint64_t p = rbx, n = 0;

	while (p && n < 0x40) {
		p = poi(p);
		n = n + 1;
	}
	x = n;
	__asm__ volatile("" : : : "memory");
}

static const struct {
	const char *name, *script;
	void (*c)(void);
	unsigned int hyperdbg;		/* ns */
} benches[] = {
	{ "empty", "", c_empty, 35 },
	{ "cond_true", "if (@rax == 55) { x = 1; }", c_cond, 95 },
	{ "cond_false", "if (@rax == 56) { x = 1; }", c_cond_false, 57 },
	{ "counter", ".cnt = .cnt + 1;", c_counter, 57 },
	{ "for10", "x = 0; for (i = 0; i < a; i++) { x = x + i * 3 - 1; }", c_for10, 1450 },
	{ "poi_chain",
	  "if (@rax == 55 && poi(@rcx) == 1234 && poi(@rcx + 8) != 0 && poi(@rcx + 10) == @rdx) "
	  "{ .hits = .hits + 1; }", c_poi_chain, 571 },
	{ "printf", "printf(\"%llx %d\\n\", @rax, @rdx);", c_printf, 226 },
	{ "sum1000", "s = 0; for (i = 0; i < 0n1000; i++) { s = s + i; }", c_sum1000, 91047 },
	{ "event", "if (@rax == 55 && @rcx != 0) { .hits = .hits + 1; "
		   "if (poi(@rcx + 8) >= 1000) { .big = .big + 1; } "
	  "elsif (poi(@rcx + 8) == 0) { .zero = .zero + 1; } else { .small = .small + 1; } } "
	  "else { .miss = .miss + 1; }", c_event, 310 },
	{ "fact", "int my_fact(int num) { if (num <= 1) { return 1; } "
		  "return num * my_fact(num - 1); } r = my_fact(a);",
	  c_fact, 1469 },
	{ "nested",
	  "sum = 0; for (i = 0; i < a; i++) { for (j = 0; j < a; j++) { for (k = 0; k < a; k++) "
	  "{ sum = sum + i * j + k; } } }", c_nested, 137008 },
	{ "walk", "p = @rbx; n = 0; while (p != 0 && n < 40) { p = poi(p); n = n + 1; }",
	  c_walk, 13554 },
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void nothing(void *ctx, const char *printed, size_t size)
{
	(void)ctx;
	(void)printed;
	(void)size;
}

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static struct tg_host *load(const char *script, bool jit, struct tg_image **image)
{
	struct tg_script_options o = { .name = "bench", .text = script, .size = strlen(script) };
	struct tg_host *h = tg_host_new(nothing, NULL);
	struct tg_host_result r;
	struct tg_diags diags;
	char why[200];

	if (!h || tg_host_memory(h, 0x10000, words, sizeof(words), true) ||
	    tg_host_memory(h, 0x20000, nodes, sizeof(nodes), true))
		fail(script, "no memory");
	tg_host_set(h, "rax", 0x55);
	tg_host_set(h, "rcx", 0x10000);
	tg_host_set(h, "rdx", 3);
	tg_host_set(h, "rbx", 0x20000);
	tg_host_jit(h, jit);
	if (tg_script_compile(&o, image, &diags))
		fail(script, diags.nr ? diags.diag[0].message : "no memory");
	if (tg_host_load(h, *image, why, sizeof(why)))
		fail(script, why);
	tg_host_run(h, &r);
	if (r.error)
		fail(script, r.message);
	return h;
}

enum { INTERPRETED, TRANSLATED, GCC, WAYS };

struct way {
	struct tg_host *host;
	void (*c)(void);
	uint64_t runs;
	double best;
};

static uint64_t batch(const struct way *w)
{
	uint64_t start = now();

	if (w->host)
		for (uint64_t i = 0; i < w->runs; i++)
			tg_host_run_bare(w->host);
	else
		for (uint64_t i = 0; i < w->runs; i++)
			w->c();
	return now() - start;
}

static void measure(struct way ways[WAYS])
{
	for (int i = 0; i < WAYS; i++) {
		ways[i].best = 1e18;
		for (ways[i].runs = 1; batch(&ways[i]) < BATCH_NS; )
			ways[i].runs *= 2;
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < WAYS; i++) {
			double ns = (double)batch(&ways[i]) / (double)ways[i].runs;

			if (ns < ways[i].best)
				ways[i].best = ns;
		}
	}
}

/* Text to image, verified and translated, for a typical script. */
static void compile_time(void)
{
	double best[2] = { 1e18, 1e18 };
	struct tg_host *h = tg_host_new(nothing, NULL);
	const char *script = benches[8].script;

	for (int i = 0; i < 2000; i++) {
		struct tg_script_options o = { .name = "bench", .text = script,
					       .size = strlen(script) };
		uint64_t start = now(), middle, end;
		struct tg_image *image;
		struct tg_diags diags;
		char why[200];

		if (tg_script_compile(&o, &image, &diags))
			fail(script, "does not compile");
		middle = now();
		if (tg_host_load(h, image, why, sizeof(why)))
			fail(script, why);
		end = now();
		if ((double)(middle - start) < best[0])
			best[0] = (double)(middle - start);
		if ((double)(end - middle) < best[1])
			best[1] = (double)(end - middle);
		free(image);
	}
	tg_host_free(h);
	puts("\nMemory: checked against the page read last, which here stays where it is."
	     " In the machine\na run's first read of a page looks for it in the guest's tables:"
	     " the table of events.");
	printf("\ncompiling `event`: %.1f us; verifying and translating it: %.1f us\n",
	       best[0] / 1000,
	       best[1] / 1000);
}

int main(void)
{
	rcx = (uint64_t)words;
	rbx = (uint64_t)nodes;
	for (unsigned int i = 0; i + 1 < NODES; i++)
		nodes[i * 2] = 0x20000 + 16 * (i + 1);
	printf("ns a run     interpreted  translated    gcc -O2 | translated/gcc | "
	       "HyperDbg: ns, times interpreted\n");
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		struct tg_image *image[2];
		struct way ways[WAYS] = { 0 };

		for (int k = 0; k < 2; k++)
			ways[k].host = load(benches[i].script, k == TRANSLATED, &image[k]);
		/* The script's copy of the list has its own addresses. */
		for (unsigned int k = 0; k + 1 < NODES; k++)
			nodes[k * 2] = (uint64_t)&nodes[(k + 1) * 2];
		ways[GCC].c = benches[i].c;
		measure(ways);
		for (unsigned int k = 0; k + 1 < NODES; k++)
			nodes[k * 2] = 0x20000 + 16 * (k + 1);
		printf("%-12s %11.2f %11.2f %10.2f | %14.2f | %8u %9.1f\n", benches[i].name,
		       ways[INTERPRETED].best, ways[TRANSLATED].best, ways[GCC].best,
		       ways[TRANSLATED].best / ways[GCC].best,
		       benches[i].hyperdbg, benches[i].hyperdbg / ways[INTERPRETED].best);
		for (int k = 0; k < 2; k++) {
			tg_host_free(ways[k].host);
			free(image[k]);
		}
	}
	compile_time();
	return 0;
}
