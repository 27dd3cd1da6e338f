// SPDX-License-Identifier: GPL-2.0
/*
 * Commands from -e, from files and from a stdin that is no terminal. The
 * first error ends the run. While a pipe has nothing to read, records flow.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

struct reader {
	struct session *s;
	int fd;
	const char *name;
	char *line;			/* what was read and not used */
	size_t used, size;
	bool end;
	char *command;			/* lines of an unfinished command */
	unsigned int line_number, first_line;
	unsigned long missing;		/* the argument that -ENODATA is about */
};

/* More bytes into r->line; 0, or -errno. At the end r->end. */
static int reader_fill(struct reader *r)
{
	struct session *s = r->s;
	bool ready = false;
	ssize_t n;

	if (r->used + 4096 > r->size) {
		char *more = realloc(r->line, r->size + 8192);

		if (!more)
			return -ENOMEM;
		r->line = more;
		r->size += 8192;
	}
	while (!ready) {
		int signal = session_wait(s, -1, r->fd, &ready, NULL);

		if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP ||
		    signal == SIGQUIT || out_failed(s)) {
			s->quit = true;
			return 0;
		}
	}
	n = read(r->fd, r->line + r->used, r->size - r->used - 1);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0)
		return -errno;
	if (!n)
		r->end = true;
	else if (memchr(r->line + r->used, '\0', (size_t)n))
		return -EILSEQ;		/* this is no text */
	r->used += (size_t)n;
	r->line[r->used] = '\0';
	return 0;
}

static bool reader_is_comment(const struct reader *r, const char *line)
{
	return !r->command && line[strspn(line, " \t")] == '#';
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/*
 * The line with $arg0 ... replaced, as whole words; a new string. NULL: -ENOMEM in *why,
 * or -ENODATA, and *missing is the number of an argument that is not there.
 */
static char *with_args(const struct session *s, const char *line, unsigned long *missing, int *why)
{
	char *text = NULL, *end;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	const char *at;

	*why = -ENOMEM;
	if (!f)
		return NULL;
	for (at = line; *at;) {
		unsigned long n;

		if (strncmp(at, "$arg", 4) || !isdigit((unsigned char)at[4])) {
			fputc(*at++, f);
			continue;
		}
		n = strtoul(at + 4, &end, 10);
		if (is_name(*end)) {
			fputc(*at++, f);
			continue;
		}
		if (n >= s->nr_args) {
			*missing = n;
			*why = -ENODATA;
			break;
		}
		fputs(s->args[n], f);
		at = end;
	}
	if (fclose(f) || *at) {
		free(text);
		return NULL;
	}
	return text;
}

static int reader_add_line(struct reader *r, const char *line);

/* Adds a line to the command; 1 when it is complete, 0, or -errno. */
static int reader_add(struct reader *r, const char *line)
{
	char *text;
	int rc;

	if (!r->s->script_depth || reader_is_comment(r, line))
		return reader_add_line(r, line);
	text = with_args(r->s, line, &r->missing, &rc);
	if (!text) {
		r->line_number++;
		return rc;
	}
	rc = reader_add_line(r, text);
	free(text);
	return rc;
}

static int reader_add_line(struct reader *r, const char *line)
{
	size_t length = r->command ? strlen(r->command) : 0;
	char *more;

	r->line_number++;
	if (reader_is_comment(r, line))
		return 0;
	more = realloc(r->command, length + strlen(line) + 2);
	if (!more)
		return -ENOMEM;
	if (!r->command)
		r->first_line = r->line_number;
	r->command = more;
	strcpy(more + length, line);
	strcat(more, "\n");
	return !tg_token_open(more);
}

static int reader_fail(struct reader *r, unsigned int line, struct tg_error *err)
{
	struct tg_error placed;

	tg_error_set(&placed, err->code, "%s:%u: %s", r->name, line, err->message);
	out_error(r->s, &placed);
	return EXIT_FAILED;
}

/* Runs what r->command holds. */
static int reader_run(struct reader *r)
{
	const char *name = r->s->source_name;
	unsigned int line = r->s->source_line;
	struct tg_error err = { };
	int rc;

	r->s->source_name = r->name;
	r->s->source_line = r->first_line;
	rc = command_run(r->s, r->command, &err);
	r->s->source_name = name;
	r->s->source_line = line;

	free(r->command);
	r->command = NULL;
	return rc ? reader_fail(r, r->first_line, &err) : EXIT_OK;
}

/* The complete lines in the buffer. */
static int reader_lines(struct reader *r)
{
	struct session *s = r->s;
	char *start = r->line, *newline;
	int status = EXIT_OK;

	while (!s->quit && !s->interrupted && status == EXIT_OK) {
		struct tg_error err;
		int rc;

		newline = strchr(start, '\n');
		if (!newline && (!r->end || !*start))
			break;
		if (newline)
			*newline = '\0';
		rc = reader_add(r, start);
		if (rc < 0) {
			if (rc == -ENODATA)
				tg_error_set(&err, rc,
					     "there is no $arg%lu: .script has %u arguments",
					     r->missing, s->nr_args - 1);
			else
				tg_error_set(&err, rc, "%s", strerror(-rc));
			status = reader_fail(r, r->line_number, &err);
		} else if (rc) {
			status = reader_run(r);
		}
		start = newline ? newline + 1 : start + strlen(start);
	}
	r->used = strlen(start);
	memmove(r->line, start, r->used + 1);
	return status;
}

int script_stream(struct session *s, int fd, const char *name)
{
	struct reader r = { .s = s, .fd = fd, .name = name };
	int status = EXIT_OK;

	while (!r.end && !s->quit && !s->interrupted && status == EXIT_OK) {
		struct tg_error err;
		int rc = reader_fill(&r);

		if (rc) {
			tg_error_set(&err, rc, "cannot read: %s", strerror(-rc));
			status = reader_fail(&r, r.line_number + 1, &err);
		} else {
			status = reader_lines(&r);
		}
	}
	/* An open brace at the end of the file: the tokeniser says so. */
	if (r.end && r.command && status == EXIT_OK)
		status = reader_run(&r);
	free(r.command);
	free(r.line);
	return status;
}

int script_file(struct session *s, const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), status;

	if (fd < 0) {
		struct tg_error err;

		tg_error_set(&err, -errno, "cannot read %s: %s", path, strerror(errno));
		out_error(s, &err);
		return EXIT_FAILED;
	}
	status = script_stream(s, fd, is_stdin ? "stdin" : path);
	if (!is_stdin)
		close(fd);
	return status;
}

int source_run(struct session *s, const struct source *sources, int count)
{
	for (int i = 0; i < count && !s->quit && !s->interrupted && !out_failed(s); i++) {
		int status;

		if (sources[i].file)
			status = script_file(s, sources[i].text);
		else
			status = command_run(s, sources[i].text, NULL) ? EXIT_FAILED : EXIT_OK;
		if (status)
			return status;
	}
	return EXIT_OK;
}
