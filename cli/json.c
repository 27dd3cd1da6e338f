// SPDX-License-Identifier: GPL-2.0
/*
 * Records and events as JSON objects; the names are a promise, doc/json.md.
 * Integers are exact (jansson keeps 64 bits); what may exceed 2^53 is a
 * string, since many readers turn numbers into doubles.
 */
#include <string.h>

#include "session.h"

json_t *json_text(const char *text)
{
	json_t *string = json_string(text);
	char safe[1024];

	if (!string)
		string = json_string(tg_format_printable(text, sizeof(safe), safe, sizeof(safe)));
	return string;
}

json_t *json_address(__u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
	return json_string(text);
}

static void set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static void set_int(json_t *object, const char *name, __u64 value)
{
	json_object_set_new(object, name, json_integer((json_int_t)value));
}

static void set_vector(json_t *object, const char *number, const char *name, __u32 vector)
{
	const struct tg_vector *v = tg_vector_find(vector);

	set_int(object, number, vector);
	if (v)
		set(object, name, json_string(v->mnemonic));
}

static void set_comm(json_t *object, const char *name, const char *comm)
{
	char text[TG_COMM_LEN];

	memcpy(text, comm, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	set(object, name, json_text(text));
}

static void record_trap(json_t *object, const struct tg_record *rec)
{
	char word[96];

	set(object, "trap_type", json_string(tg_format_type(rec->type)));
	if (rec->flags & TG_RECF_ERROR) {
		set_int(object, "error", rec->error);
		tg_format_error(rec->vector, rec->error, word, sizeof(word));
		if (*word)
			set(object, "error_text", json_string(word));
	}
	if (rec->flags & TG_RECF_ADDRESS)
		set(object, rec->vector == TG_VEC_DB ? "dr6" : "address",
		    json_address(rec->address));
	set(object, "rsp", json_address(rec->rsp));
	set(object, "rflags", json_address(rec->rflags));
	set(object, "cr3", json_address(rec->cr3));
	set_int(object, "cpl", rec->cpl);
	set(object, "stage", json_string(tg_format_stage(rec->stage)));
	set(object, "verdict", json_string(tg_format_verdict(rec->verdict)));
	if (rec->insn_len)
		set_int(object, "insn_len", rec->insn_len);
	if (!(rec->flags & TG_RECF_NESTED))
		return;
	set_vector(object, "first_vector", "first_name", rec->first_vector);
	set(object, "first_trap_type", json_string(tg_format_type(rec->first_type)));
	set(object, "double_fault", json_boolean(rec->flags & TG_RECF_DOUBLE));
	set(object, "first_dropped", json_boolean(rec->flags & TG_RECF_DROPPED));
}

json_t *json_record(const struct tg_record *rec, const struct tg_clock *clock, __u64 limit)
{
	static const char *const notes[] = {
		[TG_NOTE_SWALLOW_FAULT] = "swallow-fault",
		[TG_NOTE_SWALLOW_STORM] = "swallow-storm",
		[TG_NOTE_SWALLOW_STALL] = "swallow-stall",
		[TG_NOTE_NOT_SWALLOWED] = "not-swallowed",
		[TG_NOTE_POST_UNSEEN] = "post-unseen",
		[TG_NOTE_SCRIPT_ERRORS] = "script-errors",
		[TG_NOTE_FLUSH] = "flush",
	};
	bool trap = rec->kind == TG_REC_TRAP;
	json_t *object = json_object();
	char text[512];

	set(object, "type", json_string(trap ? "trap" : "note"));
	set_int(object, "event", rec->event);
	set_int(object, "time_ns", tg_clock_ns(clock, rec->tsc));
	set(object, "tsc", json_address(rec->tsc));
	set_int(object, "seq", rec->seq);
	set_int(object, "cpu", rec->cpu);
	set_int(object, "pid", rec->pid);
	set_int(object, "tid", rec->tid);
	set_comm(object, "comm", rec->comm);
	set_vector(object, "vector", "name", rec->vector);
	set(object, "rip", json_address(rec->rip));
	if (trap) {
		record_trap(object, rec);
		return object;
	}
	set(object, "note", json_string(rec->note < sizeof(notes) / sizeof(*notes) &&
					notes[rec->note] ? notes[rec->note] : "unknown"));
	if (rec->note == TG_NOTE_FLUSH)
		set_int(object, "count", rec->error);
	set(object, "text", json_text(tg_format_note(rec, limit, text, sizeof(text))));
	return object;
}

json_t *json_spec(const struct tg_event_spec *spec, __u32 flags)
{
	json_t *object = json_object();

	set(object, "event_type", json_string(tg_command_name(spec->type) + 1));
	if (spec->vector == TG_ALL)
		set(object, "vector", json_string("all"));
	else
		set_vector(object, "vector", "name", spec->vector);
	if (flags & TG_EV_PID)
		set_int(object, "pid", spec->pid);
	if (flags & TG_EV_COMM)
		set_comm(object, "comm", spec->comm);
	if (spec->core != TG_ALL)
		set_int(object, "core", spec->core);
	set(object, "follow", json_boolean(flags & TG_EV_FOLLOW));
	set(object, "sc", json_boolean(flags & TG_EV_SWALLOW));
	set(object, "imm", json_boolean(flags & TG_EV_IMMEDIATE));
	set(object, "force", json_boolean(flags & TG_EV_FORCE));
	set(object, "stage", json_string(tg_format_stage(spec->stage)));
	set(object, "command", json_text(spec->command));
	return object;
}
