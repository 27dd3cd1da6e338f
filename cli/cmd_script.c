// SPDX-License-Identifier: GPL-2.0
/*
 * trapgate script check|dump|run|bench FILE: scripts without module and root. Exit
 * status: 0, 1 a run-time error (or a file that cannot be read), 2 usage, 4 the
 * script does not compile.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "script/script.h"
#include "session.h"

#define EXIT_COMPILE	4
#define FILE_MOST	(16u << 20)
#define BENCH_NS	200000000ull

enum {
	OPTION_REG = 256, OPTION_CONTEXT, OPTION_MEM, OPTION_FUEL, OPTION_BUFFER, OPTION_EVAL,
	OPTION_NO_JIT
};

struct script_run {
	const char *verb, *path;
	char *text;
	size_t size;
	bool expression;
	char **args;
	int nr_args;
	struct tg_host *host;
	struct tg_globals globals;
	struct memory {
		__u64 start, size;
	} *memory;
	size_t nr_memory;
};

static const struct option script_options[] = {
	{ "buffer", required_argument, NULL, OPTION_BUFFER },
	{ "context", required_argument, NULL, OPTION_CONTEXT },
	{ "eval", no_argument, NULL, OPTION_EVAL },
	{ "fuel", required_argument, NULL, OPTION_FUEL },
	{ "help", no_argument, NULL, 'h' },
	{ "mem", required_argument, NULL, OPTION_MEM },
	{ "no-jit", no_argument, NULL, OPTION_NO_JIT },
	{ "reg", required_argument, NULL, OPTION_REG },
	{ }
};

static const char script_help[] =
"usage: trapgate script check|dump|run|bench [OPTION]... FILE [ARG]...\n"
"\n"
"Compile the script in FILE (- is stdin): check it, show its instructions, run it\n"
"or measure it. It runs in this process on a guest that has nothing but what the\n"
"options give; neither the module nor root is needed. ARGs are $arg1, $arg2...\n"
"\n"
"      --reg NAME=VALUE    a register or pseudo-register: rax=55, error=4\n"
"      --context VALUE     $context\n"
"      --mem FILE@ADDRESS  memory of the guest, read from FILE\n"
"      --buffer BYTES      a buffer for $buffer\n"
"      --fuel N            end after so many instructions, default 100000 (decimal)\n"
"      --no-jit            interpret it, do not translate it to machine code\n"
"      --eval              FILE is one expression: print its value\n"
"  -h, --help              this text\n"
"\n"
"Values are hexadecimal. Exit status: 0, 1 run-time error, 2 usage, 4 compile error.\n";
_Static_assert(TG_DEFAULT_FUEL == 100000, "as the help of --fuel says");

#define usage(...) options_usage("trapgate script", __VA_ARGS__)

static void print_text(void *ctx, const char *text, size_t size)
{
	(void)ctx;
	fwrite(text, 1, size, stdout);
}

static void print_nothing(void *ctx, const char *text, size_t size)
{
	(void)ctx;
	(void)text;
	(void)size;
}

/* A new buffer with the file's bytes; NULL and errno. */
static char *read_all(const char *path, size_t *size)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *text;
	struct stat st;

	if (!f)
		return NULL;
	text = fstat(fileno(f), &st) || S_ISDIR(st.st_mode) ? NULL : malloc(FILE_MOST);
	if (!text && !errno)
		errno = EISDIR;
	*size = text ? fread(text, 1, FILE_MOST, f) : 0;
	if (text && (ferror(f) || *size == FILE_MOST)) {
		errno = ferror(f) ? EIO : EFBIG;
		free(text);
		text = NULL;
	}
	if (f != stdin)
		fclose(f);
	return text;
}

static bool hex_value(const char *text, __u64 *value)
{
	return !tg_number_parse(text, 16, ~0ull, value);
}

