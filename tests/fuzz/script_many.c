// SPDX-License-Identifier: GPL-2.0
/*
 * Runs many scripts from one file, each behind a line "=== NAME", and prints the
 * same lines with what each script printed, and "error N", enum tg_run_error, or
 * "compile: MESSAGE". For tests/fuzz/script_random. Interpreter and translated
 * code must agree in everything, the fuel included; else it says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/script.h"

static void take(void *ctx, const char *text, size_t size)
{
	fwrite(text, 1, size, ctx);
}

static void set_registers(struct tg_host *h)
{
	tg_host_set(h, "rax", 0x8877665544332211);
	tg_host_set(h, "rcx", 0x7fffffffffffffff);
	tg_host_set(h, "rdx", 3);
	tg_host_set(h, "rbx", 0xfffffffffffffffe);
}

/* What there is to see of a run. */
struct seen {
	char *text;
	size_t size;
	struct tg_host_result r;
	uint64_t reg[4], global[4];
};

static void run(struct tg_image *image, bool jit, uint64_t fuel, struct seen *seen)
{
	static const char *const regs[] = { "rax", "rcx", "rdx", "rbx" };
	FILE *out = open_memstream(&seen->text, &seen->size);
	struct tg_host *h = out ? tg_host_new(take, out) : NULL;
	char why[200];

	if (!h)
		abort();
	set_registers(h);
	tg_host_jit(h, jit);
	tg_host_fuel(h, fuel);
	memset(&seen->r, 0, sizeof(seen->r));
	if (tg_host_load(h, image, why, sizeof(why))) {
		fprintf(out, "rejected: %s\n", why);
	} else {
		tg_host_run(h, &seen->r);
		if (seen->r.error)
			fprintf(out, "error %u\n", seen->r.error);
	}
	for (int i = 0; i < 4; i++) {
		tg_host_get(h, regs[i], &seen->reg[i]);
		seen->global[i] = tg_host_global(h, (uint32_t)i * 8);
	}
	tg_host_free(h);
	fclose(out);
}

static bool agree(const struct seen *a, const struct seen *b)
{
	return a->size == b->size && !memcmp(a->text, b->text, a->size) &&
	       a->r.error == b->r.error && a->r.line == b->r.line &&
	       a->r.error_value == b->r.error_value &&
	       !memcmp(a->reg, b->reg, sizeof(a->reg)) &&
	       !memcmp(a->global, b->global, sizeof(a->global));
}

/* Both, with much fuel and with little, where they must stop at the same place. */
static void run_both(struct tg_image *image)
{
	static const uint64_t fuels[] = { 50000000, 200, 37 };

	for (unsigned int i = 0; i < sizeof(fuels) / sizeof(fuels[0]); i++) {
		struct seen a, b;

		run(image, false, fuels[i], &a);
		run(image, true, fuels[i], &b);
		if (!i)
			fwrite(a.text, 1, a.size, stdout);
		if (!agree(&a, &b))
			printf("interpreter and translation differ with fuel %llu: line %u, %u; %s",
			       (unsigned long long)fuels[i], a.r.line, b.r.line, b.text);
		free(a.text);
		free(b.text);
	}
}

static void run_one(const char *text, size_t size)
{
	struct tg_script_options o = { .name = "random", .text = text, .size = size };
	struct tg_image *image;
	struct tg_diags diags;

	if (tg_script_compile(&o, &image, &diags))
		printf("compile: %u:%u: %s\n", diags.diag[0].line, diags.diag[0].column,
		       diags.diag[0].message);
	else
		run_both(image);
	tg_diags_free(&diags);
	free(image);
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
	char *line = NULL, *text = NULL;
	size_t room = 0, size = 0;
	FILE *out = open_memstream(&text, &size);
	bool any = false;

	if (!f || !out)
		return 2;
	for (;;) {
		ssize_t n = getline(&line, &room, f);

		if (n > 0 && strncmp(line, "=== ", 4)) {
			fwrite(line, 1, (size_t)n, out);
			continue;
		}
		fflush(out);
		if (any)
			run_one(text, size);
		if (n <= 0)
			break;
		fputs(line, stdout);
		any = true;
		fclose(out);
		free(text);
		out = open_memstream(&text, &size);
		if (!out)
			return 2;
	}
	fclose(out);
	fclose(f);
	free(text);
	free(line);
	return 0;
}
