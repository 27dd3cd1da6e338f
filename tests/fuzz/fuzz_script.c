// SPDX-License-Identifier: GPL-2.0
/*
 * Any text through the compiler: an image that the verifier accepts and that runs
 * to an end, or diagnostics. And any bytes as an image through the verifier: what
 * it accepts runs to an end without touching what is not its own, interpreted and
 * translated alike.
 *
 * As a program: build/unit/script_fuzz [COUNT [SEED]], which changes the scripts of
 * tests/script and their images. With -DTG_LIBFUZZER and clang -fsanitize=fuzzer: a
 * libFuzzer target (make fuzz-script); the first byte says which of the two.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)							\
	do {									\
		if (!(condition)) {						\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);	\
			abort();						\
		}								\
	} while (0)

#define FUEL	20000

static void take(void *ctx, const char *text, size_t size)
{
	/* Read, so that the sanitizer sees what is not there. */
	for (size_t i = 0; i < size; i++)
		*(volatile unsigned int *)ctx += (unsigned char)text[i];
}

/* Two alike: one interprets, the other runs translated code. */
struct pair {
	struct tg_host *host[2];
	unsigned int sum[2];
};

static struct pair both;

static void make_guests(void)
{
	static const unsigned char bytes[4096] = { 0x90, 0x48, 0x89, 0xc3 };

	for (int i = 0; i < 2; i++) {
		tg_host_free(both.host[i]);
		both.sum[i] = 0;
		both.host[i] = tg_host_new(take, &both.sum[i]);
		CHECK(both.host[i]);
		CHECK(!tg_host_memory(both.host[i], 0x1000, bytes, sizeof(bytes), true));
		CHECK(!tg_host_memory(both.host[i], 0x3000, bytes, 100, false));
		CHECK(!tg_host_buffer(both.host[i], 64));
		tg_host_fuel(both.host[i], FUEL);
		tg_host_jit(both.host[i], i);
	}
}

/* Whether what it does depends on the time. */
static bool has_clock(const struct tg_image *image)
{
	const struct tg_insn *insn = (const struct tg_insn *)(image + 1);

	for (unsigned int i = 0; i < image->nr_insns; i++) {
		if (insn[i].op == TG_OP_HELPER &&
		    (insn[i].imm == TG_HELPER_RDTSC || insn[i].imm == TG_HELPER_RDTSCP ||
		     insn[i].imm == TG_HELPER_MICROSLEEP))
			return true;
		if (insn[i].op == TG_OP_LDX &&
		    (insn[i].imm == TG_REG_TSC || insn[i].imm == TG_REG_TIME ||
						insn[i].imm == TG_REG_DATE))
			return true;
	}
	return false;
}

static void run(const struct tg_image *image)
{
	struct tg_host_result r[2];

	for (int i = 0; i < 2; i++) {
		tg_host_run(both.host[i], &r[i]);
		CHECK(r[i].error < TG_NR_ERRS);
		CHECK(!r[i].error == !*r[i].message);
		CHECK(!r[i].error || r[i].file);
	}
	if (has_clock(image)) {
		make_guests();
		return;
	}
	CHECK(r[0].error == r[1].error && r[0].error_value == r[1].error_value &&
	      r[0].line == r[1].line);
	CHECK(r[0].value == r[1].value && both.sum[0] == both.sum[1]);
	for (uint32_t i = 0; i < TG_SCRIPT_GLOBALS_MAX; i += 8)
		CHECK(tg_host_global(both.host[0], i) == tg_host_global(both.host[1], i));
}

/* The same image for both; false: it was rejected. */
static bool load(struct tg_image *image)
{
	char why[200];
	int rc;

	if (!both.host[0])
		make_guests();
	for (int i = 0; i < 2; i++)
		tg_host_set(both.host[i], "rcx", 0x1000);
	rc = tg_host_load(both.host[0], image, why, sizeof(why));
	CHECK(rc == tg_host_load(both.host[1], image, why, sizeof(why)));
	return !rc;
}

static void check_diags(const struct tg_diags *d)
{
	CHECK(d->nr && d->nr <= TG_DIAGS_MAX);
	for (unsigned int i = 0; i < d->nr; i++) {
		char *text = tg_diag_text(&d->diag[i]);

		CHECK(text && *d->diag[i].message && d->diag[i].line && d->diag[i].column);
		free(text);
	}
}

/* The image, to be freed, when there is one. */
static struct tg_image *compile(const char *text, size_t size)
{
	static const char *const args[] = { "5", "x + $arg0" };
	struct tg_script_options o = { .name = "tests/script/fuzz", .text = text, .size = size,
				       .args = args,
				       .nr_args = 2, .kallsyms = "tests/script/kallsyms" };
	struct tg_image *image;
	struct tg_diags diags;
	int rc = tg_script_compile(&o, &image, &diags);