static int set_register(struct script_run *s, const char *text)
{
	const char *equals = strchr(text, '=');
	char name[32];
	__u64 value;
	int rc;

	if (!equals || !hex_value(equals + 1, &value))
		return usage("--reg '%s' is not NAME=VALUE", text);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	rc = tg_host_set(s->host, *name == '@' || *name == '$' ? name + 1 : name, value);
	if (rc == -ERANGE)
		return usage("--reg '%s': the register cannot have that value", text);
	return rc ? usage("--reg: there is no register '%s' that can be set", name) : 0;
}

/* Notes it; -EEXIST where there is memory already, which would hide it. */
static int note_memory(struct script_run *s, __u64 start, __u64 size)
{
	struct memory *more = realloc(s->memory, (s->nr_memory + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->memory = more;
	for (size_t i = 0; i < s->nr_memory; i++)
		if (start - more[i].start < more[i].size || more[i].start - start < size)
			return -EEXIST;
	more[s->nr_memory++] = (struct memory){ start, size };
	return 0;
}

static int set_memory(struct script_run *s, const char *text)
{
	const char *at = strrchr(text, '@');
	char name[4096], *bytes;
	__u64 address;
	size_t size;
	int rc;

	if (!at || !hex_value(at + 1, &address))
		return usage("--mem '%s' is not FILE@ADDRESS", text);
	snprintf(name, sizeof(name), "%.*s", (int)(at - text), text);
	errno = 0;
	bytes = read_all(name, &size);
	if (!bytes)
		return usage("--mem: cannot read %s: %s", name, strerror(errno));
	rc = note_memory(s, address, size);
	if (!rc)
		rc = tg_host_memory(s->host, address, bytes, size, true);
	free(bytes);
	if (rc == -EEXIST)
		return usage("--mem: %s overlaps other memory at address %llx", name,
			     (unsigned long long)address);
	if (rc)
		return usage("--mem: %s cannot be at address %llx", name,
			     (unsigned long long)address);
	return 0;
}

static int set_option(void *ctx, int c)
{
	struct script_run *s = ctx;
	__u64 value;

	switch (c) {
	case OPTION_REG:
		return set_register(s, optarg);
	case OPTION_MEM:
		return set_memory(s, optarg);
	case OPTION_CONTEXT:
		if (!hex_value(optarg, &value))
			return usage("--context '%s' is not a number", optarg);
		return tg_host_set(s->host, "context", value) ? EXIT_FAILED + 1 : 0;
	case OPTION_BUFFER:
		if (!hex_value(optarg, &value) || !value || value > FILE_MOST)
			return usage("--buffer '%s' is not a number from 1 to 1000000", optarg);
		return tg_host_buffer(s->host, value) ? EXIT_FAILED + 1 : 0;
	case OPTION_FUEL:
		if (tg_number_parse(optarg, 10, 1ull << 40, &value) || !value)
			return usage("--fuel '%s' is not a number from 1 to 2^40", optarg);
		tg_host_fuel(s->host, value);
		return 0;
	case OPTION_NO_JIT:
		tg_host_jit(s->host, false);
		return 0;
	default:
		s->expression = true;
		return 0;
	}
}

static const struct option_table table = {
	.command = "trapgate script",
	.help = script_help,
	.letters = "+:h",
	.words = script_options,
	.set = set_option,
};

/* 0, or the exit status + 1. */
static int parse_options(struct script_run *s, int argc, char **argv)
{
	int rc = options_each(&table, s, argc, argv);

	if (rc)
		return rc;
	if (optind == argc)
		return usage("script %s needs a FILE", s->verb);
	s->path = argv[optind];
	s->args = argv + optind;	/* $arg0 is FILE, as in .script */
	s->nr_args = argc - optind;
	return 0;
}

static int compile(struct script_run *s, struct tg_image **image)
{
	struct tg_script_options o = {
		.name = strcmp(s->path, "-") ? s->path : "stdin", .text = s->text, .size = s->size,
		.expression = s->expression, .args = (const char *const *)s->args,
		.nr_args = (unsigned int)s->nr_args, .globals = &s->globals,
	};
	struct tg_diags diags;
	int rc = tg_script_compile(&o, image, &diags);

	for (unsigned int i = 0; i < diags.nr; i++) {
		char *text = tg_diag_text(&diags.diag[i]);

		fputs(text ? text : "trapgate: out of memory\n", stderr);
		free(text);
	}
	if (diags.more)
		fputs("trapgate: there are more errors\n", stderr);
	if (rc == -ENOMEM)
		fputs("trapgate: out of memory\n", stderr);
	tg_diags_free(&diags);
	return rc;
}

/* A full disk loses what was printed. */
static int flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_OK;
	fprintf(stderr, "trapgate: cannot write: %s\n", strerror(errno));
	return EXIT_FAILED;
}

static int report(const struct tg_host_result *r)
{
	int rc = flush();

	if (!r->error)
		return rc;
	fprintf(stderr, "%s:%u: run-time error: %s\n", *r->file ? r->file : "script", r->line,
		r->message);
	return EXIT_FAILED;
}

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (__u64)t.tv_sec * 1000000000 + (__u64)t.tv_nsec;
}

