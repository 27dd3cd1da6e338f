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

#include "scripts.h"
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

/* Text of a CPU that is not complete. */
struct script_text {
	char *text;
	size_t used, room;
	__u64 next;			/* seq that goes on with it */
};

/* ---- what scripts print, and their errors ------------------------------------------------ */

static void out_error_record(struct session *s, const struct tg_record *rec)
{
	const char *file =
		script_event_file(s, rec->event, rec->note, (__u32)(rec->rsp >> 24) & 0xff);
	unsigned int line = rec->rsp & 0xffffff;
	char message[256], text[1024], number[24];
	json_t *object;

	script_error_text(rec->error, rec->address, message, sizeof(message));
	if (!s->json) {
		snprintf(text, sizeof(text), "event %s: %.500s:%u: %s",
			 tg_format_number(rec->event, number, sizeof(number)), file, line, message);
		out_text_trace(s, text);
		return;
	}
	object = json_record(rec, &s->clock, s->swallow_limit);
	json_object_set_new(object, "type", json_string("script_error"));
	json_object_del(object, "note");
	json_object_set_new(object, "script", json_integer(rec->note));
	json_object_set_new(object, "file", json_text(file));
	json_object_set_new(object, "line", json_integer(line));
	json_object_set_new(object, "text", json_text(message));
	out_json_trace(s, object);
}

static struct script_text *text_of(struct session *s, unsigned int cpu)
{
	struct script_text *more;

	if (cpu >= s->nr_texts) {
		more = realloc(s->texts, (cpu + 1) * sizeof(*more));
		if (!more)
			return NULL;
		memset(more + s->nr_texts, 0, (cpu + 1 - s->nr_texts) * sizeof(*more));
		s->texts = more;
		s->nr_texts = cpu + 1;
	}
	return &s->texts[cpu];
}

static void text_add(struct script_text *t, const char *text, size_t size)
{
	if (t->used + size + 1 > t->room) {
		char *more = realloc(t->text, (t->used + size + 1) * 2);

		if (!more)
			return;
		t->text = more;
		t->room = (t->used + size + 1) * 2;
	}
	memcpy(t->text + t->used, text, size);
	t->used += size;
	t->text[t->used] = '\0';
}

void out_harmless(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			text[i] = '?';
		else if (c >= 0x80 && c < 0xa0 && i && (unsigned char)text[i - 1] == 0xc2)
			text[i] = text[i - 1] = '?';
	}
}

static void out_run(struct session *s, const struct tg_text_record *rec, struct script_text *t)
{
	if (s->json) {
		json_t *object = json_object();

		out_harmless(t->text, t->used);
		json_object_set_new(object, "type", json_string("text"));
		json_object_set_new(object, "event", json_integer(rec->event));
		json_object_set_new(object, "time_ns",
				    json_integer((json_int_t)tg_clock_ns(&s->clock, rec->tsc)));
		json_object_set_new(object, "tsc", json_address(rec->tsc));
		json_object_set_new(object, "cpu", json_integer(rec->cpu));
		json_object_set_new(object, "pid", json_integer(rec->pid));
		json_object_set_new(object, "tid", json_integer(rec->tid));
		json_object_set_new(object, "text", json_text(t->text));
		out_json_trace(s, object);
	} else {
		out_harmless(t->text, t->used);
		out_raw_trace(s, t->text, t->used);
	}
	t->used = 0;
}

static void out_piece(struct session *s, const struct tg_text_record *rec)
{
	struct script_text *t = text_of(s, rec->cpu);

	if (!t)
		return;
	/* A loss in between: what was there is all there is. */
	if (t->used && t->next != rec->seq)
		out_run(s, rec, t);
	text_add(t, rec->text, rec->length <= TG_TEXT_LEN ? rec->length : 0);
	t->next = rec->seq + 1;
	if (!(rec->flags & TG_TEXTF_MORE) && t->text)
		out_run(s, rec, t);
}

static bool out_script_record(struct session *s, const struct tg_record *rec)
{
	if (rec->kind == TG_REC_TEXT)
		out_piece(s, (const struct tg_text_record *)rec);
	else if (rec->kind == TG_REC_SCRIPT_ERROR)
		out_error_record(s, rec);
	else
		return false;
	return true;
}

void out_texts_free(struct session *s)
{
	for (unsigned int i = 0; i < s->nr_texts; i++)
		free(s->texts[i].text);
	free(s->texts);
	s->texts = NULL;
	s->nr_texts = 0;
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
