// SPDX-License-Identifier: GPL-2.0
/*
 * Runs many scripts from one file, each behind a line "=== NAME", and prints the
 * same lines with what each script printed, and "error N", enum tg_run_error, or
 * "compile: MESSAGE". For tests/fuzz/script_random.
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

static void run_one(const char *text, size_t size)
{
	struct tg_host *h = tg_host_new(take, stdout);
	struct tg_script_options o = { .name = "random", .text = text, .size = size };
	struct tg_host_result r;
	struct tg_image *image;
	struct tg_diags diags;
	char why[200];

	if (!h)
		abort();
	set_registers(h);
	tg_host_fuel(h, 50000000);
	if (tg_script_compile(&o, &image, &diags)) {
		printf("compile: %u:%u: %s\n", diags.diag[0].line, diags.diag[0].column, diags.diag[0].message);
	} else if (tg_host_load(h, image, why, sizeof(why))) {
		printf("rejected: %s\n", why);
	} else {
		tg_host_run(h, &r);
		if (r.error)
			printf("error %u\n", r.error);
	}
	tg_diags_free(&diags);
	free(image);
	tg_host_free(h);
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