	CHECK(!rc == !!image);
	if (rc)
		check_diags(&diags);
	else
		CHECK(!diags.nr);
	tg_diags_free(&diags);
	return image;
}

static void try_text(const char *text, size_t size)
{
	/* No byte behind the text may be read. */
	char *copy = malloc(size ? size : 1), *dump;
	struct tg_image *image;

	if (size)
		memcpy(copy, text, size);
	image = compile(copy, size);
	if (image) {
		dump = tg_script_dump(image);
		CHECK(dump);
		free(dump);
		CHECK(load(image));
		run(image);
	}
	free(image);
	free(copy);
}

static void try_image(const uint8_t *data, size_t size)
{
	struct tg_image *image;

	if (size < sizeof(*image))
		return;
	image = malloc(size);
	CHECK(image);
	memcpy(image, data, size);
	image->size = (uint32_t)size;
	if (load(image)) {
		free(tg_script_dump(image));
		run(image);
	}
	free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (*data & 1)
		try_image(data + 1, size - 1);
	else
		try_text((const char *)data + 1, size - 1);
	return 0;
}

#ifndef TG_LIBFUZZER

static uint64_t state;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

struct text {
	char *at;
	size_t size;
};

static struct text *texts;
static size_t nr_texts;

static void read_scripts(void)
{
	struct dirent **list;
	int nr = scandir("tests/script", &list, NULL, alphasort);

	CHECK(nr > 0);
	texts = calloc((size_t)nr, sizeof(*texts));
	CHECK(texts);
	for (int i = 0; i < nr; i++) {
		const char *dot = strrchr(list[i]->d_name, '.');
		char path[400];
		FILE *f;

		snprintf(path, sizeof(path), "tests/script/%s", list[i]->d_name);
		f = dot && !strcmp(dot, ".ds") ? fopen(path, "re") : NULL;
		if (f) {
			texts[nr_texts].at = malloc(65536);
			CHECK(texts[nr_texts].at);
			texts[nr_texts].size = fread(texts[nr_texts].at, 1, 4096, f);
			nr_texts++;
			fclose(f);
		}
		free(list[i]);
	}
	free(list);
	CHECK(nr_texts);
}

/* A few changes: bytes, pieces lost or doubled, pieces of another. */
static size_t change(char *bytes, size_t size, size_t most)
{
	for (uint64_t n = next() % 4 + 1; n && size > 1; n--) {
		size_t at = next() % size, length = next() % 12 + 1;
		const struct text *other = &texts[next() % nr_texts];

		length = length > size - at ? size - at : length;
		switch (next() % 4) {
		case 0:
			bytes[at] = (char)next();
			break;
		case 1:
			memmove(bytes + at, bytes + at + length, size - at - length);
			size -= length;
			break;
		case 2:
			if (size + length <= most && other->size > length) {
				memmove(bytes + at + length, bytes + at, size - at);
				memcpy(bytes + at,
				       other->at + next() % (other->size - length), length);
				size += length;
			}
			break;
		default:
			bytes[at] = (char)(bytes[at] ^ 1 << next() % 8);
		}
	}
	return size;
}

static void change_image(const struct text *t)
{
	struct tg_image *image = compile(t->at, t->size);
	uint8_t *bytes;

	if (!image)
		return;
	bytes = malloc(image->size);
	CHECK(bytes);
	for (int i = 0; i < 20; i++) {
		size_t first = sizeof(*image);
		size_t last = first + image->nr_insns * 8 + image->nr_funcs * 24;

		memcpy(bytes, image, image->size);
		for (uint64_t n = next() % 3 + 1; n; n--) {
			size_t at = next() % 8 ? first + next() % (last - first) :
						 next() % image->size;

			bytes[at] = (uint8_t)(next() % 2 ? next() % 16 :
							   bytes[at] ^ 1u << next() % 8);
		}
		try_image(bytes, image->size);
	}
	free(bytes);
	free(image);
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 4000;
	char *bytes = malloc(65536);

	state = (argc > 2 ? strtoull(argv[2], NULL, 0) : 1) * 0x9e3779b97f4a7c15 | 1;
	CHECK(bytes);
	read_scripts();
	for (unsigned long i = 0; i < count; i++) {
		const struct text *t = &texts[next() % nr_texts];

		memcpy(bytes, t->at, t->size);
		try_text(bytes, change(bytes, t->size, 8192));
		if (i % 8 == 0)
			change_image(t);
	}
	free(bytes);
	printf("PASS: %lu changed scripts\n", count);
	return 0;
}

#endif
