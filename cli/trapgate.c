// SPDX-License-Identifier: GPL-2.0
/* From the command line to the mode: prompt, commands, or a program. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

#define STREAM_BUFFER	65536

/* A failure here is one of -o FILE or of descriptors: status 1. */
static int streams_open(struct session *s, const struct options *o)
{
	s->trace = s->result = stdout;
	s->trace_name = s->result_name = "standard output";
	if (o->program) {
		/* Buffered, unlike stderr itself. */
		int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

		s->result = fd < 0 ? NULL : fdopen(fd, "w");
		s->trace = s->result;
		s->trace_name = s->result_name = "standard error";
		s->on_stderr = true;
		if (!s->result) {
			fprintf(stderr, "trapgate: cannot use standard error: %s\n",
				strerror(errno));
			return EXIT_FAILED;
		}
		setvbuf(s->result, NULL, _IOFBF, STREAM_BUFFER);
	}
	if (!o->output)
		return EXIT_OK;
	s->trace = fopen(o->output, "we");
	if (!s->trace) {
		fprintf(stderr, "trapgate: cannot write %s: %s\n", o->output, strerror(errno));
		s->trace = s->result;
		return EXIT_FAILED;
	}
	setvbuf(s->trace, NULL, _IOFBF, STREAM_BUFFER);
	s->trace_name = o->output;
	return EXIT_OK;
}

static int streams_close(struct session *s)
{
	out_flush(s);
	if (s->trace != s->result && fclose(s->trace) && !s->trace_closed) {
		fprintf(stderr, "trapgate: cannot write to %s: %s\n", s->trace_name,
			strerror(errno));
		s->trace_closed = true;
	}
	if (s->result != stdout && s->result)
		fclose(s->result);
	return out_failed(s) ? EXIT_FAILED : EXIT_OK;
}

/* -e and -f without a program: then until Ctrl-C if there are events. */
static int commands_run(struct session *s, const struct options *o)
{
	int status = source_run(s, o->sources, o->nr_sources);

	if (!status && session_has_events(s)) {
		session_run(s, o->for_ms ? o->for_ms : SESSION_FOREVER, SESSION_FOREVER);
		session_finish(s, true);
	} else {
		session_finish(s, false);
	}
	return status;
}

static int mode_run(struct session *s, const struct options *o)
{
	int status;

	if (o->program) {
		s->autoload = true;
		return program_run(s, o->program, o->sources, o->nr_sources);
	}
	if (o->nr_sources) {
		s->autoload = true;
		return commands_run(s, o);
	}
	if (isatty(STDIN_FILENO))
		status = prompt_run(s);
	else
		status = script_stream(s, STDIN_FILENO, "stdin");
	session_finish(s, false);
	return status;
}

int trapgate_main(int argc, char **argv, const struct tg_sys *sys)
{
#define SESSION_DEFAULT(number, NAME, name, ...) .name = TG_DEFAULT_##NAME,
	struct session s = { .sys = sys, TG_SETTINGS(SESSION_DEFAULT, TG_NO_ROW, TG_NO_ROW) };
	struct options o;
	int status;

	if (argc > 1 && !strcmp(argv[1], "script"))
		return cmd_script(argc - 1, argv + 1);
	status = options_parse(&o, argc, argv);
	if (status)
		return status - 1;
	s.json = o.json;
	s.quiet = o.quiet;
	s.ring_bytes = o.ring_bytes;
	s.signal_fd = signals_take();
	if (s.signal_fd < 0) {
		fprintf(stderr, "trapgate: cannot receive signals: %s\n", strerror(-s.signal_fd));
		return EXIT_FAILED;
	}
	status = streams_open(&s, &o);
	if (!status)
		status = mode_run(&s, &o);
	session_close(&s);
	if (streams_close(&s))
		status = EXIT_FAILED;
	signals_give_back(s.signal_fd);
	return status;
}
