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
"      --ring BYTES[K|M]  size of the record ring of each CPU: 4K to 64M, default 1M\n"
"  -h, --help             this text\n"
"  -V, --version          the version\n"
"\n"
"With PROG the trace goes to stderr, else to stdout. Exit status: 0, 1 a command\n"
"failed, 2 usage; with PROG its own, 127 or 126 if it cannot be run.\n";

__attribute__((format(printf, 1, 2)))
static int usage(const char *fmt, ...)
{
	va_list ap;

	fputs("trapgate: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry 'trapgate --help'.\n", stderr);
	return EXIT_USAGE + 1;
}

static int option_source(struct options *o, bool file, const char *text)
{
	if (o->nr_sources == (int)(sizeof(o->sources) / sizeof(o->sources[0])))
		return usage("too many -e and -f: 256 are the most, put the commands into a file");
	o->sources[o->nr_sources++] = (struct source){ .file = file, .text = text };
	return 0;
}

static int option_for(struct options *o, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0.001 && seconds <= 1e9))
		return usage("--for '%s' is not a time: seconds from 0.001 to 1000000000, decimal", text);
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
		return usage("--ring '%s' is not a size: a power of two from 4K to 64M", text);
	o->ring_bytes = bytes;
	return 0;
}

static int option_one(struct options *o, int c, char **argv)
{
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
	case 'h':
		fputs(help_text, stdout);
		return EXIT_OK + 1;
	case 'V':
		puts("trapgate " TRAPGATE_VERSION);
		return EXIT_OK + 1;
	case ':':
		return usage("option '%s' needs a value", argv[optind - 1]);
	default:
		if (optopt > 0 && optopt < 256)
			return usage("unknown option '-%c'", optopt);
		return usage("unknown option '%s'", argv[optind - 1]);
	}
}

int options_parse(struct options *o, int argc, char **argv)
{
	int c, rc;

	memset(o, 0, sizeof(*o));
	o->ring_bytes = TG_RING_DEFAULT;
	optind = 0;			/* glibc: start anew */
	while ((c = getopt_long(argc, argv, "+:e:f:o:qhV", long_options, NULL)) != -1) {
		rc = option_one(o, c, argv);
		if (rc)
			return rc;
	}
	if (optind < argc && strcmp(argv[optind - 1], "--"))
		return usage("unexpected '%s': commands go with -e '%s', a program behind --",
			     argv[optind], argv[optind]);
	if (optind < argc)
		o->program = argv + optind;
	else if (!strcmp(argv[argc - 1], "--") && argc > 1 && optind == argc)
		return usage("a program is missing behind --");
	if (o->program && !o->nr_sources)
		return usage("nothing to trace: give -e, such as -e '!exception'");
	if (o->program && o->for_ms)
		return usage("--for cannot be used with a program: the trace ends when it does");
	if (!o->nr_sources && o->for_ms)
		return usage("--for needs -e or -f");
	return 0;
}
