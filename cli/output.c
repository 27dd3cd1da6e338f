// SPDX-License-Identifier: GPL-2.0
/*
 * All printing. Streams are fully buffered and flushed after each command and
 * each batch of records; a stream that cannot be written is reported once on
 * stderr and then left alone, so that disarming still happens.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

void out_text(struct session *s, const char *fmt, ...)
{
	va_list ap;

	if (s->json || s->result_closed)
		return;
	if (s->trace_open_line && s->trace == s->result) {
		fputc('\n', s->trace);
		s->trace_open_line = false;
	}
	va_start(ap, fmt);
	vfprintf(s->result, fmt, ap);
	va_end(ap);
}

void out_text_trace(struct session *s, const char *line)
{
	if (s->trace_closed)
		return;
	if (s->trace_open_line)
		fputc('\n', s->trace);
	s->trace_open_line = false;
	fputs(line, s->trace);
	fputc('\n', s->trace);
}

void out_raw_trace(struct session *s, const char *text, size_t size)
{
	if (s->trace_closed || !size)
		return;
	fwrite(text, 1, size, s->trace);
	s->trace_open_line = text[size - 1] != '\n';
}

static void json_line(FILE *f, bool closed, json_t *object)
{
	if (!closed && object) {
		json_dumpf(object, f, JSON_COMPACT);
		fputc('\n', f);
	}
	json_decref(object);
}

void out_json(struct session *s, json_t *object)
{
	json_line(s->result, s->result_closed, object);
}

void out_json_trace(struct session *s, json_t *object)
{
	json_line(s->trace, s->trace_closed, object);
}

void out_message(struct session *s, const char *type, json_t *fields, const char *fmt, ...)
{
	json_t *object;
	char text[1024];
	va_list ap;

	if (s->quiet) {
		json_decref(fields);
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!s->json) {
		out_text(s, "%s\n", text);
		json_decref(fields);
		return;
	}
	object = json_object();
	json_object_set_new(object, "type", json_string(type));
	if (fields)
		json_object_update(object, fields);
	json_decref(fields);
	json_object_set_new(object, "text", json_text(text));
	out_json(s, object);
}

void out_error(struct session *s, const struct tg_error *err)
{
	char text[sizeof(err->message)];

	if (s->json) {
		json_t *object = json_object();

		json_object_set_new(object, "type", json_string("error"));
		json_object_set_new(object, "errno", json_integer(-err->code));
		json_object_set_new(object, "text", json_text(err->message));
		out_json(s, object);
		out_flush(s);
		if (s->on_stderr)
			return;
	} else {
		out_flush(s);
	}
	tg_format_printable(err->message, sizeof(err->message), text, sizeof(text));
	fprintf(stderr, "%s%s\n", s->prompt ? "" : "trapgate: ", text);
	fflush(stderr);
}

void out_record(struct session *s, const struct tg_record *rec)
{
	char line[512];

	if (out_script_record(s, rec))
		return;
	if (s->json)
		out_json_trace(s, json_record(rec, &s->clock, s->swallow_limit));
	else if (rec->kind == TG_REC_TRAP)
		out_text_trace(s, tg_format_record(rec, &s->clock, line, sizeof(line)));
	else
		out_text_trace(s, tg_format_note(rec, s->swallow_limit, line, sizeof(line)));
}

static void out_flush_one(FILE *f, bool *closed, const char *name)
{
	int error = 0;

	if (*closed)
		return;
	errno = 0;
	if (fflush(f))
		error = errno;
	else if (ferror(f))
		error = errno ? errno : EIO;
	if (!error)
		return;
	*closed = true;
	/* A reader that went away, as head does, needs no message. */
	if (error != EPIPE)
		fprintf(stderr, "trapgate: cannot write to %s: %s\n", name, strerror(error));
}

void out_flush(struct session *s)
{
	out_flush_one(s->trace, &s->trace_closed, s->trace_name);
	if (s->result == s->trace)
		s->result_closed = s->trace_closed;
	else
		out_flush_one(s->result, &s->result_closed, s->result_name);
}

bool out_failed(const struct session *s)
{
	return s->trace_closed || s->result_closed;
}