/* The least of several batches: what else runs here only adds. */
static int bench(struct script_run *s)
{
	struct tg_host_result r;
	__u64 runs = 1, start, ns, best = ~0ull, total = now_ns();

	tg_host_run(s->host, &r);
	if (r.error)
		return report(&r);
	do {
		runs *= 2;
		start = now_ns();
		for (__u64 i = 0; i < runs; i++)
			tg_host_run_bare(s->host);
		ns = now_ns() - start;
	} while (ns < BENCH_NS / 50);
	while (now_ns() - total < BENCH_NS * 2) {
		start = now_ns();
		for (__u64 i = 0; i < runs; i++)
			tg_host_run_bare(s->host);
		ns = now_ns() - start;
		if (ns < best)
			best = ns;
	}
	printf("%.2f ns a run\n", (double)best / (double)runs);
	return flush();
}

static int run_image(struct script_run *s, struct tg_image *image)
{
	struct tg_host_result r;
	char why[200];

	if (!strcmp(s->verb, "dump")) {
		char *text = tg_script_dump(image);

		fputs(text ? text : "", stdout);
		free(text);
		return text ? flush() : EXIT_FAILED;
	}
	if (tg_host_load(s->host, image, why, sizeof(why))) {
		fprintf(stderr, "trapgate: the verifier rejects the script: %s\n", why);
		return EXIT_FAILED;
	}
	if (!strcmp(s->verb, "check"))
		return EXIT_OK;
	if (!strcmp(s->verb, "bench"))
		return bench(s);
	tg_host_run(s->host, &r);
	if (!r.error && s->expression)
		printf("%llx\n", (unsigned long long)r.value);
	return report(&r);
}

static int run_file(struct script_run *s)
{
	struct tg_image *image;
	int rc;

	errno = 0;
	s->text = read_all(s->path, &s->size);
	if (!s->text) {
		fprintf(stderr, "trapgate: cannot read %s: %s\n", s->path, strerror(errno));
		return EXIT_FAILED;
	}
	rc = compile(s, &image);
	rc = rc == -ENOMEM ? EXIT_FAILED : rc ? EXIT_COMPILE : run_image(s, image);
	free(image);
	free(s->text);
	return rc;
}

int cmd_script(int argc, char **argv)
{
	static const char *const verbs[] = { "check", "dump", "run", "bench" };
	struct script_run s = { .verb = argc > 1 ? argv[1] : "" };
	int rc;

	if (!strcmp(s.verb, "--help") || !strcmp(s.verb, "-h")) {
		fputs(script_help, stdout);
		return EXIT_OK;
	}
	for (unsigned int i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(s.verb, verbs[i]))
			goto known;
	return usage("script takes check, dump, run or bench, not '%s'", s.verb) - 1;
known:
	s.host = tg_host_new(strcmp(s.verb, "bench") ? print_text : print_nothing, NULL);
	if (!s.host) {
		fputs("trapgate: out of memory\n", stderr);
		return EXIT_FAILED;
	}
	rc = parse_options(&s, argc - 1, argv + 1);
	rc = rc ? rc - 1 : run_file(&s);
	tg_globals_free(&s.globals);
	free(s.memory);
	tg_host_free(s.host);
	return rc;
}
