// SPDX-License-Identifier: GPL-2.0
/* The command line. Usage errors go to stderr and end with status 2. */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

enum { OPTION_FOR = 256, OPTION_JSON, OPTION_RING };

static const struct option long_options[] = {
	{ "execute", required_argument, NULL, 'e' },
	{ "file", required_argument, NULL, 'f' },
	{ "for", required_argument, NULL, OPTION_FOR },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "ring", required_argument, NULL, OPTION_RING },
	{ "version", no_argument, NULL, 'V' },
	{ }
};

static const char help_text[] =
"usage: trapgate [OPTION]...                      the prompt, or commands from stdin\n"
"       trapgate [OPTION]... -e COMMAND...        run commands, print until Ctrl-C\n"
"       trapgate [OPTION]... -e COMMAND... -- PROG [ARG]...\n"
"                                                run PROG under the events\n"
"       trapgate lab [--machine NAME] FILE.S|FILE.bin\n"
"                                                run a bare-metal program under every event,\n"
"                                                in an emulator ('trapgate lab --help')\n"
"       trapgate script check|dump|run|bench FILE  scripts without the module\n"
"\n"
"  -e, --execute COMMAND  run COMMAND (repeatable): '!exception 0', 'status', 'help'\n"
"  -f, --file FILE        run the commands in FILE (repeatable; - is stdin)\n"
"      --for SECONDS      end after SECONDS instead of at Ctrl-C\n"
"      --json             one JSON object a line\n"
"  -o, --output FILE      records go to FILE\n"
"  -q, --quiet            no confirmations and no summary\n"
"      --ring BYTES[K|M]  size of the record ring of each CPU: 4K to 64M, default 1M,\n"
	"                         less from 65 CPUs on\n"
"  -h, --help             this text\n"
"  -V, --version          the version\n"
"\n"
"With PROG the trace goes to stderr, else to stdout. Exit status: 0, 1 a command\n"
"failed, 2 usage; with PROG its own, 127 or 126 if it cannot be run.\n";

int options_usage(const char *command, const char *fmt, ...)
{
	va_list ap;

	fputs("trapgate: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry '%s --help'.\n", command);
	return EXIT_USAGE + 1;
}

int options_each(const struct option_table *t, void *ctx, int argc, char **argv)
{
	optind = 0;			/* glibc: start anew */
	for (;;) {
		/* getopt stays at a word of several letters until the last. */
		const char *word = argv[optind ? optind : 1];
		int rc, c = getopt_long(argc, argv, t->letters, t->words, NULL);

		switch (c) {
		case -1:
			return 0;
		case 'h':
			fputs(t->help, stdout);
			return EXIT_OK + 1;
		case ':':
			return options_usage(t->command, "option '%s' needs a value", word);
		case '?':
			if (strncmp(word, "--", 2))
				return options_usage(t->command, "unknown option '-%c'", optopt);
			return options_usage(t->command, "unknown option '%s'", word);
		}
		rc = t->set(ctx, c);
		if (rc)
			return rc;
	}
}

#define usage(...) options_usage("trapgate", __VA_ARGS__)

static int option_source(struct options *o, bool file, const char *text)
{
	if (o->nr_sources == (int)(sizeof(o->sources) / sizeof(o->sources[0])))
		return usage("too many -e and -f: at most 256 are possible; put the commands into "
			     "a file");
	o->sources[o->nr_sources++] = (struct source){ .file = file, .text = text };
	return 0;
}

static int option_for(struct options *o, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0.001 && seconds <= 1e9))
		return usage("--for '%s' is not a time: give decimal seconds from 0.001 to "
			     "1000000000", text);
	if (o->for_ms)
		return usage("--for is given twice");
	o->for_ms = (__u64)(seconds * 1000);
	return 0;
}

static int option_ring(struct options *o, const char *text)
{
	__u64 bytes;

	if (tg_number_bytes(text, &bytes) || bytes < TG_RING_MIN || bytes > TG_RING_MAX ||
	    (bytes & (bytes - 1)))
		return usage("--ring '%s' is not a size: give a power of two from 4K to 64M", text);
	o->ring_bytes = bytes;
	return 0;
}

static int option_one(void *ctx, int c)
{
	struct options *o = ctx;

	switch (c) {
	case 'e':
	case 'f':
		return option_source(o, c == 'f', optarg);
	case 'o':
		if (o->output)
			return usage("-o is given twice");
		o->output = optarg;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case OPTION_JSON:
		o->json = true;
		return 0;
	case OPTION_FOR:
		return option_for(o, optarg);
	case OPTION_RING:
		return option_ring(o, optarg);
	default:		/* V */
		puts("trapgate " TRAPGATE_VERSION);
		return EXIT_OK + 1;
	}
}

static const struct option_table table = {
	.command = "trapgate", .help = help_text, .letters = "+:e:f:o:qhV", .words = long_options,
	.set = option_one,
};

int options_parse(struct options *o, int argc, char **argv)
{
	int rc;

	memset(o, 0, sizeof(*o));
	o->ring_bytes = 0;
	rc = options_each(&table, o, argc, argv);
	if (rc)
		return rc;
	if (optind < argc && strcmp(argv[optind - 1], "--"))
		return usage("unexpected '%s': a command needs -e before it (-e '%s'), a program "
			     "needs --",
			     argv[optind], argv[optind]);
	if (optind < argc)
		o->program = argv + optind;
	else if (!strcmp(argv[argc - 1], "--") && argc > 1 && optind == argc)
		return usage("there is no program after --");
	if (o->program && !o->nr_sources)
		return usage("there is nothing to trace: add an event with -e, such as -e "
			     "'!exception'");
	if (o->program && o->for_ms)
		return usage("--for cannot be used with a program: the trace ends when the program "
			     "ends");
	if (!o->nr_sources && o->for_ms)
		return usage("--for needs -e or -f");
	return 0;
}
